"""What every page of a quarantine stands on: the mailboxes a person may open, and which of them is looked at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404

from accounts.requests import AgentRequest
from quarantine import recipients
from quarantine.models import Hold
from quarantine.recipients import Mailbox

ONLY_WRITERS = "Votre accès à cette boîte est en lecture seule : vous ne pouvez pas agir sur sa quarantaine."
# Field of addresses of pages that says whose quarantine is looked at; without it, the own one.
FIELD = "boite"


@dataclass(frozen=True)
class Looked:
    """The quarantine looked at, among those the person may open."""

    mailbox: Mailbox
    mailboxes: list[Mailbox]

    @property
    def mailbox_query(self) -> str:
        """What addresses of pages about this quarantine end with; "" for the own one."""
        return "" if self.mailbox.is_own else "?" + urlencode({FIELD: self.mailbox.address})

    def context(self) -> dict[str, object]:
        """For templates that extend quarantine_base.html."""
        return {"mailbox": self.mailbox, "mailboxes": self.mailboxes, "mailbox_query": self.mailbox_query}


def looked_at(request: AgentRequest) -> Looked:
    """The quarantine that the address of the page names. Raises Http404 for one that is not the person's to open."""
    mailboxes = recipients.mailboxes_of(request.user)
    wanted = request.GET.get(FIELD, "") or request.POST.get(FIELD, "")
    if not wanted:
        return Looked(mailboxes[0], mailboxes)
    address = recipients.canonical(wanted)
    mailbox = next((one for one in mailboxes if one.address == address), None)
    if mailbox is None:
        raise Http404("mailbox")
    return Looked(mailbox, mailboxes)


def seen_hold(request: AgentRequest, hold_id: int) -> tuple[Hold, Mailbox]:
    """A held message in a quarantine that the person may open. Raises Http404 for any other."""
    mailboxes = {one.address: one for one in recipients.mailboxes_of(request.user)}
    hold = Hold.objects.select_related("content").filter(pk=hold_id, recipient__in=mailboxes).first()
    if hold is None:
        raise Http404("hold")
    return hold, mailboxes[hold.recipient]


def need_writer(mailbox: Mailbox) -> None:
    """Raises PermissionDenied for whoever only looks."""
    if not mailbox.acts:
        raise PermissionDenied(ONLY_WRITERS)


def need_staff(request: AgentRequest) -> None:
    """Raises Http404 for whoever is not of the staff: their pages do not concern anybody else."""
    if not request.user.is_staff:
        raise Http404("staff")


def typed(request: AgentRequest, name: str, *, most: int = 100) -> str:
    """What was typed into a field of a search, bounded. PostgreSQL takes no NUL in a text."""
    return request.GET.get(name, "").replace("\0", " ").strip()[:most]


def numbers(values: Iterable[str], *, most: int) -> list[int]:
    """Primary keys among what a form sent; rubbish, and what is more than `most`, is left out."""
    found = [int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 18]
    return list(dict.fromkeys(found))[:most]
