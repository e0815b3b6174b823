"""The store of the sending limits: decisions a second, memory of a sender at the threshold.

A real server, as the demo starts it. Decisions are asked for over one connection, many at a time, as a gateway
does; beside them the same questions to a script that does nothing, which is what the way there and back costs.

    python tests/benchmarks/sending_store.py [--decisions N]
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import sys
import time
from pathlib import Path
from unittest.mock import patch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from quarantine.counters import door, wire  # noqa: E402
from quarantine.counters.door import Door  # noqa: E402
from quarantine.counters.store import PREFIX, Store  # noqa: E402
from quarantine.counters.types import Decision, Level, Question, StoreDown  # noqa: E402
from quarantine.limits import WINDOWS, Period, Rules, Schedule, Subject, Threshold, micros  # noqa: E402
from tests.stores import StoreServer  # noqa: E402

NOON = dt.datetime(2026, 3, 4, 11, tzinfo=dt.UTC)
DAY = Schedule(Rules(night_divisor=1, weekend_divisor=1, weekend_night_divisor=1), NOON).periods()
# Answers as `decide.lua` gives them, of an accepted message.
EMPTY = b"return struct.pack('<BBBBBIIddd', 1, 0, 0, 255, 0, 0, 0, 0, 0, 0)"
AT_A_TIME = 100


async def ask(url: str, decisions: int) -> float:
    """Decisions a second on messages of 5,000 senders from 2,500 addresses, each asked for with a name of its own."""
    gate = Door(url)
    await gate.open()
    loop = asyncio.get_running_loop()
    left = AT_A_TIME
    all_there = loop.create_future()

    def on_answer(found: Decision | StoreDown) -> None:
        nonlocal left
        assert isinstance(found, Decision), found
        left -= 1
        if not left:
            all_there.set_result(None)

    started = time.perf_counter()
    for start in range(0, decisions, AT_A_TIME):
        left, all_there = AT_A_TIME, loop.create_future()
        for number in range(start, start + AT_A_TIME):
            ip, sender = f"10.0.{number % 10}.{number % 250}", f"agent{number % 5000}@example.org"
            gate.ask(Question(1 + number % 7, ip, sender, DAY, f"{number:x}"), on_answer)
        await all_there
    took = time.perf_counter() - started
    await gate.close()
    return decisions / took


def memory(server: StoreServer, factor: int) -> tuple[int, int]:
    """Messages for one recipient each, evenly up to MAX times `factor` in ten hours, and on for two more: their number,
    and the most bytes that the store kept of them."""
    now = [micros(NOON)]
    most = 8000 * factor
    thresholds = tuple(Threshold(most, most) for _ in WINDOWS)
    periods = (Period(0, thresholds, thresholds),)
    step = WINDOWS[-1] * 1_000_000 // most + 1
    largest = refused = 0
    server.empty()
    with Store(server.url, test_clock=lambda: now[0]) as store, server.client() as client:
        for number in range(most * 6 // 5):
            now[0] += step
            refused += store.decide(Question(1, "", "a@example.org", periods)).level is Level.REFUSED
            if number % 16 == 0:
                largest = max(largest, client.memory_usage(f"{PREFIX}{Subject.SENDER}:a@example.org", samples=0) or 0)
    assert not refused
    return most, largest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--decisions", type=int, default=20_000)
    decisions = parser.parse_args().decisions // AT_A_TIME * AT_A_TIME
    rates: dict[str, list[float]] = {"decisions": [], "empty script": []}
    server = StoreServer()
    try:
        for _ in range(3):
            server.empty()
            rates["decisions"].append(asyncio.run(ask(server.url, decisions)))
            with patch.object(wire, "DECIDE", EMPTY), patch.object(door, "_LOADING", (b"SCRIPT", b"LOAD", EMPTY)):
                rates["empty script"].append(asyncio.run(ask(server.url, decisions)))
        for name, found in rates.items():
            print(f"{name:<14}{max(found):>9,.0f}/s  (of three runs of {decisions:,}; the slowest {min(found):,.0f}/s)")
        print(f"ratio         {max(rates['decisions']) / max(rates['empty script']):>9.2f}")
        for factor in (1, 2, 4):
            messages, size = memory(server, factor)
            print(f"memory, {messages:,} messages for one recipient within ten hours: {size / 1000:.0f} KB")
    finally:
        server.close()


if __name__ == "__main__":
    main()
