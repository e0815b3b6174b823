"""An application password's way: ordered, made, shown once to one browser, revoked; and every way it can go wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import serializers
from django.db import IntegrityError
from django.utils import timezone

from accounts.models import Agent, JournalEntry, Notice
from accounts.sentences import sentence
from bascule.devices import browser_seal, making, password_faults, password_look, passwords
from bascule.models import AppPassword, Device
from tests.bascule.devices.conftest import SECRET, Account
from tests.factories import make_agent, make_moved_agent
from zimbra.errors import AnswerLost, NotAllowed, NotFound, NotOffered, Refused, Unavailable, ZimbraError

pytestmark = pytest.mark.django_db
State = AppPassword.State


def ordered(device: Device) -> passwords.Order:
    return passwords.order(device=device, by=device.agent)


def made(device: Device) -> passwords.Order:
    order = ordered(device)
    assert making.make(order.row.pk) is None
    order.row.refresh_from_db()
    return order


def overdue(row: AppPassword) -> None:
    AppPassword.objects.filter(pk=row.pk).update(until=timezone.now() - timedelta(seconds=1))


def test_it_is_shown_once_to_the_browser_that_asked(device: Device, person: Agent, account: Account) -> None:
    order = made(device)
    assert (order.row.state, account.asked) == (State.MADE, ["Mon iPhone"])
    with pytest.raises(passwords.OtherBrowser):
        passwords.show(row=order.row, private=browser_seal.key_pair().private, by=person)
    with pytest.raises(passwords.NotYours):
        passwords.show(row=order.row, private=order.private, by=make_agent(is_staff=True))
    assert passwords.show(row=order.row, private=order.private, by=person) == SECRET
    kept = AppPassword.objects.get()
    assert (kept.state, bytes(kept.sealed), bytes(kept.public_key)) == (State.SHOWN, b"", b"")
    with pytest.raises(passwords.AlreadyShown):
        passwords.show(row=order.row, private=order.private, by=person)


def test_the_secret_stands_nowhere(device: Device, person: Agent, account: Account, caplog) -> None:
    """Not in a row, opened by the portal's keys or not, nor in the journal, a notice or the log."""
    caplog.set_level(0)
    order = made(device)
    rows = [*AppPassword.objects.all(), *JournalEntry.objects.all(), *Notice.objects.all()]
    written = serializers.serialize("json", rows) + caplog.text
    assert SECRET not in written
    assert order.private not in written
    assert order.private not in repr(order)
    with pytest.raises(browser_seal.WrongKey):
        browser_seal.unseal(
            bytes(order.row.sealed), private=browser_seal.key_pair().private, purpose=passwords.purpose(order.row)
        )


def test_its_owner_is_told_by_mail_and_the_journal_names_it(device: Device, person: Agent, account: Account) -> None:
    order = made(device)
    notice = Notice.objects.get(recipient=person)
    assert "« Mon iPhone »" in notice.body
    assert notice.mail_state == Notice.Mail.WAITING
    passwords.show(row=order.row, private=order.private, by=person)
    told = [sentence(entry) for entry in JournalEntry.objects.filter(action__startswith="app_password").order_by("pk")]
    assert told == [
        "a demandé un mot de passe d’application (« Mon iPhone »)",
        "a obtenu le mot de passe d’application « Mon iPhone »",
        "a affiché le mot de passe d’application « Mon iPhone »",
    ]


def test_nobody_orders_before_the_move_nor_for_others_nor_twice(device: Device, account: Account) -> None:
    with pytest.raises(passwords.NotYours):
        passwords.order(device=device, by=make_agent(is_staff=True))
    ordered(device)
    with pytest.raises(passwords.UnderWay):
        ordered(device)
    waiting = Device.objects.create(agent=make_agent(), kind="apple", name="iPad", program="ios")
    with pytest.raises(passwords.NotMoved):
        ordered(waiting)
    assert AppPassword.objects.count() == 1


def test_a_name_that_is_taken_gets_a_number(device: Device, account: Account) -> None:
    account.names = ["mon iphone", "Mon iPhone (2)"]
    assert made(device).row.name == "Mon iPhone (3)"


def test_not_ready_is_not_shown(device: Device, person: Agent, account: Account) -> None:
    order = ordered(device)
    with pytest.raises(passwords.NotReady):
        passwords.show(row=order.row, private=order.private, by=person)


def test_a_worker_killed_after_asking_leaves_one_that_is_told(device: Device, person: Agent, account: Account) -> None:
    """Its secret died with it: it is listed as never shown, nothing else is made, and it can be revoked."""
    order = ordered(device)
    account.makes, account.made_all_the_same = KeyboardInterrupt(), True
    with pytest.raises(KeyboardInterrupt):
        making.make(order.row.pk)
    AppPassword.objects.update(holder="", held_until=None, retry_at=None)
    account.makes, account.made_all_the_same = None, False
    assert making.waiting() == [order.row.pk]
    making.make(order.row.pk)
    order.row.refresh_from_db()
    assert (order.row.state, order.row.error_code) == (State.UNSEEN, password_faults.ANSWER_LOST)
    assert account.names == ["Mon iPhone"]
    assert Notice.objects.get(recipient=person).title == "Un mot de passe d’application n’a jamais été affiché"
    assert made(device).row.name == "Mon iPhone (2)"
    passwords.revoke(agent=person, name="Mon iPhone", by=person)
    making.revoke(order.row.pk)
    assert account.names == ["Mon iPhone (2)"]


def test_a_worker_killed_before_zimbra_heard_makes_it_anew(device: Device, account: Account) -> None:
    order = ordered(device)
    account.makes = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        making.make(order.row.pk)
    AppPassword.objects.update(holder="", held_until=None, retry_at=None)
    account.makes = None
    making.make(order.row.pk)
    assert AppPassword.objects.get().state == State.MADE
    assert account.names == ["Mon iPhone"]


@pytest.mark.parametrize("came", [True, False])
def test_a_lost_answer_is_looked_into(device: Device, account: Account, came: bool) -> None:
    order = ordered(device)
    account.makes, account.made_all_the_same = AnswerLost("answer.LOST"), came
    assert making.make(order.row.pk) is not None
    assert AppPassword.objects.get().state == State.ORDERED
    account.makes = None
    making.make(order.row.pk)
    assert AppPassword.objects.get().state == (State.UNSEEN if came else State.MADE)
    assert len(account.names) == 1


def test_zimbra_away_is_waited_for_and_then_given_up(device: Device, account: Account) -> None:
    order = ordered(device)
    account.lists = Unavailable("http.503")
    assert making.make(order.row.pk) is not None
    overdue(order.row)
    assert making.make(order.row.pk) is None
    order.row.refresh_from_db()
    assert (order.row.state, order.row.error_code) == (State.FAILED, password_faults.TOO_LATE)
    assert account.asked == []


def test_one_asked_for_and_overdue_is_not_given_up_unseen(device: Device, account: Account) -> None:
    """Whether it was made has to be known, however late."""
    order = ordered(device)
    account.makes, account.made_all_the_same = AnswerLost("answer.LOST"), True
    making.make(order.row.pk)
    overdue(order.row)
    account.lists = Unavailable("http.503")
    assert making.make(order.row.pk) is not None
    assert AppPassword.objects.get().state == State.ORDERED
    account.lists = None
    making.make(order.row.pk)
    assert AppPassword.objects.get().state == State.UNSEEN


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotOffered("service.UNKNOWN_DOCUMENT"), password_faults.NOT_OFFERED),
        (NotAllowed("account.TWO_FACTOR_SETUP_REQUIRED"), password_faults.NOT_OFFERED),
        (NotAllowed("service.PERM_DENIED"), password_faults.NOT_ALLOWED),
        (NotFound("account.NO_SUCH_ACCOUNT"), password_faults.NO_MAILBOX),
        (Refused("service.FAILURE"), password_faults.REFUSED),
    ],
)
def test_what_zimbra_will_not_do_is_told(device: Device, account: Account, error: ZimbraError, code: str) -> None:
    account.lists = error
    row = made(device).row
    assert (row.state, row.error_code) == (State.FAILED, code)
    assert row.error.startswith(password_faults.sentence(code))
    account.lists = None
    assert made(device).row.state == State.MADE


def test_as_many_as_may_be_is_told_before_asking(device: Device, account: Account) -> None:
    account.names, account.limit = ["a", "b"], 2
    row = made(device).row
    assert (row.state, row.error_code, account.asked) == (State.FAILED, password_faults.LIMIT, [])


def test_one_nobody_looked_at_goes_and_is_told(device: Device, person: Agent, account: Account) -> None:
    order = made(device)
    assert passwords.expire() == 0
    overdue(order.row)
    with pytest.raises(passwords.AlreadyShown):
        passwords.show(row=order.row, private=order.private, by=person)
    assert passwords.expire() == 1
    kept = AppPassword.objects.get()
    assert (kept.state, bytes(kept.sealed), kept.error_code) == (State.UNSEEN, b"", password_faults.NOT_LOOKED_AT)
    assert passwords.expire() == 0
    assert Notice.objects.filter(recipient=person, title__contains="jamais été affiché").count() == 1


def test_one_is_revoked_and_one_made_elsewhere_too(device: Device, person: Agent, account: Account) -> None:
    order = made(device)
    account.names.append("Tablette")
    password_look.look_for(person)
    password_look.look(person.pk)
    for name in ("Mon iPhone", "Tablette"):
        row = passwords.revoke(agent=person, name=name, by=person)
        assert row.state == State.REVOKING
        assert passwords.revoke(agent=person, name=name, by=person) == row
        assert making.revoke(row.pk) is None
    assert account.names == []
    assert set(AppPassword.objects.values_list("state", flat=True)) == {State.REVOKED}
    with pytest.raises(passwords.AlreadyShown):
        passwords.show(row=order.row, private=order.private, by=person)


def test_only_what_is_there_is_revoked_by_its_owner(device: Device, person: Agent, account: Account) -> None:
    made(device)
    with pytest.raises(passwords.Unknown):
        passwords.revoke(agent=person, name="Rien de tel", by=person)
    with pytest.raises(passwords.NotYours):
        passwords.revoke(agent=person, name="Mon iPhone", by=make_agent(is_staff=True))
    stranger = make_moved_agent()
    with pytest.raises(passwords.Unknown):
        passwords.revoke(agent=stranger, name="Mon iPhone", by=stranger)


def test_a_revocation_waits_for_zimbra_and_its_refusal_is_told(device: Device, person: Agent, account: Account) -> None:
    row = made(device).row
    passwords.revoke(agent=person, name=row.name, by=person)
    account.revokes = Unavailable("http.503")
    assert making.revoke(row.pk) is not None
    assert AppPassword.objects.get().state == State.REVOKING
    account.revokes = NotAllowed("service.PERM_DENIED")
    assert making.revoke(row.pk) is None
    row.refresh_from_db()
    assert row.state == State.SHOWN
    assert row.error.startswith("Il n’a pas pu être révoqué.")
    assert Notice.objects.filter(recipient=person, title__contains="n’a pas pu être révoqué").exists()


def test_what_was_revoked_elsewhere_is_noticed(device: Device, person: Agent, account: Account) -> None:
    order = made(device)
    passwords.show(row=order.row, private=order.private, by=person)
    password_look.look_for(person)
    password_look.look(person.pk)
    assert AppPassword.objects.get().state == State.SHOWN
    account.names = []
    password_look.look_for(person, anew=True)
    password_look.look(person.pk)
    assert AppPassword.objects.get().state == State.REVOKED


def test_names_that_were_seen_are_sealed(person: Agent, account: Account) -> None:
    account.names = ["Téléphone de Zoé"]
    password_look.look_for(person)
    password_look.look(person.pk)
    row = password_look.latest(person)
    assert row is not None
    assert "Zoé".encode() not in bytes(row.snapshot)
    seen = password_look.seen(row)
    assert seen is not None
    assert (seen.passwords[0].name, seen.limit) == ("Téléphone de Zoé", 25)


def test_a_look_that_fails_says_why_and_keeps_the_picture(person: Agent, account: Account) -> None:
    account.names = ["Tablette"]
    password_look.look_for(person)
    password_look.look(person.pk)
    account.lists = NotOffered("service.UNKNOWN_DOCUMENT")
    password_look.look_for(person, anew=True)
    password_look.look(person.pk)
    row = password_look.latest(person)
    assert row is not None
    assert row.error_code == password_faults.NOT_OFFERED
    assert password_look.names(person) == {"Tablette"}


def test_the_database_takes_one_order_at_a_time(device: Device, account: Account) -> None:
    ordered(device)
    with pytest.raises(IntegrityError):
        AppPassword.objects.create(agent=device.agent, name="x", until=timezone.now())
