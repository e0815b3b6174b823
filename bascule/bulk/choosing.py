"""What a wave's imports are about: the collections that its people deposited and have never had imported.

A collection with any import at all is its owner's business: it is there already, was taken back, or stopped and waits
for a decision. Whoever has not moved has no mailbox to fill; whoever asked to be left alone is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from accounts.models import Agent
from bascule.models import BulkRun, Deposit, Import, OwnImports, ReadCollection, Standing, Wave

Kind = ReadCollection.Kind

_READABLE = (Deposit.Kind.UNKNOWN, Deposit.Kind.CONTACTS, Deposit.Kind.CALENDAR)


def readable() -> QuerySet[ReadCollection]:
    """Collections with something in them, of deposits that were read."""
    return ReadCollection.objects.filter(deposit__state=Deposit.State.READ, item_count__gt=0)


def untouched() -> QuerySet[ReadCollection]:
    """Those of them that nobody has ever had imported."""
    return readable().filter(~Exists(Import.objects.filter(collection=OuterRef("pk"))))


def of_person(agent: Agent, *, received_by: datetime) -> QuerySet[ReadCollection]:
    """What there is to import for `agent` among the files received by that moment, the oldest first."""
    mine = untouched().filter(deposit__agent=agent, deposit__received_at__lte=received_by)
    return mine.select_related("deposit").defer("outline", "deposit__remarks").order_by("deposit_id", "position")


@dataclass(frozen=True, slots=True)
class Amount:
    """imports: collections; items: what they hold."""

    imports: int = 0
    items: int = 0


@dataclass(frozen=True, slots=True)
class KindAmount:
    label: str
    amount: Amount


@dataclass(slots=True)
class Preview:
    """What a run would do, and what it would leave out, and why. people: who would be served."""

    people: int = 0
    in_wave: int = 0
    moved: int = 0
    on_their_own: int = 0
    kinds: list[KindAmount] = field(default_factory=list)
    total: Amount = field(default_factory=Amount)
    imported: Amount = field(default_factory=Amount)
    not_moved: Amount = field(default_factory=Amount)
    own: Amount = field(default_factory=Amount)
    unreadable: int = 0
    being_read: int = 0
    empty: int = 0


def preview(wave: Wave) -> Preview:
    """The counts of `wave` as it is now; a handful of statements over the wave's people."""
    people = Standing.objects.filter(wave=wave, is_active=True)
    found = Preview()
    own = Exists(OwnImports.objects.filter(agent=OuterRef("agent_id")))
    counts = people.aggregate(
        all=Count("pk"), moved=Count("pk", filter=Q(migrated_at__isnull=False)), own=Count("pk", filter=Q(own))
    )
    found.in_wave, found.moved, found.on_their_own = counts["all"], counts["moved"], counts["own"]
    _add_collections(found, wave)
    _add_deposits(found, wave)
    theirs = untouched().filter(deposit__agent=OuterRef("agent_id"))
    found.people = people.filter(~own, Exists(theirs), migrated_at__isnull=False).count()
    return found


def _in_wave(wave: Wave, path: str) -> dict[str, object]:
    return {f"{path}__standing__wave": wave, f"{path}__standing__is_active": True}


def _add_collections(found: Preview, wave: Wave) -> None:
    rows = (
        readable()
        .filter(**_in_wave(wave, "deposit__agent"))
        .annotate(
            imported=Exists(Import.objects.filter(collection=OuterRef("pk"))),
            own=Exists(OwnImports.objects.filter(agent=OuterRef("deposit__agent_id"))),
            waits=Q(deposit__agent__standing__migrated_at__isnull=True),
        )
        .order_by()
        .values("kind", "imported", "own", "waits")
        .annotate(many=Count("pk"), items=Sum("item_count"))
    )
    by_kind: dict[str, Amount] = {}
    for row in rows:
        amount = Amount(row["many"], row["items"])
        if row["imported"]:
            found.imported = _sum(found.imported, amount)
        elif row["waits"]:
            found.not_moved = _sum(found.not_moved, amount)
        elif row["own"]:
            found.own = _sum(found.own, amount)
        else:
            by_kind[row["kind"]] = _sum(by_kind.get(row["kind"], Amount()), amount)
            found.total = _sum(found.total, amount)
    found.kinds = [KindAmount(kind.label, by_kind[kind]) for kind in Kind if kind in by_kind]


def _sum(one: Amount, other: Amount) -> Amount:
    return Amount(one.imports + other.imports, one.items + other.items)


def _add_deposits(found: Preview, wave: Wave) -> None:
    deposits = Deposit.objects.filter(**_in_wave(wave, "agent"), kind__in=_READABLE)
    counts = deposits.aggregate(
        unreadable=Count("pk", filter=Q(state=Deposit.State.UNREADABLE)),
        being_read=Count("pk", filter=Q(state__in=(Deposit.State.RECEIVED, Deposit.State.READING))),
    )
    found.unreadable, found.being_read = counts["unreadable"], counts["being_read"]
    found.empty = ReadCollection.objects.filter(
        **_in_wave(wave, "deposit__agent"), deposit__state=Deposit.State.READ, item_count=0
    ).count()


def enlist(run: BulkRun, *, host: str) -> int:
    """A row for each person whom `run` serves, in one statement; gives how many. host: the server of whoever's own is
    not known."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO bascule_bulkperson (run_id, agent_id, server, state, imports_planned, imports_done, items_added,
                items_present, items_refused, turn_at, begun, finished_at, error_code, error, waiting_for, attempts,
                retry_at, holder, held_until)
            SELECT %s, s.agent_id, CASE WHEN s.mail_host = '' THEN %s ELSE s.mail_host END, 'waiting', COUNT(*), 0, 0,
                0, 0, %s, 0, NULL, '', '', '', 0, NULL, '', NULL
            FROM bascule_standing s
            JOIN bascule_deposit d ON d.agent_id = s.agent_id
            JOIN bascule_readcollection c ON c.deposit_id = d.id
            WHERE s.wave_id = %s AND s.is_active AND s.migrated_at IS NOT NULL
                AND d.state = 'read' AND c.item_count > 0
                AND NOT EXISTS (SELECT 1 FROM bascule_import i WHERE i.collection_id = c.id)
                AND NOT EXISTS (SELECT 1 FROM bascule_ownimports o WHERE o.agent_id = s.agent_id)
            GROUP BY s.agent_id, s.mail_host
            """,
            [run.pk, host, timezone.now(), run.wave_id],
        )
        return max(cursor.rowcount, 0)


def items_of(run: BulkRun) -> int:
    """How many items the people of `run` have waiting."""
    waiting = untouched().filter(deposit__agent__bulk_parts__run=run)
    return int(waiting.aggregate(all=Sum(F("item_count")))["all"] or 0)
