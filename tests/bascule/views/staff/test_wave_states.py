"""The pages that decide about a wave: what they say before, what they do, and to whom they are not there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agent
from bascule import planning, standings
from bascule.models import Wave, WaveRun
from bascule.waves import running, runs, team_tasks
from bascule.waves.states import State
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
    wave = make_wave("first-degree", day=planning.today() + timedelta(days=3), takes_boxes=True)
    school = make_establishment()
    make_agent(establishment=school, function="DIR")
    make_agent()
    make_box(establishment=school)
    standings.refresh()
    return wave


def put(wave: Wave, state: str, **fields: Any) -> Wave:
    Wave.objects.filter(pk=wave.pk).update(state=state, **fields)
    wave.refresh_from_db()
    return wave


def work() -> None:
    for pk in runs.waiting():
        while runs.advance(pk):
            pass


@pytest.mark.parametrize(
    ("state", "name", "words"),
    [
        (State.PLANNED, "wave_freeze", ["2 personnes à transférer", "2 à prévenir", "1 boîte", "recensement"]),
        (State.FROZEN, "wave_start", ["2 avec des étapes d’avant à faire", "prévue dans 3 jours"]),
        (State.FROZEN, "wave_back", ["La liste des personnes s’ouvre de nouveau"]),
        (State.UNDER_WAY, "wave_finish", ["2 personnes à noter", "Demander aussi le transfert de la boîte"]),
        (State.UNDER_WAY, "wave_back", ["Revenir à « figée »"]),
        (State.DONE, "wave_back", ["De nouveau en cours".lower()]),
    ],
)
def test_each_page_says_what_it_brings_with_counts(
    client: Client,
    staff: Agent,
    wave: Wave,
    django_assert_max_num_queries: Any,
    state: str,
    name: str,
    words: list[str],
) -> None:
    put(wave, state)
    with django_assert_max_num_queries(20):
        page = parse(client.get(reverse(name, args=(wave.pk,))).content)
    for word in words:
        assert word in text(page), text(page)
    assert len(select(page, "form input[name=version]")) == 1


def test_a_wave_from_its_plan_to_its_end_and_back(client: Client, staff: Agent, wave: Wave) -> None:
    def post(name: str, **data: str) -> str:
        wave.refresh_from_db()
        answer = client.post(reverse(name, args=(wave.pk,)), {"version": wave.version} | data, follow=True)
        work()
        wave.refresh_from_db()
        return text(parse(answer.content))

    assert "est figée" in post("wave_freeze")
    assert wave.state == State.FROZEN
    assert "est en cours" in post("wave_start")
    assert "La fin de" in post("wave_finish", boites="1")
    assert wave.state == State.DONE
    assert Agent.objects.filter(migrated_at__isnull=False).count() == 2
    page = text(parse(client.get(reverse("wave_run", args=(wave.pk,))).content))
    assert "2 sur 2" in page
    assert "Rouvrir la vague" in page
    assert "de nouveau en cours" in post("wave_back", etat="done", transferts="1")
    assert not Agent.objects.filter(migrated_at__isnull=False).exists()
    assert "de nouveau figée" in post("wave_back", etat="under_way")
    assert "de nouveau planifiée" in post("wave_back", etat="frozen", prevenir="1")
    assert wave.state == State.PLANNED
    # A page that was open since before: refused, whatever it asked for.
    answer = client.post(reverse("wave_freeze", args=(wave.pk,)), {"version": "1"}, follow=True)
    assert f"modifiée par {staff.full_name} à" in text(parse(answer.content))
    for rubbish in ("", "-1", "x\x00", "9" * 40):
        client.post(reverse("wave_freeze", args=(wave.pk,)), {"version": rubbish})
    assert Wave.objects.get(pk=wave.pk).state == State.PLANNED


def test_a_page_that_does_not_fit_the_state_leads_to_what_is_possible(client: Client, staff: Agent, wave: Wave) -> None:
    for name in ("wave_start", "wave_finish", "wave_back"):
        answer = client.get(reverse(name, args=(wave.pk,)))
        assert answer.headers["Location"] == reverse("wave_run", args=(wave.pk,))
    put(wave, State.PLANNED, date=None, period_label="mi-mai", period_start=planning.today())
    page = parse(client.get(reverse("wave_freeze", args=(wave.pk,))).content)
    assert "fixez une date exacte" in text(page)
    assert not select(page, "#content form")


def test_progress_is_polled_while_it_lasts_and_can_rest(client: Client, staff: Agent, wave: Wave) -> None:
    put(wave, State.UNDER_WAY)
    running.finish(wave=wave, by=staff)
    address = reverse("wave_run", args=(wave.pk,))
    page = parse(client.get(address).content)
    assert select(page, "progress[value=0]")
    assert "0 personne sur 2" in text(page)
    fragment = client.get(address, headers={"HX-Request": "true"})
    assert b"<html" not in fragment.content
    assert b"every 2s" in fragment.content
    client.post(reverse("wave_run_stop", args=(wave.pk,)))
    assert client.get(address, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    assert "en pause" in text(parse(client.get(address).content))
    assert [one.label for one in team_tasks.waiting()] == ["travail de vague arrêté"]
    client.post(reverse("wave_run_go_on", args=(wave.pk,)))
    work()
    answer = client.post(reverse("wave_run_give_up", args=(wave.pk,)), follow=True)
    assert "déjà terminé" in text(parse(answer.content))
    assert WaveRun.objects.get().note == ""


def test_what_waits_for_staff(client: Client, staff: Agent) -> None:
    today = planning.today()
    late = timezone.now() - timedelta(days=4)
    make_wave(day=today + timedelta(days=8))
    make_wave(day=today + timedelta(days=7))
    make_wave(day=today, state=State.FROZEN)
    make_wave(day=today - timedelta(days=1), state=State.FROZEN)
    make_wave(day=today, state=State.UNDER_WAY, started_at=late)
    make_wave(day=today, state=State.UNDER_WAY, started_at=timezone.now())
    assert [(one.count, one.label) for one in team_tasks.waiting()] == [
        (2, "vagues à démarrer"),
        (1, "vague à figer avant sa date"),
        (1, "vague en cours à terminer"),
    ]
    shown = client.get(reverse("team")).content.decode()
    assert all(f'href="{one.url}"' in shown for one in team_tasks.waiting())
