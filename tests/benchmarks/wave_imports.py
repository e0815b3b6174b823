"""How fast a wave's imports go with 1, 2, 3, 4 workers, what they would do with more, and whether all is exact.

    python tests/benchmarks/wave_imports.py [--people 60] [--workers 1,2,3,4] [--kills 2] [--contacts 20] [--events 15]
    python tests/benchmarks/wave_imports.py --people 15000 --workers 3 --kills 6 --folder /dev/shm/wave

People who have moved, with a file of contacts and a calendar each, in two waves started together; a simulated Zimbra;
workers that are killed (SIGKILL) now and then. Without a bound on the rate, so that the machine is what is measured.
For each number of workers a new portal and a new Zimbra. At the end every mailbox (or --check of them) is compared with
what it should hold, and a model is fitted and compared with what was measured. The second line is a whole wave of
15,000 people and 30,000 files.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import urllib3

# Run as a script, so that `make bench` can run every benchmark in the same way.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.send_contacts import server_seconds
from tests.races.bulk_process import address_of, contact_names, event_uids
from tests.races.test_kill_worker import Portal
from tests.simulated import Simulated, start_simulator

LOOK_SECONDS = 0.25
TELL_SECONDS = 60.0
STALLED_SECONDS = 120.0
# Requests a second that no simulator reaches.
UNBOUNDED = 10_000
COUNTS = "SELECT SUM(people), SUM(people_done + people_failed + people_left_out), SUM(imports_done), SUM(items_added) "
COUNTS += "FROM bascule_bulkrun"


@dataclass(frozen=True)
class Measured:
    """workers; seconds by the clock; files; processor seconds of the workers and of the server; requests."""

    workers: int
    seconds: float
    files: int
    portal: float
    server: float
    requests: int

    @property
    def rate(self) -> float:
        return self.files / self.seconds


def child_seconds(portal: Portal) -> float:
    """User and system time of the workers that live (fields 14 and 15 of their stat files, in clock ticks)."""
    total = 0
    for number in portal.workers:
        stat = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
        total += int(stat[11]) + int(stat[12])
    return total / 100


def requests_so_far(zimbra: Simulated) -> int:
    return int(json.loads(urllib3.request("GET", f"{zimbra.url}/simulator/faults").data)["requests"])


def carry(
    portal: Portal, zimbra: Simulated, workers: int, kills: int, chance: random.Random, minutes: float
) -> Measured:
    """Have so many workers do all there is, or what goes in the time, killing one whenever another part is done."""
    before, server, spent = requests_so_far(zimbra), server_seconds(zimbra), 0.0
    start = told = moved = time.perf_counter()
    seen = -1
    for _ in range(workers):
        portal.start_worker()
    killed = 0
    while True:
        ((people, through, files, items),) = portal.ask(COUNTS)
        if through >= people or (minutes and time.perf_counter() - start > minutes * 60):
            break
        if files != seen:
            seen, moved = files, time.perf_counter()
        elif time.perf_counter() - moved > STALLED_SECONDS:
            raise SystemExit(f"nothing moves: {portal.log.read_text()[-3000:]}")
        if killed < kills and through >= people * (killed + 1) / (kills + 1):
            time.sleep(chance.random() * 0.2)
            spent += child_seconds(portal)
            portal.kill_worker()
            spent -= child_seconds(portal)
            portal.start_worker()
            killed += 1
        if time.perf_counter() - told >= TELL_SECONDS:
            told = time.perf_counter()
            print(f"  {through}/{people} people, {files} files, {files / (told - start):.1f} files/s", flush=True)
        time.sleep(LOOK_SECONDS)
    taken = time.perf_counter() - start
    spent += child_seconds(portal)
    for _ in range(workers):
        portal.kill_worker()
    asked = requests_so_far(zimbra) - before
    measured = Measured(workers, taken, files, spent, server_seconds(zimbra) - server, asked)
    print(
        f"{workers} workers: {through} of {people} people, {files} files, {items} items in {taken:.1f} s, "
        f"{measured.rate:.1f} files/s; a file takes {spent / files * 1e3:.0f} ms of a worker's processor, "
        f"{measured.server / files * 1e3:.0f} ms of the server's, {asked / files:.2f} requests; {killed} killed",
        flush=True,
    )
    return measured


def wrong_mailboxes(portal: Portal, zimbra: Simulated, options: argparse.Namespace, chance: random.Random) -> list[str]:
    """Addresses of those mailboxes, of all people who are through or of a sample, that do not hold exactly what they
    should."""
    done = (
        "SELECT a.address FROM bascule_bulkperson p JOIN accounts_agent a ON a.id = p.agent_id WHERE p.state = 'done'"
    )
    through = {address for (address,) in portal.ask(done)}
    people = [number for number in range(options.people) if address_of(number) in through]
    if options.check and options.check < len(people):
        people = sorted(chance.sample(people, options.check))
    wrong = []
    with zimbra.admin() as admin:
        from zimbra.client import ZimbraClient

        for person in people:
            address = address_of(person)
            with ZimbraClient.on_behalf(zimbra.url, admin, address) as client:
                folders = {one.name: one for one in client.folders().walk()}
                names: Counter[str] = Counter()
                if (book := folders.get("Depuis contacts")) is not None:
                    names = Counter(one.attributes["fullName"] for one in client.contacts(book.id))
                uids = Counter(one.uid for one in client.calendar_items())
            wanted = Counter(contact_names(person, options.contacts)), Counter(event_uids(person, options.events))
            if (names, uids) != wanted:
                wrong.append(address)
    print(f"  {len(people)} mailboxes compared, {len(wrong)} differ", flush=True)
    return wrong


def fit(measured: list[Measured], cores: int) -> None:
    """Tell how the rate grows: n workers do n times what one does, over 1 + share * (n - 1), as Amdahl has it. `share`
    is what they stand in each other's way, of processors, database and server, fitted over all that was measured."""
    first = measured[0]
    server, cost = first.server / first.files, (first.portal + first.server) / first.files
    print(
        f"one worker: {first.rate:.1f} files/s; processors alone would allow {cores / cost:.1f}, one Zimbra of one",
        end=" ",
    )
    print(f"interpreter {1 / server:.0f}")
    others = [(one.workers - 1, one.workers * first.rate / one.rate - 1) for one in measured[1:]]
    if first.workers != 1 or not others:
        return
    share = sum(more * lost for more, lost in others) / sum(more * more for more, _ in others)
    print(
        f"model: n workers do n x {first.rate:.1f} / (1 + {share:.2f} x (n - 1)) files/s; with ever more workers",
        end=" ",
    )
    print(f"{first.rate / share:.1f}")
    for one in measured:
        predicted = one.workers * first.rate / (1 + share * (one.workers - 1))
        print(
            f"  {one.workers} workers: predicted {predicted:.1f} files/s, measured {one.rate:.1f} "
            f"({one.rate / predicted:.0%}), ratio to one {one.rate / first.rate:.2f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=60)
    parser.add_argument("--contacts", type=int, default=20, help="in a file")
    parser.add_argument("--events", type=int, default=15, help="in a file")
    parser.add_argument("--workers", default="1,2,3,4", help="numbers of workers, one after the other")
    parser.add_argument("--kills", type=int, default=2, help="for each number of workers")
    parser.add_argument("--rate", type=int, default=UNBOUNDED, help="requests a second; without it, as many as go")
    parser.add_argument("--check", type=int, default=0, help="compare only so many mailboxes; 0: all of them")
    parser.add_argument("--minutes", type=float, default=0, help="stop after so long, whatever is left; 0: never")
    parser.add_argument("--folder", type=Path, help="where the portal and Zimbra keep their data; emptied by you")
    options = parser.parse_args()
    chance = random.Random(7)
    numbers = [int(number) for number in options.workers.split(",")]
    measured, wrong = [], []
    for number in numbers:
        with (
            tempfile.TemporaryDirectory(dir=options.folder) as name,
            start_simulator(Path(name) / "zimbra") as zimbra,
        ):
            began = time.perf_counter()
            for person in range(options.people):
                zimbra.create_account(address_of(person))
            portal = Portal(Path(name), zimbra, "tests.races.bulk_process")
            try:
                portal.run(f"prepare {options.people} {options.contacts} {options.events} 2")
                portal.run(f"start {number} {options.rate}")
                print(f"prepared in {time.perf_counter() - began:.1f} s", flush=True)
                measured.append(carry(portal, zimbra, number, options.kills, chance, options.minutes))
                wrong += wrong_mailboxes(portal, zimbra, options, chance)
            finally:
                portal.close()
    fit(measured, os.cpu_count() or 1)
    if wrong:
        raise SystemExit(f"not exact: {', '.join(wrong[:20])}")


if __name__ == "__main__":
    main()
