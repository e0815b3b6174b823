"""The one writer of trust and block lists, and what they say of a message.

A list belongs to a quarantine (see `quarantine.recipients`), or to the whole academy: mailbox "", kept by staff. What
an entry may be, and which messages it meets, is in `quarantine.senders_matching`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts import journal
from accounts.models import Agent
from quarantine import domains, recipients, senders_matching
from quarantine.models import Hold, SenderEntry
from quarantine.safe_view import people
from quarantine.senders_matching import BadPattern, Listed, MessageSenders, Pattern

EVERYBODY = ""
# Of both lists of a mailbox together; of the academy's.
MAX_ENTRIES = 500
MAX_STAFF_ENTRIES = 5_000
NOTE_CHARACTERS = 200

_OTHER = {SenderEntry.Kind.TRUST: SenderEntry.Kind.BLOCK, SenderEntry.Kind.BLOCK: SenderEntry.Kind.TRUST}
_ADDED = {SenderEntry.Kind.TRUST: "sender.trusted", SenderEntry.Kind.BLOCK: "sender.blocked"}
_REMOVED = {SenderEntry.Kind.TRUST: "sender.trust_removed", SenderEntry.Kind.BLOCK: "sender.block_removed"}


class SenderError(Exception):
    """What was asked for cannot be done; `sentence` says why, in French."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class Added:
    """What became of an entry that was asked for.

    is_new: False when it stood there already; a new note replaces the former one. was_moved: it stood on the other list
    of the same mailbox, and has left it. overruled_by: the block that wins over this trust all the same, None for none.
    """

    entry: SenderEntry
    is_new: bool
    was_moved: bool
    overruled_by: SenderEntry | None


def trust(*, mailbox: str, pattern: str, by: Agent | None, note: str = "") -> Added:
    """Let mail of an address or a domain through, as a person typed it. mailbox: canonical, EVERYBODY for the academy's
    list; by: None for the holder of a signed link. Raises SenderError."""
    return _add(SenderEntry.Kind.TRUST, mailbox, pattern, by, note)


def block(*, mailbox: str, pattern: str, by: Agent | None, note: str = "") -> Added:
    """Hold all mail of an address or a domain; otherwise as `trust`."""
    return _add(SenderEntry.Kind.BLOCK, mailbox, pattern, by, note)


def remove(*, entry: SenderEntry, by: Agent, note: str = "") -> None:
    """Take an entry off its list; one that is gone already is as good. note: why, for the journal of the academy's
    list. Raises SenderError."""
    _need_right(entry.mailbox, by)
    with transaction.atomic():
        row = SenderEntry.objects.select_for_update().filter(pk=entry.pk).first()
        if row is None:
            return
        action = _REMOVED[SenderEntry.Kind(row.kind)]
        _record(action, row, by, note=_one_line(note) or "sans précision")
        row.delete()


def listed(recipient: str, senders: MessageSenders) -> Listed[SenderEntry] | None:
    """The entry that decides on a message for `recipient` (canonical), None when none does. One query."""
    return listed_for([recipient], senders).get(recipient)


def listed_for(addresses: Collection[str], senders: MessageSenders) -> dict[str, Listed[SenderEntry]]:
    """As `listed`, for all recipients (canonical) of a message; those on whom no entry decides are left out. One query,
    whatever the length of the lists."""
    wanted = senders_matching.candidates_of(senders)
    if not wanted:
        return {}
    rows = list(SenderEntry.objects.filter(mailbox__in={EVERYBODY, *addresses}, pattern__in=wanted))
    everybody = [row for row in rows if row.mailbox == EVERYBODY]
    decided = {}
    for address in addresses:
        own = [row for row in rows if row.mailbox == address and address]
        found = senders_matching.decide(senders, own, everybody, own_domains=own_domains())
        if found:
            decided[address] = found
    return decided


def matching(mailbox: str, senders: MessageSenders) -> list[SenderEntry]:
    """Every entry that a message meets, whether it decides or not: for a person who asks why. One query."""
    wanted = senders_matching.candidates_of(senders)
    return list(SenderEntry.objects.filter(mailbox__in={EVERYBODY, mailbox}, pattern__in=wanted).order_by("kind", "pk"))


def senders_of(hold: Hold) -> MessageSenders:
    """The senders of a held message, by its row alone."""
    shown = people.address_key(hold.sender)
    return MessageSenders(shown=(shown,) if shown else (), envelope=people.address_key(hold.mail_from))


def to_trust(hold: Hold) -> str:
    """The entry by which a person would trust the sender of a held message; "" when nothing can be trusted.

    Of the academy's own addresses, the address; its domain never.
    """
    for one in senders_matching.proposals(senders_of(hold)):
        try:
            return parsed(SenderEntry.Kind.TRUST, one).text
        except BadPattern:
            continue
    return ""


def parsed(kind: str, typed: str) -> Pattern:
    """The entry that a person typed, for a list of that kind. Raises senders_matching.BadPattern."""
    side = senders_matching.parse_pattern
    if kind == SenderEntry.Kind.TRUST:
        return side(typed, kind="trust", own_domains=own_domains())
    return side(typed, kind="block", own_domains=own_domains())


def own_domains() -> frozenset[str]:
    """The academy's domains, in ASCII form."""
    return frozenset(filter(None, map(domains.ascii_form, settings.QUARANTINE_LOCAL_DOMAINS)))


def is_wide(pattern: Pattern) -> bool:
    """Whether blocking it would keep out people whom nobody thought of: a provider where anybody has an address, or the
    academy itself."""
    if not pattern.is_domain:
        return False
    own = own_domains()
    return pattern.text in senders_matching.PUBLIC_PROVIDERS or any(
        one == pattern.text or one.endswith(f".{pattern.text}") for one in own
    )


def _add(kind: SenderEntry.Kind, mailbox: str, typed: str, by: Agent | None, note: str) -> Added:
    _need_right(mailbox, by)
    try:
        pattern = parsed(kind, typed).text
    except BadPattern as error:
        raise SenderError(error.sentence) from error
    with transaction.atomic():
        there = SenderEntry.objects.filter(mailbox=mailbox, kind=kind, pattern=pattern).first()
        if there:
            if _one_line(note) not in {"", there.note}:
                there.note = _one_line(note)
                there.save(update_fields=["note"])
                _record(_ADDED[kind], there, by, note=there.note)
            return Added(there, False, False, _block_over(there))
        moved = SenderEntry.objects.filter(mailbox=mailbox, kind=_OTHER[kind], pattern=pattern).delete()[0] > 0
        _need_room(mailbox)
        entry = SenderEntry(mailbox=mailbox, kind=kind, pattern=pattern, note=_one_line(note))
        entry.added_by = by.address if by else ""
        try:
            with transaction.atomic():
                entry.save(force_insert=True)
        except IntegrityError:
            # Somebody else added it between the look and the write.
            there = SenderEntry.objects.get(mailbox=mailbox, kind=kind, pattern=pattern)
            return Added(there, False, moved, _block_over(there))
        _record(_ADDED[kind], entry, by, note=entry.note or "sans précision")
    return Added(entry, True, moved, _block_over(entry))


def _need_right(mailbox: str, by: Agent | None) -> None:
    """Raises SenderError unless `by` keeps this list."""
    if mailbox == EVERYBODY:
        if by is None or not by.is_staff:
            raise SenderError("Les listes de l’académie sont tenues par l’équipe DSI.")
        return
    if by is not None:
        reached = recipients.mailbox_of(by, mailbox)
        if reached is None or not reached.acts:
            raise SenderError("Vous n’avez pas le droit de modifier les listes de cette boîte.")


def _need_room(mailbox: str) -> None:
    """Two people at the same moment may go past the bound by one each: it guards against lists without end."""
    most = MAX_ENTRIES if mailbox else MAX_STAFF_ENTRIES
    if SenderEntry.objects.filter(mailbox=mailbox).count() >= most:
        raise SenderError(f"Ces listes sont pleines ({most} entrées) : retirez-en avant d’en ajouter.")


def _block_over(entry: SenderEntry) -> SenderEntry | None:
    """The block that wins over `entry`, if it is one of trust."""
    if entry.kind == SenderEntry.Kind.BLOCK:
        return None
    text = entry.pattern
    wanted = senders_matching.candidates(text if "@" in text else f"x@{text}")
    mailboxes = {EVERYBODY, entry.mailbox}
    blocks = SenderEntry.objects.filter(mailbox__in=mailboxes, kind=SenderEntry.Kind.BLOCK, pattern__in=wanted)
    return blocks.order_by("mailbox", "pk").first()


def _record(action: str, entry: SenderEntry, by: Agent | None, *, note: str) -> None:
    """With the entry where several people keep the list; what a person thinks of a sender is told to nobody else."""
    subject = Agent.objects.filter(address=entry.mailbox).first() if entry.mailbox else None
    if entry.mailbox == EVERYBODY:
        action, what = f"{action}_by_staff", entry.pattern
    elif subject:
        what = "une adresse" if "@" in entry.pattern else "un domaine"
    else:
        what = entry.pattern
    target = "senders:box" if entry.mailbox else "senders:staff"
    reason = {} if entry.mailbox else {"note": note}
    journal.record(action, by=by, subject=subject, target=target, target_label=entry.mailbox, what=what, **reason)


def _one_line(note: str) -> str:
    return " ".join(note.replace("\0", " ").split())[:NOTE_CHARACTERS]
