"""`curl` on the REST addresses: what an administrator types to carry a folder in or out."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.simulated import Server
from tests.zimbra.independent.conftest import Person

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed"),
]

CARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Zoé Payet\r\nN:Payet;Zoé;;;\r\nEMAIL:zoe@example.org\r\nEND:VCARD\r\n"
EVENT = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test\r\nBEGIN:VEVENT\r\nUID:curl-1\r\nDTSTAMP:20260101T000000Z\r\n"
    "DTSTART:20260901T080000Z\r\nDURATION:PT1H\r\nSUMMARY:Rentrée\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def curl(*arguments: str, data: bytes | None = None) -> tuple[int, bytes]:
    """HTTP status and body."""
    command = ["curl", "--silent", "--show-error", "--max-time", "20", "--write-out", "\n%{http_code}", *arguments]
    output = subprocess.run(command, input=data, check=True, capture_output=True).stdout
    body, _, status = output.rpartition(b"\n")
    return int(status), body


def sign_in(person: Person) -> list[str]:
    return ["--user", f"{person.address}:{person.password}"]


@pytest.mark.parametrize(
    ("folder", "fmt", "sent", "found"), [("Contacts", "vcf", CARD, "Payet"), ("Calendar", "ics", EVENT, "Rentrée")]
)
def test_a_folder_goes_in_and_comes_out(
    server: Server, person: Person, tmp_path: Path, folder: str, fmt: str, sent: str, found: str
) -> None:
    url = f"{server.url}/home/{person.address}/{folder}?fmt={fmt}"
    file = tmp_path / f"file.{fmt}"
    file.write_bytes(sent.encode())
    assert curl(*sign_in(person), "--data-binary", f"@{file}", url) == (200, b"")
    status, body = curl(*sign_in(person), url)
    assert status == 200
    assert found in body.decode()
    assert curl(*sign_in(person), "--upload-file", str(file), url)[0] == 200  # PUT is read like POST


def test_a_form_from_the_command_line(server: Server, person: Person, tmp_path: Path) -> None:
    file = tmp_path / "cards.vcf"
    file.write_bytes(CARD.encode())
    url = f"{server.url}/home/~/Contacts?fmt=vcf"
    assert curl(*sign_in(person), "--form", f"file=@{file}", url)[0] == 200
    assert b"zoe@example.org" in curl(*sign_in(person), f"{server.url}/home/~/Contacts?fmt=csv")[1]


def test_nobody_and_strangers_are_kept_out(server: Server, person: Person, colleague: Person) -> None:
    url = f"{server.url}/home/{person.address}/Contacts?fmt=vcf"
    assert curl(url)[0] == 401
    assert curl("--user", f"{person.address}:faux", url)[0] == 401
    assert curl(*sign_in(colleague), url)[0] == 404
    assert curl(*sign_in(person), f"{server.url}/home/~/Nulle%20part?fmt=vcf")[0] == 404


def test_a_bad_file_is_told(server: Server, person: Person) -> None:
    url = f"{server.url}/home/~/Contacts?fmt=vcf"
    assert curl(*sign_in(person), "--data-binary", "@-", url, data=b"")[0] == 400
    assert curl(*sign_in(person), "--data-binary", "@-", f"{server.url}/home/~/Calendar?fmt=ics", data=b"x")[0] == 500
