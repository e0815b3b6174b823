from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from quarantine import next_hop
from quarantine.next_hop import BadRoute, Letter, Reply, Route, Unreachable
from tests.each import each
from tests.quarantine.next_server import NextServer, Received

RAW = b"Subject: x\r\n\r\n.dot\r\n..dots\r\n.\r\nb\xe9\r\n"
ANNE, BOB, EVA = "anne@ac-reunion.fr", "bob@ac-reunion.fr", "eva@ac-reunion.fr"


@pytest.fixture
def server() -> Iterator[NextServer]:
    with NextServer() as running:
        yield running


def hand_over(server: NextServer, *rcpt_tos: str, raw: bytes = RAW, **fields: object) -> list[Reply]:
    letter = Letter("a@x.fr", rcpt_tos or [ANNE], raw, **fields)  # type: ignore[arg-type]
    return next_hop.hand_over(next_hop.route(server.url), letter)


@pytest.mark.parametrize("protocol", ["lmtp", "smtp"])
def test_the_bytes_arrive_as_they_are(protocol: str) -> None:
    with NextServer(protocol) as server:
        assert [reply.taken for reply in hand_over(server)] == [True]
        assert server.received == [Received("a@x.fr", (ANNE,), RAW, f"BODY=8BITMIME SIZE={len(RAW)}")]


def test_each_recipient_has_the_answer_of_its_own(server: NextServer) -> None:
    server.said[BOB] = "550 5.1.1 No such user"
    server.ends[EVA] = "452 4.2.2 Over quota"
    replies = hand_over(server, BOB, ANNE, EVA)
    assert [reply.line for reply in replies] == ["550 5.1.1 No such user", "250 2.0.0 Taken", "452 4.2.2 Over quota"]
    assert [one.rcpt_tos for one in server.received] == [(ANNE,)]


def test_the_one_answer_of_smtp_is_that_of_all_who_were_wanted() -> None:
    with NextServer("smtp", said={BOB: "450 4.2.1 Later"}, ends={ANNE: "554 5.7.1 No"}) as server:
        assert [reply.code for reply in hand_over(server, ANNE, BOB, EVA)] == [554, 450, 554]


@pytest.mark.parametrize("moment", ["greeting", "hello", "mail", "rcpt", "data", "body"])
def test_a_server_that_dies_before_the_last_line_took_nothing(server: NextServer, moment: str) -> None:
    server.dies = moment  # type: ignore[assignment]
    with pytest.raises(Unreachable):
        # More than the socket holds, so that the death is noticed before the end.
        hand_over(server, raw=RAW + b"x" * 78 + b"\r\n" * 4_000_000 if moment == "body" else RAW)
    assert server.received == []


@pytest.mark.parametrize("moment", ["dot_unseen", "after_dot"])
def test_a_server_that_dies_after_the_last_line_may_have_taken_it(server: NextServer, moment: str) -> None:
    server.dies = moment  # type: ignore[assignment]
    assert [reply.lost for reply in hand_over(server, ANNE, BOB)] == [True, True]


def test_what_comes_before_the_last_line_can_still_stop_it(server: NextServer) -> None:
    def stop() -> None:
        raise KeyError

    with pytest.raises(KeyError):
        next_hop.hand_over(next_hop.route(server.url), Letter("", [ANNE], RAW), before_dot=stop)
    assert hand_over(server)[0].taken
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("command", "answer", "code"),
    [("mail", "552 5.3.4 Too big", 552), ("data", "451 4.3.0 Later", 451), ("data", "200 What", 451)],
)
def test_a_refusal_before_the_message_is_that_of_all(server: NextServer, command: str, answer: str, code: int) -> None:
    server.whole[command] = answer
    assert [reply.code for reply in hand_over(server, ANNE, BOB)] == [code, code]


def test_a_server_that_is_not_ready_took_nothing(server: NextServer) -> None:
    server.whole["greeting"] = "421 4.3.2 Busy"
    with pytest.raises(Unreachable):
        hand_over(server)


def test_accents_in_addresses_need_a_server_that_knows_them(server: NextServer) -> None:
    assert hand_over(server, "élève@ac-reunion.fr", options=["SMTPUTF8"])[0].taken
    assert "SMTPUTF8" in server.received[0].options
    assert server.received[0].rcpt_tos == ("élève@ac-reunion.fr",)
    server.offers = ()
    assert hand_over(server, "élève@ac-reunion.fr", options=["SMTPUTF8"])[0].code == 553


def test_an_address_brings_no_commands_with_it(server: NextServer) -> None:
    assert hand_over(server, "a@b>\r\nRCPT TO:<c@d", ANNE)[0].code == 553
    assert [one.rcpt_tos for one in server.received] == [(ANNE,)]


def test_a_message_that_does_not_end_its_last_line_gets_its_end(server: NextServer) -> None:
    hand_over(server, raw=b"Subject: x\r\n\r\nend")
    hand_over(server, raw=b"")
    assert [one.raw for one in server.received] == [b"Subject: x\r\n\r\nend\r\n", b""]


def test_a_server_behind_a_socket_of_this_machine(tmp_path: Path) -> None:
    path = str(tmp_path / "lmtp")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    listening.listen()

    def answer() -> None:
        connection, _ = listening.accept()
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 x\r\n")
            assert lines.readline().startswith(b"LHLO")
            connection.sendall(b"250 x\r\n")
            lines.readline()
            connection.sendall(b"550 5.7.1 no\r\n")

    thread = threading.Thread(target=answer)
    thread.start()
    assert next_hop.hand_over(next_hop.route(f"lmtp://{path}"), Letter("", [ANNE], RAW))[0].code == 550
    thread.join()
    listening.close()
    with pytest.raises(Unreachable):
        next_hop.hand_over(next_hop.route(f"lmtp://{path}x"), Letter("", [ANNE], RAW))


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("lmtp://zimbra.example:7025", Route("lmtp", "zimbra.example", 7025)),
        ("smtp://[::1]:25", Route("smtp", "::1", 25)),
        ("lmtp:///run/x%20y", Route("lmtp", path="/run/x y")),
    ],
)
def test_a_route_is_read(url: str, found: Route) -> None:
    assert next_hop.route(url) == found


@each("url", ["", "zimbra:7025", "http://x", "lmtp://", "lmtp://x", "smtp://x:99999", "lmtp:///"])
def test_what_names_no_server_is_refused(url: str) -> None:
    with pytest.raises(BadRoute):
        next_hop.route(url)
