"""How long a signature is for Zimbra, and making one shorter without changing its look."""

from __future__ import annotations

from collections.abc import Iterator

from bascule.conversions.signatures.cleaning import clean
from bascule.conversions.signatures.model import Fitted, Weight
from bascule.conversions.signatures.styles import declarations, style_of
from bascule.conversions.signatures.tokens import VOID, Close, Open, Text, Token, tokens, written

# zimbraMailSignatureMaxLength of a server that nobody changed.
LONGEST = 10_240
_INHERITED = frozenset(
    ("color", "direction", "font-family", "font-size", "font-style", "font-variant", "font-weight", "letter-spacing",
     "line-height", "text-align", "text-indent", "text-transform", "white-space", "word-spacing", "list-style-type")
)  # fmt: skip
# Elements without a look of their own: what they inherit is what they show.
_PLAIN = frozenset(("div", "span", "p"))
_HOLDERS = frozenset(("font", "span"))
_RELATIVE = ("em", "%", "smaller", "larger", "bolder", "lighter", "ex", "inherit")
_MOST_TOLD = 5


def length(html: str) -> int:
    """As Zimbra counts: in UTF-16 units, as Java does."""
    return len(html.encode("utf-16-le", "replace")) // 2


def fit(html: str, longest: int) -> Fitted:
    """The signature as short as it gets without looking different.

    Left out: comments, needless spaces, elements around nothing or without effect, styles that say what the element
    around them says already. longest: `Info.limits.signature_length`, 0 for no limit.
    """
    short = clean(html).html
    while True:
        shorter = _written(_shortened(list(tokens(short))))
        shorter = clean(shorter).html
        if length(shorter) >= length(short):
            break
        short = shorter
    size = length(short)
    if not longest or size <= longest:
        return Fitted(short, size, True)
    heaviest = _heaviest(short)
    told = ", ".join(f"{one.label} ({one.length})" for one in heaviest) or "les balises"
    return Fitted(
        short,
        size,
        False,
        f"La signature compte {size} caractères, code et images compris ; la messagerie en accepte {longest}. "
        f"Ce qui pèse le plus : {told}. Retirez ou réduisez une image, ou simplifiez la mise en forme.",
        heaviest,
    )


def _written(found: list[Token]) -> str:
    return "".join(written(token) for token in found if isinstance(token, Text | Open | Close))


def _shortened(found: list[Token]) -> list[Token]:
    return _without_holders(_with_less_style(found))


def _with_less_style(found: list[Token]) -> list[Token]:
    """Without declarations that repeat what is inherited anyway."""
    out: list[Token] = []
    known: list[dict[str, str]] = [{}]
    for token in found:
        if isinstance(token, Close):
            if len(known) > 1:
                known.pop()
        elif isinstance(token, Open):
            own = declarations(token.attributes.get("style", ""))
            inherited = known[-1]
            if token.name in _PLAIN and "font" not in own:
                own = {name: value for name, value in own.items() if inherited.get(name) != value}
                attributes = {name: value for name, value in token.attributes.items() if name != "style"}
                token = Open(token.name, attributes | ({"style": style_of(own)} if own else {}))
            if token.name not in VOID:
                known.append(_passed_on(token, inherited, own))
        out.append(token)
    return out


def _passed_on(token: Open, inherited: dict[str, str], own: dict[str, str]) -> dict[str, str]:
    """The inherited properties that are certain inside an element."""
    # Tables forget sizes and colours in old kinds of pages; links, titles and the like have looks of their own.
    kept = dict(inherited) if token.name in _PLAIN and "font" not in own and "align" not in token.attributes else {}
    for name, value in own.items():
        if name not in _INHERITED or name == "text-indent":
            continue
        if value.endswith(_RELATIVE):
            kept.pop(name, None)
        else:
            kept[name] = value
    if "dir" in token.attributes:
        kept.pop("direction", None)
    return kept


def _without_holders(found: list[Token]) -> list[Token]:
    """Without `span` and `font` that change nothing, and without pairs of tags around nothing."""
    out: list[Token] = []
    opened: list[tuple[Open, int]] = []
    for token in found:
        if isinstance(token, Open) and token.name not in VOID:
            opened.append((token, len(out)))
            if token.name in _HOLDERS and not token.attributes:
                continue
        elif isinstance(token, Close) and opened:
            tag, place = opened.pop()
            if tag.name in _HOLDERS and not tag.attributes:
                continue
            if tag.name in _HOLDERS | {"b", "em", "i", "s", "small", "strong", "sub", "sup", "u"} and (
                place == len(out) - 1
            ):
                out.pop()
                continue
        out.append(token)
    return out


def _heaviest(html: str) -> tuple[Weight, ...]:
    return tuple(sorted((one for one in _weights(html) if one.length), key=lambda one: -one.length)[:_MOST_TOLD])


def _weights(html: str) -> Iterator[Weight]:
    styles = text = links = 0
    number = 0
    for token in tokens(html):
        if isinstance(token, Text):
            text += length(token.text)
        elif isinstance(token, Open):
            styles += length(token.attributes.get("style", ""))
            links += length(token.attributes.get("href", ""))
            if token.name == "img":
                number += 1
                alt = token.attributes.get("alt", "")
                label = f"l’image « {alt[:40]} »" if alt else f"l’image n° {number}"
                yield Weight(label, length(token.attributes.get("src", "")))
    yield Weight("le texte", text)
    yield Weight("les styles", styles)
    yield Weight("les adresses des liens", links)
