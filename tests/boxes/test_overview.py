from __future__ import annotations

import pytest

from boxes import overview, ownership
from boxes.models import Box, CensusSheet, Delegation, Role
from boxes.overview import Stage
from boxes.ownership import Gap
from tests.factories import (
    give_access,
    make_agent,
    make_box,
    make_entry,
    make_establishment,
    make_moved_agent,
    make_shared_box,
)

pytestmark = pytest.mark.django_db


def stages() -> dict[str, Stage]:
    return {box.name: overview.stage_of(box) for box in overview.choose()}


def test_stage_follows_the_census_and_then_the_transfer() -> None:
    place = make_establishment()
    make_box(name="seule")
    make_box(name="vieille", is_kept=False)
    make_box(name="de la place", establishment=place)
    make_shared_box(name="demandée", transferred_at=None)
    make_shared_box(name="en place", establishment=place)
    assert stages() == {
        "seule": Stage.CENSUS,
        "vieille": Stage.NOT_KEPT,
        "de la place": Stage.CENSUS,
        "demandée": Stage.UNDER_WAY,
        "en place": Stage.TRANSFERRED,
    }
    for state, stage in (("open", Stage.CENSUS), ("submitted", Stage.SUBMITTED), ("validated", Stage.VALIDATED)):
        CensusSheet.objects.update_or_create(establishment=place, defaults={"state": state})
        assert stages()["de la place"] == stage
        assert stages()["en place"] == Stage.TRANSFERRED


def test_every_box_stands_in_one_stage_and_filters_agree_with_it() -> None:
    submitted, validated = make_establishment(), make_establishment()
    CensusSheet.objects.create(establishment=submitted, state="submitted")
    CensusSheet.objects.create(establishment=validated, state="validated")
    for place in (None, submitted, validated):
        make_box(establishment=place)
        make_box(establishment=place, is_kept=False)
        make_shared_box(establishment=place)
        make_shared_box(establishment=place, transferred_at=None)
    counts = overview.counts()
    assert sum(counts[stage] for stage in Stage) == Box.objects.count()
    for stage in Stage:
        found = list(overview.choose(kind=stage))
        assert len(found) == counts[stage] > 0
        assert {overview.stage_of(box) for box in found} == {stage}


def test_row_counts_people_before_and_after_the_transfer() -> None:
    before, owner = make_box(), make_moved_agent()
    make_entry(before, make_agent(), Role.OWNER)
    make_entry(before, make_agent())
    after = make_shared_box((owner, Role.OWNER))
    give_access(after, make_agent())
    give_access(after, make_moved_agent(), trouble="mail.QUOTA_EXCEEDED")
    give_access(after, make_moved_agent(), state=Delegation.State.REMOVED)
    first, second = overview.rows([before, after])
    assert (first.people, len(first.owners)) == (2, 1)
    assert (second.people, second.pending, second.in_trouble, second.owners) == (3, 1, 1, (owner,))


def test_audit_is_read_in_portions_and_keeps_memory_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overview, "AUDIT_CHUNK", 3)
    box = make_shared_box(*((make_moved_agent(), Role.MEMBER) for _ in range(8)))
    lines = overview.audit_table()
    heading = next(lines)
    assert len(heading) == len(next(lines)) == 15
    assert len(list(lines)) == 7
    assert [len(part) for part in overview.portions(Delegation.objects.filter(box=box))] == [3, 3, 2]


def test_gaps_count_as_many_as_they_list() -> None:
    make_shared_box()
    make_shared_box((make_agent(), Role.OWNER))
    make_shared_box((make_moved_agent(is_active=False), Role.OWNER))
    sizes = ownership.counts()
    assert sizes == {Gap.NO_OWNER: 1, Gap.NO_ACTING: 2, Gap.INACTIVE: 1, Gap.ELSEWHERE: 0, Gap.HEADS: 0}
    for gap in Gap:
        assert len(list(ownership.table(gap))) == sizes[gap] + 1
        assert gap.label
        assert gap.remedy
