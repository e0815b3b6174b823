"""The census becomes delegations, and the box a mailbox in Zimbra (domain, section 5).

From the moment its transfer is asked for, delegations govern a box, and no longer its census. Each box is a transaction
of its own under its own lock: a run that dies in the middle leaves whole boxes behind it, and is simply run again.
Making the mailbox and giving the accesses there is `boxes.sync`'s.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils import timezone

from accounts import journal
from accounts.models import Agent
from boxes import delegations, work
from boxes.census import showing
from boxes.models import AccountRequest, Box, BoxIdentity, CensusEntry, Delegation, Role


class NotStaff(delegations.DelegationError):
    sentence = "Seule l’équipe DSI transfère des boîtes."


class Staying(Enum):
    """Why a box is not transferred; `sentence` says in French what to do."""

    NOT_KEPT = "not_kept"
    NO_OWNER = "no_owner"

    @property
    def sentence(self) -> str:
        return {
            Staying.NOT_KEPT: "Le recensement indique qu’elle ne sert plus.",
            Staying.NO_OWNER: "Personne n’en serait propriétaire : ni direction active dans l’établissement, "
            "ni propriétaire désigné dans le recensement.",
        }[self]


@dataclass(frozen=True)
class Plan:
    """What the transfer of `box` does: for how many persons at once, for how many once they have moved.

    staying: why it does not go. again: it was transferred before, so that only Zimbra is brought in line once more.
    without_account: persons of the census who have no account yet, and so no access.
    """

    box: Box
    now: int = 0
    pending: int = 0
    without_account: int = 0
    staying: Staying | None = None
    again: bool = False

    @property
    def goes(self) -> bool:
        return self.staying is None and not self.again


@dataclass
class Outcome:
    """What a run did, box by box, in the order in which it was asked."""

    plans: list[Plan] = field(default_factory=list)

    @property
    def started(self) -> list[Plan]:
        return [plan for plan in self.plans if plan.goes]

    @property
    def again(self) -> list[Plan]:
        return [plan for plan in self.plans if plan.again]

    @property
    def left(self) -> list[Plan]:
        return [plan for plan in self.plans if plan.staying]


def start(*, boxes: Iterable[Box], by: Agent | None) -> Outcome:
    """Have `boxes` transferred: those that can be, each by itself. `by` is of staff, None for the portal.

    Raises NotStaff, and nothing for a box that cannot go: the outcome says why. Safe to run again, also by two at
    once: a box that was transferred before keeps its delegations as they are, and is only brought in line with Zimbra
    once more.
    """
    if by is not None and not Agent.objects.filter(pk=by.pk, is_staff=True, is_active=True).exists():
        raise NotStaff
    return Outcome([_start(pk, by=by) for pk in [box.pk for box in boxes]])


def preview(boxes: Sequence[Box]) -> list[Plan]:
    """What `start` would do with `boxes` now; nothing is written. A handful of queries, however many boxes."""
    entries = _entries(boxes)
    heads = _heads(boxes)
    without = _without_account(boxes)
    plans = []
    for box in boxes:
        if box.is_shared:
            plans.append(Plan(box, again=True))
            continue
        people = _people(entries[box.pk], heads.get(box.establishment_id or 0, []))
        plans.append(_judge(box, people, without.get(box.pk, 0)))
    return plans


@dataclass(frozen=True)
class Summary:
    """Where one box stands. The counts are persons: in_place (Zimbra holds what should be), under_way, pending (they
    have not moved yet), in_trouble; without_account: of the census, for want of an account."""

    box: Box
    owners: tuple[Agent, ...] = ()
    in_place: int = 0
    under_way: int = 0
    pending: int = 0
    without_account: int = 0
    in_trouble: int = 0
    # Zimbra's codes of what went wrong, the most frequent first.
    codes: tuple[str, ...] = ()

    @property
    def made_at(self) -> datetime | None:
        """When the mailbox stood in Zimbra; None before."""
        return self.box.transferred_at

    @property
    def is_done(self) -> bool:
        """Nothing is left to do that does not depend on somebody else's move."""
        box = self.box
        return bool(box.transferred_at) and box.work_asked_at is None and not (self.under_way or self.in_trouble)

    @property
    def waits(self) -> str:
        """Zimbra's code for why the whole box waits, "" when it does not."""
        return self.box.waiting_for


def summary(boxes: Sequence[Box]) -> list[Summary]:
    """Where each of `boxes` stands, in their order; the same few queries for one and for five hundred."""
    ids = [box.pk for box in boxes]
    owners: dict[int, list[Agent]] = defaultdict(list)
    for row in (
        Delegation.objects.current()
        .owners()
        .filter(box__in=ids)
        .select_related("agent")
        .order_by("agent__family_name", "agent__given_name", "agent_id")
    ):
        owners[row.box_id].append(row.agent)
    counts = {row["box"]: row for row in _counts(ids)}
    codes: dict[int, list[str]] = defaultdict(list)
    for box_id, code in (
        Delegation.objects.filter(box__in=ids)
        .exclude(trouble="")
        .values_list("box", "trouble")
        .annotate(times=Count("pk"))
        .order_by("box", "-times", "trouble")
        .values_list("box", "trouble")
    ):
        codes[box_id].append(code)
    without = _without_account(boxes)
    found = []
    for box in boxes:
        count = counts.get(box.pk, {})
        active, in_place = count.get("active", 0), count.get("in_place", 0)
        trouble = count.get("trouble", 0)
        found.append(
            Summary(
                box,
                owners=tuple(owners[box.pk]),
                in_place=in_place,
                under_way=active - in_place - count.get("active_trouble", 0),
                pending=count.get("pending", 0),
                without_account=without.get(box.pk, 0),
                in_trouble=trouble,
                codes=tuple(codes[box.pk]),
            )
        )
    return found


def _start(box_id: int, *, by: Agent | None) -> Plan:
    with transaction.atomic():
        box = Box.objects.select_for_update().get(pk=box_id)
        if box.is_shared:
            work.ask(box)
            return Plan(box, again=True)
        people = _people(_entries([box])[box.pk], _heads([box]).get(box.establishment_id or 0, []))
        plan = _judge(box, people, _without_account([box]).get(box.pk, 0))
        if not plan.goes:
            return plan
        box.transfer_asked_at = timezone.now()
        box.save(update_fields=["transfer_asked_at"])
        journal.record(
            "box.transfer_started",
            by=by,
            target=f"box:{box.pk}",
            target_label=box.address,
            active=plan.now,
            pending=plan.pending,
        )
        delegations.plan(box=box, entries=people.values(), by=by)
        work.ask(box)
        return plan


def _people(declared: list[CensusEntry], heads: list[Agent]) -> dict[int, tuple[Agent, Role]]:
    """Who gets which role: what the census says, and owner for whoever heads the establishment. Accounts that are no
    longer active get nothing."""
    people = {
        entry.agent_id: (entry.agent, Role(entry.role))
        for entry in declared
        if entry.agent is not None and entry.agent_id is not None and entry.agent.is_active
    }
    people.update({head.pk: (head, Role.OWNER) for head in heads})
    return people


def _judge(box: Box, people: dict[int, tuple[Agent, Role]], without_account: int) -> Plan:
    staying = None
    if not box.is_kept:
        staying = Staying.NOT_KEPT
    elif not any(role == Role.OWNER for _, role in people.values()):
        staying = Staying.NO_OWNER
    now = sum(agent.has_migrated for agent, _ in people.values())
    return Plan(box, now, len(people) - now, without_account, staying)


def _entries(boxes: Sequence[Box]) -> dict[int, list[CensusEntry]]:
    """What the census says of each box, persons with an account only."""
    found: dict[int, list[CensusEntry]] = defaultdict(list)
    entries = CensusEntry.objects.filter(box__in=[box.pk for box in boxes], agent__isnull=False)
    for entry in entries.select_related("agent").order_by("pk"):
        found[entry.box_id].append(entry)
    return found


def _heads(boxes: Sequence[Box]) -> dict[int, list[Agent]]:
    """Active heads of the establishments of `boxes`, by establishment."""
    return showing.heads_of({box.establishment_id for box in boxes if box.establishment_id})


def _without_account(boxes: Sequence[Box]) -> dict[int, int]:
    """How many persons of the census of each box still wait for an account."""
    rows = (
        CensusEntry.objects.filter(box__in=[box.pk for box in boxes], agent__isnull=True)
        .exclude(request__state=AccountRequest.State.REFUSED)
        .values("box")
        .annotate(times=Count("pk"))
        .order_by()
    )
    return {row["box"]: row["times"] for row in rows}


def _counts(box_ids: list[int]) -> Iterable[Any]:
    active = Q(state=Delegation.State.ACTIVE)
    troubled = ~Q(trouble="") | Exists(
        BoxIdentity.objects.filter(delegation=OuterRef("pk"), removed=False).exclude(trouble="")
    )
    # As `Delegation.is_in_place` says it, in the database.
    mounted = Q(hidden=True, mount_id="") | (Q(hidden=False) & ~Q(mount_id=""))
    rows = Delegation.objects.filter(box__in=box_ids)
    return (
        rows.annotate(in_trouble=Exists(rows.filter(troubled, pk=OuterRef("pk"))))
        .values("box")
        .annotate(
            active=Count("pk", filter=active),
            in_place=Count("pk", filter=active & Q(applied_role=F("role")) & mounted & Q(in_trouble=False)),
            pending=Count("pk", filter=Q(state=Delegation.State.PENDING)),
            trouble=Count("pk", filter=Q(in_trouble=True)),
            active_trouble=Count("pk", filter=active & Q(in_trouble=True)),
        )
        .order_by()
    )
