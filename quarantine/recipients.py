"""Whose quarantine a message is in, and who may act there.

A quarantine belongs to an address: a person's own one, or that of a functional box. Who may open it follows from the
directory and from `boxes` at every look, so that it changes the moment a delegation does.

    the person             the own address
    owner, member of a box look and act
    reader of a box        looks
    staff                  no quarantine but the own: held mail is nobody else's to read
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from accounts.models import Agent
from boxes.models import Delegation, Role

MAX_CHARACTERS = 254


def canonical(address: str) -> str:
    """The address whose quarantine mail for `address` belongs to: lower case, without the extension after a +, the
    domain in its ASCII form. "" for what is no address."""
    local, at, domain = address.strip().strip("<>").rpartition("@")
    if not at or not local or not domain or "\0" in address:
        return ""
    if not local.startswith('"'):
        local = local.partition("+")[0] or local
    try:
        domain = domain.rstrip(".").encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    found = f"{local}@{domain}".lower()
    return found if len(found) <= MAX_CHARACTERS else ""


def is_local(address: str) -> bool:
    """Whether mail for `address` goes to the national service, and its holder can sign in here."""
    return address.rpartition("@")[2].lower() in settings.QUARANTINE_LOCAL_DOMAINS


@dataclass(frozen=True)
class Mailbox:
    """A quarantine that somebody may open. acts: may release, delete and change lists there; name: of the box, ""
    for the own one."""

    address: str
    name: str
    acts: bool

    @property
    def is_own(self) -> bool:
        return not self.name


def mailboxes_of(agent: Agent) -> list[Mailbox]:
    """The quarantines `agent` may open, the own one first. One query."""
    own = Mailbox(canonical(agent.address), "", acts=True)
    reached = Delegation.objects.active().filter(agent=agent).select_related("box").order_by("box__name")
    return [own, *(Mailbox(one.box.address, one.box.name, acts=Role(one.role).writes) for one in reached)]


def mailbox_of(agent: Agent, address: str) -> Mailbox | None:
    """The quarantine of `address` when `agent` may open it, else None."""
    wanted = canonical(address)
    return next((one for one in mailboxes_of(agent) if one.address == wanted), None)
