"""What a rule would become in Zimbra, told before anything is kept."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from bascule.conversions.filters.converting.convert import convert
from bascule.conversions.filters.model import SourceRule
from bascule.conversions.filters.sentences import sentences
from bascule.conversions.model import Remark
from bascule.filters.contents import RuleContents


@dataclass(frozen=True, slots=True)
class Explained:
    """verdict: one of `CapturedRule.Verdict`. sentence: what the rules will do; of a refused one what it did before."""

    verdict: str
    sentence: str
    remarks: tuple[Remark, ...]


def explain(source: SourceRule, *, direction: str = "incoming") -> Explained:
    converted = convert(source, domain=settings.MAIL_DOMAIN)
    said = sentences.sentence_of_captured(RuleContents.of_converted(converted), direction=direction)
    return Explained(converted.verdict.value, said, converted.remarks)


def given_name(contents: RuleContents) -> str:
    """The name that the person gave the rule; "" for one that was composed from what it says, and is so again."""
    if not contents.source:
        return contents.name
    composed = convert(SourceRule(contents.source), domain=settings.MAIL_DOMAIN).name
    numbered = contents.name.startswith(f"{composed} (") and contents.name.endswith(")")
    return "" if contents.name == composed or (composed and numbered) else contents.name
