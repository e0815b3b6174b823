"""A script taken apart into rules, also one that is damaged in places.

A rule begins at a rule comment of Convergence, else at each `if` of the top level, with the comments just before it;
actions outside of any `if` that follow one another are a rule of their own. Behind something that cannot be read,
reading goes on at the next rule comment or at the next line that begins with `if` or `require`. Where that line turns
out to have been inside a block, all that was read since is taken for damaged as well: nothing that the old server
did under a condition may come out without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from bascule.conversions.filters.source.grammar import SieveError, parse_part
from bascule.conversions.filters.source.rule_comments import is_rule_comment
from bascule.conversions.filters.source.syntax import Command, Comment, Strings

_MAX_NAME = 100
# Each damaged place costs a look at the rest of the text.
_MAX_DAMAGED = 500
# Commands that are read before their rules are counted.
_AT_ONCE = 1_000
_RESUME = re.compile(
    r"^(?:(?:if|disabled_if|require)\b|[ \t]*(?P<comment>#[ \t]*\$?RULE(?:[ \t]*INFO)?[ \t]*:(?![ \t]*\[)))",
    re.MULTILINE | re.IGNORECASE,
)
_CONTINUES = re.compile(r"els(?:e|if)\b", re.IGNORECASE)
_SIGN_OF_SIEVE = re.compile(
    r"\b(?:require|fileinto|discard|redirect|keep|stop|reject|ereject|vacation|notify|jettison|(?:add|set|remove)flag"
    r"|header|address|envelope|size|exists|body|true|false|set)\b\s*+[\"\[{(;:“«]|\b(?:if|elsif|allof|anyof|not)\s*+"
    r"(?:\(|not\b|allof\b|anyof\b|header\b|address\b|envelope\b|size\b|exists\b|true\b|false\b|body\b)",
    re.IGNORECASE,
)
_ROUNDCUBE = re.compile(r"\s*rule:\[(.*)\]\s*")
_CODE = re.compile(r".*[;{}]\s*$|\s*(?:els)?if\s*(?:[\w(]+\s*[:(\"]|not\b)", re.IGNORECASE)
# What changes the meaning of strings wherever it was asked for in a script: each of its rules has to ask for it.
_ABOUT_STRINGS = ("variables", "encoded-character")


@dataclass(frozen=True, slots=True)
class Piece:
    """A rule, or what is none. text: verbatim. line: where it begins. disabled: by `disabled_if`.

    broken: it cannot be read. ignored: "" for a rule, else what it is instead: "text" (no Sieve at all), "empty" (a
    comment without a rule).
    """

    text: str
    line: int
    name: str = ""
    disabled: bool = False
    broken: bool = False
    ignored: str = ""


@dataclass(slots=True)
class _Item:
    """A command of the top level, or (without one) what could not be read. closed: with the "}" of its block."""

    start: int
    end: int
    command: Command | None = None
    closed: bool = False

    @property
    def name(self) -> str:
        return self.command.name if self.command else ""


@dataclass(slots=True)
class _Group:
    start: int
    name: str = ""
    described: bool = False
    items: list[_Item] = field(default_factory=list)


def first_error(text: str) -> SieveError | None:
    """What keeps the text from being read, None when nothing does."""
    return parse_part(text).error


def rule_comments(text: str) -> int:
    """How many rule comments stand outside of the commands."""
    items, comments = _outline(text, _MAX_DAMAGED)
    return sum(is_rule_comment(comment.text) for comment in _outside(comments, items))


def pieces_of(text: str, limit: int) -> list[Piece]:
    """The first `limit` rules of a script, in the order of the text."""
    items, comments = _outline(text, _MAX_DAMAGED, limit)
    outside = _outside(comments, items)
    asked = {
        value
        for item in items
        if item.command and item.name == "require"
        for argument in item.command.args
        if isinstance(argument, Strings)
        for value in argument.values
    }
    return [_piece(text, group, asked) for group in islice(_groups(text, items, outside), limit)]


# ------------------------------------------------------------------------------------------------- commands, damage


def _outline(text: str, limit: int, rules: int | None = None) -> tuple[list[_Item], list[Comment]]:
    """The top level of a text in its order, without gaps that hold anything but comments and blanks.

    limit: places that may be damaged. rules: how many are enough; what comes behind them is not read.
    """
    items: list[_Item] = []
    comments: list[Comment] = []
    position = damaged = 0
    most = None if rules is None else _AT_ONCE
    while True:
        script, error, failed, whole = parse_part(text, position, most)
        items.extend(_Item(command.start, command.end, command) for command in script.commands)
        comments.extend(script.comments)
        if error is None and whole:
            break
        if error is None:
            if sum(1 for _ in _groups(text, items, _outside(comments, items))) > (rules or 0):
                break
            # Twice as many each time: counting stays cheap beside reading, however long the text.
            position, most = failed, len(items)
            continue
        start = _merged(text, items, comments, failed)
        position = _resumed(text, failed) if damaged < limit else len(text)
        items.append(_Item(start, position, closed=text.startswith("}", failed)))
        damaged += 1
        if position >= len(text):
            break
    return items, comments


def _merged(text: str, items: list[_Item], comments: list[Comment], failed: int) -> int:
    """Where the damage begins that shows at `failed`; items that belong to it are taken away from `items`."""
    start = failed
    if _CONTINUES.match(text, failed):
        while items and items[-1].name in ("elsif", "else"):
            items.pop()
        if items and items[-1].name in ("if", "disabled_if"):
            start = items.pop().start
    elif text[failed : failed + 1] == "}":
        rule = max((c.start for c in comments if is_rule_comment(c.text)), default=0)
        since = [place for place, item in enumerate(items) if item.start >= rule]
        if since and items[-1].command is None:
            return items.pop().start
        broken = [place for place in since if items[place].command is None and not items[place].closed]
        conditions = [place for place in since if items[place].name in ("if", "disabled_if")]
        if broken or conditions:
            first = broken[0] if broken else conditions[-1]
            start = items[first].start
            del items[first:]
    return start


def _resumed(text: str, failed: int) -> int:
    """The next place behind `failed` where a rule may begin; comment lines just before an `if` belong to it."""
    found = _RESUME.search(text, failed + 1)
    if found is None:
        return len(text)
    position = found.start()
    while not found["comment"] and (before := text.rfind("\n", 0, max(position - 1, 0)) + 1) > failed:
        if not text[before:position].lstrip().startswith("#"):
            break
        position = before
    return position


def _outside(comments: list[Comment], items: list[_Item]) -> list[Comment]:
    """The comments that stand in no command."""
    outside = []
    spans = iter(items)
    item = next(spans, None)
    for comment in comments:
        while item is not None and item.end <= comment.start:
            item = next(spans, None)
        if item is None or comment.start < item.start:
            outside.append(comment)
    return outside


# --------------------------------------------------------------------------------------------------------- grouping


def _groups(text: str, items: list[_Item], comments: list[Comment]) -> Iterator[_Group]:
    group: _Group | None = None
    lead: list[Comment] = []
    events: list[_Item | Comment] = sorted([*items, *comments], key=lambda event: event.start)
    for event in events:
        if isinstance(event, Comment):
            if is_rule_comment(event.text):
                if group is not None:
                    yield group
                group, lead = _Group(event.start, described=True), []
            elif not text[text.rfind("\n", 0, event.start) + 1 : event.start].strip():
                lead.append(event)
            continue
        if event.command is None and not _SIGN_OF_SIEVE.search(text, event.start, event.end):
            yield _Group(event.start, items=[event])
            lead = []
            continue
        if event.name == "require" and (group is None or any(item.name != "require" for item in group.items)):
            # The one of a further rule that had no comment of its own.
            if group is not None:
                yield group
            group = None
            lead = lead if lead and "\n\n" not in text[lead[-1].end : event.start] else []
            continue
        if not _belongs(event, group):
            if group is not None:
                yield group
            start = lead[0].start if lead else event.start
            group = _Group(start, _name(text, lead))
        assert group is not None
        if not group.items and not group.name:
            group.name = _name(text, lead)
        group.items.append(event)
        lead = []
    if group is not None:
        yield group


def _belongs(item: _Item, group: _Group | None) -> bool:
    if group is None:
        return False
    if group.described or item.name in ("elsif", "else"):
        return True
    if item.command is None or item.name in ("if", "disabled_if"):
        return False
    last = group.items[-1]
    return last.command is not None and last.name not in ("if", "disabled_if", "elsif", "else")


def _name(text: str, comments: list[Comment]) -> str:
    """What an ordinary comment calls the rule: the first line of the last block of them, unless it is Sieve."""
    block: list[Comment] = []
    for comment in comments:
        if block and text[block[-1].end : comment.start].count("\n") > 1:
            block = []
        block.append(comment)
    for comment in block:
        if found := _ROUNDCUBE.fullmatch(comment.text):
            return found[1].strip()[:_MAX_NAME]
    for comment in block:
        name = " ".join(comment.text.strip(" \t\n#*=-_~").split())
        if name and not _CODE.match(comment.text):
            return name[:_MAX_NAME]
    return ""


def _piece(text: str, group: _Group, asked: set[str]) -> Piece:
    line = 1 + text.count("\n", 0, group.start)
    body = [item for item in group.items if item.name != "require"]
    if not body:
        stop = text.find("\n", group.start)
        return Piece(text[group.start : stop if stop >= 0 else len(text)], line, ignored="empty")
    end = group.items[-1].end
    if body[0].command is None and not group.described and not _SIGN_OF_SIEVE.search(text, body[0].start, end):
        return Piece(text[group.start : end].strip(), line, ignored="text")
    stop = text.find("\n", end)
    rest = text[end : stop if stop >= 0 else len(text)]
    if body[-1].command is not None and rest.lstrip().startswith("#"):
        end += len(rest)
    own = text[group.start : end].strip()
    missing = [name for name in _ABOUT_STRINGS if name in asked and f'"{name}"' not in own]
    if missing and "${" in own:
        own = "".join(f'require "{name}";\n' for name in missing) + own
    conditions = [item.name for item in body]
    disabled = conditions[0] == "disabled_if" and {*conditions} <= {"disabled_if", "elsif", "else"}
    return Piece(own, line, group.name, disabled, any(item.command is None for item in body))
