"""Absence, senders and application passwords from the terminal."""

from pathlib import Path

import pytest

from tests.simulated import PASSWORD, Server
from tests.zimbra.scripted_transport import fault
from tests.zimbra.tool.conftest import Tool
from tests.zimbra.tool.test_running import running
from zimbra.client import ZimbraClient
from zimbra.types import ExternalReply


@pytest.fixture
def text(tmp_path: Path) -> Path:
    file = tmp_path / "absence.txt"
    file.write_text("\ufeffJe reviens le 1er août.\n", encoding="utf-8")
    return file


def test_absence_is_set_shown_and_ended(tool: Tool, client: ZimbraClient, text: Path) -> None:
    tool.done(
        "absence", "set", text, "--from", "2026-07-01T08:00+04:00", "--until", "2026-08-01T00:00Z", "--external", "none"
    )
    kept = client.out_of_office()
    assert (kept.enabled, kept.text, kept.external) == (True, "Je reviens le 1er août.", ExternalReply.NONE)
    assert str(kept.start) == "2026-07-01 04:00:00+00:00"
    shown = tool.done("absence", "show")
    assert "Je reviens le 1er août." in shown
    assert "aucune réponse" in shown
    assert tool.json("absence", "show")["external"] == "none"
    tool.done("absence", "off")
    assert (client.out_of_office().enabled, client.out_of_office().text) == (False, "Je reviens le 1er août.")


@pytest.mark.parametrize(
    "words",
    [
        ("--from", "demain"),
        ("--from", "2026-07-01T08:00"),
        ("--from", "2026-07-02", "--until", "2026-07-01"),
        ("--external", "autre"),
    ],
)
def test_absence_of_no_possible_dates_is_wrong_use(text: Path, words: tuple[str, ...]) -> None:
    code, _, err = running("", "absence", "set", str(text), *words)
    assert (code, "invalid" in err) == (2, False)


def test_senders_go_into_their_lists_and_out(tool: Tool, client: ZimbraClient) -> None:
    assert "Aucun expéditeur" in tool.done("senders", "list")
    tool.done("senders", "trust", "a@b.fr", "d.fr")
    tool.done("senders", "allow", "ami@b.fr")
    tool.done("senders", "block", "x@y.fr")
    assert tool.json("senders", "list") == [
        {"list": "trusted", "address": "a@b.fr"},
        {"list": "trusted", "address": "d.fr"},
        {"list": "allowed", "address": "ami@b.fr"},
        {"list": "blocked", "address": "x@y.fr"},
    ]
    assert "bloqué" in tool.done("senders", "list")
    tool.done("senders", "forget", "a@b.fr", "x@y.fr", "-n")
    assert client.trusted_senders() == ("a@b.fr", "d.fr")
    tool.done("senders", "forget", "a@b.fr", "x@y.fr")
    assert (client.trusted_senders(), client.sender_lists().black) == (("d.fr",), ())
    assert client.sender_lists().white == ("ami@b.fr",)


def test_application_passwords_are_made_told_once_and_taken_back(tool: Tool, server: Server) -> None:
    features = {"zimbraFeatureTwoFactorAuthAvailable": "TRUE", "zimbraFeatureAppSpecificPasswordsEnabled": "TRUE"}
    account = server.create_account(**features)
    tool.environment |= {"ZIMBRA_ACCOUNT": account, "ZIMBRA_PASSWORD": PASSWORD}
    secret = tool.json("app-passwords", "create", "Thunderbird à la maison")["secret"]
    assert secret
    shown = tool.done("app-passwords", "list")
    assert "Thunderbird à la maison" in shown
    assert secret not in shown
    tool.done("app-passwords", "revoke", "Thunderbird à la maison", "--dry-run")
    assert len(tool.json("app-passwords", "list")) == 1
    tool.done("app-passwords", "revoke", "Thunderbird à la maison")
    assert "Aucun mot de passe" in tool.done("app-passwords", "list")
    tool("app-passwords", "revoke", "Thunderbird à la maison")
    assert tool.code == 1


def test_a_service_without_application_passwords_says_so() -> None:
    code, _, err = running(fault("service.UNKNOWN_DOCUMENT"), "app-passwords", "list")
    assert (code, "n'offre pas" in err) == (1, True)
