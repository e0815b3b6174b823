"""Acts on the wave of a person: into another one by hand, and back to the one that the rules give."""

from __future__ import annotations

from django.urls import reverse

from accounts.models import Agent
from bascule import planning
from bascule.help_desk.acts import Act, Prepared
from bascule.help_desk.acts_work import key_of
from bascule.help_desk.errors import NotThere, Refused
from bascule.models import Wave, WaveAssignment
from bascule.waves import members, when_text
from bascule.waves.states import WaveError

HAS_MOVED = "Cette personne est déjà transférée : elle garde la vague de son transfert."
CLOSED = (
    "La liste de cette vague, ou de celle que la personne quitte, est figée : la personne recevra aussi l’annonce de "
    "sa nouvelle date."
)


def choices() -> list[Wave]:
    """Waves that still take people, in order."""
    return planning.in_order(Wave.objects.exclude(state=Wave.State.DONE))


def when_of(wave: Wave) -> str:
    """Its date or its period, within a sentence."""
    when = when_text.of_wave(wave)
    return when_text.long_day(when.start) if when.is_exact else when.label


def _change(agent: Agent, text: str) -> Prepared:
    wave = Wave.objects.filter(pk=key_of(text)).first()
    if wave is None:
        raise NotThere
    present, _ = planning.wave_of(agent)
    refusal = HAS_MOVED if agent.has_migrated else ""
    if not refusal and wave.state == Wave.State.DONE:
        refusal = f"« {wave.name} » est terminée : personne ne peut plus y entrer."
    when = when_of(wave)
    consequences = [
        f"Vague actuelle : {present.name}." if present else "Cette personne n’est dans aucune vague.",
        f"Nouvelle vague : {wave.name} ({when}). Les règles du planning ne l’en sortiront plus.",
    ]
    if wave.state in Wave.CLOSED or (present is not None and present.state in Wave.CLOSED):
        consequences.append(CLOSED)
    return Prepared(
        title=f"Passer dans la vague « {wave.name} »",
        done=f"vous a fait passer dans la vague « {wave.name} » ({when})",
        consequences=tuple(consequences),
        run=lambda person, staff, reason: _run_change(person, wave, staff, reason),
        link=reverse("home"),
        refusal=refusal,
    )


def _run_change(person: Agent, wave: Wave, staff: Agent, reason: str) -> None:
    try:
        members.move(persons=[person], wave_id=wave.pk, reason=reason, by=staff, confirmed=True)
    except WaveError as error:
        raise Refused(error.sentence) from error


def _follow_rule(agent: Agent, _: str) -> Prepared:
    row = WaveAssignment.objects.select_related("wave").filter(agent=agent).first()
    refusal = HAS_MOVED if agent.has_migrated else ""
    if not refusal and row is None:
        refusal = "Cette personne suit déjà les règles du planning."
    return Prepared(
        title="Revenir à la vague donnée par les règles",
        done="vous a remis dans la vague que donne le planning de l’académie",
        consequences=(
            f"La personne quitte « {row.wave.name} », choisie à la main." if row else "Rien n’était choisi à la main.",
            "Sa vague suit de nouveau son établissement et sa population.",
        ),
        run=_run_follow_rule,
        link=reverse("home"),
        refusal=refusal,
    )


def _run_follow_rule(person: Agent, staff: Agent, _: str) -> None:
    try:
        members.follow_rule(persons=[person], by=staff, confirmed=True)
    except WaveError as error:
        raise Refused(error.sentence) from error


ACTS = (
    Act("changer-vague", _change, plans=True),
    Act("suivre-regles", _follow_rule, plans=True),
)
