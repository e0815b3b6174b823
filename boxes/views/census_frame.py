"""What the pages of a census stand on: the establishment as far as it is the person's to see, and what may be done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404

from accounts.models import Agent, Establishment
from accounts.requests import AgentRequest
from boxes import reach
from boxes.census import states
from boxes.census.account_requests import RequestError
from boxes.models import Box, CensusSheet

ONLY_LEADS = "Seules la direction de l’établissement et l’équipe DSI peuvent faire cela."


@dataclass(frozen=True)
class Place:
    """The census of an establishment and the person who looks at it. leads: takes it as a whole; may_change: the state
    of the sheet lets the person change what is in reach."""

    establishment: Establishment
    sheet: CensusSheet
    agent: Agent
    leads: bool
    may_change: bool

    @property
    def uai(self) -> str:
        return self.establishment.uai

    @property
    def may_submit(self) -> bool:
        return self.leads or states.may_submit(self.agent, self.establishment)

    @property
    def may_reopen(self) -> bool:
        if self.sheet.state == CensusSheet.State.OPEN:
            return False
        return self.agent.is_staff or (self.sheet.state == CensusSheet.State.SUBMITTED and self.may_submit)

    @property
    def may_validate(self) -> bool:
        return self.agent.is_staff and self.sheet.state == CensusSheet.State.SUBMITTED


def place_of(request: AgentRequest, uai: str) -> Place:
    """Raises Http404 for whom the census does not concern."""
    found = reach.establishments_in_census(request.user).filter(uai=uai.upper()).first() if "\0" not in uai else None
    if found is None:
        raise Http404("census")
    sheet = states.sheet_of(found)
    return Place(found, sheet, request.user, states.leads(request.user, found), states.may_change(request.user, sheet))


def box_of(request: AgentRequest, uai: str, box_id: int) -> tuple[Place, Box]:
    """Raises Http404 as well for a box that the person takes no part in."""
    place = place_of(request, uai)
    box = (
        reach.boxes_in_census(request.user, place.establishment)
        .select_related("establishment")
        .filter(pk=box_id)
        .first()
    )
    if box is None:
        raise Http404("box")
    return place, box


def need_leads(place: Place) -> None:
    """Raises PermissionDenied for declared owners, who change their own boxes only."""
    if not place.leads:
        raise PermissionDenied(ONLY_LEADS)


@contextmanager
def told(request: AgentRequest) -> Iterator[None]:
    """Shows why something was refused; the view then goes back to where the person was."""
    try:
        yield
    except (states.CensusError, RequestError) as error:
        messages.error(request, error.sentence)
