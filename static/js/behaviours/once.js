// A second press while the first is on its way does nothing. Coming back to the page makes the form usable again, and
// so does waiting: of a request that was stopped nobody tells us, and the key of the form makes sending twice harmless.
const PATIENCE = 10000;

export default function once(form) {
  let sent = false;
  let timer;
  const mark = (state) => {
    sent = state;
    clearTimeout(timer);
    if (state) timer = setTimeout(() => mark(false), PATIENCE);
    for (const button of form.querySelectorAll("button")) {
      if (state) button.setAttribute("aria-disabled", "true");
      else button.removeAttribute("aria-disabled");
    }
  };
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    else mark(true);
  });
  window.addEventListener("pageshow", () => mark(false));
}
