"""Messages over REST, and what is shared; calendars and contacts of one's own are in test_rest."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Iterator

import pytest

from tests.zimbra.simulator.mails import add, find, letter, share
from tests.zimbra.simulator.wire import Wire, calendar, event
from zimbra.simulator.server import SimulatorServer

ATTACHED = letter("Plan", MIME_Version="1.0", Content_Type="multipart/mixed; boundary=b").replace(
    "\n\nLe texte.\n",
    "\n\n--b\n\nvoici\n--b\nContent-Type: text/html\nContent-Disposition: inline; filename=a.html\n\n<b>x</b>\n"
    "--b\nContent-Type: application/pdf; name=é.pdf\nContent-Transfer-Encoding: base64\n\nAAEC\n--b--\n",
)


def rest(
    wire: Wire, path: str, method: str = "GET", body: str | None = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    return wire.send(method, path, body, {"Cookie": f"ZM_AUTH_TOKEN={wire.token}", **headers})


def test_message_is_given_as_it_was_added(agent: Wire) -> None:
    item = add(agent).get("id")
    status, headers, body = rest(agent, f"/home/~/?id={item}")
    assert (status, body.decode()) == (200, letter())
    assert headers["content-type"].startswith("text/plain")
    assert rest(agent, f"/service/home/~/?id={item}")[2].decode() == letter()
    assert rest(agent, f"/home/~/?id={item}", "HEAD")[0::2] == (200, b"")


def test_part_is_given_decoded_and_never_as_a_page(agent: Wire) -> None:
    item = add(agent, ATTACHED).get("id")
    status, headers, body = rest(agent, f"/home/~/?id={item}&part=3")
    assert (status, headers["content-type"], body) == (200, "application/pdf", b"\0\1\2")
    assert rest(agent, f"/home/~/?id={item}&part=2&disp=i")[1]["content-disposition"].startswith("attachment")
    assert rest(agent, f"/home/~/?id={item}&part=9")[0] == 404


def test_folder_comes_as_zip_and_tgz_of_messages(agent: Wire) -> None:
    add(agent, letter("Un/../deux"))
    add(agent, letter("Trois"))
    status, _, body = rest(agent, "/home/~/Inbox?fmt=zip")
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        names = archive.namelist()
        assert archive.read(names[1]).decode() == letter("Trois")
    assert status == 200
    assert all(name.startswith("Inbox/") and name.count("/") == 1 and name.endswith(".eml") for name in names)
    with tarfile.open(fileobj=io.BytesIO(rest(agent, "/home/~/Inbox.tgz?query=subject:trois")[2])) as archive:
        assert len(archive.getnames()) == 1


def test_folder_is_listed_in_json_and_xml(agent: Wire) -> None:
    item = add(agent).get("id")
    assert [m["id"] for m in json.loads(rest(agent, "/home/~/Inbox?fmt=json")[2])["m"]] == [item]
    assert f'id="{item}"'.encode() in rest(agent, "/home/~/inbox?fmt=xml")[2]


def test_message_is_imported(agent: Wire) -> None:
    assert rest(agent, "/home/~/Sent?fmt=eml", "POST", letter("Importé"))[0::2] == (200, b"")
    assert rest(agent, "/home/~/Sent", "POST", letter("Autre"), **{"Content-Type": "message/rfc822"})[0] == 200
    assert {m.findtext("su") for m in find(agent, "in:sent")} == {"Importé", "Autre"}


# --- shared --------------------------------------------------------------------------------------------------------


@pytest.fixture
def owner(simulator: SimulatorServer, admin: Wire, address: str) -> Iterator[Wire]:
    admin.create_account(address.replace("agent", "partageuse"))
    client = Wire(simulator.port).sign_in(address.replace("agent", "partageuse"))
    client.import_ics(calendar(event("u1", "SUMMARY:Conseil")))
    yield client
    client.connection.close()


def test_shared_folder_is_read_by_who_may_and_written_by_who_may(agent: Wire, owner: Wire, address: str) -> None:
    path = f"/home/{address.replace('agent', 'partageuse')}/Calendar?fmt=ics"
    more = calendar(event("u2", "SUMMARY:Autre"))
    assert (rest(agent, path)[0], rest(agent, path, "POST", more)[0]) == (404, 404)
    share(owner, "10", address, "r")
    assert b"Conseil" in rest(agent, path)[2]
    assert rest(agent, path, "POST", more)[0] == 404
    share(owner, "10", address, "rwidx")
    assert rest(agent, path, "POST", more)[0] == 200
    assert b"Autre" in rest(owner, "/home/~/Calendar?fmt=ics")[2]


def test_link_leads_to_the_folder_of_its_owner(agent: Wire, owner: Wire, address: str) -> None:
    share(owner, "10", address, "r")
    account = owner.soap('<GetInfoRequest xmlns="urn:zimbraAccount" sections="mbox"/>').findtext("id")
    link = f'<link l="1" name="Conseils" view="appointment" rid="10" zid="{account}"/>'
    agent.mail(f"<CreateMountpointRequest>{link}</CreateMountpointRequest>")
    assert b"Conseil" in rest(agent, "/home/~/Conseils?fmt=ics")[2]


def test_shared_message_is_given_by_the_id_with_its_owner(agent: Wire, owner: Wire, address: str) -> None:
    item = add(owner).get("id")
    account = owner.soap('<GetInfoRequest xmlns="urn:zimbraAccount" sections="mbox"/>').findtext("id")
    assert rest(agent, f"/home/~/?id={account}:{item}")[0] == 404
    share(owner, "2", address, "r")
    assert rest(agent, f"/home/~/?id={account}:{item}")[2].decode() == letter()
    assert rest(agent, f"/home/{address.replace('agent', 'partageuse')}/?id={item}")[0] == 200


@pytest.mark.parametrize(
    ("folder", "content_type"),
    [("Inbox", "text/plain"), ("Inbox%20%20/Sous", "application/octet-stream"), ("Contacts", "message/rfc822")],
)
def test_body_without_a_format_is_what_its_type_or_the_folder_says(agent: Wire, folder: str, content_type: str) -> None:
    agent.mail('<CreateFolderRequest><folder l="2" name="Sous"/></CreateFolderRequest>')
    assert rest(agent, f"/home/~/{folder}", "POST", letter("Posé"), **{"Content-Type": content_type})[0] == 200
    assert len(find(agent, "subject:posé")) == 1
