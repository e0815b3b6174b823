"""What happened to a box, told from the journal to those who may see the box."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.models import Agent, JournalEntry
from accounts.sentences import sentence
from boxes.models import Box
from boxes.reconcile import findings

# Codes that begin so are a person's own affair: how the box is displayed, how it is written in its name, which tags
# were made in the own mailbox. Only that person sees them here; staff see them, as they do in the journal. The same
# holds for what was found in that person's mailbox and decided on (see `boxes.reconcile.findings`).
PERSONAL = ("box.hidden", "box.shown", "box.identity", "box.tags_asked", "box.tags_created")


@dataclass(frozen=True)
class Line:
    at: datetime
    actor: str
    sentence: str
    entry: JournalEntry

    @property
    def actor_address(self) -> str:
        return self.entry.actor


def entries(box: Box, viewer: Agent) -> QuerySet[JournalEntry]:
    """What `viewer`, who may see the box, may read of its history; the latest first."""
    found = JournalEntry.objects.filter(target=f"box:{box.pk}")
    if viewer.is_staff:
        return found
    own_mailbox = [str(kind.label) for kind in findings.PERSONAL]
    personal = Q(action__startswith="box.finding_", details__finding__in=own_mailbox)
    for code in PERSONAL:
        personal |= Q(action__startswith=code)
    return found.exclude(personal & ~Q(actor=viewer.address) & ~Q(subject=viewer.address))


def about(found: QuerySet[JournalEntry], address: str) -> QuerySet[JournalEntry]:
    """Those that the person with this address did, or that concern the person."""
    return found.filter(Q(actor=address) | Q(subject=address))


def people(found: QuerySet[JournalEntry]) -> list[tuple[str, str]]:
    """Address and name of everybody who did something or whom something concerns, by name; three queries."""
    plain = found.order_by()
    addresses = set(plain.values_list("actor", flat=True).distinct())
    addresses |= set(plain.values_list("subject", flat=True).distinct())
    addresses.discard("")
    names = _names(addresses)
    return sorted(((address, names.get(address, address)) for address in addresses), key=lambda one: one[1].casefold())


def told(some: Iterable[JournalEntry]) -> list[Line]:
    """Sentences with full names, whatever became of the accounts; one query for all names."""
    rows = list(some)
    names = _names({row.actor for row in rows if row.actor})
    return [Line(row.at, names.get(row.actor, row.actor) or "Le portail", sentence(row), row) for row in rows]


def told_all(found: QuerySet[JournalEntry], *, at_a_time: int = 1000) -> Iterator[Line]:
    """The same for a whole history, however long."""
    some: list[JournalEntry] = []
    for row in found.iterator(chunk_size=at_a_time):
        some.append(row)
        if len(some) == at_a_time:
            yield from told(some)
            some = []
    yield from told(some)


def _names(addresses: set[str]) -> dict[str, str]:
    known = Agent.objects.filter(address__in=addresses)
    return {
        address: f"{given} {family}".strip()
        for address, given, family in known.values_list("address", "given_name", "family_name")
    }
