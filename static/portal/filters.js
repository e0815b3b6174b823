// Comforts of Mes filtres: lines of conditions come and go at once, Ctrl + Enter finishes, one click ticks all rules.

const form = document.getElementById("rule-form");
if (form) {
  const list = document.getElementById("conditions");
  const template = document.getElementById("condition-template");
  const lines = () => [...list.querySelectorAll("[data-condition]")];
  const ofSize = ["over", "under"];

  // Names and labels count from 0 without gaps, as the server reads them.
  const renumber = () => {
    lines().forEach((line, number) => {
      for (const element of line.querySelectorAll("[id], [name], [for], [aria-describedby]")) {
        for (const attribute of ["id", "name", "for", "aria-describedby"]) {
          const value = element.getAttribute(attribute);
          if (value) element.setAttribute(attribute, value.replace(/(^|[_ ])c(?:\d+|NUMBER)-/g, `$1c${number}-`));
        }
      }
      line.querySelector("[data-less]").value = `less-${number}`;
    });
    document.getElementById("lines").value = lines().length;
  };
  const part = (line, name) => line.querySelector(`[data-part="${name}"]`);

  const add = () => {
    const last = lines().at(-1);
    list.append(template.content.cloneNode(true));
    renumber();
    const line = lines().at(-1);
    part(line, "field").value = part(last, "field").value;
    if (!part(last, "operator").value.startsWith("exists")) part(line, "operator").value = part(last, "operator").value;
    part(line, "field").focus();
  };

  const remove = (line) => {
    const next = line.nextElementSibling ?? line.previousElementSibling;
    if (!next) return;
    line.remove();
    renumber();
    part(next, "field").focus();
  };

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.matches("[data-more]")) {
      event.preventDefault();
      add();
    } else if (button.matches("[data-less]") && lines().length > 1) {
      event.preventDefault();
      remove(button.closest("[data-condition]"));
    }
  });

  // A size is more or less; a text is neither.
  form.addEventListener("change", (event) => {
    if (event.target.dataset.part !== "field") return;
    const operator = part(event.target.closest("[data-condition]"), "operator");
    const isSize = event.target.value === "size";
    if (isSize && !ofSize.includes(operator.value)) operator.value = "over";
    if (!isSize && ofSize.includes(operator.value)) operator.value = "contains";
    if (event.target.value === "body" && !operator.value.startsWith("contains")) operator.value = "contains";
  });

  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[data-done]"));
    }
  });

  // A second click while the first is on its way would only be told that the rule is there already.
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  window.addEventListener("pageshow", () => { sent = false; });
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-tick-all]")) return;
  const boxes = [...document.querySelectorAll('#rules input[name="regle"]')];
  const wanted = boxes.some((box) => !box.checked);
  for (const box of boxes) box.checked = wanted;
});
