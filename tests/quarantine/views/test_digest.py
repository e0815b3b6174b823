"""When a mailbox is told: the page of its people, and that of staff with figures and the watch over the mails."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agent, JournalEntry
from quarantine import digest, overview, rules
from quarantine.models import Digest, DigestChoice, GatewayHeartbeat, Hold
from tests.boxes.views.cast import browser, read
from tests.factories import give_access, make_agent, make_moved_agent, make_shared_box
from tests.pages import parse, text
from tests.quarantine.holds import make_hold

pytestmark = pytest.mark.django_db
MINE = "rose.payet@ac-reunion.fr"


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.QUARANTINE_DIR = tmp_path


@pytest.fixture
def rose() -> Agent:
    return make_agent(MINE)


@pytest.fixture
def staff() -> Agent:
    return make_agent("equipe@ac-reunion.fr", is_staff=True)


@pytest.mark.parametrize(
    ("form", "status", "times"),
    [
        ({"quand": "chosen", "heure": ["15:00"]}, 302, ["15:00"]),
        ({"quand": "never", "heure": ["15:00"]}, 302, []),
        ({"quand": "chosen", "heure": []}, 422, None),
        ({"quand": "chosen", "heure": ["03:00"]}, 422, None),
        ({"quand": "\0"}, 422, None),
        ({"quand": "usual"}, 302, None),
    ],
)
def test_times_are_chosen_among_the_allowed_ones(rose, form, status, times):
    client = browser(rose)
    assert client.post(reverse("digest_choice"), form).status_code == status
    assert list(DigestChoice.objects.values_list("times", flat=True)) == ([] if times is None else [times])
    assert JournalEntry.objects.filter(action="quarantine.digest_chosen").count() == (times is not None)
    assert "Quand envoyer cette notification" in read(client, "digest_choice")


def test_times_of_a_box_are_chosen_by_those_who_act_there(django_capture_on_commit_callbacks):
    box = make_shared_box(address="direction@ac-reunion.fr", name="Direction")
    people = {role: make_moved_agent() for role in ("owner", "member", "reader")}
    for role, agent in people.items():
        give_access(box, agent, role)
    people |= {"stranger": make_agent(), "staff": make_agent(is_staff=True)}
    query = f"?boite={box.address}"
    expected = {"owner": (200, 302), "member": (200, 302), "reader": (200, 403)}
    for role, agent in people.items():
        client = browser(agent)
        seen, changed = expected.get(role, (404, 404))
        assert client.get(reverse("digest_choice") + query).status_code == seen, role
        for name, form in (("digest_choice", {"quand": "never"}), ("digest_now", {})):
            with django_capture_on_commit_callbacks(execute=True):
                assert client.post(reverse(name) + query, form).status_code == changed, role
    # Asked for by two, sent once: to the box and nobody else.
    assert [one.to for one in mail.outbox] == [[box.address]]


def test_page_says_when_staff_have_taken_back_the_chosen_times(rose):
    DigestChoice.objects.create(mailbox=MINE, times=["11:00"])
    page = read(browser(rose), "digest_choice")
    assert "ne propose plus 11:00" in page


def test_staff_set_times_with_a_trace_and_nobody_else_may(rose, staff):
    form = {"proposees": "9h, 12:00;15:00", "habituelles": "09:00", "delai": "30"}
    assert browser(rose).post(reverse("staff_digest_rules"), form).status_code == 404
    client = browser(staff)
    assert client.post(reverse("staff_digest_rules"), form).status_code == 302
    present = rules.present()
    assert (present.allowed_times, present.usual_times) == (["09:00", "12:00", "15:00"], ["09:00"])
    assert present.undo_minutes == 30
    assert JournalEntry.objects.filter(target="quarantine:rules", actor=staff.address).count() == 3
    for wrong in ({"proposees": "midi"}, {"habituelles": "10:00"}, {"delai": "²"}, {"proposees": "\0"}):
        answer = client.post(reverse("staff_digest_rules"), form | wrong)
        assert answer.status_code == 422
    assert rules.present().allowed_times == ["09:00", "12:00", "15:00"]


def test_alarm_when_times_passed_with_untold_messages_and_nothing_left(staff, monkeypatch):
    now = timezone.now().astimezone(timezone.get_default_timezone()).replace(hour=9, minute=29) + timedelta(days=1)
    make_hold(MINE, held_at=now - timedelta(hours=2), expires_at=now + timedelta(days=9))
    monkeypatch.setattr(timezone, "now", lambda: now)
    assert digest.watch().late == 0
    late = now + timedelta(minutes=2)
    monkeypatch.setattr(timezone, "now", lambda: late)
    watch = digest.watch()
    assert (watch.late, watch.is_silent) == (1, True)
    assert [one.label for one in overview.waiting()] == ["boîte non prévenue de sa quarantaine"]
    client = browser(staff)
    for name in ("staff_quarantine", "staff_digest_rules"):
        assert "Les notifications ne partent plus" in read(client, name)
    # Made but not gone, since the mail server does not answer: the same alarm once that lasts.
    digest.make_due()
    Digest.objects.update(made_at=late)
    assert digest.watch().late == 0
    Digest.objects.update(made_at=late - timedelta(minutes=31))
    assert (digest.watch().late, digest.watch().is_silent) == (1, True)
    digest.send_waiting()
    assert (digest.watch().late, digest.watch().is_silent) == (0, False)


def test_figures_of_staff_tell_no_subject_and_no_sender(staff, rose, django_assert_max_num_queries):
    for number in range(8):
        make_hold(MINE, subject="Objet secret", from_name="Nom secret", sender=f"a{number}@secret.fr")
    make_hold(
        MINE, state=Hold.State.RELEASING, attempts=2, waiting_for="451 <c@secret.fr> plus tard", sender="b@secret.fr"
    )
    GatewayHeartbeat.objects.create(
        name="intake a", kind="intake", started_at=timezone.now(), beat_at=timezone.now(), troubles={"zimbra": ""}
    )
    client = browser(staff)
    with django_assert_max_num_queries(35):
        page = client.get(reverse("staff_quarantine"), {"adresse": MINE.upper()}).content.decode()
    assert "secret" not in page
    shown = text(parse(page.encode()))
    assert "Retenus en tout8" in shown
    assert "1 – 451 <…> plus tard" in shown
    assert "Retenu : 8" in shown
    assert "la messagerie ne prend pas les messages" in shown
    table = b"".join(client.get(reverse("staff_quarantine"), {"format": "csv"}).streaming_content).decode()
    assert f"{timezone.localdate():%d/%m/%Y}" in table
    for rubbish in ("x", "\0@\0.fr", "a@b"):
        assert "n’est pas une adresse complète" in read(client, "staff_quarantine", adresse=rubbish)
    assert browser(rose).get(reverse("staff_quarantine")).status_code == 404


def test_decisions_are_counted_by_day(staff, rose):
    from quarantine import held

    held.delete(make_hold(MINE), by=rose)
    assert overview.days()[0].labelled[1] == ("Supprimés", 1)
    assert sum(sum(one.counts) for one in overview.days()[1:]) == 0


def test_team_page_shows_what_waits_here_too(staff):
    make_hold(MINE, state=Hold.State.RELEASING, attempts=2)
    assert "1 message libéré qui n’a pas pu être remis" in read(browser(staff), "team")


def test_mails_are_listed_for_staff_and_downloaded(staff):
    Digest.objects.create(mailbox=MINE, kind=Digest.Kind.ASKED, state=Digest.State.FAILED, attempts=3)
    client = browser(staff)
    assert MINE in read(client, "staff_digest_rules", etat="failed")
    assert "Aucune notification ne correspond" in read(client, "staff_digest_rules", etat="sent", q="\0x")
    table = b"".join(client.get(reverse("staff_digest_rules"), {"format": "csv"}).streaming_content).decode()
    assert MINE in table
