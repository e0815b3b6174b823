"""Archives of messages put in over REST."""

from __future__ import annotations

import io
import json
import re
import tarfile
import zipfile

import pytest

from tests.zimbra.simulator.mails import add, letter
from tests.zimbra.simulator.people import Person
from tests.zimbra.simulator.wire import Wire, calendar, event
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


def rest(agent: Wire, method: str, path: str, body: bytes | None = None) -> tuple[int, dict[str, str], bytes]:
    return agent.send(method, path, body, {"Cookie": f"ZM_AUTH_TOKEN={agent.token}"})


def post(agent: Wire, body: bytes, query: str, path: str = "/home/~/") -> int:
    return rest(agent, "POST", f"{path}?{query}", body)[0]


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


def test_what_is_there_is_put_in_once(agent: Wire) -> None:
    for resolve in ("", "&resolve=skip", "&resolve=modify", "&resolve=replace"):
        assert post(agent, zipped("un.eml"), f"fmt=zip{resolve}", "/home/~/Inbox") == 200
    assert held(agent, "/Inbox") == 1


def test_reset_puts_the_archive_in_the_place_of_what_was_there(agent: Wire) -> None:
    assert post(agent, tarred(un=LETTER, deux=LETTER + b"2"), "fmt=tgz", "/home/~/Inbox") == 200
    assert held(agent, "/Inbox") == 2
    assert post(agent, zipped("un.eml"), "fmt=zip&resolve=reset", "/home/~/Inbox") == 200
    assert held(agent, "/Inbox") == 1
    assert post(agent, zipped("un.eml"), "fmt=zip&resolve=ignore", "/home/~/Inbox") == 400


def names(mailbox: Wire, fmt: str, path: str = "", query: str = "") -> list[str]:
    """The files of an archive, without the numbers of items."""
    status, _, body = rest(mailbox, "GET", f"/home/~/{path}?fmt={fmt}{query}")
    assert status == 200
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        return sorted(re.sub(r"\d{10}-?", "", name) for name in archive.getnames())


@pytest.fixture
def filled(agent: Wire) -> Wire:
    add(agent, letter("Un"))
    agent.mail('<CreateFolderRequest><folder l="2" name="Projets"/></CreateFolderRequest>')
    assert post(agent, zipped("deux.eml"), "fmt=zip", "/home/~/Inbox/Projets") == 200
    agent.contact(firstName="Léa", lastName="Petit", email="lea@exemple.fr")
    agent.import_ics(calendar(event("conseil", "SUMMARY:Conseil")))
    return agent


@pytest.mark.parametrize("fmt", ["tgz", "tar"])
def test_whole_mailbox_comes_as_one_archive(filled: Wire, fmt: str) -> None:
    found = ["Calendar/Conseil.ics", "Contacts/Petit_ Léa.vcf", "Inbox/Projets/un.eml", "Inbox/Un.eml"]
    assert names(filled, fmt) == found
    assert names(filled, fmt, "Inbox") == found[2:]
    assert names(filled, fmt, "Inbox/Projets") == ["Projets/un.eml"]
    assert names(filled, fmt, query="&query=petit") == found[1:2]


def test_archive_of_a_mailbox_fills_another(filled: Wire, member: Person) -> None:
    body = rest(filled, "GET", "/home/~/?fmt=tgz")[2]
    for resolve in ("", "&resolve=replace"):
        assert post(member.wire, body, f"fmt=tgz{resolve}") == 200
        assert names(member.wire, "tgz") == names(filled, "tgz")


def test_what_cannot_be_read_in_an_archive_is_left_out(agent: Wire) -> None:
    assert post(agent, zipped("Contacts/a.vcf", "Calendar/b.ics", "Inbox/c.eml"), "fmt=zip") == 200
    assert [held(agent, path) for path in ("/Contacts", "/Calendar", "/Inbox")] == [0, 0, 1]


def test_list_of_a_folder_shows_every_kind(filled: Wire) -> None:
    for path, kind in (("Contacts", "cn"), ("Calendar", "appt"), ("Inbox", "m")):
        listed = json.loads(rest(filled, "GET", f"/home/~/{path}?fmt=json")[2])
        assert list(listed) == [kind]


@pytest.mark.parametrize("fmt", ["tgz", "tar", "zip"])
def test_what_is_no_archive_is_a_failure(agent: Wire, fmt: str) -> None:
    assert post(agent, b"no archive at all", f"fmt={fmt}") == 500
    assert post(agent, zipped("un.eml")[:40], f"fmt={fmt}") == 500


def test_an_archive_that_would_unpack_without_end_is_refused(agent: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_import, "MAX_BYTES", 100)
    assert post(agent, tarred(Inbox__un=LETTER + b"0" * 10_000), "fmt=tgz") == 500
    assert held(agent, "/Inbox") == 0
