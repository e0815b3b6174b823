"""Delivery of what was released: exactly once, whatever dies on the way, and byte for byte.

    claimed --handed over, all but the last line--> handed_over_at noted --last line, answer--> released
       ^                                                |                                   |
       +-- nothing was taken: waits, tries again        +-- died, or the answer was lost:   +-- refused: held again
                                                            Zimbra is asked whether it came

`handed_over_at` is on disk before the server can have the message. A go that finds it set asks Zimbra by the
Message-ID; what cannot be known, for a recipient outside or a message without Message-ID, is handed over again: a
message that comes twice is better than none (RFC 1047 tells why no client of SMTP can do better).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import claims, journal
from accounts.claims import Claim
from accounts.models import Agent
from quarantine import arrivals, contents, durable, held, next_hop, recipients
from quarantine.models import Hold
from quarantine.next_hop import Letter, Reply
from zimbra.errors import ZimbraError

log = logging.getLogger(__name__)

# The server may still be at a message whose answer was not heard; asked before that, Zimbra would not know it yet.
SETTLE_SECONDS = 30.0
# After this long a release is given up, as a mail server would.
GIVEN_UP_AFTER = timedelta(days=5)
# What could not be delivered stays at least so long, for its recipient to see.
KEPT_AFTER_FAILURE = timedelta(days=2)

_REFUSED = "Le serveur de messagerie a refusé ce message ({code}) : il n’a pas pu être remis."
_SILENT = "Le serveur de messagerie n’a pas pris ce message malgré des essais répétés pendant plusieurs jours."
_UNREADABLE = "Le contenu de ce message n’a pas pu être relu : il ne peut pas être remis."


def deliver(hold_id: int) -> float | None:
    """Deliver a message that was released, unless somebody is at it. Safe to run at any time, by any number of workers.

    Gives the seconds after which to try again, None when there is nothing more to do.
    """
    hold = Hold.objects.only("retry_at").filter(pk=hold_id).first()
    if hold is None or (hold.retry_at and hold.retry_at > timezone.now()):
        return None
    claim = claims.take(Hold, hold_id, state=Hold.State.RELEASING)
    if claim is None:
        return None
    with durable.commits():
        return claims.use(claim, _work)


def waiting() -> list[int]:
    """Releases that nobody alive is at, and that need not wait."""
    rows = Hold.objects.filter(state=Hold.State.RELEASING).exclude(retry_at__gt=timezone.now())
    return claims.without_live_holder(rows.order_by("state_at"))


def on_top(raw: bytes, header: str) -> bytes:
    """The message below one more header line; nothing in it is changed. As it is without `header`, or when it begins
    with a blank, which would make its first line a part of ours."""
    if not header or raw[:1] in {b" ", b"\t"}:
        return raw
    return header.encode("ascii", "replace") + b"\r\n" + raw


def _work(claim: Claim) -> float | None:
    hold = Hold.objects.select_related("content").get(pk=claim.pk)
    try:
        raw = contents.read(hold.content.stored_as)
    except contents.Damaged:
        _hold_again(claim, hold, _UNREADABLE)
        return None
    if hold.handed_over_at:
        settled_at = hold.handed_over_at + timedelta(seconds=SETTLE_SECONDS)
        if settled_at > timezone.now():
            return _wait_until(claim, hold, settled_at)
        try:
            came = _came(hold, raw)
        except ZimbraError as error:
            return claims.postpone(claim, error.code, getattr(error, "retry_after", None))
        if came:
            _released(claim, hold)
            return None
        with claim.writing():
            Hold.objects.filter(pk=hold.pk).update(handed_over_at=None)
    try:
        reply = _hand_over(claim, hold, raw)
    except next_hop.Unreachable as error:
        return _postpone(claim, hold, str(error))
    if reply.taken:
        _released(claim, hold)
        return None
    if reply.lost:
        return _postpone(claim, hold, "answer.LOST")
    with claim.writing():
        Hold.objects.filter(pk=hold.pk).update(handed_over_at=None)
    if reply.refused:
        _hold_again(claim, hold, _REFUSED.format(code=reply.code))
        return None
    return _postpone(claim, hold, f"smtp.{reply.code}")


def _came(hold: Hold, raw: bytes) -> bool:
    """Whether Zimbra has it. False for recipients outside, of whom nobody can be asked. Raises ZimbraError."""
    if hold.handed_over_at is None or not recipients.is_local(hold.rcpt_to):
        return False
    return arrivals.arrived(hold.recipient, arrivals.message_id_of(raw), hold.handed_over_at)


def _hand_over(claim: Claim, hold: Hold, raw: bytes) -> Reply:
    local = recipients.is_local(hold.rcpt_to)
    where = next_hop.route(settings.QUARANTINE_DELIVERY if local else settings.QUARANTINE_RELAY)
    # Outside nobody asks for that line, and nobody is to see that it was held.
    sent = on_top(raw, settings.QUARANTINE_RELEASE_HEADER) if local else raw
    letter = Letter(hold.mail_from, [hold.rcpt_to], sent, hold.mail_options)

    def note() -> None:
        with claim.writing():
            Hold.objects.filter(pk=hold.pk).update(handed_over_at=timezone.now())

    (reply,) = next_hop.hand_over(where, letter, before_dot=note)
    return reply


def _released(claim: Claim, hold: Hold) -> None:
    """It is delivered: said in the journal, and the bytes go when nobody else wants them."""

    def settle() -> None:
        Hold.objects.filter(pk=hold.pk).update(
            state=Hold.State.RELEASED, state_at=timezone.now(), trouble="", waiting_for="", retry_at=None
        )
        _record("hold.released", hold)

    _settle(claim, hold, settle)


def _hold_again(claim: Claim, hold: Hold, trouble: str) -> None:
    """It cannot be delivered: back to the quarantine, where its recipient reads why, and told of anew: the links of the
    mail before are spent."""
    kept_until = max(hold.expires_at, timezone.now() + KEPT_AFTER_FAILURE)

    def settle() -> None:
        Hold.objects.filter(pk=hold.pk).update(
            state=Hold.State.HELD, state_at=timezone.now(), expires_at=kept_until, trouble=trouble, waiting_for="",
            retry_at=None, handed_over_at=None, told_at=None,
        )  # fmt: skip
        _record("hold.delivery_failed", hold)

    _settle(claim, hold, settle)


def _settle(claim: Claim, hold: Hold, settle: Callable[[], None]) -> None:
    with claim.writing():
        settle()
        forget = held.drop_bytes(hold.content_id)
        if forget:
            transaction.on_commit(forget)


def _record(action: str, hold: Hold) -> None:
    subject = Agent.objects.filter(address=hold.recipient).first()
    journal.record(action, by=None, subject=subject, target=f"hold:{hold.pk}", target_label=hold.recipient)


def _postpone(claim: Claim, hold: Hold, code: str) -> float | None:
    """Try again later; not for ever."""
    if hold.state_at < timezone.now() - GIVEN_UP_AFTER:
        _hold_again(claim, hold, _SILENT)
        return None
    return claims.postpone(claim, code, None)


def _wait_until(claim: Claim, hold: Hold, moment: datetime) -> float:
    with claim.writing():
        Hold.objects.filter(pk=hold.pk).update(retry_at=moment, waiting_for="answer.LOST")
    return SETTLE_SECONDS
