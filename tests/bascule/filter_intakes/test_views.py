"""The pages for staff: strangers see nothing, contents are never shown, and the person's pages show the rules."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import Agent, JournalEntry
from bascule.filter_intakes import decisions, engine
from bascule.models import Deposit, FilterIntake
from tests.bascule.filter_intakes.directory import AWAY, REUNION, SPAM, entry, handed_in, looked_through
from tests.factories import make_agent
from tests.pages import parse, select, text

pytestmark = pytest.mark.django_db
LIST = "/equipe/filtres/"


@pytest.fixture
def team(client: Client, staff: Agent) -> Client:
    client.force_login(staff)
    return client


def upload(client: Client, *parts: str, name: str = "annuaire.ldif"):
    file = SimpleUploadedFile(name, "".join(parts).encode())
    return client.post(reverse("filter_intake_receive"), {"file": file})


def body(answer) -> str:
    return b"".join(answer).decode() if answer.streaming else answer.content.decode()


def test_strangers_find_nothing(client: Client, staff: Agent, marie: Agent) -> None:
    intake = looked_through(staff, entry("mp", SPAM, mail=marie.address))
    client.force_login(marie)
    assert client.get(LIST).status_code == 404
    for name in ("filter_intake", "filter_intake_csv"):
        assert client.get(reverse(name, args=[intake.pk])).status_code == 404
    for name in ("filter_intake_confirm", "filter_intake_cancel", "filter_intake_go_on"):
        assert client.post(reverse(name, args=[intake.pk])).status_code == 404
    assert upload(client, entry("x", SPAM)).status_code == 404
    assert "Équipe DSI" not in client.get("/").content.decode()
    assert FilterIntake.objects.get().state == "ready"
    client.logout()
    assert client.get(LIST).status_code == 302


def test_from_the_upload_to_the_persons_page(team: Client, staff: Agent, marie: Agent) -> None:
    assert "Filtres (LDIF)" in team.get("/equipe/").content.decode()
    answer = upload(team, entry("mp", REUNION, AWAY, mail=marie.address), entry("q", SPAM, mail="q@z.example"))
    intake = FilterIntake.objects.get()
    page = reverse("filter_intake", args=[intake.pk])
    assert answer.url == page
    assert select(parse(team.get(page).content), "[hx-get]")
    engine.advance(intake.pk)
    shown = text(parse(team.get(page).content))
    assert "1 personne recevra ses règles" in shown
    assert "Marie Payet" in shown
    assert "Réunions" not in shown
    assert not Deposit.objects.exists()
    assert team.post(reverse("filter_intake_confirm", args=[intake.pk])).url == page
    assert "Distribution en cours" in text(parse(team.get(page).content))
    engine.advance(intake.pk)
    done = text(parse(team.get(page).content))
    assert "Terminé" in done
    assert "1 identique, 0 à vérifier, 1 non reprise" in done
    assert "Remarques" in done
    assert "ailleurs.example" not in done
    assert "Réunions" not in done
    journal = {one.action for one in JournalEntry.objects.filter(actor=staff.address)}
    assert journal == {"filter_intake.received", "filter_intake.confirmed", "deposit.received"}
    team.force_login(marie)
    mine = text(parse(team.get(reverse("filters")).content))
    assert "Réunions" in mine
    assert "L’équipe informatique a déposé" in team.get(reverse("notices")).content.decode()


def test_a_second_click_changes_nothing(team: Client, staff: Agent, marie: Agent) -> None:
    intake = looked_through(staff, entry("mp", SPAM, mail=marie.address))
    confirm = reverse("filter_intake_confirm", args=[intake.pk])
    team.post(confirm)
    answer = team.post(confirm, follow=True)
    assert "C’était déjà décidé" in answer.content.decode()
    answer = team.post(reverse("filter_intake_cancel", args=[intake.pk]), follow=True)
    assert "Trop tard" in answer.content.decode()
    assert FilterIntake.objects.get().state == "giving"
    assert JournalEntry.objects.filter(action="filter_intake.confirmed").count() == 1


def test_decisions_are_posts(team: Client, staff: Agent) -> None:
    intake = looked_through(staff, entry("x", SPAM))
    for name in ("filter_intake_confirm", "filter_intake_cancel", "filter_intake_go_on"):
        assert team.get(reverse(name, args=[intake.pk])).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(staff)
    assert strict.post(reverse("filter_intake_cancel", args=[intake.pk])).status_code == 403
    assert upload(strict, entry("y", SPAM)).status_code == 403


def test_unmatched_people_are_listed_and_downloaded(team: Client, staff: Agent, marie: Agent) -> None:
    intake = looked_through(
        staff, entry("mp", SPAM, mail=marie.address), entry("x", SPAM, mail="=1+1@x.example"), entry("<b>z", REUNION)
    )
    page = reverse("filter_intake", args=[intake.pk])
    html = team.get(page, {"liste": "unmatched"}).content.decode()
    assert "=1+1@x.example" in html
    assert "&lt;b&gt;z" in html
    assert "Marie Payet" not in html
    answer = team.get(reverse("filter_intake_csv", args=[intake.pk]), {"liste": "unmatched"})
    assert f"filtres-{intake.pk}-unmatched.csv" in answer["Content-Disposition"]
    table = body(answer)
    assert '"\'=1+1@x.example"' in table
    assert "Marie Payet" not in table
    assert "Marie Payet" in body(team.get(reverse("filter_intake_csv", args=[intake.pk])))
    assert team.get(page, {"liste": "n'importe quoi", "page": "zéro"}).status_code == 200


def test_nobody_to_serve_cannot_be_confirmed_from_the_page(team: Client, staff: Agent) -> None:
    intake = looked_through(staff, entry("x", SPAM, mail="x@y.example"))
    page = parse(team.get(reverse("filter_intake", args=[intake.pk])).content)
    assert "Personne à servir" in text(page)
    assert "Distribuer les règles" not in text(page)


def test_a_fragment_ends_with_a_fresh_page(team: Client, staff: Agent) -> None:
    intake = handed_in(staff, entry("x", SPAM))
    page = reverse("filter_intake", args=[intake.pk])
    fragment = team.get(page, headers={"HX-Request": "true"})
    assert b"<html" not in fragment.content
    assert b"<progress" in fragment.content
    engine.advance(intake.pk)
    assert team.get(page, headers={"HX-Request": "true"})["HX-Refresh"] == "true"


@pytest.mark.parametrize(
    ("parts", "told"), [(("",), "Choisissez d’abord"), (("PK\x03\x04rien",), "endommagée")], ids=["empty", "zip"]
)
def test_what_cannot_be_taken_is_said(team: Client, parts: tuple[str, ...], told: str) -> None:
    answer = team.post(reverse("filter_intake_receive"), {} if not parts[0] else {"file": _file(parts[0])}, follow=True)
    assert told in answer.content.decode()
    assert not FilterIntake.objects.exists()


def test_what_is_too_large_is_not_kept(team: Client, settings) -> None:
    settings.DEPOSIT_MAX_BYTES = 10_000
    answer = team.post(reverse("filter_intake_receive"), {"file": _file("x" * 20_000)}, follow=True)
    assert "mailSieveRuleSource" in answer.content.decode()
    assert "dépasse" in answer.content.decode()
    assert not FilterIntake.objects.exists()


def test_a_stopped_distribution_is_gone_on_with_from_the_page(team: Client, staff: Agent, marie: Agent) -> None:
    intake = looked_through(staff, entry("mp", SPAM, mail=marie.address))
    decisions.confirm(intake=intake, by=staff)
    FilterIntake.objects.update(state="failed", error="Arrêt.", error_code="giver_stopped")
    page = reverse("filter_intake", args=[intake.pk])
    assert "Reprendre la distribution" in team.get(page).content.decode()
    team.post(reverse("filter_intake_go_on", args=[intake.pk]))
    engine.advance(intake.pk)
    assert FilterIntake.objects.get().state == "done"


def test_list_shows_the_newest_first_and_is_paged(team: Client, staff: Agent) -> None:
    for number in range(21):
        handed_in(staff, entry(f"x{number}", SPAM), name=f"fichier-{number}.ldif")
    first = text(parse(team.get(LIST).content))
    assert "fichier-20.ldif" in first
    assert "fichier-0.ldif" not in first
    assert "fichier-0.ldif" in text(parse(team.get(LIST, {"page": 2}).content))


def test_a_page_of_people_takes_few_queries(team: Client, staff: Agent, django_assert_max_num_queries) -> None:
    people = [make_agent(f"p{number}@ac-reunion.fr") for number in range(30)]
    intake = looked_through(staff, *(entry(one.address.split("@")[0], SPAM) for one in people))
    decisions.confirm(intake=intake, by=staff)
    engine.advance(intake.pk)
    with django_assert_max_num_queries(15):
        team.get(reverse("filter_intake", args=[intake.pk]))


def _file(content: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("annuaire.ldif", content.encode())
