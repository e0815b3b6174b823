from __future__ import annotations

import datetime as dt

import pytest

from quarantine import limits
from quarantine.limits import WINDOWS, ListServer, Networks, Rules, Schedule, Subject, Threshold
from tests.each import each

DAY = {
    Subject.IP: ((500, 700), (800, 1000), (3000, 6000), (6000, 8000)),
    Subject.SENDER: ((500, 700), (800, 1000), (2000, 4000), (5000, 8000)),
}
NIGHT = {
    Subject.IP: ((125, 175), (200, 250), (750, 1500), (1500, 2000)),
    Subject.SENDER: ((125, 175), (200, 250), (500, 1000), (1250, 2000)),
}
WEEKEND = {
    Subject.IP: ((250, 350), (400, 500), (1500, 3000), (3000, 4000)),
    Subject.SENDER: ((250, 350), (400, 500), (1000, 2000), (2500, 4000)),
}


def paris(text: str, fold: int = 0) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=limits.PARIS, fold=fold)


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def figures(thresholds: tuple[Threshold, ...]) -> tuple[tuple[int, int], ...]:
    return tuple((one.warn, one.max) for one in thresholds)


@each(
    ("at", "expected"),
    [
        (paris("2026-03-04T12:00"), DAY),
        (paris("2026-03-04T07:00"), DAY),
        (paris("2026-03-04T06:59:59.999999"), NIGHT),
        # Friday evening is night, and becomes week-end at midnight.
        (paris("2026-03-06T19:59:59.999999"), DAY),
        (paris("2026-03-06T20:00"), NIGHT),
        (paris("2026-03-07T06:59:59"), NIGHT),
        (paris("2026-03-07T07:00"), WEEKEND),
        (paris("2026-03-08T19:59:59"), WEEKEND),
        (paris("2026-03-08T20:00"), NIGHT),
        (paris("2026-03-09T06:59:59"), NIGHT),
        (paris("2026-03-09T07:00"), DAY),
        # 20:00 in Paris is 22:00 in Réunion (UTC+4) in summer and 23:00 in winter.
        (utc("2026-07-01T17:59:59"), DAY),
        (utc("2026-07-01T18:00:00"), NIGHT),
        (utc("2026-12-01T18:59:59"), DAY),
        (utc("2026-12-01T19:00:00"), NIGHT),
        # The nights in which the clocks change, both Sundays: 23 and 25 hours.
        (utc("2026-03-29T04:59:59"), NIGHT),
        (utc("2026-03-29T05:00:00"), WEEKEND),
        (utc("2026-03-28T19:00:00"), NIGHT),
        (utc("2026-10-25T05:59:59"), NIGHT),
        (utc("2026-10-25T06:00:00"), WEEKEND),
        (utc("2026-10-25T18:59:59"), WEEKEND),
        (utc("2026-10-25T19:00:00"), NIGHT),
    ],
)
def test_thresholds_are_those_of_the_documentation(at: dt.datetime, expected: dict) -> None:
    for subject in Subject:
        assert figures(limits.effective(Rules(), subject, 1, at)) == expected[subject]


@pytest.mark.parametrize(
    ("subject", "factor", "at", "expected"),
    [
        (Subject.SENDER, 2, paris("2026-03-04T12:00"), ((1000, 1400), (1600, 2000), (4000, 8000), (10000, 16000))),
        (Subject.IP, 4, paris("2026-03-04T12:00"), ((2000, 2800), (3200, 4000), (12000, 24000), (24000, 32000))),
        # Multiplied first: nothing is lost by dividing.
        (Subject.SENDER, 2, paris("2026-03-04T21:00"), ((250, 350), (400, 500), (1000, 2000), (2500, 4000))),
    ],
)
def test_factor_multiplies_thresholds(subject: Subject, factor: int, at: dt.datetime, expected: tuple) -> None:
    assert figures(limits.effective(Rules(), subject, factor, at)) == expected


def test_every_figure_of_the_rules_counts() -> None:
    table = {(subject, window): Threshold(100, 199) for subject in Subject for window in WINDOWS}
    rules = Rules(table, dt.time(1), dt.time(3), night_divisor=3, weekend_divisor=5, weekend_night_divisor=7)
    found = [
        limits.effective(rules, Subject.IP, 1, paris(at))[0]
        for at in ("2026-03-04T00:59", "2026-03-04T01:00", "2026-03-07T03:00", "2026-03-07T02:59")
    ]
    assert found == [Threshold(100, 199), Threshold(33, 66), Threshold(20, 39), Threshold(14, 28)]
    assert not limits.is_night(Rules(night_begins=dt.time(5), night_ends=dt.time(5)), paris("2026-03-04T05:00"))


@each(
    "make",
    [
        lambda: Threshold(701, 700),
        lambda: Threshold(-1, 700),
        lambda: Threshold(1, limits.LARGEST_THRESHOLD + 1),
        lambda: Rules({}),
        lambda: Rules(night_divisor=0),
        lambda: Networks([("nonsense", 2)]),
        lambda: ListServer.of("192.0.2.0/33"),
    ],
)
def test_nonsense_is_refused(make) -> None:
    with pytest.raises(ValueError):
        make()


@each(
    ("at", "starts"),
    [
        ("2026-03-04T12:00", ["2026-03-04T07:00", "2026-03-04T20:00"]),
        ("2026-03-04T20:00", ["2026-03-04T20:00", "2026-03-05T07:00"]),
        # By the documented figures the night to Saturday and the one after it are divided alike.
        ("2026-03-06T23:00", ["2026-03-06T20:00", "2026-03-07T07:00"]),
        ("2026-03-08T23:00", ["2026-03-08T20:00", "2026-03-09T07:00"]),
        ("2026-03-29T04:00", ["2026-03-28T20:00", "2026-03-29T07:00"]),
        ("2026-10-25T12:00", ["2026-10-25T07:00", "2026-10-25T20:00"]),
    ],
)
def test_schedule_says_when_the_period_began_and_ends(at: str, starts: list[str]) -> None:
    before, now, after = Schedule(Rules(), paris(at)).periods(4, 2)
    assert [now.starts, after.starts] == [limits.micros(paris(start)) for start in starts]
    assert before.starts < now.starts
    for period in (before, now, after):
        begins = dt.datetime.fromtimestamp(period.starts // 1_000_000, dt.UTC)
        assert period.ip == limits.effective(Rules(), Subject.IP, 4, begins)
        assert period.sender == limits.effective(Rules(), Subject.SENDER, 2, begins)
    assert limits.next_change(Rules(), paris(at)) == paris(starts[1])


def test_schedule_follows_the_wall_clock_where_an_edge_is_skipped_or_comes_twice() -> None:
    rules = Rules(night_begins=dt.time(22), night_ends=dt.time(2, 30))
    # 02:30 does not exist on 29 March: the clock goes from 01:59:59 to 03:00.
    assert limits.next_change(rules, utc("2026-03-29T00:30")) == utc("2026-03-29T01:00")
    # On 25 October it comes twice; at 03:00 the clock goes back to 02:00, which is night once more.
    assert limits.next_change(rules, utc("2026-10-24T23:00")) == utc("2026-10-25T00:30")
    assert limits.next_change(rules, utc("2026-10-25T00:30")) == utc("2026-10-25T01:00")
    assert limits.next_change(rules, utc("2026-10-25T01:00")) == utc("2026-10-25T01:30")


def test_rules_without_periods_have_one_schedule() -> None:
    rules = Rules(night_divisor=1, weekend_divisor=1, weekend_night_divisor=1)
    (only,) = Schedule(rules, paris("2026-03-04T12:00")).periods()
    assert figures(only.ip) == DAY[Subject.IP]
    assert only.starts < limits.micros(paris("2026-03-04T12:00"))
    assert limits.next_change(rules, paris("2026-03-04T12:00")) is None


@each(
    ("address", "factor"),
    [
        ("198.51.100.7", 4),
        ("198.51.100.200", 8),
        ("198.51.101.1", 1),
        ("::ffff:198.51.100.7", 4),
        ("2001:db8:1::5", 3),
        ("2001:db8:2::5", 1),
        ("203.0.113.9", None),
        ("unknown", 1),
        ("", 1),
    ],
)
def test_narrowest_network_speaks_for_an_address(address: str, factor: int | None) -> None:
    entries = [("198.51.100.128/25", 8), ("198.51.100.0/24", 4), ("2001:db8:1::/48", 3), ("203.0.113.9/32", None)]
    assert Networks(entries).factor_of(address) == factor


@each(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:DB8::1:2:3:4", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", ""),
        ("", ""),
    ],
)
def test_address_is_counted_under_its_key(address: str, key: str) -> None:
    assert limits.ip_key(address) == key


@each(
    ("sasl", "sender", "key"),
    [
        ("Marie.Payet@AC-Reunion.fr", "other@example.org", "marie.payet@ac-reunion.fr"),
        ("", "Marie.Payet+liste@ac-reunion.fr", "marie.payet@ac-reunion.fr"),
        ("mpayet", "other@example.org", "mpayet"),
        ("", "<a@école.example>", "a@xn--cole-9oa.example"),
        ("", '"a+b"@example.org', '"a+b"@example.org'),
        ("", "+a@example.org", "+a@example.org"),
        ("", "a\0b@example.org", "ab@example.org"),
        ("", "", ""),
        ("", "<>", ""),
    ],
)
def test_sender_is_counted_under_its_key(sasl: str, sender: str, key: str) -> None:
    assert limits.sender_key(sasl, sender) == key


def test_long_sender_is_counted_under_a_digest_of_its_own() -> None:
    one, other = (limits.sender_key("a" * 300 + end, "") for end in "bc")
    assert one.startswith("sha256:")
    assert one != other
    assert len(one) <= limits.LONGEST_KEY


@each(
    ("key", "factor"),
    [
        ("ce.9740001a@ac-reunion.fr", 2),
        ("ce.9740001a", 2),
        ("ce.974001a@ac-reunion.fr", 1),
        ("ace.9740001a@ac-reunion.fr", 1),
        ("ce.9740001ab@ac-reunion.fr", 1),
        ("", 1),
    ],
)
def test_account_of_an_establishment_has_more_room(key: str, factor: int) -> None:
    assert limits.sender_factor(Rules(), key) == factor


def test_mail_of_lists_is_known_by_network_and_domain() -> None:
    rules = Rules(list_servers=(ListServer.of("192.0.2.0/28"), ListServer.of("198.51.100.1", "Listes.École.example")))
    assert limits.is_from_list(rules, "192.0.2.3", "anybody@example.org")
    assert limits.is_from_list(rules, "::ffff:192.0.2.3", "")
    assert limits.is_from_list(rules, "198.51.100.1", "owner-x@listes.école.example")
    assert not limits.is_from_list(rules, "198.51.100.1", "owner-x@autre.example")
    assert not limits.is_from_list(rules, "192.0.2.16", "anybody@example.org")
    assert not limits.is_from_list(rules, "unknown", "")
    assert not limits.is_from_list(Rules(), "192.0.2.3", "")
