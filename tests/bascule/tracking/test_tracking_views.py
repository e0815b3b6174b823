"""Pages of tracking: what stands on them, what they cost, and what a click leads to."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from bascule import standings
from bascule.models import Import, Wave, WaveDay
from bascule.tracking import figures
from tests.bascule.tracking.test_figures import make_import
from tests.factories import make_agent, make_establishment, make_moved_agent, make_wave
from tests.pages import parse, text

pytestmark = pytest.mark.django_db

PAGES = ("wave_tracking", "wave_tracking_places", "wave_stuck", "wave_jobs")


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(make_agent(is_staff=True))
    return client


@pytest.fixture
def wave() -> Wave:
    wave = make_wave("dsi", day=timezone.localdate() + timedelta(days=12))
    school = make_establishment(name="Collège du Piton")
    make_agent(population="dsi", establishment=school)
    moved = make_moved_agent(population="dsi", given_name="Zoé", family_name="Adam")
    make_import(moved, Import.State.FAILED, error_code="not_allowed")
    count(wave)
    return wave


def count(wave: Wave) -> None:
    standings.refresh()
    figures.refresh_wave(wave.pk)


def test_every_page_answers_before_anything_was_counted_and_after(staff: Client) -> None:
    empty = make_wave("dsi")
    for _ in range(2):
        for name in PAGES:
            assert staff.get(reverse(name, args=[empty.pk])).status_code == 200
        for name in ("tracking", "tracking_comparison"):
            assert staff.get(reverse(name)).status_code == 200
        count(empty)


def test_page_of_a_wave_says_what_matters_and_each_figure_leads_to_its_people(staff: Client, wave: Wave) -> None:
    content = staff.get(reverse("wave_tracking", args=[wave.pk])).content
    page = content.decode()
    told = "1 personne sur 2 est transférée, aucune n’a encore tout terminé. 1 import est arrêté."
    assert told in text(parse(content))
    assert "Collège du Piton" in page
    assert "hx-get" not in page
    links = {link.replace("&amp;", "&") for link in re.findall(r'href="([^"]*/personnes/\?[^"]*)"', page)}
    assert len(links) > 40
    for link in sorted(links)[::7]:
        assert staff.get(link).status_code == 200
    assert "style=" not in page.split("<main", 1)[1]


def test_a_wave_under_way_is_asked_for_anew_and_nothing_is_sent_that_is_known(staff: Client, wave: Wave) -> None:
    Wave.objects.filter(pk=wave.pk).update(state=Wave.State.UNDER_WAY)
    address = reverse("wave_tracking", args=[wave.pk])
    page = staff.get(address).content.decode()
    (asked,) = re.findall(r'hx-get="([^"]+)"', page)
    assert staff.get(asked, headers={"HX-Request": "true"}).status_code == 204
    figures.refresh_wave(wave.pk)
    answer = staff.get(asked, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert b"<html" not in answer.content
    assert b'id="track-live"' in answer.content
    assert b"hx-get" not in staff.get(address, {"impression": "1"}).content


@pytest.mark.parametrize("table", ["", "etapes", "jours", "etablissements", "populations"])
def test_everything_shown_can_be_downloaded(staff: Client, wave: Wave, table: str) -> None:
    answer = staff.get(reverse("wave_tracking", args=[wave.pk]), {"format": "csv", "table": table})
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert len(lines) >= 2
    assert len({line.count('";"') for line in lines}) == 1


@pytest.mark.parametrize("name", ["tracking", "tracking_comparison", "wave_tracking_places", "wave_stuck", "wave_jobs"])
def test_lists_can_be_downloaded(staff: Client, wave: Wave, name: str) -> None:
    address = reverse(name, args=[] if name.startswith("tracking") else [wave.pk])
    lines = b"".join(staff.get(address, {"format": "csv"}).streaming_content).decode().splitlines()
    assert len(lines) >= 2
    assert len({line.count('";"') for line in lines}) == 1


def test_pages_cost_the_same_for_few_and_for_many(
    staff: Client, wave: Wave, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(12):
        agent = make_moved_agent(population="dsi", establishment=make_establishment())
        make_import(agent, Import.State.FAILED, error_code="not_allowed")
    for _ in range(4):
        count(make_wave("first-degree", day=timezone.localdate()))
    count(wave)
    WaveDay.objects.create(wave=wave, day=timezone.localdate() - timedelta(days=3), people=14)
    for name, args, most in (
        ("tracking", [], 6),
        ("tracking_comparison", [], 7),
        ("wave_tracking", [wave.pk], 14),
        ("wave_tracking_places", [wave.pk], 7),
        ("wave_stuck", [wave.pk], 9),
        ("wave_jobs", [wave.pk], 12),
    ):
        with django_assert_max_num_queries(most):
            staff.get(reverse(name, args=args))


def test_rubbish_is_no_error(staff: Client, wave: Wave) -> None:
    rubbish = {
        "etat": "\0x", "etape": "é", "comment": "?", "etablissement": "9" * 40, "population": "x", "jours": "-3",
        "recherche": "\0", "tri": "-x", "page": "zz", "travail": "\0", "cause": "\0", "mesure": "x",
    }  # fmt: skip
    for name in PAGES:
        assert staff.get(reverse(name, args=[wave.pk]), rubbish).status_code == 200
    for name in ("tracking", "tracking_comparison"):
        assert staff.get(reverse(name), rubbish).status_code == 200
    for name in ("wave_job_list", "wave_jobs_retry"):
        assert staff.get(reverse(name, args=[wave.pk]), rubbish).status_code == 302


def test_jobs_are_tried_again_from_their_page(staff: Client, wave: Wave, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.handing_out.hand_out", lambda *args, **kwargs: None)
    asked = {"travail": "import", "cause": "not_allowed"}
    assert "Zoé Adam" in text(parse(staff.get(reverse("wave_job_list", args=[wave.pk]), asked).content))
    retry = reverse("wave_jobs_retry", args=[wave.pk])
    assert "repart" in staff.get(retry, asked).content.decode()
    answer = staff.post(retry, asked, follow=True)
    assert "1 travail est reparti." in answer.content.decode()
    assert Import.objects.get().state == Import.State.QUEUED
    assert retries_told(staff, retry, asked) == "Il n’y a plus rien à relancer : c’est déjà reparti ou réglé."
    assert retries_told(staff, retry, asked | {"numero": str(Import.objects.get().pk)}) == (
        "Il n’y a plus rien à relancer : c’est déjà reparti ou réglé."
    )


def retries_told(staff: Client, address: str, asked: dict[str, str]) -> str:
    (message,) = staff.post(address, asked, follow=True).context["messages"]
    return str(message)


def test_columns_sort_both_ways(staff: Client, wave: Wave) -> None:
    count(make_wave("first-degree", day=timezone.localdate()))
    for sort, first in (("-people", wave.name), ("people", "Vague"), ("name", "Vague")):
        page = staff.get(reverse("tracking"), {"tri": sort})
        names = [row.wave.name for row in page.context["page"]]
        if sort == "-people":
            assert names[0] == first
        assert b"aria-sort" in page.content
    assert names == sorted(names, key=str.casefold)
