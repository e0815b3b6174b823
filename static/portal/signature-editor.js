// The editor, in a frame that can reach nothing but the page around it, by messages. What it hands over is cleaned by
// the server; what is pasted is rebuilt here from harmless parts, so that it can be looked at meanwhile.

(() => {
  const text = document.getElementById("text");
  const linkForm = document.getElementById("link");
  const address = document.getElementById("address");
  const HEAVIEST = 700000;
  const STAND_IN =
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mO4e/fufwAJnwPMGTIBgQAAAABJRU5ErkJggg==";
  const NEVER = new Set(["SCRIPT", "STYLE", "IFRAME", "OBJECT", "EMBED", "SVG", "MATH", "TEMPLATE", "LINK", "META", "BASE",
    "TITLE", "HEAD", "NOSCRIPT", "FORM", "INPUT", "BUTTON", "SELECT", "TEXTAREA", "VIDEO", "AUDIO", "CANVAS", "FRAME",
    "FRAMESET", "APPLET"]);
  const KEPT = new Set(["A", "B", "BLOCKQUOTE", "BR", "CENTER", "DIV", "EM", "FONT", "H1", "H2", "H3", "H4", "H5", "H6",
    "HR", "I", "IMG", "LI", "OL", "P", "S", "SMALL", "SPAN", "STRONG", "SUB", "SUP", "TABLE", "TBODY", "TD", "TH", "THEAD",
    "TR", "U", "UL"]);
  // Elements of the same look, as on the server: lines stay lines, and what is struck out stays so.
  const STANDS_FOR = { STRIKE: "S", DEL: "S", INS: "U", CITE: "EM", TFOOT: "TBODY", BIG: "SPAN", TT: "SPAN", CODE: "SPAN",
    KBD: "SPAN", SAMP: "SPAN", MARK: "SPAN", PRE: "DIV", LISTING: "DIV", ADDRESS: "DIV", ARTICLE: "DIV", ASIDE: "DIV",
    CAPTION: "DIV", DD: "DIV", DL: "DIV", DT: "DIV", FIELDSET: "DIV", FIGCAPTION: "DIV", FIGURE: "DIV", FOOTER: "DIV",
    HEADER: "DIV", MAIN: "DIV", NAV: "DIV", SECTION: "DIV", DIR: "DIV", MENU: "DIV" };
  const LOOKS = { BIG: "font-size:larger", TT: "font-family:monospace", CODE: "font-family:monospace",
    KBD: "font-family:monospace", SAMP: "font-family:monospace", MARK: "background-color:yellow",
    PRE: "white-space:pre-wrap", LISTING: "white-space:pre-wrap", ADDRESS: "font-style:italic" };
  const ATTRIBUTES = new Set(["align", "alt", "bgcolor", "border", "cellpadding", "cellspacing", "color", "colspan", "dir",
    "face", "height", "lang", "nowrap", "rowspan", "size", "start", "title", "type", "valign", "width"]);
  const WEB = /^\s*https?:\/\//i;
  const LINK = /^\s*(?:https?:|mailto:|tel:)/i;
  // Whole: the browser complains of one that is none.
  const PICTURE = /^\s*data:image\/(?:png|jpe?g|gif|webp)(?:;[^,;]{1,80}){0,3};base64,[a-z0-9+/\s]+={0,2}\s*$/i;
  const FETCHES = /url\s*\(|image\s*\(|image-set|expression|@import|\\/i;

  // To the page round the frame, and from it; it gets the other end once all is ready.
  const channel = new MessageChannel();
  const tell = (message) => channel.port1.postMessage(message);

  // Rebuild what a document holds, which nobody shows and in which nothing runs, from the parts that are known.
  let heavy = false;
  let refused = false;
  const DANGEROUS = new Set(["SCRIPT", "IFRAME", "OBJECT", "EMBED", "SVG", "MATH", "FORM", "INPUT", "BUTTON", "SELECT",
    "TEXTAREA", "VIDEO", "AUDIO", "APPLET", "FRAME"]);
  const rebuilt = (node, into, depth) => {
    for (const child of node.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) {
        into.append(child.data);
        continue;
      }
      if (child.nodeType !== Node.ELEMENT_NODE) continue;
      refused ||= DANGEROUS.has(child.tagName.toUpperCase()) || [...child.attributes].some(({ name }) => /^on[a-z]/.test(name));
      if (!NEVER.has(child.tagName.toUpperCase())) {
        const name = STANDS_FOR[child.tagName] ?? child.tagName;
        if (!KEPT.has(name) || depth > 200) {
          if (depth <= 400) rebuilt(child, into, depth + 1);
          continue;
        }
        const made = document.createElement(name);
        for (const { name, value } of child.attributes) if (ATTRIBUTES.has(name)) made.setAttribute(name, value);
        const style = `${LOOKS[child.tagName] ?? ""};${child.getAttribute("style") ?? ""}`
          .split(";").filter((part) => part.trim() && !FETCHES.test(part)).join(";");
        if (style.trim()) made.setAttribute("style", style);
        if (made.tagName === "A" && child.hasAttribute("href")) {
          if (LINK.test(child.getAttribute("href"))) made.setAttribute("href", child.getAttribute("href"));
          else refused = true;
        }
        if (made.tagName === "IMG") {
          const source = child.getAttribute("src") ?? "";
          if (PICTURE.test(source) && source.length <= HEAVIEST) {
            made.setAttribute("src", source);
          } else {
            heavy ||= source.length > HEAVIEST;
            made.setAttribute("src", STAND_IN);
            made.dataset.source = WEB.test(source) ? source : source.slice(0, 300);
            if (!made.hasAttribute("width")) made.setAttribute("width", "96");
            if (!made.hasAttribute("height")) made.setAttribute("height", "48");
            made.dataset.sized = child.hasAttribute("width") || child.hasAttribute("height") ? "" : "1";
            made.title = `Image qui n’est pas dans la signature : ${made.dataset.source.slice(0, 120)}`;
          }
        }
        rebuilt(child, made, depth + 1);
        into.append(made);
      }
    }
    return into;
  };
  // Word and mail programs put looks into a style sheet: its rules are written on the elements they are for.
  const styled = (held) => {
    let rules = 0;
    for (const element of held.querySelectorAll("style")) {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(element.textContent.replace(/^\s*<!--|-->\s*$/g, "").replace(/@import\b[^;]*(?:;|$)/gi, ""));
      for (const rule of sheet.cssRules) {
        if (!rule.selectorText || !/^[\w.,\s-]{1,300}$/.test(rule.selectorText) || (rules += 1) > 200) continue;
        for (const one of held.querySelectorAll(rule.selectorText)) {
          const own = one.getAttribute("style") ?? "";
          if (own.length < 2000) one.setAttribute("style", `${rule.style.cssText};${own}`);
        }
      }
    }
    return held;
  };
  const parsed = (html) => {
    heavy = false;
    refused = false;
    // The policy forbids an address for all links, and the browser would complain of each.
    const held = new DOMParser().parseFromString(html.replace(/<base\b/gi, "<x-base"), "text/html");
    return rebuilt(styled(held).body, document.createElement("div"), 0);
  };

  // What the server gets: the pictures under the addresses they came with.
  const written = () => {
    const copy = new DOMParser().parseFromString("", "text/html").importNode(text, true);
    for (const image of copy.querySelectorAll("img[data-source]")) {
      image.setAttribute("src", image.dataset.source);
      if (image.dataset.sized) {
        image.removeAttribute("width");
        image.removeAttribute("height");
      }
      for (const name of ["data-source", "data-sized", "title"]) image.removeAttribute(name);
    }
    return copy.innerHTML;
  };
  const changed = () => tell({ kind: "changed", html: written() });

  channel.port1.onmessage = (event) => {
    if (event.data?.kind === "set") text.replaceChildren(...parsed(event.data.html).childNodes);
  };

  const insert = (holder) => {
    document.execCommand("insertHTML", false, holder.innerHTML);
    changed();
  };
  const take = (event, data) => {
    event.preventDefault();
    const html = data.getData("text/html");
    if (html) {
      insert(parsed(html));
      if (heavy) {
        tell({ kind: "told", text: "Une image trop lourde n’a pas été collée : ajoutez-la après l’enregistrement." });
      } else if (refused) {
        tell({
          kind: "told",
          text: "Ce que les messageries refusent (programmes, formulaires, pages incorporées, liens inconnus…) n’a pas été collé.",
        });
      }
    } else if (data.getData("text/plain")) {
      document.execCommand("insertText", false, data.getData("text/plain"));
    } else if (data.files.length) {
      tell({ kind: "told", text: "Une image seule s’ajoute après l’enregistrement, dans la liste des images." });
    }
  };
  text.addEventListener("paste", (event) => take(event, event.clipboardData));
  text.addEventListener("drop", (event) => take(event, event.dataTransfer));
  text.addEventListener("input", changed);
  text.addEventListener("keydown", (event) => {
    if (event.key === "Escape") tell({ kind: "leave" });
  });
  // Nothing in the text leads anywhere while it is written.
  text.addEventListener("click", (event) => {
    if (event.target.closest("a")) event.preventDefault();
  });

  // The choice of a colour takes the focus away: the place in the text is kept.
  let range = null;
  document.addEventListener("selectionchange", () => {
    const selection = getSelection();
    if (selection.rangeCount && text.contains(selection.anchorNode)) range = selection.getRangeAt(0).cloneRange();
    for (const button of document.querySelectorAll("[aria-pressed]")) {
      button.setAttribute("aria-pressed", String(document.queryCommandState(button.dataset.command)));
    }
  });
  const back = () => {
    text.focus();
    if (!range) return;
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  };
  const run = (command, value) => {
    back();
    document.execCommand("styleWithCSS", false, true);
    document.execCommand(command, false, value);
    changed();
  };

  for (const button of document.querySelectorAll("[data-command]")) {
    button.addEventListener("click", () => run(button.dataset.command));
  }
  const colour = document.querySelector("[data-colour]");
  colour.addEventListener("change", () => {
    if (colour.value) run("foreColor", colour.value);
    colour.value = "";
  });
  const size = document.querySelector("[data-size]");
  size.addEventListener("change", () => {
    const wanted = size.value;
    size.value = "";
    if (!wanted) return;
    back();
    // The one command for sizes knows seven of them; its mark is replaced by the size that is meant.
    document.execCommand("styleWithCSS", false, false);
    document.execCommand("fontSize", false, "7");
    for (const mark of text.querySelectorAll('font[size="7"]')) {
      mark.removeAttribute("size");
      mark.style.fontSize = wanted;
    }
    changed();
  });
  document.querySelector("[data-link]").addEventListener("click", () => {
    linkForm.hidden = !linkForm.hidden;
    if (!linkForm.hidden) address.focus();
  });
  linkForm.addEventListener("submit", (event) => {
    event.preventDefault();
    let wanted = address.value.trim();
    if (!wanted) return;
    if (!LINK.test(wanted)) wanted = wanted.includes("@") ? `mailto:${wanted}` : `https://${wanted}`;
    linkForm.hidden = true;
    address.value = "";
    back();
    if (getSelection().isCollapsed) {
      const link = document.createElement("a");
      link.href = wanted;
      link.textContent = wanted.replace(/^(?:https?:\/\/|mailto:)/, "");
      const holder = document.createElement("div");
      holder.append(link);
      insert(holder);
    } else {
      run("createLink", wanted);
    }
  });
  document.querySelector("[data-unlink]").addEventListener("click", () => {
    linkForm.hidden = true;
    run("unlink");
  });
  document.querySelector("[data-close]").addEventListener("click", () => {
    linkForm.hidden = true;
    back();
  });

  parent.postMessage({ kind: "ready" }, location.origin, [channel.port2]);
})();
