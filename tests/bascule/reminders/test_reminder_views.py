"""Pages of reminders: staff from a template to the list of who got it; each person's own choice."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import mail_pace
from accounts.models import Agent, JournalEntry
from bascule.models import Reminder, ReminderMail, ReminderRefusal, ReminderTemplate, Wave
from bascule.reminders import refusals
from tests.bascule.reminders.cast import make_reminder, people, send_all, wave_of_all
from tests.factories import make_agent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_pace, "_paces", [])


@pytest.fixture
def staff(client: Client) -> Agent:
    agent = make_agent("dsi.une@ac-reunion.fr", is_staff=True, population="dsi")
    client.force_login(agent)
    return agent


def typed(wave: Wave, **fields: object) -> dict[str, object]:
    values: dict[str, object] = {
        "nom": "Rappel",
        "objet": "Il reste {nombre d’étapes} étapes",
        "texte": "Bonjour {prénom},\r\n{étapes}",
        "service": "non",
        "vague": [wave.pk],
        "qui": "before",
        "transfert": "",
        "quand": "relative",
        "jours": "10",
        "sens": "avant",
        "heure": "7",
        "calme": "0",
    }
    return values | fields


def test_from_a_template_to_the_mails(client: Client, staff: Agent, django_capture_on_commit_callbacks) -> None:
    wave = wave_of_all(day=timezone.localdate() + dt.timedelta(10))
    marie, paul = people(1, given_name="Marie")[0], people(1, given_name="Paul")[0]
    template = ReminderTemplate.objects.get(name__startswith="J-10")
    page = client.get(reverse("reminder_new"), {"modele": template.pk}).content.decode()
    assert template.subject in page
    assert re.search(r'value="before" selected', page)
    answer = client.post(reverse("reminder_new"), typed(wave, objet=template.subject, texte=template.body, heure="0"))
    reminder = Reminder.objects.get()
    assert answer.url == reverse("reminder_plan", args=[reminder.pk])
    page = client.get(answer.url, {"personne": marie.address}).content.decode()
    assert "2 personnes à ce jour" in page
    assert "Bonjour Marie" in page
    assert refusals.url(marie) not in page
    with django_capture_on_commit_callbacks(execute=True):
        client.post(answer.url, {"action": "essai", "personne": marie.address})
    assert [(one.to, one.subject[:7]) for one in mail.outbox] == [([staff.address], "[Essai]")]
    assert "Bonjour Marie" in mail.outbox[0].body
    assert refusals.url(marie) not in mail.outbox[0].body
    with django_capture_on_commit_callbacks(execute=True):
        client.post(answer.url)
    assert sorted(one.to[0] for one in mail.outbox[1:]) == sorted([marie.address, paul.address])
    detail = reverse("reminder", args=[reminder.pk])
    page = client.get(detail).content.decode()
    assert "Terminée" in page
    assert marie.address in page
    assert paul.address not in client.get(detail, {"q": "marie", "etat": "sent"}).content.decode()
    lines = b"".join(client.get(detail, {"format": "csv"}).streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(lines), delimiter=";"))
    assert {(row["adresse"], row["état"], row["vague"]) for row in rows} == {
        (marie.address, "Envoyé", wave.name),
        (paul.address, "Envoyé", wave.name),
    }
    assert "Rappel" in client.get(reverse("reminders"), {"q": "rapp", "vague": wave.pk}).content.decode()
    assert "Aucune relance ne correspond" in client.get(reverse("reminders"), {"etat": "paused"}).content.decode()
    assert JournalEntry.objects.filter(action="reminder.planned", target=f"reminder:{reminder.pk}").exists()


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"texte": "{prenoms}"}, "Champ inconnu"),
        ({"vague": []}, "au moins une vague"),
        ({"vague": ["x", "9" * 30, "\0"]}, "au moins une vague"),
        ({"qui": "any_of"}, "Cochez au moins une étape"),
        ({"qui": "rubbish"}, "pas valable"),
        ({"jours": "-3"}, "pas valable"),
        ({"jours": "9999"}, "jours au plus du transfert"),
        ({"heure": "24"}, "quand la relance part"),
        ({"quand": "on_date", "date": "soon"}, "date de l’envoi"),
        ({"quand": "never"}, "quand la relance part"),
        ({"nom": " \0"}, "Donnez un nom"),
        ({"etablissements": "9740001A 'x"}, "Établissement inconnu"),
        ({"population": ["gone\0"]}, "n’existe plus"),
        ({"objet": "a\nBcc: b"}, "sur une ligne"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    client: Client, staff: Agent, fields: dict[str, object], wrong: str
) -> None:
    answer = client.post(reverse("reminder_new"), typed(wave_of_all(), **fields))
    page = answer.content.decode()
    assert wrong in page
    assert "{étapes}" in page or "texte" in fields
    assert not Reminder.objects.exists()


def test_a_draft_changes_and_is_given_up(client: Client, staff: Agent) -> None:
    one, two = wave_of_all(), wave_of_all()
    reminder = make_reminder(one, plan=False)
    edit = reverse("reminder_edit", args=[reminder.pk])
    assert "Bonjour {prénom}" in client.get(edit).content.decode()
    client.post(
        edit, typed(two, nom="Autre", qui="all_of", etape=["export-calendar"], date="2030-01-02", quand="on_date")
    )
    reminder.refresh_from_db()
    assert (reminder.name, reminder.date, [one.wave for one in reminder.rounds.all()]) == (
        "Autre",
        dt.date(2030, 1, 2),
        [two],
    )
    assert "Exporter mon agenda" in client.get(reverse("reminder_plan", args=[reminder.pk])).content.decode()
    cancel = reverse("reminder_cancel", args=[reminder.pk])
    assert "Abandonner ce brouillon" in client.get(cancel).content.decode()
    client.post(cancel)
    reminder.refresh_from_db()
    assert reminder.state == Reminder.State.CANCELLED
    assert client.get(edit).status_code == 302


def test_a_confirmation_counts_the_first_waves_only(
    client: Client, staff: Agent, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries
) -> None:
    monkeypatch.setattr("bascule.reminders.listing.COUNTED_WAVES", 1)
    monkeypatch.setattr("bascule.reminders.listing.MOST_COUNTED", 2)
    waves = [wave_of_all(day=dt.date(2031, 1, number + 1)) for number in range(3)]
    people(3)
    reminder = make_reminder(*waves, plan=False)
    with django_assert_max_num_queries(14):
        page = client.get(reverse("reminder_plan", args=[reminder.pk])).content.decode()
    assert "Plus de 2 personnes à ce jour, sans compter 2 autres vagues" in page
    assert page.count("comptées au départ") == 2


def test_staff_pause_resume_and_send_what_was_missed(client: Client, staff: Agent) -> None:
    wave = wave_of_all(day=timezone.localdate() + dt.timedelta(20))
    people(1)
    reminder = make_reminder(wave, when=Reminder.When.BEFORE_OR_AFTER, days=-10, hour=0)
    act, page = reverse("reminder_act", args=[reminder.pk]), reverse("reminder", args=[reminder.pk])
    client.post(act, {"action": "pause"})
    assert "En pause" in client.get(page).content.decode()
    client.post(act, {"action": "reprendre"})
    assert "Programmée" in client.get(page).content.decode()
    Wave.objects.update(date=None, period_label="mi-mai", period_start=dt.date(2030, 5, 1))
    assert "pas de date exacte" in client.get(page).content.decode()
    assert "sans date exacte" in client.get(reverse("reminders")).content.decode()
    Wave.objects.update(date=timezone.localdate() + dt.timedelta(5))
    send_all(reminder)
    assert "Envoyer quand même" in client.get(page).content.decode()
    assert client.post(act, {"action": "envoyer", "envoi": "²"}).status_code == 404
    client.post(act, {"action": "envoyer", "envoi": reminder.rounds.get().pk})
    assert reminder.rounds.get().state == "sending"
    text = client.post(act, {"action": "refaire"}, follow=True).content.decode()
    assert "Aucun envoi refusé" in text


def test_templates_are_written_tried_and_deleted(
    client: Client, staff: Agent, django_capture_on_commit_callbacks
) -> None:
    new = reverse("reminder_template_new")
    values = {"nom": "Mien", "objet": "Bonjour {prénom}", "texte": "Texte {nom}", "service": "oui", "personne": ""}
    page = client.post(new, values | {"action": "apercu"}).content.decode()
    assert "Bonjour Camille" in page
    assert not ReminderTemplate.objects.filter(name="Mien").exists()
    assert "Champ inconnu" in client.post(new, values | {"objet": "{x}"}).content.decode()
    client.post(new, values)
    row = ReminderTemplate.objects.get(name="Mien")
    assert row.is_service
    assert "porte déjà ce nom" in client.post(new, values).content.decode()
    edit = reverse("reminder_template", args=[row.pk])
    with django_capture_on_commit_callbacks(execute=True):
        client.post(edit, values | {"action": "essai", "objet": "Essayé {prénom}"})
    assert mail.outbox[0].subject == f"[Essai] Essayé {staff.given_name}"
    client.post(edit, values | {"nom": "Mien encore"})
    assert "Mien encore" in client.get(reverse("reminder_templates"), {"q": "mien"}).content.decode()
    delete = reverse("reminder_template_delete", args=[row.pk])
    assert "disparaît" in client.get(delete).content.decode()
    client.post(delete)
    assert not ReminderTemplate.objects.filter(pk=row.pk).exists()


def test_pages_cost_the_same_for_many_people(client: Client, staff: Agent, django_assert_max_num_queries) -> None:
    waves = [wave_of_all(day=dt.date(2031, 1, number + 1)) for number in range(3)]
    agents = people(12)
    reminder = make_reminder(*waves)
    send_all(reminder)
    assert ReminderMail.objects.count() == len(agents)
    for url in (reverse("reminders"), reverse("reminder", args=[reminder.pk])):
        with django_assert_max_num_queries(16):
            client.get(url)


def test_a_person_decides_on_the_page(client: Client) -> None:
    agent = make_agent()
    client.force_login(agent)
    page = reverse("my_reminders")
    assert page in client.get(reverse("notices")).content.decode()
    client.post(page, {"rappels": "non"})
    client.post(page, {"rappels": "non"})
    assert ReminderRefusal.objects.get().agent == agent
    assert "Vous ne recevez pas de rappel" in client.get(page).content.decode()
    client.post(page, {"rappels": "oui"})
    assert not ReminderRefusal.objects.exists()
    told = list(JournalEntry.objects.order_by("pk").values_list("action", "actor"))
    assert told == [("reminder.refused", agent.address), ("reminder.accepted", agent.address)]


def test_a_link_works_without_signing_in_and_only_by_its_button() -> None:
    agent = make_agent()
    client = Client(enforce_csrf_checks=True)
    url = reverse("reminder_refuse", args=[refusals.url(agent).rstrip("/").rpartition("/")[2]])
    page = client.get(url)
    assert page.status_code == 200
    assert page["Referrer-Policy"] == "strict-origin"
    assert not ReminderRefusal.objects.exists()
    assert client.post(url).status_code == 403
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.content.decode())
    assert token
    assert "C’est noté" in client.post(url, {"csrfmiddlewaretoken": token.group(1)}).content.decode()
    assert ReminderRefusal.objects.get().agent == agent


def test_a_mail_program_ends_reminders_in_one_click() -> None:
    """RFC 8058: a POST with that one field, neither session nor token."""
    agent = make_agent()
    client = Client(enforce_csrf_checks=True)
    url = reverse("reminder_refuse", args=[refusals.url(agent).rstrip("/").rpartition("/")[2]])
    for _ in range(2):
        answer = client.post(url, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
        assert answer.status_code == 200
    assert ReminderRefusal.objects.get().agent == agent
    assert JournalEntry.objects.get().action == "reminder.refused_by_link"


@pytest.mark.parametrize("token", ["x", "1:abc", ":", "9" * 300, "é", "1%00:x", "7:" + "A" * 43])
def test_a_link_of_somebody_else_does_nothing(client: Client, token: str) -> None:
    make_agent()
    url = reverse("reminder_refuse", args=[token])
    assert client.get(url).status_code == 404
    assert client.post(url, {"List-Unsubscribe": "One-Click"}).status_code == 404
    assert not ReminderRefusal.objects.exists()
