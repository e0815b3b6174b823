"""Everybody of a wave, by the portal's own access, on two real servers."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bascule.mailbox_check import engine, wave_runs
from bascule.mailbox_check.errors import NotConfigured, NotStaff, UnderWay
from bascule.models import MailboxCensus, MailboxComparison, MailboxSide, Standing, Wave
from bascule.tasks import carry_mailbox_run
from tests.bascule.mailbox_check.conftest import Person
from tests.dovecot import MASTER, MASTER_PASSWORD, Message
from tests.factories import make_agent, make_moved_agent, make_wave

pytestmark = pytest.mark.processes


@pytest.fixture
def wave(person: Person, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Wave:
    for side in ("OLD", "NEW"):
        setattr(settings, f"{side}_IMAP_MASTER", MASTER)
        setattr(settings, f"{side}_IMAP_MASTER_PASSWORD", MASTER_PASSWORD)
        setattr(settings, f"{side}_IMAP_MASTER_FORM", "{login}*{master}")
    monkeypatch.setattr("bascule.mailbox_check.engine.hand_out", lambda task, pk: None)
    monkeypatch.setattr(carry_mailbox_run, "apply_async", lambda *args, **kwargs: None)
    made = make_wave("first-degree")
    people = [person.agent, make_moved_agent(), make_agent()]
    for place, agent in enumerate(people):
        values = {"wave": made, "population": agent.population, "migrated_at": agent.migrated_at}
        Standing.objects.update_or_create(agent=agent, defaults={**values, "changed_at": timezone.now()})
        person.old.plant(agent.address, {"INBOX": [Message(number) for number in range(4)]})
        person.new.plant(agent.address, {"INBOX": [Message(number) for number in range(4 - place)]})
    return made


def worked(run_id: int) -> None:
    wave_runs.advance(run_id)
    for _ in range(20):
        for census_id in engine.waiting():
            engine.carry(census_id)
    wave_runs.advance(run_id)


def test_a_wave_is_counted_then_compared_and_the_incomplete_are_listed(wave: Wave, client: Client) -> None:
    staff = make_agent(is_staff=True)
    run = wave_runs.start(wave=wave, side=MailboxSide.OLD, by=staff)
    with pytest.raises(UnderWay):
        wave_runs.start(wave=wave, side=MailboxSide.OLD, by=staff)
    worked(run.pk)
    run.refresh_from_db()
    assert (run.state, run.people, run.people_done, run.people_failed) == ("done", 3, 3, 0)
    run = wave_runs.start(wave=wave, side=MailboxSide.NEW, by=staff)
    worked(run.pk)
    run.refresh_from_db()
    # Who has not moved has nothing to compare yet.
    assert (run.state, run.people, run.people_done) == ("done", 2, 2)
    assert wave_runs.counts(wave) == wave_runs.Counts(3, 2, 1)
    (row,) = wave_runs.incomplete(wave)
    assert row.lost == 1
    client.force_login(staff)
    page = client.get(reverse("wave_mailboxes", args=[wave.pk])).content.decode()
    assert row.agent.address in page
    csv = b"".join(client.get(reverse("wave_mailboxes", args=[wave.pk]), {"format": "csv"})).decode()
    assert csv.count(row.agent.address) == 1
    assert len(csv.splitlines()) == 2
    other = client.get(reverse("wave_mailboxes", args=[wave.pk]), {"recherche": "personne-de-ce-nom"})
    assert row.agent.address not in other.content.decode()


def test_a_run_is_stopped(wave: Wave, client: Client) -> None:
    staff = make_agent(is_staff=True)
    client.force_login(staff)
    client.post(reverse("wave_mailboxes_start", args=[wave.pk]), {"cote": "old"})
    run = wave_runs.latest(wave, MailboxSide.OLD)
    assert run is not None
    wave_runs.advance(run.pk)
    assert MailboxCensus.objects.count() == 3
    client.post(reverse("wave_mailboxes_stop", args=[wave.pk]), {"essai": run.pk})
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert not MailboxCensus.objects.exists()
    worked(run.pk)
    assert not MailboxComparison.objects.exists()
    assert client.post(reverse("wave_mailboxes_start", args=[wave.pk]), {"cote": "x"}).status_code == 404


def test_who_may_and_where(wave: Wave, settings: Any) -> None:
    with pytest.raises(NotStaff):
        wave_runs.start(wave=wave, side=MailboxSide.OLD, by=make_agent())
    settings.OLD_IMAP_MASTER = ""
    with pytest.raises(NotConfigured):
        wave_runs.start(wave=wave, side=MailboxSide.OLD, by=make_agent(is_staff=True))
