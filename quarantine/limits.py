"""The rules of sending, pure: thresholds, periods of the week, factors, who is counted under which key.

Source: domain, section 7. Counted are recipients. Above WARN (strictly) a message is held, above MAX it is refused;
each threshold goes with a subject (network address or sender) and a sliding window. By night and at the week-end, in
Paris, thresholds are divided; accounts `ce.<UAI>` and networks of schools have theirs multiplied. Nothing here keeps
counts: `quarantine.counters` does.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from quarantine.domains import ascii_form

PARIS = ZoneInfo("Europe/Paris")
# Seconds. The store keeps its records for the longest of them.
WINDOWS = (60, 600, 3600, 36000)
# No mail server takes a message for so many, and no academy sends as much in ten hours. The store counts modulo 2^24.
LARGEST_THRESHOLD = 8_000_000
LONGEST_KEY = 254
# Thresholds of IPv6 networks are per /64: one machine picks any address in there (RFC 4291, 2.5.4; RFC 8981).
IPV6_PREFIX = 64
_SCHOOL_ACCOUNT = re.compile(r"ce\.\d{7}[a-z](?:@.*)?")


class Subject(StrEnum):
    """What recipients are counted by."""

    IP = "ip"
    SENDER = "sender"


@dataclass(frozen=True, slots=True)
class Threshold:
    """Recipients within a window: above `warn` held, above `max` refused. ValueError where no message could be held."""

    warn: int
    max: int

    def __post_init__(self) -> None:
        if not 0 <= self.warn <= self.max <= LARGEST_THRESHOLD:
            raise ValueError(f"WARN {self.warn} and MAX {self.max} do not fit together")


Table = Mapping[tuple[Subject, int], Threshold]


def _documented() -> Table:
    figures = {
        Subject.IP: ((500, 700), (800, 1000), (3000, 6000), (6000, 8000)),
        Subject.SENDER: ((500, 700), (800, 1000), (2000, 4000), (5000, 8000)),
    }
    return MappingProxyType(
        {
            (subject, window): Threshold(*pair)
            for subject, pairs in figures.items()
            for window, pair in zip(WINDOWS, pairs, strict=True)
        }
    )


# The figures of the academy's documentation, by day.
DOCUMENTED = _documented()


class Networks:
    """Networks with what is known of each; the narrowest that holds an address speaks for it."""

    def __init__(self, entries: Iterable[tuple[str, int | None]] = ()) -> None:
        """`entries`: (CIDR, factor); factor None: not counted by address. ValueError for what is no network."""
        self._by_length: dict[tuple[int, int], dict[int, int | None]] = {}
        for text, factor in entries:
            network = ipaddress.ip_network(text, strict=False)
            self._by_length.setdefault((network.version, network.prefixlen), {})[int(network.network_address)] = factor
        self._lengths = sorted(self._by_length, reverse=True)

    def factor_of(self, address: str) -> int | None:
        """What the thresholds of `address` are multiplied by, 1 where nothing is known; None: not counted."""
        found = parsed_address(address)
        if found is None:
            return 1
        for version, length in self._lengths:
            if version == found.version:
                shift = found.max_prefixlen - length
                start = int(found) >> shift << shift
                known = self._by_length[version, length]
                if start in known:
                    return known[start]
        return 1


@dataclass(frozen=True, slots=True)
class ListServer:
    """A message from `network` is one of a distribution list; with a `domain`, only one whose sender is of it."""

    network: ipaddress.IPv4Network | ipaddress.IPv6Network
    domain: str = ""

    @classmethod
    def of(cls, network: str, domain: str = "") -> ListServer:
        """ValueError for what is no network."""
        return cls(ipaddress.ip_network(network, strict=False), ascii_form(domain) if domain else "")


@dataclass(frozen=True)
class Rules:
    """All that staff decide. Times are wall clock in Paris; a night that begins when it ends is none."""

    table: Table = field(default_factory=lambda: DOCUMENTED)
    night_begins: dt.time = dt.time(20)
    night_ends: dt.time = dt.time(7)
    night_divisor: int = 4
    weekend_divisor: int = 2
    weekend_night_divisor: int = 4
    school_account_factor: int = 2
    networks: Networks = field(default_factory=Networks)
    list_servers: tuple[ListServer, ...] = ()
    # So many refusals of a sender within so many minutes speak of a stolen account; 0: no such rule.
    compromise_refusals: int = 0
    compromise_minutes: int = 60

    def __post_init__(self) -> None:
        if missing := {(subject, window) for subject in Subject for window in WINDOWS} - set(self.table):
            raise ValueError(f"no threshold for {sorted(missing)}")
        if min(self.night_divisor, self.weekend_divisor, self.weekend_night_divisor, self.school_account_factor) < 1:
            raise ValueError("divisors and factors are 1 or more")


def is_night(rules: Rules, at: dt.datetime) -> bool:
    """Whether `at` (aware) lies in the night, by the wall clock in Paris. Its first instant does, its end does not."""
    wall = at.astimezone(PARIS).time()
    if rules.night_begins <= rules.night_ends:
        return rules.night_begins <= wall < rules.night_ends
    return wall >= rules.night_begins or wall < rules.night_ends


def is_weekend(at: dt.datetime) -> bool:
    """Whether it is Saturday or Sunday in Paris; the night from Friday to Saturday becomes week-end at midnight."""
    return at.astimezone(PARIS).weekday() >= 5


def divisor(rules: Rules, at: dt.datetime) -> int:
    """What thresholds are divided by at `at` (aware)."""
    if is_weekend(at):
        return rules.weekend_night_divisor if is_night(rules, at) else rules.weekend_divisor
    return rules.night_divisor if is_night(rules, at) else 1


def _scaled(rules: Rules, subject: Subject, factor: int, by: int) -> tuple[Threshold, ...]:
    pairs = (rules.table[subject, window] for window in WINDOWS)
    most = LARGEST_THRESHOLD
    return tuple(Threshold(min(one.warn * factor // by, most), min(one.max * factor // by, most)) for one in pairs)


def effective(rules: Rules, subject: Subject, factor: int, at: dt.datetime) -> tuple[Threshold, ...]:
    """Thresholds in force at `at` (aware), one per window of WINDOWS; fractions of a recipient are dropped."""
    return _scaled(rules, subject, factor, divisor(rules, at))


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time with the same thresholds; it lasts until the next one starts (microseconds since 1970)."""

    starts: int
    ip: tuple[Threshold, ...]
    sender: tuple[Threshold, ...]


def micros(at: dt.datetime) -> int:
    """Microseconds since 1970 of an aware instant."""
    return (at - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def _edges(rules: Rules, at: dt.datetime) -> list[dt.datetime]:
    """Every instant within eight days of `at` where the divisor may change, in order.

    A wall clock that is put forward or back changes the period at the instant of the change itself, which is a full
    hour of UTC; so those are looked at as well.
    """
    day = at.astimezone(PARIS).date()
    found = set()
    for days in range(-8, 9):
        for wall in (dt.time(0), rules.night_begins, rules.night_ends):
            for fold in (0, 1):
                local = dt.datetime.combine(day + dt.timedelta(days), wall.replace(fold=fold), PARIS)
                found.add(local.astimezone(dt.UTC))
    hour = at.astimezone(dt.UTC).replace(minute=0, second=0, microsecond=0)
    found.update(hour + dt.timedelta(hours=hours) for hours in range(-8 * 24, 8 * 24 + 1))
    return sorted(found)


def _divisors(rules: Rules, at: dt.datetime) -> list[tuple[dt.datetime, int]]:
    """The periods before, at and after `at`, as far as they differ: (start, divisor)."""
    changes: list[tuple[dt.datetime, int]] = []
    for edge in _edges(rules, at):
        by = divisor(rules, edge)
        if not changes or changes[-1][1] != by:
            changes.append((edge, by))
    here = max(index for index, (start, _) in enumerate(changes) if start <= at or index == 0)
    return changes[max(here - 1, 0) : here + 2]


class Schedule:
    """The thresholds round an instant, so that the store can pick by its own clock.

    `periods(ip_factor, sender_factor)`: the period before, the present and the next one, oldest first. Good until the
    end of the next one; whoever holds a schedule makes a new one every few minutes and whenever the rules change.
    """

    def __init__(self, rules: Rules, at: dt.datetime) -> None:
        self.rules = rules
        self._divisors = _divisors(rules, at)
        self._known: dict[tuple[int, int], tuple[Period, ...]] = {}

    def periods(self, ip_factor: int = 1, sender_factor: int = 1) -> tuple[Period, ...]:
        known = self._known.get((ip_factor, sender_factor))
        if known is None:
            known = tuple(
                Period(
                    micros(start),
                    _scaled(self.rules, Subject.IP, ip_factor, by),
                    _scaled(self.rules, Subject.SENDER, sender_factor, by),
                )
                for start, by in self._divisors
            )
            self._known[ip_factor, sender_factor] = known
        return known


def next_change(rules: Rules, at: dt.datetime) -> dt.datetime | None:
    """The next instant (UTC) from which other thresholds hold; None where they never change."""
    return next((start for start, _ in _divisors(rules, at) if start > at), None)


@lru_cache(maxsize=65536)
def parsed_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address a mail server names its client by, one of IPv4 inside IPv6 as that of IPv4; None for none."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address):
        return found.ipv4_mapped or ipaddress.IPv6Address(int(found))
    return found


@lru_cache(maxsize=65536)
def ip_key(address: str) -> str:
    """Under which key a client's address is counted: the address, for IPv6 its /64. "" for what is none."""
    found = parsed_address(address)
    if found is None:
        return ""
    if found.version == 4:
        return str(found)
    shift = found.max_prefixlen - IPV6_PREFIX
    return f"{ipaddress.IPv6Address(int(found) >> shift << shift)}/{IPV6_PREFIX}"


@lru_cache(maxsize=65536)
def sender_key(sasl_username: str, sender: str) -> str:
    """Under which key a sender is counted: who signed in, else the envelope sender. "" for neither (bounces).

    Lower case, the domain in its ASCII form, without the extension after a +. A name of unreasonable length is counted
    under its digest.
    """
    name = (sasl_username.strip() or sender.strip().strip("<>")).replace("\0", "")
    local, at, domain = name.rpartition("@")
    if not at:
        local, domain = name, ""
    if not local.startswith('"'):
        local = local.partition("+")[0] or local
    domain = ascii_form(domain) or domain
    key = f"{local}@{domain}".lower() if at else local.lower()
    if len(key) > LONGEST_KEY:
        return f"sha256:{hashlib.sha256(key.encode('utf-8', 'surrogateescape')).hexdigest()}"
    return key


def sender_factor(rules: Rules, key: str) -> int:
    """What the thresholds of the sender counted under `key` are multiplied by."""
    return rules.school_account_factor if _SCHOOL_ACCOUNT.fullmatch(key) else 1


def is_from_list(rules: Rules, address: str, sender: str) -> bool:
    """Whether a message from client `address` with the envelope sender `sender` is one of a distribution list."""
    if not rules.list_servers:
        return False
    found = parsed_address(address)
    domain = ascii_form(sender.rpartition("@")[2])
    return found is not None and any(
        server.network.version == found.version
        and found in server.network
        and (not server.domain or server.domain == domain)
        for server in rules.list_servers
    )
