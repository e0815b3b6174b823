"""The lists a person sets up: written here only. Zimbra is not reached from here: see `replaying`."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db import IntegrityError, transaction

from accounts import journal
from accounts.models import Agent
from bascule.lists.planning import make_plan
from bascule.lists.wishes import ListSetup, setup_of
from bascule.mailbox_look import Snapshot
from bascule.models import DistributionList, Replay
from bascule.replays import confirm
from bascule.replays.run import has_begun

# One for each identity Zimbra allows by default, the account's own left out (zimbraIdentityMaxNumEntries).
MOST_LISTS = 19


class TooMany(Exception):
    """The person has as many lists as Zimbra takes identities."""


class AddressTaken(Exception):
    """The person has a list of that address already."""


class Gone(Exception):
    """The list was removed meanwhile, in another window."""


class UnderWay(Exception):
    """The list is on its way into Zimbra, or out of it."""


class AddressFixed(Exception):
    """The list was carried into Zimbra: what stands there bears its address."""


class Blocked(Exception):
    """An element of the plan cannot be made as things stand in Zimbra."""


def add(*, agent: Agent, setup: ListSetup, by: Agent) -> DistributionList:
    """Raises AddressTaken, TooMany."""
    with transaction.atomic():
        # Counting and adding go together under this lock.
        Agent.objects.select_for_update().get(pk=agent.pk)
        mine = DistributionList.objects.filter(agent=agent)
        if mine.filter(address=setup.address).exists():
            raise AddressTaken
        if mine.count() >= MOST_LISTS:
            raise TooMany
        row = DistributionList.objects.create(
            agent=agent, address=setup.address, colour=setup.colour, contents=setup.sealed()
        )
        _record(row, "list.added", by=by)
    return row


def change(*, row: DistributionList, setup: ListSetup, by: Agent) -> None:
    """What stands in Zimbra is not touched; the page of the list tells what differs then.

    Raises Gone, UnderWay, AddressFixed, AddressTaken.
    """
    try:
        with transaction.atomic():
            locked = _locked(row)
            _must_be_quiet(locked)
            if setup.address != locked.address and locked.replays.exists():
                raise AddressFixed
            locked.address, locked.colour, locked.contents = setup.address, setup.colour, setup.sealed()
            locked.save(update_fields=["address", "colour", "contents", "changed_at"])
            _record(locked, "list.changed", by=by)
    except IntegrityError as error:
        raise AddressTaken from error


def remove(*, row: DistributionList, by: Agent, undoing: Replay | None = None) -> None:
    """Take the list out of the portal; with `undoing`, what that replay made is also taken out of Zimbra.

    Raises Gone, UnderWay, and what `confirm.undo` raises; nothing is removed then.
    """
    with transaction.atomic():
        locked = _locked(row)
        _must_be_quiet(locked)
        if undoing is not None:
            confirm.undo(replay=undoing, by=by)
        _record(locked, "list.removed", by=by)
        locked.delete()


def carry(*, row: DistributionList, picture: Snapshot, by: Agent, put_right: Collection[str] = ()) -> Replay:
    """Send `row` to Zimbra as planned from `picture`; see `planning.make_plan`.

    Raises Blocked, CannotOpen, and what `confirm.start` raises: NotMigrated, NothingToDo, AlreadyUnderWay.
    """
    plan = make_plan(setup_of(row), picture, put_right=put_right)
    if plan.blocked:
        raise Blocked
    if not plan.changes:
        raise confirm.NothingToDo
    return confirm.start(agent=row.agent, kind=Replay.Kind.LIST, plan=plan.as_json(), by=by, of_list=row)


def takeable_back(row: DistributionList) -> list[Replay]:
    """The replays of `row` that may have left something in Zimbra, the latest first: in that order they are undone."""
    through = row.replays.filter(state__in=(Replay.State.DONE, Replay.State.FAILED)).order_by("-pk")
    return [one for one in through if has_begun(one)]


def under_way(rows: Iterable[DistributionList]) -> dict[int, Replay]:
    """The replay under way of each list that has one, by the list's number."""
    found = Replay.objects.filter(of_list__in=[row.pk for row in rows], state__in=Replay.UNDER_WAY)
    return {one.of_list_id: one for one in found if one.of_list_id is not None}


def _locked(row: DistributionList) -> DistributionList:
    found = DistributionList.objects.select_for_update().filter(pk=row.pk).first()
    if found is None:
        raise Gone
    return found


def _must_be_quiet(row: DistributionList) -> None:
    if row.replays.filter(state__in=Replay.UNDER_WAY).exists():
        raise UnderWay


def _record(row: DistributionList, action: str, *, by: Agent) -> None:
    journal.record(action, by=by, subject=row.agent, target=f"list:{row.pk}", target_label=row.address)
