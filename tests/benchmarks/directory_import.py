"""How long a list of agents takes to be compared and written, how much memory, and how much faster than row by row.

    python tests/benchmarks/directory_import.py [--lines 100000] [--postgres] [--naive 2000]

A list of so many made-up people is brought into an empty directory; then again
with every twentieth person changed, every hundredth missing and as many new; then once more, unchanged, as by a job of
every night. Beside it `--naive` people are brought in one after the other, by `get_or_create` and `save`. SQLite; with
`--postgres` a server of its own.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

POPULATIONS = ("first-degree", "second-degree-teachers", "eple-administration", "Direction du second degré")
# A whole ministry has some 60,000 establishments.
PEOPLE_PER_PLACE = 20
LIMIT_SECONDS = 120
LIMIT_MEGABYTES = 400


def lines(count: int, *, year: int = 0) -> Iterator[str]:
    """The list of a year: each year every twentieth person changes, every hundredth leaves, as many come."""
    places = max(1, count // PEOPLE_PER_PLACE)
    yield "Adresse;Prénom;Nom;Population;UAI;Fonction\r\n"
    for number in range(count):
        who = number + count if year and number % 100 == 7 else number
        place = number % places + (1 if year and number % 20 == 3 else 0)
        population, function = POPULATIONS[number % 4], "DIR" if number % 200 == 0 else "Enseignant"
        yield (
            f"prénom.nom{who}@ac-reunion.fr;Élodie-{who % 977};Grondin {who};{population};"
            f"{9740000 + place % places:07d}A;{'DIR' if function == 'DIR' else ''}\r\n"
        ).replace("prénom.", "prenom.")


def write_list(path: Path, count: int, year: int) -> None:
    with path.open("w", encoding="cp1252", newline="") as file:
        file.writelines(lines(count, year=year))


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def bring_in(path: Path, title: str, *, complete: bool) -> float:
    """Read, confirm and write a list in this process; print and give the seconds."""
    from accounts.directory import decisions, engine, kinds, receiving
    from accounts.directory.states import State

    kind = kinds.get("agents")
    assert kind is not None
    marks = [time.perf_counter()]
    busy = time.process_time()
    with path.open("rb") as file:
        row, _ = receiving.receive(
            kind=kind, name=path.name, file=file, is_complete=complete, by=None, in_background=False
        )
    engine.advance(row.pk)
    marks.append(time.perf_counter())
    row.refresh_from_db()
    assert row.state in (State.READY, State.DONE), (row.state, row.note, row.counts)
    if row.state == State.READY:
        decisions.confirm(row=row, by=None)
        engine.advance(row.pk)
        marks.append(time.perf_counter())
        while engine.advance(row.pk):
            pass
        row.refresh_from_db()
    assert row.state == State.DONE, (row.state, row.note)
    marks += [time.perf_counter()] * (4 - len(marks))
    compared, written, followed = (after - before for before, after in pairwise(marks))
    counts = ", ".join(f"{name} {count}" for name, count in sorted(row.counts.items()) if count)
    print(
        f"{title}: {row.lines} lines compared in {compared:.1f} s, written in {written:.1f} s, waves and figures in "
        f"{followed:.1f} s (this process busy {time.process_time() - busy:.1f} s); {counts}; "
        f"peak {peak_megabytes():.0f} MB",
        flush=True,
    )
    return compared + written + followed


def look_at_pages(rounds: int = 20) -> None:
    """Print how long pages take, at the 95th percentile: the preview of a whole directory, and what goes around it."""
    from django.test import Client
    from django.urls import reverse

    from accounts.models import Agent, DirectoryImport

    staff = Agent.objects.filter(is_active=True).latest("pk")
    Agent.objects.filter(pk=staff.pk).update(is_staff=True)
    client = Client()
    client.force_login(staff)
    first = DirectoryImport.objects.earliest("pk").pk
    preview = reverse("directory_import", args=[first])
    places = reverse("establishments")
    for address in (
        reverse("directory"),
        f"{preview}?liste=added",
        f"{preview}?liste=added&page=200",
        f"{preview}?liste=added&recherche=prenom.nom99",
        places,
        f"{places}?recherche=99&tri=ville",
        f"{places}?montrer=sans-direction",
    ):
        taken = []
        for _ in range(rounds):
            started = time.perf_counter()
            assert client.get(address, HTTP_HOST="localhost").status_code == 200
            taken.append(time.perf_counter() - started)
        print(f"page {address}: {sorted(taken)[rounds * 95 // 100 - 1] * 1000:.0f} ms", flush=True)
    Agent.objects.filter(pk=staff.pk).update(is_staff=False)


def naive(count: int) -> float:
    """Seconds for each person when they come one after the other, each looked up and saved."""
    from accounts.models import Agent, Establishment, Population

    started = time.perf_counter()
    for number in range(count):
        population = Population.objects.get(code="first-degree")
        place = Establishment.objects.get(uai="9740000A")
        agent, is_new = Agent.objects.get_or_create(
            address=f"naive{number}@ac-reunion.fr",
            defaults={"given_name": "Nadia", "family_name": f"Ive {number}", "population": population},
        )
        agent.establishment = place
        if is_new:
            agent.set_unusable_password()
        agent.save()
    seconds = (time.perf_counter() - started) / count
    Agent.objects.filter(address__startswith="naive").delete()
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--naive", type=int, default=2000)
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = f"sqlite:///{folder / 'portal.sqlite3'}"
        if options.postgres:
            from tests.postgres import start_postgres

            url = stack.enter_context(start_postgres()).create_database("directory")
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "migration_portal.settings",
            "DATABASE_URL": url,
            "PORTAL_VAR_DIR": str(folder),
            "PORTAL_SECRET_KEY": "bench" * 10,
            "PORTAL_SEAL_KEYS": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
            "PORTAL_LOG_LEVEL": "WARNING",
        }
        # Apart: what migrations hold in memory is not what is measured here.
        subprocess.run([sys.executable, ROOT / "manage.py", "migrate", "-v", "0"], check=True)
        measure(folder, options)


def measure(folder: Path, options: argparse.Namespace) -> None:
    import django

    django.setup()
    from django.db import connection
    from django.test import override_settings

    from accounts.models import Establishment

    places = max(1, options.lines // PEOPLE_PER_PLACE)
    Establishment.objects.bulk_create(
        (Establishment(uai=f"{9740000 + number:07d}A", name=f"École {number}") for number in range(places)),
        batch_size=1000,
    )
    print(
        f"{connection.vendor}, {options.lines} lines, {places} establishments; peak {peak_megabytes():.0f} MB at first"
    )
    first, second = folder / "first.csv", folder / "second.csv"
    write_list(first, options.lines, 0)
    write_list(second, options.lines, 1)
    each = naive(options.naive) if options.naive else 0.0
    took = bring_in(first, "empty directory", complete=True)
    plain = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    with override_settings(STORAGES=plain, WHITENOISE_AUTOREFRESH=True):
        look_at_pages()
    bring_in(second, "a year later", complete=True)
    bring_in(second, "every night", complete=True)
    if each:
        print(f"row by row: {each * options.lines:.0f} s, {each * options.lines / took:.1f} times as long")
    connection.close()
    if options.lines <= 100_000 and (took > LIMIT_SECONDS or peak_megabytes() > LIMIT_MEGABYTES):
        raise SystemExit(f"slower than {LIMIT_SECONDS} s, or more than {LIMIT_MEGABYTES} MB")


if __name__ == "__main__":
    main()
