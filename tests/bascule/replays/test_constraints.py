"""What holds in the database, whoever writes."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Agent
from bascule.models import DistributionList, Replay, SettingsLook
from bascule.replays import confirm
from tests.bascule.replays.made_up import Mailbox, advance, begin, once
from zimbra.errors import Refused

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", ["queued", "running", "undoing"])
def test_one_live_replay_of_a_kind(box: Mailbox, person: Agent, state: str) -> None:
    begin(person)
    with pytest.raises(confirm.AlreadyUnderWay):
        begin(person)
    with pytest.raises(IntegrityError), transaction.atomic():
        Replay.objects.create(agent=person, kind="filters", state=state, plan=b"")
    for other in ("done", "undone", "failed"):
        Replay.objects.create(agent=person, kind="filters", state=other, plan=b"")
    begin(person, kind="signature")


def test_retry_beside_a_newer_one_is_refused(box: Mailbox, person: Agent) -> None:
    once(box, "do a", Refused("service.FAILURE"))
    old = begin(person)
    advance(old)
    begin(person)
    with pytest.raises(confirm.AlreadyUnderWay):
        confirm.try_again(replay=old, by=person)
    with pytest.raises(confirm.AlreadyUnderWay):
        confirm.undo(replay=old, by=person)


def test_lists_beside_each_other_but_one_replay_of_each(box: Mailbox, person: Agent) -> None:
    one, two = (
        DistributionList.objects.create(agent=person, address=f"{name}@ac-reunion.fr", contents=b"")
        for name in ("parents", "conseil")
    )
    begin(person, ["a"], kind="list", of_list=one)
    begin(person, ["b"], kind="list", of_list=two)
    with pytest.raises(confirm.AlreadyUnderWay):
        begin(person, ["c"], kind="list", of_list=one)


def test_one_list_of_an_address(person: Agent) -> None:
    DistributionList.objects.create(agent=person, address="parents@ac-reunion.fr", contents=b"")
    with pytest.raises(IntegrityError), transaction.atomic():
        DistributionList.objects.create(agent=person, address="parents@ac-reunion.fr", contents=b"")


def test_one_look_of_a_person(person: Agent) -> None:
    SettingsLook.objects.create(agent=person, asked_at=timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        SettingsLook.objects.create(agent=person, asked_at=timezone.now())
