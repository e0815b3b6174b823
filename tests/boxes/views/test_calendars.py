"""Calendriers: the address of each calendar, escaped as Zimbra reads it, and who is told what."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import sealing
from accounts.models import Agent
from boxes import looks
from boxes.calendars import dav_url
from boxes.looks import Picture, SeenFolder
from boxes.models import Box, BoxLook, Role
from tests.factories import give_access, make_agent, make_box, make_establishment, make_moved_agent, make_shared_box

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    found: list[int] = []
    monkeypatch.setattr(looks, "hand_out_on_commit", lambda task, pk: found.append(pk))
    return found


@pytest.fixture
def box() -> Box:
    return make_shared_box(address="vie.scolaire@ac-reunion.fr", name="Vie scolaire")


def saw(box: Box, *paths: str, error_code: str = "") -> None:
    folders = [SeenFolder(str(number), path, "appointment") for number, path in enumerate(paths, 300)]
    picture = Picture(folders=(*folders, SeenFolder("2", "/Inbox", "message"), SeenFolder("15", "/Tasks", "task")))
    BoxLook.objects.create(
        box=box,
        asked_at=timezone.now(),
        looked_at=timezone.now(),
        snapshot=sealing.seal_json(asdict(picture)),
        error_code=error_code,
    )


def page_of(client: Client, box: Box, agent: Agent) -> str:
    client.force_login(agent)
    answer = client.get(reverse("box_calendars", args=[box.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def with_role(box: Box, role: str) -> Agent:
    agent = make_moved_agent()
    give_access(box, agent, role)
    return agent


@pytest.mark.parametrize(
    ("path", "end"),
    [
        ("/Calendar", "Calendar"),
        ("/Equipe", "Equipe"),
        ("/Emploi du temps", "Emploi%20du%20temps"),
        ("/Élèves été", "%C3%89l%C3%A8ves%20%C3%A9t%C3%A9"),
        ("/Calendar/Salles", "Calendar/Salles"),
        ("/100 % + C#?&", "100%20%25%20%2B%20C%23%3F%26"),
    ],
)
def test_address_is_the_path_escaped_part_by_part(path: str, end: str) -> None:
    box = make_box(address="test@education.gouv.fr")
    assert dav_url(box, path) == f"https://messagerie.education.gouv.fr/dav/test@education.gouv.fr/{end}"


def test_server_is_a_setting(settings) -> None:
    settings.CLIENT_SYNC_HOST = "sync.example.org"
    assert dav_url(make_box(address="a@b.fr"), "/Calendar") == "https://sync.example.org/dav/a@b.fr/Calendar"


def test_each_calendar_has_an_address_to_copy_or_select(client: Client, box: Box) -> None:
    saw(box, "/Calendar", "/Calendar/Salles", "/Trash/Vieux")
    page = page_of(client, box, with_role(box, Role.MEMBER))
    assert "Calendrier/Salles" in page
    assert "Vieux" not in page
    start = "https://messagerie.education.gouv.fr/dav/vie.scolaire@ac-reunion.fr"
    for number, end in ((300, "Calendar"), (301, "Calendar/Salles")):
        assert f'id="calendar-{number}" value="{start}/{end}" readonly' in page
        assert f'data-copy="calendar-{number}"' in page
    assert "<script>" not in page


@pytest.mark.parametrize("role", [Role.OWNER, Role.MEMBER, Role.READER])
def test_members_use_their_own_credentials(client: Client, box: Box, role: str) -> None:
    saw(box, "/Calendar")
    agent = with_role(box, role)
    page = page_of(client, box, agent)
    assert agent.address in page
    for text in ("mot de passe d’application", "iPhone", "Android", "DAVx⁵", "Thunderbird", "tâches"):
        assert text in page
    assert ("lecture seule" in page.lower().partition("<h2")[2]) == (role == Role.READER)


def test_staff_see_them_without_being_promised_access(client: Client, box: Box) -> None:
    saw(box, "/Calendar")
    page = page_of(client, box, make_agent(is_staff=True))
    assert "Sans accès à la boîte" in page


@pytest.mark.parametrize("who", ["stranger", "head", "pending"])
def test_whoever_does_not_see_the_box_finds_nothing(client: Client, box: Box, who: str) -> None:
    Box.objects.update(establishment=make_establishment())
    box.refresh_from_db()
    person = make_agent(function="DIR" if who == "head" else "", establishment=box.establishment)
    if who == "pending":
        give_access(box, person, Role.OWNER)
    client.force_login(person)
    assert client.get(reverse("box_calendars", args=[box.pk])).status_code == 404


def test_first_look_is_waited_for_without_blocking(client: Client, box: Box, asked: list[int]) -> None:
    agent = with_role(box, Role.MEMBER)
    page = page_of(client, box, agent)
    assert "Le portail regarde" in page
    assert 'http-equiv="refresh"' in page
    assert asked == [box.pk]
    address = reverse("box_calendars", args=[box.pk])
    assert client.get(address, headers={"HX-Request": "true"}).status_code == 204
    BoxLook.objects.update(looked_at=timezone.now())
    assert client.get(address, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"


def test_failed_look_shows_what_was_known_and_a_way_on(client: Client, box: Box) -> None:
    saw(box, "/Calendar", error_code="unavailable")
    page = page_of(client, box, with_role(box, Role.MEMBER))
    assert "Zimbra ne répond pas" in page
    assert "dav/vie.scolaire@ac-reunion.fr/Calendar" in page
    assert "Actualiser" in page


def test_box_without_calendars_says_so(client: Client, box: Box) -> None:
    saw(box)
    assert "aucun calendrier" in page_of(client, box, with_role(box, Role.MEMBER))


def test_many_calendars_cost_no_more_queries(client: Client, box: Box, django_assert_max_num_queries) -> None:
    saw(box, *(f"/Agenda {number}" for number in range(100)))
    client.force_login(with_role(box, Role.MEMBER))
    with django_assert_max_num_queries(16):
        client.get(reverse("box_calendars", args=[box.pk]))
