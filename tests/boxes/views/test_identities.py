"""Mes identités: what each may open and do, what the form says, what is told when Zimbra refuses."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import sealing
from accounts.models import Agent
from boxes import identities, looks
from boxes.identities import Wish
from boxes.looks import Picture, SeenFolder
from boxes.models import Box, BoxIdentity, BoxLook, Delegation, Role
from tests.each import each
from tests.factories import give_access, make_agent, make_establishment, make_moved_agent, make_shared_box

pytestmark = pytest.mark.django_db

PICTURE = Picture(
    folders=(
        SeenFolder("2", "/Inbox", "message"),
        SeenFolder("5", "/Sent", "message"),
        SeenFolder("6", "/Drafts", "message"),
        SeenFolder("10", "/Calendar", "appointment"),
        SeenFolder("3", "/Trash", ""),
        SeenFolder("300", "/Inbox/Été <b>", "message"),
    )
)


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    found: list[int] = []
    monkeypatch.setattr(looks, "hand_out_on_commit", lambda task, pk: found.append(pk))
    return found


@pytest.fixture
def member() -> Agent:
    return make_moved_agent(given_name="Zoé", family_name="Payet")


@pytest.fixture
def box(member: Agent) -> Box:
    box = make_shared_box((member, Role.MEMBER), in_zimbra=True, name="Vie scolaire")
    identities.follow_role(access(box, member))
    return box


def access(box: Box, agent: Agent) -> Delegation:
    return Delegation.objects.get(box=box, agent=agent)


def default(box: Box) -> BoxIdentity:
    return BoxIdentity.objects.get(delegation__box=box, is_default=True)


def saw(box: Box, picture: Picture = PICTURE) -> None:
    BoxLook.objects.create(
        box=box, asked_at=timezone.now(), looked_at=timezone.now(), snapshot=sealing.seal_json(asdict(picture))
    )


def in_place() -> None:
    for row in BoxIdentity.objects.all():
        BoxIdentity.objects.filter(pk=row.pk).update(applied_change=row.changed_at)


def signed_in(client: Client, agent: Agent) -> Client:
    client.force_login(agent)
    return client


def url(name: str, *ids: int) -> str:
    return reverse(name, args=ids)


def typed(**more: Any) -> dict[str, Any]:
    return {"name": "Bourses", "from_name": "Service des bourses", "reply_to_name": "", "reply_to_address": "", **more}


def test_list_shows_the_five_settings(client: Client, box: Box, member: Agent) -> None:
    saw(box)
    wish = Wish("Bourses", "Service <b>", True, "Réponses", "reponses@ac-reunion.fr", ("300",))
    identities.add(delegation=access(box, member), wish=wish, by=member)
    page = signed_in(client, member).get(url("box_identities", box.pk)).content.decode()
    for text in ("Bourses", "Service &lt;b&gt; &lt;" + box.address, "Réponses &lt;reponses@ac-reunion.fr&gt;",
                 "Réception/Été &lt;b&gt;", "Réception, Envoyés", "Fournie avec votre accès", "En route"):  # fmt: skip
        assert text in page
    assert "Service <b>" not in page


def test_list_tells_what_is_personal_and_what_is_common(client: Client, box: Box, member: Agent) -> None:
    page = signed_in(client, member).get(url("box_identities", box.pk)).content.decode()
    for text in ("Vos identités", "Vos signatures", reverse("signature"), "Vos étiquettes", "Envoyés", "calendriers"):
        assert text in page


def test_list_is_the_persons_own(client: Client, box: Box, member: Agent) -> None:
    colleague = make_moved_agent()
    give_access(box, colleague, Role.OWNER)
    identities.add(delegation=access(box, colleague), wish=Wish("Celle du collègue"), by=colleague)
    assert "Celle du coll" not in signed_in(client, member).get(url("box_identities", box.pk)).content.decode()


def test_list_asks_again_only_while_something_is_under_way(client: Client, box: Box, member: Agent) -> None:
    signed_in(client, member)
    address = url("box_identities", box.pk)
    assert 'hx-trigger="every' in client.get(address).content.decode()
    assert client.get(address, headers={"HX-Request": "true"}).status_code == 204
    in_place()
    page = client.get(address).content.decode()
    assert 'hx-trigger="every' not in page
    assert "Dans Zimbra" in page
    assert client.get(address, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"


@pytest.mark.parametrize(
    ("code", "told"),
    [("account.TOO_MANY_IDENTITIES", "Supprimez-en une"), ("account.X_Y", "account.X_Y")],
)
def test_refusal_is_told_with_what_to_do_and_can_be_tried_anew(
    client: Client, box: Box, member: Agent, code: str, told: str
) -> None:
    BoxIdentity.objects.update(trouble=code)
    page = signed_in(client, member).get(url("box_identities", box.pk)).content.decode()
    assert told in page
    assert "Réessayer" in page
    assert 'hx-trigger="every' not in page
    assert client.post(url("box_identity_retry", box.pk)).url == url("box_identities", box.pk)
    assert default(box).trouble == ""


def test_access_that_zimbra_refuses_is_told_and_not_waited_for(client: Client, box: Box, member: Agent) -> None:
    Delegation.objects.update(trouble="account.ACCOUNT_INACTIVE", applied_role="")
    page = signed_in(client, member).get(url("box_identities", box.pk)).content.decode()
    assert "mettre en place votre accès" in page
    assert 'hx-trigger="every' not in page


def test_refused_removal_is_told_without_links_that_lead_nowhere(client: Client, box: Box, member: Agent) -> None:
    row = identities.add(delegation=access(box, member), wish=Wish("Bourses"), by=member)
    identities.remove(identity=row, by=member)
    BoxIdentity.objects.filter(pk=row.pk).update(trouble="service.FAILURE")
    page = signed_in(client, member).get(url("box_identities", box.pk)).content.decode()
    assert "Suppression demandée" in page
    assert url("box_identity_edit", box.pk, row.pk) not in page


def test_limit_of_zimbra_is_told_beforehand(
    client: Client, box: Box, member: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_in(client, member)
    assert "toutes boîtes confondues" not in client.get(url("box_identities", box.pk)).content.decode()
    monkeypatch.setattr(identities, "MOST_IN_ZIMBRA", 1)
    assert "toutes boîtes confondues" in client.get(url("box_identities", box.pk)).content.decode()


def test_adding_keeps_all_that_was_typed(client: Client, box: Box, member: Agent) -> None:
    saw(box)
    signed_in(client, member)
    page = client.get(url("box_identity_new", box.pk)).content.decode()
    assert box.address in page
    assert "Corbeille" not in page
    assert "Brouillons</label>" not in page
    assert "Calendrier</label>" not in page
    assert "Été &lt;b&gt;" in page
    assert page.count("qui le laisserait à celle-ci") == 2
    sent = typed(reply_to="on", reply_to_name="R", reply_to_address="r@ac-reunion.fr", folders=["1", "300"])
    assert client.post(url("box_identity_new", box.pk), sent).url == url("box_identities", box.pk)
    row = BoxIdentity.objects.get(is_default=False)
    assert (row.name, row.from_name, row.reply_to_address) == ("Bourses", "Service des bourses", "r@ac-reunion.fr")
    assert row.folder_ids == ["1", "300"]


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"name": ""}, "Donnez un nom"),
        ({"name": "\0"}, ""),
        ({"name": "x" * 129}, "128 caract"),
        ({"name": "vie scolaire"}, "Vous avez déjà une identité de ce nom"),
        ({"name": "default"}, "autre que"),
        ({"from_name": "x" * 129}, "128 caract"),
        ({"reply_to_address": "pas une adresse"}, "adresse de réponse"),
        ({"folders": ["10"]}, "n’existe plus"),
        ({"folders": ["'; drop table"]}, "n’existe plus"),
    ],
)
def test_what_cannot_be_is_told_and_nothing_kept(
    client: Client, box: Box, member: Agent, sent: dict[str, Any], told: str
) -> None:
    saw(box)
    answer = signed_in(client, member).post(url("box_identity_new", box.pk), typed(**sent))
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert BoxIdentity.objects.count() == 1


def test_without_a_look_the_form_works_and_folders_stay(
    client: Client, box: Box, member: Agent, asked: list[int]
) -> None:
    signed_in(client, member)
    address = url("box_identity_edit", box.pk, default(box).pk)
    page = client.get(address).content.decode()
    assert "regarde les dossiers" in page
    assert 'hx-select="#identity-folders"' in page
    assert asked == [box.pk]
    assert client.post(address, typed(name="Autre nom")).status_code == 302
    assert (default(box).name, default(box).folder_ids) == ("Autre nom", ["2", "5"])


def test_look_that_failed_is_told_in_the_form(client: Client, box: Box, member: Agent) -> None:
    BoxLook.objects.create(box=box, asked_at=timezone.now(), looked_at=timezone.now(), error_code="unavailable")
    page = signed_in(client, member).get(url("box_identity_new", box.pk)).content.decode()
    assert "Zimbra ne répond pas" in page
    assert "hx-trigger" not in page.partition('id="identity-folders"')[2].partition("</fieldset>")[0]


def test_default_is_edited_like_the_others(client: Client, box: Box, member: Agent) -> None:
    saw(box)
    signed_in(client, member)
    address = url("box_identity_edit", box.pk, default(box).pk)
    page = client.get(address).content.decode()
    assert "Cette identité est fournie" in page
    assert page.count(" checked>") == 2
    assert client.post(address, typed(folders=["5"])).status_code == 302
    assert (default(box).name, default(box).folder_ids) == ("Bourses", ["5"])


def test_folders_of_a_very_large_box_that_are_not_shown_stay(client: Client, box: Box, member: Agent) -> None:
    saw(box, Picture(folders=PICTURE.folders[:1], is_cut=True))
    address = url("box_identity_edit", box.pk, default(box).pk)
    signed_in(client, member).post(address, typed(folders=[]))
    assert default(box).folder_ids == ["5"]


def test_removal_is_confirmed_first(client: Client, box: Box, member: Agent) -> None:
    row = identities.add(delegation=access(box, member), wish=Wish("Bourses"), by=member)
    signed_in(client, member)
    address = url("box_identity_delete", box.pk, row.pk)
    assert "disparaîtra de votre messagerie" in client.get(address).content.decode()
    assert identities.of(access(box, member)).count() == 2
    assert client.post(address).url == url("box_identities", box.pk)
    assert identities.of(access(box, member)).count() == 1
    assert client.post(address).status_code == 404


def test_default_cannot_be_removed_and_that_is_said(client: Client, box: Box, member: Agent) -> None:
    signed_in(client, member)
    address = url("box_identity_delete", box.pk, default(box).pk)
    assert address not in client.get(url("box_identities", box.pk)).content.decode()
    for answer in (client.get(address, follow=True), client.post(address, follow=True)):
        assert "ne se supprime pas" in answer.content.decode()
    assert not default(box).removed


PAGES = ("box_identities", "box_identity_new", "box_identity_edit", "box_identity_delete", "box_identity_retry")


def _addresses(box: Box) -> list[str]:
    one = default(box).pk
    return [url(name, box.pk, one) if name.endswith(("edit", "delete")) else url(name, box.pk) for name in PAGES]


@each(
    ("who", "status"),
    [("stranger", 404), ("head", 404), ("pending", 404), ("reader", 403), ("staff", 403)],
)
def test_whoever_does_not_write_for_the_box_is_refused(client: Client, box: Box, who: str, status: int) -> None:
    Box.objects.update(establishment=make_establishment())
    box.refresh_from_db()
    person = make_agent(is_staff=who == "staff")
    if who == "head":
        person = make_moved_agent(function="DIR", establishment=box.establishment)
    if who == "reader":
        person = make_moved_agent()
        give_access(box, person, Role.READER)
    if who == "pending":
        give_access(box, person, Role.MEMBER)
    signed_in(client, person)
    for address in _addresses(box):
        if not address.endswith("identites/"):
            assert client.post(address, typed()).status_code == status
        if not address.endswith("reessayer/"):
            assert client.get(address).status_code == status
    assert BoxIdentity.objects.count() == 1


def test_reader_is_told_why(client: Client, box: Box) -> None:
    reader = make_moved_agent()
    give_access(box, reader, Role.READER)
    assert "lecture seule" in signed_in(client, reader).get(url("box_identities", box.pk)).content.decode()


def test_owner_does_not_reach_those_of_a_member(client: Client, box: Box) -> None:
    owner = make_moved_agent()
    give_access(box, owner, Role.OWNER)
    signed_in(client, owner)
    for name in ("box_identity_edit", "box_identity_delete"):
        assert client.post(url(name, box.pk, default(box).pk), typed()).status_code == 404
    assert default(box).name == "Vie scolaire"


def test_identity_is_not_reached_through_another_box(client: Client, box: Box, member: Agent) -> None:
    other = make_shared_box((member, Role.MEMBER))
    signed_in(client, member)
    assert client.post(url("box_identity_edit", other.pk, default(box).pk), typed()).status_code == 404


def test_role_lost_while_the_form_was_open_is_told(
    client: Client, box: Box, member: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(**given: Any) -> None:
        raise identities.NotWriter

    monkeypatch.setattr(identities, "add", lost)
    answer = signed_in(client, member).post(url("box_identity_new", box.pk), typed())
    assert answer.status_code == 422
    assert "votre rôle a peut-être changé" in answer.content.decode()


def test_many_identities_cost_no_more_queries(
    client: Client, box: Box, member: Agent, django_assert_max_num_queries
) -> None:
    saw(box)
    for number in range(30):
        identities.add(delegation=access(box, member), wish=Wish(f"N° {number}", folder_ids=("300",)), by=member)
    signed_in(client, member)
    with django_assert_max_num_queries(20):
        client.get(url("box_identities", box.pk))
    with django_assert_max_num_queries(20):
        client.get(url("box_identity_new", box.pk))
