// Keeps what a person types on this device until the server says it arrived (an element with data-draft-sent).
import { forget, forgetOld, read, write } from "./drafts.js";

const KEPT = "textarea, select, input[type=text], input[type=radio], input[type=checkbox]";
const PAUSE = 400;

forgetOld();

// Who one is and what one agreed to is asked on the spot, and kept nowhere.
const isKept = (field) => field.name && field.autocomplete !== "off" && !field.name.startsWith("consent_");
const isChoice = (field) => field.type === "radio" || field.type === "checkbox";
const slot = (field) => (isChoice(field) ? `${field.name}=${field.value}` : field.name);
const valueOf = (field) => (isChoice(field) ? field.checked : field.value);

function restore(fields, values, over) {
  let found = false;
  for (const field of fields) {
    const kept = values[slot(field)];
    if (kept === undefined || kept === valueOf(field)) continue;
    // What the server drew is newer than a draft, unless it is the very text that the draft changes.
    if (!over && !isChoice(field) && field.tagName !== "SELECT" && field.value) continue;
    if (isChoice(field)) field.checked = kept;
    else field.value = kept;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    found = true;
  }
  return found;
}

// Said once a page: whoever listens to the page would hear it again at every pause.
function line(form, start) {
  const words = form.querySelector("[data-draft-line]");
  const button = form.querySelector("[data-draft-forget]");
  button?.addEventListener("click", () => {
    start();
    words.textContent = "";
    button.hidden = true;
  });
  return (sentence) => {
    if (!words || words.textContent) return;
    words.textContent = words.dataset[sentence];
    button.hidden = false;
  };
}

export default function draft(form) {
  if (form.dataset.draftSent) return forget(form.dataset.draftSent);
  const key = form.dataset.draftKey;
  const fields = [...form.querySelectorAll(KEPT)].filter(isKept);
  // The key of the sending goes with the text: sent again after a lost answer, it is still one contribution.
  const sending = form.querySelector("input[type=hidden][name=key]");
  const fresh = sending?.value;
  let timer;
  const tell = line(form, () => {
    clearTimeout(timer);
    forget(key);
    form.reset();
    if (sending) sending.value = fresh;
  });
  const save = () => {
    const values = Object.fromEntries(fields.map((field) => [slot(field), valueOf(field)]));
    if (write(key, { values, sendKey: sending?.value })) tell("saved");
  };
  const kept = read(key);
  // Under the same key the server drew what was sent: nothing is newer than that.
  if (kept && !(sending && kept.sendKey === fresh) && restore(fields, kept.values, "draftOver" in form.dataset)) {
    if (sending && kept.sendKey) sending.value = kept.sendKey;
    tell("found");
  }
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE);
  });
  form.addEventListener("submit", save);
}
