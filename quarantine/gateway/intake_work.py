"""What becomes of one message at the intake: an answer for each recipient, true when it is given.

250 means on disk: delivered to the next server, which said so, or held, with file and rows committed. Everything that
fails on the way is answered 451 for the recipients it concerns, and the mail server brings the message again; the
ledger (`quarantine.passages`) keeps that from doubling anything.

    settled before            the same answer again
    begun before              later while somebody may be at it; else Zimbra is asked whether it came
    blocked, suspect, limit   held
    clean, or trusted         handed on within the session; the next server's answer is ours
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from django.conf import settings
from django.db import DatabaseError, InterfaceError

from accounts import claims
from quarantine import (
    arrivals,
    held,
    next_hop,
    passages,
    recipients,
    senders,
    senders_matching,
    summarising,
    verdicts,
)
from quarantine.models import Hold, Passage
from quarantine.next_hop import Letter
from zimbra.errors import ZimbraError

log = logging.getLogger(__name__)

OK = "250 2.0.0 Ok"
OK_HELD = "250 2.0.0 Ok: held"
LATER = "451 4.3.0 Not now, try again later"
LATER_NOT_MARKED = "451 4.7.1 Not marked by a filter yet, try again later"
NO_ADDRESS = "550 5.1.3 Not an address"
SMUGGLED = "550 5.6.0 An end of data that is not CRLF.CRLF stands in the message"

# A server behind us that takes a bare LF or CR for the end of a line would see the end of the message there, and
# commands of a stranger after it. Proper mail never has one.
_SMUGGLED = re.compile(rb"(?:(?<!\r)\n|\r)\.[\r\n]")
# Of MAIL FROM, what a delivery has to repeat.
_KEPT_OPTIONS = frozenset({"SMTPUTF8", "BODY=8BITMIME"})


class Watch(Protocol):
    """Who is told of what cannot be reached; see `Heartbeat`. From any thread."""

    def trouble(self, what: str) -> None: ...

    def well(self, what: str) -> None: ...


@dataclass(frozen=True)
class Submission:
    """A message as it was handed in. options: of MAIL FROM."""

    raw: bytes = field(repr=False)
    mail_from: str
    rcpt_tos: Sequence[str]
    options: Sequence[str] = ()


@dataclass
class _Seat:
    """One recipient: key of the passage, the quarantine the mail belongs to, the row there was, and the answer."""

    rcpt_to: str
    key: str
    recipient: str
    before: Passage | None = None
    answer: str = ""


def settle(submission: Submission, *, hold_all: bool, watch: Watch) -> list[str]:
    """The answers, one line each, in the order of the recipients. Never raises what a database, a disk or a server did.

    hold_all: whatever the verdict, it is held: its sender went above WARN.
    """
    if _is_smuggling(submission.raw):
        return [SMUGGLED] * len(submission.rcpt_tos)
    work = _Work(submission, watch)
    try:
        work.look_back()
        work.hold(work.wanted_of(_limit if hold_all else work.judged()))
        work.hand_on()
    except (DatabaseError, InterfaceError) as error:
        log.warning("intake: database: %s", type(error).__name__)
        watch.trouble("database")
    except OSError as error:
        log.warning("intake: disk: %s", type(error).__name__)
        watch.trouble("disk")
    else:
        watch.well("database")
        watch.well("disk")
    return work.answers()


def for_all(answers: Sequence[str]) -> str:
    """The one answer that SMTP allows. What was delivered or held already is not doubled when the message comes again;
    what is refused for good is named, as the others have the message."""
    if any(answer.startswith("4") for answer in answers):
        return next(answer for answer in answers if answer.startswith("4"))
    refused = [answer for answer in answers if answer.startswith("5")]
    if not refused:
        return OK if any(answer == OK for answer in answers) else answers[0]
    return refused[0] if len(refused) == len(answers) else f"554 5.1.1 Refused for {len(refused)} of {len(answers)}"


def _is_smuggling(raw: bytes) -> bool:
    # Most messages have no line that begins with a dot: finding that out costs a tenth.
    return (b"\n." in raw or b"\r." in raw) and _SMUGGLED.search(raw) is not None


@dataclass(frozen=True)
class _Judgement:
    """wanted: how it is held, None when it is not; answer: instead of either."""

    wanted: held.Wanted | None = None
    answer: str = ""


class _Judge(Protocol):
    def __call__(self, seat: _Seat) -> _Judgement: ...


def _limit(seat: _Seat) -> _Judgement:
    return _Judgement(held.Wanted(seat.rcpt_to, Hold.Reason.LIMIT, passage=seat.key))


class _Work:
    def __init__(self, submission: Submission, watch: Watch) -> None:
        self.submission, self.watch = submission, watch
        self.holder = claims.this_process()
        print_of_message = passages.fingerprint(submission.raw, submission.mail_from)
        # The same address twice is one recipient.
        self.seats: dict[str, _Seat] = {}
        self.keys = [passages.key_of(print_of_message, rcpt_to) for rcpt_to in submission.rcpt_tos]
        for key, rcpt_to in zip(self.keys, submission.rcpt_tos, strict=True):
            recipient = recipients.canonical(rcpt_to)
            self.seats.setdefault(key, _Seat(rcpt_to, key, recipient, answer="" if recipient else NO_ADDRESS))

    def answers(self) -> list[str]:
        """What is still open comes again later."""
        return [self.seats[key].answer or LATER for key in self.keys]

    def open_seats(self) -> list[_Seat]:
        return [seat for seat in self.seats.values() if not seat.answer]

    def look_back(self) -> None:
        """Answer for those of whom the ledger knows what became."""
        rows = passages.look([seat.key for seat in self.open_seats()])
        for key, passage in rows.items():
            seat = self.seats[key]
            seat.before = passage
            if passage.state == Passage.State.DELIVERED:
                seat.answer = OK
            elif passage.state == Passage.State.HELD:
                seat.answer = OK_HELD
            elif passages.is_worked_on(passage):
                seat.answer = LATER
            else:
                seat.answer = self._asked(seat, passage)

    def _asked(self, seat: _Seat, passage: Passage) -> str:
        """By Zimbra's word: OK when it has the message, LATER when it cannot be asked, "" to deliver it again."""
        message_id = arrivals.message_id_of(self.submission.raw)
        try:
            came = arrivals.arrived(seat.recipient, message_id, passage.at)
        except ZimbraError as error:
            log.warning("intake: Zimbra cannot be asked: %s", error.code)
            self.watch.trouble("zimbra")
            return LATER
        if came:
            passages.arrived(passage)
        return OK if came else ""

    def judged(self) -> _Judge:
        """The verdict, with the lists of the recipients: a block wins over all, danger over every trust."""
        raw = self.submission.raw
        verdict = verdicts.judge(raw, rules())
        shown = senders_matching.senders_of(raw, self.submission.mail_from, verdict.authentication)
        lists = senders.listed_for({seat.recipient for seat in self.open_seats()}, shown)

        def judge(seat: _Seat) -> _Judgement:
            listed = lists.get(seat.recipient)
            if listed and listed.kind == "block":
                reason = Hold.Reason.BLOCKED_BY_STAFF if listed.by_staff else Hold.Reason.BLOCKED
            elif verdict.reason == "dangerous":
                reason = Hold.Reason.DANGEROUS
            elif listed or verdict.action == "deliver":
                return _Judgement()
            elif verdict.action == "later":
                return _Judgement(answer=LATER_NOT_MARKED)
            else:
                reason = Hold.Reason(verdict.reason)
            return _Judgement(held.Wanted(seat.rcpt_to, reason, verdict.score, verdict.hints, seat.key))

        return judge

    def wanted_of(self, judge: _Judge) -> list[held.Wanted]:
        """Those to be held; the answer is noted for those whom the judge sends away."""
        wanted = []
        for seat in self.open_seats():
            judgement = judge(seat)
            seat.answer = judgement.answer
            if judgement.wanted:
                wanted.append(judgement.wanted)
        return wanted

    def hold(self, wanted: list[held.Wanted]) -> None:
        if not wanted:
            return
        made = summarising.summarise(self.submission.raw)
        options = [option for option in self.submission.options if option in _KEPT_OPTIONS]
        incoming = held.Incoming(self.submission.raw, self.submission.mail_from, made.sender, made.summary, options)
        # Held or not, they are not handed on.
        for one in wanted:
            self.seats[one.passage].answer = LATER
        held.take_in(incoming, wanted)
        for one in wanted:
            self.seats[one.passage].answer = OK_HELD

    def hand_on(self) -> None:
        """To the next server, for all that are left; its answers are ours."""
        left = self.open_seats()
        known = {seat.key for seat in left if seat.before is not None}
        begun = passages.start([key for key in (seat.key for seat in left) if key not in known], self.holder)
        begun |= {seat.key for seat in left if seat.before and passages.take_over(seat.before, self.holder)}
        ours = [seat for seat in left if seat.key in begun]
        if not ours:
            return
        letter = Letter(
            self.submission.mail_from, [seat.rcpt_to for seat in ours], self.submission.raw, self.submission.options
        )
        try:
            replies = next_hop.hand_over(next_hop.route(settings.QUARANTINE_DELIVERY), letter)
        except next_hop.Unreachable as error:
            log.warning("intake: the next server took nothing: %s", error)
            self.watch.trouble("zimbra")
            passages.forget([seat.key for seat in ours], self.holder)
            return
        self.watch.well("zimbra")
        taken: list[str] = []
        lost: list[str] = []
        refused: list[str] = []
        for seat, reply in zip(ours, replies, strict=True):
            (taken if reply.taken else lost if reply.lost else refused).append(seat.key)
            seat.answer = OK if reply.taken else LATER if reply.lost else reply.line
        passages.delivered(taken, self.holder)
        passages.unknown(lost, self.holder)
        passages.forget(refused, self.holder)


def check_settings() -> None:
    """Raises next_hop.BadRoute or verdicts.BadRules: better at the start than with the first message."""
    next_hop.route(settings.QUARANTINE_DELIVERY)
    rules()


def rules() -> verdicts.VerdictRules:
    """Which marks are believed, by the settings. Raises verdicts.BadRules."""
    made = verdicts.rules_from(
        sources=settings.QUARANTINE_VERDICTS,
        plain_header=settings.QUARANTINE_PLAIN_HEADER,
        plain_pattern=settings.QUARANTINE_PLAIN_PATTERN,
        authserv_id=settings.QUARANTINE_AUTHSERV_ID,
        no_verdict=settings.QUARANTINE_NO_VERDICT,
    )
    return replace(
        made, own_received=settings.QUARANTINE_OWN_RECEIVED, marks_on_top=settings.QUARANTINE_MARKS_ON_TOP
    )  # fmt: skip
