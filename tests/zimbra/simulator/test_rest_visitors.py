"""Folders shared with everybody or with a guest, read over REST without an account."""

from __future__ import annotations

import base64

import pytest

from tests.zimbra.simulator.account_requests import account
from tests.zimbra.simulator.mails import add, letter
from tests.zimbra.simulator.people import Person
from tests.zimbra.simulator.wire import PASSWORD, Wire

GUEST = "Parent@exemple.fr"


def grant(owner: Person, folder: str, attrs: str) -> None:
    owner.mail(f'<FolderActionRequest><action op="grant" id="{folder}"><grant {attrs}/></action></FolderActionRequest>')


def basic(name: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def status(wire: Wire, path: str, method: str = "GET", body: str | None = None, **headers: str) -> int:
    return wire.send(method, path, body, headers)[0]


@pytest.fixture
def public(owner: Person) -> str:
    """The id of a folder everybody may read."""
    folder = owner.new_folder("Annonces")
    grant(owner, folder, 'gt="pub" perm="r"')
    return folder


def test_public_folder_is_read_by_anybody(wire: Wire, owner: Person, member: Person, public: str) -> None:
    item = add(owner.wire, letter("Rentrée"), folder=public).get("id")
    for path in (f"?id={item}", "Annonces?fmt=zip", "Annonces?fmt=json", "Annonces?fmt=xml&query=rentr%C3%A9e"):
        assert status(wire, f"/home/{owner.address}/{path}") == 200
    cookie = {"Cookie": f"ZM_AUTH_TOKEN={member.wire.token}"}
    assert status(wire, f"/home/{owner.address}/?id={item}", **cookie) == 200


def test_what_is_not_public_asks_for_a_name(wire: Wire, owner: Person, public: str) -> None:
    item = add(owner.wire).get("id")
    for path in (f"?id={item}", "?id=9999", "Inbox?fmt=zip", "Nulle?fmt=zip"):
        assert status(wire, f"/home/{owner.address}/{path}") == 401
    grant(owner, "2", 'gt="all" perm="r"')
    assert status(wire, f"/home/{owner.address}/Inbox?fmt=zip") == 401
    assert status(wire, "/home/personne@ac-reunion.fr/Inbox?fmt=zip") == 401


def test_public_folder_ends_with_its_grant(wire: Wire, owner: Person, public: str) -> None:
    owner.mail(
        f'<FolderActionRequest><action op="!grant" id="{public}" zid="99999999-9999-9999-9999-999999999999"/>'
        "</FolderActionRequest>"
    )
    assert status(wire, f"/home/{owner.address}/Annonces?fmt=zip") == 401


def test_nobody_writes_without_a_name(wire: Wire, owner: Person, public: str) -> None:
    grant(owner, public, 'gt="pub" perm="rwi"')
    assert status(wire, f"/home/{owner.address}/Annonces?fmt=eml", "POST", letter()) == 401


def test_failed_sign_in_is_no_visit(wire: Wire, owner: Person, public: str) -> None:
    path = f"/home/{owner.address}/Annonces?fmt=zip"
    assert status(wire, path, **basic(owner.address, "faux")) == 401
    assert status(wire, path, Cookie="ZM_AUTH_TOKEN=0_aa_bb") == 401
    assert status(wire, f"{path}&zauthtoken=0_aa_bb") == 401


@pytest.fixture
def guests(owner: Person) -> str:
    """The id of a folder a guest may read with a password."""
    folder = owner.new_folder("Parents")
    grant(owner, folder, f'gt="guest" d="{GUEST}" args="sésame" perm="r"')
    return folder


@pytest.mark.parametrize(
    ("name", "password", "answer"),
    [
        ("parent@EXEMPLE.fr", "s%C3%A9same", 200),
        ("parent@exemple.fr", "faux", 404),
        ("parent@exemple.fr", "", 404),
        ("autre@exemple.fr", "s%C3%A9same", 404),
    ],
)
def test_guest_shows_address_and_password(
    wire: Wire, owner: Person, guests: str, name: str, password: str, answer: int
) -> None:
    item = add(owner.wire, folder=guests).get("id")
    assert status(wire, f"/home/{owner.address}/?id={item}&guest={name}&password={password}") == answer
    assert status(wire, f"/home/{owner.address}/?id={item}") == 401


def test_guest_may_sign_in_as_browsers_do(wire: Wire, owner: Person, guests: str) -> None:
    path = f"/home/{owner.address}/Parents?fmt=zip"
    assert status(wire, path, **basic("parent@exemple.fr", "sésame")) == 200
    assert status(wire, path, **basic("parent@exemple.fr", "x")) == 404
    assert status(wire, "/home/~/Inbox?fmt=zip", **basic("parent@exemple.fr", "sésame")) == 401


def test_password_of_one_folder_opens_no_other(wire: Wire, owner: Person, guests: str) -> None:
    other = owner.new_folder("Autre")
    grant(owner, other, f'gt="guest" d="{GUEST}" args="mellon" perm="r"')
    path = f"/home/{owner.address}/Autre?fmt=zip&guest={GUEST}&password="
    assert (status(wire, path + "mellon"), status(wire, path + "s%C3%A9same")) == (200, 404)


def test_guest_writes_where_allowed(wire: Wire, owner: Person, guests: str) -> None:
    who = basic("parent@exemple.fr", "sésame")
    path = f"/home/{owner.address}/Parents"
    assert status(wire, path, "POST", letter("Mot"), **who) == 404
    grant(owner, guests, f'gt="guest" d="{GUEST}" args="sésame" perm="ri"')
    assert status(wire, path, "POST", letter("Mot"), **who) == 200
    assert len(owner.mail("<SearchRequest types='message'><query>in:parents</query></SearchRequest>")) == 1


def test_application_s_password_opens_rest_until_it_is_revoked(
    admin: Wire, wire: Wire, agent: Wire, address: str
) -> None:
    admin.modify_account(address, zimbraFeatureTwoFactorAuthAvailable="TRUE")
    made = account(agent, '<CreateAppSpecificPasswordRequest appName="Agenda"/>').get("pw")
    path = "/home/~/Calendar?fmt=ics"
    assert status(wire, path, **basic(address, made)) == 200
    account(agent, '<RevokeAppSpecificPasswordRequest appName="Agenda"/>')
    assert status(wire, path, **basic(address, made)) == 401
    assert status(wire, path, **basic(address, PASSWORD)) == 200


@pytest.mark.parametrize(
    ("ways", "answers"), [("ba,co", (200, 200)), ("co", (200, 401)), ("BA", (401, 200)), ("qp", (401, 401))]
)
def test_only_the_ways_listed_sign_in(agent: Wire, address: str, ways: str, answers: tuple[int, int]) -> None:
    path = f"/home/~/Inbox?fmt=xml&auth={ways}"
    cookie = {"Cookie": f"ZM_AUTH_TOKEN={agent.token}"}
    assert (status(agent, path, **cookie), status(agent, path, **basic(address, PASSWORD))) == answers
