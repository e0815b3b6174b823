"""The policy service on sockets, before a real store: what comes in, in whatever form, and what goes out."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

import pytest

from quarantine.counters.store import Store
from quarantine.gateway.policy_protocol import MAX_REQUEST_BYTES
from quarantine.limits import ListServer, Networks, Subject
from tests.quarantine.gateway.asking import ALWAYS, HOLD, Client, Gateway, play, request
from tests.stores import StoreServer


def used(server: StoreServer, subject: Subject, key: str) -> int:
    with Store(server.url) as store:
        return store.usage(subject, key).used[3]


def test_message_passes_is_held_or_refused(store_server: StoreServer) -> None:
    async def scene(gateway: Gateway) -> None:
        client = await gateway.connect()
        assert await client.ask(recipient_count=500) == "DUNNO"
        assert await client.ask(recipient_count=200) == HOLD
        refused = await client.ask(recipient_count=1)
        assert refused.startswith("550 5.7.1 Limite d'envoi: 701 destinataires en 1 minute pour ")
        assert ", 700 au plus. Reessayez a partir de " in refused
        never = await client.ask(recipient_count=701, client_address="192.0.2.8", sender="b@academie.example")
        assert never.startswith("550 5.7.1 Trop de destinataires en une fois: 701, pour 700 au plus en 1 minute")
        with Store(store_server.url) as store:
            store.block("marie@academie.example")
        assert "assistance@academie.example" in (await client.ask(client_address="192.0.2.9"))
        figures = gateway.heartbeat.figures
        assert dict(figures) == {"connections": 1, "accepted": 1, "held": 1, "refused": 2, "compromised": 1}

    play(store_server.url, scene)
    assert used(store_server, Subject.SENDER, "marie@academie.example") == 700


@pytest.mark.parametrize("size", [1, 3, 64, 100_000])
def test_requests_in_one_stream_are_answered_in_order_however_they_are_cut(
    store_server: StoreServer, size: int
) -> None:
    """Those that the store is asked between those that it is not, and values with an = and unknown names."""
    stream = (
        request(recipient_count=500)
        + request(protocol_state="RCPT")
        + request(recipient_count=200, helo_name="a=b=c", next_years_attribute=b"\xff\x00")
        + request(recipient_count=None)
        + request(recipient_count=1)
    )

    async def scene(gateway: Gateway) -> None:
        client = await gateway.connect()
        for start in range(0, len(stream), size):
            client.send(stream[start : start + size])
            if size < 100:
                await asyncio.sleep(0)
        found = [await client.answer() for _ in range(5)]
        assert [one[:5] for one in found] == ["DUNNO", "DUNNO", HOLD[:5], "451 4", "550 5"]

    play(store_server.url, scene)


def test_questions_of_many_connections_come_back_to_who_asked(store_server: StoreServer) -> None:
    async def scene(gateway: Gateway) -> None:
        clients = [await gateway.connect() for _ in range(20)]
        for number, client in enumerate(clients):
            client.send(request(sender=f"p{number}@a.example", client_address=f"10.0.0.{number}") * number)
            client.send(request(sender=f"p{number}@a.example", client_address=f"10.0.0.{number}", recipient_count=600))
        for number, client in enumerate(clients):
            found = [await client.answer() for _ in range(number + 1)]
            assert found == ["DUNNO"] * number + [HOLD]

    play(store_server.url, scene)
    assert used(store_server, Subject.SENDER, "p7@a.example") == 607


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\n\n",
        b"request=junk\nsender=secret\n\n",
        b"\n\n",
        request(request=None),
        b"sender=" + b"x" * (MAX_REQUEST_BYTES + 1),
    ],
)
def test_what_is_no_request_ends_the_connection_after_what_came_before(
    store_server: StoreServer, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(gateway: Gateway) -> None:
        client = await gateway.connect()
        client.send(request() + sent)
        assert await client.ended() == b"action=DUNNO\n\n"
        assert gateway.heartbeat.figures["malformed"] == 1
        other = await gateway.connect()
        assert await other.ask() == "DUNNO"

    play(store_server.url, scene)
    assert "connection closed" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize("count", [None, "", "0", "-1", "1.5", "٣", "99999999", "1" * 5000])
def test_number_of_recipients_is_never_guessed(store_server: StoreServer, count: str | None) -> None:
    async def scene(gateway: Gateway) -> None:
        client = await gateway.connect()
        assert (await client.ask(recipient_count=count)).startswith("451 4.3.0 ")
        assert await client.ask() == "DUNNO"
        assert gateway.heartbeat.figures["unanswerable"] == 1

    play(store_server.url, scene)
    assert used(store_server, Subject.SENDER, "marie@academie.example") == 1


def test_question_before_the_end_of_the_message_is_not_counted_and_told_once(
    store_server: StoreServer, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(gateway: Gateway) -> None:
        client = await gateway.connect()
        for state in ("CONNECT", "RCPT", "DATA"):
            assert await client.ask(protocol_state=state, recipient_count=5000) == "DUNNO"
        assert gateway.heartbeat.figures["wrong_state"] == 3

    play(store_server.url, scene)
    assert used(store_server, Subject.SENDER, "marie@academie.example") == 0
    assert caplog.text.count("smtpd_end_of_data_restrictions") == 1


@pytest.mark.parametrize(
    ("attributes", "ip", "sender"),
    [
        ({"client_address": "::ffff:192.0.2.7"}, "192.0.2.7", "marie@academie.example"),
        ({"client_address": "2001:db8:1:2:3::4"}, "2001:db8:1:2::/64", "marie@academie.example"),
        ({"sasl_username": "Jean.Dupont"}, "192.0.2.7", "jean.dupont"),
        ({"sender": "Élodie+lettre@École.example"}, "192.0.2.7", "élodie@xn--cole-9oa.example"),
        ({"sender": ""}, "192.0.2.7", ""),
        ({"sender": b"\xff\xfe@a.example"}, "192.0.2.7", "\ufffd\ufffd@a.example"),
        ({"sender": b"a\0b@a.example"}, "192.0.2.7", "ab@a.example"),
        ({"client_address": "unknown"}, "", "marie@academie.example"),
    ],
)
def test_who_is_counted(store_server: StoreServer, attributes: dict[str, str], ip: str, sender: str) -> None:
    async def scene(gateway: Gateway) -> None:
        assert await (await gateway.connect()).ask(recipient_count=3, **attributes) == "DUNNO"

    play(store_server.url, scene)
    for subject, key in ((Subject.IP, ip), (Subject.SENDER, sender)):
        assert not key or used(store_server, subject, key) == 3
    with Store(store_server.url) as store:
        (batch,) = store.batches()
    assert [(one.messages, one.recipients) for one in batch.slots] == [(1, 3)]


def test_message_of_nobody_from_nowhere_waits(store_server: StoreServer) -> None:
    async def scene(gateway: Gateway) -> None:
        assert (await (await gateway.connect()).ask(sender="", client_address="")).startswith("451 4.3.0 ")

    play(store_server.url, scene)


def test_networks_lists_and_school_accounts_go_by_the_rules(store_server: StoreServer) -> None:
    rules = replace(
        ALWAYS,
        networks=Networks([("198.51.100.0/24", 4), ("203.0.113.9/32", None)]),
        list_servers=(ListServer.of("203.0.113.10/32", "listes.a.example"),),
    )

    async def scene(gateway: Gateway) -> None:
        client = await gateway.connect()

        async def told(count: int, address: str, sender: str) -> str:
            return (await client.ask(recipient_count=count, client_address=address, sender=sender))[:5]

        # The factor of the network is the address's, that of the account the sender's.
        assert await told(1000, "198.51.100.1", "ce.9740001a@a.example") == "DUNNO"
        assert await told(401, "198.51.100.1", "ce.9740001a@a.example") == "550 5"
        assert await told(400, "198.51.100.2", "") == "DUNNO"
        assert await told(1600, "198.51.100.2", "") == "DUNNO"
        assert await told(500, "203.0.113.9", "x@a.example") == "DUNNO"
        assert await told(500, "203.0.113.9", "y@a.example") == "DUNNO"
        assert await told(50_000, "203.0.113.10", "bounces@listes.a.example") == "DUNNO"
        assert await told(50_000, "203.0.113.10", "z@a.example") == "550 5"

    play(store_server.url, scene, rules=rules)
    assert used(store_server, Subject.IP, "203.0.113.9") == 0
    assert used(store_server, Subject.IP, "203.0.113.10") == 0


def test_rules_that_staff_change_hold_from_the_next_message_on(store_server: StoreServer) -> None:
    table = dict(ALWAYS.table) | {(Subject.SENDER, 60): replace(ALWAYS.table[Subject.SENDER, 60], warn=5, max=5)}

    async def scene(gateway: Gateway) -> None:
        client = await gateway.connect()
        assert await client.ask(recipient_count=5) == "DUNNO"
        gateway.service.use(replace(ALWAYS, table=table))
        assert (await client.ask(recipient_count=1)).startswith("550 5.7.1 ")

    play(store_server.url, scene)


def test_question_asked_again_has_the_same_answer_and_counts_once(store_server: StoreServer) -> None:
    async def scene(gateway: Gateway) -> None:
        client = await gateway.connect()
        first = [await client.ask(recipient_count=500, instance="1a2b.3"), await client.ask(instance="1a2b.4")]
        again = await gateway.connect()
        assert [await again.ask(recipient_count=500, instance="1a2b.3"), await again.ask(instance="1a2b.4")] == first
        assert first == ["DUNNO", HOLD]
        assert gateway.heartbeat.figures["repeated"] == 2
        long = "i" * 3000
        assert [await again.ask(instance=long, sender="c@a.example") for _ in range(2)] == [HOLD, HOLD]

    play(store_server.url, scene)
    assert used(store_server, Subject.SENDER, "marie@academie.example") == 501
    assert used(store_server, Subject.SENDER, "c@a.example") == 1


def test_refusals_without_end_speak_of_a_stolen_account(store_server: StoreServer) -> None:
    rules = replace(ALWAYS, compromise_refusals=3, compromise_minutes=10)

    async def scene(gateway: Gateway) -> None:
        client = await gateway.connect()
        for number in range(2):
            await client.ask(recipient_count=5000, instance=f"a{number}")
            await client.ask(recipient_count=5000, instance=f"a{number}")
        assert gateway.stolen == []
        assert (await client.ask(recipient_count=5000, instance="a3")).startswith("550 5.7.1 Trop")
        assert gateway.stolen == ["marie@academie.example"]

    play(store_server.url, scene, rules=rules)


def test_without_rules_or_store_nothing_is_guessed(store_server: StoreServer) -> None:
    async def no_rules(gateway: Gateway) -> None:
        client = await gateway.connect()
        assert (await client.ask()).startswith("451 4.3.0 ")
        gateway.service.use(ALWAYS)
        assert await client.ask() == "DUNNO"

    async def no_store(gateway: Gateway) -> None:
        gateway.service.tick()
        assert list(gateway.heartbeat.troubles) == ["store"]
        client = await gateway.connect()
        client.send(request() * 50)
        assert {(await client.answer())[:9] for _ in range(50)} == {"451 4.3.0"}
        assert gateway.heartbeat.figures["later"] == 50

    play(store_server.url, no_rules, rules=None)
    play(f"unix://{store_server.folder}/nothing", no_store, timeout=0.2)


def test_store_that_refuses_to_write_is_a_trouble_until_it_writes_again(store_server: StoreServer) -> None:
    """Connected, and of no use: as when its disk is full."""

    async def scene(gateway: Gateway) -> None:
        client = await gateway.connect()
        assert await client.ask() == "DUNNO"
        with store_server.client() as redis:
            redis.config_set("min-replicas-to-write", 1)
            try:
                assert (await client.ask()).startswith("451 4.3.0 ")
                gateway.service.tick()
                assert list(gateway.heartbeat.troubles) == ["store"]
            finally:
                redis.config_set("min-replicas-to-write", 0)
        assert await client.ask() == "DUNNO"
        gateway.service.tick()
        assert gateway.heartbeat.troubles == {}

    play(store_server.url, scene)


def test_client_that_reads_no_answers_is_not_read_either(store_server: StoreServer) -> None:
    count = 4_000

    async def scene(gateway: Gateway) -> None:
        # What the system keeps of a unix socket has a bound, other than of TCP.
        path = store_server.folder / "policy"
        server = await asyncio.get_running_loop().create_unix_server(gateway.service.connection, str(path))
        client = Client(*await asyncio.open_unix_connection(str(path)))
        gateway.clients.append(client)
        # Refusals are longer than requests need to be.
        client.send(request(recipient_count=5000, helo_name=None, client_name=None, size=None, stress=None) * count)
        before, same = 0, 0
        while same < 5:
            now = gateway.heartbeat.figures["refused"]
            same = same + 1 if now and now == before else 0
            before = now
            await asyncio.sleep(0.1)
        assert before < count
        other = await gateway.connect()
        assert await other.ask(sender="b@a.example", client_address="192.0.2.8") == "DUNNO"
        found = b""
        while found.count(b"\n\n") < count:
            found += await asyncio.wait_for(client.reader.read(1 << 20), 20)
        assert set(re.findall(rb"action=(...)", found)) == {b"550"}
        server.close()

    play(store_server.url, scene)


async def _wait_for(client: Client, count: int) -> list[str]:
    return [await client.answer() for _ in range(count)]


def test_end_answers_what_was_asked_and_closes(store_server: StoreServer) -> None:
    async def scene(gateway: Gateway) -> None:
        busy, idle, half = [await gateway.connect() for _ in range(3)]
        assert await busy.ask(sender="b@a.example") == "DUNNO"
        assert await half.ask(sender="c@a.example") == "DUNNO"
        half.send(request()[:50])
        busy.send(request() * 100)
        while gateway.heartbeat.figures["accepted"] < 3:
            await asyncio.sleep(0)
        await gateway.service.drain()
        assert await _wait_for(busy, 100) == ["DUNNO"] * 100
        assert [await one.ended() for one in (busy, idle, half)] == [b"", b"", b""]

    play(store_server.url, scene)


def test_client_that_ends_its_side_still_gets_its_answers(store_server: StoreServer) -> None:
    async def scene(gateway: Gateway) -> None:
        client = await gateway.connect()
        client.send(request() * 3)
        client.writer.write_eof()
        assert await client.ended() == b"action=DUNNO\n\n" * 3

    play(store_server.url, scene)
