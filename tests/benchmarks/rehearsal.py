"""How long the dry run of a wave takes, with how much memory for each worker, and what workers killed on the way cost.

    python tests/benchmarks/rehearsal.py [--people 200] [--files 100] [--workers 2] [--kills 1]
    python tests/benchmarks/rehearsal.py --people 2000 --files 1000

Starts a simulated Zimbra and, where there is one, a PostgreSQL. The wave's people have accounts but for one in twenty,
half of the files are address books of 200 cards, the others calendars of 100 events, one in ten is rubbish. Prints the
time, that of the processors, the checks a second and the memory, and fails when a finding is missing, doubled or too
many.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import os
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

# Run as a script, so that `make bench` can run every benchmark in the same way.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests import postgres
from tests.simulated import DOMAIN, Simulated, start_simulator

CARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Payet{0};Marie\r\nFN:Marie Payet{0}\r\nTEL:0262 {0}\r\nEND:VCARD\r\n"
EVENT = (
    "BEGIN:VEVENT\r\nUID:{0}@old\r\nDTSTAMP:20250101T000000Z\r\nDTSTART:20300101T{1:02d}0000Z\r\nDTEND:20300101T{1:02d}"
    "3000Z\r\nSUMMARY:Conseil {0}\r\nRRULE:FREQ=WEEKLY;COUNT=20\r\nEND:VEVENT\r\n"
)


def file_of(number: int) -> tuple[str, bytes]:
    if number % 10 == 9:
        return "notes.txt", b"rien que nous lisons %d" % number
    if number % 2:
        return "carnet.vcf", "".join(CARD.format(f"{number}-{one}") for one in range(200)).encode()
    events = "".join(EVENT.format(f"{number}-{one}", one % 24) for one in range(100))
    return "agenda.ics", f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:old\r\n{events}END:VCALENDAR\r\n".encode()


def set_up(folder: Path, zimbra: Simulated, database: str) -> None:
    os.environ.update(
        PORTAL_SECRET_KEY="bench-only-" + "k" * 40,
        PORTAL_SEAL_KEYS="MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        PORTAL_VAR_DIR=str(folder),
        DATABASE_URL=database,
        PORTAL_LOG_LEVEL="ERROR",
        ZIMBRA_URL=zimbra.url,
        ZIMBRA_ADMIN_URL=zimbra.admin_url,
        ZIMBRA_ADMIN_ADDRESS=zimbra.admin_address,
        ZIMBRA_ADMIN_PASSWORD=zimbra.admin_password,
        DJANGO_SETTINGS_MODULE="tests.races.portal_settings",
    )
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    from accounts import handing_out

    handing_out.hand_out = lambda *args, **kwargs: None  # type: ignore[assignment]


def stage(zimbra: Simulated, people: int, files: int) -> int:
    from accounts.models import Agent
    from bascule import deposits, reading, standings
    from bascule.rehearsals import planning
    from tests.factories import make_agent, make_wave, population

    wave = make_wave("bench")
    agents = Agent.objects.bulk_create(
        Agent(address=f"p{n}@{DOMAIN}", given_name="P", family_name=f"Nom{n}", population=population("bench"))
        for n in range(people)
    )
    for number, agent in enumerate(agents):
        if number % 20:
            zimbra.create_account(agent.address)
    for number in range(files):
        name, content = file_of(number)
        agent = agents[number % people]
        received = deposits.receive(agent=agent, name=name, file=io.BytesIO(content), by=agent)
        reading.read(received.new[0].pk)
    standings.refresh()
    return planning.start(wave=wave, by=make_agent(is_staff=True)).pk


def work(rehearsal_id: int, memory: Any) -> None:
    from bascule.rehearsals import engine

    while engine.advance(rehearsal_id):
        pass
    memory.put(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


def run(rehearsal_id: int, workers: int, kills: int) -> tuple[float, float, int, int]:
    """Seconds, seconds of processor in the workers, the most memory of one in MB, and how many were killed."""
    from django.db import connection

    from bascule.models import RehearsalSlice

    connection.close()
    forked = multiprocessing.get_context("fork")
    memory = forked.Queue()
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin, before = time.perf_counter(), spent.ru_utime + spent.ru_stime
    at_work = [forked.Process(target=work, args=(rehearsal_id, memory)) for _ in range(workers)]
    for process in at_work:
        process.start()
    killed = 0
    while killed < kills and any(process.is_alive() for process in at_work):
        slices = RehearsalSlice.objects.filter(rehearsal=rehearsal_id)
        total, done = slices.count(), slices.exclude(done_at=None).count()
        if total and done >= total * (killed + 1) // (kills + 1):
            victim = at_work[killed % workers]
            assert victim.pid
            os.kill(victim.pid, signal.SIGKILL)
            victim.join()
            connection.close()
            at_work.append(forked.Process(target=work, args=(rehearsal_id, memory)))
            at_work[-1].start()
            killed += 1
        time.sleep(0.02)
    for process in at_work:
        process.join()
    taken = time.perf_counter() - begin
    most = 0
    while not memory.empty():
        most = max(most, memory.get())
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return taken, spent.ru_utime + spent.ru_stime - before, most, killed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kills", type=int, default=1)
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        zimbra = stack.enter_context(start_simulator(folder / "zimbra"))
        database = f"sqlite:///{folder / 'portal.sqlite3'}"
        if postgres.AVAILABLE:
            database = stack.enter_context(postgres.start_postgres()).create_database("bench")
        set_up(folder, zimbra, database)
        rehearsal_id = stage(zimbra, options.people, options.files)
        taken, processor, memory, killed = run(rehearsal_id, options.workers, options.kills)

        from django.db import connection

        from bascule.models import Rehearsal, RehearsalFinding

        rehearsal = Rehearsal.objects.get(pk=rehearsal_id)
        found = Counter(RehearsalFinding.objects.filter(rehearsal=rehearsal).values_list("kind", flat=True))
        connection.close()
        print(
            f"{options.people} people, {options.files} files, {options.workers} workers, {killed} killed: "
            f"{taken:.1f} s, of processor {processor:.1f} s, {rehearsal.total / taken:.0f} checks/s, "
            f"at most {memory} MB each"
        )
        print(f"  {dict(found)}")
        wanted = {
            "account_missing": len(range(0, options.people, 20)),
            "file_unreadable": options.files // 10,
            "nothing_done": max(options.people - options.files, 0),
        }
        if rehearsal.state != Rehearsal.State.DONE or found != Counter(wanted):
            print(f"  wanted {wanted}, state {rehearsal.state}")
            sys.exit(1)


if __name__ == "__main__":
    main()
