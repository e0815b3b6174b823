"""Jobs that failed, by cause, and tried again: once each, by staff only, whatever happens in between."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Agent, JournalEntry
from bascule import standings
from bascule.models import Deposit, Import, JobRetry, Wave
from bascule.tracking import jobs, retries
from tests.bascule.tracking.test_figures import make_deposit, make_import, make_replay
from tests.factories import give_access, make_agent, make_moved_agent, make_shared_box, make_wave

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.handing_out.hand_out", lambda *args, **kwargs: None)


@pytest.fixture
def wave() -> Wave:
    return make_wave("dsi")


@pytest.fixture
def staff() -> Agent:
    return make_agent(is_staff=True)


def people(count: int) -> list[Agent]:
    found = [make_moved_agent(population="dsi") for _ in range(count)]
    standings.refresh()
    return found


def test_causes_are_told_with_their_number_and_people_of_other_waves_are_left_out(wave: Wave) -> None:
    one, other = people(2)
    stranger = make_moved_agent()
    standings.refresh()
    for agent in (one, other, stranger):
        make_import(agent, "failed", error_code="mail.QUOTA_EXCEEDED", finished_at=timezone.now())
    make_import(one, "failed", error_code="folder_gone")
    make_deposit(one, "unreadable", error_code="reader_stopped")
    make_replay(other, "failed", error_code="strange.CODE")
    make_import(one, "queued", retry_at=timezone.now(), waiting_for="net.a")
    make_import(other, "queued", retry_at=timezone.now(), waiting_for="net.b")
    make_import(other, "queued")
    found = [(group.key, group.count, group.cause.may_retry, group.waits) for group in jobs.groups(wave)]
    assert found == [
        ("import:mail.QUOTA_EXCEEDED", 2, True, False),
        ("deposit:reader_stopped", 1, True, False),
        ("import:folder_gone", 1, False, False),
        ("replay:strange.CODE", 1, True, False),
        ("import-wait:", 2, True, True),
    ]
    assert "strange.CODE" in jobs.groups(wave)[3].cause.reason
    group = jobs.group_of(wave, "import", "mail.QUOTA_EXCEEDED")
    assert group is not None
    assert [jobs.told("import", row).person for row in jobs.listed(wave, group, text=one.full_name)] == [one.full_name]
    assert jobs.group_of(wave, "import", "x") is None
    assert jobs.group_of(wave, "rubbish", "x") is None


def test_one_is_tried_again_once(wave: Wave, staff: Agent) -> None:
    (agent,) = people(1)
    stopped = make_import(agent, "failed", error_code="not_allowed", error="…")
    asked = {"wave": wave, "kind": "import", "code": "not_allowed", "pk": stopped.pk}
    with pytest.raises(retries.NotStaff):
        retries.retry_one(**asked, by=agent)
    retries.retry_one(**asked, by=staff)
    stopped.refresh_from_db()
    assert (stopped.state, stopped.error_code) == ("queued", "")
    entry = JournalEntry.objects.get(action="import.resumed")
    assert (entry.actor, entry.subject) == (staff.address, agent.address)
    with pytest.raises(retries.NothingLeft):
        retries.retry_one(**asked, by=staff)


def test_all_of_a_cause_and_no_other(wave: Wave, staff: Agent) -> None:
    one, other = people(2)
    mine = [make_import(agent, "failed", error_code="not_allowed") for agent in (one, other)]
    make_import(one, "failed", error_code="folder_gone")
    outcome = retries.retry_all(wave=wave, kind="import", code="not_allowed", by=staff)
    assert (outcome.tried, outcome.refused, outcome.row) == (2, 0, None)
    assert set(Import.objects.filter(state="queued")) == set(mine)
    assert JournalEntry.objects.get(action="jobs.retried").details["count"] == 2
    with pytest.raises(retries.CannotHelp, match="autre dossier"):
        retries.retry_all(wave=wave, kind="import", code="folder_gone", by=staff)


@pytest.mark.parametrize(
    ("kind", "code"), [("deposit", "reader_stopped"), ("replay", "no_mailbox"), ("import-wait", "")]
)
def test_every_kind_goes_through_its_own_writer(wave: Wave, staff: Agent, kind: str, code: str) -> None:
    (agent,) = people(1)
    deposit = make_deposit(agent, "unreadable", error_code="reader_stopped", error="…", attempts=3)
    replay = make_replay(agent, "failed", error_code="no_mailbox")
    waiting = make_import(agent, "queued", retry_at=timezone.now(), waiting_for="net.a")
    assert retries.retry_all(wave=wave, kind=kind, code=code, by=staff).tried == 1
    for row in (deposit, replay, waiting):
        row.refresh_from_db()
    assert (deposit.state == Deposit.State.RECEIVED and deposit.attempts == 0) == (kind == "deposit")
    assert (replay.state == "queued") == (kind == "replay")
    assert (waiting.retry_at is None) == (kind == "import-wait")


def test_boxes_of_the_wave_in_trouble(staff: Agent) -> None:
    wave = make_wave("dsi", takes_boxes=True)
    (agent,) = people(1)
    box = make_shared_box((make_moved_agent(population="dsi"), "owner"))
    give_access(box, agent, "member", trouble="mail.QUOTA_EXCEEDED")
    (group,) = jobs.groups(wave)
    assert (group.key, group.count) == ("box:mail.QUOTA_EXCEEDED", 1)
    assert jobs.groups(make_wave("first-degree")) == []
    assert retries.retry_all(wave=wave, kind="box", code=group.code, by=staff).tried == 1
    assert jobs.groups(wave) == []
    box.refresh_from_db()
    assert box.work_asked_at is not None


def test_many_are_work_for_workers_who_may_be_killed(wave: Wave, staff: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "MOST_AT_ONCE", 3)
    monkeypatch.setattr(retries, "SLICE_SECONDS", -1.0)
    for agent in people(5):
        make_import(agent, "failed", error_code="not_allowed")
    asked: dict[str, Any] = {"wave": wave, "kind": "import", "code": "not_allowed", "by": staff}
    row = retries.retry_all(**asked).row
    assert row is not None
    assert (row.total, Import.objects.filter(state="queued").count()) == (5, 0)
    with pytest.raises(retries.AlreadyUnderWay):
        retries.retry_all(**asked)
    late = make_import(make_moved_agent(population="dsi"), "failed", error_code="not_allowed")
    standings.refresh()
    assert retries.waiting() == [row.pk]
    # Killed after a job was tried again and before that was noted.
    assert retries.go_on(row.pk)
    JobRetry.objects.filter(pk=row.pk).update(last=0, tried=0)
    while retries.go_on(row.pk):
        pass
    row.refresh_from_db()
    assert row.finished_at is not None
    assert (row.tried, row.refused, row.percent) == (4, 0, 80)
    assert Import.objects.filter(state="queued").count() == 5
    late.refresh_from_db()
    assert late.state == "failed"
    assert retries.waiting() == []
    assert not retries.go_on(row.pk)
    assert retries.recent(wave) == [row]
