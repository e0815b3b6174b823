from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Agent, JournalEntry, Notice
from boxes import delegations, transfer
from boxes.models import AccountRequest, BoxIdentity, CensusEntry, Delegation, Role
from boxes.transfer import Staying
from tests.factories import (
    give_access,
    make_agent,
    make_box,
    make_entry,
    make_establishment,
    make_moved_agent,
    make_shared_box,
)

pytestmark = pytest.mark.django_db


def make_head(place, *, moved: bool = True, **fields) -> Agent:
    make = make_moved_agent if moved else make_agent
    return make(establishment=place, function=Agent.Function.HEAD, **fields)


def roles(box) -> dict[str, tuple[str, str]]:
    return {row.agent.address: (row.role, row.state) for row in Delegation.objects.filter(box=box)}


def make_request(box, name: str = "Payet") -> CensusEntry:
    request = AccountRequest.objects.create(
        establishment=box.establishment, given_name="Léa", family_name=name, job="Agente", employer="Région"
    )
    return CensusEntry.objects.create(box=box, request=request, role=Role.MEMBER)


def test_start_makes_the_census_delegations() -> None:
    place, staff = make_establishment(), make_agent(is_staff=True)
    head = make_head(place)
    member, reader, waiting = make_moved_agent(), make_moved_agent(), make_agent()
    box = make_box(establishment=place)
    make_entry(box, member)
    make_entry(box, reader, Role.READER)
    make_entry(box, waiting, Role.OWNER)
    make_request(box)
    outcome = transfer.start(boxes=[box], by=staff)
    assert roles(box) == {
        head.address: ("owner", "active"),
        member.address: ("member", "active"),
        reader.address: ("reader", "active"),
        waiting.address: ("owner", "pending"),
    }
    [plan] = outcome.started
    assert (plan.now, plan.pending, plan.without_account) == (3, 1, 1)
    box.refresh_from_db()
    assert box.transfer_asked_at is not None
    assert box.transferred_at is None
    assert box.work_asked_at is not None
    entry = JournalEntry.objects.get(action="box.transfer_started")
    assert (entry.actor, entry.target, entry.details) == (staff.address, f"box:{box.pk}", {"active": 3, "pending": 1})
    assert set(BoxIdentity.objects.values_list("delegation__agent", flat=True)) == {head.pk, member.pk}
    assert Notice.objects.filter(recipient=reader, kind="box.granted").count() == 1


def test_start_makes_a_head_owner_whatever_the_census_says() -> None:
    place = make_establishment()
    head = make_head(place)
    box = make_box(establishment=place)
    make_entry(box, head, Role.READER)
    transfer.start(boxes=[box], by=None)
    assert roles(box) == {head.address: ("owner", "active")}


def test_start_leaves_out_who_has_left() -> None:
    place = make_establishment()
    head = make_head(place)
    make_head(place, is_active=False)
    box = make_box(establishment=place)
    make_entry(box, make_moved_agent(is_active=False), Role.OWNER)
    [plan] = transfer.start(boxes=[box], by=None).started
    assert roles(box) == {head.address: ("owner", "active")}
    assert (plan.now, plan.pending) == (1, 0)


def test_start_without_any_owner_leaves_the_box() -> None:
    place = make_establishment()
    make_head(place, is_active=False)
    box = make_box(establishment=place)
    make_entry(box, make_moved_agent())
    outcome = transfer.start(boxes=[box], by=None)
    [plan] = outcome.left
    assert plan.staying is Staying.NO_OWNER
    assert "propriétaire" in plan.staying.sentence
    box.refresh_from_db()
    assert box.transfer_asked_at is None
    assert not roles(box)
    assert not JournalEntry.objects.filter(action="box.transfer_started").exists()


def test_start_without_establishment_goes_with_a_declared_owner() -> None:
    owner = make_agent()
    box = make_box()
    make_entry(box, owner, Role.OWNER)
    assert len(transfer.start(boxes=[box], by=None).started) == 1
    assert roles(box) == {owner.address: ("owner", "pending")}


def test_start_leaves_a_box_that_nobody_needs() -> None:
    place = make_establishment()
    make_head(place)
    box = make_box(establishment=place, is_kept=False)
    assert [plan.staying for plan in transfer.start(boxes=[box], by=None).plans] == [Staying.NOT_KEPT]
    box.refresh_from_db()
    assert box.transfer_asked_at is None


def test_start_again_only_asks_for_work() -> None:
    place = make_establishment()
    head, second = make_head(place), make_moved_agent()
    box = make_box(establishment=place)
    make_entry(box, second, Role.OWNER)
    make_entry(box, gone := make_moved_agent())
    transfer.start(boxes=[box], by=None)
    box.refresh_from_db()
    asked = box.transfer_asked_at
    delegations.revoke(delegation=Delegation.objects.get(box=box, agent=gone), by=head)
    type(box).objects.update(work_asked_at=None)
    outcome = transfer.start(boxes=[box], by=None)
    assert [plan.box for plan in outcome.again] == [box]
    assert outcome.started == []
    box.refresh_from_db()
    assert box.transfer_asked_at == asked
    assert box.work_asked_at is not None
    assert roles(box)[gone.address][1] == "removed"
    assert JournalEntry.objects.filter(action="box.transfer_started").count() == 1


def test_start_cut_short_leaves_whole_boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    place = make_establishment()
    make_head(place)
    boxes = [make_box(establishment=place) for _ in range(3)]
    plan, made = delegations.plan, []

    def dying(**values):
        if len(made) == 1:
            raise SystemExit
        made.append(plan(**values))
        return made[-1]

    monkeypatch.setattr(delegations, "plan", dying)
    with pytest.raises(SystemExit):
        transfer.start(boxes=boxes, by=None)
    monkeypatch.undo()
    for box in boxes:
        box.refresh_from_db()
    assert [box.is_shared for box in boxes] == [True, False, False]
    assert Delegation.objects.count() == 1
    outcome = transfer.start(boxes=boxes, by=None)
    assert [plan.again for plan in outcome.plans] == [True, False, False]
    assert Delegation.objects.count() == 3


def test_preview_says_what_start_does_and_writes_nothing() -> None:
    place = make_establishment()
    make_head(place)
    goes, unneeded, orphan = make_box(establishment=place), make_box(establishment=place, is_kept=False), make_box()
    make_entry(goes, make_agent())
    shared = make_shared_box((make_moved_agent(), Role.OWNER))
    boxes = [goes, unneeded, orphan, shared]
    before = transfer.preview(boxes)
    assert Delegation.objects.filter(box=goes).count() == 0
    told = [(plan.now, plan.pending, plan.staying, plan.again) for plan in before]
    assert told == [
        (1, 1, None, False),
        (1, 0, Staying.NOT_KEPT, False),
        (0, 0, Staying.NO_OWNER, False),
        (0, 0, None, True),
    ]
    after = transfer.start(boxes=boxes, by=None).plans
    assert [(plan.now, plan.pending, plan.staying, plan.again) for plan in after] == told


def test_summary_counts_persons() -> None:
    place = make_establishment()
    owner = make_moved_agent(family_name="Abel")
    box = make_shared_box((owner, Role.OWNER), in_zimbra=False, establishment=place)
    Delegation.objects.update(applied_role=Role.OWNER, mount_id="257")
    give_access(box, make_moved_agent())  # nothing done yet
    give_access(box, make_moved_agent(), applied_role=Role.MEMBER)  # shown, but not mounted yet
    give_access(box, make_moved_agent(), applied_role=Role.MEMBER, hidden=True)
    give_access(box, make_moved_agent(), Role.READER, applied_role=Role.MEMBER, mount_id="258")
    give_access(box, make_agent(), Role.OWNER)
    give_access(box, make_moved_agent(), trouble="account.NO_SUCH_ACCOUNT")
    make_request(box)
    [found] = transfer.summary([box])
    assert found.owners[0] == owner
    assert len(found.owners) == 2
    assert (found.in_place, found.under_way, found.pending, found.in_trouble) == (2, 3, 1, 1)
    assert found.without_account == 1
    assert found.codes == ("account.NO_SUCH_ACCOUNT",)
    assert not found.is_done


def test_summary_takes_an_identity_that_zimbra_refuses_for_trouble() -> None:
    box = make_shared_box((make_moved_agent(), Role.OWNER))
    row = Delegation.objects.get()
    Delegation.objects.update(applied_role=Role.OWNER, mount_id="257")
    BoxIdentity.objects.create(delegation=row, name="Accueil", trouble="identity.TOO_MANY")
    [found] = transfer.summary([box])
    assert (found.in_place, found.under_way, found.in_trouble) == (0, 0, 1)


def test_summary_of_a_quiet_box_is_done() -> None:
    box = make_shared_box((make_moved_agent(), Role.OWNER))
    Delegation.objects.update(applied_role=Role.OWNER, mount_id="257")
    give_access(box, make_agent())
    [found] = transfer.summary([box])
    assert found.is_done
    assert found.made_at == box.transferred_at


def test_summary_and_preview_ask_as_much_for_many_as_for_one() -> None:
    place = make_establishment()
    make_head(place)

    def cost(boxes, function) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            function(boxes)
        return len(queries)

    boxes = [make_box(establishment=place) for _ in range(12)]
    for box in boxes:
        make_entry(box, make_agent())
        make_request(box, name=f"Payet {box.pk}")
    assert cost(boxes, transfer.preview) == cost(boxes[:1], transfer.preview) <= 4
    transfer.start(boxes=boxes, by=None)
    assert cost(boxes, transfer.summary) == cost(boxes[:1], transfer.summary) <= 5


def test_start_costs_the_same_for_one_person_and_for_forty() -> None:
    place = make_establishment()
    make_head(place)
    few, many = make_box(establishment=place), make_box(establishment=place)
    make_entry(few, make_moved_agent())
    make_entry(few, make_agent())
    for _ in range(20):
        make_entry(many, make_moved_agent())
        make_entry(many, make_agent())

    def cost(box) -> int:
        with CaptureQueriesContext(connection) as queries:
            transfer.start(boxes=[box], by=None)
        return len(queries)

    assert cost(few) == cost(many) <= 22
