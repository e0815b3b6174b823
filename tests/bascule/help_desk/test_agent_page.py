from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import notices
from accounts.models import Agent, JournalEntry, Notice
from bascule import checklist, standings
from bascule.help_desk import notes
from bascule.models import Import, Reminder, ReminderMail, Replay, StepState, SupportVisit
from bascule.reminders import refusals
from boxes.models import BoxUse, Role
from quarantine import compromised
from tests.bascule.help_desk.conftest import SECRET, hand_over, signed_in
from tests.factories import assign, give_access, make_agent, make_box, make_establishment, make_shared_box, make_wave
from tests.pages import parse, select, text
from tests.quarantine.holds import make_hold

pytestmark = pytest.mark.django_db


def page(client, agent: Agent):
    answer = client.get(reverse("help_desk_agent", args=[agent.pk]))
    assert answer.status_code == 200
    return parse(answer.content)


def part(page, key: str) -> str:
    return text(page, f"#{key}")


def test_page_says_who_where_and_how_far(desk, staff, person, deposit) -> None:
    place = make_establishment(name="Collège des Filaos")
    person.establishment, person.function = place, Agent.Function.HEAD
    person.save()
    wave = make_wave("first-degree", name="Premier degré")
    standings.refresh([person])
    checklist.mark_done(agent=person, step="export-contacts", by=person)
    checklist.save_note(agent=person, step="note-devices", text="Mon vieux téléphone", by=person)
    box = make_box(name="Vie scolaire")
    BoxUse.objects.create(box=box, agent=person)
    give_access(make_shared_box(name="Secrétariat"), person, Role.READER)
    Import.objects.create(
        agent=person, kind="contacts", name="Amis", folder_name="Contacts", total=4, state="failed", error="Pleine."
    )
    notices.notify(person, kind="test", title="Bienvenue")
    notes.add(agent=person, text="Rappeler après 16 h.", pinned=True, by=staff)
    shown = page(desk, person)
    assert "Collège des Filaos" in part(shown, "identite")
    assert "Elle ne s’est jamais connectée au portail." in part(shown, "identite")
    assert "propriétaire par défaut" in part(shown, "identite")
    assert wave.name in part(shown, "vague")
    assert "Donnée par la population." in part(shown, "vague")
    assert "Exporter mon carnet d’adresses Faite" in part(shown, "etapes")
    assert "Noter mes appareils connectés : noté" in part(shown, "etapes")
    assert "carnet.vcf" in part(shown, "fichiers")
    assert "Pleine." in part(shown, "travaux")
    assert "Secrétariat" in part(shown, "boites")
    assert "lecture seule" in part(shown, "boites")
    assert box.address in part(shown, "boites")
    assert "Messages retenus0" in part(shown, "quarantaine")
    assert "Bienvenue" in part(shown, "notifications")
    assert "Rappeler après 16 h." in part(shown, "notes")
    assert "a déposé le fichier « carnet.vcf »" in part(shown, "journal")
    whole = text(shown)
    assert "vieux téléphone" not in whole
    assert SECRET not in whole


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"is_active": False}, "n’est plus dans l’annuaire"),
        ({"is_staff": True}, "fait partie de l’équipe DSI"),
        ({"last_login": timezone.now()}, ""),
    ],
)
def test_page_says_what_is_out_of_the_ordinary(desk, fields, said) -> None:
    shown = page(desk, make_agent(**fields))
    assert said in part(shown, "identite")
    assert ("jamais connectée" in part(shown, "identite")) is ("last_login" not in fields)
    assert "Aucune vague ne prend" in part(shown, "vague")


def test_acts_are_not_offered_for_whoever_has_left_nor_on_the_own_page(desk, staff) -> None:
    for agent in (make_agent(is_active=False), staff):
        addresses = {link.get("href") for link in select(page(desk, agent), "#content a")}
        assert not [address for address in addresses if "/agir/" in (address or "")]


def test_why_of_a_wave_chosen_by_hand_names_who_and_why(desk, staff, person) -> None:
    row = assign(person, make_wave(name="Volontaires"), "Demande du rectorat")
    row.by = staff
    row.save()
    standings.refresh([person])
    said = part(page(desk, person), "vague")
    assert "Choisie à la main" in said
    assert f"par {staff.full_name}" in said
    assert "Demande du rectorat" in said


def test_quarantine_tells_counts_and_the_compromised_list(desk, staff, person) -> None:
    make_hold(recipient=person.address)
    compromised.block(sender=person.address, reason="phishing", by=staff)
    said = part(page(desk, person), "quarantaine")
    assert "Messages retenus1" in said
    assert "bloqués depuis" in said


def test_opening_a_page_is_journalled_once_a_day_for_each_staff(desk, staff, colleague, person) -> None:
    page(desk, person)
    page(desk, person)
    page(signed_in(colleague), person)
    page(desk, staff)
    opened = JournalEntry.objects.filter(action="help.opened")
    assert sorted(opened.values_list("actor", flat=True)) == sorted([staff.address, colleague.address])
    SupportVisit.objects.filter(by=staff).update(journalled_on="2026-01-01")
    page(desk, person)
    assert opened.count() == 3
    assert text(parse(desk.get(reverse("help_desk")).content)).count(person.address) == 1


def test_the_page_costs_as_much_whatever_there_is(desk, person, django_assert_max_num_queries) -> None:
    for number in range(12):
        hand_over(person, name=f"carnet{number}.vcf", data=_card(number))
        Import.objects.create(agent=person, kind="contacts", name="A", folder_name="B", total=4, state="queued")
        Replay.objects.create(agent=person, kind="list", plan=b"", total=1, state="done")
        give_access(make_shared_box(), person)
        Notice.objects.create(recipient=person, kind="test", title="x")
        StepState.objects.get_or_create(agent=person, step=["export-contacts", "export-calendar"][number % 2])
    page(desk, person)
    with django_assert_max_num_queries(38):
        page(desk, person)


def _card(number: int) -> bytes:
    return f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Personne {number}\r\nEND:VCARD\r\n".encode()


def test_reminders_and_the_wish_for_none_are_told(desk, person) -> None:
    assert "Aucune relance." in part(page(desk, person), "notifications")
    reminder = Reminder.objects.create(name="Une semaine avant", subject="x", body="Lien personnel")
    ReminderMail.objects.create(reminder=reminder, agent=person, state="failed", code=550, at=timezone.now())
    refusals.refuse(agent=person)
    said = part(page(desk, person), "notifications")
    assert "Une semaine avant : refusé par le serveur (code 550)" in said
    assert "ne veut pas de relance" in said
    assert "Lien personnel" not in said


def test_an_address_leads_to_its_page_or_to_the_search(desk, person) -> None:
    way = reverse("help_desk_by_address")
    assert desk.get(way, {"a": person.address.upper()}).url == reverse("help_desk_agent", args=[person.pk])
    gone = desk.get(way, {"a": "parti@ac-reunion.fr"})
    assert gone.url == f"{reverse('help_desk')}?recherche=parti%40ac-reunion.fr&partis=oui"
    assert desk.get(way, {"a": "\0"}).status_code == 302
