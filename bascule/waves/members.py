"""Persons moved by hand to another wave than the rules give, and back: the one writer of `WaveAssignment`.

Who has moved already keeps the wave he or she moved with, and a wave that is done takes nobody any more. Into a wave
whose list is closed, or out of one, only when whoever asks has confirmed it: these people were told a date, and are
told the new one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from accounts import journal, notices
from accounts.models import Agent
from bascule import planning, standings
from bascule.models import Standing, Wave, WaveAssignment
from bascule.waves import running, states, when_text
from bascule.waves.editing import NeedsConfirmation, Refused, need_staff

MOST_REASON = 200
# Moved by one form or list; more are a matter of the rules.
MOST_PERSONS = 5_000
# Mails to more people keep to the academy's sending limits.
_TOLD_AT_ONCE = 20


@dataclass
class Moved:
    """What became of each person."""

    moved: list[Agent] = field(default_factory=list)
    same: list[Agent] = field(default_factory=list)
    # Those who have moved already, and stay where they were.
    kept: list[Agent] = field(default_factory=list)
    told: list[Agent] = field(default_factory=list)


@transaction.atomic
def move(*, persons: Sequence[Agent], wave_id: int, reason: str, by: Agent, confirmed: bool = False) -> Moved:
    """Put `persons` into the wave, whatever the rules say. confirmed: also out of and into waves whose list is closed.

    Raises WaveError: Gone, Refused for a wave that is done, NeedsConfirmation.
    """
    wave = states.locked(wave_id, by=by, version=None)
    running.refuse_while_moving(wave)
    if wave.state == Wave.State.DONE:
        raise Refused(f"« {wave.name} » est terminée : personne ne peut plus y entrer. Choisissez une autre vague.")
    rows = _rows(persons)
    outcome = Moved()
    moving: list[tuple[Agent, Standing]] = []
    chosen = dict(WaveAssignment.objects.filter(agent__in=list(rows)).values_list("agent_id", "wave_id"))
    for row in rows.values():
        if row.migrated_at is not None:
            outcome.kept.append(row.agent)
        elif row.wave_id == wave.pk and chosen.get(row.agent_id) == wave.pk:
            outcome.same.append(row.agent)
        else:
            moving.append((row.agent, row))
    _refuse_busy([row for _, row in moving])
    closed = [row.agent for _, row in moving if _is_closed(row) or wave.state in Wave.CLOSED]
    if closed and not confirmed:
        raise NeedsConfirmation(_closed_sentence(closed, wave))
    reason = " ".join(reason.replace("\0", " ").split())[:MOST_REASON]
    WaveAssignment.objects.bulk_create(
        [WaveAssignment(agent=agent, wave=wave, reason=reason, by=by, at=timezone.now()) for agent, _ in moving],
        update_conflicts=True,
        unique_fields=["agent"],
        update_fields=["wave", "reason", "by", "at"],
    )
    outcome.moved = [agent for agent, _ in moving]
    details = [(agent, {"name": agent.full_name, "before": _name(row.wave), "reason": reason}) for agent, row in moving]
    journal.record_each("wave.person_moved", details, by=by, target=f"wave:{wave.pk}", target_label=wave.name)
    standings.refresh(outcome.moved)
    outcome.told = _tell([(row, wave) for _, row in moving if _is_closed(row) or wave.state in Wave.CLOSED])
    return outcome


@transaction.atomic
def follow_rule(*, persons: Sequence[Agent], by: Agent, confirmed: bool = False) -> Moved:
    """Have `persons` go with the wave that the rules give them; undoes `move`. Raises WaveError as it does."""
    standings.lock_planning()
    need_staff(by)
    outcome = Moved()
    rows = _rows(persons)
    chosen = set(WaveAssignment.objects.filter(agent__in=list(rows)).values_list("agent_id", flat=True))
    moving = []
    for row in rows.values():
        if row.migrated_at is not None:
            outcome.kept.append(row.agent)
        elif row.agent_id not in chosen:
            outcome.same.append(row.agent)
        else:
            moving.append(row)
    _refuse_busy(moving)
    closed = [row.agent for row in moving if _is_closed(row)]
    if closed and not confirmed:
        raise NeedsConfirmation(_closed_sentence(closed, None))
    numbers = [row.agent_id for row in moving]
    WaveAssignment.objects.filter(agent__in=numbers).delete()
    # A wave whose list is closed keeps its people: only now are they none of them.
    Standing.objects.filter(agent__in=numbers).update(wave=None, why="", changed_at=timezone.now())
    standings.refresh([row.agent for row in moving])
    outcome.moved = [row.agent for row in moving]
    waves = planning.waves_of(outcome.moved)
    journal.record_each(
        "wave.person_follows",
        [(row.agent, {"name": row.agent.full_name, "before": _name(row.wave)}) for row in moving],
        by=by,
    )
    outcome.told = _tell(
        [
            (row, after)
            for row in moving
            if (after := waves.get(row.agent_id)) != row.wave and (_is_closed(row) or (after and _closed(after)))
        ]
    )
    return outcome


def _rows(persons: Sequence[Agent]) -> dict[int, Standing]:
    """The persons' rows as they are now; whoever has none yet gets one. Raises Refused for too many."""
    numbers = list(dict.fromkeys(agent.pk for agent in persons))
    if len(numbers) > MOST_PERSONS:
        raise Refused(
            f"C’est trop de personnes à la fois ({MOST_PERSONS} au plus) : ajoutez plutôt leur établissement."
        )
    rows = Standing.objects.select_related("agent", "wave")
    found = {row.agent_id: row for row in rows.filter(agent__in=numbers).order_by("agent")}
    missing = [agent for agent in persons if agent.pk not in found]
    if missing:
        standings.refresh(missing)
        found |= {row.agent_id: row for row in rows.filter(agent__in=[agent.pk for agent in missing])}
    return found


def _refuse_busy(rows: Collection[Standing]) -> None:
    """Raises running.Busy for a wave whose people are noted as moved just now."""
    for wave in {row.wave for row in rows if row.wave is not None and row.wave.state != Wave.State.PLANNED}:
        running.refuse_while_moving(wave)


def _closed(wave: Wave) -> bool:
    return wave.state in Wave.CLOSED


def _is_closed(row: Standing) -> bool:
    return row.wave is not None and _closed(row.wave)


def _name(wave: Wave | None) -> str:
    return wave.name if wave else "aucune vague"


def _closed_sentence(closed: Collection[Agent], wave: Wave | None) -> str:
    first, others = next(iter(closed)), len(closed) - 1
    who = first.full_name if not others else f"{first.full_name} et {others} autre{'s' if others > 1 else ''} personne"
    who += "s" if others > 1 else ""
    if wave is not None and _closed(wave):
        where = f"« {wave.name} » est {wave.get_state_display().lower()} : sa liste est close."
    else:
        where = "La liste de la vague actuelle est close, et une date a déjà été annoncée."
    whom = "leur" if others else "lui"
    return f"{where} Confirmez pour {who} : la nouvelle date {whom} sera annoncée par message."


def _tell(told: list[tuple[Standing, Wave | None]]) -> list[Agent]:
    """Notices with the new date for those who were told another, or go with a wave whose people were told."""
    by_wave: dict[int, tuple[Wave | None, list[Agent]]] = {}
    for row, wave in told:
        by_wave.setdefault(wave.pk if wave else 0, (wave, []))[1].append(row.agent)
    for wave, agents in by_wave.values():
        notices.notify_each(
            [(agent, _body(wave)) for agent in agents],
            kind="wave.moved",
            title="La date de votre bascule change",
            link="/",
            by_mail=True,
            in_turn=len(agents) > _TOLD_AT_ONCE,
        )
        numbers = [agent.pk for agent in agents]
        Standing.objects.filter(agent__in=numbers).update(told_wave=wave, told_date=wave.date if wave else None)
    return [row.agent for row, _ in told]


def _body(wave: Wave | None) -> str:
    if wave is None:
        return (
            "Votre messagerie ne bascule plus à la date qui vous avait été annoncée. La nouvelle date n’est pas "
            "encore fixée : vous serez prévenu(e)."
        )
    when = when_text.of_wave(wave)
    told = f"le {when_text.long_day(when.start)}" if when.is_exact else f"pendant cette période : {when.label}"
    return (
        f"Votre messagerie basculera avec une autre vague que prévu (« {wave.name} ») : {told}. Préparez votre "
        "bascule dans le portail avant cette date."
    )
