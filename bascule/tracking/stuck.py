"""Who of a wave has not gone on, where they stopped, and since when. Reads the rows of that wave's people only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from accounts.plain_text import words
from bascule import standings, steps
from bascule.models import Standing, Wave
from bascule.steps import Step

_BEFORE, _AFTER = standings.BEFORE, standings.AFTER

# What `etat` asks for. The first is who has to be helped on.
STATES: dict[str, str] = {
    "": "En retard : une étape à faire",
    "untouched": "Rien de commencé",
    "started": "Préparation commencée",
    "waiting": "Pas encore transférées",
    "unfinished": "Transférées, étapes restantes",
    "moved_untouched": "Transférées, rien de fait depuis",
    "ready": "Prêtes pour le transfert",
    "prepared": "Préparation terminée",
    "moved": "Transférées",
    "complete": "Tout est terminé",
    "all": "Tout le monde",
}
# What is asked of the step that was chosen.
STEP_STATES: dict[str, str] = {
    "open": "À faire",
    "held_up": "C’est là qu’elles s’arrêtent",
    "done": "Faite",
    "skipped": "Non concernées",
}
SORTS: dict[str, str] = {
    "": "Depuis le plus longtemps",
    "recent": "Dernière action la plus récente",
    "name": "Par nom",
    "place": "Par établissement",
}
DAYS = (3, 7, 14, 30)


def _state(state: str) -> Q:
    none, some = Q(closed_before=0), ~Q(closed_before__in=(0, _BEFORE))
    behind, through = Q(migrated_at=None), Q(migrated_at__isnull=False)
    return {
        "untouched": behind & none,
        "started": behind & some,
        "waiting": behind,
        "unfinished": through & ~Q(closed_after=_AFTER),
        "moved_untouched": through & Q(closed_after=0),
        "ready": behind & Q(closed_before=_BEFORE),
        "prepared": Q(closed_before=_BEFORE),
        "moved": through,
        "complete": through & Q(closed_after=_AFTER),
        "all": Q(),
    }.get(state, behind & ~Q(closed_before=_BEFORE) | through & ~Q(closed_after=_AFTER))


def _step(step: Step, how: str) -> Q:
    bit = standings.bit(step.code)
    phase = Q(migrated_at=None) if step.is_before else Q(migrated_at__isnull=False)
    match how:
        case "done":
            return Q(done_here=bit)
        case "skipped":
            return Q(skipped_here=bit)
        case "held_up":
            earlier = (_BEFORE if step.is_before else _AFTER) & (bit - 1)
            return phase & Q(closed_so_far=earlier)
        case _:
            # Everybody prepares; what comes after the move is open for whoever has moved.
            return Q(done_here=0, skipped_here=0) & (Q() if step.is_before else phase)


def choose(
    wave: Wave,
    *,
    state: str = "",
    step: str = "",
    how: str = "",
    place: int | None = None,
    population: int | None = None,
    days: int | None = None,
    text: str = "",
    sort: str = "",
) -> QuerySet[Standing]:
    """Standings of active people of `wave`. place: number of the establishment, 0 for people who have none; days:
    without any action for so long; step: a code, rubbish is nothing asked for."""
    closed = F("done").bitor(F("skipped"))  # type: ignore[arg-type]  # Django takes expressions too
    rows = Standing.objects.filter(wave=wave, is_active=True).annotate(
        closed_before=closed.bitand(_BEFORE),
        closed_after=closed.bitand(_AFTER),
        since=Coalesce(Greatest("last_at", "migrated_at"), "last_at", "migrated_at"),
    )
    chosen = next((one for one in steps.STEPS if one.code == step), None)
    if chosen is not None:
        bit = standings.bit(chosen.code)
        phase = _BEFORE if chosen.is_before else _AFTER
        rows = rows.annotate(
            done_here=F("done").bitand(bit),
            skipped_here=F("skipped").bitand(bit),
            closed_so_far=closed.bitand(phase & (2 * bit - 1)),
        ).filter(_step(chosen, how))
    # With a step, everybody is meant unless a state is named.
    rows = rows.filter(_state(state if state or chosen is None else "all"))
    if place is not None:
        rows = rows.filter(establishment=place) if place else rows.filter(establishment=None)
    if population is not None:
        rows = rows.filter(population=population)
    if days is not None:
        limit = timezone.now() - timedelta(days=days)
        rows = rows.filter(Q(last_at=None) | Q(last_at__lt=limit), Q(migrated_at=None) | Q(migrated_at__lt=limit))
    for word in words(text)[:8]:
        rows = rows.filter(search_text__contains=word)
    return rows.order_by(*_order(sort)).select_related("agent", "establishment", "population")


def _order(sort: str) -> list[Any]:
    match sort:
        case "name":
            return ["name", "agent_id"]
        case "place":
            return [F("establishment__name").asc(nulls_last=True), "name", "agent_id"]
        case "recent":
            return [F("since").desc(nulls_last=True), "agent_id"]
        case _:
            # Who never did anything comes first.
            return [F("since").asc(nulls_first=True), "agent_id"]


@dataclass(frozen=True)
class Held:
    """Somebody, the step that is next (None: nothing is open), and since when nothing has happened (None: ever)."""

    standing: Standing
    step: Step | None
    open_steps: int
    since: datetime | None

    @property
    def state_label(self) -> str:
        row = self.standing
        closed = row.done | row.skipped
        if row.migrated_at is not None:
            return STATES["complete" if closed & _AFTER == _AFTER else "unfinished"]
        prepared = closed & _BEFORE
        return STATES["ready" if prepared == _BEFORE else "started" if prepared else "untouched"]

    @property
    def days(self) -> int | None:
        return (timezone.localdate() - timezone.localdate(self.since)).days if self.since else None

    @property
    def since_told(self) -> str:
        if self.days is None:
            return "jamais venue"
        return "aujourd’hui" if self.days <= 0 else "hier" if self.days == 1 else f"il y a {self.days} jours"


def held(row: Standing) -> Held:
    """As `choose` gives them."""
    moved = row.migrated_at is not None
    closed = row.done | row.skipped
    left = [step for step in steps.STEPS if step.is_before != moved and not closed & standings.bit(step.code)]
    moments = [moment for moment in (row.last_at, row.migrated_at) if moment is not None]
    return Held(row, left[0] if left else None, len(left), max(moments, default=None))
