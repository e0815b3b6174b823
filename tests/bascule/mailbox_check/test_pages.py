"""The pages of the mailbox check, driven against two real servers."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from bascule.mailbox_check import overview
from bascule.models import MailboxCensus, MailboxComparison
from tests.bascule.mailbox_check.conftest import Person
from tests.dovecot import PASSWORD, Message

pytestmark = pytest.mark.processes
PAGE = "mailbox_check"


def text_of(client: Client, address: str, **query: str) -> str:
    answer = client.get(address, query)
    assert answer.status_code == 200
    return answer.content.decode().replace("&nbsp;", " ").replace("\N{NO-BREAK SPACE}", " ")


def post(person: Person, client: Client, name: str, *args: int, **form: Any) -> str:
    """Send the form, let workers work, and give the page that follows."""
    with person.capture(execute=True):
        answer = client.post(reverse(name, args=args), form)
    assert answer.status_code == 302
    person.queue.work()
    return text_of(client, answer.url)


def test_from_the_census_to_the_names_of_what_is_missing(person: Person, client: Client) -> None:
    sent = [Message(number, subject="Paie <b>") for number in range(4)]
    person.old.plant(person.agent.address, {"INBOX": sent, "Écoles": [Message(9)]})
    person.new.plant(person.agent.address, {"INBOX": sent[:3], "Écoles": [Message(9)]}, subscribed=[])
    client.force_login(person.agent)
    assert "Faire l’inventaire" in text_of(client, reverse(PAGE))
    page = post(person, client, "mailbox_census", mot_de_passe=PASSWORD)
    assert "5 messages dans 2 dossiers" in page
    page = post(person, client, "mailbox_compare", mot_de_passe=PASSWORD)
    assert "1 message introuvable" in page
    assert "1 dossier que Thunderbird ne montrera pas" in page
    assert "Écoles" not in text_of(client, reverse(PAGE), voir="manque").partition('id="folders"')[2]
    comparison = MailboxComparison.objects.get()
    (line,) = [one for one in overview.folder_lines(comparison) if one.not_in_place]
    folder = reverse("mailbox_folder", args=[line.pair.pk])
    page = text_of(client, folder)
    assert "introuvable" in page
    assert "Paie" not in page
    page = post(person, client, "mailbox_folder", line.pair.pk, mot_de_passe=PASSWORD)
    assert "Paie &lt;b&gt; 3" in page
    assert "Ana &lt;ana@exemple.test&gt;" in page
    page = post(person, client, "mailbox_subscribe", mot_de_passe=PASSWORD)
    assert "ne montrera pas" not in page
    page = post(person, client, "mailbox_delete")
    assert not MailboxCensus.objects.exists()
    assert "Faire l’inventaire" in page


def test_progress_is_shown_and_ends_by_itself(person: Person, client: Client) -> None:
    person.old.plant(person.agent.address, {"INBOX": [Message(1)]})
    client.force_login(person.agent)
    with person.capture(execute=True):
        client.post(reverse("mailbox_census"), {"mot_de_passe": PASSWORD})
    page = text_of(client, reverse(PAGE))
    assert "cherche vos dossiers" in page
    assert 'hx-trigger="every 2s"' in page
    part = client.get(reverse(PAGE), headers={"HX-Request": "true"})
    assert b"<h1" not in part.content
    person.queue.work()
    assert client.get(reverse(PAGE), headers={"HX-Request": "true"})["HX-Refresh"] == "true"


def test_a_wrong_password_is_told_with_a_way_on(person: Person, client: Client) -> None:
    person.old.plant(person.agent.address, {"INBOX": [Message(1)]})
    client.force_login(person.agent)
    page = post(person, client, "mailbox_census", mot_de_passe="faux")
    assert "Le serveur a refusé ce mot de passe" in page
    assert "faux" not in page
    census = MailboxCensus.objects.get()
    assert "1 message dans 1 dossier" in post(person, client, "mailbox_resume", census.pk, mot_de_passe=PASSWORD)


def test_nothing_can_be_asked_where_the_servers_are_closed(person: Person, client: Client, settings: Any) -> None:
    settings.MAILBOX_CHECK = False
    client.force_login(person.agent)
    assert "n’est pas ouvert au portail" in text_of(client, reverse(PAGE))
    assert "n’est pas ouvert au portail" in post(person, client, "mailbox_census", mot_de_passe=PASSWORD)
    assert not MailboxCensus.objects.exists()


def test_another_persons_folders_are_not_there(person: Person, client: Client) -> None:
    from tests.factories import make_agent

    person.old.plant(person.agent.address, {"INBOX": [Message(1)]})
    person.new.plant(person.agent.address, {"INBOX": []})
    person.census()
    person.compare()
    pair = MailboxComparison.objects.get().pairs.get()
    for stranger in (make_agent(), make_agent(is_staff=True)):
        client.force_login(stranger)
        assert client.get(reverse("mailbox_folder", args=[pair.pk])).status_code == 404
        assert client.post(reverse("mailbox_folder", args=[pair.pk]), {"mot_de_passe": "x"}).status_code == 404
        assert "INBOX" not in text_of(client, reverse(PAGE))
