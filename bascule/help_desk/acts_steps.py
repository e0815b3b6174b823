"""Acts on the steps of the checklist."""

from __future__ import annotations

from collections.abc import Callable

from django.urls import reverse

from accounts.models import Agent
from bascule import checklist, steps
from bascule.help_desk.acts import Act, Prepared
from bascule.help_desk.errors import NotThere, Refused
from bascule.models import StepState
from bascule.steps import Step

LOCKED = "La boîte de cette personne n’est pas encore transférée : cette étape s’ouvrira après."
NOT_OPTIONAL = "Cette étape concerne tout le monde : elle ne peut pas être écartée."

_Write = Callable[..., None]


def _prepare(title: str, done: str, consequence: str, state: str, write: _Write) -> Callable[[Agent, str], Prepared]:
    def prepare(agent: Agent, code: str) -> Prepared:
        step = _step(code)
        return Prepared(
            title=title.format(step.title),
            done=done.format(step.title),
            consequences=(consequence,),
            run=lambda person, staff, _: _write(write, person, step, staff),
            link=reverse("step", args=[step.code]),
            refusal=_refusal(agent, step, state),
        )

    return prepare


def _step(code: str) -> Step:
    try:
        return steps.get(code)
    except KeyError as error:
        raise NotThere from error


def _refusal(agent: Agent, step: Step, state: str) -> str:
    if checklist.is_locked(step, agent):
        return LOCKED
    return NOT_OPTIONAL if state == StepState.State.NOT_CONCERNED and not step.optional else ""


def _write(write: _Write, person: Agent, step: Step, staff: Agent) -> None:
    try:
        write(agent=person, step=step.code, by=staff)
    except checklist.StepLocked as error:
        raise Refused(LOCKED) from error
    except checklist.StepNotOptional as error:
        raise Refused(NOT_OPTIONAL) from error


ACTS = (
    Act(
        "etape-faite",
        _prepare(
            "Marquer comme faite l’étape « {} »",
            "a marqué l’étape « {} » comme faite",
            "La personne la verra comme faite, et ne sera plus relancée pour elle. Elle peut la rouvrir elle-même.",
            StepState.State.DONE,
            checklist.mark_done,
        ),
    ),
    Act(
        "etape-sans-objet",
        _prepare(
            "Écarter l’étape « {} »",
            "a noté que l’étape « {} » ne vous concerne pas",
            "La personne la verra comme « Non concerné », et ne sera plus relancée pour elle. Elle peut la rouvrir "
            "elle-même.",
            StepState.State.NOT_CONCERNED,
            checklist.mark_not_concerned,
        ),
    ),
    Act(
        "etape-a-faire",
        _prepare(
            "Rouvrir l’étape « {} »",
            "a remis à faire l’étape « {} »",
            "La personne la verra de nouveau parmi ce qui reste à faire. Ce qu’elle y a déjà noté ou déposé est gardé.",
            StepState.State.OPEN,
            checklist.reopen,
        ),
    ),
)
