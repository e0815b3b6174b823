"""Archives of messages put in over REST."""

from __future__ import annotations

import io
import tarfile
import zipfile

import pytest

from tests.zimbra.simulator.wire import Wire
from zimbra.simulator import archive_import

LETTER = b"From: a@b.fr\r\nSubject: un\r\n\r\nBonjour\r\n"


def tarred(mode: str = "w:gz", **entries: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, content in entries.items():
            entry = tarfile.TarInfo(name.replace("__", "/") + ".eml")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def zipped(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, LETTER)
    return out.getvalue()


def post(agent: Wire, body: bytes, query: str, path: str = "/home/~/") -> int:
    status, _, _ = agent.send("POST", f"{path}?{query}", body, {"Cookie": f"ZM_AUTH_TOKEN={agent.token}"})
    return status


def held(agent: Wire, path: str) -> int:
    answer = agent.mail(f'<GetFolderRequest><folder path="{path}"/></GetFolderRequest>')
    return int(answer.find("folder").get("n"))


@pytest.mark.parametrize(
    ("fmt", "body"),
    [
        ("tgz", tarred(Inbox__un=LETTER, Listes__DSI__deux=LETTER)),
        ("tar", tarred("w", Inbox__un=LETTER, Listes__DSI__deux=LETTER)),
        ("zip", zipped("Inbox/un.eml", "Listes/DSI/deux.eml", "Inbox/autre.txt", "Inbox/un.eml.meta")),
    ],
)
def test_each_message_goes_into_the_folder_its_path_names(agent: Wire, fmt: str, body: bytes) -> None:
    assert post(agent, body, f"fmt={fmt}") == 200
    assert (held(agent, "/Inbox"), held(agent, "/Listes/DSI")) == (1, 1)


def test_paths_stay_below_the_folder_imported_into(agent: Wire) -> None:
    assert post(agent, zipped("../../Inbox/un.eml", "/etc/deux.eml"), "fmt=zip", "/home/~/Sent") == 200
    assert (held(agent, "/Inbox"), held(agent, "/Sent/Inbox"), held(agent, "/Sent/etc")) == (0, 1, 1)


def test_reset_puts_the_archive_in_the_place_of_what_was_there(agent: Wire) -> None:
    body = zipped("un.eml")
    for _ in range(2):
        assert post(agent, body, "fmt=zip&resolve=skip", "/home/~/Inbox") == 200
    assert held(agent, "/Inbox") == 2
    assert post(agent, body, "fmt=zip&resolve=reset", "/home/~/Inbox") == 200
    assert held(agent, "/Inbox") == 1
    assert post(agent, body, "fmt=zip&resolve=ignore", "/home/~/Inbox") == 400


@pytest.mark.parametrize("fmt", ["tgz", "tar", "zip"])
def test_what_is_no_archive_is_a_failure(agent: Wire, fmt: str) -> None:
    assert post(agent, b"no archive at all", f"fmt={fmt}") == 500
    assert post(agent, zipped("un.eml")[:40], f"fmt={fmt}") == 500


def test_an_archive_that_would_unpack_without_end_is_refused(agent: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_import, "MAX_BYTES", 100)
    assert post(agent, tarred(Inbox__un=LETTER + b"0" * 10_000), "fmt=tgz") == 500
    assert held(agent, "/Inbox") == 0
