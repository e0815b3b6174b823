"""Opinions and searches without result are counted, without anybody's name."""

from __future__ import annotations

from datetime import date

import pytest

from bascule.help import opinions
from bascule.models import HelpMiss, HelpOpinion, HelpRemark

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)


def test_opinions_are_added_up_by_page() -> None:
    for useful in (True, True, False):
        opinions.give(slug="faq", useful=useful, day=DAY)
    opinions.give(slug="faq", useful=True, day=date(2026, 3, 3))
    opinions.give(slug="faq", useful=True, day=date(2025, 3, 3))
    (count,) = opinions.counts(date(2026, 1, 1)).values()
    assert (count.useful, count.useless, count.total, count.share) == (3, 1, 4, 75)
    assert HelpOpinion.objects.filter(day=DAY).count() == 1


def test_a_remark_is_cut_and_an_empty_one_is_none() -> None:
    opinions.give(slug="faq", useful=False, day=DAY, remark=" \0 ")
    opinions.give(slug="faq", useful=False, day=DAY, remark="\0" + "x" * 900)
    assert [len(remark.words) for remark in HelpRemark.objects.all()] == [opinions.MOST_REMARK]


def test_words_that_found_nothing_are_counted() -> None:
    for typed in ("Licorne  rose", "licorne rose", "zèbre"):
        opinions.miss(typed=typed, day=DAY)
    assert opinions.misses(DAY) == [("licorne rose", 2), ("zèbre", 1)]


@pytest.mark.parametrize("typed", ["", "  ", "marie.payet@ac-reunion.fr", "0692123456", "x" * 81, "ABCDEFGHIJKLMNOP"])
def test_what_may_name_somebody_is_not_kept(typed: str) -> None:
    opinions.miss(typed=typed, day=DAY)
    assert not HelpMiss.objects.exists()


def test_old_rows_go() -> None:
    for day in (DAY, date(2024, 1, 1)):
        opinions.give(slug="faq", useful=True, day=day, remark="oui")
        opinions.miss(typed="zèbre", day=day)
    assert opinions.forget(opinions.oldest_kept(DAY)) == 3
    assert opinions.forget(opinions.oldest_kept(DAY)) == 0
    assert HelpMiss.objects.get().day == DAY
