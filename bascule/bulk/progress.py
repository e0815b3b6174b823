"""What the page of a wave's imports shows: how far, how fast, how long still, who failed. Reads only."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, QuerySet, Sum
from django.utils import timezone

from bascule.bulk import servers
from bascule.models import BulkPerson, BulkRun, MailServer

State = BulkRun.State
Person = BulkPerson.State

# The rate is that of the last minutes; over less time it says nothing.
SPAN = timedelta(minutes=5)
SHORTEST = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Progress:
    """rate: imports a minute, None when not known; left: None likewise."""

    run: BulkRun
    waiting: int
    rate: float | None = None
    left: timedelta | None = None

    @property
    def through(self) -> int:
        """People who are through, whatever the outcome."""
        return self.run.people_done + self.run.people_failed + self.run.people_left_out

    @property
    def percent(self) -> int:
        return 100 * self.through // self.run.people if self.run.people else 100

    @property
    def rate_label(self) -> str:
        if self.rate is None:
            return ""
        return f"{self.rate:.0f} par minute" if self.rate >= 10 else f"{self.rate:.1f} par minute".replace(".", ",")

    @property
    def left_label(self) -> str:
        if self.left is None:
            return ""
        minutes = math.ceil(self.left.total_seconds() / 60)
        if minutes < 2:
            return "moins de 2 minutes"
        if minutes < 90:
            return f"environ {minutes} minutes"
        return f"environ {minutes // 60} h {minutes % 60:02}"


def progress(run: BulkRun, now: datetime | None = None) -> Progress:
    """The counts of `run`, and its rate while it goes on."""
    now = now or timezone.now()
    if run.state == State.RUNNING:
        waiting = max(run.people - run.people_done - run.people_failed - run.people_left_out, 0)
    else:
        waiting = run.persons.filter(state=Person.WAITING).count()
    plain = Progress(run, waiting)
    if run.state != State.RUNNING or run.resumed_at is None:
        return plain
    since = max(run.resumed_at, now - SPAN)
    if now - since < SHORTEST:
        return plain
    recent = run.persons.filter(finished_at__gte=since).aggregate(imports=Sum("imports_done"), people=Count("pk"))
    if not recent["people"]:
        return plain
    seconds = (now - since).total_seconds()
    left = timedelta(seconds=waiting * seconds / recent["people"])
    return Progress(run, waiting, rate=60 * (recent["imports"] or 0) / seconds, left=left)


@dataclass(frozen=True, slots=True)
class ServerShown:
    """A server of the people of a run, what it is asked for, how it is. calm_seconds: 0 when it is not left alone."""

    server: MailServer
    parallel: int
    rate: int
    bound: int
    busy: int
    calm_seconds: int

    @property
    def is_reduced(self) -> bool:
        return self.bound < self.parallel


def servers_of(run: BulkRun | None, now: datetime | None = None) -> list[ServerShown]:
    """Those at which people of `run` have their mailboxes; before the first run, those known so far."""
    now = now or timezone.now()
    rows = MailServer.objects.order_by("host")
    if run is not None:
        rows = rows.filter(host__in=run.persons.values("server"))
    return [_shown(server, now) for server in rows.prefetch_related("slots")]


def _shown(server: MailServer, now: datetime) -> ServerShown:
    busy = sum(
        bool(slot.holder) and slot.held_until is not None and slot.held_until > now for slot in server.slots.all()
    )
    return ServerShown(
        server,
        servers.parallel_of(server),
        servers.rate_of(server),
        servers.bound_of(server),
        busy,
        max(0, math.ceil(server.calm_until - now.timestamp())),
    )


@dataclass(frozen=True, slots=True)
class Cause:
    """Failures of one kind. person: one of them."""

    code: str
    sentence: str
    people: int


def causes(run: BulkRun) -> list[Cause]:
    """Why people failed, the commonest first."""
    failed = run.persons.filter(state=Person.FAILED).order_by()
    rows = failed.values("error_code").annotate(people=Count("pk"), sentence=Min("error")).order_by("-people")
    return [Cause(row["error_code"], row["sentence"], row["people"]) for row in rows]


def people(run: BulkRun, *, state: str = "", search: str = "", order: str = "") -> QuerySet[BulkPerson]:
    """Those of `run` in that state whose name or address holds every word of `search`."""
    rows = run.persons.select_related("agent")
    if state in Person.values:
        rows = rows.filter(state=state)
    for word in search.split():
        rows = rows.filter(agent__search_text__contains=word)
    return rows.order_by(*(("agent__family_name", "agent__given_name", "pk") if order == "nom" else ("turn_at", "pk")))
