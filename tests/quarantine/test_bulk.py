"""Many messages at once: each by itself, all told in counts."""

from __future__ import annotations

import pytest

from accounts.models import Agent, JournalEntry
from quarantine import bulk, held, senders
from quarantine.models import Hold, SenderEntry
from tests.factories import make_agent, make_shared_box
from tests.quarantine.holds import make_hold

pytestmark = pytest.mark.django_db
ADDRESS = "camille@ac-reunion.fr"


@pytest.fixture
def me() -> Agent:
    return make_agent(ADDRESS)


def test_one_that_cannot_be_holds_up_no_other(me: Agent) -> None:
    holds = [
        make_hold(ADDRESS),
        make_hold(ADDRESS, state="deleted"),
        make_hold(ADDRESS, days_ago=20),
        make_hold(ADDRESS),
    ]
    outcome = bulk.release(holds, by=me)
    assert [one.pk for one in outcome.done] == [holds[0].pk, holds[3].pk]
    assert sorted(outcome.refusals) == [
        "1 message non traité. Ce message a été supprimé.",
        "1 message non traité. Ce message n’est plus en quarantaine : son délai de conservation est passé.",
    ]
    assert list(Hold.objects.order_by("pk").values_list("state", flat=True)) == [
        "releasing",
        "deleted",
        "held",
        "releasing",
    ]
    assert JournalEntry.objects.filter(action="hold.release_asked", actor=ADDRESS).count() == 2


def test_refusals_for_one_reason_are_counted(me: Agent) -> None:
    outcome = bulk.delete([make_hold(ADDRESS, state="released") for _ in range(3)], by=me)
    assert list(outcome.refusals) == ["3 messages non traités. Ce message a déjà été libéré."]


def test_deleted_ones_come_back(me: Agent) -> None:
    holds = [make_hold(ADDRESS), make_hold(ADDRESS)]
    bulk.delete(holds, by=me)
    assert set(Hold.objects.values_list("state", flat=True)) == {"deleted"}
    assert len(bulk.restore(holds, by=me).done) == 2
    assert set(Hold.objects.values_list("state", flat=True)) == {"held"}


def test_trust_goes_with_the_release_or_not_at_all(me: Agent) -> None:
    good, gone = make_hold(ADDRESS, sender="a@exemple.fr"), make_hold(ADDRESS, sender="b@exemple.fr", state="deleted")
    nobody = make_hold(ADDRESS, sender="", mail_from="")
    outcome = bulk.release_and_trust([good, gone, nobody], by=me)
    assert [one.pk for one in outcome.done] == [good.pk]
    assert outcome.refused.total() == 2
    assert list(SenderEntry.objects.values_list("mailbox", "kind", "pattern")) == [(ADDRESS, "trust", "a@exemple.fr")]


def test_block_goes_with_the_deletion_or_not_at_all(me: Agent) -> None:
    gone = make_hold(ADDRESS, sender="b@exemple.fr", state="released")
    with pytest.raises(held.NotHeld):
        bulk.block_one(gone, "b@exemple.fr", deleting=True, by=me)
    assert not SenderEntry.objects.exists()
    bulk.block_one(gone, "b@exemple.fr", deleting=False, by=me)
    hold = make_hold(ADDRESS, sender="c@exemple.fr")
    bulk.block_one(hold, "exemple.fr", deleting=True, by=me)
    hold.refresh_from_db()
    assert hold.state == "deleted"
    assert set(SenderEntry.objects.values_list("kind", "pattern")) == {
        ("block", "b@exemple.fr"),
        ("block", "exemple.fr"),
    }


def test_a_reader_decides_nothing() -> None:
    reader = make_agent("lu@ac-reunion.fr", migrated_at="2026-01-01T00:00:00Z")
    box = make_shared_box((reader, "reader"), address="direction@ac-reunion.fr")
    hold = make_hold(box.address)
    for decide in (bulk.release, bulk.release_and_trust, bulk.delete, bulk.restore):
        assert decide([hold], by=reader).done == []
    with pytest.raises((held.HoldError, senders.SenderError)):
        bulk.block_one(hold, "exemple.fr", deleting=False, by=reader)
    hold.refresh_from_db()
    assert (hold.state, SenderEntry.objects.count()) == ("held", 0)
