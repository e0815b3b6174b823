"""The conditions of a rule of the old server as French phrases that follow « si » or « que »."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from bascule.conversions.filters.sentences import words
from bascule.conversions.filters.sentences.conditions import WITH_CASE, day, size_phrase
from bascule.conversions.filters.sentences.words import Noun
from bascule.conversions.filters.source.syntax import Number, Strings, Tag, Test

_KINDS = frozenset({"is", "contains", "matches", "regex", "value", "count"})
_PARTS = frozenset({"all", "localpart", "domain", "user", "detail"})
_WITH_VALUE = frozenset({"comparator", "value", "count", "zone", "content", "index"})
_DAYS = ("dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi")


@dataclass(frozen=True, slots=True)
class Condition:
    """constant: True for all messages, False for none, None when the phrases decide: one of them, or all."""

    phrases: tuple[str, ...] = ()
    any_of: bool = False
    constant: bool | None = None


def condition_of(test: Test, negative: bool = False) -> Condition:
    """A test and those within it; `not` goes down to the single ones."""
    if test.name == "not" and test.tests:
        return condition_of(test.tests[0], not negative)
    if test.name in ("true", "false"):
        return Condition(constant=(test.name == "true") != negative)
    if test.name not in ("allof", "anyof"):
        return Condition((_phrase(test, negative),))
    any_of = (test.name == "anyof") != negative
    phrases: list[str] = []
    for inner in (condition_of(one, negative) for one in test.tests):
        if inner.constant is not None:
            if inner.constant == any_of:
                return Condition(constant=any_of)
        elif len(inner.phrases) == 1 or inner.any_of == any_of:
            phrases.extend(inner.phrases)
        else:
            phrases.append(_grouped(inner))
    return Condition(tuple(dict.fromkeys(phrases)), any_of) if phrases else Condition(constant=not any_of)


def _grouped(inner: Condition) -> str:
    lead = "l’une de ces conditions est remplie" if inner.any_of else "toutes ces conditions sont remplies"
    shown = list(inner.phrases[: words.MOST])
    if len(inner.phrases) > words.MOST:
        shown.append(f"et {len(inner.phrases) - words.MOST} autres")
    return f"{lead} ({' ; '.join(shown)})"


@dataclass(frozen=True, slots=True)
class _Parts:
    """kind and relation of the comparison; rest: the lists of strings that no tag takes; number: of size."""

    tags: frozenset[str]
    kind: str
    relation: str
    case: bool
    numeric: bool
    rest: tuple[tuple[str, ...], ...]
    number: int | None

    def strings(self, at: int) -> tuple[str, ...]:
        return self.rest[at] if -len(self.rest) <= at < len(self.rest) else ()

    @property
    def part(self) -> str:
        return next((tag for tag in _PARTS if tag in self.tags), "all")


def _parts(test: Test) -> _Parts:
    tags: dict[str, str] = {}
    rest: list[tuple[str, ...]] = []
    number = None
    awaiting = ""
    for argument in test.args:
        if isinstance(argument, Tag):
            tags[argument.name] = ""
            awaiting = argument.name if argument.name in _WITH_VALUE else ""
        elif isinstance(argument, Number):
            number = argument.value
        elif isinstance(argument, Strings) and awaiting:
            tags[awaiting] = "".join(argument.values[:1])
            awaiting = ""
        elif isinstance(argument, Strings):
            rest.append(argument.values)
    kind = next((tag for tag in tags if tag in _KINDS), "is")
    comparator = tags.get("comparator", "").lower()
    return _Parts(
        frozenset(tags), kind, tags.get(kind, "").lower(), comparator == "i;octet", comparator == "i;ascii-numeric",
        tuple(rest), number,
    )  # fmt: skip


def _phrase(test: Test, negative: bool) -> str:
    say = _SAID.get(test.name)
    if say is None:
        verb = "n’est pas remplie" if negative else "est remplie"
        return f"la condition {words.quoted(test.name)} de l’ancien serveur {verb}"
    return say(_parts(test), negative)


def _compared(parts: _Parts, noun: Noun, negative: bool) -> str:
    keys = parts.strings(-1) or ("",)
    case = WITH_CASE if parts.case else ""
    if parts.kind in ("value", "count"):
        return words.related(
            noun, parts.relation, keys, is_count=parts.kind == "count", numeric=parts.numeric, negative=negative
        )
    return words.compared(noun.it, parts.kind, keys, negative) + case


def _header(parts: _Parts, negative: bool) -> str:
    return _compared(parts, words.headers(parts.strings(-2)), negative)


def _address(parts: _Parts, negative: bool) -> str:
    return _compared(parts, words.address_part(parts.part, parts.strings(-2)), negative)


def _envelope(parts: _Parts, negative: bool) -> str:
    return _compared(parts, words.envelope_part(parts.part, parts.strings(-2)), negative)


def _body(parts: _Parts, negative: bool) -> str:
    return _compared(parts, Noun("le texte du message", "du texte du message"), negative)


def _exists(parts: _Parts, negative: bool) -> str:
    names = parts.strings(-1)
    noun = words.headers(names, "et").it
    several = len({name.lower() for name in names}) > 1
    verb = "figurent" if several else "figure"
    if negative:
        return f"{noun} ne {verb} pas {'tous ' if several else ''}dans le message"
    return f"{noun} {verb} dans le message"


def _size(parts: _Parts, negative: bool) -> str:
    return size_phrase("over" if "over" in parts.tags else "under", parts.number, negative)


def _has_flag(parts: _Parts, negative: bool) -> str:
    flags = [words.quoted(flag) for flag in parts.strings(-1)]
    return f"le message {'n’est pas' if negative else 'est'} déjà marqué {words.listed(flags, 'ou')}".rstrip()


def _date(parts: _Parts, negative: bool) -> str:
    return _dated(parts, "du message", parts.strings(-2), negative)


def _current_date(parts: _Parts, negative: bool) -> str:
    return _dated(parts, "d’arrivée", parts.strings(-2), negative)


def _dated(parts: _Parts, of: str, named: Sequence[str], negative: bool) -> str:
    name = "".join(named[:1]).lower()
    noun = {
        "date": f"la date {of}", "weekday": f"le jour {of}", "hour": f"l’heure {of}", "time": f"l’heure {of}",
        "month": f"le mois {of}", "year": f"l’année {of}", "day": f"le jour du mois {of}", "minute": f"la minute {of}",
    }.get(name) or f"la partie {words.quoted(name)} de la date {of}"  # fmt: skip
    keys = [_moment(name, key) for key in parts.strings(-1) or ("",)]
    if parts.kind == "value":
        opposite = {"gt": "le", "ge": "lt", "lt": "ge", "le": "gt", "eq": "ne", "ne": "eq"}
        relation = opposite.get(parts.relation, "") if negative else parts.relation
        verb = {
            "gt": "est après", "ge": "est au plus tôt", "lt": "est avant", "le": "est au plus tard", "eq": "est",
            "ne": "n’est pas",
        }.get(relation, "se compare à")  # fmt: skip
        return f"{noun} {verb} {words.listed(keys, 'ou')}"
    if parts.kind == "is":
        verb = "n’est pas" if negative else "est"
        return f"{noun} {verb} {words.listed(keys, 'ni' if negative else 'ou')}"
    return _compared(parts, Noun(noun, noun), negative)


def _moment(name: str, key: str) -> str:
    if name == "weekday" and key in tuple("0123456"):
        return _DAYS[int(key)]
    if name == "date":
        try:
            return f"le {day(date.fromisoformat(key))}"
        except ValueError:
            return words.quoted(key)
    return words.quoted(key)


_SAID: dict[str, Callable[[_Parts, bool], str]] = {
    "header": _header,
    "address": _address,
    "envelope": _envelope,
    "exists": _exists,
    "size": _size,
    "body": _body,
    "hasflag": _has_flag,
    "date": _date,
    "currentdate": _current_date,
}
