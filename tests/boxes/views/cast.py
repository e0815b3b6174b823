"""A shared box with one person of each kind, and browsers for them."""

from __future__ import annotations

from dataclasses import dataclass

from django.test import Client
from django.urls import reverse

from accounts.models import Agent
from boxes.models import Box, Delegation, Role
from tests.factories import give_access, make_agent, make_box, make_establishment, make_moved_agent, make_shared_box
from tests.pages import parse, text


@dataclass
class Cast:
    box: Box
    owner: Agent
    member: Agent
    reader: Agent
    stranger: Agent
    head: Agent
    staff: Agent

    def row(self, name: str) -> Delegation:
        return Delegation.objects.get(box=self.box, agent=getattr(self, name))

    def browser(self, name: str) -> Client:
        return browser(getattr(self, name))

    def page(self, name: str, url: str, *args: object, **query: object) -> str:
        """The page as that person reads it."""
        return read(self.browser(name), url, self.box.pk, *args, **query)


def browser(agent: Agent) -> Client:
    client = Client()
    client.force_login(agent)
    return client


def read(client: Client, url: str, *args: object, **query: object) -> str:
    answer = client.get(reverse(url, args=args), query)
    assert answer.status_code == 200
    return text(parse(answer.content))


def make_cast(**fields: object) -> Cast:
    place = make_establishment()
    owner = make_moved_agent("anne.payet@ac-reunion.fr", given_name="Anne", family_name="Payet", establishment=place)
    member = make_moved_agent("marc.hoareau@ac-reunion.fr", given_name="Marc", family_name="Hoareau")
    reader = make_moved_agent("zoe.lefevre@ac-reunion.fr", given_name="Zoé", family_name="Lefèvre")
    people = ((owner, Role.OWNER), (member, Role.MEMBER), (reader, Role.READER))
    values: dict[str, object] = {
        "name": "Vie scolaire",
        "address": "vie.scolaire@ac-reunion.fr",
        "establishment": place,
    }
    box = make_shared_box(*people, in_zimbra=True, **(values | fields))
    box.delegations.update(mount_id="300", path="/Vie scolaire")
    make_box(establishment=place, address="direction@ac-reunion.fr", name="Direction")
    head = make_moved_agent(establishment=place, function=Agent.Function.HEAD)
    return Cast(box, owner, member, reader, make_moved_agent(), head, make_agent(is_staff=True))


def everybody() -> dict[str, Agent]:
    """One person of each kind, by what the person is to the box of `box_of`."""
    return {
        "owner": make_moved_agent(),
        "member": make_moved_agent(),
        "reader": make_moved_agent(),
        "pending": make_agent(),
        "head": make_moved_agent(function=Agent.Function.HEAD),
        "staff": make_moved_agent(is_staff=True),
        "stranger": make_moved_agent(),
    }


def box_of(people: dict[str, Agent]) -> Box:
    box = make_shared_box(
        (people["owner"], Role.OWNER), (people["member"], Role.MEMBER), (people["reader"], Role.READER), in_zimbra=True
    )
    give_access(box, people["pending"])
    return box
