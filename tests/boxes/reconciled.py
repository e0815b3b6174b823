"""A box that stands in Zimbra with an owner, a member and a reader, for tests that change things behind the portal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from django.utils import timezone

from accounts.models import Agent
from boxes import work
from boxes.models import Box, BoxFinding, Delegation, Role
from boxes.reconcile import checking
from boxes.sync import engine
from tests.factories import give_access, make_box
from tests.simulated import DOMAIN, Simulated
from zimbra.client import ZimbraClient

_numbers = count(1)


@dataclass
class Standing:
    """door: the simulated Zimbra. owner, member, reader: of `box`."""

    door: Simulated
    box: Box
    owner: Agent
    member: Agent
    reader: Agent

    def as_box(self) -> ZimbraClient:
        return self.mailbox(self.box.address)

    def mailbox(self, address: str) -> ZimbraClient:
        """Somebody acting in Zimbra itself."""
        with self.door.admin() as admin:
            return ZimbraClient.on_behalf(self.door.url, admin, address)

    def row(self, agent: Agent) -> Delegation:
        return Delegation.objects.get(box=self.box, agent=agent)

    def check(self) -> list[tuple[str, str]]:
        """Compare; gives what is open then: kind and whom."""
        seen, wait = checking.run(self.box.pk)
        assert seen is not None
        assert wait is None
        return self.open()

    def open(self) -> list[tuple[str, str]]:
        rows = BoxFinding.objects.filter(box=self.box, settled_at=None).order_by("kind", "grantee", "folder_id")
        return list(rows.values_list("kind", "grantee"))

    def only(self) -> BoxFinding:
        return BoxFinding.objects.get(box=self.box, settled_at=None)

    def advance(self) -> None:
        assert engine.advance(self.box.pk) is None


def make_standing(door: Simulated, person: Callable[..., Agent]) -> Standing:
    box = make_box(address=f"ecole.{next(_numbers)}@{DOMAIN}", name="École", transfer_asked_at=timezone.now())
    people = {
        role: person(given_name=name, family_name="Payet")
        for role, name in ((Role.OWNER, "Odile"), (Role.MEMBER, "Marie"), (Role.READER, "Rémi"))
    }
    for role, agent in people.items():
        from boxes import identities

        identities.follow_role(give_access(box, agent, role))
    work.ask(box)
    standing = Standing(door, box, people[Role.OWNER], people[Role.MEMBER], people[Role.READER])
    standing.advance()
    box.refresh_from_db()
    return standing
