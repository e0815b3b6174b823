"""The two protocols on the wire, over a function that only notes what it was given."""

from __future__ import annotations

import asyncio
import smtplib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from quarantine.gateway import intake, intake_protocol
from quarantine.gateway.heartbeat import Heartbeat
from quarantine.gateway.intake_work import Submission
from quarantine.models import GatewayHeartbeat
from tests.each import each

ANNE, BOB = "anne@ac-reunion.fr", "bob@ac-reunion.fr"
RAW = b"Subject: s\r\n\r\n.Bonjour\r\n..\r\n"


class Running:
    """An intake in a thread of its own. given: what it was handed, and whether by the listener that holds all."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.given: list[tuple[Submission, bool]] = []
        self.answers: dict[str, str] = {}
        self.go_on = threading.Event()
        self.go_on.set()
        self.heartbeat = Heartbeat(GatewayHeartbeat.Kind.INTAKE, "test")
        monkeypatch.setattr(intake.Intake, "_work", self.work)
        self.socket = str(folder / "hold.sock")
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._thread.start()
        assert self._ready.wait(10)

    def work(self, submission: Submission, hold_all: bool) -> list[str]:
        assert hold_all or self.go_on.wait(10)
        self.given.append((submission, hold_all))
        return [self.answers.get(address, "250 2.0.0 Ok") for address in submission.rcpt_tos]

    async def _run(self) -> None:
        listeners = [
            intake.Listener(intake.LMTP, "127.0.0.1:0"),
            intake.Listener(intake.SMTP, "127.0.0.1:0"),
            intake.Listener(intake.HOLD_LMTP, self.socket),
        ]
        self._intake = intake.Intake(listeners, self.heartbeat)
        self._loop = asyncio.get_running_loop()

        def ready(told: list[str]) -> None:
            self.lmtp, self.smtp = (int(one.rpartition(":")[2]) for one in told[:2])
            self._ready.set()

        await self._intake.run(ready)

    def stop(self, *, wait: bool = True) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._intake.stop)
        if wait:
            self._thread.join(10)
            assert not self._thread.is_alive()


@pytest.fixture
def running(settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Running]:
    settings.QUARANTINE_MAX_BYTES = 100_000
    # Not longer than a socket of this machine may be named.
    made = Running(monkeypatch, tmp_path if len(str(tmp_path)) < 80 else Path("/tmp"))
    yield made
    made.go_on.set()
    made.stop()


class Line:
    """A client that says what it likes."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.file = self.socket.makefile("rb")
        assert self.read().startswith("220")

    def read(self) -> str:
        return self.file.readline().decode().strip()

    def say(self, data: bytes, answers: int = 1) -> list[str]:
        self.socket.sendall(data)
        return [self.read() for _ in range(answers)]

    def begin(self, *rcpt_tos: str) -> None:
        self.socket.sendall(b"LHLO x\r\nMAIL FROM:<a@x.fr>\r\n")
        for one in rcpt_tos:
            self.socket.sendall(f"RCPT TO:<{one}>\r\n".encode())
        self.socket.sendall(b"DATA\r\n")
        while not self.read().startswith("354"):
            pass

    def close(self) -> None:
        self.file.close()
        self.socket.close()


@pytest.fixture
def line(running: Running) -> Iterator[Line]:
    made = Line(running.lmtp)
    yield made
    made.close()


def test_lmtp_answers_for_each_recipient(running: Running) -> None:
    running.answers[BOB] = "451 4.3.0 Later"
    with smtplib.LMTP("127.0.0.1", running.lmtp) as client:
        client.ehlo()
        assert {"pipelining", "8bitmime", "smtputf8", "size"} <= set(client.esmtp_features)
    line = Line(running.lmtp)
    line.begin(ANNE, BOB)
    assert line.say(b"Subject: x\r\n\r\n..a\r\n.\r\n", 2) == ["250 2.0.0 Ok", "451 4.3.0 Later"]
    line.close()
    assert running.given == [(Submission(b"Subject: x\r\n\r\n.a\r\n", "a@x.fr", (ANNE, BOB)), False)]
    assert running.heartbeat.figures == {"delivered": 1, "later": 1}


def test_smtp_answers_once(running: Running) -> None:
    with smtplib.SMTP("127.0.0.1", running.smtp) as client:
        assert client.sendmail("", [ANNE, BOB], RAW) == {}
        running.answers[BOB] = "451 4.3.0 Later"
        with pytest.raises(smtplib.SMTPDataError) as refused:
            client.sendmail("a@x.fr", [ANNE, BOB], RAW)
        assert refused.value.smtp_code == 451
    assert [one.mail_from for one, _ in running.given] == ["", "a@x.fr"]
    assert [one.raw for one, _ in running.given] == [RAW, RAW]


def test_the_listener_that_holds_all_says_so(running: Running) -> None:
    with smtplib.LMTP(running.socket) as client:
        client.sendmail("élève@x.fr", [ANNE], RAW, mail_options=["SMTPUTF8", "BODY=8BITMIME"])
    [(given, hold_all)] = running.given
    assert hold_all
    assert (given.mail_from, set(given.options) & {"SMTPUTF8", "BODY=8BITMIME"}) == (
        "élève@x.fr", {"SMTPUTF8", "BODY=8BITMIME"},
    )  # fmt: skip


@pytest.mark.parametrize(
    "body", [b"a\n.\nb", b"a\n.\r\nb", b"a\r.\rb", b"\xe9\x00\xff", b"x" * 90_000, b"\r\n" * 3, b"a\r\n..\r\n...b"]
)
def test_only_a_line_with_a_dot_ends_a_message(running: Running, line: Line, body: bytes) -> None:
    line.begin(ANNE)
    sent = (b"\r\n" + body).replace(b"\r\n.", b"\r\n..")[2:]
    assert line.say(sent + b"\r\n.\r\nNOOP\r\n", 2) == ["250 2.0.0 Ok", "250 OK"]
    assert [one.raw for one, _ in running.given] == [body + b"\r\n"]


def test_a_message_of_nothing_and_one_cut_into_bytes(running: Running, line: Line) -> None:
    line.begin(ANNE)
    line.say(b".\r\n")
    line.begin(ANNE)
    for byte in b"a\r\n.b\r\n.\r\n":
        line.socket.sendall(bytes([byte]))
    assert line.read() == "250 2.0.0 Ok"
    assert [one.raw for one, _ in running.given] == [b"", b"a\r\nb\r\n"]


def test_a_message_too_big_is_refused_for_all(running: Running, line: Line) -> None:
    line.begin(ANNE, BOB)
    assert line.say(b"x" * 120_000 + b"\r\n.\r\nNOOP\r\n", 3) == [intake_protocol.TOO_BIG] * 2 + ["250 OK"]
    assert line.say(b"MAIL FROM:<a@x.fr> SIZE=100001\r\n")[0].startswith("552")
    assert running.given == []


def test_memory_is_bounded_over_all(running: Running, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(intake_protocol, "MAX_MEMORY", 50)
        line.begin(ANNE)
        assert line.say(b"x" * 60 + b"\r\n.\r\n") == [intake_protocol.NO_ROOM]
    line.begin(ANNE)
    assert line.say(b"x" * 60 + b"\r\n.\r\n") == ["250 2.0.0 Ok"]


@each(
    "command",
    [
        b"RCPT TO:<nobody>", b"RCPT TO:<" + b"a" * 320 + b"@x.fr>", b"RCPT TO:<a\x00@x.fr>", b"RCPT TO:<\xff@x.fr>",
        b"MAIL FROM:<b@x.fr>", b"DATA", b"EXPN a", b"A" * 3000, b"\xff\xfe", b"",
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_and_the_next_works(line: Line, command: bytes) -> None:
    line.say(b"LHLO x\r\n", 6)
    line.say(b"MAIL FROM:<a@x.fr>\r\n")
    answer, *_ = line.say(command + b"\r\n")
    assert answer[:1] in {"4", "5"}
    assert line.say(b"RSET\r\n") == ["250 OK"]


def test_a_recipient_too_many_comes_later(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_protocol, "MAX_RECIPIENTS", 1)
    line.say(b"LHLO x\r\n", 6)
    answers = line.say(b"MAIL FROM:<a@x.fr>\r\nRCPT TO:<a@x.fr>\r\nRCPT TO:<b@x.fr>\r\n", 3)
    assert [answer[:3] for answer in answers] == ["250", "250", "452"]


def test_a_connection_too_many_is_told_so(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MAX_CONNECTIONS", 0)
    with pytest.raises(smtplib.SMTPConnectError) as refused:
        smtplib.LMTP("127.0.0.1", running.lmtp)
    assert refused.value.smtp_code == 421


def test_whoever_is_idle_is_sent_away(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_protocol, "IDLE_SECONDS", 0.05)
    line = Line(running.lmtp)
    assert line.read() == ""
    line.close()


def test_a_mistake_of_ours_is_no_answer_for_others(
    running: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    subject = "Subject: personal"[9:]

    def fail(*_: object) -> list[str]:
        raise ValueError(subject)

    monkeypatch.setattr(intake.Intake, "_work", fail)
    line = Line(running.lmtp)
    line.begin(ANNE, BOB)
    # The connection ends without a 250: the mail server tries again.
    assert not any(answer.startswith("2") for answer in line.say(b"x\r\n.\r\n", 2))
    line.close()
    assert "ValueError" in caplog.text
    assert "personal" not in caplog.text


def test_what_is_held_does_not_wait_for_what_is_handed_on(running: Running) -> None:
    running.go_on.clear()
    lines = [Line(running.lmtp) for _ in range(intake.WORKERS + 1)]
    for one in lines:
        one.begin(ANNE)
        one.socket.sendall(b"x\r\n.\r\n")
    with smtplib.LMTP(running.socket) as client:
        client.sendmail("a@x.fr", [ANNE], RAW)
    assert [hold_all for _, hold_all in running.given] == [True]
    running.go_on.set()
    for one in lines:
        assert one.read() == "250 2.0.0 Ok"
        one.close()


def test_the_end_waits_for_what_is_worked_on(running: Running, line: Line) -> None:
    idle = Line(running.lmtp)
    running.go_on.clear()
    line.begin(ANNE)
    line.socket.sendall(b"x\r\n.\r\n")
    running.stop(wait=False)
    assert idle.read().startswith("421")
    idle.close()
    running.go_on.set()
    assert line.read() == "250 2.0.0 Ok"
    assert line.read().startswith("421")
    assert line.read() == ""
    running.stop()
    assert not Path(running.socket).exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", running.lmtp), timeout=1)
