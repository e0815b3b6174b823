"""Links of mails: who may use them, once, and that nothing happens by looking."""

from __future__ import annotations

import logging
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import mail, signing
from django.core.signing import TimestampSigner
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import JournalEntry
from migration_portal.demo.services import ACCESS_LOG
from quarantine import held, links
from quarantine.links import Act
from quarantine.models import Hold, SenderEntry
from tests.boxes.cast import tables_written
from tests.boxes.views.cast import browser
from tests.factories import give_access, make_agent, make_moved_agent, make_shared_box
from tests.pages import parse, select, text
from tests.quarantine.holds import make_hold

pytestmark = pytest.mark.django_db
MINE = "rose.payet@ac-reunion.fr"


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path, monkeypatch):
    settings.QUARANTINE_DIR = tmp_path
    # Deliveries have tests of their own.
    monkeypatch.setattr(held, "hand_out_on_commit", lambda task, pk: None)


def token_of(hold: Hold, act: Act) -> str:
    return parse_qs(urlsplit(links.url(hold, act)).query)["j"][0]


def look(client: Client, token: str):
    return client.get(reverse("quarantine_link"), {"j": token})


def press(client: Client, token: str, **more):
    return client.post(reverse("quarantine_link"), {"j": token}, **more)


def state(hold: Hold) -> str:
    hold.refresh_from_db()
    return hold.state


@pytest.mark.parametrize(
    ("act", "after"), [(Act.RELEASE, "releasing"), (Act.TRUST, "releasing"), (Act.DELETE, "deleted")]
)
def test_looking_does_nothing_and_the_button_acts_once(client, act, after):
    hold = make_hold(MINE, sender="jean@exemple.fr", subject="Facture <b>")
    token = token_of(hold, act)
    with tables_written() as written:
        for method in (client.get, client.head):
            answer = method(reverse("quarantine_link"), {"j": token})
            assert answer.status_code == 200
    assert (written, state(hold)) == (set(), "held")
    shown = text(parse(look(client, token).content))
    assert "Facture <b>" in shown
    assert "jean@exemple.fr" in shown
    assert "Rien n’est fait tant que" in shown
    answer = press(client, token)
    assert (answer.status_code, state(hold), hold.acted_by) == (302, after, "")
    shown = text(parse(client.get(answer["Location"]).content))
    assert ("libéré" if after == "releasing" else "supprimé") in shown
    # Once: the link does nothing any more, even when the message is held again.
    Hold.objects.filter(pk=hold.pk).update(state="held", state_at=timezone.now())
    assert press(client, token).status_code == 200
    assert state(hold) == "held"
    assert SenderEntry.objects.filter(kind="trust", pattern="jean@exemple.fr", mailbox=MINE).exists() == (
        act == Act.TRUST
    )
    entry = JournalEntry.objects.exclude(action="sender.trusted").get()
    assert (entry.actor, entry.target) == ("", f"hold:{hold.pk}")


def test_decision_by_another_way_spends_all_links(client):
    rose = make_agent(MINE)
    hold = make_hold(MINE)
    release, delete = token_of(hold, Act.RELEASE), token_of(hold, Act.DELETE)
    held.delete(hold, by=rose)
    held.restore(hold, by=rose)
    for token in (release, delete):
        assert "ne vaut plus" in text(parse(press(client, token).content))
    assert state(hold) == "held"


def test_deletion_by_a_link_can_be_taken_back_but_not_that_of_a_person(client):
    hold = make_hold(MINE)
    token = token_of(hold, Act.DELETE)
    page = parse(press(client, token, follow=True).content)
    [undo] = [one.get("value") for one in select(page, "#content input[name=j]")]
    press(client, undo)
    assert state(hold) == "held"
    token = token_of(hold, Act.RELEASE)
    held.delete(hold, by=make_agent(MINE))
    assert not select(parse(look(client, token).content), "#content form")


@pytest.mark.parametrize("method", ["get", "post"])
def test_links_that_are_none_are_told_in_plain_french(client, method):
    hold = make_hold(MINE)
    good = token_of(hold, Act.RELEASE)
    other = make_hold("zoe@ac-reunion.fr")
    swapped = signing.dumps([hold.pk, other.recipient, "release", links._state(hold)], salt=links._SALT)
    elsewhere = signing.dumps([hold.pk, MINE, "release", links._state(hold)], salt="other")
    for token in ("", "x", good[:-1], good[3:], "\0", "é" * 30, "x" * 5000, elsewhere):
        answer = getattr(client, method)(reverse("quarantine_link"), {"j": token})
        assert answer.status_code == 404, token
        assert "n’est pas un lien du portail" in text(parse(answer.content))
    answer = getattr(client, method)(reverse("quarantine_link"), {"j": swapped})
    assert answer.status_code == 410
    assert "effacé" in text(parse(answer.content))
    assert state(hold) == "held"


def test_old_link_is_good_for_a_new_mail_only(client, monkeypatch, django_capture_on_commit_callbacks):
    hold = make_hold(MINE, subject="Ancien")
    with monkeypatch.context() as patched:
        stamp = TimestampSigner.timestamp
        patched.setattr(TimestampSigner, "timestamp", lambda self: _aged(stamp(self), days=15))
        token = token_of(hold, Act.RELEASE)
    answer = press(client, token)
    assert answer.status_code == 410
    page = parse(answer.content)
    assert "trop ancien" in text(page)
    assert state(hold) == "held"
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post(reverse("quarantine_link_renew"), {"j": token})
    assert answer.status_code == 429
    [sent] = mail.outbox
    assert (sent.to, "Ancien" in sent.body) == ([MINE], True)


def _aged(stamp: str, *, days: int) -> str:
    return signing.b62_encode(signing.b62_decode(stamp) - days * 86400)


def test_link_is_over_with_the_days_of_its_message(client):
    hold = make_hold(MINE)
    token = token_of(hold, Act.RELEASE)
    Hold.objects.filter(pk=hold.pk).update(
        held_at=timezone.now() - timedelta(days=14), expires_at=timezone.now() - timedelta(minutes=1)
    )
    assert press(client, token).status_code == 410
    assert state(hold) == "held"


def test_of_people_signed_in_only_those_who_may_act_use_it():
    box = make_shared_box(address="direction@ac-reunion.fr")
    people = {role: make_moved_agent() for role in ("owner", "member", "reader")}
    for role, agent in people.items():
        give_access(box, agent, role)
    people |= {"stranger": make_agent(), "staff": make_agent(is_staff=True)}
    hold = make_hold(box.address)
    token = token_of(hold, Act.DELETE)
    for role in ("reader", "stranger", "staff"):
        client = browser(people[role])
        assert look(client, token).status_code == 404
        assert press(client, token).status_code == 404
        assert client.post(reverse("quarantine_link_renew"), {"j": token}).status_code == 404
    assert state(hold) == "held"
    press(browser(people["member"]), token)
    assert (state(hold), hold.acted_by) == ("deleted", people["member"].address)
    assert JournalEntry.objects.get(action="hold.deleted").actor == people["member"].address


def test_link_of_somebody_outside_is_in_two_languages(client):
    hold = make_hold("jane@example.org", reason=Hold.Reason.LIMIT)
    page = parse(look(client, token_of(hold, Act.RELEASE)).content)
    assert "Release" in text(page)
    assert not [one for one in select(page, "#content a") if "/quarantaine/" in one.get("href")]


def test_token_is_kept_out_of_logs_referers_and_search_engines(client, caplog):
    token = token_of(make_hold(MINE), Act.RELEASE)
    with caplog.at_level(logging.DEBUG):
        answer = look(client, token)
        look(client, token[:-2])
        Client(enforce_csrf_checks=True).post(reverse("quarantine_link"), {"j": token})
    assert token[:40] not in caplog.text
    # Neither the query (q, r) nor the Referer (f) is written down.
    assert not {"%(q)s", "%(r)s", "%(f)s"} & set(ACCESS_LOG.replace('"', " ").split())
    assert answer["Referrer-Policy"] == "strict-origin"
    assert "noindex" in answer["X-Robots-Tag"]
    assert "no-store" in answer["Cache-Control"]


def test_form_of_somebody_else_is_refused():
    hold = make_hold(MINE)
    answer = press(Client(enforce_csrf_checks=True), token_of(hold, Act.RELEASE))
    assert (answer.status_code, state(hold)) == (403, "held")
