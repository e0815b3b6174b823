"""The answer sent during an absence: on the old server one of the rules, in Zimbra a preference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from bascule.conversions.filters.model import Vacation
from bascule.filters.contents import RuleContents
from bascule.models import CapturedRule
from zimbra.types import Limits, OutOfOffice
from zimbra.types.settings import ExternalReply

OFF, ON = "off", "on"


@dataclass(frozen=True, slots=True)
class AbsenceOffer:
    """An answer among the person's rules. too_long: Zimbra would not take it."""

    rule_id: int
    name: str
    vacation: Vacation

    @property
    def too_long(self) -> bool:
        return len(self.vacation.text.encode()) > Limits().out_of_office_length

    @property
    def is_past(self) -> bool:
        ends = _day(self.vacation.ends)
        return ends is not None and ends < timezone.localdate()


def offer_of(row: CapturedRule, contents: RuleContents) -> AbsenceOffer:
    assert contents.vacation is not None
    return AbsenceOffer(row.pk, contents.name, contents.vacation)


def planned_absence(
    offers: Sequence[AbsenceOffer], current: OutOfOffice, choice: str, rule_id: int
) -> dict[str, Any] | None:
    """What the plan holds: {"seen", "after"}; None when nothing is chosen, or it stands there already."""
    usable = [one for one in offers if not one.too_long]
    chosen = next((one for one in usable if one.rule_id == rule_id), usable[0] if usable else None)
    if choice not in (OFF, ON) or chosen is None:
        return None
    starts, ends = _day(chosen.vacation.starts), _day(chosen.vacation.ends)
    after = OutOfOffice(
        enabled=choice == ON,
        text=chosen.vacation.text,
        start=_midnight(starts) if starts else None,
        # The last day is part of the absence.
        until=_midnight(ends + timedelta(days=1)) if ends else None,
    )
    return None if after == current else {"seen": dumped(current), "after": dumped(after)}


def dumped(absence: OutOfOffice) -> dict[str, Any]:
    """JSON for `loaded`."""
    return {
        "enabled": absence.enabled,
        "text": absence.text,
        "start": absence.start.isoformat() if absence.start else None,
        "until": absence.until.isoformat() if absence.until else None,
        "external": absence.external.value,
        "external_text": absence.external_text,
    }


def loaded(stored: Mapping[str, Any]) -> OutOfOffice:
    return OutOfOffice(
        enabled=stored["enabled"],
        text=stored["text"],
        start=datetime.fromisoformat(stored["start"]) if stored["start"] else None,
        until=datetime.fromisoformat(stored["until"]) if stored["until"] else None,
        external=ExternalReply(stored["external"]),
        external_text=stored["external_text"],
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
