from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import JournalEntry, Notice
from bascule import moves
from boxes.models import Box, Delegation, Role
from tests.factories import give_access, make_agent, make_moved_agent, make_shared_box

pytestmark = pytest.mark.django_db


def test_mark_migrated_notes_the_move_and_opens_the_boxes_that_waited() -> None:
    staff, agent, other = make_agent(is_staff=True), make_agent(), make_agent()
    box = make_shared_box((make_moved_agent(), Role.OWNER))
    row, untouched = give_access(box, agent), give_access(box, other)
    assert moves.mark_migrated(agents=[agent], by=staff) == 1
    agent.refresh_from_db()
    row.refresh_from_db()
    untouched.refresh_from_db()
    assert agent.has_migrated
    assert row.is_active
    assert row.identities.filter(is_default=True).exists()
    assert untouched.is_pending
    assert Box.objects.get(pk=box.pk).work_asked_at is not None
    assert Notice.objects.filter(recipient=agent, kind="box.granted").count() == 1
    entry = JournalEntry.objects.get(action="agent.migrated")
    assert (entry.actor, entry.subject) == (staff.address, agent.address)


def test_mark_migrated_again_keeps_the_day() -> None:
    agent = make_agent()
    at = timezone.now() - timedelta(days=3)
    assert moves.mark_migrated(agents=[agent], by=None, at=at) == 1
    assert moves.mark_migrated(agents=[agent], by=None) == 0
    agent.refresh_from_db()
    assert agent.migrated_at == at
    assert JournalEntry.objects.filter(action="agent.migrated").count() == 1


def test_mark_migrated_again_gives_what_a_killed_worker_left() -> None:
    agent = make_moved_agent()
    box = make_shared_box((make_moved_agent(), Role.OWNER))
    row = give_access(box, agent, state=Delegation.State.PENDING, active_since=None)
    assert moves.mark_migrated(agents=[agent], by=None) == 0
    row.refresh_from_db()
    assert row.is_active


def test_mark_not_migrated_takes_the_note_back_and_leaves_the_accesses() -> None:
    staff, agent = make_agent(is_staff=True), make_agent()
    box = make_shared_box((make_moved_agent(), Role.OWNER))
    row = give_access(box, agent)
    moves.mark_migrated(agents=[agent], by=staff)
    assert moves.mark_not_migrated(agents=[agent, make_agent()], by=staff) == 1
    agent.refresh_from_db()
    row.refresh_from_db()
    assert not agent.has_migrated
    assert row.is_active
    assert JournalEntry.objects.get(action="agent.not_migrated").subject == agent.address


def test_told_once_in_the_transaction_of_the_note() -> None:
    staff, agent, moved = make_agent(is_staff=True), make_agent(), make_moved_agent()
    for _ in range(2):
        moves.mark_migrated(agents=[agent, moved], by=staff, tell=True)
    assert [one.recipient for one in Notice.objects.filter(kind="agent.migrated")] == [agent]
    for _ in range(2):
        moves.mark_not_migrated(agents=[agent], by=staff, tell=True)
    assert Notice.objects.get(kind="agent.not_migrated").mail_state == Notice.Mail.WAITING
