"""Support notes: what staff write down about a person, for one another. Sealed; the journal says that, never what.

The person does not see them in the portal, and may ask to: `for_export` gives them.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from accounts import journal
from accounts.models import Agent
from accounts.sealing import CannotOpen, seal, unseal
from bascule.help_desk.errors import NotThere, Refused
from bascule.help_desk.reach import still_staff
from bascule.models import SupportNote

MOST_CHARACTERS = 4_000
# Of one person; what is no longer of use is to be deleted.
MOST = 100

EMPTY = "Écrivez le texte de la note."
TOO_LONG = f"La note dépasse {MOST_CHARACTERS} caractères : raccourcissez-la."
TOO_MANY = f"Il y a déjà {MOST} notes sur cette personne : supprimez celles qui ne servent plus."


@dataclass(frozen=True)
class Shown:
    """A note as pages show it. text: None when it can no longer be opened."""

    row: SupportNote
    text: str | None


def add(*, agent: Agent, text: str, pinned: bool, by: Agent) -> SupportNote:
    """Raises Refused, NotThere."""
    text = _checked(text)
    with transaction.atomic():
        staff = still_staff(by)
        if SupportNote.objects.filter(agent=agent).count() >= MOST:
            raise Refused(TOO_MANY)
        row = SupportNote.objects.create(agent=agent, author=staff, text=seal(text.encode()), pinned=pinned)
        _record("help.note_added", row, by=staff)
    return row


def change(*, note: SupportNote, text: str, pinned: bool, by: Agent) -> None:
    """Another text, or another place, for a note of one's own. Raises Refused, NotThere."""
    text = _checked(text)
    with transaction.atomic():
        row = _own(note, by)
        row.text, row.pinned, row.changed_at = seal(text.encode()), pinned, timezone.now()
        row.save(update_fields=["text", "pinned", "changed_at"])
        _record("help.note_changed", row, by=by)


def delete(*, note: SupportNote, by: Agent) -> None:
    """Take away a note of one's own. Raises NotThere."""
    with transaction.atomic():
        row = _own(note, by)
        _record("help.note_deleted", row, by=by)
        row.delete()


def of_person(agent: Agent) -> list[Shown]:
    """All notes on `agent`, pinned ones first; one query."""
    rows = SupportNote.objects.filter(agent=agent).select_related("author")
    return [Shown(row, opened(row)) for row in rows]


def for_export(agent: Agent) -> list[dict[str, str]]:
    """The notes on `agent`, for a person who asks for all that is kept of the own: date, author and text."""
    return [
        {
            "date": timezone.localtime(one.row.created_at).isoformat(timespec="minutes"),
            "auteur": one.row.author.full_name if one.row.author else "",
            "texte": one.text or "",
        }
        for one in of_person(agent)
    ]


def opened(row: SupportNote) -> str | None:
    try:
        return unseal(bytes(row.text)).decode()
    except CannotOpen:
        return None


def _checked(text: str) -> str:
    # Browsers send line ends as CRLF and count them as one character.
    text = text.replace("\r\n", "\n").replace("\0", "").strip()
    if not text:
        raise Refused(EMPTY)
    if len(text) > MOST_CHARACTERS:
        raise Refused(TOO_LONG)
    return text


def _own(note: SupportNote, by: Agent) -> SupportNote:
    """The note, locked. Raises NotThere for a note of somebody else's, and for whoever is not of staff any more."""
    staff = still_staff(by)
    row = SupportNote.objects.select_for_update(of=("self",)).select_related("agent").filter(pk=note.pk).first()
    if row is None or row.author_id != staff.pk:
        raise NotThere
    return row


def _record(action: str, row: SupportNote, *, by: Agent) -> None:
    journal.record(action, by=by, subject=row.agent, target=f"agent:{row.agent_id}", name=row.agent.full_name)
