"""How many requests and how long the transfer of many boxes takes, with workers killed on the way; is Zimbra exact?

    python tests/benchmarks/transfer_boxes.py [--boxes 40] [--members 40] [--workers 3] [--kills 4] [--skip-changes]
    python tests/benchmarks/transfer_boxes.py --boxes 500 --workers 4

Starts a simulated Zimbra and a portal on a database file of its own. Every box is transferred from its census by
several workers, of which one is killed (SIGKILL) now and then; then a part of the accesses is revoked, given anew,
hidden, or gets another role, and again workers are killed. After each round every mailbox is compared with the plan
(`tests/races/boxes_plan.py`), and rates are printed with the requests to Zimbra for each delegation. The second line
is the size of an academy: 20,000 delegations, a quarter of an hour for each round on two cores.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import urllib3

# Run as a script, so that `make bench` can run every benchmark in the same way.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.races.boxes_plan import Plan, differences
from tests.races.test_kill_boxes import QUIET, UNDONE
from tests.races.test_kill_worker import Portal
from tests.simulated import Simulated, start_simulator

LOOK_SECONDS = 0.5


def requests_so_far(zimbra: Simulated) -> int:
    return json.loads(urllib3.request("GET", f"{zimbra.url}/simulator/faults").data)["requests"]


def carry(portal: Portal, zimbra: Simulated, plan: Plan, options: argparse.Namespace, title: str, rows: int) -> None:
    """Have the workers do all there is, killing one whenever another part of it is done."""
    total = plan.boxes
    before, start = requests_so_far(zimbra), time.perf_counter()
    for _ in range(options.workers):
        portal.start_worker()
    killed = 0
    while not portal.ask(QUIET):
        ((left,),) = portal.ask("SELECT count(*) FROM boxes_box WHERE work_asked_at IS NOT NULL")
        if killed < options.kills and total - left >= total * (killed + 1) / (options.kills + 1):
            portal.kill_worker()
            portal.start_worker()
            killed += 1
        time.sleep(LOOK_SECONDS)
    taken, asked = time.perf_counter() - start, requests_so_far(zimbra) - before
    for _ in range(options.workers):
        portal.kill_worker()
    print(
        f"{title}: {rows} delegations of {plan.boxes} boxes in {taken:.1f} s ({rows / taken:.0f}/s), "
        f"{asked} requests ({asked / rows:.2f} for each), {killed} workers killed",
        flush=True,
    )


def check(portal: Portal, zimbra: Simulated, plan: Plan, *, changed: bool) -> bool:
    found = differences(zimbra, plan, changed=changed)
    undone = portal.ask(UNDONE)
    for line in [*found, *map(str, undone)][:20]:
        print(f"  {line}")
    print(f"  Zimbra {'exact' if not found else f'differs in {len(found)} places'}, {len(undone)} rows not in place")
    return not (found or undone)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--boxes", type=int, default=40)
    parser.add_argument("--members", type=int, default=40)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--kills", type=int, default=4, help="in each of the two rounds")
    parser.add_argument("--skip-changes", action="store_true", help="transfer only")
    options = parser.parse_args()
    plan = Plan(options.boxes, options.members)
    with (
        tempfile.TemporaryDirectory() as folder,
        start_simulator(Path(folder) / "zimbra") as zimbra,
    ):
        with zimbra.admin() as admin:
            for person in range(plan.people):
                admin.create_account(plan.address(person), "secret-of-the-benchmark")
        portal = Portal(Path(folder), zimbra, "tests.races.boxes_process")
        try:
            start = time.perf_counter()
            portal.run(f"prepare {plan.boxes} {plan.members}")
            print(f"census to rows: {time.perf_counter() - start:.1f} s, {plan.people} people", flush=True)
            rows = plan.boxes * plan.members
            carry(portal, zimbra, plan, options, "transfer", rows)
            exact = check(portal, zimbra, plan, changed=False)
            if not options.skip_changes:
                portal.run(f"change {plan.boxes} {plan.members}")
                changed = sum(plan.second(member) != plan.first(member) for member in range(plan.members))
                carry(portal, zimbra, plan, options, "changes", changed * plan.boxes)
                exact = check(portal, zimbra, plan, changed=True) and exact
        finally:
            portal.close()
    if not exact:
        raise SystemExit("Zimbra is not as planned")


if __name__ == "__main__":
    main()
