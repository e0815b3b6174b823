"""HTML from anywhere made safe for a signature.

Twice, by two programs that know nothing of each other: `Builder` writes well-formed HTML out of allowed elements and
values only, which leaves a browser nothing to guess; then `nh3` parses that as browsers do, and takes out again what
is not on the same list. The first pass also is what keeps the second one fast, and what knows what to tell the person.
"""

from __future__ import annotations

import nh3

from bascule.conversions.signatures import addresses, attributes
from bascule.conversions.signatures.findings import Findings
from bascule.conversions.signatures.model import Cleaned, Image, ImageKind
from bascule.conversions.signatures.structure import Builder
from bascule.conversions.signatures.styles import Sheet, declarations, style_of
from bascule.conversions.signatures.tokens import VOID, Close, Open, Raw, Text, escaped, tokens

# Elements of the same look, or of the same place in the page.
_STANDS_FOR = {
    **dict.fromkeys(("strike", "del"), "s"),
    "ins": "u",
    "cite": "em",
    "tfoot": "tbody",
    **dict.fromkeys(
        ("address", "article", "aside", "body", "caption", "dd", "dl", "dt", "fieldset", "figcaption", "figure",
         "footer", "header", "listing", "main", "nav", "pre", "section", "dir", "menu"),
        "div",
    ),
    **dict.fromkeys(("big", "code", "kbd", "mark", "samp", "tt"), "span"),
    "image": "img",
}  # fmt: skip
# What browsers make of an element without being told.
_LOOKS = {
    **{name: {"font-family": "monospace"} for name in ("code", "kbd", "samp", "tt")},
    **{name: {"white-space": "pre-wrap"} for name in ("listing", "pre")},
    "address": {"font-style": "italic"},
    "big": {"font-size": "larger"},
    "mark": {"background-color": "yellow"},
}
# Their content is no text to read either.
_WITH_CONTENT = {
    "svg": "drawing",
    "math": "drawing",
    "canvas": "drawing",
    "object": "frame",
    "applet": "frame",
    "audio": "media",
    "video": "media",
    "select": "form",
    "datalist": "form",
    "xml": "",
}
_TOLD = {
    "embed": "frame",
    "frame": "frame",
    "frameset": "frame",
    "portal": "frame",
    "iframe": "frame",
    "script": "script",
    "form": "form",
    "input": "form",
    "button": "form",
    "textarea": "form",
    "isindex": "form",
    "base": "redirection",
    **_WITH_CONTENT,
}
_ELSEWHERE = {"cid": ImageKind.CID, "file": ImageKind.FILE, "": ImageKind.FILE}
_SMALLEST_SEEN = 2
_MOST_SOURCE = 500


def clean(html: str) -> Cleaned:
    """The HTML as it may go into a signature, what was taken out of it, and its pictures.

    Takes any text, never raises, in time that grows with its length alone; what comes out stays as it is when it is
    cleaned again. Rules of style sheets that name elements and classes are put on the elements. Pictures that are not
    there (of the person's disk, of an old message) stay as empty `img`, to be embedded or dropped with `images.keep`.
    """
    found = list(tokens(html))
    work = _Work()
    for token in found:
        if isinstance(token, Raw) and token.name == "style":
            work.sheet.read(token.text, work.lost)
    for token in found:
        work.take(token)
    return work.finish()


def text_to_html(text: str) -> str:
    """A plain text as safe HTML, line by line."""
    return clean("<br>".join(escaped(line) for line in text.strip().splitlines())).html


class _Work:
    def __init__(self) -> None:
        self.sheet = Sheet()
        self.lost: set[str] = set()
        self.findings = Findings()
        self.images: list[Image] = []
        self.builder = Builder()
        self._inside = ""
        self._inside_depth = 0

    def take(self, token: Text | Open | Close | Raw) -> None:
        if self._inside:
            self._skip(token)
        elif isinstance(token, Text):
            self.builder.text(token.text)
        elif isinstance(token, Close):
            name = _STANDS_FOR.get(token.name, token.name)
            if name == "br":
                self._start(Open("br"))
            elif name not in VOID:
                self.builder.end(name)
        elif isinstance(token, Raw):
            self._tell(token.name, token.attributes, token.text)
        else:
            self._take_start(token)

    def finish(self) -> Cleaned:
        built = self.builder.finish()
        if self.builder.cut:
            self.findings.add("too_deep")
        if self.lost:
            self.findings.add("style_property", ", ".join(sorted(self.lost)))
        if self.sheet.left_out:
            self.findings.add("style_sheet")
        return Cleaned(_checked(built), self.findings.remarks(), tuple(self.images))

    def _skip(self, token: Text | Open | Close | Raw) -> None:
        if isinstance(token, Open) and token.name == self._inside and not token.closed:
            self._inside_depth += 1
        elif isinstance(token, Close) and token.name == self._inside:
            self._inside_depth -= 1
            if not self._inside_depth:
                self._inside = ""

    def _tell(self, name: str, given: dict[str, str], content: str = "") -> None:
        code = _TOLD.get(name, "")
        if name == "meta" and given.get("http-equiv", "").strip().lower() == "refresh":
            code = "redirection"
        elif name == "link" and "stylesheet" in given.get("rel", "").lower():
            code = "style_sheet"
        if code:
            self.findings.add(code, (content or given.get("src") or given.get("href") or "").strip())

    def _take_start(self, token: Open) -> None:
        name = _STANDS_FOR.get(token.name, token.name)
        if name not in attributes.ELEMENTS:
            self._tell(token.name, token.attributes)
            self._tell_handlers(token)
            if token.name in _WITH_CONTENT and not token.closed:
                self._inside, self._inside_depth = token.name, 1
            return
        self._start(Open(name, token.attributes), token.name)

    def _start(self, token: Open, written_as: str = "") -> None:
        given = token.attributes
        kept = self._kept(token, written_as or token.name)
        if written_as == "body" and not kept.get("style"):
            return
        if token.name == "a" and "href" not in kept:
            # A mark to jump to, or a link that leads nowhere now. It ends the link around it all the same.
            self.builder.end("a")
            return
        if self.builder.start(Open(token.name, kept)) and token.name == "img":
            self.images.append(self._image(given, kept))

    def _kept(self, token: Open, written_as: str) -> dict[str, str]:
        given = token.attributes
        kept: dict[str, str] = {}
        for name, value in given.items():
            if name in ("style", "class"):
                continue
            good = attributes.kept(token.name, name, value)
            if good is not None:
                kept[name] = good
            elif name == "href" and token.name == "a" and value.strip() and not value.lstrip().startswith("#"):
                self.findings.add("link", value.strip())
        self._tell_handlers(token)
        if given.get("background"):
            self.findings.add("background_image", given["background"])
        lost: set[str] = set()
        own = declarations(given.get("style", ""), lost)
        if lost & {"background", "background-image"}:
            self.findings.add("background_image")
        self.lost |= lost - {"background", "background-image"}
        style = self.sheet.styles(written_as, given.get("class", "").split()) if self.sheet.rules else {}
        style = {**_LOOKS.get(written_as, {}), **style}
        if style | own:
            # The same order whatever it came from, or the text would change when it is cleaned again.
            kept["style"] = style_of({**{name: value for name, value in style.items() if name not in own}, **own})
        return kept

    def _tell_handlers(self, token: Open) -> None:
        for name, value in token.attributes.items():
            if name.startswith("on") and name.isalpha():
                self.findings.add("handler", f"{name}={value}")

    def _image(self, given: dict[str, str], kept: dict[str, str]) -> Image:
        source = given.get("src", "").strip()
        width, height = _pixels(kept.get("width")), _pixels(kept.get("height"))
        own = declarations(kept.get("style", ""))
        width = width if width is not None else _pixels(own.get("width"))
        height = height if height is not None else _pixels(own.get("height"))
        size = 0
        if "src" in kept:
            data = addresses.embedded(kept["src"])
            kind = ImageKind.REMOTE if data is None else ImageKind.DATA
            if data is not None:
                source, size = addresses.media_type(data), len(data)
            else:
                source = kept["src"]
        else:
            kind = _ELSEWHERE.get(addresses.scheme(source), ImageKind.MISSING) if source else ImageKind.MISSING
            # "C:\Users\..." has a letter where addresses have a scheme.
            if len(addresses.scheme(source)) == 1:
                kind = ImageKind.FILE
            if source:
                self.findings.add("image" if kind is ImageKind.MISSING else "image_elsewhere", source)
        small = [number for number in (width, height) if number is not None]
        hidden = own.get("display") == "none" or (bool(small) and max(small) <= _SMALLEST_SEEN)
        return Image(
            len(self.images),
            kind,
            source[:_MOST_SOURCE],
            kept.get("alt", ""),
            width,
            height,
            kind is ImageKind.REMOTE and hidden,
            size,
        )


def _pixels(value: str | None) -> int | None:
    number = (value or "").removesuffix("px").partition(".")[0]
    return int(number) if number.isascii() and number.isdigit() and len(number) < 6 else None


def _checked(built: str) -> str:
    return nh3.clean(
        built,
        tags=set(attributes.ELEMENTS),
        attributes=attributes.NAMES,
        attribute_filter=attributes.kept,
        clean_content_tags={"script", "style", "svg", "math", "template", "noscript", "iframe", "object", "title"},
        url_schemes={"http", "https", "mailto", "tel", "data"},
        url_relative="deny",
        link_rel=None,
        strip_comments=True,
    )
