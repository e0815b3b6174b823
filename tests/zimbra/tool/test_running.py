"""Signing in, exit codes, what is written where."""

import io
import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from tests.each import each
from tests.simulated import PASSWORD, Server
from tests.zimbra.scripted_transport import ScriptedTransport, fault
from tests.zimbra.tool.conftest import Tool
from zimbra.errors import AnswerLost, Garbled, Unavailable, ZimbraError
from zimbra.tool.running import run

NAMED = {"ZIMBRA_URL": "http://zimbra.test", "ZIMBRA_ACCOUNT": "a@b.fr", "ZIMBRA_PASSWORD": "top-secret"}


def running(said: str | ZimbraError, *words: str, environment: dict[str, str] = NAMED) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = run(words, environment, out=out, err=err, transport=ScriptedTransport(lambda _: said))
    return code, out.getvalue(), err.getvalue()


@each(
    ("said", "code"),
    [
        (fault("service.PERM_DENIED"), 1),
        (fault("mail.NO_SUCH_FOLDER"), 1),
        (fault("mail.SOMETHING_NEW"), 1),
        (fault("service.TEMPORARILY_UNAVAILABLE"), 3),
        (Unavailable("http.unreachable"), 3),
        (AnswerLost("answer.LOST"), 3),
        (Garbled("html"), 3),
    ],
)
def test_exit_code_says_whether_it_was_refused_or_not_reached(said: str | ZimbraError, code: int) -> None:
    got, out, err = running(said, "folders", "list")
    assert (got, out) == (code, "")
    assert len(err.splitlines()) == 1


def test_the_servers_words_are_shown_when_asked_for_only() -> None:
    assert "why" not in running(fault("service.PERM_DENIED"), "folders", "list")[2]
    assert "why" in running(fault("service.PERM_DENIED"), "--details", "folders", "list")[2]


@each(
    "words",
    [
        (),
        ("filtres",),
        ("folders",),
        ("folders", "create"),
        ("folders", "list", "--autre"),
        ("--timeout", "longtemps", "info"),
        ("--preauth", "--admin", "x", "info"),
        ("export", "/Inbox", "fichier.inconnu"),
        ("filters", "import", "pas-de-fichier.json"),
        ("--fold", "list"),
        ("--timeout", "0", "info"),
        ("--timeout", "-1", "info"),
        ("--timeout", "nan", "info"),
        ("directory", "--limit", "-3"),
        ("folders", "colour", "/Inbox", "300"),
        ("folders", "colour", "/Inbox", "rouge"),
        ("grants", "grant", "/Inbox", "a@b.fr", "lecteur"),
        ("rights", "grant", "sendas", "a@b.fr"),
    ],
)
def test_wrong_use_says_how_in_french(words: tuple[str, ...]) -> None:
    code, out, err = running("<GetFilterRulesResponse/>", *words)
    assert (code, out) == (2, "")
    assert err
    english = ("the following", "invalid", "required", "unrecognized", "expected", "not allowed", "choose")
    assert not [words for words in english if words in err]


@pytest.mark.parametrize("missing", ["ZIMBRA_URL", "ZIMBRA_ACCOUNT"])
def test_what_is_missing_to_sign_in_is_named(missing: str) -> None:
    environment = {name: value for name, value in NAMED.items() if name != missing}
    code, _, err = running("", "info", environment=environment)
    assert (code, missing in err) == (2, True)


def test_without_a_password_and_nobody_to_type_it() -> None:
    environment = {name: value for name, value in NAMED.items() if name != "ZIMBRA_PASSWORD"}
    out, err = io.StringIO(), io.StringIO()

    def nobody(question: str) -> str:
        assert "a@b.fr" in question
        raise EOFError

    assert run(["info"], environment, out=out, err=err, ask=nobody) == 2
    assert "ZIMBRA_PASSWORD" in err.getvalue()


def test_a_wrong_address_of_the_service_is_wrong_use() -> None:
    code, _, err = running("", "--url", "zimbra.test", "info")
    assert (code, "https://" in err) == (2, True)


def test_authorities_that_cannot_be_read_are_wrong_use(tool: Tool, tmp_path: Path) -> None:
    tool("--certificates", tmp_path / "absent.pem", "info")
    assert (tool.code, "absent.pem" in tool.err) == (2, True)


def test_a_password_does_not_travel_in_the_clear(tool: Tool) -> None:
    tool("--url", "http://192.0.2.1", "info")
    assert (tool.code, "https://" in tool.err) == (1, True)


def test_an_address_that_is_not_zimbras_is_not_told_as_a_missing_folder(tool: Tool) -> None:
    tool("--url", tool.environment["ZIMBRA_URL"] + "/ailleurs", "folders", "list")
    assert (tool.code, "http.404" in tool.err) == (3, True)


def test_password_from_a_file(tool: Tool, tmp_path: Path, address: str) -> None:
    file = tmp_path / "mot-de-passe"
    file.write_text(f"\ufeff{PASSWORD}\nautre chose\n", encoding="utf-8")
    tool.environment.pop("ZIMBRA_PASSWORD")
    assert address in tool.done("--secret-file", file, "info")
    tool("--secret-file", tmp_path / "absent", "info")
    assert tool.code == 2


def test_a_wrong_password_is_refused_and_not_shown(tool: Tool) -> None:
    tool.environment["ZIMBRA_PASSWORD"] = "wrong-secret"
    tool("--details", "info")
    assert (tool.code, "account.AUTH_FAILED" in tool.err) == (1, True)
    assert "wrong-secret" not in tool.out + tool.err


def test_with_the_key_of_the_domain(tool: Tool, server: Server, address: str) -> None:
    if not server.preauth_key:
        pytest.skip("the domain's preauth key is not known")
    tool.environment = {"ZIMBRA_URL": server.url, "ZIMBRA_PREAUTH_KEY": server.preauth_key}
    assert address in tool.done("--preauth", "--account", address, "info")


def test_as_an_administrator_on_behalf_of_somebody(tool: Tool, server: Server, address: str) -> None:
    tool.environment |= {"ZIMBRA_ADMIN": server.admin_address, "ZIMBRA_ADMIN_PASSWORD": server.admin_password}
    tool("info")
    assert (tool.code, "ZIMBRA_ADMIN_URL" in tool.err) == (2, True)
    assert address in tool.done("--admin-url", server.admin_url, "info")


def test_help_is_french(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, _ = running("", "filters", "import", "--help")
    shown = capsys.readouterr().out
    assert code == 0
    assert shown.startswith("usage : python -m zimbra filters import")
    assert "options :" in shown
    assert "--dry-run" in shown


def test_json_is_alone_on_the_output(tool: Tool) -> None:
    tool("folders", "create", "/Été", "--json")
    assert json.loads(tool.out)["path"] == "/Été"
    tool("--json", "folders", "subscribe", "/Été")
    assert (tool.code, tool.out) == (0, "")
    assert "/Été" in tool.err


def test_what_a_mailbox_holds_does_not_drive_the_terminal() -> None:
    said = '<GetTagResponse><tag id="1" name="a&#155;31m&#9;b&#8238;c"/></GetTagResponse>'
    shown = running(said, "tags", "list")[1]
    assert not [one for one in shown if unicodedata.category(one) in {"Cc", "Cf"} and one != "\n"]
    as_json = running(said, "--json", "tags", "list")[1]
    assert not [one for one in as_json if unicodedata.category(one) in {"Cc", "Cf"} and one != "\n"]
    assert json.loads(as_json)[0]["name"] == "a\x9b31m\tb\u202ec"


def whole_tool(server: Server, address: str, words: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    named = {"ZIMBRA_URL": server.url, "ZIMBRA_ACCOUNT": address, "ZIMBRA_PASSWORD": PASSWORD}
    command = f"{sys.executable} -m zimbra {words}"
    root = Path(__file__).resolve().parents[3]
    return subprocess.run(
        ["sh", "-c", command], cwd=root, env=os.environ | named | more, capture_output=True, timeout=60, check=False
    )


def test_output_cut_short_is_no_error(server: Server, address: str) -> None:
    got = whole_tool(server, address, "folders list --json | true")
    assert got.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_output_that_cannot_be_written_is_said_in_a_line(server: Server, address: str) -> None:
    got = whole_tool(server, address, "folders list > /dev/full")
    assert (got.returncode, len(got.stderr.decode().splitlines())) == (1, 1)


def test_output_is_utf8_whatever_the_terminal_says(server: Server, address: str) -> None:
    got = whole_tool(server, address, "folders create /Été", LC_ALL="C", PYTHONIOENCODING="ascii")
    assert (got.returncode, "Dossier créé : /Été".encode() in got.stdout) == (0, True)
