"""Pages of the trust and block lists, of a quarantine and of the academy, as every role."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Agent, JournalEntry
from boxes.models import Box
from quarantine import senders
from quarantine.models import SenderEntry
from quarantine.senders import EVERYBODY
from tests.boxes.views.cast import browser, read
from tests.each import each
from tests.factories import give_access, make_agent, make_moved_agent, make_shared_box
from tests.pages import parse, select, text

pytestmark = pytest.mark.django_db
MINE = "rose.payet@ac-reunion.fr"


@pytest.fixture
def rose() -> Agent:
    return make_agent(MINE)


@pytest.fixture
def staff() -> Agent:
    return make_agent("equipe@ac-reunion.fr", is_staff=True)


def add(client: Client, pattern: str, kind: str = "blocage", name: str = "sender_add", **values):
    data = {"expediteur": pattern, "liste": kind} | values
    return client.post(reverse(name), data, follow=True)


def make_box() -> tuple[Box, dict[str, Agent]]:
    box = make_shared_box(address="direction@ac-reunion.fr", name="Direction")
    people = {role: make_moved_agent() for role in ("owner", "member", "reader")}
    for role, agent in people.items():
        give_access(box, agent, role)
    return box, people


def test_entry_is_added_shown_removed_and_put_back(rose):
    client = browser(rose)
    page = text(parse(add(client, "École.fr", note="pub").content))
    assert "école.fr figure maintenant sur la liste de blocage" in page
    assert "xn--cole-9oa.fr" in page
    assert "domaine et sous-domaines pub" in page.replace("Blocage Note : ", "").replace("Blocage", "")
    entry = SenderEntry.objects.get()
    page = text(parse(client.post(reverse("sender_remove", args=[entry.pk]), follow=True).content))
    assert "xn--cole-9oa.fr ne figure plus sur la liste de blocage. Le remettre" in page
    client.post(reverse("sender_restore"))
    again = SenderEntry.objects.get()
    assert (again.kind, again.pattern, again.note) == ("block", "xn--cole-9oa.fr", "pub")
    assert "rien à remettre" in text(parse(client.post(reverse("sender_restore"), follow=True).content))


@each(
    ("pattern", "kind", "told"),
    [
        ("", "blocage", "Indiquez une adresse"),
        ("\0", "blocage", "n’est"),
        ("x" * 900, "confiance", "trop long"),
        ("gmail.com", "confiance", "Tout le monde peut"),
        ("ac-reunion.fr", "confiance", "ne peut pas être de confiance"),
        ("fr", "blocage", "terminaison"),
        ("exemple.fr", "autre", "Choisissez la liste"),
    ],
)
def test_entry_that_can_be_none_is_told_beside_the_field(rose, pattern, kind, told):
    answer = add(browser(rose), pattern, kind)
    assert answer.status_code == 422
    page = parse(answer.content)
    assert told in text(page, ".fr-error-text")
    assert not SenderEntry.objects.exists()


@pytest.mark.parametrize("wide", ["gmail.com", "ac-reunion.fr", "orange.fr"])
def test_block_that_would_keep_out_everybody_asks_once_more(rose, wide):
    client = browser(rose)
    answer = add(client, wide, note="trop de pub")
    assert f"Tout le monde peut écrire depuis {wide}" in text(parse(answer.content))
    assert not SenderEntry.objects.exists()
    assert add(client, wide, confirme="oui").status_code == 200
    assert SenderEntry.objects.get().pattern == wide


def test_lists_of_a_box_are_for_its_members_and_changed_by_those_who_write():
    box, people = make_box()
    people |= {"stranger": make_agent(), "staff": make_agent(is_staff=True)}
    query = f"?boite={box.address}"
    expected = {"owner": (200, 302), "member": (200, 302), "reader": (200, 403), "stranger": (404, 404)}
    for role, (seen, changed) in (expected | {"staff": (404, 404)}).items():
        client = browser(people[role])
        entry = senders.block(mailbox=box.address, pattern="arnaque.fr", by=None).entry
        assert client.get(reverse("sender_lists") + query).status_code == seen, role
        answers = [
            client.post(reverse("sender_add") + query, {"expediteur": f"{role}.fr", "liste": "blocage"}),
            client.post(reverse("sender_remove", args=[entry.pk]) + query),
            client.post(reverse("sender_restore") + query),
        ]
        assert [one.status_code for one in answers] == [changed] * 3, role
        assert SenderEntry.objects.filter(pattern=f"{role}.fr").exists() == (changed == 302)
    # An entry of another list is not reached from the own one.
    assert browser(people["owner"]).post(reverse("sender_remove", args=[entry.pk])).status_code == 404


def test_list_is_searched_filtered_paged_and_downloaded(rose, django_assert_max_num_queries):
    for number in range(60):
        SenderEntry.objects.create(mailbox=MINE, kind="block", pattern=f"domaine{number:02d}.fr", note="pub")
    senders.trust(mailbox=MINE, pattern="jean@école.fr", by=rose, note="=cmd()")
    client = browser(rose)
    with django_assert_max_num_queries(12):
        assert "61 entrées" in read(client, "sender_lists")
    assert "domaine59.fr" in read(client, "sender_lists", page="2")
    assert "1 entrée " in read(client, "sender_lists", q="école.fr")
    assert "1 entrée " in read(client, "sender_lists", liste="confiance")
    assert "Aucune entrée ne correspond" in read(client, "sender_lists", q="%\0_")
    table = b"".join(client.get(reverse("sender_lists"), {"format": "csv", "q": "école"}).streaming_content).decode()
    assert table.count("\n") == 2
    assert "'=cmd()" in table


def test_address_is_tried_and_the_entry_that_decides_named(rose, staff):
    client = browser(rose)
    senders.trust(mailbox=MINE, pattern="jean@exemple.fr", by=rose)
    assert "aucune entrée ne le concerne" in read(client, "sender_lists", essai="zoe@exemple.org")
    page = read(client, "sender_lists", essai="Jean+infos@EXEMPLE.fr")
    assert "remis sans passer par le filtre" in page
    assert "Si l’adresse a été imitée, cette confiance ne vaut pas" in page
    senders.block(mailbox=EVERYBODY, pattern="exemple.fr", by=staff, note="volée")
    page = read(client, "sender_lists", essai="jean@exemple.fr")
    assert "retenu en quarantaine. Décidé par « exemple.fr », sur la liste de blocage de l’académie (volée)" in page
    assert "Aussi concerné par : « jean@exemple.fr »" in page
    for rubbish in ("x", "a@b", "a\0@b.fr", "x" * 400):
        assert "n’est pas une adresse complète" in read(client, "sender_lists", essai=rubbish)


def test_lists_of_the_academy_are_for_staff_and_every_change_says_why(rose, staff):
    entry = senders.block(mailbox=EVERYBODY, pattern="arnaque.fr", by=staff, note="faux impôts").entry
    others = browser(rose)
    for name, args in (("staff_sender_lists", []), ("staff_sender_add", []), ("staff_sender_remove", [entry.pk])):
        assert others.get(reverse(name, args=args)).status_code in {404, 405}
        assert others.post(reverse(name, args=args), {"note": "x"}).status_code in {404, 405}
    client = browser(staff)
    answer = add(client, "autre.fr", name="staff_sender_add", note=" \0 ")
    assert answer.status_code == 422
    assert "Dites pourquoi" in text(parse(answer.content))
    page = text(parse(add(client, "autre.fr", "confiance", "staff_sender_add", note="partenaire").content))
    assert "a mis autre.fr sur la liste de confiance de l’académie (partenaire)" in page
    remove = reverse("staff_sender_remove", args=[entry.pk])
    assert "Ses prochains messages ne seront plus retenus" in text(parse(client.get(remove).content))
    assert client.post(remove, {"note": ""}).status_code == 422
    assert client.post(remove, {"note": "site repris"}).status_code == 302
    assert JournalEntry.objects.filter(action="sender.block_removed_by_staff", details__note="site repris").exists()
    assert [one.pattern for one in SenderEntry.objects.all()] == ["autre.fr"]
    table = b"".join(client.get(reverse("staff_sender_lists"), {"format": "csv"}).streaming_content).decode()
    assert "partenaire" in table


def test_entry_of_a_person_is_not_reached_by_staff_pages(rose, staff):
    entry = senders.block(mailbox=MINE, pattern="arnaque.fr", by=rose).entry
    assert browser(staff).post(reverse("staff_sender_remove", args=[entry.pk]), {"note": "x"}).status_code == 404
    assert "arnaque.fr" not in read(browser(staff), "staff_sender_lists")


def test_empty_lists_say_how_they_fill(rose):
    page = parse(browser(rose).get(reverse("sender_lists")).content)
    assert "Ces listes sont vides" in text(page)
    assert not select(page, "#entry-search")
