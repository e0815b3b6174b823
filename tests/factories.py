"""People, places and waves for tests: plain functions, each makes one row and fills in what the test does not name."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any

from accounts.models import Agent, Establishment, Population
from bascule.models import Wave, WaveAssignment
from boxes.models import Box

_numbers = count(1)


def population(code: str = "first-degree") -> Population:
    """A population of the academy; they come with the migrations, and go when a test empties the tables."""
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
    return Agent.objects.create_user(address or f"camille.hoarau{number}@ac-reunion.fr", password, **(values | fields))


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
