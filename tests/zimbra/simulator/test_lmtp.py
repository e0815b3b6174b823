from __future__ import annotations

import smtplib
import threading

import pytest

from tests.each import each
from tests.zimbra.simulator.mail_clients import SENDER, deliver, letter, line, mail_program
from tests.zimbra.simulator.wire import Wire
from zimbra.simulator import lmtp
from zimbra.simulator.server import SimulatorServer


def _connect(simulator: SimulatorServer) -> smtplib.LMTP:
    return smtplib.LMTP("127.0.0.1", simulator.lmtp_port)


def test_a_message_handed_over_is_in_the_inbox(simulator: SimulatorServer, address: str) -> None:
    deliver(simulator, address, letter("Conseil de classe"))
    with mail_program(simulator, address) as client:
        client.select_folder("INBOX")
        (found,) = client.fetch(client.search(), ["ENVELOPE", "FLAGS"]).values()
        assert found[b"ENVELOPE"].subject == b"Conseil de classe"
        assert b"\\Seen" not in found[b"FLAGS"]


def test_the_bytes_arrive_as_they_were_sent(simulator: SimulatorServer, address: str) -> None:
    raw = letter(body=".point\r\n..deux\r\n" + "x" * 70_000 + "\r\né\xa0")
    deliver(simulator, address, raw)
    with mail_program(simulator, address) as client:
        client.select_folder("INBOX")
        (found,) = client.fetch(client.search(), ["BODY.PEEK[]", "RFC822.SIZE"]).values()
        assert found[b"BODY[]"].endswith(raw)
        assert found[b"RFC822.SIZE"] == len(found[b"BODY[]"])


def test_what_the_server_can_do_is_announced(simulator: SimulatorServer) -> None:
    with _connect(simulator) as connection:
        connection.ehlo()
        assert {"size", "8bitmime", "smtputf8", "pipelining"} <= set(connection.esmtp_features)


def test_an_unknown_recipient_is_refused_when_named(simulator: SimulatorServer, address: str) -> None:
    with _connect(simulator) as connection:
        connection.ehlo()
        connection.mail(SENDER)
        assert connection.rcpt("nobody@ac-reunion.fr") == (550, b"5.1.1 No such user here")
        assert connection.rcpt(address)[0] == 250


def test_an_account_under_maintenance_is_refused_for_now(simulator: SimulatorServer, admin: Wire, address: str) -> None:
    admin.modify_account(address, zimbraAccountStatus="maintenance")
    with _connect(simulator) as connection:
        connection.ehlo()
        connection.mail(SENDER)
        assert connection.rcpt(address)[0] == 450


def test_a_closed_account_is_no_account(simulator: SimulatorServer, admin: Wire, address: str) -> None:
    admin.modify_account(address, zimbraAccountStatus="closed")
    with _connect(simulator) as connection:
        connection.ehlo()
        connection.mail(SENDER)
        assert connection.rcpt(address)[0] == 550


def test_each_recipient_gets_an_answer_of_its_own(simulator: SimulatorServer, admin: Wire, address: str) -> None:
    full = f"plein-{address}"
    admin.create_account(full, zimbraMailQuota="10")
    with line(simulator.lmtp_port) as client:
        client.send(b"LHLO x\r\nMAIL FROM:<bob@x.fr>\r\n")
        client.send(f"RCPT TO:<{address}>\r\nRCPT TO:<{full}>\r\nDATA\r\n".encode())
        while not client.line().startswith(b"354"):
            pass
        client.send(letter() + b".\r\n")
        assert [client.line()[:3], client.line()[:3]] == [b"250", b"452"]


def test_a_message_over_the_account_s_limit_is_refused_for_good(
    simulator: SimulatorServer, admin: Wire, address: str
) -> None:
    admin.modify_account(address, zimbraMtaMaxMessageSize="2000")
    with pytest.raises(smtplib.SMTPDataError) as refused:
        deliver(simulator, address, letter(body="x" * 3000))
    assert refused.value.smtp_code == 552


def test_a_message_over_the_server_s_limit_gets_as_many_answers_as_recipients(
    simulator: SimulatorServer, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lmtp, "MAX_MESSAGE", 1000)
    with line(simulator.lmtp_port) as client:
        client.send(f"LHLO x\r\nMAIL FROM:<a@x.fr>\r\nRCPT TO:<{address}>\r\nRCPT TO:<{address}>\r\nDATA\r\n".encode())
        while not client.line().startswith(b"354"):
            pass
        client.send(letter(body="x" * 2000) + b".\r\nNOOP\r\n")
        assert [client.line()[:3] for _ in range(3)] == [b"552", b"552", b"250"]


def test_a_size_announced_too_big_is_refused_at_once(simulator: SimulatorServer) -> None:
    with _connect(simulator) as connection:
        connection.ehlo()
        assert connection.mail(SENDER, ["SIZE=999999999"])[0] == 552


def test_the_empty_sender_of_notices_is_taken(simulator: SimulatorServer, address: str) -> None:
    deliver(simulator, address, letter("Non remis"), sender="")
    with mail_program(simulator, address) as client:
        assert client.folder_status("INBOX")[b"MESSAGES"] == 1


def test_an_alias_and_an_address_with_detail_are_the_account(
    simulator: SimulatorServer, admin: Wire, address: str
) -> None:
    admin.modify_account(address, zimbraMailAlias=f"alias-{address}")
    local, _, domain = address.partition("@")
    deliver(simulator, f"alias-{address}", letter("Un"))
    deliver(simulator, f"{local}+liste@{domain}".upper(), letter("Deux"))
    with mail_program(simulator, address) as client:
        assert client.folder_status("INBOX")[b"MESSAGES"] == 2


def test_an_address_of_letters_with_accents_can_be_named(simulator: SimulatorServer, address: str) -> None:
    with _connect(simulator) as connection:
        connection.ehlo()
        connection.command_encoding = "utf-8"
        assert connection.mail("élève@ailleurs.example", ["SMTPUTF8"])[0] == 250
        assert connection.rcpt("élève@ac-reunion.fr")[0] == 550
        assert connection.rcpt(address)[0] == 250


@each(
    "command",
    [
        b"RCPT TO:<a@b>", b"DATA", b"MAIL", b"MAIL FROM:<<>>", b"MAIL FROM:<a@b> SIZE=x", b"\xff\xfe\xfd", b"",
        b"MAIL FROM:<" + b"(" * 400 + b">", b"EHLO x", b"A" * 5000, b"MAIL FROM:<a@b> " + b"X=1 " * 100,
    ],
)  # fmt: skip
def test_a_command_that_makes_no_sense_gets_a_refusal_and_the_next_one_works(
    simulator: SimulatorServer, command: bytes
) -> None:
    with line(simulator.lmtp_port) as client:
        client.send(b"LHLO x\r\n" if b"EHLO" not in command else b"NOOP\r\n")
        while not client.line().startswith(b"250 "):
            pass
        client.send(command + b"\r\nRSET\r\n")
        answer = client.line()
        assert answer[:1] == b"5"
        assert client.line()[:3] == b"250"


@pytest.mark.parametrize("raw", [b"", b"\r\n", b"no header at all", b"\x00\xff" * 500, b"Subject" * 9000])
def test_any_bytes_make_a_message(simulator: SimulatorServer, address: str, raw: bytes) -> None:
    deliver(simulator, address, raw)
    with mail_program(simulator, address) as client:
        assert client.folder_status("INBOX")[b"MESSAGES"] == 1


def test_a_message_cut_off_is_not_delivered(simulator: SimulatorServer, address: str) -> None:
    with line(simulator.lmtp_port) as client:
        client.send(f"LHLO x\r\nMAIL FROM:<a@x.fr>\r\nRCPT TO:<{address}>\r\nDATA\r\n".encode())
        while not client.line().startswith(b"354"):
            pass
        client.send(b"Subject: half\r\n\r\nof a mess")
    deliver(simulator, address, letter())
    with mail_program(simulator, address) as client:
        assert client.folder_status("INBOX")[b"MESSAGES"] == 1


def test_deliveries_at_the_same_time_all_arrive(simulator: SimulatorServer, address: str) -> None:
    def work(number: int) -> None:
        with _connect(simulator) as connection:
            for at in range(5):
                connection.sendmail(SENDER, [address], letter(f"{number} {at}"))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with mail_program(simulator, address) as client:
        client.select_folder("INBOX")
        found = client.fetch(client.search(), ["ENVELOPE"])
        assert {one[b"ENVELOPE"].subject.decode() for one in found.values()} == {
            f"{number} {at}" for number in range(8) for at in range(5)
        }


def test_one_connection_too_many_is_told_so(simulator: SimulatorServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lmtp, "MAX_CONNECTIONS", 0)
    with line(simulator.lmtp_port) as client:
        assert client.greeting.startswith(b"421")
        assert client.is_closed()
