// Characters left. It is read aloud only when few remain.
const NEAR = 0.1;

export default function counter(line) {
  const field = document.getElementById(line.dataset.for);
  const most = Number(line.dataset.max);
  const format = new Intl.NumberFormat(document.documentElement.lang);
  const show = () => {
    // Code points, as the server counts them.
    const left = most - [...field.value].length;
    const near = left <= most * NEAR;
    line.textContent = left === 1 ? line.dataset.one : line.dataset.left.replace("{n}", format.format(left));
    line.toggleAttribute("data-near", near);
    line.setAttribute("aria-live", near ? "polite" : "off");
  };
  field.addEventListener("input", show);
  field.form.addEventListener("reset", () => setTimeout(show));
  show();
}
