"""What lists show: which messages, in which order, how many summaries are opened for it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import journal
from accounts.models import Agent
from quarantine import held, selectors
from quarantine.models import HeldContent, Hold, QuarantineRules
from quarantine.recipients import Mailbox
from quarantine.selectors import Asked
from tests.each import each
from tests.factories import make_agent
from tests.quarantine.holds import make_hold

pytestmark = pytest.mark.django_db
MINE = Mailbox("camille@ac-reunion.fr", "", acts=True)


@pytest.fixture
def me() -> Agent:
    return make_agent(MINE.address, given_name="Camille", family_name="Hoarau")


def subjects(asked: Asked, number: str = "1") -> list[str | None]:
    return [line.subject for line in selectors.find(MINE, asked, number).lines]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("réunion", ["Réunion de rentrée"]),
        ("REUNION rentree", ["Réunion de rentrée"]),
        ("dupont", ["Offre"]),
        ("ada@exemple.fr", ["Offre"]),
        ("offre rentrée", []),
        ("☎", ["☎ rappel"]),
        ("\N{CJK UNIFIED IDEOGRAPH-4E2D}", []),
    ],
)
def test_search_finds_words_of_sender_and_subject(text: str, found: list[str]) -> None:
    make_hold(MINE.address, subject="Réunion de rentrée")
    make_hold(MINE.address, subject="Offre", from_name="Jean Düpont", sender="ada@exemple.fr")
    make_hold(MINE.address, subject="☎ rappel")
    make_hold("autre@ac-reunion.fr", subject="Réunion de rentrée")
    assert subjects(Asked(text=text)) == found


def test_search_looks_at_the_newest_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "MAX_SEARCHED", 2)
    for days in (3, 2, 1):
        make_hold(MINE.address, subject=f"Offre {days}", days_ago=days)
    found = selectors.find(MINE, Asked(text="offre", sort="anciens"), "1")
    assert [line.subject for line in found.lines] == ["Offre 2", "Offre 1"]
    assert found.is_cut
    assert not selectors.find(MINE, Asked(), "1").is_cut


@each(
    ("state", "found"),
    [
        ("", {"held", "releasing"}),
        ("retenus", {"held"}),
        ("remise", {"releasing"}),
        ("liberes", {"released", "released long ago"}),
        ("supprimes", {"deleted"}),
        ("tous", {"held", "releasing", "released", "released long ago", "deleted"}),
    ],
)
def test_what_is_over_is_not_shown(state: str, found: set[str]) -> None:
    for one in Hold.State.values:
        make_hold(MINE.address, subject=one, state=one)
    make_hold(MINE.address, subject="expired", days_ago=15)
    make_hold(MINE.address, subject="released long ago", days_ago=15, state="released")
    make_hold(MINE.address, subject="deleted long ago", state="deleted", state_at=timezone.now() - timedelta(hours=2))
    assert set(subjects(Asked(state=state))) == found
    gone = {hold for hold in Hold.objects.all() if selectors.is_gone(hold)}
    assert {selectors.line(hold).subject for hold in gone} == {"expired", "deleted long ago"}


def test_reasons_are_told_apart() -> None:
    make_hold(MINE.address, subject="a", reason="limit")
    make_hold(MINE.address, subject="b", reason="dangerous")
    assert subjects(Asked(reason="limit")) == ["a"]
    assert subjects(Asked(reason="spam")) == []


def test_sorts() -> None:
    make_hold(MINE.address, subject="b", sender="b@x.fr", days_ago=2)
    make_hold(MINE.address, subject="a", sender="a@x.fr", days_ago=1)
    make_hold(MINE.address, subject="c", sender="c@x.fr", days_ago=3, expires_at=timezone.now() + timedelta(days=20))
    assert subjects(Asked()) == ["a", "b", "c"]
    assert subjects(Asked(sort="anciens")) == ["c", "b", "a"]
    assert subjects(Asked(sort="expediteur")) == ["a", "b", "c"]
    assert subjects(Asked(sort="echeance")) == ["b", "a", "c"]


def test_a_page_opens_its_own_rows_only(monkeypatch: pytest.MonkeyPatch, django_assert_num_queries) -> None:
    for _ in range(30):
        make_hold(MINE.address)
    opened = []
    real = selectors.opened
    monkeypatch.setattr(selectors, "opened", lambda stored: opened.append(stored) or real(stored))
    with django_assert_num_queries(4):
        found = selectors.find(MINE, Asked(), "2")
    assert len(found.lines) == len(opened) == 5


def test_a_damaged_summary_spoils_one_line() -> None:
    make_hold(MINE.address, subject="Sain")
    HeldContent.objects.filter(pk=make_hold(MINE.address).content_id).update(summary=b"rubbish")
    assert subjects(Asked()) == [None, "Sain"]
    assert subjects(Asked(text="sain")) == ["Sain"]


def test_what_a_stranger_wrote_deceives_nobody() -> None:
    hold = make_hold(
        MINE.address, subject="a\u202egpj.exe\nb", from_name="ami@banque.fr", sender="rh@xn--c-runion-b1a.fr"
    )
    line = selectors.line(hold)
    assert line.subject == "a[U+202E]gpj.exe b"
    assert line.claims == "ami@banque.fr"
    assert (line.address, line.ascii_domain) == ("rh@xn--c-runion-b1a.fr", "")
    line = selectors.line(make_hold(MINE.address, sender="rh@aс-reunion.fr"))  # A Cyrillic letter.
    assert line.ascii_domain.startswith("xn--")


@pytest.mark.parametrize(
    ("left", "told"),
    [(timedelta(0), "aujourd’hui"), (timedelta(days=1), "demain"), (timedelta(days=5), "dans 5 jours")],
)
def test_days_left_are_those_of_the_calendar(left: timedelta, told: str) -> None:
    midday = timezone.localtime().replace(hour=12, minute=0)
    hold = make_hold(MINE.address, held_at=midday - timedelta(days=9), expires_at=midday + left)
    assert selectors.line(hold).erased == told


@pytest.mark.parametrize(
    ("minutes", "told"), [(1, "1 minute"), (45, "45 minutes"), (60, "1 heure"), (1440, "24 heures")]
)
def test_how_long_a_deletion_can_be_taken_back(minutes: int, told: str) -> None:
    QuarantineRules.objects.update(undo_minutes=minutes)
    assert selectors.undo_for() == told


def test_counts_are_of_what_waits(django_assert_num_queries) -> None:
    box = Mailbox("direction@ac-reunion.fr", "Direction", acts=True)
    make_hold(MINE.address)
    make_hold(MINE.address, days_ago=20)
    make_hold(MINE.address, state="deleted")
    with django_assert_num_queries(1):
        assert selectors.counts([MINE, box]) == {MINE.address: 1}


def test_history_names_people_and_links(me: Agent) -> None:
    hold = make_hold(MINE.address)
    held.delete(hold, by=me)
    held.restore(hold, by=None)
    journal.record("hold.report_sent", by=None, target=f"hold:{hold.pk}", target_label=hold.recipient)
    assert [(one.actor, one.sentence.split()[1]) for one in selectors.history(hold)] == [
        ("Le portail", "transmis"),
        ("Le lien d’une notification", "annulé"),
        ("Camille Hoarau", "supprimé"),
    ]
