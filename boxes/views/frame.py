"""What every page of one box stands on: the box as far as it is the person's to see, and what the person is in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import Http404

from accounts.requests import AgentRequest
from boxes import reach
from boxes.models import Box, Delegation, Role

ONLY_OWNERS = "Seuls les propriétaires de la boîte peuvent faire cela."
ONLY_STAFF = "Seule l’équipe DSI peut faire cela."
ONLY_MEMBERS = "Seules les personnes qui ont accès à la boîte peuvent faire cela."


@dataclass(frozen=True)
class Seen:
    """A box and the person who looks at it. delegation: the person's own access; None for staff who have none."""

    box: Box
    delegation: Delegation | None
    is_staff: bool

    @property
    def manages(self) -> bool:
        return self.delegation is not None and self.delegation.role == Role.OWNER

    @property
    def writes(self) -> bool:
        return self.delegation is not None and Role(self.delegation.role).writes

    @property
    def oversees(self) -> bool:
        """Whether the person sees what owners see."""
        return self.manages or self.is_staff


def seen_box(request: AgentRequest, box_id: int) -> Seen:
    """Raises Http404 for whom the box does not concern."""
    box = reach.boxes_seen_by(request.user).select_related("establishment").filter(pk=box_id).first()
    if box is None:
        raise Http404("box")
    return Seen(box, reach.delegation_of(request.user, box), request.user.is_staff)


def need_owner(seen: Seen) -> None:
    """Raises PermissionDenied for whoever sees the box without managing it."""
    if not seen.manages:
        raise PermissionDenied(ONLY_OWNERS)


def need_member(seen: Seen) -> Delegation:
    """The person's own access; PermissionDenied for staff who have none."""
    if seen.delegation is None:
        raise PermissionDenied(ONLY_MEMBERS)
    return seen.delegation


def typed(request: AgentRequest, name: str, *, most: int = 100) -> str:
    """What was typed into a field of a search, bounded. PostgreSQL takes no NUL in a text."""
    return request.GET.get(name, "").replace("\0", " ").strip()[:most]


def numbers(values: Iterable[str], *, most: int) -> list[int]:
    """Primary keys among what a form sent; rubbish, and what is more than `most`, is left out."""
    found = [int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 18]
    return list(dict.fromkeys(found))[:most]
