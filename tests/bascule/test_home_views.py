from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.test import Client
from django.urls import reverse
from lxml import html
from pytest_django import DjangoAssertNumQueries

from accounts import notices
from accounts.models import Agent
from bascule import checklist, planning, steps
from bascule.models import Deposit
from tests.factories import assign, make_agent, make_wave
from tests.pages import parse, select, text

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 10)
MOVED = datetime(2026, 3, 1, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def tenth_of_march(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "today", lambda: TODAY)


def home_of(client: Client, agent: Agent) -> html.HtmlElement:
    client.force_login(agent)
    answer = client.get(reverse("home"))
    assert answer.status_code == 200
    return parse(answer.content)


def test_stranger_is_sent_to_sign_in(client: Client) -> None:
    answer = client.get(reverse("home"))
    assert answer.status_code == 302
    assert answer.url == f"{reverse('sign_in')}?next=/"


@pytest.mark.parametrize("name", ["accessibility", "legal_notice", "personal_data"])
def test_compulsory_pages_are_open_to_strangers(client: Client, name: str) -> None:
    answer = client.get(reverse(name))
    assert answer.status_code == 200
    assert "<h1>" in answer.content.decode()


def test_before_the_move_the_date_is_counted_down_and_the_rest_locked(client: Client) -> None:
    make_wave("first-degree", day=date(2026, 3, 22), name="Premier degré")
    page = home_of(client, make_agent())
    shown = text(page)
    assert "dimanche 22 mars 2026, dans 12 jours" in shown
    assert "Phase 1 sur 3" in shown
    assert text(page, "#summary-title") == "Prochaine étape : Relever mes règles de filtrage"
    assert "de 50 min à 1 h 05, plus 10 à 15 min par appareil, dont 28 min avant le transfert" in shown
    rows = select(page, "li.portal-step")
    assert [row.get("id") for row in rows] == [f"step-{step.code}" for step in steps.STEPS]
    assert [bool(select(row, "button")) for row in rows] == [True] * 6 + [False] * 7
    assert "Après le transfert" in text(page, "#step-check-mailbox")


def test_approximate_period_is_not_passed_off_as_a_date(client: Client) -> None:
    make_wave("first-degree", period_label="début juin", period_start=date(2026, 6, 1))
    assert "début juin, au plus tôt dans 83 jours" in text(home_of(client, make_agent()))


def test_without_a_wave_the_page_says_so_and_still_helps(client: Client) -> None:
    page = home_of(client, make_agent())
    assert "pas encore planifié" in text(page)
    assert select(page, "#summary a")[0].get("href") == reverse("step", args=["capture-filters"])


def test_wave_that_went_by_points_to_the_help_desk(client: Client) -> None:
    make_wave("first-degree", day=date(2026, 3, 1), state="done")
    shown = text(home_of(client, make_agent()))
    assert "n’a pas encore été transférée" in shown
    assert "assistance@ac-reunion.fr" in shown


def test_on_the_day_the_later_steps_wait_for_the_move(client: Client) -> None:
    make_wave("first-degree", day=TODAY, state="under_way")
    page = home_of(client, make_agent())
    assert "Phase 2 sur 3" in text(page)
    assert not select(page, "#step-check-mailbox button")


def test_after_the_move_its_steps_come_first_and_all_can_be_done(client: Client) -> None:
    page = home_of(client, make_agent(migrated_at=MOVED))
    rows = select(page, "li.portal-step")
    assert rows[0].get("id") == "step-check-mailbox"
    assert all(select(row, "button") for row in rows)
    assert "peut être fermé" in text(page)
    assert text(page, "#summary-title").endswith("Vérifier mes dossiers et mes messages")


def test_mailbox_check_has_no_way_to_set_it_aside(client: Client) -> None:
    page = home_of(client, make_agent(migrated_at=MOVED))
    assert not select(page, "#step-check-mailbox button[value=not_concerned]")
    assert select(page, "#step-check-boxes button[value=not_concerned]")


def test_optional_and_starred_steps_are_marked(client: Client) -> None:
    page = home_of(client, make_agent())
    for step in steps.STEPS:
        row = text(page, f"#step-{step.code}")
        assert ("facultatif" in row) == step.optional
        assert ("*" in row) == step.convergence_only


def test_everything_done_is_said(client: Client) -> None:
    agent = make_agent(migrated_at=MOVED)
    for step in steps.STEPS:
        checklist.mark_done(agent=agent, step=step.code, by=agent)
    page = home_of(client, agent)
    assert text(page, "#summary-title") == "Votre bascule est terminée"
    assert not select(page, "#summary a.fr-btn")


def test_wave_chosen_by_staff_is_said(client: Client) -> None:
    agent = make_agent()
    assign(agent, make_wave(day=date(2026, 10, 1)))
    assert "choisie pour vous par l’équipe DSI" in text(home_of(client, agent))


def test_unread_notices_are_counted_in_the_header(client: Client) -> None:
    agent = make_agent()
    notices.notify(agent, kind="test", title="Un")
    notices.notify(agent, kind="test", title="Deux")
    notices.notify(make_agent(), kind="test", title="À une autre")
    assert "2 notifications non lues" in text(home_of(client, agent), ".fr-header__tools")


def test_way_to_the_journal_is_in_the_navigation_of_staff_only(client: Client) -> None:
    assert "Équipe DSI" not in text(home_of(client, make_agent()), "#main-navigation")
    assert "Équipe DSI" in text(home_of(client, make_agent(is_staff=True)), "#main-navigation")
    assert reverse("journal") in client.get(reverse("team")).content.decode()


def test_hostile_names_are_shown_as_text(client: Client) -> None:
    make_wave("first-degree", day=date(2026, 3, 22), name="<script>alert(1)</script>")
    agent = make_agent(given_name="<img src=x onerror=alert(2)>")
    notices.notify(agent, kind="test", title="<b>gras</b>", body="<script>alert(3)</script>")
    page = home_of(client, agent)
    assert not [script for script in select(page, "script") if script.get("src") is None]
    assert not select(page, "img[src=x]")
    listed = client.get(reverse("notices")).content.decode()
    assert "<b>gras</b>" not in listed
    assert "&lt;script&gt;alert(3)" in listed


def test_page_carries_nothing_that_the_security_policy_forbids(client: Client) -> None:
    page = home_of(client, make_agent())
    for element in page.iter():
        if isinstance(element.tag, str):
            assert element.get("style") is None
            assert not [name for name in element.attrib if name.startswith("on")]
    assert not select(page, "style")


def test_home_costs_the_same_queries_whatever_was_done(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    agent = make_agent(migrated_at=MOVED)
    for step in steps.STEPS:
        checklist.mark_done(agent=agent, step=step.code, by=agent)
    for number in range(3):
        Deposit.objects.create(agent=agent, name=f"{number}.vcf", size=1, sha256=str(number))
        notices.notify(agent, kind="test", title="Un")
    client.force_login(agent)
    # Session, person, three of the checklist, files, notices.
    with django_assert_max_num_queries(7):
        client.get(reverse("home"))
