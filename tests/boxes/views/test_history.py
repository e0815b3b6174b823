"""The page of a box's history."""

from __future__ import annotations

import pytest
from django.urls import reverse

from boxes import delegations
from boxes.models import Role
from tests.boxes.views.cast import Cast, make_cast
from tests.factories import make_moved_agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def test_history_is_told_in_sentences(cast: Cast) -> None:
    person = make_moved_agent(given_name="Léa", family_name="Boyer")
    row = delegations.grant(box=cast.box, agent=person, role=Role.MEMBER, by=cast.owner)
    delegations.change_role(delegation=row, role=Role.READER, by=cast.owner)
    told = cast.page("reader", "box_history")
    assert "Anne Payet a donné à Léa Boyer accès à la boîte vie.scolaire@ac-reunion.fr (rôle : membre)" in told
    assert "(membre → membre en lecture seule)" in told
    assert "CSV" not in told


def test_what_others_hide_is_not_told(cast: Cast) -> None:
    delegations.hide(delegation=cast.row("member"), by=cast.member)
    for name in ("owner", "reader"):
        assert "masqué" not in cast.page(name, "box_history")
        assert "Marc Hoareau" not in cast.page(name, "box_history")
    assert "Marc Hoareau a masqué la boîte" in cast.page("member", "box_history")
    assert "Marc Hoareau a masqué la boîte" in cast.page("staff", "box_history")


def test_history_is_filtered_paged_and_downloaded(cast: Cast, django_assert_max_num_queries) -> None:
    for _ in range(60):
        delegations.retry(box=cast.box, by=cast.owner)
    delegations.change_role(delegation=cast.row("member"), role=Role.READER, by=cast.owner)
    delegations.hide(delegation=cast.row("reader"), by=cast.reader)
    client = cast.browser("owner")
    with django_assert_max_num_queries(20):
        client.get(reverse("box_history", args=[cast.box.pk]))
    assert cast.page("owner", "box_history", page=2).count("a relancé") == 11
    only = cast.page("owner", "box_history", personne=cast.member.address)
    assert "1 action " in only
    answer = client.get(reverse("box_history", args=[cast.box.pk]), {"format": "csv"})
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 62
    assert not any("masqué" in line for line in lines)
    for name, status in (("member", 403), ("staff", 200), ("stranger", 404)):
        answer = cast.browser(name).get(reverse("box_history", args=[cast.box.pk]), {"format": "csv"})
        assert answer.status_code == status
