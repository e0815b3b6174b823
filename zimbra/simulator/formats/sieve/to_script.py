"""Rules written as the script Zimbra makes of them; what a rule lacks is refused with Zimbra's fault codes."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import datetime, tzinfo

from zimbra.simulator.fault import failure, invalid_request, parse_error
from zimbra.simulator.formats.sieve import rules
from zimbra.simulator.formats.sieve.grammar import quoted, string_list, text_block
from zimbra.simulator.formats.sieve.rules import CASEMAP, NUMERIC, OCTET, Block, Piece, Rule, Variables

REQUIRED = (
    "fileinto", "copy", "reject", "tag", "flag", "variables", "log", "enotify", "envelope", "body", "ereject",
    "reject", "relational", "comparator-i;ascii-numeric",
)  # fmt: skip
INDENT = "    "


def write(listed: list[Rule], zone: tzinfo, *, admin: bool = False) -> str:
    """The script. `zone`: of the dates in it; `admin`: whether it is an administrator's, which may change headers.

    Errors: service.INVALID_REQUEST and service.PARSE_ERROR.
    """
    capabilities = [*REQUIRED, "editheader"] if admin else list(REQUIRED)
    script = "require [" + ", ".join(f'"{one}"' for one in capabilities) + "];\n"
    writer = _Writer(zone, admin)
    return script + "".join(["\n" + writer.rule(rule) for rule in listed])


def _enumerated(value: str | None, allowed: Collection[str]) -> str:
    """service.PARSE_ERROR when the value is another one, or missing where the script needs one."""
    if value is None or value not in allowed:
        raise parse_error(f"Invalid value: {value}, valid values: {', '.join(allowed)}")
    return value


def _needed(piece: Piece, attribute: str, what: str) -> str:
    value = piece.attrs.get(attribute, "")
    if not value:
        raise invalid_request(f"Missing {what}")
    return value


def _ordered(pieces: list[Piece]) -> list[Piece]:
    """By their index; one that is taken counts as the next that is free."""
    places: dict[int, Piece] = {}
    for piece in pieces:
        at = piece.number("index")
        while at in places:
            at += 1
        places[at] = piece
    return [places[at] for at in sorted(places)]


class _Writer:
    def __init__(self, zone: tzinfo, admin: bool) -> None:
        self._zone = zone
        self._admin = admin

    def rule(self, rule: Rule) -> str:
        start = f"# {'null' if rule.name is None else rule.name}\n" + _variables(rule.variables, "")
        if not rule.tests:
            # Without a test the actions stand alone: they always apply, even when the rule is not active.
            return start + self._body(rule, "", INDENT)
        head = "if " if rule.active else "disabled_if "
        return start + head + self._condition(rule, "") + self._body(rule, INDENT, INDENT) + "}\n"

    def _condition(self, block: Block, indent: str) -> str:
        condition = "allof" if block.condition is None else _enumerated(block.condition, rules.CONDITIONS)
        written = [text for piece in _ordered(block.tests or []) if (text := self._test(piece)) is not None]
        return f"{condition} (" + f",\n  {indent}".join(written) + ") {\n"

    def _body(self, block: Block, indent: str, below: str) -> str:
        if not block.actions and block.child is None:
            raise invalid_request("Missing action")
        out = ""
        variables = ""
        for piece in _ordered(block.actions or []):
            if piece.name == "filterVariables":
                variables = _variables(piece.variables, indent)
            elif (action := self._action(piece)) is not None:
                out += f"{indent}{action};\n"
        out += variables
        if block.child is not None:
            child = block.child
            out += _variables(child.variables, below) + f"{below}if " + self._condition(child, below)
            out += self._body(child, below + INDENT, below + INDENT) + f"{below}}}\n"
        return out

    # --- tests -----------------------------------------------------------------------------------------------------

    def _test(self, piece: Piece) -> str | None:
        if piece.name in rules.PLAIN_TESTS:
            text: str | None = rules.PLAIN_TESTS[piece.name]
        else:
            write_test = _TESTS.get(piece.name)
            text = None if write_test is None else write_test(self, piece)
        return f"not {text}" if text is not None and piece.yes("negative") else text

    def _header(self, piece: Piece) -> str | None:
        headers = _header_list(piece)
        value = piece.attrs.get("value", "")
        if not value:
            raise invalid_request("missing required attribute: value")
        if piece.attrs.get("stringComparison"):
            return _compared("header", piece, headers)
        return _relational("header", "", piece, headers, value)

    def _mime_header(self, piece: Piece) -> str:
        return _compared("mime_header", piece, _header_list(piece))

    def _address(self, piece: Piece) -> str | None:
        name = "envelope" if piece.name == "envelopeTest" else "address"
        headers = _header_list(piece)
        part = piece.attrs.get("part")
        part = "all" if part is None else _enumerated(part, rules.ADDRESS_PARTS)
        value = piece.attrs.get("value", "")
        if piece.attrs.get("stringComparison"):
            comparison = _enumerated(piece.attrs["stringComparison"], rules.STRING_COMPARISONS)
            _check_stars(comparison, value)
            comparator = OCTET if piece.yes("caseSensitive") else CASEMAP
            return f'{name} :{part} :{comparison} :comparator "{comparator}" {headers} {quoted(value)}'
        return _relational(name, f":{part} ", piece, headers, value)

    def _exists(self, piece: Piece) -> str:
        return "exists " + quoted(_needed(piece, "header", "header"))

    def _size(self, piece: Piece) -> str:
        comparison = _enumerated(piece.attrs.get("numberComparison"), ("over", "under"))
        size = piece.attrs.get("s", "")
        if not re.fullmatch(r"[0-9]{1,10}[KMGkmg]?", size) or int(size.rstrip("KMGkmg")) > 2**31 - 1:
            raise invalid_request(f"Invalid size: {size}")
        return f"size :{comparison} {size}"

    def _date(self, piece: Piece) -> str:
        comparison = _enumerated(piece.attrs.get("dateComparison"), ("before", "after"))
        seconds = piece.attrs.get("d", "")
        try:
            if not re.fullmatch(r"-?[0-9]{1,12}", seconds):
                raise ValueError
            day = datetime.fromtimestamp(int(seconds), self._zone)
        except (ValueError, OverflowError, OSError):
            raise invalid_request(f"Invalid date: {seconds[:40]}") from None
        return f'date :{comparison} "{day:%Y%m%d}"'

    def _current_time(self, piece: Piece) -> str:
        comparison = _enumerated(piece.attrs.get("dateComparison"), ("before", "after"))
        time = piece.attrs.get("time", "")
        if not re.fullmatch(r"(?:[01][0-9]|2[0-3])[0-5][0-9]", time):
            raise invalid_request(f"Invalid time: {time}")
        return f'current_time :{comparison} "{time}"'

    def _day_of_week(self, piece: Piece) -> str:
        days = piece.attrs.get("value", "").split(",")
        for day in days:
            if not re.fullmatch(r"[+-]?[0-9]{1,9}", day):
                raise invalid_request(f"Invalid day of week index: {day}")
            if not 0 <= int(day) <= 6:
                raise invalid_request("Day of week index must be from 0 (Sunday) to 6 (Saturday)")
        return "current_day_of_week :is " + string_list(days)

    def _body_test(self, piece: Piece) -> str:
        comparator = f':comparator "{OCTET}" ' if piece.yes("caseSensitive") else ""
        return f"body :contains {comparator}{quoted(piece.attrs.get('value', ''))}"

    def _address_book(self, piece: Piece) -> str:
        header = _needed(piece, "header", "header")
        return "addressbook :in " + (string_list(header.split(",")) if "," in header else quoted(header))

    def _contact_ranking(self, piece: Piece) -> str:
        return "contact_ranking :in " + quoted(_needed(piece, "header", "header"))

    def _me(self, piece: Piece) -> str:
        return "me :in " + quoted(_needed(piece, "header", "header"))

    def _invite(self, piece: Piece) -> str:
        methods = [text for name, text in piece.children if name == "method"]
        return "invite" + (" :method [" + ", ".join(quoted(one) for one in methods) + "]" if methods else "")

    def _conversation(self, piece: Piece) -> str:
        return "conversation :where " + quoted(piece.attrs.get("where", "started"))

    def _importance(self, piece: Piece) -> str:
        return f'importance "{_enumerated(piece.attrs.get("imp"), rules.IMPORTANCES)}"'

    def _flagged(self, piece: Piece) -> str:
        return "flagged " + quoted(piece.attrs.get("flagName", ""))

    # --- actions ---------------------------------------------------------------------------------------------------

    def _action(self, piece: Piece) -> str | None:
        if piece.name in rules.PLAIN_ACTIONS:
            return rules.PLAIN_ACTIONS[piece.name]
        write_action = _ACTIONS.get(piece.name)
        return None if write_action is None else write_action(self, piece)

    def _file_into(self, piece: Piece) -> str:
        return f"fileinto {_copy(piece)}{quoted(_needed(piece, 'folderPath', 'folderPath'))}"

    def _redirect(self, piece: Piece) -> str:
        return f"redirect {_copy(piece)}{quoted(_needed(piece, 'a', 'address'))}"

    def _tag(self, piece: Piece) -> str:
        return f"tag {quoted(_needed(piece, 'tagName', 'tag'))}"

    def _flag(self, piece: Piece) -> str:
        flag = _needed(piece, "flagName", "flag")
        if flag not in rules.FLAGS:
            raise failure(f"no flag of this name: {flag[:80]}")
        return f'flag "{flag}"'

    def _reply(self, piece: Piece) -> str:
        content = piece.child("content")
        if not content:
            raise invalid_request("Missing reply content")
        return "reply " + text_block(content)

    def _notify(self, piece: Piece) -> str:
        address = _needed(piece, "a", "address")
        subject = piece.attrs.get("su", "")
        headers = piece.attrs.get("origHeaders", "")
        if subject and any(one.lower() == "subject" for one in headers.split(",")):
            raise invalid_request("subject conflict")
        size = piece.attrs.get("maxBodySize", "")
        text = f'notify {quoted(address)} "{subject}" {text_block(piece.child("content") or "")}'
        text += f" {size}" if re.fullmatch(r"[0-9]{1,9}", size) else ""
        return text + (f" {string_list(headers.split(','))}" if headers else "")

    def _notify_by_mail(self, piece: Piece) -> str:
        method = piece.child("method")
        if not method:
            raise invalid_request("Missing notification mechanism")
        text = "notify "
        if piece.attrs.get("from"):
            text += f":from {quoted(piece.attrs['from'])} "
        # Zimbra writes these as they are; a quotation mark in one makes a script that is refused.
        for name in ("importance", "options", "message"):
            if piece.attrs.get(name):
                text += f':{name} "{piece.attrs[name]}" '
        return text + (f'"{method}"' if "\n" not in method else text_block(method))

    def _reject(self, piece: Piece) -> str:
        name = "ereject" if piece.name == "actionEreject" else "reject"
        if not piece.text:
            raise parse_error(f"Empty {name} action")
        return f"{name} {text_block(piece.text)}"

    def _log(self, piece: Piece) -> str:
        level = piece.attrs.get("level", "")
        return "log " + (f":{level} " if level in rules.LOG_LEVELS else "") + f'"{piece.text}"'

    def _add_header(self, piece: Piece) -> str:
        self._only_admin("addheader")
        name, value = piece.child("headerName"), piece.child("headerValue")
        if not name or not value:
            raise parse_error("Invalid addheader action: Missing headerName or headerValue")
        return f'addheader{" :last" if piece.yes("last") else ""} "{name}" "{value}"'

    def _change_header(self, piece: Piece) -> str:
        name = "deleteheader" if piece.name == "actionDeleteheader" else "replaceheader"
        self._only_admin(name)
        test = piece.test
        if test is None or not test.child("headerName"):
            raise parse_error(f"Invalid {name} action: Missing test or headerName")
        text = name + (" :last" if piece.yes("last") else "")
        text += f" :index {piece.number('offset')}" if piece.attrs.get("offset") else ""
        for tag, child in ((":newname", "newName"), (":newvalue", "newValue")):
            if name == "replaceheader" and piece.child(child):
                text += f' {tag} "{piece.child(child)}"'
        text += " :count" if test.yes("countComparator") else " :value" if test.yes("valueComparator") else ""
        if test.attrs.get("relationalComparator"):
            text += f' "{_enumerated(test.attrs["relationalComparator"], rules.VALUE_COMPARISONS)}"'
        if test.attrs.get("comparator"):
            text += f' :comparator "{_enumerated(test.attrs["comparator"], (NUMERIC, CASEMAP, OCTET))}"'
        if test.attrs.get("matchType"):
            text += f" :{_enumerated(test.attrs['matchType'], (*rules.STRING_COMPARISONS, 'count', 'value'))}"
        values = [f'"{value}"' for key, value in test.children if key == "headerValue"]
        text += f' "{test.child("headerName")}"'
        return text + ("" if not values else f" {values[0]}" if len(values) == 1 else f" [{', '.join(values)}]")

    def _only_admin(self, name: str) -> None:
        if not self._admin:
            raise parse_error(f"Invalid {name} action: {name} action is not allowed in user scripts")


def _variables(variables: Variables, indent: str) -> str:
    for name, _ in variables:
        if not name:
            raise parse_error("Filter variable should have a name")
    return "".join(f'{indent}set "{name}" "{value}";\n' for name, value in variables)


def _copy(piece: Piece) -> str:
    return ":copy " if piece.yes("copy") else ""


def _header_list(piece: Piece) -> str:
    header = piece.attrs.get("header", "")
    if not header:
        raise invalid_request("header value is empty")
    return string_list(header.split(","))


def _check_stars(comparison: str, value: str) -> None:
    if comparison == "matches" and "*****" in value:
        raise invalid_request("Wildcard match value cannot contain more than four asterisks in a row.")


def _compared(name: str, piece: Piece, headers: str) -> str:
    comparison = _enumerated(piece.attrs.get("stringComparison"), rules.STRING_COMPARISONS)
    value = piece.attrs.get("value", "")
    _check_stars(comparison, value)
    comparator = f':comparator "{OCTET}" ' if piece.yes("caseSensitive") else ""
    return f"{name} :{comparison} {comparator}{headers} {quoted(value)}"


def _relational(name: str, part: str, piece: Piece, headers: str, value: str) -> str | None:
    """The form with :value or :count; None, and so no test at all, when no comparison is asked for."""
    if piece.attrs.get("valueComparison"):
        comparison = _enumerated(piece.attrs["valueComparison"], rules.VALUE_COMPARISONS)
        given = piece.attrs.get("valueComparisonComparator")
        if given:
            comparator = _enumerated(given, (NUMERIC, CASEMAP, OCTET))
        elif re.fullmatch(r"[+-]?[0-9]+", value):
            comparator = NUMERIC
        else:
            comparator = OCTET if piece.yes("caseSensitive") else CASEMAP
        return f'{name} :value "{comparison}" {part}:comparator "{comparator}" {headers} {quoted(value)}'
    if piece.attrs.get("countComparison"):
        comparison = _enumerated(piece.attrs["countComparison"], rules.VALUE_COMPARISONS)
        return f'{name} :count "{comparison}" {part}:comparator "{NUMERIC}" {headers} {quoted(value)}'
    return None


_TESTS: dict[str, Callable[[_Writer, Piece], str | None]] = {
    "headerTest": _Writer._header,
    "mimeHeaderTest": _Writer._mime_header,
    "addressTest": _Writer._address,
    "envelopeTest": _Writer._address,
    "headerExistsTest": _Writer._exists,
    "sizeTest": _Writer._size,
    "dateTest": _Writer._date,
    "currentTimeTest": _Writer._current_time,
    "currentDayOfWeekTest": _Writer._day_of_week,
    "bodyTest": _Writer._body_test,
    "addressBookTest": _Writer._address_book,
    "contactRankingTest": _Writer._contact_ranking,
    "meTest": _Writer._me,
    "inviteTest": _Writer._invite,
    "conversationTest": _Writer._conversation,
    "importanceTest": _Writer._importance,
    "flaggedTest": _Writer._flagged,
}
_ACTIONS: dict[str, Callable[[_Writer, Piece], str]] = {
    "actionFileInto": _Writer._file_into,
    "actionRedirect": _Writer._redirect,
    "actionTag": _Writer._tag,
    "actionFlag": _Writer._flag,
    "actionReply": _Writer._reply,
    "actionNotify": _Writer._notify,
    "actionRFCCompliantNotify": _Writer._notify_by_mail,
    "actionReject": _Writer._reject,
    "actionEreject": _Writer._reject,
    "actionLog": _Writer._log,
    "actionAddheader": _Writer._add_header,
    "actionDeleteheader": _Writer._change_header,
    "actionReplaceheader": _Writer._change_header,
}

KNOWN_TESTS = frozenset({*_TESTS, *rules.PLAIN_TESTS})
KNOWN_ACTIONS = frozenset({*_ACTIONS, *rules.PLAIN_ACTIONS})
