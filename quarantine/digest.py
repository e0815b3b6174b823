"""Which mailboxes are to be told of what is held for them, and when; `quarantine.digest_mail` writes the mails.

By the clock, each mailbox at its times, when something is new or about to be erased; at once, when a sending above WARN
was held; the whole list, when somebody asks for it. A row stands for each mail. The beat makes the rows that are due
and sends what waits, so that a mail server or a worker that is down delays a mail and loses none.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as time_of_day
from email.utils import parseaddr
from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused, SMTPSenderRefused

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts import journal, notices
from accounts.handing_out import hand_out_on_commit
from accounts.models import Agent, Notice
from boxes.models import Delegation, Role
from quarantine import digest_mail, recipients, rules
from quarantine.digest_mail import Contents
from quarantine.models import Digest, Hold

log = logging.getLogger(__name__)

# After a stop, of the times that passed only the newest is made up for, and only so long.
LATE = timedelta(hours=6)
# Before it is erased, a message that nobody decided on is told of once more.
LAST_NOTICE = timedelta(days=2)
# A mailbox that gets one held message after the other is not told of each.
QUIET = timedelta(minutes=15)
ASK_AGAIN_AFTER = timedelta(minutes=10)
# What was not sent within a day is told by the next one by the clock; an address that refused is left alone as long.
GIVEN_UP_AFTER = timedelta(days=1)
# So much later than its time a mailbox that was not told is a reason to look after the portal.
GRACE = timedelta(minutes=30)
# What one run of the beat does, in seconds: the next one begins after sixty.
_SENDING_SECONDS = 35
_TOLD_AT_MOST = 5_000
_TELLING_SECONDS = 20
NOTICE_KIND = "quarantine.held"
# What a person has blocked, and not released in vain.
_NOISE = Q(reason=Hold.Reason.BLOCKED, trouble="")


@dataclass(frozen=True)
class Watch:
    """How the mails fare. late: mailboxes whose time passed long ago without a mail; waiting, failed: mails, the failed
    ones of the last day; is_silent: some are late, and not one mail has left since."""

    last_sent: datetime | None
    late: int
    waiting: int
    failed: int
    is_silent: bool


class TooSoon(Exception):
    """The list was asked for a moment ago; `sentence` says so in French."""

    sentence = "La liste a déjà été demandée il y a moins de dix minutes : regardez votre boîte de réception."


def newest_slot(times: Iterable[str], now: datetime, *, within: timedelta = LATE) -> datetime | None:
    """The latest of these times of the day that has come, today or yesterday; None when it is longer ago."""
    today = timezone.localdate(now)
    slots = [
        timezone.make_aware(datetime.combine(day, time_of_day.fromisoformat(one)))
        for one in times
        for day in (today, today - timedelta(days=1))
    ]
    return max((slot for slot in slots if now - within < slot <= now), default=None)


def make_due(now: datetime | None = None) -> int:
    """Make the rows of the mailboxes whose time has come and that have something to be told; gives how many."""
    now = now or timezone.now()
    return sum(_make(slot, wanted) for slot, wanted in due(now).items())


def due(now: datetime, *, within: timedelta = LATE) -> dict[datetime, set[str]]:
    """The mailboxes that should have been told by `now` and have something to hear, by the time at which; those for
    which a row was made are left out."""
    present = rules.present()
    slots = {newest_slot([one], now, within=within) for one in {*present.allowed_times, *present.usual_times}}
    found = {}
    for slot in sorted(one for one in slots if one):
        concerned = {one for one in _new_before(slot, now) | _soon_gone(slot, now) if recipients.is_local(one)}
        made = Digest.objects.filter(slot=slot, kind=Digest.Kind.TIMED).values_list("mailbox", flat=True)
        concerned -= set(made)
        times = rules.times_of(sorted(concerned), present) if concerned else {}
        # Nearly all have the usual times.
        newest = {one: newest_slot(one, now, within=within) for one in {tuple(one) for one in times.values()}}
        wanted = {one for one in concerned if newest[tuple(times[one])] == slot}
        if wanted:
            found[slot] = wanted
    return found


def tell_now(recipient: str) -> None:
    """Tell a mailbox at once of the messages that are held since their senders went above WARN, all in one mail. Soon
    after another such mail they are told by the clock."""
    digest = _told_at_once(recipient)
    if digest:
        send(digest.pk)


def tell_untold() -> None:
    """Make the rows for what `tell_now` left, or a worker that died."""
    now = timezone.now()
    recent = Digest.objects.filter(kind=Digest.Kind.AT_ONCE, made_at__gt=now - QUIET)
    refused = Digest.objects.filter(
        kind=Digest.Kind.AT_ONCE, state=Digest.State.FAILED, made_at__gt=now - GIVEN_UP_AFTER
    )
    waiting = _untold_limits().exclude(recipient__in=recent.values("mailbox"))
    waiting = waiting.exclude(recipient__in=refused.values("mailbox"))
    ends = time.monotonic() + _TELLING_SECONDS
    for recipient in waiting.order_by().values_list("recipient", flat=True).distinct()[:_TOLD_AT_MOST]:
        if time.monotonic() > ends:
            break
        _told_at_once(recipient)


def ask(*, mailbox: str, by: Agent | None) -> None:
    """Send the whole list to the mailbox itself. by: None for the holder of a signed link. Raises TooSoon."""
    from quarantine.tasks import send_digest

    now = timezone.now()
    with transaction.atomic():
        asked = Digest.objects.select_for_update().filter(mailbox=mailbox, kind=Digest.Kind.ASKED)
        if asked.filter(made_at__gt=now - ASK_AGAIN_AFTER).exists():
            raise TooSoon
        digest = Digest.objects.create(mailbox=mailbox, kind=Digest.Kind.ASKED)
        subject = Agent.objects.filter(address=mailbox).first()
        journal.record(
            "quarantine.list_asked", by=by, subject=subject, target="quarantine:digest", target_label=mailbox
        )
        hand_out_on_commit(send_digest, digest.pk)


def waiting() -> list[int]:
    """Mails that are to leave, the ones that somebody waits for first."""
    rows = Digest.objects.filter(state=Digest.State.WAITING).values_list("pk", "kind")
    return [pk for _, pk in sorted((kind == Digest.Kind.TIMED, pk) for pk, kind in rows)]


def send_waiting() -> int:
    """Send what waits, over one connection, for a minute at most; gives how many left. A mail server that does not
    answer is asked again by the next run."""
    ends = time.monotonic() + _SENDING_SECONDS
    sent = failures = 0
    connection = get_connection()
    try:
        for pk in waiting():
            if time.monotonic() > ends or failures > 2:
                break
            left = send(pk, connection)
            sent += left is True
            failures = failures + 1 if left is False else 0
    finally:
        connection.close()
    return sent


def send(digest_id: int, connection: BaseEmailBackend | None = None) -> bool | None:
    """Send one mail, unless that was done. The row is locked while it goes out, so that two workers send it once.

    Gives True when it left, False when the mail server has to be tried again, None when there was nothing to send.
    """
    with transaction.atomic():
        rows = Digest.objects.select_for_update(skip_locked=True)
        digest = rows.filter(pk=digest_id, state=Digest.State.WAITING).first()
        if digest is None:
            return None
        now = timezone.now()
        if now - (digest.slot or digest.made_at) > (LATE if digest.slot else GIVEN_UP_AFTER):
            _end(digest, Digest.State.FAILED)
            return None
        contents = contents_of(digest, now)
        if not contents.is_worth_it and digest.kind != Digest.Kind.ASKED:
            # Somebody has decided on all of it meanwhile.
            digest.delete()
            return None
        digest.attempts = min(digest.attempts + 1, 32_000)
        digest.count = contents.count
        try:
            digest_mail.compose(digest, contents, connection).send()
        except (SMTPException, OSError, ValueError) as error:
            log.warning("digest %s could not be sent: %s", digest.pk, type(error).__name__)
            if _is_final(error):
                _end(digest, Digest.State.FAILED)
                return None
            digest.save(update_fields=["attempts"])
            if connection:
                connection.close()
            return False
        _mark_told(contents.told, now)
        digest.sent_at = now
        _end(digest, Digest.State.SENT)
    return True


def contents_of(digest: Digest, now: datetime) -> Contents:
    """What the mail tells, as it stands now."""
    held = Hold.objects.held().filter(recipient=digest.mailbox, expires_at__gt=now)
    if digest.kind == Digest.Kind.AT_ONCE:
        return _contents(_untold_limits().filter(recipient=digest.mailbox), Hold.objects.none(), Hold.objects.none())
    blocked, others = held.filter(_NOISE), held.exclude(_NOISE)
    if digest.kind == Digest.Kind.ASKED:
        return _contents(others, Hold.objects.none(), blocked)
    slot = digest.slot or now
    before = _told_before(digest.mailbox, slot)
    soon = others.filter(told_at__isnull=False, expires_at__lte=slot + LAST_NOTICE)
    if before:
        soon = soon.filter(expires_at__gt=before + LAST_NOTICE)
    return _contents(others.filter(told_at__isnull=True), soon, blocked.filter(told_at__isnull=True))


def watch() -> Watch:
    """What staff have to know of the mails; a handful of queries."""
    now = timezone.now()
    passed = now - GRACE
    overdue = due(passed, within=timedelta(days=1))
    rows = Digest.objects.all()
    stuck = rows.filter(state=Digest.State.WAITING, made_at__lte=passed)
    since = [*overdue, *stuck.order_by("made_at").values_list("made_at", flat=True)[:1]]
    last_sent = rows.filter(state=Digest.State.SENT).aggregate(last=Max("sent_at"))["last"]
    failed = rows.filter(state=Digest.State.FAILED, made_at__gt=now - timedelta(days=1)).count()
    return Watch(
        last_sent=last_sent,
        late=len(set().union(*overdue.values(), stuck.values_list("mailbox", flat=True))),
        waiting=rows.filter(state=Digest.State.WAITING).count(),
        failed=failed,
        is_silent=bool(since) and (last_sent is None or last_sent < min(since)),
    )


def forget_old() -> None:
    """Rows older than the messages they told of: nobody looks at them any more."""
    Digest.objects.filter(made_at__lt=timezone.now() - timedelta(days=settings.QUARANTINE_DAYS + 30)).delete()


def _contents(new: QuerySet[Hold], soon: QuerySet[Hold], blocked: QuerySet[Hold]) -> Contents:
    new_ones = list(new.order_by("-held_at", "-pk").values_list("pk", flat=True)[:_TOLD_AT_MOST])
    blocked_ones = list(blocked.order_by("pk").values_list("pk", flat=True)[:_TOLD_AT_MOST])
    soon_ones = list(soon.order_by("expires_at", "pk").values_list("pk", flat=True)[:_TOLD_AT_MOST])
    return Contents(new=new_ones, soon=soon_ones, blocked=blocked_ones)


def _make(slot: datetime, mailboxes: set[str]) -> int:
    rows = [Digest(mailbox=one, slot=slot, kind=Digest.Kind.TIMED) for one in sorted(mailboxes)]
    # Another beat may be at it: the constraint keeps one of each.
    return len(Digest.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True))


def _new_before(slot: datetime, now: datetime) -> set[str]:
    """Mailboxes with something that they were not told of and that came before `slot`. What is blocked alone is no
    reason to write: it is what the person wants to hear nothing of."""
    untold = Hold.objects.held().filter(told_at__isnull=True, held_at__lte=slot, expires_at__gt=now)
    rows = untold.exclude(_NOISE).order_by()
    return set(rows.values_list("recipient", flat=True).distinct())


def _soon_gone(slot: datetime, now: datetime) -> set[str]:
    """Mailboxes with something that is erased soon, of which no notice before told so."""
    told = Hold.objects.held().filter(told_at__isnull=False, expires_at__gt=now, expires_at__lte=slot + LAST_NOTICE)
    rows = told.exclude(_NOISE).order_by()
    last = dict(rows.values_list("recipient").annotate(last=Max("expires_at")))
    if not last:
        return set()
    sent = Digest.objects.filter(kind=Digest.Kind.TIMED, state=Digest.State.SENT, slot__lt=slot).order_by()
    before = dict(sent.values_list("mailbox").annotate(before=Max("slot")))
    return {one for one, at in last.items() if one not in before or at > before[one] + LAST_NOTICE}


def _told_before(mailbox: str, slot: datetime) -> datetime | None:
    sent = Digest.objects.filter(mailbox=mailbox, kind=Digest.Kind.TIMED, state=Digest.State.SENT, slot__lt=slot)
    return sent.aggregate(last=Max("slot"))["last"]


def _untold_limits() -> QuerySet[Hold]:
    """Never of our own mails: were they held, each notice would bring about the next."""
    own = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].lower()
    rows = Hold.objects.held().filter(reason=Hold.Reason.LIMIT, told_at__isnull=True, expires_at__gt=timezone.now())
    return rows.exclude(sender=own)


def _told_at_once(recipient: str) -> Digest | None:
    """The row of the one mail that tells `recipient` now; None when there is nothing, or it was told a moment ago."""
    with transaction.atomic():
        # Two tasks for the same mailbox meet here.
        untold = _untold_limits().select_for_update().filter(recipient=recipient).order_by("pk")
        if not recipient or not list(untold.values_list("pk", flat=True)):
            return None
        rows = Digest.objects.filter(mailbox=recipient, kind=Digest.Kind.AT_ONCE)
        if recent := rows.filter(made_at__gt=timezone.now() - QUIET).first():
            return recent if recent.state == Digest.State.WAITING else None
        _notify(recipient)
        return Digest.objects.create(mailbox=recipient, kind=Digest.Kind.AT_ONCE)


def _notify(mailbox: str) -> None:
    """On screen too, once until it is read."""
    query = "" if Agent.objects.filter(address=mailbox).exists() else f"?boite={mailbox}"
    link = f"{reverse('quarantine')}{query}"
    unread = Notice.objects.filter(kind=NOTICE_KIND, link=link, read_at__isnull=True)
    told = [
        (one, f"Pour {mailbox}. Si vous l’attendiez, libérez-le depuis la quarantaine.") for one in _people(mailbox)
    ]
    known = set(unread.values_list("recipient", flat=True))
    notices.notify_each(
        [(agent, body) for agent, body in told if agent.pk not in known],
        kind=NOTICE_KIND,
        title="Un message d’un envoi en nombre est retenu",
        link=link,
    )


def _people(mailbox: str) -> list[Agent]:
    """Whoever may decide on what is held for `mailbox`."""
    own = list(Agent.objects.filter(address=mailbox, is_active=True))
    rows = Delegation.objects.active().filter(box__address=mailbox).select_related("agent")
    return own + [row.agent for row in rows if Role(row.role).writes and row.agent.is_active]


def _mark_told(pks: list[int], now: datetime) -> None:
    for start in range(0, len(pks), 500):
        Hold.objects.filter(pk__in=pks[start : start + 500], told_at__isnull=True).update(told_at=now)


def _end(digest: Digest, state: Digest.State) -> None:
    digest.state = state
    digest.save(update_fields=["state", "attempts", "count", "sent_at"])


def _is_final(error: Exception) -> bool:
    """Whether the same mail would be refused again: the address does not exist, or is none."""
    if isinstance(error, SMTPRecipientsRefused):
        return all(500 <= code < 600 for code, _ in error.recipients.values())
    if isinstance(error, (SMTPDataError, SMTPSenderRefused)):
        return 500 <= error.smtp_code < 600
    return isinstance(error, ValueError)
