"""What a run would do, counted by a task where the wave is large."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agent
from bascule import standings, tasks
from bascule.bulk import choosing, forecast
from bascule.models import BulkForecast, BulkRun, Wave
from tests.bascule.imports.collections import contact, make_collection
from tests.factories import make_agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Waves that a task was asked to count; one person is a large wave."""
    found: list[int] = []
    monkeypatch.setattr(forecast, "MOST_COUNTED_AT_ONCE", 0)
    monkeypatch.setattr(forecast, "hand_out_on_commit", lambda task, pk: found.append(pk))
    return found


def deposit() -> None:
    agent = make_agent(population="bulk", migrated_at=timezone.now())
    make_collection(agent, [contact(0)])
    standings.refresh([agent])


def test_a_small_wave_is_counted_at_once(wave: Wave) -> None:
    deposit()
    found = forecast.of_wave(wave)
    assert (found.preview, found.is_counting) == (choosing.preview(wave), False)
    assert found.preview is not None
    assert found.preview.people == 1
    assert not BulkForecast.objects.exists()


def test_a_large_wave_is_counted_by_one_task_and_kept(wave: Wave, asked: list[int]) -> None:
    deposit()
    first, second = forecast.of_wave(wave), forecast.of_wave(wave)
    assert (first.preview, first.is_counting, second.is_counting) == (None, True, True)
    assert asked == [wave.pk]
    tasks.count_bulk_forecast(wave.pk)
    kept = forecast.of_wave(wave)
    assert (kept.preview, kept.is_counting) == (choosing.preview(wave), False)
    deposit()
    assert forecast.of_wave(wave).preview == kept.preview


def test_what_is_old_is_shown_while_it_is_counted_anew(wave: Wave, asked: list[int]) -> None:
    deposit()
    forecast.of_wave(wave)
    tasks.count_bulk_forecast(wave.pk)
    row = BulkForecast.objects.get()
    assert row.counted_at is not None
    for since in (row.counted_at + timedelta(seconds=1), None):
        if since is None:
            BulkForecast.objects.update(counted_at=row.counted_at - forecast.FRESH, asked_at=None)
        found = forecast.of_wave(wave, since=since)
        assert found.is_counting
        assert found.preview == choosing.preview(wave)
    assert asked == [wave.pk] * 3


def test_a_task_that_got_lost_is_asked_for_again(wave: Wave, asked: list[int]) -> None:
    deposit()
    forecast.of_wave(wave)
    BulkForecast.objects.update(asked_at=timezone.now() - forecast.PATIENCE - timedelta(seconds=1))
    forecast.of_wave(wave)
    assert asked == [wave.pk] * 2


def test_a_wave_that_is_gone_is_let_be(wave: Wave) -> None:
    gone = wave.pk
    standings.refresh()
    Wave.objects.filter(pk=gone).delete()
    tasks.count_bulk_forecast(gone)
    assert not BulkForecast.objects.exists()


def test_the_page_follows_the_count(client: Client, staff: Agent, wave: Wave, asked: list[int]) -> None:
    deposit()
    client.force_login(staff)
    page = reverse("wave_imports", args=[wave.pk])
    waiting = client.get(page).content.decode()
    assert "Comptage en cours" in waiting
    assert "hx-get" in waiting
    assert 'http-equiv="refresh"' in waiting
    tasks.count_bulk_forecast(wave.pk)
    counted = client.get(page, {"apercu": "1"}, headers={"HX-Request": "true"}).content.decode()
    assert "Lancer les imports…" in counted
    assert "hx-get" not in counted
    BulkRun.objects.create(wave=wave)
    begun = client.get(page, {"apercu": "1"}, headers={"HX-Request": "true"})
    assert begun.headers["HX-Refresh"] == "true"
