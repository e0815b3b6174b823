"""What a worker does with a census, whatever state it finds it in. The one door for tasks.

A worker stays for a few seconds, then lets others have their turn. Where it is killed the next one goes on; without the
portal's own access the password is then gone with it, and the census waits for the person to type it again.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts import claims, one_off, sealing
from accounts.handing_out import hand_out
from bascule.mailbox_check import access, door, ending, handing, scanning, seats, states
from bascule.mailbox_check.errors import CheckError, ServerAway, ServerFault, WrongPassword
from bascule.models import MailboxCensus, MailboxSide

log = logging.getLogger(__name__)

State = MailboxCensus.State

# How long a worker reads before whatever else waits has its turn.
SLICE_SECONDS = 20.0
# All connections to the server are in use: time to come again.
SEAT_SECONDS = 3.0
# Slices in a row that brought nothing: of a server that does not answer, or of a mailbox that brings workers down.
MAX_ATTEMPTS = 8
FIRST_PAUSE, LONGEST_PAUSE = 5, 300
# A job of which no worker has heard for so long has lost its message, and the password with it.
SILENCE = timedelta(minutes=15)


def carry(census_id: int, ticket: str = "") -> None:
    """Bring the census on. Safe to run at any time, any number of times, by any number of workers.

    ticket: of the one-off password; "" where the portal has its own access.
    """
    from bascule.tasks import carry_mailbox_census

    at_work = [*MailboxCensus.AT_WORK, State.NEEDS_PASSWORD] if ticket else MailboxCensus.AT_WORK
    claim = claims.take(MailboxCensus, census_id, state__in=at_work, delegated=not ticket)
    if claim is None:
        return
    again_in: float | None = None
    try:
        again_in = _slice(claim, ticket)
    except claims.ClaimLost:
        log.info("mailbox census %s: given up, or another worker took over", census_id)
    finally:
        claim.release()
    if again_in is None:
        if ticket:
            one_off.forget(ticket)
        else:
            # Of a whole wave's, the next need not wait for the clock.
            for other in waiting()[:1]:
                hand_out(carry_mailbox_census, other)
        return
    try:
        handing.tell_again(carry_mailbox_census, census_id, ticket, in_seconds=again_in)
    except one_off.QueueAway:
        _await_password([census_id])


def waiting() -> list[int]:
    """Censuses by the portal's own access with something to do and nobody alive at it: as many of each server as
    connections are free. Those whose password is gone are noted so."""
    now = timezone.now()
    typed = MailboxCensus.objects.filter(delegated=False, state__in=MailboxCensus.AT_WORK)
    silent = typed.filter(Q(told_at__lt=now - SILENCE) | Q(told_at=None, created_at__lt=now - handing.LASTS))
    cut_off = list(claims.without_live_holder(typed.exclude(holder="")))
    _await_password([*cut_off, *claims.without_live_holder(silent.filter(holder=""))])
    found: list[int] = []
    for side in MailboxSide.values:
        due = MailboxCensus.objects.filter(side=side, delegated=True, state__in=MailboxCensus.AT_WORK)
        due = due.filter(Q(retry_at=None) | Q(retry_at__lte=now)).order_by("pk")
        room = seats.free(access.server(side))
        found += claims.without_live_holder(due[: room * 4])[:room]
    return found


def _await_password(keys: list[int]) -> None:
    rows = MailboxCensus.objects.filter(pk__in=keys, state__in=MailboxCensus.AT_WORK, delegated=False)
    rows.update(state=State.NEEDS_PASSWORD, holder="", held_until=None, waiting_for="password")


def _slice(claim: claims.Claim, ticket: str) -> float | None:
    """Read for a while. The seconds after which to come again; None when there is nothing to come for."""
    census = MailboxCensus.objects.select_related("agent", "against").get(pk=claim.pk)
    server = access.server(census.side)
    seat = seats.sit(server)
    if seat is None:
        MailboxCensus.objects.filter(pk=claim.pk).update(told_at=timezone.now())
        return SEAT_SECONDS
    try:
        password = ""
        if ticket:
            password = one_off.open_ticket(ticket, purpose=handing.purpose("census", census.pk))
        _begin(claim)
        if census.attempts >= MAX_ATTEMPTS:
            raise ServerFault(ServerAway.sentence, code=census.waiting_for or claims.INTERNAL)
        with door.opened(server, census.agent, password) as mailbox:
            until = time.monotonic() + SLICE_SECONDS
            if scanning.read(claim, seat, mailbox, sealing.unseal(bytes(census.key)), until=until):
                return 0.0
        ending.finish(claim, census)
    except (one_off.SecretGone, WrongPassword) as error:
        _stop_for_password(claim, error)
    except ServerAway as error:
        return _pause(claim, error)
    except CheckError as error:
        ending.fail(claim, census, error)
    finally:
        seat.release()
    return None


def _begin(claim: claims.Claim) -> None:
    """An attempt is counted before it is made: one that ends with its worker counts too."""
    now = timezone.now()
    begun = claim.renewed(state__in=[*MailboxCensus.AT_WORK, State.NEEDS_PASSWORD]) and MailboxCensus.objects.filter(
        pk=claim.pk
    ).update(
        state=State.RUNNING,
        started_at=Coalesce("started_at", now),
        attempts=F("attempts") + 1,
        told_at=now,
        retry_at=None,
        error_code="",
        error="",
    )
    if not begun:
        raise claims.ClaimLost


def _stop_for_password(claim: claims.Claim, error: one_off.SecretGone | WrongPassword) -> None:
    refused = isinstance(error, WrongPassword)
    if claim.renewed(state__in=MailboxCensus.AT_WORK):
        states.move(
            claim.pk,
            to=State.NEEDS_PASSWORD,
            finished_at=None,
            waiting_for="password",
            error_code=error.code if isinstance(error, WrongPassword) else "",
            error=error.sentence if refused else "",
        )


def _pause(claim: claims.Claim, error: ServerAway) -> float:
    """The server is left alone for a while: twice as long each time."""
    attempts = MailboxCensus.objects.values_list("attempts", flat=True).get(pk=claim.pk)
    seconds = min(FIRST_PAUSE * 2 ** max(attempts - 1, 0), LONGEST_PAUSE)
    with states.writing(claim):
        MailboxCensus.objects.filter(pk=claim.pk).update(
            waiting_for=error.code, retry_at=timezone.now() + timedelta(seconds=seconds)
        )
    log.warning("mailbox census %s waits %s s: %s", claim.pk, seconds, type(error.__cause__).__name__)
    return float(seconds)
