"""The rows of a box for which something is to be done in Zimbra, person by person.

Before anything is done for a row, what Zimbra was last made to hold is taken back ("": nobody knows). It is noted anew
only when all of it is done and the row still says the same. So a row that changes to and fro while a worker is at it,
or a worker that dies, never leaves a row that looks done and is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, field

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Agent
from boxes import identities
from boxes.models import BoxShare, Delegation
from boxes.sync.run import Run
from boxes.sync.wanted import ROOT


@dataclass
class Person:
    """Somebody for whom there is work. delegation, shares: the rows with work to do; kept: folders of the box shared
    with the person that stay, or are to be, mounted."""

    agent: Agent
    delegation: Delegation | None = None
    shares: list[BoxShare] = field(default_factory=list)
    kept: set[str] = field(default_factory=set)

    @property
    def address(self) -> str:
        return self.agent.address

    @property
    def leaves(self) -> bool:
        """Whether the access to the box is to go."""
        return self.delegation is not None and self.delegation.state == Delegation.State.REMOVED

    @property
    def seen_before(self) -> bool:
        """Whether Zimbra held something for the person at some time."""
        return bool(self.delegation and self.delegation.mount_id) or any(share.mount_id for share in self.shares)


@dataclass
class Work:
    """settled: active delegations that Zimbra holds as they are; shares: all those that hold; gone: shares of folders
    that are not in the box any more."""

    people: list[Person]
    settled: list[Delegation]
    shares: list[BoxShare]
    gone: list[BoxShare] = field(default_factory=list)

    @property
    def delegations(self) -> list[Delegation]:
        """All that are to hold in Zimbra after this go."""
        mine = [one.delegation for one in self.people if one.delegation is not None and not one.leaves]
        return self.settled + mine

    def leave_out_shares_of_what_is_gone(self, folder_ids: Set[str]) -> None:
        """Nothing can be done for them in a box with these folders; they end up in `gone`."""
        for person in self.people:
            self.gone += [one for one in person.shares if not one.removed and one.folder_id not in folder_ids]
            person.shares = [one for one in person.shares if one not in self.gone]
        self.people = [one for one in self.people if one.delegation is not None or one.shares]


def begin(run: Run) -> Work:
    """What is to be done now, marked as begun. Rows in trouble wait until it is cleared. Raises ClaimLost."""
    with run.writing():
        rows = list(Delegation.objects.filter(box=run.box).select_related("agent").order_by("pk"))
        shares = list(BoxShare.objects.filter(box=run.box).select_related("agent").order_by("pk"))
        # Taken away before anything reached Zimbra: as if it had never been.
        untouched = [row.pk for row in rows if _is_untouched(row)]
        Delegation.objects.filter(pk__in=untouched).delete()
        rows = [row for row in rows if row.pk not in untouched]
        mine = [row for row in rows if not row.trouble and not _is_done(row)]
        shared = [share for share in shares if not share.trouble and (share.removed or not share.is_in_place)]
        Delegation.objects.filter(pk__in=[row.pk for row in mine]).update(applied_role="", applied_at=timezone.now())
        BoxShare.objects.filter(pk__in=[share.pk for share in shared]).update(applied_access="")
    busy = {row.pk for row in mine}
    holding = [share for share in shares if not share.removed and (share in shared or share.applied_access)]
    return Work(
        people=_by_person(mine, shared, holding),
        settled=[row for row in rows if row.is_active and row.applied_role and row.pk not in busy],
        shares=holding,
    )


def note(run: Run, person: Person, mounts: dict[str, tuple[str, str]]) -> None:
    """Everything is done for `person`; `mounts`: id and path of each folder of the box that is mounted now.

    A row that says something else by now is left as begun, and the box is marked for another go. Raises ClaimLost.
    """
    with run.writing():
        if person.delegation is not None:
            _note_delegation(person.delegation, *mounts.get(ROOT, ("", "")))
        for share in person.shares:
            _note_share(share, *mounts.get(share.folder_id, ("", "")))


def note_trouble(run: Run, person: Person, code: str) -> None:
    """The person could not be served; the rows wait until somebody clears `trouble`. Raises ClaimLost."""
    with run.writing():
        if person.delegation is not None:
            _same_delegation(person.delegation).update(trouble=code[:100])
        for share in person.shares:
            _same_share(share).update(trouble=code[:100])


def note_share_trouble(run: Run, share: BoxShare, code: str) -> None:
    """As `note_trouble`, for one share alone."""
    with run.writing():
        _same_share(share).update(trouble=code[:100])


def _is_untouched(row: Delegation) -> bool:
    touched = row.applied_at or row.applied_role or row.mount_id
    return row.state == Delegation.State.REMOVED and not touched


def _is_done(row: Delegation) -> bool:
    return row.is_pending or (row.is_active and row.is_in_place)


def _by_person(rows: Iterable[Delegation], shares: Iterable[BoxShare], holding: Iterable[BoxShare]) -> list[Person]:
    people: dict[int, Person] = {}
    for row in rows:
        people.setdefault(row.agent_id, Person(row.agent)).delegation = row
    for share in shares:
        people.setdefault(share.agent_id, Person(share.agent)).shares.append(share)
    for share in holding:
        if share.agent_id in people:
            people[share.agent_id].kept.add(share.folder_id)
    return list(people.values())


def _same_delegation(row: Delegation) -> QuerySet[Delegation]:
    """The row, if it still says what it said when the go began."""
    return Delegation.objects.filter(pk=row.pk, state=row.state, role=row.role, hidden=row.hidden)


def _same_share(share: BoxShare) -> QuerySet[BoxShare]:
    return BoxShare.objects.filter(pk=share.pk, removed=share.removed, access=share.access)


def _note_delegation(row: Delegation, mount_id: str, path: str) -> None:
    same = _same_delegation(row)
    if row.state != Delegation.State.REMOVED:
        same.update(applied_role=row.role, mount_id=mount_id, path=path[:255], applied_at=timezone.now(), trouble="")
        if row.applied_at and mount_id not in {"", row.mount_id}:
            identities.follow_mount(row)
    elif not same.delete()[0]:
        # Given again meanwhile: nothing of it is in Zimbra any more.
        Delegation.objects.filter(pk=row.pk).update(mount_id="", path="")
        row.identities.update(zimbra_id="", applied_change=None)


def _note_share(share: BoxShare, mount_id: str, path: str) -> None:
    same = _same_share(share)
    if not share.removed:
        same.update(applied_access=share.access, mount_id=mount_id, path=path[:255], trouble="")
    elif not same.delete()[0]:
        BoxShare.objects.filter(pk=share.pk).update(mount_id="", path="")
