"""The ledger of what came through the intake, so that a message handed over again is not delivered again.

A mail server that does not hear our answer repeats the message, minutes or days later, byte for byte. Its row is
written before the message is sent on, and tells three cases apart: settled (the same answer is given), being worked on
(later), and begun by somebody who did not learn what became of it (Zimbra is asked, see `quarantine.arrivals`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.utils import timezone

from accounts import claims
from quarantine import contents
from quarantine.models import Passage

# A mail server gives up after five days (Postfix's maximal_queue_lifetime).
KEPT = timedelta(days=7)
# Zimbra may still be at a message whose answer was not heard; asked before that, it would say that there is none.
SETTLE_SECONDS = 30.0
# Longer than any hand-over lasts (see the time-outs of `quarantine.next_hop`).
LEASE = timedelta(minutes=15)


def fingerprint(raw: bytes, mail_from: str) -> bytes:
    """What tells a message from every other one, for `key_of`: made once for all its recipients."""
    found = hashlib.sha256(mail_from.encode("utf-8", "replace") + b"\0")
    found.update(raw)
    return found.digest()


def key_of(print_of_message: bytes, rcpt_to: str) -> str:
    return contents.digest(print_of_message, rcpt_to.lower().encode("utf-8", "replace"))


def look(keys: Collection[str]) -> dict[str, Passage]:
    """Rows of those keys that there are. One query."""
    return {one.key: one for one in Passage.objects.filter(key__in=keys)}


def is_worked_on(passage: Passage) -> bool:
    """Whether somebody may still be handing the message over, or the server still be at it: a repeat has to wait."""
    now = timezone.now()
    if passage.at > now - timedelta(seconds=SETTLE_SECONDS):
        return True
    alive = bool(passage.holder) and not claims.is_dead_here(passage.holder)
    return alive and passage.at > now - LEASE


def start(keys: Collection[str], holder: str) -> set[str]:
    """Note that `holder` begins to hand these over. Gives those keys that are its own now: for the others somebody
    else was quicker."""
    now = timezone.now()
    # In order, so that two who begin with the same ones wait for each other and do not lock up.
    rows = [Passage(key=key, state=Passage.State.STARTED, at=now, holder=holder) for key in sorted(keys)]
    Passage.objects.bulk_create(rows, ignore_conflicts=True)
    return set(Passage.objects.filter(key__in=keys, holder=holder).values_list("key", flat=True))


def take_over(passage: Passage, holder: str) -> bool:
    """As `start`, for one that was begun before, as `passage` was read. False: somebody else was quicker."""
    same = Passage.objects.filter(
        key=passage.key, state=Passage.State.STARTED, at=passage.at, holder=passage.holder
    )  # fmt: skip
    return bool(same.update(holder=holder, at=timezone.now()))


def delivered(keys: Collection[str], holder: str) -> None:
    Passage.objects.filter(key__in=keys, holder=holder).update(state=Passage.State.DELIVERED, holder="")


def unknown(keys: Collection[str], holder: str) -> None:
    """The answer was lost: nobody is at them any more, and Zimbra will have to be asked."""
    Passage.objects.filter(key__in=keys, holder=holder).update(holder="", at=timezone.now())


def forget(keys: Collection[str], holder: str) -> None:
    """They were not taken: the mail server will bring them again, or has been told that they are refused."""
    Passage.objects.filter(key__in=keys, holder=holder, state=Passage.State.STARTED).delete()


def arrived(passage: Passage) -> None:
    """Zimbra says that it has the message of `passage`, as that was read."""
    Passage.objects.filter(key=passage.key).update(state=Passage.State.DELIVERED, holder="")


def held(keys: Iterable[str]) -> None:
    """In the transaction that writes the holds."""
    now = timezone.now()
    rows = [Passage(key=key, state=Passage.State.HELD, at=now) for key in sorted(keys)]
    Passage.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["key"], update_fields=["state", "at", "holder"]
    )


def forget_old(now: datetime) -> int:
    """Remove those after which no mail server asks any more; gives how many."""
    return Passage.objects.filter(at__lt=now - KEPT).delete()[0]
