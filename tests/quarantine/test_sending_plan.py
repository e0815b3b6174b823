"""A plan for a large sending: nothing of it is held, by the rules themselves."""

from __future__ import annotations

import datetime as dt

from quarantine import limits
from quarantine.limits import PARIS, WINDOWS, Subject
from quarantine.sending_plan import Part, plan
from tests.each import each

RULES = limits.Rules()
TUESDAY = dt.datetime(2026, 1, 13, 10, 0, tzinfo=PARIS)
NOTHING = (0, 0, 0, 0)


def held(parts: list[Part], already: list[tuple[dt.datetime, int]], factor: int = 1) -> list[Part]:
    """Parts that go above WARN, counted anew over every window."""
    sent, over = list(already), []
    for part in parts:
        sent.append((part.at, part.recipients))
        for window, threshold in zip(WINDOWS, limits.effective(RULES, Subject.SENDER, factor, part.at), strict=True):
            if sum(count for at, count in sent if part.at - at < dt.timedelta(seconds=window)) > threshold.warn:
                over.append(part)
    return over


@each("at", [TUESDAY, TUESDAY.replace(hour=19, minute=55), TUESDAY + dt.timedelta(days=4)])
@each(("wanted", "factor"), [(1, 1), (500, 1), (501, 1), (820, 1), (2400, 1), (7000, 2)])
def test_parts_add_up_and_none_is_held(at: dt.datetime, wanted: int, factor: int) -> None:
    parts = plan(wanted, rules=RULES, factor=factor, used=NOTHING, at=at)
    assert parts
    assert sum(part.recipients for part in parts) == wanted
    assert held(parts, [], factor) == []


def test_what_fits_goes_at_once() -> None:
    assert plan(500, rules=RULES, factor=1, used=NOTHING, at=TUESDAY) == [Part(TUESDAY, 500)]


def test_what_was_sent_before_is_taken_for_as_recent_as_it_can_be() -> None:
    # 480 within the minute, 320 more within ten: the plan must hold though the latter may be a minute old.
    parts = plan(820, rules=RULES, factor=1, used=(480, 800, 800, 800), at=TUESDAY)
    assert parts
    before = [(TUESDAY, 480), (TUESDAY - dt.timedelta(seconds=60), 320)]
    assert held(parts, before) == []
    assert parts[0].at >= TUESDAY + dt.timedelta(minutes=9)


def test_more_than_two_days_of_sending_has_no_plan() -> None:
    assert plan(20_000, rules=RULES, factor=1, used=(0, 0, 0, 5000), at=TUESDAY + dt.timedelta(days=4)) is None
