"""Markdown of the help taken apart: its tokens, its headings with their anchors, its words alone. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bascule.help.placeholders import fill

# French sets a blank before these signs and inside its quotation marks; a line must not break there.
_BLANKS = re.compile(r" (?=[:;?!»])|(?<=«) |(?<=\d) (?=(?:min|h|Go|Mo|jours?|heures?|messages?|destinataires?)\b)")


@dataclass(frozen=True)
class Heading:
    level: int
    anchor: str
    text: str


@dataclass
class Passage:
    """A part of a page in plain words, below one heading; the first one has none."""

    anchor: str = ""
    heading: str = ""
    texts: list[str] = field(default_factory=list)


def _parser(*, html: bool = False) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": html}).enable("table")
    # Every address comes through as written: what may stay is decided below, and told by the checker.
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    parser.normalizeLink = lambda url: url  # type: ignore[method-assign]
    return parser


PARSER = _parser()
_PARSER_OF_HTML = _parser(html=True)


def parse(body: str) -> list[Token]:
    """The tokens of `body`; nothing is filled in yet."""
    return PARSER.parse(body)


def raw_html(body: str) -> Iterator[int]:
    """Lines of `body`, counted from 0, on which HTML begins."""
    for token in _PARSER_OF_HTML.parse(body):
        inline = any(child.type == "html_inline" for child in token.children or ())
        if token.map and (inline or token.type == "html_block"):
            yield token.map[0]


def typography(text: str) -> str:
    return _BLANKS.sub("\N{NO-BREAK SPACE}", text)


def slugified(text: str) -> str:
    """An anchor out of the words of a heading."""
    plain = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("æ", "ae").replace("’", " "))
    plain = plain.encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:60] or "partie"


class _Anchors:
    """Anchors of one page, no two alike."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, text: str) -> str:
        begins = slugified(text)
        anchor, number = begins, 2
        while anchor in self._taken:
            anchor, number = f"{begins}-{number}", number + 1
        self._taken.add(anchor)
        return anchor


def plain(token: Token, names: Mapping[str, str]) -> str:
    """What an inline token says, in words alone."""
    parts = []
    for child in token.children or ():
        if child.type in ("text", "code_inline", "image"):
            parts.append(fill(child.content, names))
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
    return "".join(parts)


def headings(tokens: list[Token], names: Mapping[str, str]) -> tuple[Heading, ...]:
    """The headings of a page with the anchors that `render` gives them."""
    anchors = _Anchors()
    found = []
    for token, following in pairwise(tokens):
        if token.type == "heading_open":
            text = plain(following, names)
            found.append(Heading(max(2, int(token.tag[1])), anchors.of(text), text))
    return tuple(found)


def passages(body: str, names: Mapping[str, str]) -> list[Passage]:
    """The words of a page, by heading."""
    tokens = parse(body)
    following = iter(headings(tokens, names))
    found = [Passage()]
    in_heading = False
    for token in tokens:
        if token.type == "heading_open":
            heading = next(following)
            found.append(Passage(heading.anchor, heading.text))
            in_heading = True
        elif token.type == "heading_close":
            in_heading = False
        elif token.type == "inline" and not in_heading:
            found[-1].texts.append(plain(token, names))
        elif token.type in ("fence", "code_block"):
            found[-1].texts.append(fill(token.content, names))
    return found


def own_html(text: str) -> Token:
    """A token of HTML that the portal wrote itself."""
    token = Token("html_inline", "", 0)
    token.content = text
    return token
