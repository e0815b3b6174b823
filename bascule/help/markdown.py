"""Markdown of the help made into HTML that cannot harm: no HTML of its own, no address but those we know how to make.

Pure: what addresses lead to is handed in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import unquote, urlsplit

import nh3
from markdown_it.token import Token

from bascule.help.placeholders import fill
from bascule.help.tables import framed
from bascule.help.words import PARSER, Heading, headings, own_html, parse, slugified, typography

_MAIL = re.compile(r"mailto:[^\s<>\"']+@[^\s<>\"']+\Z")
_TAGS = {
    *("a", "blockquote", "br", "caption", "code", "div", "em", "figure", "h2", "h3", "h4", "h5", "h6", "hr", "img"),
    *("li", "ol", "p", "pre", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}
_ATTRIBUTES = {
    "a": {"href", "title", "target", "rel", "class"},
    "div": {"class", "tabindex", "role", "aria-labelledby"},
    "caption": {"id"},
    "code": {"class"},
    "figure": {"class"},
    "img": {"src", "alt", "width", "height", "loading"},
    "ol": {"start"},
    "span": {"class"},
    "th": {"scope", "class"},
    "td": {"class"},
    **{f"h{level}": {"id"} for level in range(2, 7)},
}


@dataclass(frozen=True)
class Drawing:
    """A drawing that a page may show. Width and height in pixels, of its own making."""

    url: str
    width: int
    height: int


@dataclass(frozen=True)
class Surroundings:
    """What the addresses of a page lead to; each gives None for what does not exist.

    page: slug and anchor ("" for none) to an address; portal: name of a page of the portal to its address.
    """

    page: Callable[[str, str], str | None]
    portal: Callable[[str], str | None]
    drawing: Callable[[str], Drawing | None]
    names: Mapping[str, str]
    # Put before each anchor, where several pages stand on one.
    prefix: str = ""
    # By how much headings are lowered.
    lower: int = 0


@dataclass(frozen=True)
class Rendered:
    html: str
    headings: tuple[Heading, ...] = ()


def render(body: str, around: Surroundings, *, title: str = "") -> Rendered:
    """HTML of `body`, made safe twice: nothing but our own tags is written, and nh3 lets nothing else through.

    title: what a table is called that stands above the first heading.
    """
    tokens = parse(body)
    found = headings(tokens, around.names)
    tokens = _with_headings(tokens, found, around)
    for token in tokens:
        if token.type == "inline":
            token.children = _inline(token.children or [], around)
        elif token.type in ("fence", "code_block"):
            token.content = fill(token.content, around.names)
            token.info = ""
    tokens = framed(tokens, title, around.names, around.prefix)
    html = PARSER.renderer.render(tokens, PARSER.options, {})
    html = _FIGURE.sub(r"\1", html)
    return Rendered(_cleaned(html), found)


# A drawing stands in a figure, which no paragraph may hold.
_FIGURE = re.compile(r"<p>(<figure class=\"help-drawing\">(?:(?!</?p>).)*</figure>)</p>", re.DOTALL)


def _cleaned(html: str) -> str:
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"https", "http", "mailto"},
        link_rel=None,
    )


def _with_headings(tokens: list[Token], found: tuple[Heading, ...], around: Surroundings) -> list[Token]:
    following = iter(found)
    for token in tokens:
        if token.type == "heading_open":
            heading = next(following)
            token.attrSet("id", around.prefix + heading.anchor)
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, max(2, int(token.tag[1])) + around.lower)}"
    return tokens


def _inline(children: list[Token], around: Surroundings) -> list[Token]:
    made: list[Token] = []
    # What closes the links that are open; None for one that is not made.
    open_links: list[bool] = []
    for token in children:
        if token.type == "text":
            made.extend(_text(token.content, around, in_link=bool(open_links)))
        elif token.type == "code_inline":
            token.content = fill(token.content, around.names)
            made.append(token)
        elif token.type == "link_open":
            attributes = link(fill(str(token.attrGet("href") or ""), around.names), around)
            open_links.append(attributes is not None)
            if attributes is not None:
                token.attrs = dict(attributes)
                made.append(token)
        elif token.type == "link_close":
            if open_links.pop():
                made.append(token)
        elif token.type == "image":
            made.append(own_html(_picture(token, around)))
        elif token.type != "html_inline":
            made.append(token)
    return _with_titles(made)


def _with_titles(tokens: list[Token]) -> list[Token]:
    """Links that open another window say so (RGAA 13.2): in their title, with the words of the link itself."""
    for number, token in enumerate(tokens):
        if token.type == "link_open" and token.attrGet("target"):
            words = []
            for following in tokens[number + 1 :]:
                if following.type == "link_close":
                    break
                words.append(following.content)
            token.attrSet("title", f"{''.join(words).strip()} – nouvelle fenêtre")
    return tokens


def link(address: str, around: Surroundings) -> dict[str, str | int | float] | None:
    """Attributes of a link to `address` as a page writes it; None for what may not be linked to."""
    address = address.strip()
    scheme, _, rest = address.partition(":")
    scheme = scheme.lower()
    if scheme == "aide":
        slug, _, anchor = rest.partition("#")
        url = around.page(slug, anchor)
        return {"href": url} if url is not None else None
    if scheme == "page":
        url = around.portal(rest)
        return {"href": url} if url is not None else None
    if scheme == "mailto":
        return {"href": address} if _MAIL.match(address) else None
    if address.startswith("#"):
        return {"href": f"#{around.prefix}{slugified(unquote(address[1:]))}"}
    if scheme == "https" and _is_web(address):
        return {"href": address, "target": "_blank", "rel": "noopener external"}
    # The settings may name a webmail without TLS, in a demo.
    if scheme == "http" and address in around.names.values():
        return {"href": address, "target": "_blank", "rel": "noopener external"}
    return None


def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return bool(parts.hostname) and parts.username is None and not re.search(r"[\s\"'<>\\`]", address)


def _text(text: str, around: Surroundings, *, in_link: bool) -> list[Token]:
    """Words with their placeholders; those that are addresses lead there."""
    made = []
    for part in re.split(r"(\{\{|\{(?:webmail|help|help_desk|alert_address)\})", text):
        if not in_link and part in _LED_TO:
            made.append(own_html(_led_to(around.names.get(part[1:-1], ""))))
        elif part:
            token = Token("text", "", 0)
            token.content = typography(fill(part, around.names))
            made.append(token)
    return made


_LED_TO = frozenset({"{webmail}", "{help}", "{help_desk}", "{alert_address}"})


def _led_to(value: str) -> str:
    shown = escape(value)
    if "@" in value and _MAIL.match(f"mailto:{value}"):
        return f'<a href="mailto:{shown}">{shown}</a>'
    if value.startswith(("https://", "http://")):
        title = f"{shown} – nouvelle fenêtre"
        return f'<a href="{shown}" target="_blank" rel="noopener external" title="{title}">{shown}</a>'
    return shown


def _picture(token: Token, around: Surroundings) -> str:
    words = escape(typography(fill(token.content, around.names)))
    scheme, _, name = str(token.attrGet("src") or "").strip().partition(":")
    drawing = around.drawing(name) if scheme == "dessin" else None
    if drawing is None:
        return words
    size = f' width="{drawing.width}" height="{drawing.height}"' if drawing.width and drawing.height else ""
    return f'<figure class="help-drawing"><img src="{escape(drawing.url)}" alt="{words}"{size} loading="lazy"></figure>'
