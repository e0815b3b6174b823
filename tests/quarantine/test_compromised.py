"""The list of compromised senders: its rows, the store that follows them, the mail to the academy."""

from __future__ import annotations

from smtplib import SMTPServerDisconnected
from unittest import mock

import pytest
from django.core.exceptions import PermissionDenied

from accounts.models import Agent, JournalEntry
from accounts.sentences import sentence
from quarantine import compromised
from quarantine.counters.store import Store
from quarantine.counters.types import StoreDown
from quarantine.models import CompromisedSender, SendingRules
from tests.factories import make_agent
from tests.stores import StoreServer

pytestmark = pytest.mark.django_db

Origin = CompromisedSender.Origin


@pytest.fixture
def staff() -> Agent:
    return make_agent("dsi@ac-reunion.fr", is_staff=True)


@pytest.fixture
def store(store_server: StoreServer, settings: object) -> Store:
    settings.LIMITS_REDIS_URL = store_server.url  # type: ignore[attr-defined]
    return Store(store_server.url)


def test_staff_block_an_account_as_it_is_counted(
    staff: Agent, store: Store, mailoutbox: list, django_capture_on_commit_callbacks: object
) -> None:
    marie = make_agent("marie.hoarau@ac-reunion.fr")
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        row = compromised.block(sender=" Marie.Hoarau+x@AC-Reunion.fr ", reason="Signalée\n par la DANE", by=staff)
    assert (row.sender, row.origin, row.reason) == (marie.address, Origin.STAFF, "Signalée par la DANE")
    assert row.added_by == staff.address
    assert store.compromised() == {marie.address}
    entry = JournalEntry.objects.get()
    assert (entry.actor, entry.subject, entry.target) == (staff.address, marie.address, f"compromised:{row.pk}")
    assert sentence(entry) == f"a mis {marie.address} sur la liste des comptes compromis : « Signalée par la DANE »"
    (mail,) = mailoutbox
    assert mail.to == ["alerte_mail@ac-reunion.fr"]
    assert mail.subject == f"Compte compromis : {marie.address}"
    assert f"par {staff.address} : Signalée par la DANE" in mail.body
    row.refresh_from_db()
    assert row.told_at is not None


def test_release_keeps_the_row_and_frees_the_account(
    staff: Agent, store: Store, django_capture_on_commit_callbacks: object
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        row = compromised.block(sender="a@x.example", reason="Vol", by=staff)
        compromised.block(sender="b@x.example", reason="Vol", by=staff)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        compromised.release(row_id=row.pk, reason="Mot de passe changé", by=staff)
    assert store.compromised() == {"b@x.example"}
    assert [one.sender for one in compromised.active()] == ["b@x.example"]
    row.refresh_from_db()
    assert (row.released_by, row.release_reason) == (staff.address, "Mot de passe changé")
    last = JournalEntry.objects.latest("pk")
    assert sentence(last) == "a retiré a@x.example de la liste des comptes compromis : « Mot de passe changé »"
    with pytest.raises(compromised.NotBlocked):
        compromised.release(row_id=row.pk, reason="Encore", by=staff)
    # And it can be put there again.
    assert compromised.block(sender="a@x.example", reason="Revolé", by=staff).pk != row.pk


@pytest.mark.parametrize(
    ("sender", "reason", "error"),
    [
        ("", "Vol", compromised.NoSender),
        ("  <> ", "Vol", compromised.NoSender),
        ("a b@x.example", "Vol", compromised.NoSender),
        ("a\0b@x.example", "Vol", compromised.NoSender),
        ("a\nb@x.example", "Vol", compromised.NoSender),
        ("a@x.example", " \n ", compromised.NoReason),
        ("there@x.example", "Vol", compromised.AlreadyBlocked),
    ],
)
def test_what_cannot_be_blocked_is_told(staff: Agent, sender: str, reason: str, error: type[Exception]) -> None:
    compromised.block(sender="there@x.example", reason="Vol", by=staff)
    with pytest.raises(error) as caught:
        compromised.block(sender=sender, reason=reason, by=staff)
    assert caught.value.sentence.endswith(".")  # type: ignore[attr-defined]
    assert JournalEntry.objects.count() == CompromisedSender.objects.count() == 1


def test_only_staff_decide(staff: Agent) -> None:
    row = compromised.block(sender="a@x.example", reason="Vol", by=staff)
    stranger = make_agent("x@ac-reunion.fr")
    with pytest.raises(PermissionDenied):
        compromised.block(sender="b@x.example", reason="Vol", by=stranger)
    with pytest.raises(PermissionDenied):
        compromised.release(row_id=row.pk, reason="Non", by=stranger)
    assert [one.sender for one in compromised.active()] == ["a@x.example"]
    with pytest.raises(compromised.NoReason):
        compromised.release(row_id=row.pk, reason="\0", by=staff)


def test_rule_blocks_an_account_once(
    store: Store, mailoutbox: list, django_capture_on_commit_callbacks: object
) -> None:
    SendingRules.objects.update(told_address="securite@academie.example")
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        row = compromised.block_by_rule(sender="a@x.example", refusals=10, minutes=60)
        assert compromised.block_by_rule(sender="a@x.example", refusals=10, minutes=60) is None
    assert row is not None
    assert (row.origin, row.added_by) == (Origin.RULE, "")
    assert store.compromised() == {"a@x.example"}
    assert [mail.to for mail in mailoutbox] == [["securite@academie.example"]]
    assert "par la règle automatique : 10 envois refusés en 60 minutes" in mailoutbox[0].body
    entry = JournalEntry.objects.get()
    assert entry.actor == ""
    assert "(règle automatique : 10 envois refusés en 60 minutes)" in sentence(entry)


def test_academy_is_told_once_even_when_the_mail_server_was_down(staff: Agent, mailoutbox: list) -> None:
    row = compromised.block(sender="a@x.example", reason="Vol", by=staff)
    with mock.patch("django.core.mail.EmailMessage.send", side_effect=SMTPServerDisconnected):
        compromised.tell(row.pk)
    assert compromised.waiting_to_tell() == [row.pk]
    row.refresh_from_db()
    assert row.tell_attempts == 1
    compromised.release(row_id=row.pk, reason="Erreur", by=staff)
    compromised.tell(row.pk)
    compromised.tell(row.pk)
    (mail,) = mailoutbox
    assert ": Erreur" in mail.body
    assert compromised.waiting_to_tell() == []


def test_store_is_given_the_list_of_the_rows(staff: Agent, store: Store) -> None:
    """After it lost its data, or was told something that no row says."""
    for sender in ("a@x.example", "b@x.example"):
        compromised.block(sender=sender, reason="Vol", by=staff)
    assert compromised.push_all()
    assert store.compromised() == {"a@x.example", "b@x.example"}
    store.block("stale@x.example")
    store.unblock("a@x.example")
    assert compromised.push_all()
    assert store.compromised() == {"a@x.example", "b@x.example"}


def test_row_that_is_changed_while_the_list_is_handed_over_wins(staff: Agent, store: Store) -> None:
    compromised.block(sender="a@x.example", reason="Vol", by=staff)
    rows = compromised.active()

    def changed_meanwhile() -> list[CompromisedSender]:
        store.block("b@x.example")
        return rows

    with mock.patch.object(compromised, "active", side_effect=changed_meanwhile):
        store_before = store.compromised()
        compromised.push_all()
    assert store_before == set()
    row = compromised.block(sender="b@x.example", reason="Vol", by=staff)
    compromised.push_one(row.pk)
    assert "b@x.example" in store.compromised()


def test_store_that_is_down_changes_nothing_of_the_rows(
    staff: Agent, store_server: StoreServer, settings: object, django_capture_on_commit_callbacks: object
) -> None:
    settings.LIMITS_REDIS_URL = f"unix://{store_server.folder}/nothing"  # type: ignore[attr-defined]
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        row = compromised.block(sender="a@x.example", reason="Vol", by=staff)
    assert [one.pk for one in compromised.active()] == [row.pk]
    with pytest.raises(StoreDown):
        compromised.push_all()
    compromised.push_all_or_log()
