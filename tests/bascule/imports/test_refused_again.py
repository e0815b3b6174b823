"""Items that Zimbra refused, sent once more on the person's wish."""

from __future__ import annotations

import pytest

from accounts.models import Agent
from bascule.imports import confirm
from bascule.imports.states import WrongState
from bascule.models import Deposit, Import
from tests.bascule.imports.collections import carry, contact, make_collection, start, states
from tests.simulated import Simulated
from zimbra.client import ZimbraClient

pytestmark = pytest.mark.django_db


def with_one_refused(agent: Agent, door: Simulated) -> Import:
    with door.disturbed(refuse={"k": 5}):
        return carry(start(make_collection(agent, [contact(n) for n in range(9)])))


def test_only_the_refused_are_sent_again_and_all_are_compared(
    agent: Agent, mailbox: ZimbraClient, door: Simulated
) -> None:
    parent = with_one_refused(agent, door)
    assert states(parent) == {"created": 8, "refused": 1}
    before = {one.id for one in mailbox.contacts(parent.folder_id)}
    confirm.try_refused(parent=parent, by=agent)
    parent = carry(parent)
    assert (parent.state, parent.identical, parent.missing) == ("done", 9, 0)
    assert states(parent) == {"created": 9}
    after = {one.id for one in mailbox.contacts(parent.folder_id)}
    assert before < after
    assert len(after) == 9


def test_undo_after_it_takes_back_both_runs(agent: Agent, mailbox: ZimbraClient, door: Simulated) -> None:
    parent = with_one_refused(agent, door)
    confirm.try_refused(parent=parent, by=agent)
    parent = carry(parent)
    confirm.undo(parent=parent, by=agent)
    assert states(carry(parent)) == {"removed": 9}
    assert not [folder for folder in mailbox.folders().walk() if folder.name == parent.folder_name]


def test_refused_once_more_is_told_once_more(agent: Agent, door: Simulated) -> None:
    parent = with_one_refused(agent, door)
    confirm.try_refused(parent=parent, by=agent)
    with door.disturbed(refuse={"k": 1}):
        parent = carry(parent)
    assert parent.state == "done"
    assert states(parent) == {"created": 8, "refused": 1}


def test_nothing_refused_is_nothing_to_do(agent: Agent) -> None:
    parent = carry(start(make_collection(agent, [contact(1)])))
    with pytest.raises(WrongState):
        confirm.try_refused(parent=parent, by=agent)
    assert Import.objects.get().state == "done"


def test_without_the_file_there_is_nothing_to_send(agent: Agent, door: Simulated) -> None:
    parent = with_one_refused(agent, door)
    Deposit.objects.all().delete()
    with pytest.raises(confirm.NothingToImport):
        confirm.try_refused(parent=parent, by=agent)
