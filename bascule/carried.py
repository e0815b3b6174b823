"""What a person has deposited, and what of it has arrived in Zimbra, in numbers."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from accounts.models import Agent
from bascule.models import CapturedRule, Deposit, Import, ImportItem, ReadCollection, Replay, SavedSignature
from bascule.steps import Tool

_DEPOSIT_KINDS = {Tool.CONTACTS: Deposit.Kind.CONTACTS, Tool.CALENDARS: Deposit.Kind.CALENDAR}
_IMPORT_KINDS = {
    Tool.CONTACTS: (ReadCollection.Kind.CONTACTS,),
    Tool.CALENDARS: (ReadCollection.Kind.CALENDAR, ReadCollection.Kind.TASKS),
}
# An import that was taken back, or never got through, carried nothing.
_OVER = (Import.State.UNDOING, Import.State.UNDONE, Import.State.FAILED)


@dataclass(frozen=True)
class Carried:
    """Files of one kind and their items. `waiting`: files still being read, whose kind is not known yet."""

    files: int = 0
    items: int = 0
    waiting: int = 0
    unreadable: int = 0
    imports_done: int = 0
    imports_running: int = 0
    items_arrived: int = 0


def carried_by(agent: Agent, tool: Tool) -> Carried:
    """Numbers for a step whose tool is `tool` (CONTACTS or CALENDARS); three queries."""
    deposits = Deposit.objects.filter(agent=agent).aggregate(
        files=Count("pk", filter=Q(kind=_DEPOSIT_KINDS[tool], state=Deposit.State.READ)),
        items=Sum("items_out", filter=Q(kind=_DEPOSIT_KINDS[tool], state=Deposit.State.READ), default=0),
        waiting=Count("pk", filter=Q(state__in=[Deposit.State.RECEIVED, Deposit.State.READING])),
        unreadable=Count("pk", filter=Q(state=Deposit.State.UNREADABLE)),
    )
    imports = Import.objects.filter(agent=agent, kind__in=_IMPORT_KINDS[tool]).exclude(state__in=_OVER)
    runs = imports.aggregate(
        imports_done=Count("pk", filter=Q(state=Import.State.DONE)),
        imports_running=Count("pk", filter=~Q(state=Import.State.DONE)),
    )
    arrived = ImportItem.objects.filter(
        parent__in=imports, state__in=[ImportItem.State.CREATED, ImportItem.State.PRESENT]
    ).count()
    return Carried(**deposits, **runs, items_arrived=arrived)


def deposited_files(agent: Agent) -> int:
    return Deposit.objects.filter(agent=agent).count()


@dataclass(frozen=True)
class CarriedRules:
    """Rules captured, how many of them are to be checked or not taken over, and the latest envoi that stands."""

    rules: int = 0
    near: int = 0
    refused: int = 0
    sent: Replay | None = None
    under_way: Replay | None = None


def rules_of(agent: Agent) -> CarriedRules:
    """Numbers for the steps about filters; two queries."""
    counts = CapturedRule.objects.filter(agent=agent).aggregate(
        rules=Count("pk"),
        near=Count("pk", filter=Q(verdict=CapturedRule.Verdict.NEAR)),
        refused=Count("pk", filter=Q(verdict=CapturedRule.Verdict.REFUSED)),
    )
    sent, under_way = _sendings(agent, Replay.Kind.FILTERS)
    return CarriedRules(**counts, sent=sent, under_way=under_way)


@dataclass(frozen=True)
class CarriedSignatures:
    """Signatures saved, and the latest envoi that stands."""

    saved: int = 0
    sent: Replay | None = None
    under_way: Replay | None = None


def signatures_of(agent: Agent) -> CarriedSignatures:
    """Numbers for the steps about the signature; two queries."""
    sent, under_way = _sendings(agent, Replay.Kind.SIGNATURE)
    return CarriedSignatures(SavedSignature.objects.filter(agent=agent).count(), sent, under_way)


def _sendings(agent: Agent, kind: Replay.Kind) -> tuple[Replay | None, Replay | None]:
    """The latest replay of that kind that stands, and the one that is under way."""
    live = (*Replay.UNDER_WAY, Replay.State.DONE)
    replays = list(
        Replay.objects.filter(agent=agent, kind=kind, state__in=live)
        .defer("plan", "memory", "findings")
        .order_by("-created_at", "-pk")[:20]
    )
    sent = next((one for one in replays if one.state == Replay.State.DONE), None)
    return sent, next((one for one in replays if one.state in Replay.UNDER_WAY), None)
