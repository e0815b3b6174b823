"""Entries of the directory of addresses (GAL)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Person:
    """An entry of the directory of addresses: a person, a list or a resource (a room, a beamer).

    kind: account, group or resource. addresses: the main one first. account_id: "" when the directory does not tell.
    attributes: all fields, several values of one on lines of their own.
    """

    id: str
    kind: str
    addresses: tuple[str, ...] = field(repr=False)
    name: str = field(repr=False, default="")
    first_name: str = field(repr=False, default="")
    last_name: str = field(repr=False, default="")
    company: str = field(repr=False, default="")
    job: str = field(repr=False, default="")
    phone: str = field(repr=False, default="")
    account_id: str = ""
    attributes: Mapping[str, str] = field(repr=False, compare=False, default_factory=dict)

    @property
    def address(self) -> str:
        """The main address, "" for an entry without one."""
        return self.addresses[0] if self.addresses else ""


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """Some entries, in the server's order; more: the server has others that match."""

    people: tuple[Person, ...]
    more: bool
