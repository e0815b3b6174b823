// Small comforts on top of pages that work without any script.

// A swap may take away the button that had the focus: it goes to the same place in the new content.
let focusHome = null;

document.addEventListener("htmx:beforeRequest", (event) => {
  const region = document.getElementById("announcement");
  region.textContent = "";
  region.classList.add("fr-sr-only");
  const home = event.detail.elt.closest("[data-focus-home]");
  focusHome = home && home.contains(document.activeElement) ? home.id : null;
});

document.addEventListener("htmx:afterSettle", () => {
  if (!focusHome) return;
  const home = document.getElementById(focusHome);
  focusHome = null;
  if (!home || home.contains(document.activeElement)) return;
  const target = home.querySelector("[data-focus-here]") || home.querySelector("button, a[href]");
  if (target) target.focus();
});

// A group of the navigation that lies over the page closes by Escape, and when one goes elsewhere.
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest?.("details.portal-menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
for (const kind of ["click", "focusin"]) {
  document.addEventListener(kind, (event) => {
    for (const menu of document.querySelectorAll("details.portal-menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
}

// What goes on by itself is read out when it has changed for good, not at every look.
let said = document.querySelector("[data-say]")?.dataset.say ?? "";
document.addEventListener("htmx:afterSettle", () => {
  const now = document.querySelector("[data-say]")?.dataset.say ?? "";
  if (now && now !== said) document.getElementById("announcement").textContent = now;
  said = now;
});

// Signed out meanwhile: the answer is the sign-in page, which belongs in the window and not in a corner of this one.
document.addEventListener("htmx:beforeSwap", (event) => {
  const answered = new URL(event.detail.xhr.responseURL, location.href);
  if (answered.pathname === document.body.dataset.signIn) {
    event.preventDefault();
    location.reload();
  }
});

// A server that refuses or does not answer must not look like a dead button.
function announceFailure() {
  const region = document.getElementById("announcement");
  region.textContent = "";
  region.classList.remove("fr-sr-only");
  const text = document.createElement("p");
  text.textContent = "L’action n’a pas abouti. Rechargez la page, puis réessayez.";
  const box = document.createElement("div");
  box.className = "fr-alert fr-alert--error fr-alert--sm fr-my-2w";
  box.append(text);
  region.append(box);
}
document.addEventListener("htmx:responseError", announceFailure);
document.addEventListener("htmx:sendError", announceFailure);

// Copying what a field or an element holds: <button data-copy="id-of-it">.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const text = "value" in source ? source.value : source.textContent.trim();
  const region = document.getElementById("announcement");
  region.classList.add("fr-sr-only");
  try {
    await navigator.clipboard.writeText(text);
    const label = button.textContent;
    button.textContent = "Copié";
    region.textContent = "Copié dans le presse-papiers.";
    setTimeout(() => { button.textContent = label; }, 2000);
  } catch {
    // Without the right to the clipboard, the text is selected, ready for the keyboard.
    if ("select" in source) source.select();
    region.textContent = "Texte sélectionné : copiez-le avec Ctrl + C.";
  }
});

// What was typed is not lost when the session ended meanwhile: it waits in this tab, for the same person and page only,
// until the text has been saved or the person signs out.
for (const area of document.querySelectorAll("textarea[data-draft]")) {
  const key = `draft:${document.body.dataset.person}:${location.pathname.replace(/notes\/$/, "")}`;
  const draft = sessionStorage.getItem(key);
  sessionStorage.removeItem(key);
  if (draft !== null && draft.trim() !== area.value.trim()) {
    area.value = draft;
    const region = document.getElementById("announcement");
    region.textContent = "Votre texte n’était pas encore enregistré : il est remis dans vos notes.";
    region.className = "fr-alert fr-alert--info fr-alert--sm fr-mb-2w";
  }
  area.form.addEventListener("submit", () => sessionStorage.setItem(key, area.value));
}
document.addEventListener("submit", (event) => {
  if (event.target.getAttribute("action")?.endsWith("/deconnexion/")) sessionStorage.clear();
});
