"""What the quick form can say, as Sieve, and back: a rule typed in goes the way of one that was read.

The window of the old webmail compares whole header lines, in which an address stands beside a name. A person who asks
for messages that come from an address means the address alone: such comparisons are written as tests of addresses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bascule.conversions.filters.source.grammar import SieveError, parse
from bascule.conversions.filters.source.syntax import Argument, Command, Number, Strings, Tag, Test
from bascule.conversions.filters.source.writing import script_of


class Field(StrEnum):
    """What a condition looks at. The value names the header where it is one."""

    FROM = "From"
    TO = "To"
    CC = "Cc"
    TO_CC = "To, Cc"
    SUBJECT = "Subject"
    SENDER = "Sender"
    SIZE = "size"
    BODY = "body"
    OTHER = "other"


class Operator(StrEnum):
    CONTAINS = "contains"
    CONTAINS_NOT = "contains_not"
    IS = "is"
    IS_NOT = "is_not"
    BEGINS = "begins"
    ENDS = "ends"
    MATCHES = "matches"
    EXISTS = "exists"
    EXISTS_NOT = "exists_not"
    OVER = "over"
    UNDER = "under"


class Join(StrEnum):
    ALL = "all"
    ANY = "any"
    ALWAYS = "always"


OF_SIZE = frozenset({Operator.OVER, Operator.UNDER})
WITHOUT_VALUE = frozenset({Operator.EXISTS, Operator.EXISTS_NOT})
OF_BODY = frozenset({Operator.CONTAINS, Operator.CONTAINS_NOT})
ADDRESSES = frozenset({Field.FROM, Field.TO, Field.CC, Field.TO_CC, Field.SENDER})


@dataclass(frozen=True, slots=True)
class Condition:
    """header: the name, for Field.OTHER. values: of a text any one will do; a size is one, as Sieve writes it (10M)."""

    field: Field
    operator: Operator
    values: tuple[str, ...] = ()
    header: str = ""

    @property
    def headers(self) -> tuple[str, ...]:
        return (self.header,) if self.field is Field.OTHER else tuple(self.field.value.split(", "))


@dataclass(frozen=True, slots=True)
class FormRule:
    """What the form says. folder, reject, forward: "" when not asked for; tag: one word."""

    join: Join = Join.ALL
    conditions: tuple[Condition, ...] = ()
    folder: str = ""
    keep: bool = False
    discard: bool = False
    read: bool = False
    flagged: bool = False
    tag: str = ""
    reject: str = ""
    forward: str = ""
    stop: bool = False


# ------------------------------------------------------------------------------------------------------- to Sieve


def sieve_of(rule: FormRule) -> str:
    """A script of one command or, for a rule for every message, of its actions alone."""
    actions = tuple(_actions(rule))
    if rule.join is Join.ALWAYS or not rule.conditions:
        return script_of(actions)
    tests = tuple(_test(condition) for condition in rule.conditions)
    whole = tests[0] if len(tests) == 1 else Test("allof" if rule.join is Join.ALL else "anyof", tests=tests)
    return script_of((Command("if", tests=(whole,), block=actions),))


def _actions(rule: FormRule) -> list[Command]:
    flags = [flag for flag, wanted in (("\\Seen", rule.read), ("\\Flagged", rule.flagged)) if wanted]
    if rule.tag:
        flags.append(rule.tag)
    # Flags first: they are given to what the later actions store.
    found = [Command("addflag", (_strings(flags),))] if flags else []
    for name, value in (("reject", rule.reject), ("fileinto", rule.folder), ("redirect", rule.forward)):
        if value:
            found.append(Command(name, (_strings([value]),)))
    for name, wanted in (("keep", rule.keep), ("discard", rule.discard), ("stop", rule.stop)):
        if wanted:
            found.append(Command(name))
    return found


def _test(condition: Condition) -> Test:
    operator, headers = condition.operator, _strings(condition.headers)
    if condition.field is Field.SIZE:
        [value] = condition.values
        return Test("size", (Tag(operator.value), Number(_octets(value), value)))
    if operator in WITHOUT_VALUE:
        # `exists` asks for all of its headers: of two, one will do.
        several = len(condition.headers) > 1
        test = Test("header", (Tag("matches"), headers, _strings(["*"]))) if several else Test("exists", (headers,))
        return Test("not", tests=(test,)) if operator is Operator.EXISTS_NOT else test
    tag, values = _comparison(operator, condition.values)
    if condition.field is Field.BODY:
        test = Test("body", (Tag(tag), _strings(values)))
    elif _looks_at_address(condition):
        test = Test("address", (Tag("all"), Tag(tag), headers, _strings(values)))
    else:
        test = Test("header", (Tag(tag), headers, _strings(values)))
    negative = operator in {Operator.CONTAINS_NOT, Operator.IS_NOT}
    return Test("not", tests=(test,)) if negative else test


def _looks_at_address(condition: Condition) -> bool:
    if condition.field not in ADDRESSES:
        return False
    if condition.operator is Operator.ENDS:
        return True
    exact = condition.operator in {Operator.IS, Operator.IS_NOT, Operator.BEGINS}
    return exact and all("@" in value for value in condition.values)


def _comparison(operator: Operator, values: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    if operator is Operator.BEGINS:
        return "matches", tuple(f"{_literal(value)}*" for value in values)
    if operator is Operator.ENDS:
        return "matches", tuple(f"*{_literal(value)}" for value in values)
    tags = {
        Operator.CONTAINS: "contains",
        Operator.CONTAINS_NOT: "contains",
        Operator.IS: "is",
        Operator.IS_NOT: "is",
        Operator.MATCHES: "matches",
    }
    return tags[operator], tuple(values)


def _literal(text: str) -> str:
    """As a pattern that only `text` matches."""
    return re.sub(r"([\\*?])", r"\\\1", text)


def _strings(values: Sequence[str]) -> Strings:
    return Strings(tuple(values), is_list=len(values) > 1)


_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3}
_SIZE = re.compile(r"(\d+)([KMG]?)")


def _octets(text: str) -> int:
    found = _SIZE.fullmatch(text)
    assert found, text
    return int(found[1]) * _UNITS[found[2]]


# ----------------------------------------------------------------------------------------------------- from Sieve


class _Beyond(Exception):
    """The rule says more than the form can."""


def form_of(text: str) -> FormRule | None:
    """The form that says exactly what `text` does; None when there is none."""
    try:
        commands = [command for command in parse(text).commands if command.name != "require"]
        return _rule(commands)
    except (SieveError, _Beyond):
        return None


def _rule(commands: Sequence[Command]) -> FormRule:
    if len(commands) == 1 and commands[0].name == "if":
        [test], block = commands[0].tests, commands[0].block or ()
        if test.name == "true":
            return _with_actions(Join.ALWAYS, (), block)
        several = test.name in {"allof", "anyof"}
        tests = test.tests if several else (test,)
        if not tests:
            raise _Beyond
        join = Join.ANY if test.name == "anyof" and len(tests) > 1 else Join.ALL
        return _with_actions(join, tuple(_condition(one) for one in tests), block)
    return _with_actions(Join.ALWAYS, (), commands)


def _with_actions(join: Join, conditions: tuple[Condition, ...], block: Sequence[Command]) -> FormRule:
    said: dict[str, str | bool] = {}
    stored = False
    for command in block:
        if "stop" in said or command.tests or command.block is not None:
            raise _Beyond
        name = {"fileinto": "folder", "redirect": "forward"}.get(command.name, command.name)
        if name == "addflag":
            if stored:
                raise _Beyond
            for flag in _only_strings(command.args):
                said |= _flag(flag, said)
            continue
        if name in said:
            raise _Beyond
        if name in {"folder", "reject", "forward"}:
            [value] = _only_strings(command.args, most=1)
            # A text of several lines ends with the end of its last line.
            said[name] = _shown(value.rstrip("\r\n"), lines=True) if name == "reject" else _shown(value)
        elif name in {"keep", "discard", "stop"} and not command.args:
            said[name] = True
        else:
            raise _Beyond
        stored = stored or name in {"folder", "keep"}
    if not said or (said.get("discard") and said.keys() & {"folder", "keep", "reject"}):
        raise _Beyond
    return FormRule(join=join, conditions=conditions, **said)  # type: ignore[arg-type]  # keys and types as above


def _flag(flag: str, said: dict[str, str | bool]) -> dict[str, str | bool]:
    known = {"\\seen": "read", "\\flagged": "flagged"}.get(flag.lower())
    if known:
        return {known: True}
    if flag.startswith("\\") or "tag" in said or " " in flag:
        raise _Beyond
    return {"tag": _shown(flag)}


def _condition(test: Test) -> Condition:
    negative = test.name == "not"
    if negative:
        test = test.tests[0] if test.tests else test
    if test.name == "size" and not negative:
        return _size(test)
    if test.name == "exists":
        headers = _only_strings(test.args, most=1)
        return _of_headers(headers, Operator.EXISTS_NOT if negative else Operator.EXISTS, ())
    tags, lists = _apart(test.args)
    # What a test that names no comparison does, and comparing without regard to capitals, is what all do by default.
    compared = tags.difference({"all", "text", "comparator"}) or {"is"}
    if len(compared) > 1 or ("comparator" in tags and lists.pop(0) != ("i;ascii-casemap",)):
        raise _Beyond
    [tag] = compared
    if test.name == "body" and tag == "contains" and len(lists) == 1 and "all" not in tags:
        operator = Operator.CONTAINS_NOT if negative else Operator.CONTAINS
        return Condition(Field.BODY, operator, _values(lists[0]))
    if test.name not in {"header", "address"} or len(lists) != 2 or "text" in tags:
        raise _Beyond
    headers, patterns = lists
    if test.name == "header" and "all" in tags:
        raise _Beyond
    if tag == "matches" and test.name == "header" and patterns == ("*",):
        return _of_headers(headers, Operator.EXISTS_NOT if negative else Operator.EXISTS, ())
    operator, values = _compared(tag, patterns, negative=negative)
    return _faithful(headers, operator, _values(values), is_address=test.name == "address")


def _faithful(headers: tuple[str, ...], operator: Operator, values: tuple[str, ...], *, is_address: bool) -> Condition:
    """The condition that `_test` writes as the same kind of test: header and address are not one and the same."""
    found = _of_headers(headers, operator, values)
    if _looks_at_address(found) == is_address:
        return found
    if is_address or len(headers) > 1:
        raise _Beyond
    return Condition(Field.OTHER, operator, values, headers[0])


def _of_headers(headers: tuple[str, ...], operator: Operator, values: tuple[str, ...]) -> Condition:
    names = tuple(header.lower() for header in headers)
    for field in Field:
        if field not in {Field.SIZE, Field.BODY, Field.OTHER} and names in _orders(field):
            return Condition(field, operator, values)
    if len(headers) != 1 or not _HEADER.fullmatch(headers[0]):
        raise _Beyond
    return Condition(Field.OTHER, operator, values, headers[0])


def _orders(field: Field) -> tuple[tuple[str, ...], ...]:
    names = tuple(field.value.lower().split(", "))
    return (names, names[::-1])


_HEADER = re.compile(r"[!-9;-~]+")


def _compared(tag: str, patterns: tuple[str, ...], *, negative: bool) -> tuple[Operator, tuple[str, ...]]:
    if tag == "contains":
        return Operator.CONTAINS_NOT if negative else Operator.CONTAINS, patterns
    if tag == "is":
        return Operator.IS_NOT if negative else Operator.IS, patterns
    if tag != "matches" or negative:
        raise _Beyond
    for operator, shape in ((Operator.BEGINS, _BEGINS), (Operator.ENDS, _ENDS)):
        found = [shape.fullmatch(pattern) for pattern in patterns]
        if all(found):
            return operator, tuple(re.sub(r"\\(.)", r"\1", one[1]) for one in found if one)
    return Operator.MATCHES, patterns


_PLAIN = r"((?:[^\\*?]|\\.)+)"
_BEGINS = re.compile(_PLAIN + r"\*", re.DOTALL)
_ENDS = re.compile(r"\*" + _PLAIN, re.DOTALL)


def _size(test: Test) -> Condition:
    match test.args:
        case (Tag(name), Number(_, text)) if name in {"over", "under"} and _SIZE.fullmatch(text.upper()):
            return Condition(Field.SIZE, Operator(name), (text.upper(),))
    raise _Beyond


def _apart(args: Sequence[Argument]) -> tuple[set[str], list[tuple[str, ...]]]:
    tags = {argument.name for argument in args if isinstance(argument, Tag)}
    lists = [argument.values for argument in args if isinstance(argument, Strings)]
    if len(tags) + len(lists) != len(args):
        raise _Beyond
    return tags, lists


def _only_strings(args: Sequence[Argument], *, most: int = 0) -> tuple[str, ...]:
    if len(args) != 1 or not isinstance(args[0], Strings) or not args[0].values:
        raise _Beyond
    values = args[0].values
    if most and len(values) > most:
        raise _Beyond
    return values


def _values(values: tuple[str, ...]) -> tuple[str, ...]:
    """Those that a line of the form can show: a semicolon stands between two of them there."""
    if not values or any(SEPARATOR in value for value in values):
        raise _Beyond
    return tuple(_shown(value) for value in values)


def _shown(value: str, *, lines: bool = False) -> str:
    """A text that a field of the form gives back as it is; lines: a field that takes several."""
    plain = value.replace("\n", "") if lines else value
    if not value or value != value.strip() or any(ord(letter) < 32 for letter in plain):
        raise _Beyond
    return value


SEPARATOR = ";"
