"""Requests for accounts: written to the help desk once, answered, and the place that was kept taken."""

from __future__ import annotations

from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agent, Establishment, JournalEntry, Notice
from boxes import tasks
from boxes.census import account_requests, declaring, states
from boxes.models import AccountRequest, Box, CensusEntry, Delegation, Role
from tests.factories import make_agent, make_box, make_entry, make_establishment, make_moved_agent

pytestmark = pytest.mark.django_db

PERSON = declaring.Person("Luc", "Payet", "Agent d’accueil", "Région Réunion", "0262 00 00 00")


@pytest.fixture
def school() -> Establishment:
    return make_establishment(name="Collège des Flamboyants", city="Saint-Paul")


@pytest.fixture
def head(school: Establishment) -> Agent:
    return make_agent("chef@ac-reunion.fr", establishment=school, function="DIR", given_name="Ève", family_name="Boyer")


@pytest.fixture
def box(school: Establishment) -> Box:
    return make_box(address="loge@ac-reunion.fr", establishment=school)


@pytest.fixture
def entry(box: Box, head: Agent) -> CensusEntry:
    return declaring.add_without_account(box=box, person=PERSON, role=Role.READER, by=head)


@pytest.fixture
def request_(entry: CensusEntry) -> AccountRequest:
    assert entry.request is not None
    return entry.request


def submit(school: Establishment, head: Agent, capture) -> None:
    with capture(execute=True):
        states.submit(establishment=school, by=head)


def test_the_help_desk_is_written_when_the_census_is_submitted(
    school, head, request_, django_capture_on_commit_callbacks
) -> None:
    assert not mail.outbox
    submit(school, head, django_capture_on_commit_callbacks)
    [sent] = mail.outbox
    assert sent.to == ["assistance@ac-reunion.fr"]
    assert sent.reply_to == [head.address]
    for fact in (
        "Payet", "Luc", "Agent d’accueil", "Région Réunion", "0262 00 00 00", "Collège des Flamboyants", school.uai,
        "Saint-Paul", "loge@ac-reunion.fr (membre en lecture seule)", "Ève Boyer", head.address,
    ):  # fmt: skip
        assert fact in sent.body
    request_.refresh_from_db()
    assert request_.state == "sent"
    assert request_.mailed_at
    # Nothing that runs again writes again.
    tasks.mail_account_request(request_.pk)
    tasks.mail_account_requests()
    states.reopen(establishment=school, by=head, reason="Oubli")
    submit(school, head, django_capture_on_commit_callbacks)
    assert len(mail.outbox) == 1


def test_a_mail_server_that_does_not_answer_is_tried_again_by_the_clock(
    school, head, request_, monkeypatch, django_capture_on_commit_callbacks
) -> None:
    def fail(self, messages):
        raise SMTPServerDisconnected

    with monkeypatch.context() as patched:
        patched.setattr(EmailBackend, "send_messages", fail)
        submit(school, head, django_capture_on_commit_callbacks)
    request_.refresh_from_db()
    assert (request_.state, request_.mailed_at) == ("sent", None)
    tasks.mail_account_requests()
    assert len(mail.outbox) == 1
    assert account_requests.waiting() == []


def test_a_request_that_no_box_needs_stays_behind(school, head, box, request_) -> None:
    make_box(establishment=school)
    Box.objects.filter(pk=box.pk).update(is_kept=False)
    states.submit(establishment=school, by=head)
    request_.refresh_from_db()
    assert request_.state == "draft"


def test_a_name_cannot_forge_a_header(school, head, box, django_capture_on_commit_callbacks) -> None:
    person = declaring.Person("Luc\nBcc: tous@ac-reunion.fr", "Payet", "a", "b")
    declaring.add_without_account(box=box, person=person, role=Role.READER, by=head)
    submit(school, head, django_capture_on_commit_callbacks)
    [sent] = mail.outbox
    assert "\n" not in sent.subject
    assert sent.recipients() == ["assistance@ac-reunion.fr"]


def test_the_account_takes_the_place_that_was_kept(head, box, entry, request_) -> None:
    agent = make_agent()
    account_requests.accept(request=request_, agent=agent, by=head)
    entry.refresh_from_db()
    request_.refresh_from_db()
    assert (entry.agent, entry.request, entry.role) == (agent, None, Role.READER)
    assert (request_.state, request_.agent) == ("done", agent)
    told = JournalEntry.objects.first()
    assert (told.action, told.subject) == ("request.done", agent.address)
    with pytest.raises(account_requests.WrongState):
        account_requests.accept(request=request_, agent=make_agent(), by=head)


def test_who_is_entered_already_keeps_the_role(head, box, request_) -> None:
    agent = make_agent()
    make_entry(box, agent, Role.OWNER)
    account_requests.accept(request=request_, agent=agent, by=head)
    assert list(box.entries.values_list("agent", "role")) == [(agent.pk, "owner")]


@pytest.mark.parametrize("moved", [True, False])
def test_where_delegations_govern_the_access_follows(head, box, request_, moved: bool) -> None:
    Box.objects.filter(pk=box.pk).update(transfer_asked_at=timezone.now())
    agent = make_moved_agent() if moved else make_agent()
    account_requests.accept(request=request_, agent=agent, by=head)
    row = Delegation.objects.get(box=box, agent=agent)
    assert (row.role, row.state) == (Role.READER, "active" if moved else "pending")
    box.refresh_from_db()
    assert box.work_asked_at


def test_a_refusal_is_noted_and_may_be_asked_for_once_more(school, head, request_) -> None:
    with pytest.raises(account_requests.WrongState):
        account_requests.refuse(request=request_, answer="Non", by=head)
    states.submit(establishment=school, by=head)
    with pytest.raises(account_requests.NoAnswer):
        account_requests.refuse(request=request_, answer=" \0", by=head)
    account_requests.refuse(request=request_, answer="Pas\nde contrat", by=head)
    request_.refresh_from_db()
    assert (request_.state, request_.answer) == ("refused", "Pas de contrat")
    account_requests.send_again(request=request_, by=head)
    assert account_requests.waiting() == [request_.pk]
    account_requests.mail(request_.pk)
    assert len(mail.outbox) == 1


def test_only_the_head_and_staff_follow_requests(request_) -> None:
    for by in (make_agent(), make_agent(function="DIR", establishment=make_establishment())):
        with pytest.raises(account_requests.NotYours):
            account_requests.accept(request=request_, agent=make_agent(), by=by)
    with pytest.raises(account_requests.NotActive):
        account_requests.accept(request=request_, agent=make_agent(is_active=False), by=make_agent(is_staff=True))


def test_namesakes_of_the_same_place_are_proposed(school, request_, django_assert_num_queries) -> None:
    here = make_agent(given_name="LUC", family_name="PAYET", establishment=school)
    make_agent(given_name="Luc", family_name="Payet", establishment=make_establishment())
    make_agent(given_name="Luc", family_name="Payet", establishment=school, is_active=False)
    make_agent(given_name="Lucie", family_name="Payet", establishment=school)
    with django_assert_num_queries(1):
        assert account_requests.proposals([request_]) == {request_.pk: [here]}
    account_requests.accept(request=request_, agent=here, by=make_agent(is_staff=True))
    request_.refresh_from_db()
    assert account_requests.proposals([request_]) == {}


def test_database_holds_one_request_a_person_and_place(school, request_) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        AccountRequest.objects.create(
            establishment=school, given_name="LUC", family_name="payet", job="a", employer="b"
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        AccountRequest.objects.filter(pk=request_.pk).update(state="done")


def test_whoever_asked_is_told_the_answer_that_staff_noted(school, head, request_) -> None:
    states.submit(establishment=school, by=head)
    staff = make_agent(is_staff=True)
    account_requests.refuse(request=request_, answer="Pas de contrat", by=staff)
    account_requests.send_again(request=request_, by=head)
    account_requests.accept(request=request_, agent=make_agent("compte@ac-reunion.fr"), by=staff)
    refused, done = Notice.objects.filter(recipient=head, kind="request.answered").order_by("pk")
    assert "« Pas de contrat »" in refused.body
    assert "compte@ac-reunion.fr" in done.body
    assert refused.link == done.link == reverse("census_request", args=[school.uai, request_.pk])


def test_whoever_notes_the_answer_or_left_the_school_is_not_told(school, head, request_) -> None:
    states.submit(establishment=school, by=head)
    account_requests.refuse(request=request_, answer="Non", by=head)
    account_requests.send_again(request=request_, by=head)
    type(head).objects.filter(pk=head.pk).update(establishment=make_establishment())
    account_requests.refuse(request=request_, answer="Non", by=make_agent(is_staff=True))
    assert not Notice.objects.filter(kind="request.answered").exists()
