"""A connection test against servers that are sound, and against each kind that is not."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bascule.devices.connection import telling
from bascule.devices.connection.faults import EXPLANATIONS
from bascule.devices.connection.lines import CHECKS, Line, Outcome, loaded
from bascule.devices.connection.trying import Servers, Trial
from tests.bascule.devices.connection.servers import PASSWORD, WRONG, Papers, Talk, imap, papers, server, smtp, sync

ADDRESS = "marie.payet@ac-reunion.fr"


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return papers(tmp_path_factory.mktemp("papers"))


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as made:
        yield made


def tried(
    stack: ExitStack,
    signed: Papers,
    *,
    imap_server: Talk | None = None,
    smtp_server: Talk | None = None,
    sync_server: Talk | None = None,
    imap_place: tuple[str, int] | None = None,
    imap_papers: Papers | None = None,
    password: str = PASSWORD,
) -> dict[str, Line]:
    def at(talk: Talk, own: Papers | None = None) -> tuple[str, int]:
        return ("127.0.0.1", stack.enter_context(server(talk, own or signed)))

    places = Servers(
        imap=imap_place or at(imap_server or imap(), imap_papers),
        smtp=at(smtp_server or smtp()),
        sync=at(sync_server or sync()),
        authorities=str(signed.authority),
        seconds=1.0,
    )
    lines = list(Trial(places, ADDRESS, password).lines())
    assert [line.check for line in lines] == [check.code for check in CHECKS]
    # Every line can be told, and no brace, password or gap is left in it.
    for part in telling.parts(loaded([line.stored() for line in lines]), ADDRESS):
        for line in part.lines:
            for text in (line.heading, line.text, *line.remedies):
                assert "{" not in text
                assert password not in text
    return {line.check: line for line in lines}


def causes(lines: dict[str, Line]) -> dict[str, str]:
    return {code: line.cause for code, line in lines.items() if line.outcome is not Outcome.OK}


def test_all_is_well(stack: ExitStack, signed: Papers) -> None:
    lines = tried(stack, signed)
    assert causes(lines) == {}
    assert lines["imap.quota"].values == {"used": 10 * 1024, "limit": 100 * 1024, "percent": 10}
    assert lines["imap.tls"].values["days"] > 300
    assert lines["smtp.greeting"].values == {"size": 20_971_520}
    assert lines["sync.activesync"].values == {"version": "14.1"}


def test_a_name_that_does_not_exist(stack: ExitStack, signed: Papers, monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def asked(host: str, *args: object, **kwargs: object) -> object:
        if host == "imap.exemple.test":
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return real(host, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", asked)
    found = causes(tried(stack, signed, imap_place=("imap.exemple.test", 993)))
    assert found["imap.name"] == "name.unknown"
    assert found["imap.sign_in"] == "skipped.before"
    # The other servers are tried all the same.
    assert set(found) == {check.code for check in CHECKS if check.server == "imap"}


def test_a_closed_port(stack: ExitStack, signed: Papers) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    assert causes(tried(stack, signed, imap_place=("127.0.0.1", port)))["imap.port"] == "port.closed"


def test_a_port_without_encryption(stack: ExitStack, signed: Papers) -> None:
    port = stack.enter_context(server(imap(), None))
    lines = tried(stack, signed, imap_place=("127.0.0.1", port))
    assert causes(lines)["imap.tls"] in {"tls.plain", "tls.cut"}


def test_a_server_that_says_nothing(stack: ExitStack, signed: Papers) -> None:
    def mute(line: object) -> None:
        import time

        time.sleep(2)

    assert causes(tried(stack, signed, imap_server=mute))["imap.greeting"] == "greeting.silent"


@pytest.mark.parametrize(
    ("made", "cause"),
    [
        ({"days": -3}, "certificate.expired"),
        ({"names": ("autre.exemple.test",)}, "certificate.wrong_name"),
        ({"own": True}, "certificate.self_signed"),
        ({}, "certificate.unknown"),
        ({"days": 5}, "certificate.soon"),
    ],
)
def test_certificates(stack: ExitStack, tmp_path: Path, made: dict[str, object], cause: str) -> None:
    own = papers(tmp_path, **made)  # type: ignore[arg-type]
    known = papers(tmp_path / "others") if cause == "certificate.unknown" else own
    lines = tried(stack, known, imap_papers=own)
    assert causes(lines)["imap.tls"] == cause
    # A certificate that ends soon is no more than a warning.
    assert (lines["imap.sign_in"].outcome is Outcome.OK) == (cause == "certificate.soon")


@pytest.mark.parametrize(
    ("password", "refusal", "cause"),
    [
        (WRONG, "NO [AUTHENTICATIONFAILED] wrong", "sign_in.refused"),
        ("azerty-1234", "NO LOGIN failed", "sign_in.account_password"),
        (WRONG, "NO account is locked", "sign_in.locked"),
        (WRONG, "NO [EXPIRED] old", "sign_in.expired"),
        (WRONG, "NO too many connections", "sign_in.too_many"),
        (WRONG, "NO imap is disabled for this account", "sign_in.not_allowed"),
        (WRONG, "NO [UNAVAILABLE] try again", "sign_in.unavailable"),
    ],
)
def test_a_refused_password(stack: ExitStack, signed: Papers, password: str, refusal: str, cause: str) -> None:
    found = causes(tried(stack, signed, imap_server=imap(refusal=refusal), password=password))
    assert found["imap.sign_in"] == cause
    if cause in {"sign_in.refused", "sign_in.account_password", "sign_in.locked", "sign_in.expired"}:
        # Not tried again, lest the account be locked.
        assert found["smtp.sign_in"] == "skipped.refused"
        assert found["sync.caldav"] == "skipped.refused"


@pytest.mark.parametrize(
    ("kind", "check", "cause", "goes_on"),
    [
        ({"used": 100}, "imap.quota", "quota.full", True),
        ({"used": 92}, "imap.quota", "quota.nearly", True),
        ({"folders": ("Sent", "Trash")}, "imap.folders", "folders.missing", True),
        ({"hidden": ("Écoles",)}, "imap.subscriptions", "subscriptions.some", True),
        ({"capabilities": "IMAP4rev1 AUTH=PLAIN"}, "imap.capabilities", "capabilities.few", True),
        ({"capabilities": "IMAP4rev1 LOGINDISABLED"}, "imap.sign_in", "sign_in.no_way", False),
        ({"greeting": "* BYE full"}, "imap.greeting", "greeting.busy", False),
        ({"greeting": "SSH-2.0-here"}, "imap.greeting", "greeting.strange", False),
    ],
)
def test_what_the_mailbox_lacks(
    stack: ExitStack, signed: Papers, kind: dict[str, object], check: str, cause: str, goes_on: bool
) -> None:
    lines = tried(stack, signed, imap_server=imap(**kind))  # type: ignore[arg-type]
    assert causes(lines)[check] == cause
    following = CHECKS[[one.code for one in CHECKS].index(check) + 1].code
    assert (lines[following].outcome is not Outcome.SKIPPED) == (goes_on or not following.startswith("imap"))


@pytest.mark.parametrize(
    ("talk", "cause"),
    [
        (smtp(refusal="535 5.7.8 wrong"), "sign_in.only_imap"),
        (smtp(refusal="454 4.7.0 later"), "sign_in.unavailable"),
        (smtp(auth=""), "sign_in.no_way"),
    ],
)
def test_sending_is_refused(stack: ExitStack, signed: Papers, talk: Talk, cause: str) -> None:
    def other(line: object) -> None:
        talk(line)  # type: ignore[arg-type]

    # The mailbox takes another password than the server that sends.
    lines = tried(
        stack,
        signed,
        imap_server=imap(refusal="OK in"),
        smtp_server=other,
        sync_server=sync(statuses={"OPTIONS": 403}),
        password=WRONG,
    )
    assert causes(lines)["smtp.sign_in"] == cause


@pytest.mark.parametrize(
    ("status", "cause"), [(403, "sync.forbidden"), (404, "sync.absent"), (302, "sync.elsewhere"), (503, "sync.trouble")]
)
def test_a_service_for_telephones_that_is_away(stack: ExitStack, signed: Papers, status: int, cause: str) -> None:
    lines = tried(stack, signed, sync_server=sync(statuses={"OPTIONS": status}))
    assert causes(lines) == {"sync.activesync": cause}


def test_every_cause_has_its_explanation() -> None:
    for code, explanation in EXPLANATIONS.items():
        assert explanation.title, code
        assert explanation.cause.endswith("."), code
