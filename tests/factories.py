"""People, places and waves for tests: plain functions, each makes one row and fills in what the test does not name."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any

from django.utils import timezone

from accounts.models import Agent, Establishment, Population
from bascule.models import Wave, WaveAssignment
from boxes.models import Box, CensusEntry, Delegation, Role

_numbers = count(1)


def population(code: str = "first-degree") -> Population:
    """A population of the academy."""
    return Population.objects.get_or_create(code=code, defaults={"label": code})[0]


def make_establishment(**fields: Any) -> Establishment:
    number = next(_numbers)
    values: dict[str, Any] = {"uai": f"974{number:04d}A", "name": f"Collège numéro {number}", "city": "Saint-Denis"}
    return Establishment.objects.create(**(values | fields))


def make_agent(address: str = "", *, password: str | None = None, **fields: Any) -> Agent:
    """An agent of the first degree, not moved, who is nobody special. Without `password`, sign in by `force_login`."""
    number = next(_numbers)
    if isinstance(code := fields.get("population"), str):
        fields["population"] = population(code)
    values: dict[str, Any] = {"given_name": "Camille", "family_name": f"Hoarau {number}"}
    if "population" not in fields:
        values["population"] = population()
    address = (address or f"camille.hoarau{number}@ac-reunion.fr").lower()
    agent = Agent(address=address, **(values | fields))
    # Without the validation of `create_user`, which costs more than all the rest.
    agent.set_password(password)
    agent.save()
    return agent


def make_wave(*codes: str, day: date | None = None, **fields: Any) -> Wave:
    """A planned wave of the populations named by `codes`, on `day`; without a day, some time from March 2030."""
    values: dict[str, Any] = {"name": f"Vague {next(_numbers)}", "date": day}
    if day is None:
        values |= {"period_label": "début mars", "period_start": date(2030, 3, 1)}
    wave = Wave.objects.create(**(values | fields))
    wave.populations.set(population(code) for code in codes)
    return wave


def assign(agent: Agent, wave: Wave, reason: str = "") -> WaveAssignment:
    """What staff do who move `agent` to another wave than that of the population."""
    return WaveAssignment.objects.create(agent=agent, wave=wave, reason=reason)


def make_box(**fields: Any) -> Box:
    values: dict[str, Any] = {"address": f"boite{next(_numbers)}@ac-reunion.fr", "name": "Boîte de service"}
    return Box.objects.create(**(values | fields))


def make_shared_box(*people: tuple[Agent, str], in_zimbra: bool = False, **fields: Any) -> Box:
    """A box after its transfer; each of `people` (who, role) has active access to it.

    in_zimbra: the portal takes Zimbra to hold these accesses already.
    """
    box = make_box(**({"transfer_asked_at": timezone.now(), "transferred_at": timezone.now()} | fields))
    for agent, role in people:
        give_access(box, agent, role, applied_role=role if in_zimbra else "")
    return box


def give_access(box: Box, agent: Agent, role: str = Role.MEMBER, **fields: Any) -> Delegation:
    """A delegation as the transfer leaves it: active for whoever has moved, pending otherwise; nobody is told."""
    values: dict[str, Any] = {"state": Delegation.State.PENDING}
    if agent.has_migrated:
        values = {"state": Delegation.State.ACTIVE, "active_since": timezone.now()}
    return Delegation.objects.create(box=box, agent=agent, role=role, **(values | fields))


def make_entry(box: Box, agent: Agent, role: str = Role.MEMBER) -> CensusEntry:
    return CensusEntry.objects.create(box=box, agent=agent, role=role)


def make_moved_agent(address: str = "", **fields: Any) -> Agent:
    """An agent whose mailbox has been transferred."""
    return make_agent(address, **({"migrated_at": timezone.now()} | fields))
