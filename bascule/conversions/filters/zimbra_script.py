"""Filter rules as the Sieve script that a Zimbra server holds for them: for a file to keep, and to compare with.

The form is that of Zimbra's own writer (class SoapToSieve): one `require` of everything, then for each rule a line
`# name`, which is how the server finds names again, and `if`, or `disabled_if` for a rule that is off. Only the tests
and actions that the conversion makes are known here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from zimbra.types.elements import Other
from zimbra.types.filter_actions import Action, Discard, FileInto, Flag, Keep, Reject, Stop, Tag
from zimbra.types.filter_tests import (
    AddressTest,
    BodyTest,
    CurrentDayOfWeekTest,
    CurrentTimeTest,
    DateTest,
    EnvelopeTest,
    HeaderExistsTest,
    HeaderTest,
    SizeTest,
    Test,
    TrueTest,
)
from zimbra.types.filters import FilterRule, RuleBody

_REQUIRE = (
    'require ["fileinto", "copy", "reject", "tag", "flag", "variables", "log", "enotify", "envelope", "body", '
    '"ereject", "reject", "relational", "comparator-i;ascii-numeric"];\n'
)
_INDENT = "    "
_LINE_STARTS_WITH_DOT = re.compile(r"(\A|\n)\.")
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]+")


def zimbra_script(rules: Iterable[FilterRule], *, zone: str) -> str:
    """The script of `rules`, in their order. zone: of the account (`Indian/Reunion`), for the days in date tests.

    TypeError: a test or action that the conversion never makes.
    """
    known = ZoneInfo(zone)
    return _REQUIRE + "".join("\n" + _rule(rule, known) for rule in rules)


def _rule(rule: FilterRule, zone: ZoneInfo) -> str:
    start = f"# {rule.name}\n"
    if not rule.tests:
        return start + _actions(rule, "")
    word = "if" if rule.active else "disabled_if"
    return f"{start}{word} {_block(rule, '', zone)}"


def _block(body: RuleBody, indent: str, zone: ZoneInfo) -> str:
    """What follows `if`, down to the closing brace and its line end."""
    below = indent + _INDENT
    tests = f",\n  {indent}".join(_test(one, zone) for one in body.tests)
    nested = "" if body.nested is None else f"{below}if {_block(body.nested, below, zone)}"
    return f"{body.condition} ({tests}) {{\n{_actions(body, below)}{nested}{indent}}}\n"


def _actions(body: RuleBody, indent: str) -> str:
    return "".join(f"{indent}{_action(one)};\n" for one in body.actions)


def _test(test: Test | Other, zone: ZoneInfo) -> str:
    if isinstance(test, DateTest):
        # Zimbra compares whole days, those of the account.
        text = f'date :{test.comparison} "{datetime.fromtimestamp(test.seconds, zone):%Y%m%d}"'
    else:
        text = _writer(_TESTS, test)(test)
    return f"not {text}" if isinstance(test, Test) and test.negative else text


def _action(action: Action | Other) -> str:
    return _writer(_ACTIONS, action)(action)


def _writer(known: dict[type, Callable[[Any], str]], part: object) -> Callable[[Any], str]:
    try:
        return known[type(part)]
    except KeyError:
        raise TypeError(type(part).__name__) from None


def _header(test: HeaderTest) -> str:
    names = _several(test.header)
    if test.comparison:
        octets = ':comparator "i;octet" ' if test.case_sensitive else ""
        return f"header :{test.comparison} {octets}{names} {_quoted(test.value)}"
    return f"header {_relation(test, '')} {names} {_quoted(test.value)}"


def _address(test: AddressTest) -> str:
    word = "envelope" if isinstance(test, EnvelopeTest) else "address"
    names = _several(test.header)
    if test.comparison:
        comparator = "i;octet" if test.case_sensitive else "i;ascii-casemap"
        return f'{word} :{test.part} :{test.comparison} :comparator "{comparator}" {names} {_quoted(test.value)}'
    return f"{word} {_relation(test, f':{test.part} ')} {names} {_quoted(test.value)}"


def _relation(test: HeaderTest | AddressTest, part: str) -> str:
    if test.count_comparison:
        return f':count "{test.count_comparison}" {part}:comparator "i;ascii-numeric"'
    comparator = test.comparator
    if not comparator:
        letters = "i;octet" if test.case_sensitive else "i;ascii-casemap"
        comparator = "i;ascii-numeric" if _WHOLE_NUMBER.fullmatch(test.value) else letters
    return f':value "{test.value_comparison}" {part}:comparator "{comparator}"'


def _body(test: BodyTest) -> str:
    octets = ':comparator "i;octet" ' if test.case_sensitive else ""
    return f"body :contains {octets}{_quoted(test.value)}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _several(names: str) -> str:
    """A list of what stands between commas."""
    return "[" + ",".join(map(_quoted, names.split(","))) + "]"


def _text(text: str) -> str:
    """A text of several lines: a dot that begins a line is doubled, one alone ends it (RFC 5228, 2.4.2)."""
    return "text:\r\n" + _LINE_STARTS_WITH_DOT.sub(r"\1..", text) + "\r\n.\r\n"


_TESTS: dict[type, Callable[[Any], str]] = {
    HeaderTest: _header,
    AddressTest: _address,
    EnvelopeTest: _address,
    HeaderExistsTest: lambda test: f"exists {_quoted(test.header)}",
    SizeTest: lambda test: f"size :{test.comparison} {test.size}",
    CurrentTimeTest: lambda test: f'current_time :{test.comparison} "{test.time}"',
    CurrentDayOfWeekTest: lambda test: f"current_day_of_week :is {_several(test.days)}",
    BodyTest: _body,
    TrueTest: lambda test: "true",
}
_ACTIONS: dict[type, Callable[[Any], str]] = {
    Keep: lambda action: "keep",
    Discard: lambda action: "discard",
    Stop: lambda action: "stop",
    FileInto: lambda action: f"fileinto {':copy ' if action.copy else ''}{_quoted(action.folder)}",
    Flag: lambda action: f'flag "{action.flag}"',
    Tag: lambda action: f"tag {_quoted(action.tag)}",
    Reject: lambda action: f"reject {_text(action.content)}",
}
