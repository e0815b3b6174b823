"""Tables of the help in the frame of the design system, which scrolls by itself on a phone. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from markdown_it.token import Token

from bascule.help.words import own_html, plain, typography

_BEGINS = (
    '<div class="fr-table fr-table--sm help-table"><div class="fr-table__wrapper" tabindex="0" role="region" '
    'aria-labelledby="{id}"><div class="fr-table__container"><div class="fr-table__content">'
)
_ENDS = "</div></div></div></div>"


def framed(tokens: list[Token], title: str, names: Mapping[str, str], prefix: str) -> list[Token]:
    """`tokens` with each table in its frame, called after the heading above it (`title` where there is none); the first
    cell of each row is the heading of the row."""
    made: list[Token] = []
    called, number = title, 0
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            called = plain(tokens[place + 1], names)
        elif token.type == "table_open":
            number += 1
            anchor = f"{prefix}tableau-{number}"
            made.append(own_html(_BEGINS.format(id=anchor)))
            made.append(token)
            made.append(own_html(f'<caption id="{anchor}">{escape(typography(called))}</caption>'))
            continue
        made.append(token)
        if token.type == "table_close":
            made.append(own_html(_ENDS))
    _name_cells(made)
    return made


def _name_cells(tokens: list[Token]) -> None:
    in_head, first = False, False
    for place, token in enumerate(tokens):
        if token.type in ("thead_open", "thead_close"):
            in_head = token.type == "thead_open"
        elif token.type == "tr_open":
            first = True
        elif token.type in ("th_open", "td_open"):
            closing = tokens[place + 2]
            if in_head and not tokens[place + 1].content.strip():
                # A heading that says nothing would be read out all the same.
                token.tag = closing.tag = "td"
            elif in_head:
                token.attrSet("scope", "col")
            elif first:
                token.tag = closing.tag = "th"
                token.attrSet("scope", "row")
            first = False
            _align_by_class(token)


def _align_by_class(token: Token) -> None:
    """The policy of the site lets no style attribute through."""
    style = str(token.attrs.pop("style", ""))
    if side := style.partition(":")[2]:
        token.attrSet("class", f"help-{side}")
