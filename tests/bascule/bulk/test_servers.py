from __future__ import annotations

import pytest

from accounts import claims
from accounts.models import Agent
from bascule.bulk import runs, servers
from bascule.models import MailServerSlot
from zimbra.errors import Unavailable

pytestmark = pytest.mark.django_db


class Clock:
    """Time that passes when somebody sleeps; `monotonic` and `time` are one."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def time(self) -> float:
        return self.now

    monotonic = time

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(servers, "time", made)
    return made


@pytest.mark.parametrize("rate", [3, 20, 100])
def test_no_span_sees_more_requests_than_the_rate_allows(rate: int, clock: Clock, staff: Agent) -> None:
    server = servers.ensure("zimbra.test")
    runs.set_bounds(server=server, parallel=3, rate=rate, by=staff)
    server.refresh_from_db()
    seats = [servers.sit(server) for _ in range(3)]
    sent = []
    for number in range(60):
        seat = seats[number % 3]
        assert seat is not None
        seat.wait()
        sent.append(clock.now)
        # Some answers take a while: leave that was not used is not saved up.
        clock.now += 0.001 if number % 20 else 2.0
    for start in sent:
        for span in (0.1, 1.0, 5.0):
            within = sum(start <= moment < start + span for moment in sent)
            assert within <= rate * (span + servers.GRACE_SECONDS) + servers.AT_ONCE


def test_slots_bound_how_many_work_and_a_dead_holder_is_replaced_at_once(staff: Agent) -> None:
    server = servers.ensure("zimbra.test")
    runs.set_bounds(server=server, parallel=2, rate=None, by=staff)
    server.refresh_from_db()
    first, second = servers.sit(server), servers.sit(server)
    assert first
    assert second
    assert servers.sit(server) is None
    MailServerSlot.objects.filter(number=1).update(holder=f"{claims.this_process().split(':')[0]}:999999999:1:x")
    third = servers.sit(server)
    assert third
    # Whoever lost the slot stops.
    first._looked_at = -servers.LOOK_SECONDS
    with pytest.raises(claims.ClaimLost):
        first.may_stay()
    runs.set_bounds(server=server, parallel=1, rate=None, by=staff)
    second._looked_at = -servers.LOOK_SECONDS
    assert not second.may_stay()
    third.leave()
    second.leave()
    assert servers.free_slots(type(server).objects.get()) == list(
        MailServerSlot.objects.filter(number=1).values_list("pk", flat=True)
    )


def test_trouble_halves_and_quiet_gives_back(clock: Clock) -> None:
    server = servers.ensure("zimbra.test")
    seat, other = servers.sit(server), servers.sit(server)
    assert seat
    assert other
    for one in (seat, other):
        one.troubled(Unavailable("http.503", retry_after=7))
    server.refresh_from_db()
    # Met twice at once, it counts once.
    assert (server.strikes, servers.bound_of(server), server.calm_until) == (1, 2, clock.now + 7)
    assert servers.sit(server) is None
    with pytest.raises(Unavailable):
        seat.wait()
    seen = []
    for _ in range(3):
        clock.now += servers.QUIET_SECONDS + 1
        assert seat.may_stay()
        seat.wait()
        seat.well(0.01)
        server.refresh_from_db()
        seen.append((server.strikes, servers.bound_of(server)))
    assert seen == [(0, 3), (0, 4), (0, 4)]
    seat.well(servers.SLOW_SECONDS)
    server.refresh_from_db()
    assert (servers.bound_of(server), server.trouble, servers.is_calm(server)) == (2, servers.SLOW, False)
