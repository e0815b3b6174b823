// Comforts of the deposit form: drop files on it, see a file refused before it travels, and how far it has come.

const form = document.getElementById("deposit-form");
if (form) {
  const input = document.getElementById("deposit-files");
  const problem = document.getElementById("deposit-problem");
  const sending = document.getElementById("deposit-sending");
  const bar = document.getElementById("deposit-progress");
  const limit = Number(form.dataset.maxMegabytes) * 1000000;

  const say = (text) => {
    problem.textContent = text;
    problem.hidden = !text;
  };

  const tooBig = () => {
    const name = [...input.files].find((file) => file.size > limit && !file.name.toLowerCase().endsWith(".zip"))?.name;
    const total = [...input.files].reduce((sum, file) => sum + file.size, 0);
    const tooMuch = total > Number(form.dataset.maxRequestMegabytes) * 1000000;
    if (name) say(`« ${name} » dépasse ${form.dataset.maxMegabytes} Mo. Exportez une période plus courte.`);
    else if (tooMuch) say(`Ces fichiers dépassent ${form.dataset.maxRequestMegabytes} Mo en tout : déposez-les en plusieurs fois.`);
    else say("");
    return Boolean(name) || tooMuch;
  };

  input.addEventListener("change", tooBig);

  // Away from the form a dropped file would replace the page.
  for (const type of ["dragover", "drop"]) {
    window.addEventListener(type, (event) => {
      if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
    });
  }
  form.addEventListener("dragover", () => form.classList.add("portal-deposit--over"));
  for (const type of ["dragleave", "drop"]) {
    form.addEventListener(type, () => form.classList.remove("portal-deposit--over"));
  }
  form.addEventListener("drop", (event) => {
    if (!event.dataTransfer?.files.length) return;
    input.files = event.dataTransfer.files;
    if (!tooBig()) form.requestSubmit();
  });

  form.addEventListener("htmx:beforeRequest", (event) => {
    if (tooBig()) {
      event.preventDefault();
      return;
    }
    sending.hidden = false;
    bar.value = 0;
  });
  form.addEventListener("htmx:xhr:progress", (event) => {
    if (event.detail.lengthComputable) bar.value = (100 * event.detail.loaded) / event.detail.total;
  });
  form.addEventListener("htmx:afterRequest", () => { sending.hidden = true; });
}
