"""Whose rules these are: entries of a directory beside the people the portal knows, by address.

First the entry's own address, then its further ones, then its login in the academy's domain. Several people for one
entry is nobody: rules are not handed to a stranger.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings

from accounts.models import Agent
from bascule.conversions.filters.source.ldif_rules import PersonEntry
from bascule.models import FilterIntakeEntry
from boxes.models import Box

Outcome = FilterIntakeEntry.Outcome

OWN, FURTHER, LOGIN = 0, 1, 2
# Aliases of one entry that are looked up; nobody has more than a handful.
MAX_TRIED = 20

_LOGIN = re.compile(r"[a-z0-9](?:[a-z0-9._+-]*[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Match:
    """agent_id: None for nobody, `outcome` says why. by: OWN, FURTHER or LOGIN."""

    agent_id: int | None = None
    by: int = OWN
    outcome: str = Outcome.UNMATCHED


@dataclass(slots=True)
class Best:
    """The entry that fits a person best, of those in one file. is_tied: another one fits as well and says something
    else. is_known: the person has this content already."""

    by: int
    number: int
    sha256: str
    is_known: bool = False
    is_tied: bool = False


def better(old: Best | None, new: Best) -> Best:
    """Of two entries for one person, in the order of the file."""
    if old is None or new.by < old.by:
        return new
    if new.by == old.by and new.sha256 != old.sha256:
        old.is_tied = True
    return old


def match_all(entries: Sequence[PersonEntry]) -> list[Match]:
    """One match for each entry, in their order; two queries however many there are. People who left are nobody."""
    wanted = {address for entry in entries for address in _tried(entry)}
    agents = dict(Agent.objects.filter(address__in=wanted, is_active=True).values_list("address", "pk"))
    boxes = {address.lower() for address in Box.objects.filter(address__in=wanted).values_list("address", flat=True)}
    return [_match(entry, agents, boxes) for entry in entries]


def shown_address(entry: PersonEntry) -> str:
    """How staff know the entry: its address, else its login, else its dn; one printable line."""
    text = next(iter(entry.addresses), "") or entry.login or entry.dn
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())[:255]


def _match(entry: PersonEntry, agents: dict[str, int], boxes: set[str]) -> Match:
    own, *further = _addresses(entry) or [""]
    if own in agents:
        return Match(agents[own], OWN, Outcome.MATCHED)
    if own in boxes:
        return Match(outcome=Outcome.BOX)
    found = _people(further, agents)
    if len(found) > 1:
        return Match(outcome=Outcome.CONFLICT)
    if found:
        return Match(found.pop(), FURTHER, Outcome.MATCHED)
    if boxes.intersection(further):
        return Match(outcome=Outcome.BOX)
    by_login = _by_login(entry)
    if by_login in agents:
        return Match(agents[by_login], LOGIN, Outcome.MATCHED)
    return Match()


def _people(addresses: Iterable[str], agents: dict[str, int]) -> set[int]:
    return {agents[address] for address in addresses if address in agents}


def _addresses(entry: PersonEntry) -> list[str]:
    return list(entry.addresses[:MAX_TRIED])


def _tried(entry: PersonEntry) -> list[str]:
    by_login = _by_login(entry)
    return [*_addresses(entry), *([by_login] if by_login else [])]


def _by_login(entry: PersonEntry) -> str:
    login = entry.login.strip().lower()
    name, _, domain = login.partition("@")
    if not _LOGIN.fullmatch(name):
        return ""
    return f"{name}@{domain or settings.MAIL_DOMAIN}"
