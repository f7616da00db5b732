// A second press while the first is on its way does nothing. Coming back to the page makes it usable again.
export default function once(form) {
  let sent = false;
  const mark = (state) => {
    sent = state;
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
