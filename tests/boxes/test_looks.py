"""What was last seen of a box: folders and grants, fresh, old, failed, asked for anew; told in French."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import sealing
from accounts.models import Agent
from boxes import looks
from boxes.looks import FRESH, PATIENCE, Picture, SeenFolder
from boxes.models import Box, BoxLook, Role
from tests.each import each
from tests.factories import make_agent, make_moved_agent, make_shared_box
from tests.simulated import Simulated

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The boxes a task was asked to look at; no task runs."""
    found: list[int] = []
    monkeypatch.setattr(looks, "hand_out_on_commit", lambda task, pk: found.append(pk))
    return found


def ago(seconds: float) -> datetime:
    return timezone.now() - timedelta(seconds=seconds)


def row_of(box: Box, **fields: object) -> BoxLook:
    return BoxLook.objects.create(box=box, **{"asked_at": ago(400), **fields})


def sealed(picture: Picture) -> bytes:
    return sealing.seal_json(asdict(picture))


def test_first_look_is_asked_for_once(asked: list[int]) -> None:
    box = make_shared_box()
    row = looks.look_for(box)
    assert looks.is_waiting(row)
    assert looks.seen(row) is None
    looks.look_for(box, anew=True)
    assert asked == [box.pk]


def test_look_that_never_came_is_asked_for_again_and_not_waited_for(asked: list[int]) -> None:
    box = make_shared_box()
    row = row_of(box, asked_at=ago(PATIENCE.total_seconds() + 1))
    assert not looks.is_waiting(row)
    looks.look_for(box)
    assert asked == [box.pk]


@pytest.mark.parametrize("error_code", ["", "unavailable"])
@pytest.mark.parametrize(("age", "anew", "again"), [(1, False, False), (1, True, True), (600, False, True)])
def test_fresh_is_kept_and_old_or_unwanted_is_renewed(
    asked: list[int], age: int, anew: bool, again: bool, error_code: str
) -> None:
    box = make_shared_box()
    row_of(box, looked_at=ago(age), error_code=error_code)
    row = looks.look_for(box, anew=anew)
    assert bool(asked) == again
    assert row.error_code == ("" if again else error_code)
    assert FRESH.total_seconds() < 600


def test_old_picture_is_shown_while_a_new_look_is_under_way(asked: list[int]) -> None:
    box = make_shared_box()
    picture = Picture(folders=(SeenFolder("2", "/Inbox", "message"),))
    row_of(box, looked_at=ago(600), snapshot=sealed(picture))
    assert looks.seen(looks.look_for(box)) == picture


def test_latest_asks_for_nothing(asked: list[int]) -> None:
    box = make_shared_box()
    assert looks.latest(box) is None
    row = row_of(box)
    assert looks.latest(box) == row
    assert asked == []


@pytest.mark.parametrize(
    "stored",
    [b"rubbish", sealing.seal_json({"folders": []}), sealing.seal_json([])],
    ids=["rubbish", "half a picture", "something else"],
)
def test_picture_that_cannot_be_opened_is_none(stored: bytes) -> None:
    assert looks.seen(row_of(make_shared_box(), snapshot=stored)) is None


@pytest.fixture
def box(door: Simulated) -> Box:
    return make_shared_box(address=door.create_account(), zimbra_id="the-box")


def test_folders_and_grants_are_seen_and_come_back(box: Box, door: Simulated) -> None:
    member = door.create_account()
    with door.client(box.address) as client:
        client.create_folder_path("/Inbox/Élèves", "message", colour=3)
        closed = client.create_folder_path("/Salles", "appointment")
        client.grant("1", member, "rwidx")
        client.grant(closed.id, member, "r")
    looks.look_for(box)
    looks.look(box.pk)
    row = BoxLook.objects.get(box=box)
    seen = looks.seen(row)
    assert row.looked_at
    assert seen
    assert seen.zimbra_id == "the-box"
    assert [(one.name, one.rights) for one in seen.grants] == [(member, "rwidx")]
    by_path = {one.path: one for one in seen.folders}
    assert "/" not in by_path
    assert (by_path["/Inbox/Élèves"].name, by_path["/Inbox/Élèves"].colour) == ("Réception/Élèves", 3)
    assert (by_path["/Inbox/Élèves"].depth, by_path["/Inbox"].depth) == (1, 0)
    assert [one.name for one in by_path["/Salles"].grants] == [member]
    assert by_path["/Inbox"].grants == ()
    assert {one.path for one in seen.calendars} == {"/Calendar", "/Salles"}
    assert "/Trash" not in {one.path for one in seen.mail_folders}
    assert seen.folder(closed.id) == by_path["/Salles"]
    assert b"Salles" not in bytes(row.snapshot or b"")


def test_what_was_thrown_away_is_no_calendar(box: Box, door: Simulated) -> None:
    with door.client(box.address) as client:
        client.trash_folder(client.create_folder_path("/Vieux", "appointment").id)
    looks.look_for(box)
    looks.look(box.pk)
    seen = looks.seen(BoxLook.objects.get(box=box))
    assert seen
    assert {one.path for one in seen.calendars} == {"/Calendar"}


def test_runaway_tree_is_cut(box: Box, door: Simulated, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "MOST_FOLDERS", 3)
    looks.look_for(box)
    looks.look(box.pk)
    seen = looks.seen(BoxLook.objects.get(box=box))
    assert seen
    assert (len(seen.folders), seen.is_cut) == (3, True)


def test_box_that_is_not_there_yet_is_told(door: Simulated) -> None:
    box = make_shared_box(address="pas.encore@academie.example")
    looks.look_for(box)
    looks.look(box.pk)
    row = BoxLook.objects.get(box=box)
    assert row.error_code == looks.NO_MAILBOX
    assert "mise en place" in looks.trouble(row)


def test_zimbra_that_does_not_answer_keeps_the_old_picture(box: Box, settings) -> None:
    settings.ZIMBRA_ADMIN_URL = "http://127.0.0.1:9"
    picture = Picture(folders=(SeenFolder("2", "/Inbox", "message"),))
    row_of(box, snapshot=sealed(picture))
    looks.look(box.pk)
    row = BoxLook.objects.get(box=box)
    assert row.error_code == looks.UNAVAILABLE
    assert looks.seen(row) == picture
    assert "ne répond pas" in looks.trouble(row)


def test_look_overtaken_by_another_writes_nothing(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    row_of(box)
    through = looks._picture

    def slow(*given):
        BoxLook.objects.update(asked_at=timezone.now())
        return through(*given)

    monkeypatch.setattr(looks, "_picture", slow)
    looks.look(box.pk)
    assert BoxLook.objects.get(box=box).looked_at is None


def test_look_of_a_box_that_is_gone_does_nothing() -> None:
    looks.look(10_000_000)
    assert not BoxLook.objects.exists()


@each(
    ("path", "shown"),
    [
        ("/Inbox", "Réception"),
        ("/INBOX/Bourses", "Réception/Bourses"),
        ("/Sent", "Envoyés"),
        ("/Calendar/Salles", "Calendrier/Salles"),
        ("/Emailed Contacts", "Personnes contactées par mail"),
        ("/Archives/Inbox", "Archives/Inbox"),
        ("Tasks", "Tâches"),
        ("/", ""),
    ],
)
def test_zimbras_own_folders_are_told_in_french(path: str, shown: str) -> None:
    assert looks.french_path(path) == shown


def test_folders_stand_as_people_look_for_them() -> None:
    paths = ["/Chats", "/Drafts", "/Zoo", "/École", "/Inbox", "/Inbox/Été", "/Inbox/Avis", "/Sent", "/Trash/X"]
    mail = [SeenFolder(str(number), path, "message") for number, path in enumerate(paths, 300)]
    agendas = [SeenFolder(str(number), path, "appointment") for number, path in enumerate(["/A", "/Calendar"])]
    picture = Picture(folders=(*mail, *agendas))
    assert [one.path for one in picture.mail_folders] == [
        "/Inbox", "/Inbox/Avis", "/Inbox/Été", "/Sent", "/Drafts", "/Chats", "/École", "/Zoo",
    ]  # fmt: skip
    assert [one.path for one in picture.calendars] == ["/Calendar", "/A"]


@pytest.mark.parametrize(
    ("view", "kind"), [("", "Dossier"), ("task", "Liste de tâches"), ("contact", "Carnet d’adresses"), ("x", "Dossier")]
)
def test_kind_is_told(view: str, kind: str) -> None:
    assert SeenFolder("300", "/X", view).kind == kind


@pytest.mark.parametrize("page", [("calendriers", "box_calendars"), ("identites", "box_identities"), ("x", "box")])
def test_refresh_looks_anew_and_goes_back(client, asked: list[int], page: tuple[str, str]) -> None:
    member = make_moved_agent()
    box = make_shared_box((member, Role.READER))
    row_of(box, looked_at=timezone.now())
    client.force_login(member)
    answer = client.post(reverse("box_look", args=[box.pk]), {"page": page[0]})
    assert answer.status_code == 302
    assert answer.url == reverse(page[1], args=[box.pk])
    assert asked == [box.pk]


@pytest.mark.parametrize("who", ["stranger", "head", "pending"])
def test_refresh_is_for_those_who_see_the_box(client, asked: list[int], who: str) -> None:
    person: Agent = make_agent() if who == "pending" else make_moved_agent(function="DIR" if who == "head" else "")
    box = make_shared_box()
    if who == "pending":
        box.delegations.create(agent=person, role=Role.MEMBER, state="pending")
    client.force_login(person)
    assert client.post(reverse("box_look", args=[box.pk])).status_code == 404
    assert asked == []


def test_refresh_is_a_post(client) -> None:
    member = make_moved_agent()
    box = make_shared_box((member, Role.MEMBER))
    client.force_login(member)
    assert client.get(reverse("box_look", args=[box.pk])).status_code == 405
