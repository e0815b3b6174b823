"""What a message has to be like for a rule to apply, from the tests of a Zimbra rule or of a rule of the old server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product

from bascule.conversions.filters.source.syntax import Command, Number, Strings, Tag, Test
from zimbra.types import filter_tests as zimbra_tests
from zimbra.types.elements import Other
from zimbra.types.filters import RuleBody

# Ways to fulfil a rule that are tried at most.
MOST_WAYS = 200

_KINDS = frozenset({"is", "contains", "matches", "regex", "value", "count"})
_PARTS = frozenset({"localpart", "domain", "user", "detail"})
_WITH_VALUE = frozenset({"comparator", "value", "count", "zone", "content", "index"})


@dataclass(frozen=True, slots=True)
class Wish:
    """what: header, address, envelope, exists, size, date, body, or the name of a trait. holds: whether it has to be.

    comparison: is, contains, matches, regex, value, count, over, under, before, after. relation: of value and count.
    """

    what: str
    holds: bool = True
    names: tuple[str, ...] = ()
    value: str = ""
    comparison: str = "is"
    part: str = ""
    relation: str = ""
    number: int = 0


Way = tuple[Wish, ...]


def ways_of_rule(body: RuleBody) -> Iterator[Way]:
    """Each a set of wishes that together make the rule, and the one within it, apply. Some cannot be had together."""
    wishes = [_of_zimbra(test) for test in body.tests]
    own: list[Way] = [(wish,) for wish in wishes] if body.condition == "anyof" and wishes else [tuple(wishes)]
    inner = list(islice(ways_of_rule(body.nested), MOST_WAYS)) if body.nested is not None else [()]
    for outer, nested in islice(product(own, inner), MOST_WAYS):
        yield (*outer, *nested)


def ways_of_script(commands: Sequence[Command], before: Way = ()) -> Iterator[Way]:
    """Each makes one branch of a script of the old server apply."""
    earlier: list[Test] = []
    for command in commands:
        if command.name in ("if", "disabled_if"):
            earlier = []
        if command.name not in ("if", "disabled_if", "elsif", "else"):
            if command.name != "require":
                yield before
            continue
        missed: list[Way] = [()]
        for test in earlier:
            missed = [(*one, *two) for one, two in islice(product(missed, ways_of_test(test, False)), MOST_WAYS)]
        held = ways_of_test(command.tests[0], True) if command.tests else [()]
        for one, two in islice(product(held, missed), MOST_WAYS):
            yield from ways_of_script(command.block or (), (*before, *one, *two))
        earlier += command.tests


def ways_of_test(test: Test, holds: bool) -> list[Way]:
    if test.name == "not" and test.tests:
        return ways_of_test(test.tests[0], not holds)
    if test.name in ("true", "false"):
        return [()] if (test.name == "true") == holds else []
    if test.name not in ("allof", "anyof"):
        return [(wish,) for wish in _of_old(test, holds)]
    inner = [ways_of_test(one, holds) for one in test.tests]
    if (test.name == "anyof") == holds:
        return [way for ways in inner for way in ways][:MOST_WAYS]
    found: list[Way] = [()]
    for ways in inner:
        found = [(*one, *two) for one, two in islice(product(found, ways), MOST_WAYS)]
    return found


def _of_zimbra(test: zimbra_tests.Test | Other) -> Wish:
    if isinstance(test, Other):
        return Wish("unknown")
    holds = not test.negative
    match test:
        case zimbra_tests.BodyTest():
            return Wish("body", holds, value=test.value, comparison="contains")
        case zimbra_tests.HeaderExistsTest():
            return Wish("exists", holds, (test.header,))
        case zimbra_tests.SizeTest():
            digits = test.size.rstrip("KMGkmg")
            unit = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}.get(test.size[len(digits) :].upper(), 1)
            number = int(digits) * unit if digits.isascii() and digits.isdigit() and len(digits) < 18 else 0
            return Wish("size", holds, comparison=test.comparison, number=number)
        case zimbra_tests.DateTest():
            return Wish("date", holds, comparison=test.comparison, number=test.seconds)
        case zimbra_tests.ImportanceTest():
            return Wish("importance", holds, value=test.importance.lower())
        case zimbra_tests.MeTest():
            return Wish("me", holds, tuple(name.strip() for name in test.header.split(",")))
    if isinstance(test, zimbra_tests.HeaderTest | zimbra_tests.MimeHeaderTest | zimbra_tests.AddressTest):
        return _compared(test, holds)
    return Wish(type(test).__name__, holds)


def _compared(
    test: zimbra_tests.HeaderTest | zimbra_tests.MimeHeaderTest | zimbra_tests.AddressTest, holds: bool
) -> Wish:
    what, part = "header", ""
    if isinstance(test, zimbra_tests.AddressTest):
        what = "envelope" if isinstance(test, zimbra_tests.EnvelopeTest) else "address"
        part = "" if test.part == "all" else test.part
    comparison, relation = test.comparison, ""
    if not comparison and not isinstance(test, zimbra_tests.MimeHeaderTest):
        comparison = "value" if test.value_comparison else "count"
        relation = test.value_comparison or test.count_comparison
    names = tuple(name.strip() for name in test.header.split(",") if name.strip())
    return Wish(what, holds, names, test.value, comparison, part, relation)


def _of_old(test: Test, holds: bool) -> list[Wish]:
    """One for each value that would do; when it must not hold, one that stands for all."""
    tags: dict[str, str] = {}
    rest: list[tuple[str, ...]] = []
    number, awaiting = 0, ""
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
    part = next((tag for tag in tags if tag in _PARTS), "")
    names = rest[-2] if len(rest) > 1 else ()
    keys = rest[-1] if rest else ()
    if test.name == "size":
        return [Wish("size", holds, comparison="over" if "over" in tags else "under", number=number)]
    if test.name == "exists":
        return [Wish("exists", holds, keys)] if holds else [Wish("exists", False, (name,)) for name in keys]
    if test.name == "date" and len(rest) > 2:
        names = rest[-3] if rest[-2][:1] == ("date",) else ()
        return [Wish("day", holds, names, key, kind, relation=tags.get(kind, "").lower()) for key in keys]
    if test.name not in ("header", "address", "envelope", "body"):
        return [Wish(test.name, holds)]
    relation = tags.get(kind, "").lower() if kind in ("value", "count") else ""
    return [Wish(test.name, holds, names, key, kind, part, relation) for key in (keys if holds else keys[:1])]
