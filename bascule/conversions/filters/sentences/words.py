"""Words and phrases that sentences about filters are made of: values in quotes, headers by their French names, what is
compared with what. A condition is a phrase that can follow « si » or « que »."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from bascule.conversions.filters.folder_words import shown_path

# What one value, and one list of values, may take in a sentence that somebody is to read.
LONGEST = 80
MOST = 12

_VOWELS = frozenset("aeiouyh")
_UNITS = ((1 << 30, "Go"), (1 << 20, "Mo"), (1 << 10, "Ko"))


class Noun(NamedTuple):
    """`it` as a subject (« l’expéditeur »), `of` behind another noun (« de l’expéditeur »)."""

    it: str
    of: str


_HEADERS = {
    "subject": Noun("l’objet", "de l’objet"),
    "from": Noun("l’expéditeur", "de l’expéditeur"),
    "to": Noun("le destinataire", "du destinataire"),
    "cc": Noun("le destinataire en copie", "du destinataire en copie"),
    "bcc": Noun("le destinataire en copie cachée", "du destinataire en copie cachée"),
    "sender": Noun("l’émetteur technique (Sender)", "de l’émetteur technique (Sender)"),
    "reply-to": Noun("l’adresse de réponse", "de l’adresse de réponse"),
    "list-id": Noun("l’identifiant de la liste de diffusion", "de l’identifiant de la liste de diffusion"),
    "date": Noun("la date du message", "de la date du message"),
}


def plain(text: str, longest: int = LONGEST) -> str:
    """The text on one line without anything that could disturb it: controls, marks of direction, half characters."""
    shown = "".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in text[: 4 * longest])
    shown = " ".join(shown.split())
    return shown if len(shown) <= longest else shown[: longest - 1].rstrip() + "…"


def quoted(text: str, longest: int = LONGEST) -> str:
    """`text` between “ ”, whatever it holds."""
    return f"“{plain(text, longest)}”"


def folder(path: str) -> str:
    """A folder as it stands behind « dans »."""
    shown = path.strip("/")
    return "la boîte de réception" if shown.casefold() == "inbox" or not shown else quoted(shown_path(shown), 120)


def listed(words: Sequence[str], last: str) -> str:
    """« a, b ou c » ; what is more than fits is counted."""
    if len(words) > MOST:
        rest = len(words) - MOST + 1
        return ", ".join(words[: MOST - 1]) + f" {last} {rest} autres"
    if len(words) < 2:
        return "".join(words)
    return ", ".join(words[:-1]) + f" {last} {words[-1]}"


def that(phrase: str) -> str:
    """« que … », with its elision."""
    return f"qu’{phrase}" if _begins_with_vowel(phrase) else f"que {phrase}"


def whether(phrase: str) -> str:
    """« si … », with its elision before « il »."""
    return f"s’{phrase}" if phrase.startswith(("il ", "ils ")) else f"si {phrase}"


def _begins_with_vowel(text: str) -> bool:
    first = unicodedata.normalize("NFD", text[:1].lower())
    return first[:1] in _VOWELS


def header(name: str) -> Noun:
    """How a header is called, by its name in a message."""
    known = _HEADERS.get(name.strip().lower())
    if known is not None:
        return known
    return Noun(f"l’en-tête {quoted(name)}", f"de l’en-tête {quoted(name)}")


def headers(names: Sequence[str], last: str = "ou") -> Noun:
    """Several headers, one of which is enough."""
    first = {name.strip().lower(): name for name in reversed(names)}
    nouns = [header(first[key]) for key in dict.fromkeys(name.strip().lower() for name in names)]
    return Noun(listed([noun.it for noun in nouns], last), listed([noun.of for noun in nouns], last))


def address_part(part: str, names: Sequence[str]) -> Noun:
    """An address in headers, or a part of it: all, localpart (or user), domain, detail."""
    of = headers(names).of
    words = {
        "domain": ("le domaine", "du domaine"),
        "localpart": ("le nom avant @", "du nom avant @"),
        "user": ("le nom avant + et @", "du nom avant + et @"),
        "detail": ("ce qui suit + dans l’adresse", "de ce qui suit + dans l’adresse"),
    }.get(part, ("l’adresse", "de l’adresse"))
    return Noun(f"{words[0]} {of}", f"{words[1]} {of}")


def envelope_part(part: str, names: Sequence[str]) -> Noun:
    """As `address_part`, of what the sending server said rather than what stands in the message."""
    places = {"from": "d’envoi réelle", "to": "de livraison"}
    shown = [f"l’adresse {places.get(name.strip().lower(), quoted(name))}" for name in names] or ["l’adresse réelle"]
    if part in ("domain", "localpart", "user", "detail"):
        noun = {"domain": "le domaine de ", "detail": "ce qui suit + dans "}.get(part, "le nom avant @ de ")
        shown = [noun + one for one in shown]
    text = listed(shown, "ou")
    return Noun(text, "de " + text)


def compared(subject: str, comparison: str, values: Sequence[str], negative: bool = False, last: str = "ou") -> str:
    """« l’objet contient “a” ou “b” ». comparison: is, contains, matches or regex.

    Each value of `matches` is said in words when it is a plain beginning, end or middle. negative with `last` « ni »
    means none of them.
    """
    kind, shown = _simplest(comparison, values)
    if kind == "matches" and shown == ("?*",):
        kind, shown, negative = "is", ("",), not negative
    words = [quoted(value) for value in shown]
    if kind == "is" and shown == ("",):
        return f"{subject} {'n’est pas' if negative else 'est'} vide"
    verb = {
        "is": ("est", "n’est"),
        "contains": ("contient", "ne contient"),
        "begins": ("commence par", "ne commence"),
        "ends": ("se termine par", "ne se termine"),
        "regex": ("répond à l’expression régulière", "ne répond"),
    }.get(kind, ("suit le modèle", "ne suit"))
    if not negative:
        return f"{subject} {verb[0]} {listed(words, last)}"
    behind = verb[0].partition(" ")[2]
    behind = {"begins": "par", "ends": "par"}.get(kind, behind)
    return f"{subject} {verb[1]} {_none_of(words, behind)}"


def _none_of(words: Sequence[str], behind: str) -> str:
    lead = f"{behind} " if behind else ""
    if len(words) == 1:
        return f"pas {lead}{words[0]}"
    return listed([f"ni {lead}{words[0]}", *(f"{lead}{word}" for word in words[1:])], "ni")


def _simplest(comparison: str, values: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """A pattern that only begins, ends or goes on at both sides is said by what stands between the stars."""
    if comparison != "matches" or not values:
        return comparison, tuple(values)
    for kind, expression in (
        ("contains", r"\*+([^*?\\]+)\*+"),
        ("begins", r"([^*?\\]+)\*+"),
        ("ends", r"\*+([^*?\\]+)"),
        ("is", r"([^*?\\]+)"),
    ):
        found = [re.fullmatch(expression, value, re.DOTALL) for value in values]
        if all(found):
            return kind, tuple(one[1] for one in found if one)
    return comparison, tuple(values)


def related(
    subject: Noun, relation: str, values: Sequence[str], *, is_count: bool, numeric: bool, negative: bool
) -> str:
    """The comparisons of RFC 5231: of a value, or of how many there are. relation: gt, ge, lt, le, eq, ne.

    One of the values is enough; negative: none of them.
    """
    last = "et" if negative else "ou"
    numbers, texts = listed([plain(one) for one in values], last), listed([quoted(one) for one in values], last)
    relation = _opposite(relation) if negative else relation
    if is_count:
        words = {
            "gt": "plus de", "ge": "au moins", "lt": "moins de", "le": "au plus", "eq": "exactement",
            "ne": "un autre nombre que",
        }  # fmt: skip
        return f"on compte {words.get(relation, 'à peu près')} {numbers} fois {subject.it}"
    if numeric:
        words = {
            "gt": "supérieur à", "ge": "supérieur ou égal à", "lt": "inférieur à", "le": "inférieur ou égal à",
            "eq": "égal à", "ne": "différent de",
        }  # fmt: skip
        return f"le nombre que donne {subject.it} est {words.get(relation, 'comparable à')} {numbers}"
    words = {
        "gt": "vient après", "ge": "est ou vient après", "lt": "vient avant", "le": "est ou vient avant",
        "eq": "est", "ne": "n’est pas",
    }  # fmt: skip
    if relation == "lt" and tuple(values) == ("!",):
        # How the conversion says it to Zimbra, which takes no empty value.
        return f"{subject.it} est vide"
    if relation == "ge" and tuple(values) == ("!",):
        return f"{subject.it} n’est pas vide"
    if relation == "ne" and negative:
        return f"{subject.it} n’est {_none_of([quoted(one) for one in values], '')}"
    tail = "" if relation in ("eq", "ne") else " dans l’ordre alphabétique"
    return f"{subject.it} {words.get(relation, 'se compare à')} {texts}{tail}"


def _opposite(relation: str) -> str:
    return {"gt": "le", "ge": "lt", "lt": "ge", "le": "gt", "eq": "ne", "ne": "eq"}.get(relation, relation)


def size(number: int) -> str:
    """« 10 Mo »."""
    for unit, word in _UNITS:
        if number and number % unit == 0:
            return f"{number // unit} {word}"
    shown = f"{number:,}".replace(",", " ")
    return f"{shown} octet{'s' if abs(number) > 1 else ''}"
