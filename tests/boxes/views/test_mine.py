"""Mes boîtes: what a person has, will have, and what to do when something is missing."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agent
from boxes import delegations
from boxes.models import Box, BoxShare, BoxUse, CensusSheet, Delegation, Role
from tests.boxes.views.cast import Cast, browser, make_cast, read
from tests.factories import (
    give_access,
    make_agent,
    make_box,
    make_entry,
    make_establishment,
    make_moved_agent,
    make_shared_box,
)
from tests.pages import parse, select, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def mine(agent: Agent, **query: object) -> str:
    return read(browser(agent), "boxes", **query)


def test_person_without_a_box_is_told_who_opens_them() -> None:
    assert "C’est un de ses propriétaires qui vous l’ouvre" in mine(make_moved_agent())
    assert "Noter celles que j’utilise" in mine(make_agent())


def test_each_box_is_shown_with_role_and_path(cast: Cast) -> None:
    told = mine(cast.reader)
    assert "Vie scolaire vie.scolaire@ac-reunion.fr" in told
    assert "Membre (lecture seule)" in told
    assert "Chemin : Vie scolaire" in told
    assert "Les filtres ne fonctionnent pas aujourd’hui dans les boîtes partagées" in told
    assert "Vie scolaire" not in mine(cast.stranger)


def test_hidden_box_reads_masque_and_comes_back(cast: Cast) -> None:
    client = cast.browser("member")
    answer = client.post(reverse("box_hide", args=[cast.box.pk]), follow=True)
    assert answer.redirect_chain[-1][0] == reverse("boxes")
    assert "Chemin : Masqué" in text(parse(answer.content))
    assert "Vous gardez votre accès" in text(parse(answer.content))
    answer = client.post(reverse("box_show", args=[cast.box.pk]), {"from": "box"}, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("box", args=[cast.box.pk])
    assert not cast.row("member").hidden


def test_box_that_is_being_set_up_says_so_until_it_is_there(cast: Cast) -> None:
    cast.box.delegations.update(mount_id="", path="")
    Box.objects.update(work_asked_at=timezone.now())
    client = cast.browser("member")
    assert "Chemin : En cours de mise en place" in read(client, "boxes")
    assert client.get(reverse("boxes"), headers={"HX-Request": "true"}).status_code == 204
    cast.box.delegations.update(mount_id="7", path="/Vie scolaire")
    assert client.get(reverse("boxes"), headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"


def test_trouble_is_told_with_what_to_do(cast: Cast, settings) -> None:
    cast.box.delegations.update(trouble="service.PERM_DENIED")
    told = mine(cast.member)
    assert "Pas en place Zimbra a refusé" in told
    assert settings.HELP_DESK in told


def test_person_leaves_and_the_owners_hear_of_it(cast: Cast) -> None:
    client = cast.browser("member")
    assert "Ses propriétaires sont prévenus" in read(client, "box_leave", cast.box.pk)
    answer = client.post(reverse("box_leave", args=[cast.box.pk]), follow=True)
    assert "Vous n’avez plus accès à « Vie scolaire »" in text(parse(answer.content))
    assert cast.row("member").state == Delegation.State.REMOVED
    assert cast.owner.notices.get().title == "Marc Hoareau a quitté la boîte « Vie scolaire »"
    assert client.post(reverse("box_leave", args=[cast.box.pk])).status_code == 404


def test_pending_access_is_a_line_without_a_link(cast: Cast) -> None:
    person = make_agent()
    give_access(cast.box, person, Role.OWNER)
    page = parse(browser(person).get(reverse("boxes")).content)
    assert "Dès votre transfert" in text(page)
    assert "vie.scolaire@ac-reunion.fr · Propriétaire" in text(page)
    assert not select(page, f"a[href={reverse('box', args=[cast.box.pk])}]")


def test_before_the_transfer_the_census_and_ones_notes_speak() -> None:
    person = make_agent()
    named = make_box(name="Secrétariat")
    noted = make_box(name="Intendance")
    closed = make_box(name="Ancien club", is_kept=False)
    make_box(name="Autre boîte")
    for box in (named, closed):
        make_entry(box, person, Role.READER)
    for box in (named, noted):
        BoxUse.objects.create(box=box, agent=person)
    told = mine(person)
    assert "Secrétariat" in told
    assert "prévu : membre (lecture seule)" in told
    assert "Intendance" in told
    assert "notée par vous, pas encore dans le recensement" in told
    assert told.count("Secrétariat") == 1
    assert "Ancien club" not in told
    assert "Autre boîte" not in told


def test_noted_box_without_access_sends_to_its_owner(cast: Cast) -> None:
    BoxUse.objects.create(box=cast.box, agent=cast.stranger)
    BoxUse.objects.create(box=cast.box, agent=cast.member)
    assert "Notées, mais sans accès" in mine(cast.stranger)
    assert "Notées, mais sans accès" not in mine(cast.member)


def test_head_who_misses_a_box_is_sent_to_the_help_desk(cast: Cast, settings) -> None:
    told = mine(cast.head)
    assert "Il vous manque des boîtes de votre établissement" in told
    assert f"Écrivez à l’assistance académique : {settings.HELP_DESK}" in told
    give_access(cast.box, cast.head, Role.OWNER)
    assert "Il vous manque" not in mine(cast.head)
    delegations.give_up(delegation=cast.box.delegations.get(agent=cast.head), by=cast.head)
    assert "Il vous manque" not in mine(cast.head), "left on purpose"
    assert "Il vous manque" not in mine(cast.owner)


def test_census_is_a_step_away_for_whoever_takes_it() -> None:
    place = make_establishment(name="Lycée des Filaos")
    box = make_box(establishment=place)
    head = make_agent(establishment=place, function=Agent.Function.HEAD)
    declared, member = make_agent(), make_agent()
    make_entry(box, declared, Role.OWNER)
    make_entry(box, member)
    for person in (head, declared):
        told = mine(person)
        assert "Recensement : Lycée des Filaos" in told
        assert "État : à faire" in told
    CensusSheet.objects.create(establishment=place, state="submitted", changed_at=timezone.now())
    assert "État : transmis" in mine(head)
    assert "Recensement :" not in mine(member)
    assert "Recensement :" not in mine(make_agent(is_staff=True))
    Box.objects.update(transfer_asked_at=timezone.now())
    assert "Recensement :" not in mine(head)


def test_many_boxes_are_searched_and_paged(django_assert_max_num_queries) -> None:
    person = make_moved_agent()
    for number in range(40):
        make_shared_box((person, Role.MEMBER), name=f"Équipe n{number:02}")
    client = browser(person)
    with django_assert_max_num_queries(20):
        page = parse(client.get(reverse("boxes")).content)
    assert len(select(page, "tbody tr")) == 25
    assert len(select(parse(client.get(reverse("boxes"), {"page": 2}).content), "tbody tr")) == 15
    assert len(select(parse(client.get(reverse("boxes"), {"recherche": "equipe n07"}).content), "tbody tr")) == 1
    assert "Aucune de vos boîtes" in read(client, "boxes", recherche="rien\0")


def test_what_is_shared_with_me_is_listed_and_nobody_elses(client: Client) -> None:
    mine, other = make_moved_agent(), make_moved_agent()
    box = make_shared_box(name="Vie scolaire")
    for agent, path, more in (
        (mine, "/Calendar", {"applied_access": "read", "mount_id": "260", "path": "/Calendrier - Vie scolaire"}),
        (mine, "/Archives/2025", {}),
        (mine, "/Repris", {"removed": True}),
        (other, "/Secret", {}),
    ):
        BoxShare.objects.create(box=box, folder_id=path, folder_path=path, agent=agent, access="read", **more)
    client.force_login(mine)
    told = text(parse(client.get(reverse("boxes")).content))
    assert "Éléments partagés avec moi" in told
    assert "dans Zimbra : /Calendrier - Vie scolaire" in told
    assert "2025 Dossier de messages · Vie scolaire" in told
    assert "Mise en place en cours" in told
    assert "Repris" not in told
    assert "Secret" not in told
    assert "Aucune boîte partagée" not in told
