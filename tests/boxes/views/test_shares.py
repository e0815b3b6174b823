from __future__ import annotations

from dataclasses import asdict

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import sealing
from accounts.models import Agent
from boxes.looks import Picture, SeenFolder
from boxes.models import Box, BoxFinding, BoxLook, BoxShare, Delegation, Role
from tests.boxes.views.cast import box_of, everybody
from tests.each import each
from tests.factories import make_agent, make_moved_agent, make_shared_box
from tests.pages import parse, select, text

pytestmark = pytest.mark.django_db

FOLDERS = (
    SeenFolder("2", "/Inbox", "message"),
    SeenFolder("260", "/Inbox/Familles", "message"),
    SeenFolder("3", "/Trash", ""),
    SeenFolder("6", "/Drafts", "message"),
    SeenFolder("10", "/Calendar", "appointment"),
)


@pytest.fixture
def cast() -> dict[str, Agent]:
    return everybody()


@pytest.fixture
def box(cast: dict[str, Agent]) -> Box:
    box = box_of(cast)
    looked_at(box)
    return box


def looked_at(box: Box, folders: tuple[SeenFolder, ...] = FOLDERS) -> None:
    snapshot = sealing.seal_json(asdict(Picture("id", folders)))
    now = timezone.now()
    BoxLook.objects.update_or_create(box=box, defaults={"asked_at": now, "looked_at": now, "snapshot": snapshot})


def shared(box: Box, agent: Agent, **fields) -> BoxShare:
    values = {"folder_id": "10", "folder_path": "/Calendar", "view": "appointment", "access": BoxShare.Access.READ}
    return BoxShare.objects.create(box=box, agent=agent, **(values | fields))


def signed_in(agent: Agent) -> Client:
    client = Client()
    client.force_login(agent)
    return client


def url(name: str, *args: int) -> str:
    return reverse(name, args=args)


def test_every_action_for_every_person(box: Box, cast: dict[str, Agent]) -> None:
    row = shared(box, cast["stranger"])
    owners = {"member": 403, "reader": 403, "staff": 403}
    table = [
        ("get", "box_shares", (), {"owner": 200, "staff": 200, "member": 403, "reader": 403}),
        ("get", "box_share_new", (), owners | {"owner": 200}),
        ("post", "box_share_new", (), owners | {"owner": 422}),
        ("get", "box_share_revoke", (row.pk,), owners | {"owner": 200}),
        ("post", "box_share_access", (row.pk,), owners | {"owner": 302}),
        ("post", "box_share_revoke", (row.pk,), owners | {"owner": 302}),
    ]
    for who in ("stranger", "pending", "head", "staff", "reader", "member", "owner"):
        client = signed_in(cast[who])
        for method, name, more, expected in table:
            answer = getattr(client, method)(url(name, box.pk, *more), {"access": "write"})
            assert answer.status_code == expected.get(who, 404), (who, method, name)
    row.refresh_from_db()
    assert (row.access, row.removed) == ("write", True)


def test_rubbish_is_not_found(box: Box, cast: dict[str, Agent]) -> None:
    client = signed_in(cast["owner"])
    elsewhere = shared(make_shared_box(), cast["stranger"])
    gone = shared(box, cast["stranger"], removed=True)
    for number in (elsewhere.pk, gone.pk, 0, 10**30):
        assert client.get(url("box_share_revoke", box.pk, number)).status_code == 404
    row = shared(box, cast["head"])
    assert client.post(url("box_share_access", box.pk, row.pk), {"access": "tout"}).status_code == 404
    assert client.get(url("box_share_access", box.pk, row.pk)).status_code == 405
    assert client.get(url("box_shares", box.pk), {"q": "a\0b", "etat": "\0", "page": "x"}).status_code == 200


def test_an_owner_finds_a_person_and_shares_an_item(box: Box, cast: dict[str, Agent]) -> None:
    guest = make_moved_agent(given_name="Zoé", family_name="Técher")
    client = signed_in(cast["owner"])
    start = parse(client.get(url("box_share_new", box.pk)).content)
    assert not select(start, "input[name=agent]")
    found = parse(client.get(url("box_share_new", box.pk), {"q": "techer zoe"}).content)
    assert [one.get("value") for one in select(found, "input[name=agent][checked]")] == [str(guest.pk)]
    offered = [one.get("value") for one in select(found, "select[name=folder] option")]
    assert offered == ["", "2", "260", "10"]
    assert "Réception/Familles (dossier de messages)" in text(found, "select[name=folder]")
    given = {"q": "techer", "agent": guest.pk, "folder": "260", "access": "write"}
    answer = client.post(url("box_share_new", box.pk), given, follow=True)
    assert answer.redirect_chain == [(url("box_shares", box.pk), 302)]
    assert "« Réception/Familles » est partagé avec Zoé Técher" in text(parse(answer.content))
    row = box.shares.get()
    assert (row.agent, row.folder_path, row.access) == (guest, "/Inbox/Familles", "write")


@each(
    ("change", "told"),
    [
        ({"agent": ""}, "Choisissez la personne"),
        ({"agent": "²"}, "Choisissez la personne"),
        ({"agent": "9" * 40}, "Choisissez la personne"),
        ({"folder": "3"}, "Choisissez l’élément"),
        ({"folder": "999"}, "Choisissez l’élément"),
        ({"access": "tout"}, "Choisissez ce que la personne pourra faire"),
    ],
)
def test_what_is_missing_is_told_and_what_was_chosen_stays(
    box: Box, cast: dict[str, Agent], change: dict[str, str], told: str
) -> None:
    guest = cast["stranger"]
    given = {"q": guest.address, "agent": str(guest.pk), "folder": "260", "access": "write"} | change
    answer = signed_in(cast["owner"]).post(url("box_share_new", box.pk), given)
    assert answer.status_code == 422
    shown = parse(answer.content)
    assert told in text(shown, "#content [role=alert]")
    assert select(shown, f"#share-agent-{guest.pk}")
    assert not box.shares.exists()


def test_what_cannot_be_is_told_in_words(box: Box, cast: dict[str, Agent]) -> None:
    client = signed_in(cast["owner"])
    waiting = make_agent()
    for agent, told in ((cast["member"], "déjà accès à toute la boîte"), (waiting, "pas encore passée")):
        given = {"q": agent.address, "agent": agent.pk, "folder": "10", "access": "read"}
        answer = client.post(url("box_share_new", box.pk), given)
        assert answer.status_code == 422
        assert told in text(parse(answer.content), "#content [role=alert]")
    # Who has not moved is found, and cannot be chosen.
    found = parse(client.get(url("box_share_new", box.pk), {"q": waiting.address}).content)
    assert select(found, f"#share-agent-{waiting.pk}[disabled]")


def test_nobody_found_is_told(box: Box, cast: dict[str, Agent]) -> None:
    shown = parse(signed_in(cast["owner"]).get(url("box_share_new", box.pk), {"q": "personne\0 ici"}).content)
    assert "Personne ne correspond" in text(shown)
    shown = parse(signed_in(cast["owner"]).get(url("box_share_new", box.pk), {"q": "é"}).content)
    assert "au moins deux lettres" in text(shown)


def test_what_zimbra_refused_can_be_tried_again(box: Box, cast: dict[str, Agent]) -> None:
    row = shared(box, cast["stranger"], trouble="account.NO_SUCH_ACCOUNT")
    client = signed_in(cast["owner"])
    page = parse(client.get(url("box_shares", box.pk)).content)
    (form,) = [one for one in select(page, "#content form") if one.get("action") == url("box_retry", box.pk)]
    client.post(form.get("action"))
    row.refresh_from_db()
    assert row.trouble == ""
    page = parse(client.get(url("box_shares", box.pk)).content)
    assert "Mise en place en cours" in text(page, ".portal-share")
    assert not [one for one in select(page, "#content form") if one.get("action") == url("box_retry", box.pk)]


def test_the_page_waits_for_the_first_look(box: Box, cast: dict[str, Agent]) -> None:
    BoxLook.objects.update(snapshot=None, looked_at=None, asked_at=timezone.now())
    shown = parse(signed_in(cast["owner"]).get(url("box_share_new", box.pk), {"q": cast["head"].address}).content)
    assert select(shown, "#look")[0].get("hx-get")
    assert not select(shown, "select[name=folder]")
    BoxLook.objects.update(looked_at=timezone.now(), error_code="unavailable")
    shown = parse(signed_in(cast["owner"]).get(url("box_share_new", box.pk)).content)
    assert "Zimbra ne répond pas" in text(shown)


def test_each_share_says_where_it_stands(box: Box, cast: dict[str, Agent]) -> None:
    done = {"applied_access": "read", "mount_id": "300"}
    stands = {
        "En place": shared(box, make_moved_agent(), **done),
        "Mise en place en cours": shared(box, make_moved_agent(), access="write", **done),
        "Retrait en cours": shared(box, make_moved_agent(), removed=True, **done),
        "À vérifier": shared(box, make_moved_agent(), trouble="account.NO_SUCH_ACCOUNT"),
    }
    page = parse(signed_in(cast["owner"]).get(url("box_shares", box.pk)).content)
    rows = {" ".join(one.text_content().split()) for one in select(page, ".portal-share")}
    for label, row in stands.items():
        (line,) = [one for one in rows if row.agent.address in one]
        assert label in line
    assert any("n’a pas de messagerie dans Zimbra" in one for one in rows)


def test_items_that_are_gone_and_people_who_left_are_told(box: Box, cast: dict[str, Agent]) -> None:
    shared(box, make_moved_agent(), folder_id="999", folder_path="/Vieux", view="message", applied_access="read")
    shared(box, make_moved_agent(is_active=False), applied_access="read", mount_id="3")
    shown = text(parse(signed_in(cast["owner"]).get(url("box_shares", box.pk)).content))
    assert "n’existe plus dans Zimbra" in shown
    assert "n’est plus actif dans l’annuaire" in shown
    # Without a look nothing is said to be gone.
    BoxLook.objects.update(snapshot=None)
    assert "n’existe plus" not in text(parse(signed_in(cast["owner"]).get(url("box_shares", box.pk)).content))


def test_shares_are_found_by_words_and_state_and_come_in_pages(
    box: Box, cast: dict[str, Agent], django_assert_max_num_queries
) -> None:
    for number in range(60):
        shared(box, make_moved_agent(family_name=f"Técher{number}"))
    shared(box, make_moved_agent(family_name="Payet"), trouble="mail.NO_SUCH_FOLDER")
    client = signed_in(cast["owner"])
    with django_assert_max_num_queries(15):
        page = parse(client.get(url("box_shares", box.pk)).content)
    assert len(select(page, ".portal-share")) == 50
    second = parse(client.get(url("box_shares", box.pk), {"page": 2, "q": "techer"}).content)
    assert len(select(second, ".portal-share")) == 10
    trouble = parse(client.get(url("box_shares", box.pk), {"etat": "trouble"}).content)
    assert len(select(trouble, ".portal-share")) == 1
    nothing = parse(client.get(url("box_shares", box.pk), {"q": "introuvable"}).content)
    assert "Aucun partage ne correspond" in text(nothing)


def test_what_was_done_in_zimbra_directly_is_pointed_to(box: Box, cast: dict[str, Agent]) -> None:
    client = signed_in(cast["owner"])
    assert "directement dans Zimbra" not in text(parse(client.get(url("box_shares", box.pk)).content))
    for kind, settled in (("share_unknown", None), ("share_missing", timezone.now()), ("grant_unknown", None)):
        BoxFinding.objects.create(box=box, kind=kind, last_seen_at=timezone.now(), settled_at=settled)
    assert "1 partage de cette boîte a été fait" in text(parse(client.get(url("box_shares", box.pk)).content))


def test_staff_see_shares_and_no_buttons(box: Box, cast: dict[str, Agent]) -> None:
    shared(box, cast["stranger"])
    page = parse(signed_in(cast["staff"]).get(url("box_shares", box.pk)).content)
    assert [one.get("action") for one in select(page, "#content form")] == [url("box_look", box.pk)]
    assert not select(page, f"a[href={url('box_share_new', box.pk)}]")
    assert "Lecture" in text(page, ".portal-share")


def test_a_second_owner_who_comes_late_is_told(box: Box, cast: dict[str, Agent]) -> None:
    row = shared(box, cast["stranger"])
    client = signed_in(cast["owner"])
    assert "disparaîtra de sa messagerie" in text(parse(client.get(url("box_share_revoke", box.pk, row.pk)).content))
    Delegation.objects.create(box=box, agent=cast["stranger"], role=Role.READER)
    BoxShare.objects.filter(pk=row.pk).update(access="write")
    answer = client.post(url("box_share_access", box.pk, row.pk), {"access": "read"}, follow=True)
    assert "un partage n’ajouterait rien" in text(parse(answer.content))
