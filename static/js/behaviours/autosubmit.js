// Sends the form of a list when a choice is made by pointer. With the keyboard every arrow is a change, so there
// the button of the form, or Enter, decides.
export default function autosubmit(select) {
  let byKeyboard = false;
  select.addEventListener("pointerdown", () => { byKeyboard = false; });
  select.addEventListener("keydown", (event) => {
    byKeyboard = true;
    if (event.key === "Enter") select.form.requestSubmit();
  });
  select.addEventListener("change", () => {
    if (!byKeyboard) select.form.requestSubmit();
  });
}
