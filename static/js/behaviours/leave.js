// Whoever signs out leaves no drafts behind on a device that others may use.
import { forgetAll } from "./drafts.js";

export default function leave(form) {
  form.addEventListener("submit", forgetAll);
}
