"""The pages of a dry run: what they say, what they let do, and at which cost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agent
from bascule import planning, standings
from bascule.models import Rehearsal, RehearsalSlice, Wave
from bascule.rehearsals import engine
from bascule.rehearsals.finding import Finding
from bascule.waves import consequences
from tests.factories import make_agent, make_box, make_establishment, make_wave
from tests.pages import parse, select, text

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.handing_out.hand_out", lambda *args, **kwargs: None)


@pytest.fixture
def staff(client: Client) -> Agent:
    agent = make_agent(is_staff=True, population="dsi")
    client.force_login(agent)
    return agent


@pytest.fixture
def wave() -> Wave:
    return make_wave("first-degree", day=planning.today() + timedelta(days=3))


def found(wave: Wave, findings: list[Finding], *, people: int, unchecked: bool = False) -> Rehearsal:
    """A dry run of `wave` that ends with these findings."""
    rehearsal = Rehearsal.objects.create(
        wave=wave, state=Rehearsal.State.RUNNING, started_at=timezone.now(), people=people, total=people
    )
    part = RehearsalSlice.objects.create(
        rehearsal=rehearsal, kind="accounts", count=people, done_at=timezone.now(), unchecked=unchecked
    )
    for one in findings:
        one.row(part).save()
    assert engine.advance(rehearsal.pk) is False
    rehearsal.refresh_from_db()
    return rehearsal


def page_of(client: Client, wave: Wave, **query: str) -> Any:
    answer = client.get(reverse("wave_rehearsal", args=(wave.pk,)), query)
    assert answer.status_code == 200
    return parse(answer.content)


def test_from_nothing_to_a_summary(
    client: Client, staff: Agent, wave: Wave, django_assert_max_num_queries: Any
) -> None:
    assert "Lancer une répétition" in text(page_of(client, wave))
    client.post(reverse("wave_rehearsal_start", args=(wave.pk,)))
    address = reverse("wave_rehearsal", args=(wave.pk,))
    assert b"every 2s" in client.get(address, headers={"HX-Request": "true"}).content
    assert "Abandonner" in text(page_of(client, wave))
    client.post(reverse("wave_rehearsal_cancel", args=(wave.pk,)))
    assert "abandonnée" in text(page_of(client, wave))
    assert client.get(address, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"

    place = make_establishment(name="Collège des Lataniers")
    people = [make_agent(establishment=place, family_name=f"Nom{n}") for n in range(60)]
    box = make_box(establishment=place)
    blocked = [Finding("account_missing", agent_id=one.pk, values={"address": one.address}) for one in people[:55]]
    others = [
        Finding("nothing_done", agent_id=people[56].pk),
        Finding("account_name", agent_id=people[57].pk, values={"address": "x"}),
        Finding("box_no_owner", box_id=box.pk, values={"address": box.address}),
        Finding("census_open", place_id=place.pk, values={"place": place.name}),
    ]
    found(wave, [*blocked, *others], people=60, unchecked=True)
    with django_assert_max_num_queries(12):
        page = page_of(client, wave)
    shown = text(page)
    for words in (
        "4 personnes sans remarque",
        "1 à regarder",
        "55 bloquées",
        "1 constat bloquant, 1 à regarder",
        "60 vérifications sans réponse",
        "Constats (59)",
    ):
        assert words in shown, words
    assert len(select(page, "tbody tr")) == 5 + 50
    for query, count in (
        ({"constat": "box_no_owner"}, 1),
        ({"constat": "mailbox"}, 56),
        ({"gravite": "2"}, 1),
        ({"recherche": "nom57"}, 1),
        ({"recherche": "lataniers", "gravite": "1"}, 2),
        ({"recherche": "x\x00y"}, 0),
        ({"gravite": "9", "constat": "?"}, 59),
    ):
        assert f"Constats ({count})" in text(page_of(client, wave, **query)), query
    table = client.get(reverse("wave_rehearsal_csv", args=(wave.pk,)), {"recherche": "nom57"})
    lines = b"".join(table.streaming_content).decode().splitlines()
    assert len(lines) == 2
    assert "Nom57" in lines[1]
    client.post(reverse("wave_rehearsal_again", args=(wave.pk,)))
    assert Rehearsal.objects.first().state == Rehearsal.State.RUNNING  # type: ignore[union-attr]
    for rubbish in ("x", "999999999999999999999", "-1", "٣"):
        assert client.get(address, {"essai": rubbish}).status_code == 404


def test_states_of_the_wave_tell_of_it(client: Client, staff: Agent, wave: Wave) -> None:
    agent = make_agent(family_name="Bègue")
    standings.refresh()
    assert "Aucune répétition" in consequences.of_freeze(wave).warnings[0].sentence
    found(wave, [Finding("account_closed", agent_id=agent.pk, values={"status": "fermé"})], people=1)
    assert "un point bloquant" in consequences.of_freeze(wave).warnings[0].sentence
    Wave.objects.filter(pk=wave.pk).update(state=Wave.State.UNDER_WAY)
    page = text(parse(client.get(reverse("wave_finish", args=(wave.pk,))).content))
    assert "Bègue : Le compte est « fermé » dans Zimbra" in page
    agent.migrated_at = timezone.now()
    agent.save()
    assert "Bègue" not in text(parse(client.get(reverse("wave_finish", args=(wave.pk,))).content))
