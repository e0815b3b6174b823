from __future__ import annotations

import base64
import imaplib
import threading
import time

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import LoginError

from tests.each import each
from tests.zimbra.simulator.mail_clients import Line, deliver, letter, line, mail_program
from tests.zimbra.simulator.wire import PASSWORD, Wire
from zimbra.simulator.imap import listener, session
from zimbra.simulator.server import SimulatorServer


def _signed_in(connection: Line, address: str) -> Line:
    assert connection.ask(f'LOGIN {address} "{PASSWORD}"'.encode())[-1].startswith(b"a OK")
    return connection


def _until(condition: object, seconds: float = 10) -> bool:
    """Whether something comes true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.02)
    return False


# --- signing in ----------------------------------------------------------------------------------------------------


def test_the_greeting_and_the_capabilities_agree(simulator: SimulatorServer) -> None:
    with line(simulator.imap_port) as client:
        assert client.greeting.startswith(b"* OK [CAPABILITY IMAP4rev1 ")
        assert client.ask(b"CAPABILITY")[0].split()[2:] == session.CAPABILITIES.split()


@pytest.mark.parametrize("initial", [True, False])
def test_signing_in_by_sasl(simulator: SimulatorServer, address: str, initial: bool) -> None:
    secret = base64.b64encode(f"\0{address}\0{PASSWORD}".encode())
    with line(simulator.imap_port) as client:
        if initial:
            answer = client.ask(b"AUTHENTICATE PLAIN " + secret)
        else:
            client.send(b"a AUTHENTICATE PLAIN\r\n")
            assert client.line().startswith(b"+")
            client.send(secret + b"\r\n")
            answer = client.until(b"a")
        assert answer[-1].startswith(b"a OK")
        assert client.ask(b"STATUS INBOX (MESSAGES)")[0] == b'* STATUS "INBOX" (MESSAGES 0)'


def test_the_domain_may_be_left_out_and_case_does_not_matter(simulator: SimulatorServer, address: str) -> None:
    with mail_program(simulator, address.partition("@")[0].upper()) as client:
        assert client.list_folders()


@pytest.mark.parametrize("password", ["faux", "", "x" * 5000])
def test_a_wrong_password_is_refused(simulator: SimulatorServer, address: str, password: str) -> None:
    with pytest.raises(LoginError, match="AUTHENTICATIONFAILED"), mail_program(simulator, address, password):
        pass


def test_an_unknown_account_is_refused_like_a_wrong_password(simulator: SimulatorServer) -> None:
    with pytest.raises(LoginError, match="AUTHENTICATIONFAILED"), mail_program(simulator, "nobody@ac-reunion.fr"):
        pass


@pytest.mark.parametrize("attributes", [{"zimbraImapEnabled": "FALSE"}, {"zimbraAccountStatus": "locked"}])
def test_an_account_that_may_not_use_it_is_refused(
    simulator: SimulatorServer, admin: Wire, address: str, attributes: dict[str, str]
) -> None:
    admin.modify_account(address, **attributes)
    with pytest.raises(LoginError), mail_program(simulator, address):
        pass


def test_an_application_password_signs_in(simulator: SimulatorServer, admin: Wire, agent: Wire, address: str) -> None:
    admin.modify_account(address, zimbraFeatureTwoFactorAuthAvailable="TRUE")
    agent.sign_in(address)
    answer = agent.soap('<CreateAppSpecificPasswordRequest xmlns="urn:zimbraAccount" appName="Thunderbird"/>')
    with mail_program(simulator, address, answer.get("pw")) as client:
        assert client.list_folders()


def test_nobody_signs_in_for_somebody_else(simulator: SimulatorServer, address: str) -> None:
    secret = base64.b64encode(f"chef@ac-reunion.fr\0{address}\0{PASSWORD}".encode())
    with line(simulator.imap_port) as client:
        assert b"AUTHORIZATIONFAILED" in client.ask(b"AUTHENTICATE PLAIN " + secret)[-1]


def test_a_closed_account_ends_its_connections(simulator: SimulatorServer, admin: Wire, address: str) -> None:
    with line(simulator.imap_port) as client:
        _signed_in(client, address)
        admin.modify_account(address, zimbraAccountStatus="closed")
        client.send(b'a LIST "" *\r\n')
        assert client.line().startswith(b"* BYE")
        assert client.is_closed()


# --- bad input -----------------------------------------------------------------------------------------------------


@each(
    "command",
    [
        b"", b"NONSENSE", b"LIST", b'LIST ""', b'LIST "" "', b"SELECT", b"SELECT &", b"STATUS INBOX",
        b"STATUS INBOX (X)",
        b"SELECT INBOX (X)", b"LOGIN a b", b"FETCH 1 FLAGS", b"ID", b"UID NOOP", b"APPEND INBOX x", b"CREATE",
        b"ENABLE (", b"SEARCH ALL", b"CLOSE now", b'LIST "" (', b'LIST "" * RETURN (STATUS)', b"GETQUOTA x",
    ],
)  # fmt: skip
def test_commands_that_make_no_sense_get_bad(simulator: SimulatorServer, address: str, command: bytes) -> None:
    with line(simulator.imap_port) as client:
        _signed_in(client, address)
        assert client.ask(command)[-1].startswith(b"a BAD")
        assert client.ask(b"NOOP")[-1].startswith(b"a OK")


@each(
    "command",
    [
        b"FETCH", b"FETCH 0 FLAGS", b"FETCH 1", b"FETCH 1 ()", b"FETCH 1 (X)", b"FETCH 1 BODY[", b"FETCH 1 BODY[X]",
        b"FETCH 1 BODY[MIME]", b"FETCH 1 BODY[]<1>", b"FETCH 1 BODY[HEADER.FIELDS ()]", b"FETCH 1:x FLAGS",
        b"FETCH 1 BODY[1..2]", b"STORE 1", b"STORE 1 FLAGS", b"STORE 1 XFLAGS (a)", b"COPY 1", b"MOVE 1 ",
        b"SEARCH", b"SEARCH X", b"SEARCH SINCE x", b"SEARCH SINCE 40-Jan-2000", b"SEARCH " + b"(" * 60 + b"ALL",
        b"SEARCH " + b"NOT " * 80 + b"ALL", b"SEARCH OR ALL", b"SEARCH HEADER x", b"SEARCH RETURN (X) ALL",
        b"UID EXPUNGE", b"EXPUNGE 1", b"FETCH " + b"1," * 3000 + b" FLAGS", b"FETCH 99999999999999999999999 FLAGS",
        b"SEARCH LARGER -1", b"STORE 1 +FLAGS (\\*", b"FETCH 1 FLAGS (CHANGEDSINCE x)",
    ],
)  # fmt: skip
def test_commands_about_messages_that_make_no_sense_get_bad(
    simulator: SimulatorServer, address: str, command: bytes
) -> None:
    with line(simulator.imap_port) as client:
        _signed_in(client, address).ask(b"SELECT INBOX")
        assert client.ask(command)[-1].startswith(b"a BAD")
        assert client.ask(b"NOOP")[-1].startswith(b"a OK")


def test_numbers_of_no_message_find_nothing(simulator: SimulatorServer, address: str) -> None:
    with line(simulator.imap_port) as client:
        _signed_in(client, address).ask(b"SELECT INBOX")
        for command in (b"FETCH 1:* FLAGS", b"UID FETCH 7:9 FLAGS", b"UID STORE 4 +FLAGS (x)", b"UID COPY 9 Trash"):
            assert client.ask(command)[-1].startswith(b"a OK")


def test_rubbish_is_answered_and_in_the_end_cut_off(simulator: SimulatorServer) -> None:
    with line(simulator.imap_port) as client:
        for _ in range(session.MAX_MISTAKES):
            client.send(b"\x00\xff\xfe rubbish \x80\r\n")
            assert client.line().split()[1] == b"BAD"
        assert client.line().startswith(b"* BYE")
        assert client.is_closed()


def test_a_line_without_end_is_cut_off(simulator: SimulatorServer) -> None:
    with line(simulator.imap_port) as client:
        client.send(b"a LOGIN " + b"x" * 20_000 + b"\r\n")
        assert client.line().startswith(b"* BYE")
        assert client.is_closed()


def test_a_giant_literal_is_refused_before_it_is_sent(simulator: SimulatorServer, address: str) -> None:
    with line(simulator.imap_port) as client:
        assert b"NO [TOOBIG]" in client.ask(b"LOGIN {99999999999}")[-1]
        _signed_in(client, address)
        assert b"NO [TOOBIG]" in client.ask(b"APPEND INBOX {99999999999}")[-1]
        assert b"NO [TOOBIG]" in client.ask(b"SELECT {9999999}")[-1]
        assert client.ask(b"NOOP")[-1].startswith(b"a OK")
        client.send(b"a APPEND INBOX {99999999999+}\r\n")
        assert client.line().startswith(b"* BYE")


def test_a_message_over_the_account_s_limit_is_refused(simulator: SimulatorServer, admin: Wire, address: str) -> None:
    admin.modify_account(address, zimbraMtaMaxMessageSize="1000")
    with line(simulator.imap_port) as client:
        _signed_in(client, address)
        client.send(b"a APPEND INBOX {2000+}\r\n" + b"x" * 2000 + b"\r\n")
        assert client.line().startswith(b"a NO [TOOBIG]")


def test_half_a_command_and_half_a_literal_harm_nobody(simulator: SimulatorServer, address: str) -> None:
    for rest in (b"a NOO", b"a LOGIN {5+}\r\nab", b"a APPEND"):
        with line(simulator.imap_port) as client:
            client.send(rest)
    with mail_program(simulator, address) as client:
        assert client.select_folder("INBOX")[b"EXISTS"] == 0


def test_commands_sent_together_are_answered_in_order(simulator: SimulatorServer, address: str) -> None:
    with line(simulator.imap_port) as client:
        client.send(
            f"a LOGIN {{{len(address)}+}}\r\n{address} {PASSWORD}\r\nb SELECT INBOX\r\nc NOOP\r\nd LOGOUT\r\n".encode()
        )
        for tag in b"abc":
            assert client.until(bytes([tag]))[-1][2:4] == b"OK"
        assert client.until(b"d")[0].startswith(b"* BYE")
        assert client.is_closed()


def test_one_connection_too_many_is_told_so(simulator: SimulatorServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "MAX_CONNECTIONS", 0)
    with line(simulator.imap_port) as client:
        assert client.greeting.startswith(b"* BYE")
        assert client.is_closed()


def test_a_failure_of_the_server_is_told_and_the_connection_goes_on(
    simulator: SimulatorServer, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with line(simulator.imap_port) as client:
        _signed_in(client, address)
        with monkeypatch.context() as broken:
            broken.setattr("zimbra.simulator.imap.names.numbers", lambda *_: {}["planted"])
            assert client.ask(b"STATUS INBOX (MESSAGES)")[-1].startswith(b"a NO [SERVERBUG]")
        assert client.ask(b"STATUS INBOX (MESSAGES)")[-1].startswith(b"a OK")


def test_what_a_mail_program_says_from_start_to_end(simulator: SimulatorServer, address: str) -> None:
    """The commands of Thunderbird on its first day, in its order and its spelling."""
    deliver(simulator, address, letter("Premier"))
    with line(simulator.imap_port) as client:
        for command in (
            b"capability", f'login "{address}" "{PASSWORD}"'.encode(), b'ID ("name" "Thunderbird" "version" "140.0")',
            b"namespace", b'lsub "" "*"', b'list (subscribed) "" "*" return (special-use)', b'list "" "INBOX"',
            b'list "" "%"', b'list "" "%/%"', b'subscribe "INBOX"', b'create "Archives/2026"',
            b'select "INBOX" (CONDSTORE)',
            b'getquotaroot "INBOX"', b"UID fetch 1:* (FLAGS)",
            b"UID fetch 1:* (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To Cc Bcc Subject Date Message-ID"
            b" Priority X-Priority References Newsgroups In-Reply-To Content-Type Reply-To)])",
            b"UID fetch 1:* (UID RFC822.SIZE BODY[])", b"UID fetch 1:* (FLAGS) (CHANGEDSINCE 1)",
            b"uid store 1:* +Flags ($label1 NonJunk)",
            b'uid copy 1:* "Archives/2026"', b"uid store 1:* +FLAGS (\\Seen \\Deleted)", b"expunge", b"noop", b"close",
            b'STATUS "Archives/2026" (UIDNEXT MESSAGES UNSEEN RECENT)', b"logout",
        ):  # fmt: skip
            assert client.ask(command)[-1].startswith(b"a OK"), command
        assert client.is_closed()
    with mail_program(simulator, address) as program:
        program.select_folder("Archives/2026")
        ((_, flags),) = program.get_flags(program.search()).items()
        assert b"$label1" in flags
        assert program.folder_status("INBOX")[b"MESSAGES"] == 0


# --- several at a time ---------------------------------------------------------------------------------------------


def test_an_idle_client_hears_of_mail_flags_and_deletions(simulator: SimulatorServer, address: str) -> None:
    with mail_program(simulator, address) as idle, mail_program(simulator, address) as other:
        idle.select_folder("INBOX")
        idle.idle()
        deliver(simulator, address, letter())
        assert (1, b"EXISTS") in idle.idle_check(timeout=10)
        other.select_folder("INBOX")
        other.add_flags(other.search(), ["\\Flagged"])
        (found,) = idle.idle_check(timeout=10)
        assert found[:2] == (1, b"FETCH")
        assert b"\\Flagged" in found[2][1]
        other.delete_messages(other.search())
        other.expunge()
        heard: list[object] = []
        assert _until(lambda: heard.extend(idle.idle_check(timeout=1)) or (1, b"EXPUNGE") in heard)
        assert idle.idle_done()[0] == b"IDLE completed"
        assert idle.search() == []


def test_numbers_do_not_change_under_a_client_that_is_using_them(simulator: SimulatorServer, address: str) -> None:
    for number in range(3):
        deliver(simulator, address, letter(str(number)))
    with imaplib.IMAP4("127.0.0.1", simulator.imap_port) as one, mail_program(simulator, address) as other:
        one.login(address, PASSWORD)
        one.select("INBOX")
        other.select_folder("INBOX")
        first, *_ = other.search()
        other.delete_messages([first])
        other.expunge()
        _, found = one.fetch("3", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        assert found[0][1] == b"Subject: 2\r\n\r\n"
        assert one.untagged_responses.get("EXPUNGE") is None
        assert one.search(None, "ALL")[1] == [b"2 3"]
        one.noop()
        assert one.untagged_responses["EXPUNGE"] == [b"1"]
        _, found = one.fetch("2", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        assert found[0][1] == b"Subject: 2\r\n\r\n"


def test_clients_that_change_the_same_messages_end_up_agreeing(simulator: SimulatorServer, address: str) -> None:
    for number in range(6):
        deliver(simulator, address, letter(str(number)))

    def work(flag: str) -> None:
        with mail_program(simulator, address) as client:
            client.select_folder("INBOX")
            for uid in client.search():
                client.add_flags([uid], [flag])

    threads = [threading.Thread(target=work, args=(f"etiquette{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with mail_program(simulator, address) as client:
        client.select_folder("INBOX")
        for flags in client.get_flags(client.search()).values():
            assert {f"etiquette{number}".encode() for number in range(6)} <= set(flags)


def test_two_thousand_messages_are_listed_with_the_right_numbers(simulator: SimulatorServer, address: str) -> None:
    count = 2000
    with line(simulator.imap_port) as client:
        _signed_in(client, address)
        raw = letter()
        client.send(f"a APPEND INBOX {{{len(raw)}+}}\r\n".encode() + raw + b"\r\n")
        client.until(b"a")
        client.ask(b"SELECT INBOX")
        while len(_numbers(client)) < count:
            client.ask(b"COPY 1:%d INBOX" % min(len(_numbers(client)), count - len(_numbers(client))))
    with mail_program(simulator, address) as program:
        assert program.select_folder("INBOX")[b"EXISTS"] == count
        uids = program.search()
        found = program.fetch(uids, ["FLAGS", "RFC822.SIZE"])
        assert list(found) == uids == sorted(uids)
        assert [one[b"SEQ"] for one in found.values()] == list(range(1, count + 1))


def _numbers(client: Line) -> list[bytes]:
    return next(one for one in client.ask(b"SEARCH ALL") if one.startswith(b"* SEARCH")).split()[2:]


def test_a_stopping_server_says_goodbye(own_simulator: SimulatorServer) -> None:
    admin = Wire(own_simulator.port).sign_in_admin()
    admin.create_account("marie@ac-reunion.fr")
    admin.connection.close()
    client = IMAPClient("127.0.0.1", own_simulator.imap_port, ssl=False, timeout=20)
    client.login("marie@ac-reunion.fr", PASSWORD)
    client.idle()
    own_simulator.stop()
    assert client.idle_check(timeout=10)[0][0] == b"BYE"
    client.shutdown()
