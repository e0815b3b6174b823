"""What pages show of held messages. Reads only.

Summaries are sealed: they are opened for the rows of a page, and for a search through a bounded number of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from accounts import sealing
from accounts.models import Agent, JournalEntry
from accounts.plain_text import plain, words
from accounts.sentences import sentence
from quarantine import held, summaries, wording
from quarantine.models import Hold, QuarantineRules
from quarantine.recipients import Mailbox
from quarantine.safe_view import characters, people

# A search opens so many summaries at most, the newest ones: about a tenth of a second for a thousand.
MAX_SEARCHED = 5_000
SEARCH_CHARACTERS = 100
SIZES = (25, 50, 200)

# What a person may ask to see, by the word in the address of the page; "": what waits, or is on its way.
STATES: dict[str, tuple[str, tuple[Hold.State, ...]]] = {
    "": ("Retenus et en cours", (Hold.State.HELD, Hold.State.RELEASING)),
    "retenus": ("Retenus", (Hold.State.HELD,)),
    "remise": ("Remise en cours", (Hold.State.RELEASING,)),
    "liberes": ("Libérés", (Hold.State.RELEASED,)),
    "supprimes": ("Supprimés récemment", (Hold.State.DELETED,)),
    "tous": ("Tous", tuple(Hold.State)),
}
SORTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "": ("Plus récents", ("-held_at", "-pk")),
    "anciens": ("Plus anciens", ("held_at", "pk")),
    "expediteur": ("Par expéditeur", ("sender", "-held_at", "-pk")),
    "echeance": ("Bientôt effacés", ("expires_at", "pk")),
}
# How much a reason weighs, as the design system names its badges.
_BADGES = {
    Hold.Reason.DANGEROUS: "error",
    Hold.Reason.SPAM: "warning",
    Hold.Reason.DOUBTFUL: "warning",
    Hold.Reason.LIMIT: "info",
}
# What the portal itself never does of its own accord: without a name, it was the holder of a signed link.
_BY_LINK = frozenset({"hold.release_asked", "hold.deleted", "hold.restored"})


@dataclass(frozen=True)
class Asked:
    """What a person asked to see of one quarantine; each value is one that the page offers."""

    text: str = ""
    reason: str = ""
    state: str = ""
    sort: str = ""
    size: int = SIZES[0]

    @property
    def narrows(self) -> bool:
        return bool(self.text or self.reason or self.state)


@dataclass(frozen=True)
class Line:
    """A held message as lists and pages show it. Every text that a stranger wrote is on one line, with what deceives
    written out; subject is None when the summary cannot be opened."""

    hold: Hold
    subject: str | None
    name: str
    address: str
    ascii_domain: str
    claims: str
    envelope: str
    reply_to: str
    recipients: str
    attachments: int

    @property
    def pk(self) -> int:
        return self.hold.pk

    @property
    def state(self) -> str:
        return self.hold.state

    @property
    def reason_sentence(self) -> str:
        return wording.reason(self.hold.reason)

    @property
    def badge(self) -> str:
        return _BADGES.get(Hold.Reason(self.hold.reason), "")

    @property
    def is_dangerous(self) -> bool:
        return self.hold.reason == Hold.Reason.DANGEROUS

    @property
    def erased(self) -> str:
        """When it goes, counted in days of the calendar: "aujourd’hui", "demain", "dans 3 jours"."""
        today, last = timezone.localdate(), timezone.localdate(self.hold.expires_at)
        days = (last - today).days
        return {0: "aujourd’hui", 1: "demain"}.get(days, f"dans {days} jours")

    @property
    def is_urgent(self) -> bool:
        return (timezone.localdate(self.hold.expires_at) - timezone.localdate()).days <= 2


@dataclass(frozen=True)
class Found:
    """A page of lines; is_cut: older messages were not searched."""

    page: Page[Any]
    lines: list[Line]
    is_cut: bool

    @property
    def is_moving(self) -> bool:
        """Whether a delivery is under way."""
        return any(line.state == Hold.State.RELEASING for line in self.lines)


@dataclass(frozen=True)
class Told:
    """A line of the history of a message."""

    at: datetime
    actor: str
    sentence: str


def current(holds: QuerySet[Hold]) -> QuerySet[Hold]:
    """Without those whose days are over, or whose deletion can be taken back no more: they are as good as gone."""
    gone = Q(expires_at__lte=timezone.now()) & ~Q(state=Hold.State.RELEASED)
    return holds.exclude(gone).exclude(state=Hold.State.DELETED, state_at__lt=held.undo_since())


def is_gone(hold: Hold) -> bool:
    """The same of one."""
    if hold.state == Hold.State.RELEASED:
        return False
    return hold.expires_at <= timezone.now() or (hold.state == Hold.State.DELETED and hold.state_at < held.undo_since())


def counts(mailboxes: Iterable[Mailbox]) -> dict[str, int]:
    """How many messages wait for a decision, by address; one query."""
    addresses = [one.address for one in mailboxes]
    rows = Hold.objects.held().filter(recipient__in=addresses, expires_at__gt=timezone.now()).order_by()
    return dict(rows.values_list("recipient").annotate(count=Count("pk")))


def find(mailbox: Mailbox, asked: Asked, number: str | None) -> Found:
    """Page `number` of what was asked for."""
    rows = current(Hold.objects.filter(recipient=mailbox.address, state__in=STATES[asked.state][1]))
    if asked.reason:
        rows = rows.filter(reason=asked.reason)
    order = SORTS[asked.sort][1]
    pks: Sequence[int] | QuerySet[Hold, int] = rows.order_by(*order).values_list("pk", flat=True)
    is_cut = False
    if asked.text:
        matching, is_cut = _matching(rows, asked.text)
        pks = [pk for pk in pks if pk in matching]
    page = Paginator(pks, asked.size).get_page(number)
    return Found(page, lines(list(page)), is_cut)


def lines(pks: Sequence[int]) -> list[Line]:
    """The messages in the order given, each with its summary opened; one query."""
    found = Hold.objects.select_related("content").in_bulk(pks)
    return [line(found[pk]) for pk in pks if pk in found]


def line(hold: Hold) -> Line:
    """One message, its content loaded with it."""
    summary = opened(bytes(hold.content.summary))
    known = summary or summaries.Summary()
    address = hold.sender or hold.mail_from
    person = people.person("", address)
    claimed = people.person(known.from_name, address).claims
    return Line(
        hold=hold,
        subject=None if summary is None else characters.line(known.subject, summaries.SUBJECT_CHARACTERS),
        name=characters.line(known.from_name, summaries.NAME_CHARACTERS),
        address=person.address,
        # Said where it cannot be read from the address already.
        ascii_domain="" if person.ascii_domain in person.address else person.ascii_domain,
        claims=claimed,
        envelope=characters.line(hold.mail_from, people.ADDRESS_CHARACTERS),
        reply_to=characters.line(known.reply_to, summaries.SUBJECT_CHARACTERS),
        recipients=characters.line(known.to, summaries.SUBJECT_CHARACTERS),
        attachments=len(known.attachments),
    )


def opened(stored: bytes) -> summaries.Summary | None:
    """A summary; None when it is damaged, or no key fits it."""
    try:
        return summaries.opened(stored)
    except sealing.CannotOpen:
        return None


def undo_for() -> str:
    """How long a deletion can be taken back: "45 minutes", "1 heure", "24 heures"."""
    minutes = QuarantineRules.objects.get(pk=1).undo_minutes
    count, unit = (minutes // 60, "heure") if minutes % 60 == 0 and minutes else (minutes, "minute")
    return f"{count} {unit}{'s' if count > 1 else ''}"


def undo_until(hold: Hold) -> datetime | None:
    """Until when its deletion can be taken back; None unless it is deleted."""
    if hold.state != Hold.State.DELETED:
        return None
    return hold.state_at + timedelta(minutes=QuarantineRules.objects.get(pk=1).undo_minutes)


def history(hold: Hold) -> list[Told]:
    """What was done with the message, the latest first, each with the full name of who did it; two queries."""
    rows = list(JournalEntry.objects.filter(target=f"hold:{hold.pk}"))
    known = Agent.objects.filter(address__in={row.actor for row in rows if row.actor})
    names = {one.address: one.full_name for one in known}
    return [Told(row.at, names.get(row.actor, row.actor) or _nobody(row), sentence(row)) for row in rows]


def _nobody(entry: JournalEntry) -> str:
    return "Le lien d’une notification" if entry.action in _BY_LINK else "Le portail"


def _matching(rows: QuerySet[Hold], text: str) -> tuple[set[int], bool]:
    """Primary keys of those whose sender or subject holds every word of `text`, accents and case aside; and whether
    some were too old to be looked at."""
    wanted = words(text)
    newest = rows.order_by("-held_at", "-pk").values_list("pk", "sender", "mail_from", "content__summary")
    found: set[int] = set()
    rows_read = newest[: MAX_SEARCHED + 1].iterator(chunk_size=500)
    for looked, (pk, sender, mail_from, stored) in enumerate(rows_read):
        if looked == MAX_SEARCHED:
            return found, True
        summary = opened(bytes(stored)) or summaries.Summary()
        within = f"{summary.subject} {summary.from_name} {sender or mail_from}"
        # A search for signs alone has no words.
        if all(word in plain(within) for word in wanted) if wanted else text.casefold() in within.casefold():
            found.add(pk)
    return found, False
