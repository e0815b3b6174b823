"""Lists of agents: who is missing from them, and what is written of them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Count, F, Q

from accounts import journal
from accounts.directory.kinds import Action, Comparer, Kind, Stale, Verdict
from accounts.directory.people import ACTIVE, ADDRESS, FIELDS, Known, PeopleComparer, gone
from accounts.models import Agent, DirectoryImport, DirectoryLine, Establishment, Population

# Rows looked at together in search of who is missing.
_TOGETHER = 5000
# What an import may change of somebody, and what nothing but an import of theirs ever does.
_CHANGEABLE = [*(one.code for one in FIELDS if one.code != ACTIVE), ACTIVE]


class PeopleKind(Kind):
    code: ClassVar[str] = "agents"
    title: ClassVar[str] = "Agents"
    one: ClassVar[str] = "agent"
    several: ClassVar[str] = "agents"
    fields = FIELDS
    missing_explained: ClassVar[str] = (
        "Les personnes actives qui n’y sont pas sont considérées comme parties : elles sont désactivées, jamais "
        "supprimées, et retrouvent leur compte si elles reviennent."
    )

    def comparer(self, columns: Collection[str]) -> Comparer:
        return PeopleComparer(columns)

    def missing(self, is_seen: Callable[[int], bool]) -> Iterator[tuple[int, list[Verdict]]]:
        columns = ("pk", *Known._fields[1:])
        last = 0
        while True:
            active = Agent.objects.filter(is_active=True, pk__gt=last).order_by("pk")
            rows = [Known._make(row) for row in active.values_list(*columns)[:_TOGETHER]]
            if not rows:
                return
            last = rows[-1].pk
            yield len(rows), [gone(known) for known in rows if not is_seen(known.pk)]

    def known(self) -> int:
        return Agent.objects.filter(is_active=True).count()

    def write(self, action: str, lines: Sequence[DirectoryLine], *, of: DirectoryImport, by: Agent | None) -> None:
        if action == Action.ADDED:
            Agent.objects.bulk_create(Agent(password=_no_password(), **line.after) for line in lines)
            return
        people = list(Agent.objects.select_for_update().filter(pk__in=[line.row_id for line in lines]).order_by("pk"))
        by_id = {agent.pk: agent for agent in people}
        for line in lines:
            agent = by_id.get(line.row_id or 0)
            if agent is None or any(getattr(agent, name) != value for name, value in line.before.items()):
                raise Stale
            if action == Action.GONE and agent.is_staff and not of.allow_staff_gone:
                raise Stale
        if action == Action.GONE:
            # The sessions stay closed if the person comes back.
            Agent.objects.filter(pk__in=list(by_id)).update(is_active=False, session_round=F("session_round") + 1)
        else:
            for line in lines:
                for name, value in line.after.items():
                    setattr(by_id[line.row_id or 0], name, value)
            # One INSERT … ON CONFLICT for all, several times as fast as `bulk_update`; nobody is added by it.
            Agent.objects.bulk_create(people, update_conflicts=True, unique_fields=["id"], update_fields=_CHANGEABLE)
        _tell(action, lines, by_id, of, by)

    def check_written(self, of: DirectoryImport) -> str:
        if of.allow_staff_gone and not Agent.objects.filter(is_staff=True, is_active=True).exists():
            return "last_staff"
        return ""

    def count(self) -> dict[str, int]:
        active = Q(is_active=True)
        counted = Agent.objects.aggregate(
            active=Count("pk", filter=active),
            inactive=Count("pk", filter=~active),
            nowhere=Count("pk", filter=active & Q(establishment=None)),
            migrated=Count("pk", filter=active & Q(migrated_at__isnull=False)),
        )
        return {
            "actifs": counted["active"],
            "désactivés": counted["inactive"],
            "sans établissement": counted["nowhere"],
            "transférés": counted["migrated"],
        }

    def shown(self, values: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
        populations = dict(Population.objects.values_list("pk", "label"))
        wanted = {one.get("establishment_id") for one in values} - {None}
        places = {pk: f"{name} ({uai})" for pk, name, uai in _places(wanted)}

        def told(code: str, value: Any) -> str:
            if code == "population_id":
                return str(populations.get(value, "?"))
            if code == "establishment_id":
                return places.get(value, "?") if value else "aucun"
            if code == "function":
                return str(Agent.Function(value).label) if value in Agent.Function.values else str(value)
            if code == ACTIVE:
                return "oui" if value else "non"
            return str(value) if value else "–"

        return [{code: told(code, value) for code, value in one.items()} for one in values]


def _no_password() -> str:
    """What `make_password(None)` gives, which asks the system for randomness forty times."""
    return UNUSABLE_PASSWORD_PREFIX + secrets.token_hex(20)


def _places(wanted: Collection[Any]) -> list[tuple[int, str, str]]:
    return list(Establishment.objects.filter(pk__in=wanted).values_list("pk", "name", "uai").order_by())


def _tell(
    action: str, lines: Sequence[DirectoryLine], by_id: Mapping[int, Agent], of: DirectoryImport, by: Agent | None
) -> None:
    """The journal has an entry for whoever leaves, comes back, or gets another address; the rest is told by counts."""
    about = f"directory_import:{of.pk}"
    if action in (Action.GONE, Action.BACK):
        code = "directory.deactivated" if action == Action.GONE else "directory.reactivated"
        nothing: dict[str, Any] = {}
        told = ((by_id[line.row_id or 0], nothing) for line in lines)
        journal.record_each(code, told, by=by, target=about, target_label=of.name)
    moved = [line for line in lines if ADDRESS in line.after and action != Action.ADDED]
    if moved:
        journal.record_each(
            "directory.address_changed",
            (
                (by_id[line.row_id or 0], {"before": line.before[ADDRESS], "address": line.after[ADDRESS]})
                for line in moved
            ),
            by=by,
            target=about,
            target_label=of.name,
        )
