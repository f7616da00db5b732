// Copies an address, or the text of the field that data-copy-from names; shown only where that can work.
import { say } from "./toast.js";

function mark(button) {
  const field = document.getElementById(button.dataset.copyFrom) ?? shownAddress(button);
  field.focus();
  field.select();
}

// Where the browser forbids it, the address stands there to be copied by hand.
function shownAddress(button) {
  const field = button.nextElementSibling?.matches("input[readonly]") ? button.nextElementSibling : document.createElement("input");
  field.readOnly = true;
  field.className = "input";
  field.value = button.dataset.copy;
  field.setAttribute("aria-label", button.textContent.trim());
  button.after(field);
  return field;
}

export default function copy(button) {
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy ?? document.getElementById(button.dataset.copyFrom).value);
      say(button.dataset.done);
    } catch {
      mark(button);
      say(button.dataset.failed);
    }
  });
}
