"""The conditions of a rule, tried on one message."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bascule.conversions.filters.messages import Message, addresses_of, text_of_html
from bascule.conversions.filters.old_engine.dates import date_of, part, zone
from bascule.conversions.filters.old_engine.matching import CannotTry, Matching, any_match
from bascule.conversions.filters.old_engine.variables import expanded
from bascule.conversions.filters.source.syntax import Argument, Number, Strings, Tag, Test

_MATCHES = frozenset({"is", "contains", "matches", "regex", "value", "count"})
_PARTS = frozenset({"all", "localpart", "domain", "user", "detail"})
_WITH_VALUE = frozenset({"comparator", "value", "count", "zone", "content", "index", "flags", "subject", "days"})
_SEPARATOR = "+"


@dataclass(slots=True)
class Circumstances:
    """What rules see and what they set. flags: the list that the next stored copy takes. captured: by wildcards."""

    message: Message
    sender: str
    recipient: str
    now: datetime
    with_variables: bool = False
    variables: dict[str, str] = field(default_factory=dict)
    captured: tuple[str, ...] | None = ()
    flags: tuple[str, ...] = ()

    def copy_of_state(self) -> tuple[dict[str, str], tuple[str, ...] | None, tuple[str, ...]]:
        return dict(self.variables), self.captured, self.flags

    def restore(self, state: tuple[dict[str, str], tuple[str, ...] | None, tuple[str, ...]]) -> None:
        self.variables, self.captured, self.flags = state


@dataclass(slots=True)
class Arguments:
    """The arguments of a test or command, told apart: tags (with the value of those that take one) and the rest."""

    tags: dict[str, Argument | None]
    rest: list[Argument]

    @classmethod
    def of(cls, args: Sequence[Argument], with_value: frozenset[str] = _WITH_VALUE) -> Arguments:
        tags: dict[str, Argument | None] = {}
        rest: list[Argument] = []
        awaiting = ""
        for argument in args:
            if isinstance(argument, Tag):
                tags[argument.name] = None
                awaiting = argument.name if argument.name in with_value else ""
            elif awaiting:
                tags[awaiting] = argument
                awaiting = ""
            else:
                rest.append(argument)
        return cls(tags, rest)

    def strings(self, position: int, seen: Circumstances) -> list[str]:
        """The string or list at a place among those without a tag, variables put in. CannotTry when it is missing."""
        found = self.rest[position] if -len(self.rest) <= position < len(self.rest) else None
        if not isinstance(found, Strings):
            raise CannotTry("une condition ou une action à laquelle il manque une partie")
        return [
            expanded(value, seen.variables, seen.captured) if seen.with_variables else value for value in found.values
        ]

    def tagged(self, name: str, seen: Circumstances) -> list[str]:
        """The strings behind a tag, [] without them."""
        found = self.tags.get(name)
        if not isinstance(found, Strings):
            return []
        return [
            expanded(value, seen.variables, seen.captured) if seen.with_variables else value for value in found.values
        ]


def holds(test: Test, seen: Circumstances) -> bool:
    """Whether a condition is met. CannotTry when only the old server could say it."""
    if test.name == "not":
        return not holds(test.tests[0], seen)
    if test.name == "allof":
        return all(holds(inner, seen) for inner in test.tests)
    if test.name == "anyof":
        return any(holds(inner, seen) for inner in test.tests)
    if test.name in ("true", "false"):
        return test.name == "true"
    asked = _TESTS.get(test.name)
    if asked is None:
        raise CannotTry(f"la condition « {test.name[:40]} »")
    args = Arguments.of(test.args)
    if unknown := args.tags.keys() - _MATCHES - _PARTS - _KNOWN_TAGS:
        raise CannotTry(f"« :{min(unknown)[:40]} » dans la condition « {test.name} »")
    return asked(args, seen)


_KNOWN_TAGS = frozenset({"comparator", "zone", "originalzone", "content", "raw", "text", "over", "under"})


def _matching(args: Arguments, seen: Circumstances) -> Matching:
    kinds = [name for name in args.tags if name in _MATCHES]
    kind = kinds[-1] if kinds else "is"
    comparator = next(iter(args.tagged("comparator", seen)), "i;ascii-casemap")
    relation = next(iter(args.tagged(kind, seen)), "") if kind in ("value", "count") else ""
    return Matching(kind, comparator.lower(), relation.lower())


def _compare(args: Arguments, seen: Circumstances, values: Sequence[str], keys: Sequence[str]) -> bool:
    matching = _matching(args, seen)
    found = any_match(matching, values, keys)
    if found is None:
        return False
    if matching.kind == "matches":
        seen.captured = found
    elif matching.kind == "regex":
        # What its groups stand for is not known here; a rule that uses it cannot be tried.
        seen.captured = None
    return True


def _header(args: Arguments, seen: Circumstances) -> bool:
    values = [value for name in args.strings(-2, seen) for value in seen.message.values(name)]
    return _compare(args, seen, values, args.strings(-1, seen))


def _address(args: Arguments, seen: Circumstances) -> bool:
    values: list[str] = []
    wanted = _wanted_part(args)
    for name in args.strings(-2, seen):
        for value in seen.message.raw_values(name):
            addresses = addresses_of(value)
            if addresses:
                values.extend(found for address in addresses if (found := _part_of(address, wanted)) is not None)
            elif wanted == "all":
                # Pigeonhole compares what is no address as it stands.
                values.append(value)
    return _compare(args, seen, values, args.strings(-1, seen))


def _envelope(args: Arguments, seen: Circumstances) -> bool:
    wanted = _wanted_part(args)
    parts = {"from": seen.sender, "to": seen.recipient}
    values = []
    for name in args.strings(-2, seen):
        if name.lower() not in parts:
            raise CannotTry(f"la partie « {name[:40]} » de l’enveloppe")
        if (found := _part_of(parts[name.lower()].strip("<>"), wanted)) is not None:
            values.append(found)
    return _compare(args, seen, values, args.strings(-1, seen))


def _wanted_part(args: Arguments) -> str:
    return next((name for name in args.tags if name in _PARTS), "all")


def _part_of(address: str, wanted: str) -> str | None:
    """A part of an address, None when it has none (RFC 5228 2.7.4, RFC 5233)."""
    local, _, domain = address.rpartition("@")
    if wanted == "all":
        return address
    if wanted == "domain":
        return domain
    if wanted == "localpart":
        return local
    user, separator, detail = local.partition(_SEPARATOR)
    if wanted == "user":
        return user
    return detail if separator else None


def _exists(args: Arguments, seen: Circumstances) -> bool:
    return all(seen.message.raw_values(name) for name in args.strings(-1, seen))


def _size(args: Arguments, seen: Circumstances) -> bool:
    limit = args.rest[-1] if args.rest else None
    if not isinstance(limit, Number) or not args.tags.keys() & {"over", "under"}:
        raise CannotTry("une taille qui n’est pas un nombre")
    return seen.message.size > limit.value if "over" in args.tags else seen.message.size < limit.value


def _body(args: Arguments, seen: Circumstances) -> bool:
    keys = args.strings(-1, seen)
    if "raw" in args.tags:
        return _compare(args, seen, [seen.message.raw_body], keys)
    kinds = args.tagged("content", seen) if "content" in args.tags else ["text"]
    values = []
    for leaf in seen.message.parts:
        if any(_is_of_kind(leaf.kind, kind.lower()) for kind in kinds):
            text = leaf.text if leaf.kind.startswith("text/") else leaf.octets[:_MAX_BODY].decode("utf-8", "replace")
            values.append(text_of_html(text) if "content" not in args.tags and leaf.kind == "text/html" else text)
    return _compare(args, seen, values, keys)


_MAX_BODY = 500_000


def _is_of_kind(kind: str, wanted: str) -> bool:
    return not wanted or kind == wanted or ("/" not in wanted and kind.startswith(wanted + "/"))


def _date(args: Arguments, seen: Circumstances) -> bool:
    found = [value for name in args.strings(-3, seen) for value in seen.message.values(name)[:1]]
    values = [_date_part(args, seen, date) for value in found if (date := date_of(value)) is not None]
    return _compare(args, seen, values, args.strings(-1, seen))


def _current_date(args: Arguments, seen: Circumstances) -> bool:
    return _compare(args, seen, [_date_part(args, seen, seen.now)], args.strings(-1, seen))


def _date_part(args: Arguments, seen: Circumstances, date: datetime) -> str:
    name = next(iter(args.strings(-2, seen)), "").lower()
    wanted = next(iter(args.tagged("zone", seen)), "")
    if wanted:
        date = date.astimezone(zone(wanted))
    elif "originalzone" not in args.tags:
        date = date.astimezone(seen.now.tzinfo)
    return part(date, name)


def _has_flag(args: Arguments, seen: Circumstances) -> bool:
    flags: list[str] = list(seen.flags)
    if len(args.rest) > 1:
        flags = [flag for name in args.strings(-2, seen) for flag in seen.variables.get(name.lower(), "").split()]
    return _compare(args, seen, flags, [flag for key in args.strings(-1, seen) for flag in key.split() or [""]])


def _string(args: Arguments, seen: Circumstances) -> bool:
    return _compare(args, seen, args.strings(-2, seen), args.strings(-1, seen))


_TESTS: dict[str, Callable[[Arguments, Circumstances], bool]] = {
    "header": _header,
    "address": _address,
    "envelope": _envelope,
    "exists": _exists,
    "size": _size,
    "body": _body,
    "date": _date,
    "currentdate": _current_date,
    "hasflag": _has_flag,
    "string": _string,
}
