"""Which time zone a name or a VTIMEZONE of the file means, and conversion through tzdata.

Every TZID of our output is an Olson name of the tzdata package, whatever the machine: the definitions inside files
are frozen at the age of the program that wrote them (Sun's `timezones.ics`, Outlook's), so they only serve to
recognise a zone that has no known name.
"""

# ruff: noqa: DTZ001 - wall clock times are naive by design
from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC as _UTC
from datetime import datetime, timedelta
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

from bascule.conversions.calendars.times import UTC
from bascule.conversions.calendars.zone_names import ABBREVIATIONS, CITIES, UTC_NAMES, WINDOWS

# Zones that definitions and offsets are compared with first: an academy overseas writes mostly these.
_PREFERRED = ("Indian/Reunion", "Europe/Paris", "Indian/Mayotte", "Europe/Berlin", "Europe/London", "America/New_York")
_OFFSET = re.compile(r"(?:GMT|UTC|Z)?\s*([+\-−–])\s*(\d{1,2})(?:[:.h]?(\d{2}))?(?!\d)", re.IGNORECASE)
# An Olson name with something around it ("custom_America/New_York", "Europe/Paris 1").
_INSIDE = re.compile(r"(?<![a-z])[a-z]+/[a-z]+(?:_[a-z]+)*(?:/[a-z]+(?:_[a-z]+)*)?(?![a-z])")
_WORDS = re.compile(r"[,;/&()]| et | and ", re.IGNORECASE)
# More distinct unknown zones than this in one file are no longer compared with every zone of the world.
_MOST_COMPARISONS = 40


@lru_cache(maxsize=1)
def olson_names() -> dict[str, str]:
    """Lower-case name -> name, for every zone of the tzdata package."""
    listing = resources.files("tzdata").joinpath("zones").read_text(encoding="ascii")
    return {name.lower(): name for name in listing.split()}


@lru_cache(maxsize=700)
def load(name: str) -> ZoneInfo:
    """The rules of an Olson zone, from the tzdata package and not from the machine. KeyError when unknown."""
    if name.lower() not in olson_names():
        raise KeyError(name)
    source = resources.files("tzdata.zoneinfo").joinpath(*name.split("/"))
    with source.open("rb") as stream:
        return ZoneInfo.from_file(stream, key=name)


def to_utc(local: datetime, zone: str) -> datetime:
    """The instant of a wall clock time, naive in UTC. A time inside a gap counts with the offset before it."""
    if zone == UTC:
        return local
    try:
        return local.replace(tzinfo=load(zone)).astimezone(_UTC).replace(tzinfo=None)
    except (OverflowError, ValueError):
        return local


def to_local(instant: datetime, zone: str) -> datetime:
    """The wall clock time of an instant; `fold` is 1 when that clock shows this time for the second time."""
    if zone == UTC:
        return instant
    try:
        return instant.replace(tzinfo=_UTC).astimezone(load(zone)).replace(tzinfo=None)
    except (OverflowError, ValueError):
        return instant


def offset_of(local: datetime, zone: str) -> timedelta:
    """UTC offset of a wall clock time."""
    if zone == UTC:
        return timedelta(0)
    try:
        return local.replace(tzinfo=load(zone)).utcoffset() or timedelta(0)
    except (OverflowError, ValueError):
        return timedelta(0)


@lru_cache(maxsize=4096)
def zone_named(name: str) -> str | None:
    """The Olson name ("UTC" for its many names) that a TZID is known to mean, from its spelling alone."""
    name = name.strip().strip("\"'").strip()
    if not name or len(name) > 300:
        return None
    names = olson_names()
    lowered = name.lower().replace(" ", "_")
    if lowered in UTC_NAMES:
        return UTC
    if lowered in names:
        return names[lowered]
    windows = WINDOWS.get(name.lower().removeprefix("tzone://microsoft/"))
    if windows:
        return windows
    pieces = [piece for piece in lowered.split("/") if piece]
    for size in (3, 2):
        tail = "/".join(pieces[-size:])
        if len(pieces) >= size and tail in names:
            return names[tail]
    if len(pieces) > 2 and pieces[-1] in names:
        return names[pieces[-1]]
    if pieces and pieces[-1] in UTC_NAMES:
        return UTC
    abbreviation = ABBREVIATIONS.get(name.upper())
    if abbreviation is not None:
        return abbreviation
    for written in (lowered, re.sub(r"[-_.:]", "/", lowered, count=1)):
        for found in _INSIDE.finditer(written):
            if found[0] in names:
                return names[found[0]]
    return None


@dataclass(slots=True)
class Definition:
    """A VTIMEZONE of the file. onsets: (local time, offset before, offset after) of its observances as far as they
    were worked out, oldest first; names: Olson names that it mentions (X-LIC-LOCATION, aliases)."""

    tzid: str
    onsets: list[tuple[datetime, timedelta, timedelta]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def offset_at(self, local: datetime) -> timedelta:
        """The UTC offset that the definition gives to a wall clock time."""
        return self.offsets_at([local])[0]

    def offsets_at(self, moments: Iterable[datetime]) -> list[timedelta]:
        """The UTC offsets of wall clock times, oldest first."""
        current = self.onsets[0][1] if self.onsets else timedelta(0)
        found = []
        position = 0
        for local in moments:
            while position < len(self.onsets):
                onset, before, after = self.onsets[position]
                # The clock jumps forward at `onset`; a time inside the gap counts with the offset before it.
                if local < onset + max(after - before, timedelta(0)):
                    break
                current = after
                position += 1
            found.append(current)
        return found


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a TZID means. exact: its times are those of `zone`; otherwise instants come from `definition` (or are a
    guess when there is none). how: code of the repair, "" when the name was right already."""

    zone: str
    exact: bool = True
    how: str = ""
    definition: Definition | None = None

    def instant(self, local: datetime) -> datetime:
        if self.definition is not None and not self.exact:
            try:
                return local - self.definition.offset_at(local)
            except OverflowError:
                return local
        return to_utc(local, self.zone)


class Zones:
    """The zones of one calendar: its own definitions, and what each TZID met in it turned out to mean."""

    def __init__(self, home: str, definitions: Iterable[Definition] = (), fallback: str = "") -> None:
        self.home = home
        self.fallback = fallback or home
        self._definitions = {definition.tzid: definition for definition in definitions}
        self._known: dict[str, Resolved] = {}
        self._comparisons = 0

    def resolve(self, tzid: str) -> Resolved:
        """What `tzid` means; never fails, see `Resolved`."""
        resolved = self._known.get(tzid)
        if resolved is None:
            resolved = self._known[tzid] = self._find(tzid)
        return resolved

    def _find(self, tzid: str) -> Resolved:
        named = zone_named(tzid)
        if named is not None:
            return Resolved(named, how="" if named == tzid else "zone_name")
        definition = self._definitions.get(tzid) or self._definitions.get(tzid.strip("\"' "))
        if definition is not None:
            for name in definition.names:
                named = zone_named(name)
                if named is not None:
                    return Resolved(named, how="zone_name")
            if definition.onsets:
                return self._compare(definition)
        city = _zone_of_city(tzid)
        if city is not None:
            return Resolved(city, how="zone_name")
        written = _OFFSET.search(tzid)
        if written is not None:
            zone = _fixed_zone(written, self.home)
            if zone is not None:
                return Resolved(zone, how="zone_name")
        return Resolved(self.fallback, exact=False, how="zone_unknown")

    def _compare(self, definition: Definition) -> Resolved:
        """The zone of the world with the same offsets as the definition, else the closest one."""
        self._comparisons += 1
        year = min(max(definition.onsets[-1][0].year, 2005), 2036)
        moments = [datetime(year, 1, 1, 12) + timedelta(days=3 * step) for step in range(122)]
        wanted = definition.offsets_at(moments)
        candidates = [self.home, *_PREFERRED]
        if self._comparisons <= _MOST_COMPARISONS:
            candidates.extend(sorted(olson_names().values(), key=_plain_names_first))
        best, best_score = self.fallback, -1
        for name in candidates:
            # Half the zones of the world are told apart by January and July.
            if (
                best_score >= 0
                and offset_of(moments[0], name) != wanted[0]
                and offset_of(moments[60], name) != wanted[60]
            ):
                continue
            score = sum(offset_of(moment, name) == offset for moment, offset in zip(moments, wanted, strict=True))
            if score > best_score:
                best, best_score = name, score
                if score == len(moments):
                    return Resolved(best, how="zone_definition", definition=definition)
        return Resolved(best, exact=False, how="zone_approximate", definition=definition)


def _plain_names_first(name: str) -> tuple[bool, bool, str]:
    """Continent/City before the old names and the fixed offsets."""
    return "/" not in name, name.startswith("Etc/"), name


@lru_cache(maxsize=1)
def _cities() -> dict[str, str]:
    cities = {}
    for name in sorted(olson_names().values(), key=_plain_names_first, reverse=True):
        if "/" in name and not name.startswith("Etc/"):
            cities[name.rpartition("/")[2].replace("_", " ").lower()] = name
    return {**cities, **CITIES}


def _zone_of_city(text: str) -> str | None:
    """The zone of the first city named in a display name such as "(GMT+01.00) Bruxelles, Copenhague, Paris"."""
    plain = unicodedata.normalize("NFKD", text[:300].lower())
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    cities = _cities()
    found = [cities[word.strip()] for word in _WORDS.split(plain) if word.strip() in cities]
    if "Europe/Paris" in found:
        return "Europe/Paris"
    return found[0] if found else None


def _fixed_zone(written: re.Match[str], home: str) -> str | None:
    """A zone that has this offset the whole year; home when it does."""
    hours, minutes = int(written[2]), int(written[3] or 0)
    if hours > 14 or minutes > 59:
        return None
    offset = timedelta(hours=hours, minutes=minutes)
    if written[1] != "+":
        offset = -offset
    if not offset:
        return UTC
    moments = [datetime(2024, month, 15) for month in (1, 4, 7, 10)]
    for name in (home, "Indian/Reunion"):
        if all(offset_of(moment, name) == offset for moment in moments):
            return name
    if not minutes:
        name = f"Etc/GMT{'-' if written[1] == '+' else '+'}{hours}"
        return olson_names().get(name.lower())
    for name in sorted(olson_names().values(), key=_plain_names_first):
        if all(offset_of(moment, name) == offset for moment in moments):
            return name
    return None
