from __future__ import annotations

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts import journal
from accounts.models import JournalEntry
from accounts.sentences import sentence
from accounts.tables import csv_download
from tests.factories import make_agent


@pytest.mark.django_db(transaction=True)
def test_entry_outside_a_transaction_is_refused() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        journal.record("boxes.noted", by=None)


@pytest.mark.django_db
def test_entry_goes_with_the_write_that_failed() -> None:
    @transaction.atomic
    def write_and_fail() -> float:
        journal.record("boxes.noted", by=None, count=1)
        return 1 / 0

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    assert not JournalEntry.objects.exists()


@pytest.mark.django_db
def test_sentence_survives_missing_details_and_unknown_codes() -> None:
    entry = journal.record("boxes.noted", by=None)
    assert sentence(entry) == "a noté les boîtes fonctionnelles utilisées (?)"
    assert sentence(JournalEntry(action="unheard.of")) == "unheard.of"


@pytest.mark.django_db
def test_journal_page_is_for_staff_only(client: Client) -> None:
    client.force_login(make_agent())
    assert client.get(reverse("journal")).status_code == 404
    client.force_login(make_agent(is_staff=True))
    journal.record("boxes.noted", by=make_agent(address="zoe.lefevre@ac-reunion.fr"), count=3)
    page = client.get(reverse("journal"), {"recherche": "zoe.lefevre"}).content.decode()
    assert "utilisées (3)" in page
    assert "utilisées (3)" not in client.get(reverse("journal"), {"recherche": "personne"}).content.decode()


@pytest.mark.django_db
def test_journal_is_downloaded_as_a_table_without_formulas(client: Client) -> None:
    client.force_login(make_agent(is_staff=True))
    zoe = make_agent(address="zoe.lefevre@ac-reunion.fr")
    journal.record("deposit.received", by=zoe, target_label="carnet.vcf", size=12)
    journal.record("-unheard.of", by=zoe)
    journal.record("boxes.noted", by=make_agent(), count=3)
    answer = client.get(reverse("journal"), {"format": "csv", "recherche": "zoe.lefevre"})
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0] == '"date";"par";"concerne";"action";"ce qui a été fait";"motif";"cible";"libellé"'
    assert """;"'-unheard.of";"'-unheard.of";""" in lines[1]
    assert "a déposé le fichier « carnet.vcf »" in lines[2]
    assert len(lines) == 3


@pytest.mark.django_db
def test_journal_table_is_for_staff_only(client: Client) -> None:
    client.force_login(make_agent())
    assert client.get(reverse("journal"), {"format": "csv"}).status_code == 404


@pytest.mark.django_db
def test_a_search_the_database_cannot_take_is_cleaned(client: Client) -> None:
    client.force_login(make_agent(is_staff=True))
    page = client.get(reverse("journal"), {"recherche": "zo\0e"}).content.decode()
    assert 'value="zoe"' in page


@pytest.mark.parametrize("cell", ["=1+1", "+33", "-2", "@SUM(A1)", "\t=1", " =1", "\N{NO-BREAK SPACE}=1"])
def test_no_cell_of_a_table_is_a_formula(cell: str) -> None:
    lines = b"".join(csv_download("x.csv", [[cell]]).streaming_content).decode("utf-8-sig")
    assert lines.startswith(f"\"'{cell}")


@pytest.mark.django_db
def test_what_is_done_in_somebodys_place_says_so_and_why() -> None:
    staff, person, other = make_agent(is_staff=True), make_agent(), make_agent()
    with transaction.atomic(), journal.in_place_of(person, by=staff, reason="au téléphone") as made:
        for by, subject in ((staff, person), (staff, other), (person, person), (None, person)):
            journal.record("boxes.noted", by=by, subject=subject, count=1)
    with transaction.atomic():
        journal.record("boxes.noted", by=staff, subject=person)
    (entry,) = JournalEntry.objects.filter(details__has_key="on_behalf")
    assert made == [entry]
    assert (entry.actor, entry.subject) == (staff.address, person.address)
    assert entry.details == {"count": 1, "on_behalf": person.address, "reason": "au téléphone"}
