"""The quarantine in figures, for staff: never a subject, never a sender. Reads only."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Max, Q, QuerySet
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import timezone

from accounts.models import JournalEntry
from accounts.team_waiting import Waiting
from quarantine import digest, gateway_states, recipients, rules
from quarantine.models import CompromisedSender, Digest, DigestChoice, Hold, SenderEntry

_ADDRESS = re.compile(r"[^\s<>]+@[^\s<>]+")
DAYS = 14
SENDINGS = 8
# What the journal counts of a day, in the order of the columns.
DECISIONS = {
    "hold.released": "Libérés",
    "hold.deleted": "Supprimés",
    "hold.restored": "Suppressions annulées",
    "hold.delivery_failed": "Remises échouées",
    "quarantine.expired": "Effacés sans décision",
}


@dataclass(frozen=True)
class Day:
    """counts: in the order of DECISIONS."""

    day: date
    arrived: int
    counts: list[int]

    @property
    def labelled(self) -> list[tuple[str, int]]:
        return list(zip(DECISIONS.values(), self.counts, strict=True))


@dataclass(frozen=True)
class OfMailbox:
    """What staff may know of one quarantine. by_state: label and count; last_told: when the last mail left."""

    address: str
    is_known: bool
    by_state: list[tuple[str, int]]
    by_reason: list[tuple[str, int]]
    oldest: datetime | None
    last_told: datetime | None
    failed: int
    times: list[str]
    trusted: int
    blocked: int


def held_by_reason() -> list[tuple[str, int]]:
    """How many messages wait for a decision, for each reason; one query."""
    return _by_reason(_waiting_ones())


def on_their_way() -> int:
    return Hold.objects.filter(state=Hold.State.RELEASING).count()


def in_trouble() -> QuerySet[Hold]:
    """Releases that do not get through: tried again, or given up and held once more."""
    tried = Q(state=Hold.State.RELEASING, attempts__gt=0)
    return Hold.objects.filter(tried | Q(state=Hold.State.HELD) & ~Q(trouble=""))


def troubles() -> list[tuple[str, int]]:
    """Why they do not, most frequent first: what the next server said, or a code. Without addresses, as a server may
    name the sender."""
    rows = in_trouble().order_by().values_list("trouble", "waiting_for")
    told = (_ADDRESS.sub("…", trouble or waiting_for) or "en cours" for trouble, waiting_for in rows)
    return Counter(told).most_common(10)


def days() -> list[Day]:
    """The last fortnight, the latest first: what came in and is known still, and what was decided. Three queries."""
    today = timezone.localdate()
    first = today - timedelta(days=DAYS - 1)
    begins = timezone.make_aware(datetime.combine(first, datetime.min.time()))
    came = Hold.objects.filter(held_at__gte=begins).order_by().annotate(day=TruncDate("held_at"))
    arrived = dict(came.values_list("day").annotate(count=Count("pk")))
    entries = JournalEntry.objects.filter(action__in=DECISIONS, at__gte=begins).order_by()
    decided: Counter[tuple[date, str]] = Counter()
    single = entries.exclude(action="quarantine.expired").annotate(day=TruncDate("at"))
    for day, action, count in single.values_list("day", "action").annotate(count=Count("pk")):
        decided[day, action] += count
    for at, details in entries.filter(action="quarantine.expired").values_list("at", "details"):
        decided[timezone.localdate(at), "quarantine.expired"] += details.get("count", 0)
    every = [today - timedelta(days=back) for back in range(DAYS)]
    return [Day(day, arrived.get(day, 0), [decided[day, action] for action in DECISIONS]) for day in every]


def days_table() -> Iterator[tuple[object, ...]]:
    """For a spreadsheet."""
    yield ("jour", "arrivés (encore connus)", *(label.lower() for label in DECISIONS.values()))
    for one in days():
        yield (f"{one.day:%d/%m/%Y}", one.arrived, *one.counts)


def of_mailbox(typed: str) -> OfMailbox | None:
    """Figures of the quarantine of one address; None when that is no address."""
    address = recipients.canonical(typed)
    if not address or "." not in address.rpartition("@")[2]:
        return None
    holds = Hold.objects.filter(recipient=address).order_by()
    states = dict(holds.values_list("state").annotate(count=Count("pk")))
    digests = Digest.objects.filter(mailbox=address)
    lists = dict(SenderEntry.objects.filter(mailbox=address).order_by().values_list("kind").annotate(count=Count("pk")))
    last_told = digests.filter(state=Digest.State.SENT).aggregate(last=Max("sent_at"))["last"]
    return OfMailbox(
        address=address,
        is_known=bool(states or lists or last_told),
        by_state=[(label, states.get(key, 0)) for key, label in Hold.State.choices],
        by_reason=_by_reason(_waiting_ones().filter(recipient=address)),
        oldest=_waiting_ones().filter(recipient=address).order_by("held_at").values_list("held_at", flat=True).first(),
        last_told=last_told,
        failed=digests.filter(state=Digest.State.FAILED).count(),
        times=rules.times_of([address], rules.present())[address],
        trusted=lists.get(SenderEntry.Kind.TRUST, 0),
        blocked=lists.get(SenderEntry.Kind.BLOCK, 0),
    )


@dataclass(frozen=True)
class Sending:
    """The mails of one time of the day. last: when the latest of them left."""

    slot: datetime
    sent: int
    waiting: int
    failed: int
    last: datetime | None


def sendings() -> list[Sending]:
    """The mails of the last times, the latest first; one query."""
    rows = Digest.objects.filter(kind=Digest.Kind.TIMED, slot__isnull=False).order_by("-slot").values("slot")
    counted = rows.annotate(
        sent=Count("pk", filter=Q(state=Digest.State.SENT)),
        waiting=Count("pk", filter=Q(state=Digest.State.WAITING)),
        failed=Count("pk", filter=Q(state=Digest.State.FAILED)),
        last=Max("sent_at"),
    )
    figures = counted.values_list("slot", "sent", "waiting", "failed", "last")[:SENDINGS]
    return [Sending(slot, sent, waits, failed, last) for slot, sent, waits, failed, last in figures if slot]


def choices() -> dict[str, int]:
    """How many mailboxes chose their own times ("own"), or never to be told ("never")."""
    times = list(DigestChoice.objects.values_list("times", flat=True))
    return {"own": sum(1 for one in times if one), "never": sum(1 for one in times if not one)}


def digests(state: str = "", text: str = "") -> QuerySet[Digest]:
    """Mails, the latest first."""
    rows = Digest.objects.order_by("-made_at", "-pk")
    rows = rows.filter(state=state) if state else rows
    return rows.filter(mailbox__icontains=text) if text else rows


def digests_table(state: str, text: str) -> Iterator[tuple[object, ...]]:
    """For a spreadsheet."""
    yield "boîte", "envoi", "heure prévue", "état", "messages", "essais", "parti le"
    for row in digests(state, text).iterator(chunk_size=1000):
        yield (
            row.mailbox, row.get_kind_display(), _moment(row.slot), row.get_state_display(), row.count, row.attempts,
            _moment(row.sent_at),
        )  # fmt: skip


def waiting() -> list[Waiting]:
    """What somebody of staff can act on now, for the page that staff begin with."""
    overview = reverse("staff_quarantine")
    found = [
        Waiting(
            len({name for name, _, _ in gateway_states.every().alarms}),
            "passerelle de messagerie en difficulté",
            "passerelles de messagerie en difficulté",
            reverse("gateways"),
        ),
        Waiting(
            CompromisedSender.objects.filter(released_at__isnull=True).count(),
            "compte compromis bloqué",
            "comptes compromis bloqués",
            reverse("compromised"),
        ),
        Waiting(
            in_trouble().count(),
            "message libéré qui n’a pas pu être remis",
            "messages libérés qui n’ont pas pu être remis",
            overview,
        ),
        Waiting(
            digest.watch().late,
            "boîte non prévenue de sa quarantaine",
            "boîtes non prévenues de leur quarantaine",
            reverse("staff_digest_rules"),
        ),
    ]
    return [one for one in found if one.count]


def _waiting_ones() -> QuerySet[Hold]:
    return Hold.objects.held().filter(expires_at__gt=timezone.now())


def _by_reason(rows: QuerySet[Hold]) -> list[tuple[str, int]]:
    counts = dict(rows.order_by().values_list("reason").annotate(count=Count("pk")))
    return [(label, counts.get(key, 0)) for key, label in Hold.Reason.choices]


def _moment(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%d/%m/%Y %H:%M}" if at else ""
