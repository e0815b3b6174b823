"""What a page shows of a replay: its acts and what became of each, how far it is, what differs afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from accounts import sealing
from bascule.models import Replay
from bascule.replays.acts import Outcome
from bascule.replays.procedures import procedure_of
from bascule.replays.run import detail_of, memory_of

_OUTCOMES = {
    Outcome.DONE: "Fait",
    Outcome.PRESENT: "Déjà en place",
    Outcome.UNDONE: "Annulé",
    Outcome.LEFT: "Laissé tel quel",
}
_BEGUN = "En cours"
_TO_DO = "À faire"


@dataclass(frozen=True, slots=True)
class ActShown:
    """label: what it does. outcome: code, "" when it is not done. detail: French, what the act has to add."""

    label: str
    outcome: str
    outcome_label: str
    detail: str = ""


def acts_of(replay: Replay) -> list[ActShown]:
    """All acts in their order; none when the row can no longer be opened."""
    try:
        acts = procedure_of(replay.kind).acts(sealing.unseal_json(bytes(replay.plan)))
        memory = memory_of(replay)
    except sealing.CannotOpen:
        return []
    shown = []
    for act in acts:
        known = memory.get(act.key, {})
        outcome = known.get("outcome", "")
        label = _OUTCOMES[Outcome(outcome)] if outcome else _BEGUN if known else _TO_DO
        shown.append(ActShown(act.label, outcome, label, known.get("detail", "")))
    return shown


def findings_of(replay: Replay) -> list[str]:
    """What differed when everything was read back, in French; empty when nothing did, or it can't be opened."""
    try:
        found: list[str] = sealing.unseal_json(bytes(replay.findings)) if replay.findings else []
    except sealing.CannotOpen:
        return []
    return found


def done_of(replay: Replay) -> str:
    """What a replay that is through has come to, in French."""
    procedure = procedure_of(replay.kind)
    if procedure.summary is None:
        return procedure.done
    try:
        return procedure.summary(sealing.unseal_json(bytes(replay.plan)), memory_of(replay))
    except sealing.CannotOpen:
        return ""


def error_of(replay: Replay) -> str:
    """Why it stopped, as the person may read it; the row and the notice say less."""
    return " ".join(filter(None, (replay.error, detail_of(replay)))) if replay.error else ""


def percent(replay: Replay) -> int:
    if replay.state == Replay.State.DONE:
        return 100
    return replay.settled * 100 // replay.total if replay.total else 0


def title_of(replay: Replay) -> str:
    """What is carried, for headings and the journal: the kind, and the address of the list."""
    return f"{replay.get_kind_display()} {replay.of_list.address}" if replay.of_list else replay.get_kind_display()


def page_of(replay: Replay) -> str:
    return reverse("replay_detail", args=(replay.pk,))
