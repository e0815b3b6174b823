"""Signs of life of a gateway, and what a monitoring system reads."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest import mock

import pytest
from django.db import OperationalError
from django.utils import timezone

from quarantine.gateway.heartbeat import Heartbeat, forget_old, is_silent
from quarantine.gateway.metrics import MetricsServer, render
from quarantine.models import GatewayHeartbeat
from tests.each import each

POLICY = GatewayHeartbeat.Kind.POLICY


@contextmanager
def database_down() -> Iterator[None]:
    """The connection is the test's own, and has to stay open."""
    gone = mock.patch.object(GatewayHeartbeat.objects, "filter", side_effect=OperationalError("gone"))
    with gone, mock.patch("quarantine.gateway.heartbeat.connection"):
        yield


@pytest.mark.django_db
def test_row_tells_figures_and_troubles_and_the_end() -> None:
    heartbeat = Heartbeat(POLICY, "mx1 127.0.0.1:10031")
    heartbeat.count("accepted")
    heartbeat.count("accepted", 4)
    heartbeat.trouble("store")
    since = heartbeat.troubles["store"]
    heartbeat.trouble("store")
    heartbeat.beat()
    row = GatewayHeartbeat.objects.get()
    assert (row.name, row.kind, row.stopped_at) == ("mx1 127.0.0.1:10031", POLICY, None)
    assert row.figures == {"accepted": 5}
    assert row.troubles == {"store": since.isoformat()}
    heartbeat.well("store")
    heartbeat.beat(stopped=True)
    row.refresh_from_db()
    assert row.troubles == {}
    assert row.stopped_at == row.beat_at


@pytest.mark.django_db
def test_gateway_started_anew_keeps_its_row_from_its_predecessor() -> None:
    former = Heartbeat(POLICY, "mx1")
    former.beat()
    present = Heartbeat(POLICY, "mx1")
    present.count("accepted")
    present.beat()
    former.beat(stopped=True)
    row = GatewayHeartbeat.objects.get()
    assert (row.started_at, row.stopped_at, row.figures) == (present.started_at, None, {"accepted": 1})


@pytest.mark.django_db
def test_database_that_does_not_answer_is_a_trouble_and_stops_nothing() -> None:
    heartbeat = Heartbeat(POLICY, "mx1")
    with database_down():
        heartbeat.beat()
    assert list(heartbeat.troubles) == ["database"]
    heartbeat.beat()
    assert heartbeat.troubles == {}
    assert GatewayHeartbeat.objects.get().troubles == {}


@each(
    ("seconds", "stopped", "silent"),
    [(0, False, False), (35, False, False), (36, False, True), (36, True, False)],
)
def test_silence_is_told_from_an_end(seconds: int, stopped: bool, silent: bool) -> None:
    now = timezone.now()
    beat = now - timedelta(seconds=seconds)
    row = GatewayHeartbeat(name="mx1", kind=POLICY, beat_at=beat, stopped_at=beat if stopped else None)
    assert is_silent(row, now) is silent


@pytest.mark.django_db
def test_gateway_that_is_no_more_is_forgotten_after_days() -> None:
    heartbeat = Heartbeat(POLICY, "mx1")
    heartbeat.beat()
    forget_old(timezone.now() + timedelta(days=6))
    assert GatewayHeartbeat.objects.exists()
    forget_old(timezone.now() + timedelta(days=8))
    assert not GatewayHeartbeat.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_thread_writes_the_first_and_the_last_row() -> None:
    heartbeat = Heartbeat(POLICY, "mx1")
    written: list[bool] = []
    with mock.patch.object(heartbeat, "_write", side_effect=lambda now, *, stopped: written.append(stopped)), heartbeat:
        pass
    assert written[-1] is True
    assert written.count(True) == 1


def test_monitoring_reads_the_figures() -> None:
    heartbeat = Heartbeat(POLICY, 'mx1 "a\\b"')
    heartbeat.count("refused", 3)
    heartbeat.trouble("store")
    server = MetricsServer(heartbeat, "127.0.0.1", 0)
    server.start()
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=5) as answer:
            text = answer.read().decode()
            assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"http://127.0.0.1:{server.port}/", timeout=5)
    finally:
        server.stop()
    assert text == render(heartbeat)
    own = 'kind="policy",gateway="mx1 \\"a\\\\b\\""'
    assert f'portal_gateway_events_total{{{own},event="refused"}} 3' in text.splitlines()
    since = heartbeat.troubles["store"].timestamp()
    assert f'portal_gateway_trouble_since_seconds{{{own},what="store"}} {since:.0f}' in text.splitlines()
