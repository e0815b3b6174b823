"""Rules read from a script, as Zimbra shows them; what no rule can say is passed over in silence.

An "if" (or "disabled_if", "elsif") at the top is a rule, one inside it the rule below; actions that stand outside are
a rule without tests, together with those that follow them.
"""

from __future__ import annotations

import re
from datetime import datetime, tzinfo

from zimbra.simulator.fault import parse_error
from zimbra.simulator.formats.sieve import rules
from zimbra.simulator.formats.sieve.grammar import (
    Argument,
    Command,
    Number,
    SieveSyntaxError,
    Strings,
    Tag,
    Test,
    parse,
)
from zimbra.simulator.formats.sieve.rules import OCTET, Block, Piece, Rule, Variables

_BLOCKS = ("if", "disabled_if", "elsif")
_PLAIN_TESTS = {word: name for name, word in rules.PLAIN_TESTS.items()}
_PLAIN_ACTIONS = {word: name for name, word in rules.PLAIN_ACTIONS.items()}
_COMPARATORS = (rules.NUMERIC, rules.CASEMAP, rules.OCTET)


def read(script: str, zone: tzinfo, *, admin: bool = False) -> list[Rule]:
    """The rules of a script; service.PARSE_ERROR. `zone`: of the dates in it."""
    try:
        commands = parse(script)
    except SieveSyntaxError as error:
        raise parse_error(f"parsing Sieve script: {error}") from None
    return from_commands(commands, rules.names(script), zone, admin=admin)


def from_commands(commands: list[Command], names: list[str], zone: tzinfo, *, admin: bool = False) -> list[Rule]:
    return _Reader(names, zone, admin).read(commands)


def _values(args: list[Argument], at: int) -> list[str]:
    """The strings of one argument; service.PARSE_ERROR when it is missing or something else."""
    if not 0 <= at < len(args):
        raise parse_error("Sieve argument missing")
    argument = args[at]
    return list(argument.values) if isinstance(argument, Strings) else [_word(argument)]


def _word(argument: Argument) -> str:
    return argument.name if isinstance(argument, Tag) else argument.text if isinstance(argument, Number) else ""


def _value(args: list[Argument], at: int) -> str:
    return _values(args, at)[0]


def _tag(args: list[Argument], at: int) -> str:
    """The tag at a place without its colon; "" when something else is there."""
    argument = args[at] if at < len(args) else None
    return argument.name[1:] if isinstance(argument, Tag) else ""


class _Reader:
    """`_current` is the block that tests and actions go to: inside an "if" that of the last "if" that was begun, as in
    Zimbra, even when it has ended since."""

    def __init__(self, names: list[str], zone: tzinfo, admin: bool) -> None:
        self._names = names
        self._zone = zone
        self._admin = admin
        self._rules: list[Rule] = []
        self._current: Block | None = None
        # Variables set since: those outside of any "if" go to the next rule, the others are actions.
        self._outside: Variables = []
        self._inside: Variables = []

    def read(self, commands: list[Command], *, top: bool = True) -> list[Rule]:
        for command in commands:
            if command.name in _BLOCKS:
                self._block(command, top=top)
            elif command.name == "set":
                (self._outside if top else self._inside).append((_value(command.args, 0), _value(command.args, 1)))
            elif command.name == "else":
                self.read(command.block or [], top=top)
            elif (action := self._action(command)) is not None:
                self._add_action(action)
        return self._rules

    def _block(self, command: Command, *, top: bool) -> None:
        if top or self._current is None:
            block: Block = self._new_rule(active=command.name != "disabled_if")
        else:
            self._flush_variables()
            block = self._current.child = Block(tests=[])
            self._current = block
        for test in command.tests:
            self._add_tests(block, test, negative=False)
        self.read(command.block or [], top=False)
        self._flush_variables()
        if top:
            self._current = None

    def _new_rule(self, *, active: bool) -> Rule:
        at = len(self._rules)
        rule = Rule(name=self._names[at] if at < len(self._names) else None, active=active, tests=[])
        rule.variables, self._outside = self._outside, []
        self._rules.append(rule)
        self._current = rule
        return rule

    def _flush_variables(self) -> None:
        if self._inside:
            variables, self._inside = self._inside, []
            self._add_action(Piece("filterVariables", variables=variables))

    def _add_action(self, piece: Piece) -> None:
        block = self._current or self._new_rule(active=True)
        actions = block.actions = block.actions or []
        piece.attrs["index"] = str(len(actions))
        actions.append(piece)

    # --- tests -----------------------------------------------------------------------------------------------------

    def _add_tests(self, block: Block, test: Test, *, negative: bool) -> None:
        if test.name == "not":
            for inner in test.tests:
                self._add_tests(block, inner, negative=True)
        elif test.name in rules.CONDITIONS:
            block.condition = test.name
            for at, inner in enumerate(test.tests):
                self._add_tests(block, inner, negative=negative and at == 0)
        else:
            piece = self._test(test)
            if piece is not None:
                tests = block.tests = block.tests or []
                piece.attrs["index"] = str(len(tests))
                if negative:
                    piece.attrs["negative"] = "1"
                tests.append(piece)

    def _test(self, test: Test) -> Piece | None:
        args = test.args
        match test.name:
            case name if name in _PLAIN_TESTS:
                return Piece(_PLAIN_TESTS[name])
            case "header" | "mime_header":
                return self._compared("headerTest" if test.name == "header" else "mimeHeaderTest", args)
            case "address" | "envelope":
                return self._compared(f"{test.name}Test", args)
            case "exists":
                return Piece("headerExistsTest", {"header": _value(args, 0)})
            case "size":
                if not isinstance(args[1] if len(args) > 1 else None, Number):
                    raise parse_error("Invalid size value")
                return Piece("sizeTest", {"numberComparison": _tag(args, 0), "s": _value(args, 1)})
            case "date":
                return Piece("dateTest", {"dateComparison": _tag(args, 0), "d": self._seconds(_value(args, 1))})
            case "current_time":
                return Piece("currentTimeTest", {"dateComparison": _tag(args, 0), "time": _value(args, 1)})
            case "current_day_of_week":
                return Piece("currentDayOfWeekTest", {"value": ",".join(_values(args, 1))})
            case "body":
                attrs = {"value": _value(args, len(args) - 1)}
                if _tag(args, 1) == "comparator" and _value(args, 2) == OCTET:
                    attrs["caseSensitive"] = "1"
                return Piece("bodyTest", attrs)
            case "addressbook":
                return Piece("addressBookTest", {"header": ",".join(_values(args, 1))})
            case "contact_ranking":
                return Piece("contactRankingTest", {"header": _value(args, 1)})
            case "me":
                return Piece("meTest", {"header": _value(args, 1)})
            case "invite":
                methods = _values(args, 1) if args else []
                return Piece("inviteTest", children=[("method", one) for one in methods])
            case "conversation":
                return Piece("conversationTest", {"where": _value(args, 1)})
            case "importance":
                return Piece("importanceTest", {"imp": _value(args, 0)})
            case "flagged":
                return Piece("flaggedTest", {"flagName": _value(args, 0)})
        return None

    def _seconds(self, text: str) -> str:
        """A day of a script as seconds since 1970; a text that is no day as it is."""
        try:
            return str(int(datetime.strptime(text, "%Y%m%d").replace(tzinfo=self._zone).timestamp()))
        except ValueError:
            return text

    def _compared(self, name: str, args: list[Argument]) -> Piece:
        attrs: dict[str, str] = {}
        comparator = ""
        address = name in ("addressTest", "envelopeTest")
        comparison, part, relation = ("is", "all", "") if address else ("", "", "")
        at = 0
        while tag := _tag(args, at):
            at += 1
            if tag == "comparator":
                comparator = _value(args, at)
                at += 1
                if comparator not in _COMPARATORS:
                    raise parse_error(f"Invalid value: {comparator}, valid values: {', '.join(_COMPARATORS)}")
            elif tag in ("count", "value"):
                relation, operator = tag, _value(args, at)
                at += 1
                if operator not in rules.VALUE_COMPARISONS:
                    raise parse_error(f"Invalid value: {operator}")
            elif tag in rules.STRING_COMPARISONS:
                comparison = tag
            elif tag in rules.ADDRESS_PARTS and address:
                part = tag
            else:
                raise parse_error(f"Invalid value: {tag}")
        attrs["header"] = ",".join(_values(args, at))
        if part:
            attrs["part"] = part
        if relation == "count":
            attrs["countComparison"] = operator
            if comparator and comparator != rules.NUMERIC:
                raise parse_error(f":count can be used only with {rules.NUMERIC}")
        elif relation == "value":
            attrs["valueComparison"] = operator
            if comparator:
                attrs["valueComparisonComparator"] = comparator
        else:
            attrs["stringComparison"] = comparison or "is"
        if comparator == OCTET:
            attrs["caseSensitive"] = "1"
        attrs["value"] = _value(args, at + 1)
        return Piece(name, attrs)

    # --- actions ---------------------------------------------------------------------------------------------------

    def _action(self, command: Command) -> Piece | None:
        args = command.args
        match command.name:
            case name if name in _PLAIN_ACTIONS:
                return Piece(_PLAIN_ACTIONS[name])
            case "fileinto" | "redirect":
                if _tag(args, 0) not in ("", "copy"):
                    raise parse_error(f"Invalid argument: {_tag(args, 0)}")
                target = "folderPath" if command.name == "fileinto" else "a"
                copy = "1" if _tag(args, 0) else "0"
                kind = "actionFileInto" if command.name == "fileinto" else "actionRedirect"
                return Piece(kind, {target: _value(args, len(args) - 1), "copy": copy})
            case "flag":
                return Piece("actionFlag", {"flagName": _value(args, 0)})
            case "tag":
                return Piece("actionTag", {"tagName": _value(args, 0)})
            case "reply":
                return Piece("actionReply", children=[("content", _value(args, 0))])
            case "notify":
                return _notify(args)
            case "reject" | "ereject":
                text = _value(args, 0)
                if not text:
                    raise parse_error(f"Invalid {command.name} action: Missing {command.name} message")
                return Piece("actionReject" if command.name == "reject" else "actionEreject", text=text)
            case "log":
                level = _tag(args, 0)
                if level and level not in rules.LOG_LEVELS:
                    raise parse_error(f"Invalid log action: Invalid log level found: {level}")
                return Piece("actionLog", {"level": level} if level else {}, text=_value(args, len(args) - 1))
            case "addheader" | "deleteheader" | "replaceheader":
                if not self._admin:
                    name = command.name
                    raise parse_error(f"Invalid {name} action: {name} action is not allowed in user scripts")
                return _add_header(args) if command.name == "addheader" else _change_header(command)
        return None


def is_notify_by_mail(args: list[Argument]) -> bool:
    """Whether a notify is that of RFC 5435 rather than Zimbra's older one."""
    return len(args) == 1 or any(isinstance(argument, Tag) for argument in args)


def _notify(args: list[Argument]) -> Piece:
    if not is_notify_by_mail(args):
        attrs = {"a": _value(args, 0)}
        if subject := _value(args, 1):
            attrs["su"] = subject
        piece = Piece("actionNotify", attrs)
        if text := _value(args, 2):
            piece.children.append(("content", text))
        for argument in args[3:]:
            if isinstance(argument, Number):
                attrs["maxBodySize"] = str(argument.value)
            else:
                attrs["origHeaders"] = ",".join(_values([argument], 0))
        return piece
    piece = Piece("actionRFCCompliantNotify")
    at = 0
    while tag := _tag(args, at):
        if tag not in ("from", "importance", "options", "message") or tag in piece.attrs:
            raise parse_error(f"Invalid notify tag: {tag}")
        if value := _value(args, at + 1):
            piece.attrs[tag] = value
        at += 2
    method = _value(args, at)
    if not method.lower().startswith("mailto:"):
        raise parse_error(f"Invalid notify value: {method[:80]}")
    piece.children.append(("method", method))
    return piece


def _add_header(args: list[Argument]) -> Piece:
    last = _tag(args, 0) == "last"
    piece = Piece("actionAddheader", {"last": "1"} if last else {})
    piece.children = [("headerName", _value(args, int(last))), ("headerValue", _value(args, int(last) + 1))]
    return piece


def _change_header(command: Command) -> Piece:
    args = command.args
    delete = command.name == "deleteheader"
    piece = Piece("actionDeleteheader" if delete else "actionReplaceheader")
    test = piece.test = Piece("test")
    at = 0
    while tag := _tag(args, at):
        at += 1
        if tag == "last":
            piece.attrs["last"] = "1"
        elif tag in rules.STRING_COMPARISONS:
            test.attrs["matchType"] = tag
        elif tag in ("index", "newname", "newvalue", "count", "value", "comparator"):
            value = _value(args, at)
            at += 1
            if tag == "index":
                if not re.fullmatch(r"[0-9]{1,9}", value):
                    raise parse_error(f'Invalid value "{value}" received with ":index"')
                piece.attrs["offset"] = value
            elif tag == "comparator":
                test.attrs["comparator"] = value
            elif tag in ("count", "value"):
                test.attrs |= {f"{tag}Comparator": "1", "relationalComparator": value}
            else:
                piece.children.append(({"newname": "newName", "newvalue": "newValue"}[tag], value))
        else:
            raise parse_error(f'Invalid tag ":{tag}" received with {command.name}')
    test.children.append(("headerName", _value(args, at)))
    if at + 1 < len(args):
        test.children += [("headerValue", value) for value in _values(args, at + 1)]
        test.attrs.setdefault("comparator", rules.CASEMAP)
        if "relationalComparator" not in test.attrs:
            test.attrs.setdefault("matchType", "is")
    return piece
