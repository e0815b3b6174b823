// Ticking in the list of held messages; what is done with those ticked works without any script.
const form = document.querySelector("form[data-ticks]");
const all = form?.querySelector("[data-tick-all]");
if (all) {
  const count = form.querySelector("[data-tick-count]");
  const boxes = () => [...form.querySelectorAll("input[type=checkbox]")];
  const tell = () => {
    const ticked = boxes().filter((box) => box.checked).length;
    all.textContent = ticked === boxes().length ? "Tout décocher" : "Tout cocher";
    count.textContent = ticked ? `${ticked} message${ticked > 1 ? "s cochés" : " coché"}.` : "";
  };
  all.addEventListener("click", () => {
    const tick = boxes().some((box) => !box.checked);
    for (const box of boxes()) box.checked = tick;
    tell();
  });
  form.addEventListener("change", tell);
  // A page that comes back with the back button keeps its ticks.
  window.addEventListener("pageshow", tell);
}
