"""What pages of staff cost with a whole ministry in the database: 1,200,000 people in 60 waves.

    python tests/benchmarks/ministry.py                                  60,000 people, then a tenth of them
    nice -n 10 python tests/benchmarks/ministry.py --agents 1200000 --establishments 60000 --requests 40
    python tests/benchmarks/ministry.py --sqlite --agents 400            the size of the demo, on SQLite

Makes a PostgreSQL server with data of its own (`tests/postgres.py`), fills it (`tests/ministry.py`), has the portal
make standings and figures, and asks for every page again and again as somebody of staff: other waves, filters and pages
each time. Printed for each page: median, 95th percentile and slowest answer in milliseconds. A second ministry, ten
times smaller, tells whether the cost of a page grows with the number of people.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

# Run as a script, so that `make bench` can run every benchmark in the same way.
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

from tests import postgres  # noqa: E402

LIMIT_MS = 300.0


def tell(line: str) -> None:
    print(line, flush=True)


def measure(requests: int) -> dict[str, list[float]]:
    """Milliseconds of each answer, by page. Pages that are not installed are left out."""
    from django.test import Client
    from django.urls import NoReverseMatch, reverse

    from accounts.models import Agent, Population
    from bascule import steps
    from bascule.models import Wave
    from bascule.tracking import figures

    staff = Agent.objects.order_by("pk").first()
    assert staff is not None
    Agent.objects.filter(pk=staff.pk).update(is_staff=True)
    client = Client(headers={"host": "localhost"}, raise_request_exception=False)
    client.force_login(Agent.objects.get(pk=staff.pk))
    chance = random.Random(7)
    waves = list(Wave.objects.values_list("pk", flat=True))
    people = max(figures.people_by_wave().values())
    last = Agent.objects.order_by("-pk").values_list("pk", flat=True)[0]
    populations = list(Population.objects.values_list("pk", flat=True))
    codes = [step.code for step in steps.STEPS]

    def wave() -> list[int]:
        return [chance.choice(waves)]

    def agent() -> list[int]:
        return [chance.randint(1, last)]

    nothing: Callable[[], list[int]] = list
    # Name of the address, its numbers, and the query: another one each time.
    pages: dict[str, tuple[str, Callable[[], list[int]], Callable[[], dict[str, str | int]]]] = {
        "tracking": ("tracking", nothing, dict),
        "tracking, sorted": ("tracking", nothing, lambda: {"tri": chance.choice(["-complete", "failed", "people"])}),
        "comparison": ("tracking_comparison", nothing, lambda: {"mesure": chance.choice(["prepared", "complete"])}),
        "wave_tracking": ("wave_tracking", wave, dict),
        "wave_tracking_places": (
            "wave_tracking_places",
            wave,
            lambda: {"tri": chance.choice(["", "name", "-people"]), "page": chance.randint(1, 40)},
        ),
        "places, search": ("wave_tracking_places", wave, lambda: {"recherche": f"numéro {chance.randint(1, 999)}"}),
        "wave_stuck": ("wave_stuck", wave, lambda: {"page": chance.randint(1, 20)}),
        "wave_stuck, step": ("wave_stuck", wave, lambda: {"etat": "all", "etape": chance.choice(codes)}),
        "wave_stuck, days": ("wave_stuck", wave, lambda: {"jours": chance.choice([3, 7, 30])}),
        "wave_stuck, population": ("wave_stuck", wave, lambda: {"population": chance.choice(populations)}),
        "wave_stuck, search": ("wave_stuck", wave, lambda: {"recherche": f"hoarau {chance.randint(1, 99)}"}),
        "wave_jobs": ("wave_jobs", wave, dict),
        "wave_stuck, by name": ("wave_stuck", wave, lambda: {"etat": "all", "tri": chance.choice(["name", "place"])}),
        "wave_job_list": ("wave_job_list", wave, lambda: {"travail": "import", "cause": "not_allowed"}),
        "waves": ("waves", nothing, dict),
        "wave": ("wave", wave, dict),
        "wave_people": ("wave_people", wave, lambda: {"page": chance.randint(1, 20)}),
        "wave_people, by place": ("wave_people", wave, lambda: {"tri": "etablissement", "page": chance.randint(1, 20)}),
        "wave_people, search": ("wave_people", wave, lambda: {"recherche": f"grondin {chance.randint(1, 99)}"}),
        "waves_unplaced": ("waves_unplaced", nothing, dict),
        "waves_overlaps": ("waves_overlaps", nothing, dict),
        "wave_imports": ("wave_imports", wave, dict),
        "wave_rehearsal": ("wave_rehearsal", wave, dict),
        "help_desk": ("help_desk", nothing, lambda: {"recherche": f"grondin {chance.randint(1, last)}"}),
        "help_desk_agent": ("help_desk_agent", agent, dict),
        "reminders": ("reminders", nothing, dict),
        "directory": ("directory", nothing, dict),
        "journal": ("journal", nothing, lambda: {"page": chance.randint(1, 5)}),
        "team": ("team", nothing, dict),
    }
    found: dict[str, list[float]] = {}
    for title, (name, numbers, query) in pages.items():
        try:
            reverse(name, args=numbers())
        except NoReverseMatch:
            continue
        taken = []
        for _ in range(requests):
            url = reverse(name, args=numbers())
            start = time.perf_counter()
            answer = client.get(url, query())
            taken.append((time.perf_counter() - start) * 1000)
            if answer.status_code not in (200, 302):
                tell(f"  {url} answers {answer.status_code}: not measured")
                break
        else:
            found[title] = sorted(taken)
    tell(f"  (largest wave: {people} people)")
    return found


def count_forecasts() -> None:
    """What a task counts for the page of a wave's imports."""
    from bascule.bulk import forecast
    from bascule.models import BulkForecast, Wave

    taken = []
    for wave in Wave.objects.all():
        BulkForecast.objects.get_or_create(wave=wave)
        start = time.perf_counter()
        forecast.count(wave.pk)
        taken.append((time.perf_counter() - start) * 1000)
    tell(f"  forecast of a wave's imports: median {at(sorted(taken), 0.5):.0f} ms, slowest {max(taken):.0f} ms")


def at(taken: list[float], share: float) -> float:
    return taken[min(int(len(taken) * share), len(taken) - 1)]


def run(options: argparse.Namespace) -> dict[str, list[float]]:
    """Fill the database that DATABASE_URL names, and measure."""
    import django

    django.setup()
    from celery import current_app
    from django.core.management import call_command

    from bascule import standings
    from bascule.models import Standing, StepState, Wave, WaveFigure
    from bascule.tracking import figures
    from tests import ministry

    tell(f"{options.agents} people, {options.waves} waves, {options.establishments} establishments")
    call_command("migrate", verbosity=0)
    if options.sqlite:
        ministry.fill_small(options.agents)
    else:
        ministry.fill(ministry.Size(options.agents, options.waves, options.establishments), tell)
    with ministry.timed("standings.refresh, everybody new", tell):
        standings.refresh()
    if not options.sqlite:
        ministry.vacuum()
    with ministry.timed("standings.refresh, nothing to do", tell):
        standings.refresh()
    with ministry.timed(f"figures of {Wave.objects.count()} waves, new", tell):
        figures.refresh_all()
    with ministry.timed(f"figures of {Wave.objects.count()} waves, unchanged", tell):
        figures.refresh_all()
    with ministry.timed("which waves are due", tell):
        figures.due()
    if not options.sqlite:
        ministry.days_gone_by()
        ministry.vacuum()
    taken = []
    for row in figures.whole_waves():
        start = time.perf_counter()
        figures.refresh_wave(row.wave_id)
        taken.append(((time.perf_counter() - start) * 1000, row.people))
    slowest = max(taken)
    tell(
        f"  refresh_wave: median {at(sorted(ms for ms, _ in taken), 0.5):.0f} ms, slowest {slowest[0]:.0f} ms "
        f"(a wave of {slowest[1]} people)"
    )
    tell(
        f"  rows: {Standing.objects.count()} standings, {StepState.objects.count()} states of steps, "
        f"{WaveFigure.objects.count()} figures"
    )
    count_forecasts()
    # Tasks that a page asks for are a worker's work.
    current_app.conf.update(task_always_eager=False, broker_url="memory://")
    return measure(options.requests)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agents", type=int, default=60_000)
    parser.add_argument("--waves", type=int, default=60)
    parser.add_argument("--establishments", type=int, default=3_000)
    parser.add_argument("--requests", type=int, default=15, help="of each page")
    parser.add_argument("--sqlite", action="store_true", help="SQLite, for the size of the demo")
    parser.add_argument("--alone", action="store_true", help="without the ministry a tenth as large")
    options = parser.parse_args()
    if options.sqlite:
        return small(options)
    if not postgres.AVAILABLE:
        tell("PostgreSQL is not installed: nothing measured")
        return 0
    if "DATABASE_URL" in os.environ:
        return report(run(options))
    # Room for a table of a million rows; sorting in memory.
    postgres.SETTINGS |= {"shared_buffers": "1GB", "work_mem": "32MB", "max_wal_size": "8GB", "jit": "off"}
    postgres.SETTINGS |= {"maintenance_work_mem": "512MB", "wal_level": "minimal", "max_wal_senders": "0"}
    with postgres.start_postgres() as server:
        worst = 0
        for agents, establishments in sizes(options):
            url = server.create_database(f"ministry{agents}")
            command = [sys.executable, __file__, "--agents", str(agents), "--establishments", str(establishments)]
            command += ["--waves", str(options.waves), "--requests", str(options.requests)]
            worst |= subprocess.run(command, env=os.environ | {"DATABASE_URL": url}, check=False).returncode
    return worst


def sizes(options: argparse.Namespace) -> list[tuple[int, int]]:
    whole = (options.agents, options.establishments)
    return [whole] if options.alone else [whole, (options.agents // 10, max(options.establishments // 10, 1))]


def small(options: argparse.Namespace) -> int:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATABASE_URL"] = f"sqlite:///{folder}/portal.sqlite3"
        return report(run(options))


def report(found: dict[str, list[float]]) -> int:
    """Print the figures; 1 when a page is slower than it may be."""
    tell(f"  {'page':28} {'p50':>8} {'p95':>8} {'max':>8}  ms")
    slow = []
    for title, taken in found.items():
        p95 = at(taken, 0.95)
        tell(f"  {title:28} {at(taken, 0.5):8.0f} {p95:8.0f} {taken[-1]:8.0f}")
        if p95 > LIMIT_MS:
            slow.append(title)
    if slow:
        tell(f"  SLOWER than {LIMIT_MS:.0f} ms at the 95th percentile: {', '.join(slow)}")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
