"""Tests of a script that look at the message as a whole, and at the clock."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from zimbra.simulator.formats.sieve import compare
from zimbra.simulator.formats.sieve.arguments import nothing_more, number, one_of, string, strings
from zimbra.simulator.formats.sieve.compare import SieveError
from zimbra.simulator.formats.sieve.context import Context
from zimbra.simulator.formats.sieve.grammar import Test
from zimbra.simulator.formats.sieve.rules import IMPORTANCES, OCTET
from zimbra.simulator.mail.mime import strip_markup

Answer = Callable[[Context], bool]

# What of a text in HTML is looked at by the body test.
MAX_HTML = 1 << 20

_INVITATIONS = frozenset({"publish", "request", "add", "cancel", "declinecounter"})
_REPLIES = frozenset({"reply", "refresh", "counter"})


def _size(test: Test) -> Answer:
    over = one_of(test.args, 0, (":over", ":under")) == ":over"
    limit = number(test.args, 1)
    nothing_more(test.args, 2)

    def answer(context: Context) -> bool:
        size = len(context.message.raw)
        return size > limit if over else size < limit

    return answer


def _date(test: Test) -> Answer:
    """The day of the Date field, the present one when there is none, against midnight of a day."""
    before = one_of(test.args, 0, (":before", ":after")) == ":before"
    text = string(test.args, 1)
    nothing_more(test.args, 2)
    # Zimbra reads more digits than a day has without complaint; they make a date no message has.
    if not re.match(r"[0-9]{8}", text):
        raise SieveError("Expecting a valid date (yyyyMMdd)")

    def answer(context: Context) -> bool:
        zone = context.around.now.tzinfo
        try:
            day = datetime.strptime(text, "%Y%m%d").replace(tzinfo=zone)
        except ValueError:
            return not before
        date = context.message.date
        moment = context.around.now if date is None else datetime.fromtimestamp(date / 1000, UTC)
        return moment < day if before else moment > day

    return answer


def _body(test: Test) -> Answer:
    """Only :contains; in texts that are no attachments, each run of line ends taken as one space."""
    args = test.args
    one_of(args, 0, (":contains",))
    sensitive = False
    at = 1
    if len(args) > 2:
        one_of(args, 1, (":comparator",))
        comparator = string(args, 2)
        if comparator not in compare.COMPARATORS:
            raise SieveError(f"Comparator {comparator!r} not found")
        sensitive = comparator == OCTET
        at = 3
    key = strings(args, at)[0]
    nothing_more(args, at + 1)

    def answer(context: Context) -> bool:
        wanted = key if sensitive else key.lower()
        for part in context.message.parts:
            if part.disposition == "attachment" or part.content_type not in ("text/plain", "text/html"):
                continue
            text = part.text
            if part.content_type == "text/html":
                text = strip_markup(text[:MAX_HTML])
            text = re.sub(r"[\r\n]+", " ", text)
            if wanted and wanted in (text if sensitive else text.lower()):
                return True
        return False

    return answer


def _attachment(test: Test) -> Answer:
    nothing_more(test.args, 0)
    return lambda context: bool(context.message.attachments)


def _invite(test: Test) -> Answer:
    methods: set[str] = set()
    if test.args:
        one_of(test.args, 0, (":method",))
        methods = {method.lower() for method in strings(test.args, 1)}
        nothing_more(test.args, 2)
        if not methods <= _INVITATIONS | _REPLIES | {"anyrequest", "anyreply"}:
            raise SieveError("Invalid arguments to the invite test")

    def answer(context: Context) -> bool:
        part = context.message.invite
        if part is None or not methods:
            return part is not None
        named = re.search(r"^METHOD(?:;[^:\n]*)?:\s*(\S+)", part.text, re.IGNORECASE | re.MULTILINE)
        method = (named[1] if named else part.parameters.get("method", "")).lower()
        return (
            method in methods
            or ("anyrequest" in methods and method in _INVITATIONS)
            or ("anyreply" in methods and method in _REPLIES)
        )

    return answer


def _importance(test: Test) -> Answer:
    wanted = string(test.args, 0).lower()
    nothing_more(test.args, 1)
    if wanted not in IMPORTANCES:
        raise SieveError(f"Unknown importance: {wanted}")

    def answer(context: Context) -> bool:
        message = context.message
        named = [value.strip().lower() for value in message.header("Importance")]
        numbers = [value.strip()[:1] for value in message.header("X-Priority")]
        high = "high" in named or "1" in numbers
        low = "low" in named or "5" in numbers
        return {"high": high, "low": low, "normal": not high and not low}[wanted]

    return answer


def _list(test: Test) -> Answer:
    nothing_more(test.args, 0)
    return lambda context: bool(context.message.header("X-Zimbra-DL") or context.message.header("List-Id"))


def _current_time(test: Test) -> Answer:
    before = one_of(test.args, 0, (":before", ":after")) == ":before"
    time = string(test.args, 1)
    nothing_more(test.args, 2)
    if not re.fullmatch(r"(?:[01][0-9]|2[0-3])[0-5][0-9]", time):
        raise SieveError(f"Expecting a valid time (HHmm): {time}")

    def answer(context: Context) -> bool:
        now = context.around.now
        limit = now.replace(hour=int(time[:2]), minute=int(time[2:]), second=0, microsecond=0)
        return now < limit if before else now > limit

    return answer


def _current_day_of_week(test: Test) -> Answer:
    one_of(test.args, 0, (":is",))
    days = strings(test.args, 1)
    nothing_more(test.args, 2)
    if not all(re.fullmatch(r"[0-6]", day) for day in days):
        raise SieveError("Day of week index must be from 0 (Sunday) to 6 (Saturday)")
    return lambda context: str(context.around.now.isoweekday() % 7) in days


CONDITIONS: dict[str, Callable[[Test], Answer]] = {
    "size": _size,
    "date": _date,
    "body": _body,
    "attachment": _attachment,
    "invite": _invite,
    "importance": _importance,
    "list": _list,
    "current_time": _current_time,
    "current_day_of_week": _current_day_of_week,
}
