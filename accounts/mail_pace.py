"""How fast the portal may write to many people without being held under the academy's own sending limits.

The limits belong to another application, which registers itself. Besides what that counts, the portal keeps a tally of
what it sent itself, by the minute: it holds when the counters do not answer, and where the portal's mail does not pass
the gateways that count.
"""

from __future__ import annotations

import datetime as dt
from email.utils import parseaddr
from typing import Protocol

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum

from accounts.models import MailTally

# Longer than the longest window of the limits (600 minutes).
_KEPT = dt.timedelta(days=2)


class Pace(Protocol):
    """The limits, as the portal's sender address meets them. at: aware."""

    def room(self, sender: str, at: dt.datetime) -> int:
        """Recipients that `sender` may write to at `at`, 0 or more. May ask the counters: for tasks only."""
        ...

    def ends(self, sender: str, recipients: int, at: dt.datetime) -> dt.datetime | None:
        """When the last of so many would go if they go as fast as they may from `at` on; None: not within two weeks.
        Never asks the counters: for pages."""
        ...


_paces: list[Pace] = []


def register(pace: Pace) -> None:
    """Add limits that the portal's mail has to keep to (called from an AppConfig); once is enough."""
    if pace not in _paces:
        _paces.append(pace)


def room(at: dt.datetime, sender: str = "") -> int | None:
    """Recipients that the portal may write to at `at` under all limits; None: nobody limits it. For tasks.

    sender: address, the portal's own when empty.
    """
    return min((pace.room(sender or own_address(), at) for pace in _paces), default=None)


def ends(recipients: int, at: dt.datetime, sender: str = "") -> dt.datetime | None:
    """When so many mails that may go from `at` on are all gone: `at` itself where nobody limits them; None: later than
    in two weeks."""
    found = [pace.ends(sender or own_address(), recipients, at) for pace in _paces]
    known = [one for one in found if one is not None]
    return None if len(known) < len(found) else max(known, default=at)


def own_address() -> str:
    """Sender of the portal's mails, without a name."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].lower()


def note_sent(recipients: int, at: dt.datetime) -> None:
    """The portal has just written to so many; called by whoever sends, once the mail server took the mail."""
    minute = at.replace(second=0, microsecond=0)
    if MailTally.objects.filter(minute=minute).update(recipients=F("recipients") + recipients):
        return
    with transaction.atomic():
        MailTally.objects.get_or_create(minute=minute)
        MailTally.objects.filter(minute=minute).update(recipients=F("recipients") + recipients)
        MailTally.objects.filter(minute__lt=at - _KEPT).delete()


def sent_within(seconds: int, at: dt.datetime) -> int:
    """Recipients that the portal wrote to within so many seconds before `at`, a minute more rather than less."""
    begins = (at - dt.timedelta(seconds=seconds)).replace(second=0, microsecond=0)
    rows = MailTally.objects.filter(minute__gte=begins, minute__lte=at)
    return rows.aggregate(total=Sum("recipients"))["total"] or 0


def take(wanted: int, at: dt.datetime) -> int:
    """As many of `wanted` recipients as there is room for now, counted at once: two workers never take the same room.
    0: wait a minute. What was not used goes back by `give_back`. For tasks."""
    with transaction.atomic():
        minute = at.replace(second=0, microsecond=0)
        _, is_new = MailTally.objects.get_or_create(minute=minute)
        MailTally.objects.select_for_update().get(minute=minute)
        if is_new:
            MailTally.objects.filter(minute__lt=at - _KEPT).delete()
        there = room(at)
        granted = wanted if there is None else min(wanted, there)
        note_sent(granted, at)
    return granted


def give_back(recipients: int, at: dt.datetime) -> None:
    """So many of those taken at `at` were not written to."""
    rows = MailTally.objects.filter(minute=at.replace(second=0, microsecond=0), recipients__gte=recipients)
    rows.update(recipients=F("recipients") - recipients)
