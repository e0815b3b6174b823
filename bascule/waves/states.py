"""The states of a wave: one table of moves, one function that makes them.

              freeze               start             finish
    PLANNED ─────────► FROZEN ─────────► UNDER_WAY ─────────► DONE
            ◄─────────        ◄─────────           ◄─────────
             unfreeze         take back              reopen

Frozen or under way, the list of people is closed (`bascule.standings`). What else a move brings with it, and who may
make it when, stands in `bascule.waves.running`.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import Agent
from bascule import standings
from bascule.models import Wave

State = Wave.State

MOVES: dict[str, set[str]] = {
    State.PLANNED: {State.FROZEN},
    State.FROZEN: {State.UNDER_WAY, State.PLANNED},
    State.UNDER_WAY: {State.DONE, State.FROZEN},
    State.DONE: {State.UNDER_WAY},
}


class WaveError(Exception):
    """What was asked of a wave cannot be done. sentence: French, says why and what to do."""

    def __init__(self, sentence: str = "") -> None:
        super().__init__(sentence or type(self).__name__)
        self.sentence = sentence or self.sentence

    sentence = "Cette action n’est pas possible."


class NotStaff(WaveError):
    sentence = "Seule l’équipe DSI décide des vagues."


class Gone(WaveError):
    sentence = "Cette vague n’existe plus."


class Changed(WaveError):
    """Somebody else changed the wave since it was looked at."""


class WrongState(WaveError):
    """The wave is not in a state from which that move leads."""


def locked(wave_id: int, *, by: Agent, version: int | None) -> Wave:
    """The wave, with the planning locked until the transaction ends, for a change that `by` asks for.

    version: of the wave that `by` has looked at; None: whatever it is. Raises NotStaff, Gone, Changed.
    """
    standings.lock_planning()
    if not Agent.objects.filter(pk=by.pk, is_staff=True, is_active=True).exists():
        raise NotStaff
    wave = Wave.objects.select_related("changed_by").filter(pk=wave_id).first()
    if wave is None:
        raise Gone
    if version is not None and wave.version != version:
        raise Changed(changed_sentence(wave))
    return wave


def changed_sentence(wave: Wave) -> str:
    """« Vague 3 » a été modifiée par Marie Payet à 14:05."""
    who = wave.changed_by.full_name if wave.changed_by else "le portail"
    when = ""
    if wave.changed_at is not None:
        at = timezone.localtime(wave.changed_at)
        day = "" if at.date() == timezone.localdate() else f" le {date_format(at, 'j F')}"
        when = f"{day} à {at:%H:%M}"
    return f"« {wave.name} » a été modifiée par {who}{when} : relisez ce qui suit avant de recommencer."


def need(wave: Wave, since: str) -> None:
    """Raises WrongState unless `wave` is in state `since`."""
    if wave.state != since:
        now, wanted = State(wave.state).label.lower(), State(since).label.lower()
        raise WrongState(f"« {wave.name} » est {now} : cette action demande une vague {wanted}.")


def move(wave: Wave, *, since: str, to: str, by: Agent | None, **fields: Any) -> None:
    """Bring `wave` from state `since` to state `to` and set `fields` with it, in one UPDATE; the planning is locked.

    Raises WrongState, Changed; KeyError or AssertionError for a move that the table does not hold.
    """
    assert to in MOVES[since], (since, to)
    need(wave, since)
    count_up(wave, by=by, state=to, **fields)


def count_up(wave: Wave, *, by: Agent | None, **fields: Any) -> None:
    """Write `fields` as a change of the wave that `by` made: whoever looked at it before hears of it."""
    values = fields | {"changed_at": timezone.now(), "changed_by": by, "version": models.F("version") + 1}
    if not Wave.objects.filter(pk=wave.pk, version=wave.version).update(**values):
        raise Changed(changed_sentence(wave))
    wave.refresh_from_db()
