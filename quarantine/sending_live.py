"""Who is near or above a threshold at this moment, for the pages; read from the store, never decided here."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from quarantine import limits, rules_snapshot
from quarantine.counters.store import Store
from quarantine.counters.types import Usage
from quarantine.limits import Subject
from quarantine.sending_rules import WINDOWS

# Rows of the live page; who has used more of a threshold comes first.
MOST_ROWS = 100
# Seconds that a page waits for the store.
PATIENCE = 1.0


_PLAIN_WORDS = {3600: "1 heure", 36000: "10 heures"}


@dataclass(frozen=True)
class Gauge:
    """One window of one subject. since: of what is above WARN, as of its last message."""

    window: int
    words: str
    used: int
    warn: int
    max: int
    since: dt.datetime | None = None

    @property
    def plain_words(self) -> str:
        """The window as somebody who is not of the trade would say it, and as a refusal says it."""
        return _PLAIN_WORDS.get(self.window, self.words)

    @property
    def level(self) -> str:
        """ "full": nothing more passes; "warn": what comes is held; "near": from four fifths of WARN on; "free"."""
        if self.used >= self.max:
            return "full"
        if self.used > self.warn:
            return "warn"
        return "near" if self.used * 5 >= self.warn * 4 else "free"

    @property
    def share(self) -> float:
        """Part of WARN that is used; 1 is WARN itself."""
        return self.used / self.warn if self.warn else float(self.used > 0)

    @property
    def left(self) -> int:
        """Recipients that still pass without being held."""
        return max(self.warn - self.used, 0)


@dataclass(frozen=True)
class Live:
    """A subject with its four windows. factor: what its thresholds are multiplied by; None: not counted."""

    subject: Subject
    key: str
    gauges: tuple[Gauge, ...]
    factor: int | None
    last: dt.datetime | None
    is_compromised: bool = False

    @property
    def worst(self) -> Gauge:
        return max(self.gauges, key=lambda gauge: (gauge.share, gauge.window))

    @property
    def level(self) -> str:
        if self.is_compromised:
            return "compromised"
        order = ("free", "near", "warn", "full")
        return max((gauge.level for gauge in self.gauges), key=order.index)


LEVELS = {
    "near": "Proche du seuil",
    "warn": "Retenu (WARN dépassé)",
    "full": "Refusé (MAX atteint)",
    "compromised": "Bloqué (compromis)",
    "free": "Sous les seuils",
}


def hottest(*, subject: str = "", level: str = "") -> list[Live]:
    """Subjects that have used half of a WARN or more, who used most first. Raises StoreDown."""
    rules, now = rules_snapshot.load(), timezone.now()
    with Store(settings.LIMITS_REDIS_URL, timeout=PATIENCE) as store:
        usages = store.hot()
        compromised = store.compromised()
    found = [_live(rules, usage, compromised, now) for usage in usages if not subject or usage.subject == subject]
    if level:
        found = [one for one in found if one.level == level]
    return sorted(found, key=lambda one: one.worst.share, reverse=True)


def of_address(text: str) -> Live | None:
    """The sender or network address that was typed, used or not; None for what is neither. Raises StoreDown."""
    typed = text.strip()
    subject, key = Subject.IP, limits.ip_key(typed)
    if not key:
        subject, key = Subject.SENDER, limits.sender_key("", typed) if "@" in typed else ""
    return of_key(subject, key) if key else None


def of_key(subject: Subject, key: str) -> Live:
    """One subject as it is counted. Raises StoreDown."""
    with Store(settings.LIMITS_REDIS_URL, timeout=PATIENCE) as store:
        usage, compromised = store.usage(subject, key), store.compromised()
    return _live(rules_snapshot.load(), usage, compromised, timezone.now())


def _live(rules: limits.Rules, usage: Usage, compromised: set[str], at: dt.datetime) -> Live:
    if usage.subject is Subject.SENDER:
        factor: int | None = limits.sender_factor(rules, usage.key)
    else:
        factor = rules.networks.factor_of(usage.key.partition("/")[0])
    thresholds = limits.effective(rules, usage.subject, factor or 1, at)
    gauges = tuple(
        Gauge(window, words, used, threshold.warn, threshold.max, since)
        for (window, words), used, threshold, since in zip(
            WINDOWS.items(), usage.used, thresholds, usage.above_since, strict=True
        )
    )
    blocked = usage.subject is Subject.SENDER and usage.key in compromised
    return Live(usage.subject, usage.key, gauges, factor, usage.last, blocked)
