"""How far a series reaches, against what the old and the new server show of it."""

from __future__ import annotations

from datetime import timedelta

from bascule.conversions.calendars.context import Context
from bascule.conversions.calendars.entry import Entry
from bascule.conversions.calendars.recurrence import Rule

# Zimbra stops showing occurrences after these (its calendar recurrence limits); shorter frequencies after a year.
_SHOWN = {
    "DAILY": timedelta(days=730),
    "WEEKLY": timedelta(weeks=520),
    "MONTHLY": timedelta(days=360 * 30),
    "YEARLY": timedelta(days=100 * 365),
}
_SHOWN_OTHERWISE = timedelta(days=365)
_SHOWN_AS = {"DAILY": "deux ans", "WEEKLY": "dix ans", "MONTHLY": "trente ans", "YEARLY": "cent ans"}
_PERIODS = {
    "SECONDLY": timedelta(seconds=1),
    "MINUTELY": timedelta(minutes=1),
    "HOURLY": timedelta(hours=1),
    "DAILY": timedelta(days=1),
    "WEEKLY": timedelta(weeks=1),
    "MONTHLY": timedelta(days=30),
    "YEARLY": timedelta(days=365),
}


def tell(entry: Entry, context: Context) -> None:
    """Remarks on a rule without end (Sun's server stopped it at 60 times) and on one longer than Zimbra shows."""
    rule = entry.rule
    if rule is None:
        return
    if not rule.bounded and context.bound_to_sixty:
        message = (
            "Cette répétition n’a pas de fin ; l’ancien serveur l’arrêtait de lui-même à 60 fois. "
            "Elle continuera dans Zimbra : donnez-lui une fin si elle en avait une."
        )
        context.remark("unbounded_rule", entry.component, message, f"RRULE:{rule.text()}")
    shown = _SHOWN.get(rule.freq, _SHOWN_OTHERWISE)
    reach = _reach(rule, entry)
    beyond = rule.freq not in ("WEEKLY", "MONTHLY", "YEARLY") if reach is None else reach > shown
    if beyond:
        limit = _SHOWN_AS.get(rule.freq, "un an")
        message = f"Zimbra n’affiche une telle répétition que sur {limit} : au-delà, il faudra la recréer."
        context.remark("display_limit", entry.component, message, f"RRULE:{rule.text()}")


def _reach(rule: Rule, entry: Entry) -> timedelta | None:
    """About how long the series goes on; None without end."""
    assert entry.start is not None
    if rule.until is not None:
        return rule.until.clock - entry.start.clock
    if rule.count is None:
        return None
    per_period = max(len(rule.weekdays), 1)
    for _, numbers in rule.numbers:
        per_period *= len(numbers)
    periods = min(rule.count // per_period, 10_000_000) * min(rule.interval, 1000)
    try:
        return _PERIODS[rule.freq] * periods
    except OverflowError:
        return timedelta.max
