"""Texts of reminders: placeholders, nothing that could reach further, headers that stay headers."""

from __future__ import annotations

import datetime as dt
import email
from email import policy

import pytest
from django.utils import timezone

from accounts.models import Agent, Establishment
from bascule import standings
from bascule.models import ReminderTemplate, Standing, Wave
from bascule.reminders import letters, texts
from bascule.reminders.ready_made import TEMPLATES

TODAY = dt.date(2026, 3, 10)


def standing(**fields: object) -> Standing:
    agent = Agent(pk=7, given_name="Zoé", family_name="Lefèvre", address="zoe.lefevre@ac-reunion.fr")
    for name in ("given_name", "family_name", "address"):
        if name in fields:
            setattr(agent, name, fields.pop(name))
    values = {"wave": Wave(name="Premier degré", date=TODAY + dt.timedelta(10))} | fields
    return Standing(agent=agent, **values)


@pytest.mark.parametrize(
    ("subject", "body", "wrong"),
    [
        ("Bonjour {prénom}", "{nom} {étapes} {lien}", ""),
        ("Bonjour {PRENOM}", "{etablissement} {nombre d'etapes}", ""),
        ("Bonjour", "{prenoms}", "Champ inconnu : {prenoms}. Champs possibles : {prénom}, {nom}"),
        ("{agent.password}", "x", "Champ inconnu : {agent.password}"),
        ("{0}", "{__class__} {}", "Champ inconnu : {0}, {__class__}, {}"),
        ("Bonjour {", "x", "Une accolade est seule"),
        ("Bonjour", "{prénom\n}", "Une accolade est seule"),
        ("Bonjour\nBcc: x@y.fr", "x", "sur une ligne"),
        ("Bonjour\x85Bcc: x@y.fr", "x", "sur une ligne"),
        ("", "x", "Il faut un objet"),
        ("x", " \n", "Il faut un objet"),
        ("x" * 201, "x", "plus de 200"),
        ("x", "x" * 10_001, "plus de 10000"),
    ],
)
def test_check_names_what_is_wrong(subject: str, body: str, wrong: str) -> None:
    if not wrong:
        texts.check(subject, body)
        return
    with pytest.raises(texts.TextError) as refused:
        texts.check(subject, body)
    assert wrong in refused.value.sentence


def test_values_are_those_of_the_person() -> None:
    before = letters.values(standing(done=standings.bit("export-calendar")), TODAY)
    assert before["date"] == "vendredi 20 mars 2026"
    assert before["échéance"] == "dans 10 jours"
    assert "Exporter mon carnet" in before["étapes"]
    assert "agenda" not in before["étapes"]
    assert before["nombre d’étapes"] == "5"
    assert before["durée"] == "23 minutes"
    moved = timezone.make_aware(dt.datetime(2026, 3, 9, 8))
    after = letters.values(standing(migrated_at=moved, establishment=Establishment(name="Collège")), TODAY)
    assert after["échéance"] == "hier"
    assert after["établissement"] == "Collège"
    assert "Vérifier mes dossiers" in after["étapes"]
    roughly = letters.values(standing(wave=Wave(name="Reste", period_label="mi-mai")), TODAY)
    assert (roughly["date"], roughly["échéance"]) == ("mi-mai", "mi-mai")
    assert set(before) == set(texts.PLACEHOLDERS)


def test_names_are_no_placeholders_and_no_headers() -> None:
    nasty = "Zoé {lien}\r\nBcc: tous@ac-reunion.fr\u2028\x00"
    text = ReminderTemplate(subject="Bonjour {prénom} {nom}", body="Bonjour {prénom},\r\n{nom}", is_service=False)
    made = letters.message(text, standing(given_name=nasty, family_name="{étapes}"), today=TODAY, key="1-7")
    sent = email.message_from_bytes(made.message().as_bytes(), policy=policy.default)
    assert sent["Bcc"] is None
    assert sent["Subject"].strip() == "Bonjour Zoé {lien} Bcc: tous@ac-reunion.fr {étapes}"
    assert sent["To"] == "zoe.lefevre@ac-reunion.fr"
    assert sent["Message-ID"] == "<relance-1-7@ac-reunion.fr>"
    assert "\x00" not in made.body
    assert "{lien}" in made.body


def test_texts_are_set_as_french_is() -> None:
    text = ReminderTemplate(subject="Prêt ?", body="Vague « {vague} » : {date} !", is_service=True)
    made = letters.letter(text, standing(), today=TODAY)
    assert made.subject == "Prêt\N{NO-BREAK SPACE}?"
    assert "«\N{NO-BREAK SPACE}Premier degré\N{NO-BREAK SPACE}»\N{NO-BREAK SPACE}: vendredi" in made.body


@pytest.mark.parametrize("template", TEMPLATES, ids=[str(one["name"]) for one in TEMPLATES])
def test_ready_made_templates_can_be_sent(template: dict[str, object]) -> None:
    row = ReminderTemplate(**template)
    texts.check(row.subject, row.body)
    made = letters.letter(row, standing(), today=TODAY, url="https://lien/")
    assert "{" not in made.subject + made.body
    assert len(made.subject) < 100


@pytest.mark.django_db
def test_every_portal_begins_with_templates() -> None:
    assert set(ReminderTemplate.objects.values_list("name", flat=True)) >= {one["name"] for one in TEMPLATES}
