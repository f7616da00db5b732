// Keeps what a person types on this device until the server says it arrived (an element with data-draft-sent).
const PREFIX = "draft:";
const KEPT = "textarea, select, input[type=text], input[type=radio], input[type=checkbox]";
const DAYS_KEPT = 30;
const DAY = 86400000;

function read(key) {
  try {
    const draft = JSON.parse(localStorage.getItem(key));
    return draft && Date.now() - draft.at < DAYS_KEPT * DAY ? draft.values : null;
  } catch {
    return null;
  }
}

function write(key, values) {
  try {
    localStorage.setItem(key, JSON.stringify({ at: Date.now(), values }));
    return true;
  } catch {
    return false; // Private mode or a full device: the form still works.
  }
}

const fieldsOf = (form) => [...form.querySelectorAll(KEPT)].filter((field) => field.name && field.autocomplete !== "off");
const isChoice = (field) => field.type === "radio" || field.type === "checkbox";
const slot = (field) => (isChoice(field) ? `${field.name}=${field.value}` : field.name);
const valueOf = (field) => (isChoice(field) ? field.checked : field.value);

function restore(fields, values) {
  let found = false;
  for (const field of fields) {
    const kept = values[slot(field)];
    if (kept === undefined || kept === valueOf(field)) continue;
    // What the server drew (an edited text, a rejected form) is newer than a draft.
    if (!isChoice(field) && field.tagName !== "SELECT" && field.value) continue;
    if (isChoice(field)) field.checked = kept;
    else field.value = kept;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    found = true;
  }
  return found;
}

function tell(line, sentence, forget) {
  if (!line) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button-plain small";
  button.textContent = line.dataset.forget;
  button.addEventListener("click", forget);
  line.replaceChildren(sentence, button);
}

export default function draft(element) {
  if (element.dataset.draftSent) return localStorage.removeItem(PREFIX + element.dataset.draftSent);
  const key = PREFIX + element.dataset.draftKey;
  const fields = fieldsOf(element);
  const line = element.querySelector("[data-draft-line]");
  let timer;
  const forget = () => {
    clearTimeout(timer);
    localStorage.removeItem(key);
    element.reset();
    line.replaceChildren();
  };
  const save = () => {
    if (write(key, Object.fromEntries(fields.map((field) => [slot(field), valueOf(field)])))) tell(line, line?.dataset.saved, forget);
  };
  const kept = read(key);
  if (kept && restore(fields, kept)) tell(line, line?.dataset.found, forget);
  element.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(save, 400);
  });
  element.addEventListener("submit", save);
}
