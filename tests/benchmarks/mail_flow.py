"""Real mail in numbers: Debian's Postfix and its stress tool smtp-source, both gateways, a simulated Zimbra.

    python tests/benchmarks/mail_flow.py [--recipients 10000] [--seconds 75] [--messages 1500] [--rounds 3]
        [--skip edges|away|speed]

edges: smtp-source offers so many recipients over more than a window to two Postfix, each with a gateway of its own, on
one store; every answer is compared with the limits (`tests/mail_reference.py`): none above MAX, none below it refused,
none above WARN delivered, none below it held.
away: messages for people inside and outside, while the store, the gateway, the intake, Zimbra and the database are
stopped or killed and brought back in turn, so many rounds; in the end everything that was accepted has come once.
speed: messages a second through Postfix, with the limits and without.

Ends with 1 when anything is wrong. Needs root, for Postfix; says so and ends with 0 where it cannot be started.
"""

from __future__ import annotations

import argparse
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

# Run as a script, so that `make bench` can run every benchmark in the same way.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests import mail_load, postgres
from tests.mail_databases import Database, PostgresDatabase, SqliteDatabase
from tests.mail_flow import Flow, start_flow
from tests.mail_reference import HELD, PASSED, REFUSED, Offered, compare
from tests.migrated import migrated_database
from tests.postfix import AVAILABLE, COMMANDS, Postfix, free_ports, start_postfix

EDGES = {("sender", 60): (500, 700), ("ip", 60): (1500, 2000)}
SENDERS = 4
CLIENTS = 6
AWAY_SECONDS = 1.0
NO_LIMITS: dict[str, dict[str, list[int]]] = {}


@contextmanager
def database(stack: ExitStack, folder: Path) -> Iterator[Database]:
    """PostgreSQL as in production where it is installed, else SQLite."""
    if postgres.AVAILABLE:
        yield PostgresDatabase(stack.enter_context(postgres.start_postgres()), "flow")
    else:
        yield SqliteDatabase(folder / "portal.sqlite3", migrated_database(folder))


@contextmanager
def second_postfix(flow: Flow) -> Iterator[Postfix]:
    """A machine beside the first one, with the second gateway."""
    (port,) = free_ports(1)
    master = f"127.0.0.1:{port} inet n - y - - smtpd\n  -o smtpd_end_of_data_restrictions=portal_limits\n"
    main = replace(flow.ports, policy=flow.ports.second_policy).main("main.cf")
    with start_postfix(main=main, master=master, ports=[port]) as postfix:
        yield postfix


def smtp_source(port: int, *options: str) -> bool:
    """Whether all was accepted; the tool ends at the first refusal."""
    command = [str(COMMANDS / "smtp-source"), *options, f"127.0.0.1:{port}"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode and "550 5.7.1" not in ended.stderr:
        raise RuntimeError(ended.stderr)
    return ended.returncode == 0


def edges(flow: Flow, recipients: int, seconds: float) -> bool:
    table: dict[str, dict[str, list[int]]] = {}
    for (subject, window), bounds in EDGES.items():
        table.setdefault(subject, {})[str(window)] = list(bounds)
    flow.portal.do("set_thresholds", table)
    chance = random.Random(recipients)
    sizes: list[int] = []
    while sum(sizes) < recipients:
        sizes.append(min(chance.choice((1, 1, 3, 10, 30, 80)), recipients - sum(sizes)))
    pause = seconds * CLIENTS / len(sizes)
    flow.start_gateway()
    flow.start_gateway(flow.ports.second_policy)
    flow.start_intake()
    with second_postfix(flow) as other:
        ports = (flow.ports.submission, other.ports[0])

        def offer(number: int) -> tuple[int, Offered]:
            sender = f"stress-{number % SENDERS}@academie.example"
            options = ("-m", "1", "-s", "1", "-r", str(sizes[number]), "-l", "500")
            began = time.time()
            passed = smtp_source(ports[number % 2], *options, "-f", sender, "-t", f"m{number}@outside.example")
            ended = time.time()
            # Not evenly: so that edges are met at rest and in a rush.
            time.sleep(max(pause * 2 * (number // 40 % 2) - (ended - began), 0))
            answer = PASSED if passed else REFUSED
            return number, Offered({"sender": sender, "ip": "127.0.0.1"}, sizes[number], began, ended, answer)

        with ThreadPoolExecutor(CLIENTS) as pool:
            offered = dict(pool.map(offer, range(len(sizes))))
        for postfix in (flow.postfix, other):
            postfix.wait_until_empty(120, retry=True)
    return _judge(flow, offered)


def _judge(flow: Flow, offered: dict[int, Offered]) -> bool:
    """Compare the answers with the limits, and what arrived with the answers."""
    delivered, held = _by_message(flow.sink.recipients()), _by_message(flow.holds())
    doubled = sum(times > 1 for times in (*flow.sink.recipients().values(), *flow.holds().values()))
    astray = 0
    for number, one in offered.items():
        if one.answer == PASSED and held[number]:
            offered[number] = one = replace(one, answer=HELD)
        wanted = {PASSED: (one.recipients, 0), HELD: (0, one.recipients), REFUSED: (0, 0)}[one.answer]
        astray += (delivered[number], held[number]) != wanted
    found = compare(offered.values(), EDGES)
    of = Counter(one.answer for one in offered.values())
    total = sum(one.recipients for one in offered.values())
    span = max(one.ended for one in offered.values()) - min(one.began for one in offered.values())
    print(
        f"{total} recipients in {len(offered)} messages within {span:.0f} s: {of[PASSED]} passed, {of[HELD]} held, "
        f"{of[REFUSED]} refused; {len(found.wrong)} wrong, {found.certain} of the answers had no other choice; "
        f"{astray} messages not where they belong, {doubled} recipients twice",
        flush=True,
    )
    for line in found.wrong[:10]:
        print(f"  {line}")
    return not (found.wrong or astray or doubled)


def _by_message(found: Counter[str]) -> Counter[int]:
    """Recipients by the number of the message: smtp-source writes the recipient's number before the address."""
    numbers: Counter[int] = Counter()
    for address, times in found.items():
        match = re.fullmatch(r"\d*m(\d+)@outside\.example", address)
        if match:
            numbers[int(match[1])] += times
    return numbers


def _killed(running: Callable[[Flow], list[int]], start: Callable[[Flow], int]) -> Callable[[Flow, float], None]:
    def gone(flow: Flow, seconds: float) -> None:
        flow.kill(running(flow)[-1], signal.SIGKILL)
        time.sleep(seconds)
        start(flow)

    return gone


PARTS = (
    *mail_load.PARTS,
    _killed(lambda flow: flow.gateways, lambda flow: flow.start_gateway()),
    _killed(lambda flow: flow.intakes, lambda flow: flow.start_intake()),
)


def away(flow: Flow, messages: int, rounds: int) -> bool:
    """Above WARN from a sender's eleventh message on; MAX is far, since a message may be counted again after a 4xx."""
    flow.portal.do("set_thresholds", {"sender": {"3600": [10, 1000]}})
    flow.start_gateway()
    flow.start_intake()
    chance, load = random.Random(messages), mail_load.Load(flow, messages=messages, each=15, mailboxes=20)
    # So slow that there is mail on its way whenever a part goes away.
    load.stream.pause = AWAY_SECONDS * 2 * len(PARTS) * rounds * CLIENTS / messages
    before, times = flow.holds().total(), 0

    def take_away() -> None:
        nonlocal times
        for _ in range(rounds):
            for part in chance.sample(PARTS, len(PARTS)):
                load.wait_for_more(messages // 100)
                part(flow, chance.random() * 2 * AWAY_SECONDS)
                times += 1

    started = time.monotonic()
    load.run(meanwhile=take_away, clients=CLIENTS)
    flow.postfix.wait_until_empty(180, retry=True)
    seconds, held = time.monotonic() - started, flow.holds().total() - before
    flow.portal.do("release_all")
    flow.postfix.wait_until_empty(180, retry=True)
    (missing, doubled), refused = load.missing_and_doubled(), load.refused()
    print(
        f"{messages} messages in {seconds:.0f} s, a part away {times} times: {load.stream.later} times told to come "
        f"back later, {held} held and released; {len(refused)} refused, {len(missing)} missing, {len(doubled)} came "
        "twice",
        flush=True,
    )
    return not (refused or missing or doubled)


def speed(flow: Flow, messages: int = 1500) -> bool:
    flow.portal.do("set_thresholds", NO_LIMITS)
    flow.start_gateway()
    options = ("-d", "-s", "20", "-m", str(messages), "-r", "5", "-l", "2000", "-f", "stress@academie.example")
    for title, port in (("with the limits", flow.ports.submission), ("without", flow.ports.again)):
        before, started = len(flow.sink.taken), time.monotonic()
        assert smtp_source(port, *options, "-t", "speed@outside.example")
        taken = time.monotonic() - started
        flow.postfix.wait_until_empty(180)
        came = len(flow.sink.taken) - before
        print(f"{title}: {messages / taken:.0f} messages/s accepted, {came} recipients delivered", flush=True)
        if came != 5 * messages:
            return False
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipients", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=75)
    parser.add_argument("--messages", type=int, default=1_500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--skip", action="append", default=[], choices=("edges", "away", "speed"))
    options = parser.parse_args()
    if not AVAILABLE:
        print("Postfix cannot be started here: it is not installed, or this is not root.")
        return
    parts: dict[str, Callable[[Flow], bool]] = {
        "edges": lambda flow: edges(flow, options.recipients, options.seconds),
        "away": lambda flow: away(flow, options.messages, options.rounds),
        "speed": speed,
    }
    well = True
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        found = stack.enter_context(database(stack, folder))
        flow = stack.enter_context(start_flow(folder, found))
        for part in (part for title, part in parts.items() if title not in options.skip):
            well = part(flow) and well
            flow.stop_gateways()
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
