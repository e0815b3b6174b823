"""Times in addresses."""

from __future__ import annotations

from tests.each import each
from tests.zimbra.simulator.appointments import ms
from zimbra.simulator.formats.spans import time_of

NOW = ms(2026, 1, 15)
DAY = 86_400_000


@each(
    ("text", "at"),
    [
        ("1767225600000", 1_767_225_600_000), ("-5", -5), (" 7 ", 7), ("2026/01/31", ms(2026, 1, 31)),
        ("2026-1-31", ms(2026, 1, 31)), ("01/31/2026", ms(2026, 1, 31)), ("+1d", NOW + DAY), ("1day", NOW + DAY),
        ("p2weeks", NOW + 14 * DAY), ("-7days", NOW - 7 * DAY), ("m1h", NOW - 3_600_000), ("-30mi", NOW - 1_800_000),
    ],
)  # fmt: skip
def test_a_time_is_a_number_a_date_or_a_distance(text: str, at: int) -> None:
    assert time_of(text, NOW) == at


@each("text", ["", "hier", "2026/02/30", "31/31/2026", "+1", "-7q", "9" * 19, "1e3"])
def test_anything_else_is_no_time(text: str) -> None:
    assert time_of(text, NOW) is None
