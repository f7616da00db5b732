// A support without a new page. Whatever the server does not answer in JSON goes the plain way.
import { say } from "./toast.js";

const KEPT = ["[data-word]", "[data-count]", "[data-sentence]"];
const PATIENCE = 12000;

function show(button, { supported, support, sentence }) {
  const scope = button.closest("[data-vote-group]") ?? button;
  const [word, count, words] = KEPT.map((selector) => scope.querySelector(selector));
  button.setAttribute("aria-pressed", String(supported));
  button.value = supported ? "0" : "1";
  word.textContent = supported ? button.dataset.on : button.dataset.off;
  if (count && support !== null) count.textContent = support.toLocaleString(document.documentElement.lang);
  if (words && sentence) words.textContent = sentence;
  say(sentence);
}

async function send(button, signal) {
  const body = new FormData(button.form);
  body.set(button.name, button.value);
  const answer = await fetch(button.formAction, { method: "POST", body, signal, headers: { Accept: "application/json" } });
  const isJson = answer.headers.get("Content-Type")?.startsWith("application/json");
  return answer.ok && isJson ? answer.json() : null;
}

export default function vote(button) {
  let waiting = null;
  button.addEventListener("click", async (event) => {
    if (button.dataset.plain) return;
    event.preventDefault();
    if (waiting) return;
    waiting = new AbortController();
    const timer = setTimeout(() => waiting.abort(), PATIENCE);
    button.setAttribute("aria-busy", "true");
    try {
      const result = await send(button, waiting.signal);
      if (result) return show(button, result);
      button.dataset.plain = "yes";
      button.form.requestSubmit(button);
    } catch {
      say(button.dataset.lost);
    } finally {
      clearTimeout(timer);
      button.removeAttribute("aria-busy");
      waiting = null;
    }
  });
}
