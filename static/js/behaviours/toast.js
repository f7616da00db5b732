// Says what has just happened, in the live region of the page.
let timer;

export function say(sentence) {
  const region = document.getElementById("toasts");
  if (!region || !sentence) return;
  const toast = document.createElement("p");
  toast.className = "toast";
  toast.textContent = sentence;
  region.replaceChildren(toast);
  clearTimeout(timer);
  timer = setTimeout(() => region.replaceChildren(), 6000);
}
