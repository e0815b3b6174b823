"""The list of a person's application passwords: what Zimbra has, with what the portal knows of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from accounts.models import Agent
from accounts.plain_text import plain
from bascule.devices import passwords
from bascule.devices.password_look import Seen
from bascule.models import AppPassword, Device

State = AppPassword.State

SORTS = {"recent": "Plus récents d’abord", "nom": "Nom", "usage": "Derniers utilisés d’abord"}
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Line:
    """One password. row: None when it was made elsewhere and nothing happened to it here."""

    name: str
    created: datetime | None
    last_used: datetime | None
    row: AppPassword | None = None
    is_seen_there: bool = True

    @property
    def device(self) -> Device | None:
        return self.row.device if self.row else None

    @property
    def searched(self) -> str:
        return f"{self.name} {self.device.name}" if self.device else self.name

    @property
    def is_foreign(self) -> bool:
        return self.row is None or not bool(self.row.asked_at)

    @property
    def is_unseen(self) -> bool:
        return bool(self.row and self.row.state == State.UNSEEN)

    @property
    def is_ready(self) -> bool:
        return bool(self.row and self.row.state == State.MADE)

    @property
    def is_going(self) -> bool:
        return bool(self.row and self.row.state == State.REVOKING)

    @property
    def was_refused(self) -> bool:
        return bool(self.row and self.row.state == State.SHOWN and self.row.error)


def lines(agent: Agent, picture: Seen | None) -> list[Line]:
    """All that are there as far as is known; one query."""
    living = passwords.of_agent(agent).filter(state__in=passwords.LIVING).select_related("device")
    rows = {row.name: row for row in living}
    found = []
    for one in picture.passwords if picture else ():
        row = rows.pop(one.name, None)
        created = one.created or (row.made_at if row else None)
        found.append(Line(one.name, created, one.last_used, row))
    # Made since the picture was taken, or not yet looked for.
    found += [Line(row.name, row.made_at, None, row, is_seen_there=False) for row in rows.values()]
    return found


def chosen(found: list[Line], *, wanted: str = "", sort: str = "") -> list[Line]:
    """Those whose name or device hold the words of `wanted`, sorted by a key of SORTS."""
    sought = plain(wanted).split()
    kept = [one for one in found if all(word in plain(one.searched) for word in sought)]
    if sort == "nom":
        return sorted(kept, key=lambda one: plain(one.name))
    if sort == "usage":
        return sorted(kept, key=lambda one: one.last_used or _LONG_AGO, reverse=True)
    return sorted(kept, key=lambda one: one.created or _LONG_AGO, reverse=True)


def of_device(device: Device, picture: Seen | None) -> list[Line]:
    """Those made for a device; one query."""
    rows = device.passwords.filter(state__in=passwords.LIVING).select_related("device")
    shown = []
    for row in rows:
        there = picture.of_name(row.name) if picture else None
        shown.append(Line(row.name, row.made_at, there.last_used if there else None, row, there is not None))
    return shown
