"""What a policy gateway does beside answering."""

from __future__ import annotations

import time
from collections.abc import Callable
from unittest import mock

import pytest
from django.db import OperationalError

from quarantine import compromised, rules_snapshot
from quarantine.counters.store import Store
from quarantine.counters.types import StoreDown
from quarantine.gateway.heartbeat import Heartbeat
from quarantine.gateway.policy_upkeep import Upkeep
from quarantine.limits import Rules
from quarantine.models import CompromisedSender, GatewayHeartbeat, Threshold
from tests.stores import StoreServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def store(store_server: StoreServer, settings: object) -> Store:
    settings.LIMITS_REDIS_URL = store_server.url  # type: ignore[attr-defined]
    return Store(store_server.url)


@pytest.fixture
def heartbeat() -> Heartbeat:
    return Heartbeat(GatewayHeartbeat.Kind.POLICY, "tests")


def wait_for(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not done():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.fixture
def in_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection to the database is the test's own, which must stay open."""
    monkeypatch.setattr("quarantine.gateway.policy_upkeep.close_old_connections", lambda: None)
    monkeypatch.setattr("quarantine.gateway.policy_upkeep.connection", mock.Mock())


def down() -> mock.Mock:
    return mock.Mock(side_effect=OperationalError("gone"))


@pytest.mark.usefixtures("in_one_thread", "store")
def test_rules_are_read_anew_and_kept_while_the_database_is_down(heartbeat: Heartbeat) -> None:
    told: list[Rules] = []
    upkeep = Upkeep(heartbeat, told.append)
    upkeep.round()
    Threshold.objects.filter(subject="ip", window=60).update(warn=10, max=20)
    upkeep.round()
    assert [one.table["ip", 60].max for one in told] == [700, 20]  # type: ignore[index]
    with mock.patch.object(rules_snapshot.Reader, "read", down()):
        upkeep.round()
        assert list(heartbeat.troubles) == ["database"]
    with mock.patch.object(rules_snapshot.Reader, "read", side_effect=rules_snapshot.NoRules("x")):
        upkeep.round()
        assert list(heartbeat.troubles) == ["rules"]
    assert len(told) == 2
    upkeep.round()
    assert heartbeat.troubles == {}


@pytest.mark.usefixtures("in_one_thread")
def test_account_that_the_rule_found_is_blocked_at_once_and_written_down_when_the_database_is_back(
    heartbeat: Heartbeat, store: Store
) -> None:
    upkeep = Upkeep(heartbeat, lambda rules: None)
    upkeep.round()
    with mock.patch.object(compromised, "block_by_rule", down()):
        upkeep.found_stolen("a@x.example")
        upkeep.found_stolen("a@x.example")
        wait_for(lambda: store.compromised() == {"a@x.example"})
        upkeep.round()
    assert not CompromisedSender.objects.exists()
    assert "database" in heartbeat.troubles
    upkeep.round()
    row = CompromisedSender.objects.get()
    assert (row.sender, row.reason) == ("a@x.example", "10 envois refusés en 60 minutes")
    assert store.compromised() == {"a@x.example"}
    upkeep.round()
    assert CompromisedSender.objects.count() == 1


@pytest.mark.usefixtures("in_one_thread")
def test_store_that_lost_its_data_has_the_list_again(heartbeat: Heartbeat, store: Store) -> None:
    upkeep = Upkeep(heartbeat, lambda rules: None)
    compromised.block_by_rule(sender="a@x.example", refusals=10, minutes=60)
    upkeep.round()
    assert store.compromised() == {"a@x.example"}
    store.unblock("a@x.example")
    upkeep.round()
    assert store.compromised() == {"a@x.example"}


@pytest.mark.usefixtures("in_one_thread")
@pytest.mark.parametrize(
    ("name", "value", "usual"), [("appendonly", "no", "yes"), ("maxmemory-policy", "allkeys-lru", "noeviction")]
)
def test_store_that_may_forget_what_it_counted_is_a_trouble(
    heartbeat: Heartbeat, store_server: StoreServer, store: Store, name: str, value: str, usual: str
) -> None:
    with store_server.client() as client:
        client.config_set("maxmemory", "1gb")
        client.config_set(name, value)
        try:
            Upkeep(heartbeat, lambda rules: None).round()
            assert list(heartbeat.troubles) == ["store_settings"]
        finally:
            client.config_set(name, usual)
        Upkeep(heartbeat, lambda rules: None).round()
        client.config_set("maxmemory", "0")
    assert heartbeat.troubles == {}


@pytest.mark.usefixtures("in_one_thread")
def test_store_that_is_down_stops_neither_rules_nor_rows(
    heartbeat: Heartbeat, store_server: StoreServer, settings: object
) -> None:
    settings.LIMITS_REDIS_URL = f"unix://{store_server.folder}/nothing"  # type: ignore[attr-defined]
    told: list[Rules] = []
    upkeep = Upkeep(heartbeat, told.append)
    upkeep.found_stolen("a@x.example")
    upkeep.round()
    upkeep.round()
    assert len(told) == 2
    assert CompromisedSender.objects.get().sender == "a@x.example"
    with pytest.raises(StoreDown):
        compromised.push_all()
    assert heartbeat.troubles == {}


@pytest.mark.django_db(transaction=True)
def test_thread_ends_when_it_is_told(heartbeat: Heartbeat) -> None:
    rounds: list[int] = []
    upkeep = Upkeep(heartbeat, lambda rules: None)
    with mock.patch.object(upkeep, "round", side_effect=lambda: rounds.append(1)):
        upkeep.start()
        wait_for(lambda: bool(rounds))
        upkeep.stop()
    assert rounds == [1]
