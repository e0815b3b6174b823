"""Alarms of events that are over: after an import, a mail service would show them all at once as missed reminders."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime

from bascule.conversions.model import Collection, Item, ItemKind

CODE = "alarm_past"

_ALARM = re.compile(r"^BEGIN:VALARM\r\n.*?^END:VALARM\r\n", re.DOTALL | re.MULTILINE)


def drop_past_alarms(collection: Collection, now: datetime) -> int:
    """Take the alarms out of the events of `collection` that ended before `now` (aware); how many there were.

    Events that repeat keep theirs. Only a caller with a clock can ask for it: reading a file twice must give the same.
    """
    dropped = 0
    for position, item in enumerate(collection.items):
        if item.kind is ItemKind.EVENT and item.facts.get("alarms") and _is_over(item, now):
            text, count = _ALARM.subn("", item.text)
            collection.items[position] = replace(item, text=text, facts=item.facts | {"alarms": 0})
            dropped += count
    return dropped


def _is_over(item: Item, now: datetime) -> bool:
    end = item.facts.get("end") or item.facts.get("start")
    if item.facts.get("recurrence") or item.components > 1 or not end:
        return False
    if item.facts.get("all_day"):
        # The last day itself: over from the next one.
        return date.fromisoformat(end) < now.date()
    return datetime.fromisoformat(end) < now
