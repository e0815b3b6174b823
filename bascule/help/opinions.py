"""Opinions on pages of the help, and searches that found nothing: counted by day, without anybody's name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import F, Sum

from bascule.models import HelpMiss, HelpOpinion, HelpRemark

MOST_REMARK = 500
_MOST_MISS = 80
# What looks like an address, a number of a person or a password is nobody's business.
_PERSONAL = re.compile(r"@|\d{5,}|[A-Za-z]{16,}")
KEPT_DAYS = 365


@dataclass(frozen=True)
class Count:
    slug: str
    useful: int
    useless: int

    @property
    def total(self) -> int:
        return self.useful + self.useless

    @property
    def share(self) -> int:
        """Per cent of those who found the page useful."""
        return round(100 * self.useful / self.total) if self.total else 0


@transaction.atomic
def give(*, slug: str, useful: bool, day: date, remark: str = "") -> None:
    """Count an opinion on the page `slug`; remark: a few words, cut to MOST_REMARK characters."""
    row, _ = HelpOpinion.objects.get_or_create(slug=slug, day=day)
    counted = {"useful" if useful else "useless": F("useful" if useful else "useless") + 1}
    HelpOpinion.objects.filter(pk=row.pk).update(**counted)
    words = remark.replace("\0", "").strip()[:MOST_REMARK]
    if words:
        HelpRemark.objects.create(slug=slug, day=day, useful=useful, words=words)


@transaction.atomic
def miss(*, typed: str, day: date) -> None:
    """Count a search that found nothing; what may name a person is left out."""
    words = " ".join(typed.replace("\0", "").lower().split())
    if not words or len(words) > _MOST_MISS or _PERSONAL.search(words):
        return
    row, is_new = HelpMiss.objects.get_or_create(words=words, day=day)
    if not is_new:
        HelpMiss.objects.filter(pk=row.pk).update(times=F("times") + 1)


def counts(since: date) -> dict[str, Count]:
    """Opinions by page since that day."""
    rows = HelpOpinion.objects.filter(day__gte=since).values("slug").annotate(yes=Sum("useful"), no=Sum("useless"))
    return {row["slug"]: Count(row["slug"], row["yes"], row["no"]) for row in rows}


def misses(since: date, most: int = 50) -> list[tuple[str, int]]:
    """Words that found nothing since that day, the most frequent first."""
    rows = HelpMiss.objects.filter(day__gte=since).values("words").annotate(total=Sum("times"))
    return [(row["words"], row["total"]) for row in rows.order_by("-total", "words")[:most]]


def forget(before: date) -> int:
    """Rows of days before that one go. How many went."""
    return sum(model.objects.filter(day__lt=before).delete()[0] for model in (HelpOpinion, HelpRemark, HelpMiss))


def oldest_kept(today: date) -> date:
    return today - timedelta(days=KEPT_DAYS)
