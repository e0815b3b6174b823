"""How pages write what they know of a step."""

from __future__ import annotations

from django import template

from bascule import checklist
from bascule.steps import Step

register = template.Library()


@register.filter
def duration(step: Step) -> str:
    """As "5 à 10 min"; empty for a step whose length nobody knows."""
    return checklist.duration(*step.minutes).replace(" ", "\N{NO-BREAK SPACE}") if step.minutes else ""
