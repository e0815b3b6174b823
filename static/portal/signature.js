// Ma signature: the rich editor instead of the source, and a preview that follows what is written.

const form = document.getElementById("signature-form") ?? document.getElementById("template-form");
const previewButton = document.getElementById("preview-button");
const place = document.getElementById("preview-place");
let sent = false;

// Each preview is a frame of its own: moving on inside one would fill the history of the window.
let coming = null;
let waiting = 0;
let number = 0;
const preview = () => {
  if (sent) return;
  clearTimeout(waiting);
  coming?.remove();
  number += 1;
  const frame = place.querySelector("iframe").cloneNode();
  frame.removeAttribute("src");
  frame.name = `signature-preview-${number}`;
  frame.classList.add("portal-signature-frame--coming");
  frame.setAttribute("aria-hidden", "true");
  frame.tabIndex = -1;
  coming = frame;
  place.append(frame);
  frame.addEventListener("load", () => {
    if (coming !== frame || !frame.dataset.asked) return;
    for (const other of place.querySelectorAll("iframe")) if (other !== frame) other.remove();
    frame.classList.remove("portal-signature-frame--coming");
    frame.removeAttribute("aria-hidden");
    frame.removeAttribute("tabindex");
    coming = null;
  });
  frame.dataset.asked = "1";
  previewButton.formTarget = frame.name;
  previewing = true;
  form.requestSubmit(previewButton);
  previewing = false;
};
let previewing = false;
const soon = () => {
  clearTimeout(waiting);
  waiting = setTimeout(preview, 600);
};

previewButton.addEventListener("click", (event) => {
  event.preventDefault();
  preview();
});
form.addEventListener("input", soon);
form.addEventListener("change", soon);
form.addEventListener("submit", (event) => {
  if (previewing) return;
  const body = document.getElementById("id_body");
  const status = document.getElementById("editor-status");
  if (body && body.value.length > Number(form.dataset.longest)) {
    event.preventDefault();
    status.textContent = "Les images de cette signature sont trop lourdes pour être enregistrées : retirez-en une.";
    return;
  }
  // A second click while the first is on its way would save it twice.
  if (sent) event.preventDefault();
  sent = true;
});
window.addEventListener("pageshow", () => { sent = false; });

const rich = document.getElementById("rich-editor");
if (rich) {
  const body = document.getElementById("id_body");
  const status = document.getElementById("editor-status");
  const editorPlace = document.getElementById("editor-place");
  const frame = document.createElement("iframe");
  frame.className = "portal-signature-frame portal-signature-frame--editor";
  frame.title = "Éditeur de la signature";
  // Its own policy lets nothing run in it but the one script it comes with, and nothing out of it but messages.
  frame.src = editorPlace.dataset.src;

  const asHtml = () => {
    if (document.getElementById("format-html").checked) return body.value;
    const holder = document.createElement("div");
    body.value.split("\n").forEach((line, index) => {
      if (index) holder.append(document.createElement("br"));
      holder.append(line);
    });
    return body.value ? holder.innerHTML : "";
  };

  const heard = ({ data }) => {
    const { kind, html, text } = data ?? {};
    if (kind === "changed" && typeof html === "string") {
      document.getElementById("format-html").checked = true;
      body.value = html;
      soon();
    } else if (kind === "told" && typeof text === "string") {
      status.textContent = text;
    } else if (kind === "leave") {
      document.getElementById("preview-button").focus();
    }
  };

  // The editor says that it is there, and hands over a port: what goes through it reaches that editor or nobody.
  window.addEventListener("message", (event) => {
    if (event.origin !== location.origin || event.source !== frame.contentWindow || event.data?.kind !== "ready") return;
    const [port] = event.ports;
    port.onmessage = heard;
    port.postMessage({ kind: "set", html: asHtml() });
    document.getElementById("source").hidden = true;
    rich.hidden = false;
  });
  // A hidden frame loads as well; without an answer from it the source stays.
  rich.hidden = false;
  editorPlace.append(frame);
}

if (place && !place.querySelector("iframe[src]")) preview();
