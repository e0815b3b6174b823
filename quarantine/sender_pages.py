"""What the pages of trust and block lists show. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone

from quarantine import domains, senders
from quarantine.models import SenderEntry
from quarantine.safe_view import people
from quarantine.senders_matching import Authentication, Listed, MessageSenders, Pattern

KINDS = {SenderEntry.Kind.TRUST: "confiance", SenderEntry.Kind.BLOCK: "blocage"}
# What a person may ask to be listed, by the word in the address of the page.
SHOWN = {"": "Les deux listes", "confiance": "Liste de confiance", "blocage": "Liste de blocage"}
SORTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "": ("Par adresse ou domaine", ("pattern", "kind")),
    "recents": ("Les plus récents d’abord", ("-added_at", "-pk")),
}


@dataclass(frozen=True)
class EntryLine:
    entry: SenderEntry

    @property
    def pattern(self) -> Pattern:
        return Pattern(self.entry.pattern)

    @property
    def ascii_form(self) -> str:
        """Beside a domain with accents, which may be mistaken for another one."""
        return self.entry.pattern if self.pattern.readable != self.entry.pattern else ""


@dataclass(frozen=True)
class Trial:
    """What would become of a message from `address`. forged: the same when its sender is not proved, None where that
    makes no difference."""

    address: str
    decided: Listed[SenderEntry] | None
    forged: Listed[SenderEntry] | None
    differs: bool
    others: list[SenderEntry]


def find(mailbox: str, *, text: str = "", kind: str = "", sort: str = "") -> QuerySet[SenderEntry]:
    """Entries of a list, by a part of the address, the domain or the note."""
    rows = SenderEntry.objects.filter(mailbox=mailbox)
    chosen = next((one for one, word in KINDS.items() if word == kind), None)
    if chosen:
        rows = rows.filter(kind=chosen)
    if text:
        within = rows.filter(note__icontains=text)
        for part in {text, domains.ascii_form(text.rpartition("@")[2])}:
            if part:
                within = within | rows.filter(pattern__icontains=part)
        rows = within
    return rows.order_by(*SORTS[sort][1])


def try_address(mailbox: str, typed: str) -> Trial | None:
    """What the lists say of a message from `typed`, by its header and its envelope; None when that is no address.

    mailbox: "" tries the academy's lists alone. Two queries.
    """
    key = people.address_key(typed)
    if not key or "." not in key.rpartition("@")[2] or "\0" in typed:
        return None

    def told(authentication: Authentication) -> Listed[SenderEntry] | None:
        # The envelope of a forged mail is the forger's own.
        envelope = key if authentication == "pass" else ""
        return senders.listed(mailbox, MessageSenders((key,), envelope, authentication))

    decided, forged = told("pass"), told("fail")
    matching = senders.matching(mailbox, MessageSenders((key,), key))
    others = [one for one in matching if decided is None or one.pk != decided.entry.pk]
    differs = (decided and decided.entry.pk) != (forged and forged.entry.pk)
    return Trial(key, decided, forged, differs, others)


def table(rows: QuerySet[SenderEntry]) -> Iterator[tuple[object, ...]]:
    """For a spreadsheet."""
    yield "liste", "adresse ou domaine", "note", "ajouté par", "ajouté le"
    for row in rows.iterator(chunk_size=1000):
        added = timezone.localtime(row.added_at)
        yield row.get_kind_display(), row.pattern, row.note, row.added_by or "lien", f"{added:%d/%m/%Y %H:%M}"
