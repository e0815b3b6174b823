"""Arguments and answers of the scripts in bytes; the other side is `decide.lua`. Pure."""

from __future__ import annotations

import struct
from hashlib import sha1
from pathlib import Path

from quarantine.counters.types import Decision, Level, Question
from quarantine.limits import WINDOWS, Period, Subject

_HERE = Path(__file__).parent
# recipients, flags, refusals of the rule, its seconds, expected instant, deadline, test clock; 0 where there is none.
_NUMBERS = struct.Struct("<IBHIddd")
# version, level, subject, window, notes, used, limit, retry, logical and real instant.
_ANSWER = struct.Struct("<BBBBBIIddd")
ANSWER_SIZE = _ANSWER.size
_PERIOD = struct.Struct("<d16I")
_LEVELS = tuple(Level)
_LATE = 5
_SUBJECTS = (None, Subject.IP, Subject.SENDER)
_NO_WINDOW = 255
MOST_RECIPIENTS = 16_000_000
LONGEST_NAME = 400


def script(*parts: str) -> bytes:
    """The text of a script made of `parts`, the names of its files."""
    return b"".join((_HERE / f"{part}.lua").read_bytes() for part in parts)


def digest(text: bytes) -> str:
    """By which name the store knows a script."""
    return sha1(text, usedforsecurity=False).hexdigest()


DECIDE = script("records", "clock", "decide")
LOOK = script("records", "clock", "look")
DRAIN = script("drain")
REPLACE = script("replace")


class Late(Exception):
    """The store saw the question only after its deadline, and counted nothing. `real`: its clock (microseconds)."""

    def __init__(self, real: int) -> None:
        super().__init__("the question came after its deadline")
        self.real = real


# What was packed lately, by identity: comparing thresholds by value takes longer than packing them.
_packed: dict[int, tuple[tuple[Period, ...], bytes]] = {}
_MOST_PACKED = 256


def packed_periods(periods: tuple[Period, ...]) -> bytes:
    """Thresholds of periods, oldest first. ValueError for none."""
    known = _packed.get(id(periods))
    if known is not None and known[0] is periods:
        return known[1]
    if not periods:
        raise ValueError("no period, no thresholds")
    packed = b"".join(
        _PERIOD.pack(period.starts, *(figure for one in (*period.ip, *period.sender) for figure in (one.warn, one.max)))
        for period in periods
    )
    if len(_packed) >= _MOST_PACKED:
        _packed.clear()
    _packed[id(periods)] = periods, packed
    return packed


def numbers(question: Question, *, expected: float = 0, deadline: float = 0, clock: float = 0) -> bytes:
    """The first argument. Instants in microseconds. ValueError for a count of recipients out of bounds."""
    if not 0 < question.recipients <= MOST_RECIPIENTS:
        raise ValueError(f"{question.recipients} recipients")
    return _NUMBERS.pack(
        question.recipients,
        question.is_counted,
        question.refusals,
        question.refusal_seconds,
        expected,
        deadline,
        clock,
    )


def names(question: Question) -> tuple[bytes, bytes, bytes]:
    """Address, sender and instance. ValueError for one that is longer than any key."""
    found = (
        question.ip.encode("utf-8", "surrogateescape"),
        question.sender.encode("utf-8", "surrogateescape"),
        question.instance.encode("utf-8", "surrogateescape"),
    )
    if max(map(len, found)) > LONGEST_NAME:
        raise ValueError("a name is too long")
    return found


def arguments(question: Question, **instants: float) -> tuple[bytes, ...]:
    """All arguments of the decision."""
    return (numbers(question, **instants), packed_periods(question.periods), *names(question))


def decision(answer: bytes) -> Decision:
    """The answer read. Raises Late."""
    _, level, subject, window, notes, used, limit, retry, decided, real = _ANSWER.unpack(answer)
    if level == _LATE:
        raise Late(int(real))
    return Decision(
        _LEVELS[level],
        _SUBJECTS[subject],
        0 if window == _NO_WINDOW else WINDOWS[window],
        used,
        limit,
        int(retry),
        bool(notes & 1),
        bool(notes & 2),
        int(decided),
        int(real),
    )
