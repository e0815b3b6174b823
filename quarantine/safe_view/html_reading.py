"""HTML of a stranger, read for a person: text, lists, quotations, and where links lead. Pure and bounded.

The parser hands over tags as it meets them; nothing is kept of them but what the reader below understands. No tag and
no attribute of the message is ever written out (`markup`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.safestring import SafeString
from lxml import etree

from quarantine.safe_view import characters, links, markup, styles

MAX_CHARACTERS: Final = 1_000_000
MAX_TAGS: Final = 40_000
MAX_LINKS: Final = 500
MAX_HIDDEN_CHARACTERS: Final = 3_000
OUTPUT_CHARACTERS: Final = 300_000
_ALT_CHARACTERS = 200
_FED_AT_ONCE = 16_384

# Nothing below them is text for a reader.
_NO_TEXT = "script style title template svg math iframe canvas datalist select object applet"
_SKIPPED = frozenset(_NO_TEXT.split())
_BLOCK_TAGS = """
    address article aside caption center dd details dir div dl dt fieldset figcaption figure footer form header legend
    main menu nav p pre section summary table tbody tfoot thead tr xmp listing plaintext"""
_BLOCKS = frozenset(_BLOCK_TAGS.split())
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BOLD = frozenset({"b", "strong", "th"}) | _HEADINGS
_ITALIC = frozenset({"i", "em", "cite", "dfn", "var"})
_KEEPS_LINES = frozenset({"pre", "xmp", "listing", "plaintext"})
_LISTS = {"ul": "ul", "menu": "ul", "dir": "ul", "ol": "ol", "blockquote": "blockquote", "li": "li"}
_MEDIA = frozenset({"video", "audio", "embed", "object", "applet", "iframe", "frame", "source", "track", "svg"})


@dataclass
class Reading:
    """markup: safe. hidden: text that the message hides from its reader. links, tags: how many. remote: what would have
    been loaded from elsewhere. codes: of `quarantine.wording`."""

    markup: SafeString
    hidden: str = ""
    links: int = 0
    tags: int = 0
    remote: int = 0
    codes: set[str] = field(default_factory=set)


class _Enough(Exception):
    """A bound is reached."""


def read(text: str, max_tags: int = MAX_TAGS) -> Reading:
    reader = _Reader(max_tags)
    codes = {"truncated"} if len(text) > MAX_CHARACTERS else set()
    # The charset is stated here, so that none that the HTML states is heeded. Lone surrogates have no UTF-8.
    data = text[:MAX_CHARACTERS].encode("utf-8", "replace")
    target: Any = reader
    parser = etree.HTMLParser(target=target, encoding="utf-8", recover=True, no_network=True, huge_tree=False)
    try:
        for at in range(0, len(data), _FED_AT_ONCE):
            parser.feed(data[at : at + _FED_AT_ONCE])
        parser.close()
    except _Enough:
        codes.add("truncated")
    except etree.LxmlError:
        # An empty document, or a name that XML cannot hold.
        codes |= {"broken"} if data.strip() else set()
    return reader.reading(codes)


@dataclass(slots=True)
class _Element:
    tag: str
    look: styles.Look
    container: str = ""


class _Reader:
    """What the parser talks to: start, end, data, comment, close."""

    def __init__(self, max_tags: int) -> None:
        self.max_tags = max_tags
        self.out = markup.Writer(OUTPUT_CHARACTERS)
        self.codes: set[str] = set()
        self.open: list[_Element] = []
        self.waiting: list[str] = []
        self.hidden: list[str] = []
        self.hidden_length = 0
        self.rules: dict[str, styles.Declarations] = {}
        self.sheet: list[str] = []
        self.skipped = 0
        self.tags = self.links = self.remote = self.foreign = 0
        self.base = ""
        self.link: links.Target | None = None
        self.label: list[str] = []
        self.last_note = ""

    # Called by the parser.

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.tags += 1
        if self.tags > self.max_tags or self.links > MAX_LINKS or self.out.full:
            raise _Enough
        self._flush()
        tag = tag.lower()
        above = self.open[-1].look if self.open else styles.Look()
        element = _Element(tag, self._look(above, tag, attributes))
        self.open.append(element)
        self._count_remote(tag, attributes)
        if tag == "script":
            self.codes.add("script")
        if tag in _SKIPPED or self.skipped:
            if tag in _MEDIA and not self.skipped and not element.look.is_hidden:
                self._note("contenu intégré, non chargé")
            self.skipped += 1
            return
        self._begin(tag, attributes, element)

    def end(self, tag: str) -> None:
        self._flush()
        tag = tag.lower()
        if not any(element.tag == tag for element in self.open[-60:]):
            return
        while self.open:
            element = self.open.pop()
            if self.skipped:
                self.skipped -= 1
                if element.tag == "style":
                    self._end_of_sheet()
            else:
                self._finish(element)
            if element.tag == tag:
                return

    def data(self, data: str) -> None:
        if self.skipped:
            if self.open and self.open[-1].tag == "style":
                self.sheet.append(data)
        else:
            self.waiting.append(data)

    def comment(self, text: str) -> None:
        """Nobody sees them."""

    def close(self) -> None:
        self._flush()

    # Ours.

    def reading(self, codes: set[str]) -> Reading:
        self._flush()
        self._end_of_link()
        if self.out.full:
            codes = codes | {"truncated"}
        hidden = characters.cut(" ".join("".join(self.hidden).split()), MAX_HIDDEN_CHARACTERS)
        if hidden:
            self.codes.add("hidden_text")
        return Reading(self.out.finish(), hidden, self.links, self.tags, self.remote, self.codes | codes)

    def _look(self, above: styles.Look, tag: str, attributes: Mapping[str, str]) -> styles.Look:
        if not attributes:
            return above
        said: styles.Declarations = {}
        if attributes.get("bgcolor"):
            said["background-color"] = attributes["bgcolor"].strip().lower()
        if tag == "font" and attributes.get("color"):
            said["color"] = attributes["color"].strip().lower()
        if attributes.get("background"):
            said["background-image"] = "url"
        if self.rules:
            for name in attributes.get("class", "")[:500].lower().split():
                said.update(self.rules.get(f".{name}", {}))
            said.update(self.rules.get(f"#{attributes.get('id', '').lower()}", {}))
        if attributes.get("style"):
            said.update(styles.declarations(attributes["style"]))
        if "hidden" in attributes:
            said["display"] = "none"
        return styles.look(above, said) if said else above

    def _count_remote(self, tag: str, attributes: Mapping[str, str]) -> None:
        """What a mail program would have loaded: pictures, media, frames, style sheets."""
        for name in ("src", "background", "poster", "data", "srcset", "xlink:href"):
            value = attributes.get(name, "")
            if value and tag not in {"input", "script"} and _is_remote(value, self.base):
                self.remote += 1
                break
        if tag in {"link", "image"} and _is_remote(attributes.get("href", ""), self.base):
            self.remote += 1
        if "url(" in attributes.get("style", "").lower():
            self.remote += styles.remote_pictures(attributes["style"])

    def _begin(self, tag: str, attributes: Mapping[str, str], element: _Element) -> None:
        if tag in _LISTS:
            element.container = _LISTS[tag]
            self.out.push(element.container)
        elif tag in _BLOCKS or tag in _HEADINGS:
            self.out.block()
        elif tag in {"td", "th"}:
            self.out.cell()
        elif tag == "br":
            self.out.line_break()
        elif tag == "hr":
            self.out.rule()
        elif tag == "base":
            self.base = self.base or attributes.get("href", "")[: links.MAX_CHARACTERS]
        elif tag == "meta":
            self._meta(attributes)
        elif tag in {"img", "image"}:
            self._picture(attributes, element.look)
        elif tag in {"input", "textarea", "button"}:
            self._field(tag, attributes, element.look)
        elif tag in _MEDIA and not element.look.is_hidden:
            self._note("contenu intégré, non chargé")
        if tag == "form":
            self.codes.add("form")
            self._lone_target(attributes.get("action", ""), "formulaire envoyé à")
        if tag in {"a", "area"} and "href" in attributes:
            self._end_of_link()
            self.link = links.target(attributes["href"], self.base)
            if tag == "area":
                self._end_of_link()
        if tag in _BOLD:
            self.out.emphasis("strong", 1)
        if tag in _ITALIC:
            self.out.emphasis("em", 1)

    def _finish(self, element: _Element) -> None:
        tag = element.tag
        if tag in _BOLD:
            self.out.emphasis("strong", -1)
        if tag in _ITALIC:
            self.out.emphasis("em", -1)
        if tag == "a":
            self._end_of_link()
        if element.container:
            self.out.pop(element.container)
        elif tag in _BLOCKS or tag in _HEADINGS:
            self.out.block()

    def _flush(self) -> None:
        if not self.waiting:
            return
        text = "".join(self.waiting)
        self.waiting.clear()
        place = self.open[-1] if self.open else _Element("", styles.Look())
        if place.look.is_hidden:
            if self.hidden_length < MAX_HIDDEN_CHARACTERS * 2:
                shown = characters.passage(text[: MAX_HIDDEN_CHARACTERS * 2])
                self.hidden.append(f"{shown} ")
                self.hidden_length += len(shown)
            return
        shown = characters.passage(text, self.codes)
        if not shown.isascii() and self.foreign < links.MAX_FOREIGN:
            explained = links.with_ascii_beside(shown, self.codes)
            self.foreign += explained != shown
            shown = explained
        if self.link is not None and len(self.label) < 200:
            self.label.append(text[:1_000])
        keeps_lines = any(element.tag in _KEEPS_LINES for element in self.open[-8:])
        self.out.text(shown, lines=keeps_lines)
        if shown.strip():
            self.last_note = ""

    def _end_of_sheet(self) -> None:
        sheet = "".join(self.sheet)[: styles.MAX_SHEET_CHARACTERS]
        self.sheet.clear()
        self.remote += styles.remote_pictures(sheet)
        if len(self.rules) < styles.MAX_RULES:
            self.rules.update(styles.rules(sheet))

    def _end_of_link(self) -> None:
        reached, self.link = self.link, None
        label = "".join(self.label)
        self.label.clear()
        if reached is None:
            return
        self.links += 1
        self.codes |= reached.codes
        misleading = links.misleads(label, reached)
        if misleading:
            self.codes.add("misleading_link")
        if self.links > MAX_LINKS:
            return
        if self.open and self.open[-1].look.is_hidden and not label.strip():
            return
        warning = "lien trompeur" if misleading or "disguised_link" in reached.codes else ""
        if "dangerous_link" in reached.codes:
            warning = "lien dangereux"
        self.out.target(reached.before, reached.host, reached.after, warning)
        self.last_note = ""

    def _lone_target(self, href: str, words: str) -> None:
        reached = links.target(href, self.base) if href else None
        if reached is None or self.links >= MAX_LINKS:
            return
        self.links += 1
        self.codes |= reached.codes
        self._note(words)
        self.out.target(reached.before, reached.host, reached.after)

    def _meta(self, attributes: Mapping[str, str]) -> None:
        if attributes.get("http-equiv", "").strip().lower() == "refresh" and "=" in attributes.get("content", ""):
            self.codes.add("redirect")
            address = attributes["content"].partition("=")[2].strip().strip("\"'")
            self._lone_target(address, "ouverture automatique de")

    def _picture(self, attributes: Mapping[str, str], look: styles.Look) -> None:
        sizes = [attributes.get(name, "").strip().removesuffix("px") for name in ("width", "height")]
        if any(size in {"0", "1"} for size in sizes) or look.is_hidden:
            if _is_remote(attributes.get("src", ""), self.base):
                self.codes.add("tracker")
            return
        alt = characters.line(attributes.get("alt", ""), _ALT_CHARACTERS, self.codes)
        self.label.append(attributes.get("alt", "")[:_ALT_CHARACTERS] if self.link is not None else "")
        self._note(f"image : {alt}" if alt else "image")

    def _field(self, tag: str, attributes: Mapping[str, str], look: styles.Look) -> None:
        kind = attributes.get("type", "text").strip().lower()
        if tag == "input" and kind == "hidden":
            return
        if kind == "password":
            self.codes.add("asks_password")
        if look.is_hidden:
            return
        if tag == "button" or kind in {"submit", "button", "reset", "image"}:
            self._lone_target(attributes.get("formaction", ""), "bouton vers")
            words = attributes.get("value", "") if tag == "input" else ""
            self._note(f"bouton : {characters.line(words, _ALT_CHARACTERS, self.codes)}" if words else "bouton")
            return
        self.codes.add("form")
        self._note("mot de passe à saisir" if kind == "password" else "champ à remplir")

    def _note(self, text: str) -> None:
        # A row of pictures without a text says nothing more than the first one.
        if text == self.last_note == "image":
            return
        self.out.note(text)
        self.last_note = text


def _is_remote(address: str, base: str) -> bool:
    start = address.lstrip()[:9].lower().replace("\\", "/")
    if start.startswith(("http:", "https:", "ftp:", "//")):
        return True
    return bool(base) and bool(start) and ":" not in start
