"""Captured rules for trials, as they come from Sieve of the old server."""

from __future__ import annotations

from accounts.models import Agent
from bascule.conversions.filters.converting.convert import convert
from bascule.conversions.filters.model import SourceRule
from bascule.filters.contents import RuleContents
from bascule.models import CapturedRule

DOMAIN = "academie.example"


def captured(agent: Agent, text: str, name: str = "Règle", *, active: bool = True, **more: str) -> CapturedRule:
    """The rule that `text` becomes, after those that are there."""
    converted = convert(SourceRule(text, name), domain=DOMAIN)
    contents = RuleContents.of_converted(converted, original=more.get("original", ""))
    direction = more.get("direction", "incoming")
    return CapturedRule.objects.create(
        agent=agent,
        direction=direction,
        position=CapturedRule.objects.filter(agent=agent, direction=direction).count() + 1,
        active=active,
        origin="file",
        verdict=converted.verdict.value,
        contents=contents.sealed(),
    )
