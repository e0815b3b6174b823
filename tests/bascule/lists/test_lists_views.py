"""Mes listes de diffusion, as the browser asks for it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Agent, JournalEntry
from bascule.lists.wishes import setup_of
from bascule.models import DistributionList, Replay, SavedSignature
from bascule.signatures.contents import SignatureContents
from tests.bascule.lists.setting_up import ADDRESS, add, carried, settings_of, undone, worked
from tests.factories import make_agent, make_box
from tests.pages import parse, select, text
from tests.simulated import Simulated
from zimbra.client import ZimbraClient
from zimbra.types import Identity

pytestmark = pytest.mark.django_db

FORM = {
    "address": ADDRESS,
    "sender_name": "Professeurs STI2D",
    "colour": "3",
    "signature": "typed",
    "signature_text": "La liste\nLycée",
    "subfolders": ["Envoyé", "Archives", "Corbeille"],
    "stops": "on",
}


def browser(agent: Agent) -> Client:
    client = Client()
    client.force_login(agent)
    return client


def page(client: Client, name: str, *args: object) -> str:
    return text(parse(client.get(reverse(name, args=args)).content))


def test_person_without_a_list_is_told_what_it_is_for() -> None:
    told = page(browser(make_agent()), "lists")
    assert "Aucune liste pour l’instant" in told
    assert "Les filtres ne fonctionnent pas aujourd’hui dans les boîtes partagées" in told


def test_list_is_added_and_kept_sealed() -> None:
    agent = make_agent()
    answer = browser(agent).post(reverse("list_new"), FORM, follow=True)
    row = DistributionList.objects.get()
    assert answer.redirect_chain[-1][0] == reverse("list_detail", args=[row.pk])
    setup = setup_of(row)
    assert (setup.sender_name, setup.colour, setup.signature_text) == ("Professeurs STI2D", 3, "La liste\nLycée")
    assert b"Professeurs" not in bytes(row.contents)
    [entry] = JournalEntry.objects.filter(action__startswith="list.")
    assert (entry.action, entry.target_label, entry.details) == ("list.added", ADDRESS, {})
    told = text(parse(answer.content))
    assert "n’est pas en @ac-reunion.fr" in told
    assert "L’envoi s’ouvrira quand votre boîte aura été transférée" in told


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"address": ""}, "Indiquez l’adresse"),
        ({"address": "profs"}, "n’est pas complète"),
        ({"address": "a" * 60 + "@" + "b" * 60 + ".fr" * 5}, "plus de 128 caractères"),
        ({"address": "me@ac-reunion.fr"}, "votre propre adresse"),
        ({"address": "a/b@ac-reunion.fr"}, "n’accepte ni"),
        ({"address": "Ce.974@ac-reunion.fr"}, "boîte fonctionnelle"),
        ({"signature_text": "  "}, "Écrivez la signature"),
        ({"signature": "saved-12"}, "Choisissez une signature"),
        ({"colour": "12"}, "Choisissez une couleur"),
    ],
)
def test_form_says_what_is_wrong_and_keeps_what_was_typed(change: dict[str, str], told: str) -> None:
    make_box(address="ce.974@ac-reunion.fr")
    answer = browser(make_agent("me@ac-reunion.fr")).post(reverse("list_new"), FORM | change)
    assert answer.status_code == 422
    assert told in text(parse(answer.content))
    assert "Professeurs STI2D" in answer.content.decode()
    assert not DistributionList.objects.exists()


def test_saved_signature_is_taken_with_its_markup() -> None:
    agent = make_agent()
    stored = SignatureContents("La mienne", "<p>Bien à vous</p><script>x</script>", "Bien à vous").sealed()
    saved = SavedSignature.objects.create(agent=agent, contents=stored)
    SavedSignature.objects.create(agent=make_agent(), contents=stored)
    client = browser(agent)
    assert page(client, "list_new").count("La mienne") == 1
    client.post(reverse("list_new"), FORM | {"signature": f"saved-{saved.pk}"})
    row = DistributionList.objects.get()
    assert setup_of(row).signature_html == "<p>Bien à vous</p>"
    # Changing something else keeps the signature, also when it is no longer saved.
    saved.delete()
    client.post(reverse("list_edit", args=[row.pk]), FORM | {"signature": "kept", "sender_name": "Autre"})
    row.refresh_from_db()
    assert (setup_of(row).signature_html, setup_of(row).sender_name) == ("<p>Bien à vous</p>", "Autre")


def test_same_address_twice_and_too_many_are_refused() -> None:
    agent = make_agent()
    client = browser(agent)
    for number in range(19):
        client.post(reverse("list_new"), FORM | {"address": f"liste{number}@ac-reunion.fr"})
    again = client.post(reverse("list_new"), FORM | {"address": "LISTE3@ac-reunion.fr"})
    assert "déjà parmi les vôtres" in text(parse(again.content))
    assert "19 listes" in text(parse(client.post(reverse("list_new"), FORM).content))
    assert DistributionList.objects.count() == 19


@pytest.mark.parametrize("name", ["list_detail", "list_edit", "list_delete"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_list_of_somebody_else_is_not_there(name: str, method: str) -> None:
    row = add(make_agent())
    stranger = browser(make_agent())
    assert getattr(stranger, method)(reverse(name, args=[row.pk])).status_code == 404
    assert DistributionList.objects.filter(pk=row.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_list_goes_from_plan_to_zimbra_and_back(agent: Agent, mailbox: ZimbraClient) -> None:
    before = settings_of(mailbox)
    row, client = add(agent), browser(agent)
    assert "Le portail regarde" in page(client, "list_detail", row.pk)
    told = page(client, "list_detail", row.pk)
    assert told.count("À créer") == 9
    assert "Zimbra ne vous autorise pas encore à écrire avec cette adresse" in told
    client.post(reverse("list_detail", args=[row.pk]))
    replay = worked(Replay.objects.get())
    assert replay.of_list == row
    page(client, "lists")
    assert "9 éléments sur 9 dans Zimbra En place" in page(client, "lists")
    assert "Tout est en place dans Zimbra" in page(client, "list_detail", row.pk)
    client.post(reverse("list_delete", args=[row.pk]), {"zimbra": "retirer"})
    worked(replay)
    assert settings_of(mailbox) == before
    assert not DistributionList.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_differs_stays_unless_asked_for(agent: Agent, mailbox: ZimbraClient) -> None:
    made = mailbox.create_folder(ADDRESS, view="message", colour=5)
    row, client = add(agent), browser(agent)
    page(client, "lists")
    told = page(client, "list_detail", row.pk)
    assert "Sa couleur est : rouge." in told
    client.post(reverse("list_detail", args=[row.pk]))
    replay = worked(Replay.objects.get())
    assert replay.differences == 0
    assert mailbox.folder(made.id).colour == 5
    page(client, "lists")
    assert "Différente dans Zimbra" in page(client, "lists")
    assert "Tout est là, mais pas comme ici" in page(client, "list_detail", row.pk)
    nothing = client.post(reverse("list_detail", args=[row.pk]), follow=True)
    assert "cochez « Corriger »" in text(parse(nothing.content))
    client.post(reverse("list_detail", args=[row.pk]), {"corriger": "folder"})
    worked(Replay.objects.latest("pk"))
    assert mailbox.folder(made.id).colour == 3
    assert "Annuler l’envoi" in page(client, "list_delete", row.pk)


@pytest.mark.django_db(transaction=True)
def test_several_lists_go_together_and_take_turns(agent: Agent, mailbox: ZimbraClient) -> None:
    rows = [add(agent), add(agent, address="autre@academie.example", signature_text="Autre")]
    client = browser(agent)
    page(client, "lists")
    assert "Mettre en place 2 listes" in page(client, "lists")
    client.post(reverse("lists_send"))
    first, second = Replay.objects.order_by("pk")
    assert {first.of_list, second.of_list} == set(rows)
    worked(second)
    assert second.state == Replay.State.QUEUED
    assert (worked(first).state, worked(second).state) == (Replay.State.DONE, Replay.State.DONE)
    assert len(mailbox.identities()) == 3


@pytest.mark.django_db(transaction=True)
def test_traces_of_a_list_in_the_mailbox_are_proposed(agent: Agent, mailbox: ZimbraClient, door: Simulated) -> None:
    mailbox.create_folder("vie.scolaire@academie.example", view="message")
    mailbox.create_identity(Identity("Ma liste", from_address="conseil@academie.example"))
    mailbox.create_identity(Identity("Une boîte", from_address="CE.9740001a@academie.example"))
    make_box(address="ce.9740001a@academie.example")
    add(agent, address="conseil@academie.example")
    client = browser(agent)
    page(client, "lists")
    answer = client.get(reverse("lists"))
    seen = [link.text_content() for link in select(parse(answer.content), "a") if "adresse=" in link.get("href", "")]
    assert seen == ["vie.scolaire@academie.example\N{NO-BREAK SPACE}: l’ajouter"]
    prefilled = client.get(reverse("list_new"), {"adresse": "vie.scolaire@academie.example"})
    assert 'value="vie.scolaire@academie.example"' in prefilled.content.decode()


def test_nothing_is_sent_before_the_mailbox_was_seen_or_moved() -> None:
    agent = make_agent()
    row, client = add(agent), browser(agent)
    answer = client.post(reverse("list_detail", args=[row.pk]), follow=True)
    assert "n’a pas encore pu regarder" in text(parse(answer.content))
    assert "n’a pas encore pu regarder" in text(parse(client.post(reverse("lists_send"), follow=True).content))
    assert not Replay.objects.exists()


def test_list_that_can_no_longer_be_opened_can_be_removed() -> None:
    agent = make_agent()
    row, client = add(agent), browser(agent)
    DistributionList.objects.update(contents=b"broken")
    assert "Illisible" in page(client, "lists")
    assert "ne peut plus ouvrir" in page(client, "list_detail", row.pk)
    assert client.get(reverse("list_edit", args=[row.pk])).status_code == 302
    client.post(reverse("list_delete", args=[row.pk]))
    assert not DistributionList.objects.exists()
    assert JournalEntry.objects.filter(action="list.removed").count() == 1


def test_replay_of_a_removed_list_does_not_wait_for_that_of_another(agent: Agent, mailbox: ZimbraClient) -> None:
    before = settings_of(mailbox)
    first = add(agent)
    replays = [carried(first, mailbox), carried(add(agent, address="autre@academie.example"), mailbox)]
    client = browser(agent)
    for row in DistributionList.objects.all():
        client.post(reverse("list_delete", args=[row.pk]), {"zimbra": "garder"})
    for replay in replays:
        replay.refresh_from_db()
        undone(replay)
    # Signatures stay switched on: when the first list went, the second still used one.
    assert settings_of(mailbox)[:4] == before[:4]
    assert len(mailbox.identities()) == 1
