"""Real mail: Debian's Postfix set up as docs/postfix.md says, real clients of SMTP, both gateways as processes.

PORTAL_TEST_ROUNDS sets how often parts are taken away under load (1 without it); tests/benchmarks/mail_flow.py has the
long version.
"""

from __future__ import annotations

import os
import re
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from django.conf import settings

from tests.mail_databases import SqliteDatabase
from tests.mail_flow import DOCUMENT, Flow, Reply, blocks, start_flow
from tests.mail_load import PARTS, Load, Stream, arrived, number, outside, somewhere
from tests.mail_reference import HELD, PASSED, REFUSED, Comparison, Offered, compare
from tests.postfix import AVAILABLE, Postfix, free_ports, start_postfix

pytestmark = [pytest.mark.processes, pytest.mark.skipif(not AVAILABLE, reason="Postfix cannot be started here")]

ROUNDS = int(os.environ.get("PORTAL_TEST_ROUNDS", "1"))
WARN, MAX = 10, 15


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[Flow]:
    """Postfix and all behind it, for the tests of this module. Thresholds bite within an hour, which no test lasts."""
    folder = tmp_path_factory.mktemp("flow")
    with start_flow(folder, SqliteDatabase(folder / "portal.sqlite3", migrated)) as flow:
        flow.portal.do("set_thresholds", {"sender": {"3600": [WARN, MAX]}, "ip": {"3600": [WARN + 1, MAX + 1]}})
        yield flow


@pytest.fixture
def flow(whole: Flow) -> Iterator[Flow]:
    """The same with a gateway and an intake of the test's own, which it may kill; nothing is held yet."""
    whole.start_gateway()
    whole.start_intake()
    yield whole
    whole.postfix.wait_until_empty(retry=True)
    whole.portal.do("release_all")
    whole.postfix.wait_until_empty(retry=True)
    whole.stop_gateways()


def test_documented_settings_agree_with_the_portal() -> None:
    main, master = blocks()["main.cf"], blocks()["master.cf"]
    limit = re.search(r"^message_size_limit = (\d+)$", main, re.MULTILINE)
    assert limit
    assert int(limit[1]) <= settings.QUARANTINE_MAX_BYTES - 1_000_000
    assert settings.LIMITS_HOLD_ACTION == "FILTER lmtp:[127.0.0.1]:10025"
    assert settings.QUARANTINE_RELAY == "smtp://127.0.0.1:10026"
    assert "127.0.0.1:10026 inet" in master
    commands = DOCUMENT.read_text()
    for option in ("--lmtp 127.0.0.1:10024", "--hold-lmtp 127.0.0.1:10025", "--listen 127.0.0.1:10031"):
        assert option in commands


def test_reference_tells_wrong_answers_from_those_that_nobody_can_know() -> None:
    table = {("sender", 60): (5, 8)}

    def offered(*rows: tuple[int, float, float, int]) -> Comparison:
        return compare((Offered({"sender": "a"}, *row) for row in rows), table)

    right = ((5, 0.0, 0.1, PASSED), (1, 1.0, 1.1, HELD), (3, 2.0, 2.1, REFUSED), (2, 3.0, 3.1, HELD))
    assert offered(*right) == Comparison([], 4)
    # 60 s after the first began it may have left the window, 60 s after it was answered it has.
    assert offered(*right, (1, 60.05, 60.06, PASSED)).wrong == []
    assert offered(*right, (1, 60.05, 60.06, REFUSED)).certain == 4
    assert offered(*right, (1, 60.2, 60.3, REFUSED)).wrong == ["1 recipients at 60.200 refused, not passed"]
    assert offered(*right, (1, 59.0, 59.1, PASSED)).wrong == ["1 recipients at 59.000 passed, not refused"]
    # Of two at the same time either may have been first, but not both last.
    assert offered((5, 0.0, 1.0, PASSED), (5, 0.5, 1.5, REFUSED)).wrong == []
    assert offered((5, 0.0, 0.4, PASSED), (4, 0.5, 1.5, PASSED)).wrong == ["4 recipients at 0.500 passed, not refused"]


@pytest.mark.parametrize("subject", ["sender", "ip"])
def test_thresholds_bite_exactly(flow: Flow, subject: str) -> None:
    """Messages of so many recipients: the WARNth and the MAXth pass, one more does not, a refusal counts nothing."""
    warn, most = (WARN, MAX) if subject == "sender" else (WARN + 1, MAX + 1)
    sender, address = f"compte-{number()}@ailleurs.example", somewhere()
    sizes = [warn - 3, 3, 1, most - warn, most - warn - 1, 1, 1]
    answers, recipients = [], []
    for size in sizes:
        # By address: every message has another sender.
        who = sender if subject == "sender" else f"compte-{number()}@ailleurs.example"
        where = somewhere() if subject == "sender" else address
        recipients.append(outside(size))
        answers.append(flow.send("n-importe@ailleurs.example", recipients[-1], login=who, address=where).code)
    assert answers == [250, 250, 250, 550, 250, 550, 550]
    flow.postfix.wait_until_empty()
    delivered, holds = flow.sink.recipients(), flow.holds()
    assert [[delivered[one] for one in some] for some in recipients] == [
        [1] * size if at < 2 else [0] * size for at, size in enumerate(sizes)
    ]
    assert [[holds[one] for one in some] for some in recipients] == [
        [1] * size if at in {2, 4} else [0] * size for at, size in enumerate(sizes)
    ]


def test_held_mail_is_released_once_and_unchanged(flow: Flow) -> None:
    sender, inside = f"compte-{number()}@academie.example", flow.zimbra.create_account()
    (stranger,) = outside(1)
    lines = [
        b"DKIM-Signature: v=1; a=rsa-sha256; d=academie.example; s=x; h=from:subject;\r\n\tbh=abc=; b=def=",
        b"from:  Agent <agent@academie.example>",
        b"Subject: =?utf-8?q?R=C3=A9union?=",
        b"MESSAGE-ID:   <reunion@academie.example>",
        b"Date: Tue, 3 Mar 2026 08:00:00 +0400",
        b"",
        b"..deux points, \xc3\xa9t\xc3\xa9, \xe9 seul",
        b"longue " + b"z" * 3000,
        b"",
    ]
    raw = b"\r\n".join(lines)
    address = somewhere()
    assert flow.send(sender, outside(WARN), address=address).code == 250
    assert flow.send(sender, [inside, stranger, inside.upper()], raw=raw, address=address).code == 250
    flow.postfix.wait_until_empty()
    assert flow.holds() == {inside: 1, stranger: 1}
    assert flow.sink.recipients()[stranger] == 0
    with flow.zimbra.client(inside) as client:
        assert not list(client.messages())
        # Asked twice, delivered once.
        assert flow.portal.do("release_all") == 2
        assert flow.portal.do("release_all") == 0
        flow.postfix.wait_until_empty()
        (message,) = client.messages()
        came = client.raw_message(message.id)
    assert flow.sink.recipients()[stranger] == 1
    (sent,) = (content for recipient, content in flow.sink.taken if recipient == stranger)
    # Only on top is anything added; Postfix cuts lines of more than 998 bytes on their way outside.
    assert came.endswith(raw)
    assert sent.replace(b"\r\n z", b"z").endswith(raw)
    assert b"X-Whitelist-Flag: YES\r\n" in came.removesuffix(raw)


def test_above_max_no_trace_is_kept(flow: Flow) -> None:
    token = f"jeton-{number()}-de-ce-message"
    recipients = [f"{token}-{number}@outside.example" for number in range(MAX + 1)]
    raw = f"Subject: {token}\r\n\r\n{token} {'x' * 5000}\r\n".encode()
    reply = flow.send(f"compte-{number()}@academie.example", recipients, raw=raw, address=somewhere())
    assert reply.code == 550
    assert "Trop de destinataires en une fois: 16, pour 15 au plus en 1 heure" in reply.text
    assert "Too many recipients at once: 16, at most 15 within 1 hour" in reply.text
    assert len(reply.text) < 500
    flow.postfix.wait_until_empty()
    assert not any(token in recipient for recipient in [*flow.holds(), *flow.sink.recipients()])
    # Postfix's own log names the last recipient of what it refuses; that is the mail server's, and is rotated.
    folders = (flow.folder, flow.postfix.folder / "queue", flow.store.folder)
    kept = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert flow.folder / "portal.sqlite3" in kept
    assert [path for path in kept if token.encode() in path.read_bytes()] == []


def test_port_25_counts_the_networks_of_schools_alone(flow: Flow) -> None:
    def send(address: str) -> Reply:
        return flow.send("qui@ailleurs.example", outside(MAX + 1), address=address, port=flow.ports.smtp)

    assert send("203.0.113.7").code == 250
    assert send("203.0.113.7").code == 250
    assert send("198.51.100.7").code == 550


def test_mail_for_the_academy_reaches_zimbra_or_is_held_by_its_verdict(flow: Flow) -> None:
    inside = flow.zimbra.create_account()
    marks = b"X-Spam: Yes\r\nX-Spamd-Result: default: False [17.00 / 15.00];\r\n"
    plain = b"Subject: Bonjour\r\nMessage-ID: <%d@ailleurs.example>\r\n\r\nBonjour.\r\n"
    for raw in (plain % number(), marks + plain % number()):
        reply = flow.send("qui@ailleurs.example", [inside], address="203.0.113.9", port=flow.ports.smtp, raw=raw)
        assert reply.code == 250
    flow.postfix.wait_until_empty()
    with flow.zimbra.client(inside) as client:
        assert len(list(client.messages())) == 1
    assert flow.holds()[inside] == 1


def test_gateway_killed_in_the_middle_loses_and_doubles_nothing(flow: Flow) -> None:
    sender, recipients = f"compte-{number()}@academie.example", outside(MAX + 10)
    stream = Stream(lambda some: flow.send(sender, some, address=somewhere()))

    def kill_and_restart() -> None:
        for reached in (3, WARN, MAX - 1):
            stream.reached(reached)
            flow.kill(flow.gateways[-1])
            flow.start_gateway()

    stream.run(recipients, meanwhile=kill_and_restart)
    flow.postfix.wait_until_empty()
    # Repeated questions are not counted twice, and Postfix repeats them: nobody was told to come back later.
    assert Counter(stream.answers.values()) == {250: MAX, 550: 10}
    delivered, holds = arrived(flow, set(recipients))
    assert (delivered.total(), holds.total()) == (WARN, MAX - WARN)
    assert delivered + holds == Counter(stream.taken())


@pytest.fixture
def second_postfix(flow: Flow) -> Iterator[Postfix]:
    """A Postfix that asks the second gateway first, and the first one when that is away."""
    ports = flow.ports
    swapped = replace(ports, policy=ports.second_policy, second_policy=ports.policy)
    master = "127.0.0.1:{} inet n - y - - smtpd\n  -o smtpd_end_of_data_restrictions=portal_limits\n"
    (port,) = free_ports(1)
    main = swapped.main("main.cf", "main.cf-second-gateway")
    with start_postfix(main=main, master=master.format(port), ports=[port]) as postfix:
        yield postfix


def test_two_gateways_decide_as_one_and_stand_in_for_each_other(flow: Flow, second_postfix: Postfix) -> None:
    second = flow.start_gateway(flow.ports.second_policy)
    sender, recipients, turns = f"compte-{number()}@academie.example", outside(MAX + 10), count()

    def send(some: list[str]) -> Reply:
        port = second_postfix.ports[0] if next(turns) % 2 else 0
        return flow.send(sender, some, address=somewhere(), port=port)

    stream = Stream(send)

    def kill() -> None:
        stream.reached(WARN - 2)
        flow.kill(second)

    stream.run(recipients, meanwhile=kill)
    for postfix in (flow.postfix, second_postfix):
        postfix.wait_until_empty(retry=True)
    assert "problem talking to server" in second_postfix.log
    assert Counter(stream.answers.values()) == {250: MAX, 550: 10}
    delivered, holds = arrived(flow, set(recipients))
    assert (delivered.total(), holds.total()) == (WARN, MAX - WARN)
    assert delivered + holds == Counter(stream.taken())


def test_without_a_gateway_or_its_store_the_client_keeps_the_message(flow: Flow) -> None:
    sender, recipients = f"compte-{number()}@academie.example", outside(MAX + 1)
    flow.store.kill()
    reply = flow.send(sender, recipients, address=somewhere())
    assert (reply.code, "Temporary failure" in reply.text) == (451, True)
    flow.store.start()
    flow.kill(flow.gateways[-1], signal.SIGTERM)
    reply = flow.send(sender, recipients[:1], address=somewhere())
    assert (reply.code, "Please try again later" in reply.text) == (451, True)
    flow.start_gateway()
    # Nothing was counted meanwhile.
    parts = (recipients[:WARN], recipients[WARN:MAX], recipients[MAX:])
    assert [flow.send(sender, some, address=somewhere()).code for some in parts] == [250, 250, 550]


def test_each_part_away_in_turn_under_load(flow: Flow) -> None:
    """Clients that try again send to people inside and outside, above WARN too; in the end everything came once."""
    load = Load(flow, messages=120 * ROUNDS, each=WARN + 2)

    def take_away() -> None:
        for _ in range(ROUNDS):
            for part in PARTS:
                load.wait_for_more(15)
                part(flow, 0.4)

    load.run(meanwhile=take_away)
    flow.postfix.wait_until_empty(60, retry=True)
    assert load.refused() == []
    assert flow.holds().total() > 0
    flow.portal.do("release_all")
    flow.postfix.wait_until_empty(60, retry=True)
    assert load.missing_and_doubled() == ([], [])
