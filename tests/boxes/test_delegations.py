"""Who may do what to the delegations of a box, what is written, and who is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.core import mail
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agent, JournalEntry, Notice
from accounts.sentences import sentence
from boxes import delegations
from boxes.models import Box, BoxIdentity, Delegation, Role
from tests.factories import give_access, make_agent, make_box, make_establishment, make_moved_agent, make_shared_box

pytestmark = pytest.mark.django_db


@dataclass
class Cast:
    """A box with one person of each kind, and somebody whom they act upon."""

    box: Box
    owner: Agent
    member: Agent
    reader: Agent
    stranger: Agent
    head: Agent
    staff: Agent

    def delegation(self, name: str) -> Delegation:
        return Delegation.objects.get(box=self.box, agent=getattr(self, name))


@pytest.fixture
def cast() -> Cast:
    place = make_establishment()
    owner, member, reader, stranger = (make_moved_agent() for _ in range(4))
    box = make_shared_box(
        (owner, Role.OWNER), (member, Role.MEMBER), (reader, Role.READER), establishment=place, in_zimbra=True
    )
    head = make_moved_agent(establishment=place, function=Agent.Function.HEAD)
    return Cast(box, owner, member, reader, stranger, head, make_moved_agent(is_staff=True))


def rows(box: Box) -> dict[int, tuple[str, str]]:
    return {one.agent_id: (one.role, one.state) for one in box.delegations.all()}


def told(kind: str) -> list[Agent]:
    return [notice.recipient for notice in Notice.objects.filter(kind=kind, mail_state__in=["waiting", "sent"])]


def the_entry() -> JournalEntry:
    return JournalEntry.objects.get()


GRANT = ("grant", lambda cast, by: delegations.grant(box=cast.box, agent=make_moved_agent(), role=Role.MEMBER, by=by))
CHANGE = (
    "change",
    lambda cast, by: delegations.change_role(delegation=cast.delegation("reader"), role=Role.MEMBER, by=by),
)
REVOKE = ("revoke", lambda cast, by: delegations.revoke(delegation=make_victim(cast), by=by))
LEAVE = ("leave", lambda cast, by: delegations.give_up(delegation=make_victim(cast), by=by))
HIDE = ("hide", lambda cast, by: delegations.hide(delegation=make_victim(cast), by=by))
SHOW = ("show", lambda cast, by: delegations.show(delegation=make_victim(cast), by=by))
APPOINT = ("appoint", lambda cast, by: delegations.appoint_owner(box=cast.box, agent=make_moved_agent(), by=by))
RETRY = ("retry", lambda cast, by: delegations.retry(box=cast.box, by=by))


def make_victim(cast: Cast) -> Delegation:
    return give_access(cast.box, make_moved_agent())


@pytest.mark.parametrize("who", ["owner", "member", "reader", "stranger", "head", "staff"])
@pytest.mark.parametrize(
    ("action", "act", "allowed"),
    [
        (*GRANT, {"owner"}),
        (*CHANGE, {"owner"}),
        (*REVOKE, {"owner"}),
        (*LEAVE, set()),
        (*HIDE, set()),
        (*SHOW, set()),
        (*APPOINT, {"staff"}),
        (*RETRY, {"owner", "staff"}),
    ],
)
def test_only_those_whom_it_is_for_may_act(
    cast: Cast, who: str, action: str, act: Callable[[Cast, Agent], object], allowed: set[str]
) -> None:
    by = getattr(cast, who)
    if who in allowed:
        act(cast, by)
        assert JournalEntry.objects.filter(actor=by.address).count() == 1
        return
    with pytest.raises(delegations.NotOwner):
        act(cast, by)
    assert not JournalEntry.objects.exists()
    assert not Notice.objects.exists()
    cast.box.refresh_from_db()
    assert cast.box.work_asked_at is None


@pytest.mark.parametrize("who", ["owner", "member", "reader"])
def test_everybody_with_access_may_hide_and_show_it(cast: Cast, who: str) -> None:
    person = getattr(cast, who)
    delegations.hide(delegation=cast.delegation(who), by=person)
    assert cast.delegation(who).hidden
    delegations.hide(delegation=cast.delegation(who), by=person)
    delegations.show(delegation=cast.delegation(who), by=person)
    assert not cast.delegation(who).hidden
    assert sorted(JournalEntry.objects.values_list("action", flat=True)) == ["box.hidden", "box.shown"]
    assert not Notice.objects.exists()
    cast.box.refresh_from_db()
    assert cast.box.work_asked_at


def test_grant_gives_access_and_tells_the_person_once(cast: Cast, django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        row = delegations.grant(box=cast.box, agent=cast.stranger, role=Role.READER, by=cast.owner)
    assert (row.role, row.state, row.granted_by, row.hidden) == (Role.READER, "active", cast.owner, False)
    assert row.active_since
    assert not row.identities.exists()
    [notice] = Notice.objects.all()
    assert (notice.recipient, notice.kind, notice.mail_state) == (cast.stranger, "box.granted", "waiting")
    assert f"{cast.owner.full_name} vous donne accès à la boîte {cast.box.address}" in notice.body
    assert "membre en lecture seule" in notice.body
    assert f"a donné à {cast.stranger.full_name} accès" in sentence(the_entry())
    assert len(callbacks) == 2  # the mail, and the work in Zimbra
    cast.box.refresh_from_db()
    assert cast.box.work_asked_at


def test_mail_about_an_access_leads_to_a_page_that_opens(
    cast: Cast, settings, django_capture_on_commit_callbacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("boxes.sync.engine.advance", lambda box_id: None)
    with django_capture_on_commit_callbacks(execute=True):
        delegations.grant(box=cast.box, agent=cast.stranger, role=Role.MEMBER, by=cast.owner)
        delegations.revoke(delegation=cast.delegation("reader"), by=cast.owner)
        delegations.change_role(delegation=cast.delegation("member"), role=Role.READER, by=cast.owner)
        delegations.give_up(delegation=cast.delegation("member"), by=cast.member)
    assert sorted(to for message in mail.outbox for to in message.to) == sorted(
        [cast.stranger.address, cast.reader.address, cast.member.address, cast.owner.address]
    )
    for notice in Notice.objects.exclude(kind="box.role_changed"):
        browser = Client()
        browser.force_login(notice.recipient)
        assert browser.get(notice.link).status_code == 200
    assert Notice.objects.get(kind="box.revoked").link == reverse("boxes")


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, delegations.NotMigrated),
        ({"migrated_at": timezone.now(), "is_active": False}, delegations.NotActive),
    ],
)
def test_access_is_for_people_of_the_directory_who_have_moved(
    cast: Cast, fields: dict[str, object], error: type[Exception]
) -> None:
    person = make_agent(**fields)
    with pytest.raises(error):
        delegations.grant(box=cast.box, agent=person, role=Role.MEMBER, by=cast.owner)
    with pytest.raises(error):
        delegations.appoint_owner(box=cast.box, agent=person, by=cast.staff)
    assert person.pk not in rows(cast.box)


def test_person_is_looked_up_again_under_the_lock(cast: Cast) -> None:
    Agent.objects.filter(pk=cast.stranger.pk).update(is_active=False)
    with pytest.raises(delegations.NotActive):
        delegations.grant(box=cast.box, agent=cast.stranger, role=Role.MEMBER, by=cast.owner)
    Agent.objects.filter(pk=cast.staff.pk).update(is_staff=False)
    with pytest.raises(delegations.NotOwner):
        delegations.appoint_owner(box=cast.box, agent=cast.head, by=cast.staff)


def test_access_is_given_once(cast: Cast) -> None:
    for name in ("owner", "member", "reader"):
        with pytest.raises(delegations.AlreadyThere):
            delegations.grant(box=cast.box, agent=getattr(cast, name), role=Role.OWNER, by=cast.owner)
    assert rows(cast.box)[cast.reader.pk] == ("reader", "active")


def test_before_its_transfer_a_box_has_no_delegations() -> None:
    owner, box = make_moved_agent(), make_box()
    row = Delegation.objects.create(box=box, agent=owner, role=Role.OWNER)
    for act in (
        lambda: delegations.grant(box=box, agent=make_moved_agent(), role=Role.MEMBER, by=owner),
        lambda: delegations.appoint_owner(box=box, agent=owner, by=make_agent(is_staff=True)),
        lambda: delegations.change_role(delegation=row, role=Role.MEMBER, by=owner),
        lambda: delegations.revoke(delegation=row, by=owner),
        lambda: delegations.give_up(delegation=row, by=owner),
        lambda: delegations.hide(delegation=row, by=owner),
        lambda: delegations.retry(box=box, by=owner),
    ):
        with pytest.raises(delegations.NotShared):
            act()


def test_role_changes_with_its_identity_and_one_notice(cast: Cast) -> None:
    delegations.change_role(delegation=cast.delegation("reader"), role=Role.MEMBER, by=cast.owner)
    row = cast.delegation("reader")
    assert row.role == Role.MEMBER
    assert row.identities.get().is_default
    [notice] = Notice.objects.all()
    assert notice.recipient == cast.reader
    assert "membre en lecture seule auparavant, membre désormais" in notice.body
    assert "(membre en lecture seule → membre)" in sentence(the_entry())
    delegations.change_role(delegation=row, role=Role.MEMBER, by=cast.owner)
    assert Notice.objects.count() == JournalEntry.objects.count() == 1
    delegations.change_role(delegation=row, role=Role.READER, by=cast.owner)
    assert not row.identities.filter(removed=False).exists()


def test_revoked_person_loses_identities_and_may_come_back(cast: Cast) -> None:
    row = cast.delegation("member")
    BoxIdentity.objects.create(delegation=row, name="Permanence")
    row.hidden, row.trouble = True, "account.NO_SUCH_ACCOUNT"
    row.save()
    delegations.revoke(delegation=row, by=cast.owner)
    row.refresh_from_db()
    assert (row.state, row.trouble, row.applied_role) == ("removed", "", "member")
    assert not row.identities.filter(removed=False).exists()
    assert told("box.revoked") == [cast.member]
    with pytest.raises(delegations.Gone):
        delegations.revoke(delegation=row, by=cast.owner)
    again = delegations.grant(box=cast.box, agent=cast.member, role=Role.READER, by=cast.owner)
    assert again.pk == row.pk
    assert (again.state, again.role, again.hidden, again.applied_role) == ("active", "reader", False, "member")


def test_owner_leaves_instead_of_being_revoked_by_oneself(cast: Cast) -> None:
    give_access(cast.box, cast.head, Role.OWNER)
    with pytest.raises(delegations.Yourself):
        delegations.revoke(delegation=cast.delegation("owner"), by=cast.owner)
    delegations.give_up(delegation=cast.delegation("owner"), by=cast.owner)
    assert told("box.left") == [cast.head]


def test_owners_are_told_who_left_and_nobody_else(cast: Cast) -> None:
    give_access(cast.box, cast.head, Role.OWNER)
    give_access(cast.box, make_moved_agent(is_active=False), Role.OWNER)
    give_access(cast.box, make_agent(), Role.OWNER)
    delegations.give_up(delegation=cast.delegation("reader"), by=cast.reader)
    assert sorted(one.pk for one in told("box.left")) == sorted([cast.owner.pk, cast.head.pk])
    assert Notice.objects.count() == 2
    assert the_entry().actor == cast.reader.address


def test_last_owner_stays(cast: Cast) -> None:
    row = cast.delegation("owner")
    assert delegations.is_last_owner(row)
    assert not delegations.is_last_owner(cast.delegation("member"))
    with pytest.raises(delegations.LastOwner):
        delegations.give_up(delegation=row, by=cast.owner)
    with pytest.raises(delegations.LastOwner):
        delegations.change_role(delegation=row, role=Role.MEMBER, by=cast.owner)
    assert rows(cast.box)[cast.owner.pk] == ("owner", "active")
    assert not JournalEntry.objects.exists()


@pytest.mark.parametrize("other", [{"migrated_at": None}, {"is_active": False}])
def test_owner_who_cannot_act_does_not_let_the_last_one_go(cast: Cast, other: dict[str, object]) -> None:
    give_access(cast.box, make_agent(**({"migrated_at": timezone.now()} | other)), Role.OWNER)
    with pytest.raises(delegations.LastOwner):
        delegations.give_up(delegation=cast.delegation("owner"), by=cast.owner)
    with pytest.raises(delegations.LastOwner):
        delegations.change_role(delegation=cast.delegation("owner"), role=Role.READER, by=cast.owner)


@pytest.mark.parametrize("fields", [{"migrated_at": None}, {"is_active": False}])
def test_acting_owner_removes_those_who_cannot_act(cast: Cast, fields: dict[str, object]) -> None:
    person = make_agent(**({"migrated_at": timezone.now()} | fields))
    delegations.revoke(delegation=give_access(cast.box, person, Role.OWNER), by=cast.owner)
    assert rows(cast.box)[person.pk] == ("owner", "removed")


def test_only_pending_owner_of_a_box_stays() -> None:
    person = make_agent()
    box = make_shared_box((person, Role.OWNER))
    with pytest.raises(delegations.LastOwner):
        delegations.give_up(delegation=box.delegations.get(), by=person)
    give_access(box, make_agent(), Role.OWNER)
    delegations.give_up(delegation=box.delegations.get(agent=person), by=person)
    assert rows(box)[person.pk] == ("owner", "removed")


def test_owner_who_left_the_directory_manages_nothing(cast: Cast) -> None:
    Agent.objects.filter(pk=cast.owner.pk).update(is_active=False)
    with pytest.raises(delegations.NotOwner):
        delegations.grant(box=cast.box, agent=cast.stranger, role=Role.MEMBER, by=cast.owner)


def test_pending_owner_manages_nothing(cast: Cast) -> None:
    person = make_agent()
    row = give_access(cast.box, person, Role.OWNER)
    with pytest.raises(delegations.NotOwner):
        delegations.grant(box=cast.box, agent=cast.stranger, role=Role.MEMBER, by=person)
    with pytest.raises(delegations.NotMigrated):
        delegations.hide(delegation=row, by=person)


def test_pending_access_is_changed_and_cancelled_in_words_of_its_own(cast: Cast) -> None:
    person = make_agent()
    row = give_access(cast.box, person)
    delegations.change_role(delegation=row, role=Role.READER, by=cast.owner)
    delegations.revoke(delegation=row, by=cast.owner)
    changed, cancelled = Notice.objects.order_by("pk")
    assert changed.link == cancelled.link == reverse("boxes")
    assert "dès que votre messagerie est transférée" in changed.body
    assert "L’accès prévu" in cancelled.title
    assert "disparaît" not in cancelled.body
    assert not BoxIdentity.objects.exists()
    assert "a annulé l’accès prévu pour" in sentence(JournalEntry.objects.order_by("pk").last())


def test_staff_appoint_whoever_there_is(cast: Cast) -> None:
    waiting = make_agent()
    give_access(cast.box, waiting, Role.OWNER)
    Agent.objects.filter(pk=waiting.pk).update(migrated_at=timezone.now())
    for person in (cast.stranger, cast.reader, waiting):
        row = delegations.appoint_owner(box=cast.box, agent=person, by=cast.staff)
        assert (row.role, row.state) == (Role.OWNER, "active")
        assert row.active_since
        assert row.identities.get().is_default
        with pytest.raises(delegations.AlreadyThere):
            delegations.appoint_owner(box=cast.box, agent=person, by=cast.staff)
    assert [notice.recipient for notice in Notice.objects.order_by("pk")] == [cast.stranger, cast.reader, waiting]
    assert set(JournalEntry.objects.values_list("action", flat=True)) == {"box.owner_appointed"}


def test_plan_gives_now_or_later_and_tells_everybody_once() -> None:
    box = make_shared_box()
    moved, waiting, head, left = make_moved_agent(), make_agent(), make_moved_agent(), make_moved_agent(is_active=False)
    entries = [
        (moved, Role.READER),
        (waiting, Role.MEMBER),
        (head, Role.MEMBER),
        (head, Role.OWNER),
        (left, Role.OWNER),
    ]
    with transaction.atomic():
        assert delegations.plan(box=box, entries=entries, by=None) == (2, 1)
        assert delegations.plan(box=box, entries=entries, by=None) == (0, 0)
    assert rows(box) == {
        moved.pk: ("reader", "active"),
        waiting.pk: ("member", "pending"),
        head.pk: ("owner", "active"),
    }
    assert sorted(one.pk for one in told("box.granted")) == sorted([moved.pk, head.pk])
    assert told("box.pending") == [waiting]
    assert Notice.objects.count() == JournalEntry.objects.count() == 3
    assert BoxIdentity.objects.get().delegation.agent == head


def test_plan_leaves_what_owners_decided_but_makes_owners() -> None:
    member, gone = make_moved_agent(), make_agent()
    box = make_shared_box((member, Role.READER), (gone, Role.MEMBER))
    Delegation.objects.filter(agent=gone).update(state="removed", hidden=True, trouble="x")
    with transaction.atomic():
        done = delegations.plan(
            box=box, entries=[(member, Role.MEMBER), (member, Role.OWNER), (gone, Role.READER)], by=None
        )
    assert done == (0, 1)
    assert rows(box) == {member.pk: ("owner", "active"), gone.pk: ("reader", "pending")}
    assert told("box.role_changed") == [member]
    assert told("box.pending") == [gone]
    assert Delegation.objects.get(agent=gone).trouble == ""


def test_pending_access_opens_with_the_move(cast: Cast) -> None:
    person, other, left = make_agent(), make_agent(), make_agent(is_active=False)
    for one in (person, other, left):
        give_access(cast.box, one)
    assert delegations.grant_pending() == 0
    Agent.objects.filter(pk__in=[person.pk, other.pk, left.pk]).update(migrated_at=timezone.now())
    assert delegations.grant_pending([person]) == 1
    assert rows(cast.box)[person.pk] == ("member", "active")
    assert rows(cast.box)[other.pk] == ("member", "pending")
    assert delegations.grant_pending() == 1
    assert delegations.grant_pending() == 0
    assert rows(cast.box)[left.pk] == ("member", "pending")
    assert {one.pk for one in told("box.granted")} == {person.pk, other.pk}
    entry = JournalEntry.objects.order_by("pk").first()
    assert entry.actor == ""
    assert sentence(entry).startswith(f"a ouvert à {person.full_name}, après son transfert, l’accès prévu")
    cast.box.refresh_from_db()
    assert cast.box.work_asked_at


def test_retry_clears_what_stood_in_the_way(cast: Cast) -> None:
    row = cast.delegation("member")
    row.trouble = "account.NO_SUCH_ACCOUNT"
    row.save()
    BoxIdentity.objects.create(delegation=row, name="Permanence", trouble="account.TOO_MANY_IDENTITIES")
    delegations.retry(box=cast.box, by=cast.staff)
    row.refresh_from_db()
    assert row.trouble == row.identities.get().trouble == ""
    cast.box.refresh_from_db()
    assert cast.box.work_asked_at


def test_nothing_is_told_of_a_change_that_failed(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(box: Box) -> None:
        raise RuntimeError

    monkeypatch.setattr("boxes.work.ask", broken)
    with pytest.raises(RuntimeError):
        delegations.revoke(delegation=cast.delegation("member"), by=cast.owner)
    assert rows(cast.box)[cast.member.pk] == ("member", "active")
    assert not JournalEntry.objects.exists()
    assert not Notice.objects.exists()
