"""A whole ministry in a PostgreSQL database: people, places, waves, steps, files and jobs, made by a few statements.

No row is made in Python, so that a million people take minutes. The same numbers give the same ministry. What staff see
of it (standings, figures) is made by the portal itself, and timed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, models
from django.utils import timezone

from accounts.models import Agent, Establishment, JournalEntry, Population
from bascule import steps
from bascule.models import Deposit, Import, ReadCollection, Replay, StepState, Wave, WaveDay
from bascule.models.tracking import count_fields
from boxes.models import Box

# Share of each population among the people; waves take each a part of the places of one of them.
SHARES = {
    "dsi": 1,
    "correspondents": 2,
    "first-degree": 33,
    "second-degree-teachers": 42,
    "second-degree-management": 3,
    "eple-administration": 12,
    "rectorat-administration": 7,
}
FAMILY = [
    "Hoarau",
    "Payet",
    "Grondin",
    "Fontaine",
    "Rivière",
    "Boyer",
    "Dijoux",
    "Maillot",
    "Techer",
    "Lebon",
    "Robert",
]
GIVEN = ["Marie", "Jean", "Camille", "Luc", "Aïcha", "Noé", "Sophie", "Thomas", "Inès", "Paul", "Léa", "Hugo", "Zoé"]
WAVE_DAYS = 60
JOURNAL_PER_AGENT = 2


@dataclass(frozen=True)
class Size:
    agents: int = 60_000
    waves: int = 60
    establishments: int = 3_000


@contextmanager
def timed(what: str, tell: Callable[[str], None]) -> Iterator[None]:
    start = time.perf_counter()
    yield
    tell(f"  {what}: {time.perf_counter() - start:.1f} s")


def fill(size: Size, tell: Callable[[str], None]) -> None:
    """Make the rows that hold the truth. The database has the tables and the populations of the migrations."""
    with connection.cursor() as cursor:
        # Keys are right by construction: looking each of them up takes longer than writing the rows.
        cursor.execute("SET session_replication_role = replica")
    parts: tuple[tuple[str, Callable[[Size], None]], ...] = (
        ("places and waves", _places_and_waves),
        ("people", _people),
        ("states of steps", _steps),
        ("files", _files),
        ("imports and replays", _jobs),
        ("boxes and journal", _rest),
    )
    for what, make in parts:
        with timed(what, tell):
            make(size)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = DEFAULT")
        with timed("statistics of the database", tell):
            cursor.execute("VACUUM ANALYZE")


def _default(field: models.Field[Any, Any]) -> str:
    """SQL of what Django writes in a column that nobody names."""
    if field.null:
        return "NULL"
    if isinstance(field, models.DateTimeField):
        return "now()"
    value = field.get_default() if field.has_default() else ""
    match value:
        case bool():
            return str(value).upper()
        case int():
            return str(value)
        case dict() | list():
            return "'{}'::jsonb" if isinstance(value, dict) else "'[]'::jsonb"
        case bytes():
            return "''::bytea"
        case _:
            return f"'{value or ''}'"


def insert(model: type[models.Model], source: str, **columns: str) -> None:
    """INSERT ... SELECT of SQL expressions by column; what is left out gets its default."""
    chosen = {}
    for field in model._meta.concrete_fields:
        column = str(field.column)
        if column in columns:
            chosen[column] = columns.pop(column)
        elif not field.primary_key:
            chosen[column] = _default(field)
    assert not columns, columns
    names, values = ", ".join(chosen), ", ".join(chosen.values())
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {model._meta.db_table} ({names}) SELECT {values} {source}")
        if "id" in chosen:
            table = model._meta.db_table
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT MAX(id) FROM {table}))")


def chance(salt: int, of: str = "i") -> str:
    """SQL of a number from 0 to 999 that belongs to row `of`, the same each time."""
    return f"(abs(hashint8(({of})::bigint * 64 + {salt})::bigint) % 1000)"


def waves_of_populations(count: int) -> list[tuple[str, int]]:
    """Code of each population and how many waves it has: at least one each, `count` in all."""
    whole = sum(SHARES.values())
    found = {code: max(1, round(count * share / whole)) for code, share in SHARES.items()}
    largest = max(found, key=lambda code: found[code])
    found[largest] += count - sum(found.values())
    return list(found.items())


def _places_and_waves(size: Size) -> None:
    insert(
        Establishment,
        f"FROM generate_series(1, {size.establishments}) i",
        id="i",
        uai="lpad(i::text, 7, '0') || chr((65 + i % 26)::int)",
        name="(ARRAY['École','Collège','Lycée','Service'])[1 + i % 4] || ' numéro ' || i",
        city="'Commune ' || (i % 3000)",
        search_text="(ARRAY['ecole','college','lycee','service'])[1 + i % 4] || ' numero ' || i || ' commune ' || "
        "(i % 3000) || ' ' || lower(lpad(i::text, 7, '0') || chr((65 + i % 26)::int))",
    )
    today = timezone.localdate()
    number = 0
    for code, count in waves_of_populations(size.waves):
        population = Population.objects.get(code=code)
        for part in range(count):
            number += 1
            # A third of the waves is done, one in ten is under way.
            place = (number * 37 % size.waves) / size.waves
            state = Wave.State.DONE if place < 1 / 3 else Wave.State.UNDER_WAY if place < 0.43 else Wave.State.PLANNED
            day = today + timedelta(days=round((place - 0.38) * 100))
            wave = Wave.objects.create(name=f"{population.label}, groupe {part + 1}", date=day, state=state)
            wave.populations.add(population)
            insert(
                Wave.establishments.through,
                f"FROM generate_series(1, {size.establishments}) i WHERE i % {count} = {part}",
                wave_id=str(wave.pk),
                establishment_id="i",
            )


def _people(size: Size) -> None:
    """Whoever is of a wave that is done has moved, nearly all; of one that is under way, two in three."""
    cases, edge = [], 0
    for code, share in SHARES.items():
        edge += share * 10
        cases.append(f"WHEN {chance(1)} < {edge} THEN {Population.objects.get(code=code).pk}")
    people = f"""FROM (
        SELECT i, CASE {" ".join(cases)} END AS population_id, 1 + i % {size.establishments} AS place,
            (ARRAY[{", ".join(f"'{name}'" for name in GIVEN)}])[1 + i % {len(GIVEN)}] AS given,
            (ARRAY[{", ".join(f"'{name}'" for name in FAMILY)}])[1 + {chance(2)} % {len(FAMILY)}] AS family
        FROM generate_series(1, {size.agents}) i) p
        LEFT JOIN wave_of w ON w.population_id = p.population_id AND w.place = p.place"""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE wave_of AS SELECT wp.population_id, we.establishment_id AS place, w.state, w.date "
            "FROM bascule_wave w JOIN bascule_wave_populations wp ON wp.wave_id = w.id "
            "JOIN bascule_wave_establishments we ON we.wave_id = w.id"
        )
        cursor.execute("ANALYZE wave_of")
        # Made anew at the end: an index of parts of words grows much faster at once than row by row.
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'agent_search_parts'")
        parts = cursor.fetchone()
        cursor.execute("DROP INDEX IF EXISTS agent_search_parts")
    insert(
        Agent,
        people,
        id="i",
        address="lower(translate(given || '.' || family, 'ïèéÉ', 'ieee')) || i || '@academie.example'",
        given_name="given",
        family_name="family || ' ' || i",
        search_text="lower(translate(given || ' ' || family || ' ' || i || ' ' || given || '.' || family, 'ïèéÉ', "
        "'ieee')) || i || '@academie.example'",
        population_id="p.population_id",
        establishment_id="p.place",
        password="'!'",
        # One in a hundred has left.
        is_active=f"{chance(3)} >= 10",
        function=f"CASE WHEN i <= {size.establishments} THEN 'DIR' ELSE '' END",
        migrated_at=f"CASE WHEN w.state = 'done' AND {chance(4)} < 985 OR w.state = 'under_way' AND {chance(4)} < 660"
        " THEN least(w.date + interval '8 hours', now() - interval '1 hour') END",
    )
    if parts is not None:
        with connection.cursor() as cursor:
            cursor.execute(parts[0])


def _steps(size: Size) -> None:
    """Nearly everybody has touched every step; a keen fifth has closed all, an idle tenth none."""
    places = ", ".join(f"('{step.code}', {number})" for number, step in enumerate(steps.STEPS))
    keen = chance(5, "a.id")
    closed = f"({keen} < 200 OR ({keen} < 900 AND {chance(6, 'a.id * 13 + t.place')} < 720))"
    insert(
        StepState,
        f"FROM accounts_agent a CROSS JOIN (VALUES {places}) t(step, place) "
        f"WHERE {chance(7, 'a.id * 13 + t.place')} < 962 ORDER BY a.id",
        agent_id="a.id",
        step="t.step",
        state=f"CASE WHEN NOT {closed} OR (t.place > 5 AND a.migrated_at IS NULL) THEN 'open' "
        f"WHEN {chance(8, 'a.id * 13 + t.place')} < 750 THEN 'done' ELSE 'not_concerned' END",
        changed_at=f"now() - make_interval(hours => ({chance(9, 'a.id * 13 + t.place')})::int)",
    )


def _files(size: Size) -> None:
    """A file and a quarter for each person, one in a hundred unreadable; a collection in each that was read."""
    bad = f"{chance(10, 'a.id * 2 + n')} < 10"
    insert(
        Deposit,
        "FROM accounts_agent a CROSS JOIN generate_series(1, 2) n WHERE n = 1 OR a.id % 4 = 0 ORDER BY a.id",
        agent_id="a.id",
        name="'export' || n || (CASE WHEN n = 1 THEN '.vcf' ELSE '.ics' END)",
        size="20000",
        sha256="md5(a.id || '-' || n)",
        stored_as="a.id || '-' || n",
        kind="CASE WHEN n = 1 THEN 'contacts' ELSE 'calendar' END",
        state=f"CASE WHEN {bad} THEN 'unreadable' ELSE 'read' END",
        error_code=f"CASE WHEN {bad} THEN (ARRAY['unknown_kind','reader_stopped','not_calendar'])[1 + a.id % 3] "
        "ELSE '' END",
        read_at="now() - interval '9 days'",
        received_at="now() - interval '9 days'",
    )
    insert(
        ReadCollection,
        "FROM bascule_deposit d WHERE d.state = 'read' ORDER BY d.id",
        deposit_id="d.id",
        position="0",
        kind="d.kind",
        item_count="120",
    )


def _jobs(size: Size) -> None:
    """Whoever has moved imports what was deposited; one import in fifty stops, one in two hundred waits."""
    moved = "JOIN accounts_agent a ON a.id = d.agent_id WHERE a.migrated_at IS NOT NULL"
    fate = chance(11, "c.id")
    insert(
        Import,
        f"FROM bascule_readcollection c JOIN bascule_deposit d ON d.id = c.deposit_id {moved} ORDER BY c.id",
        collection_id="c.id",
        agent_id="a.id",
        kind="c.kind",
        folder_name="'Contacts'",
        total="120",
        state=f"CASE WHEN {fate} < 20 THEN 'failed' WHEN {fate} < 25 THEN 'queued' ELSE 'done' END",
        error_code=f"CASE WHEN {fate} < 20 THEN "
        "(ARRAY['mail.QUOTA_EXCEEDED','folder_gone','no_mailbox','not_allowed'])[1 + c.id % 4] ELSE '' END",
        retry_at=f"CASE WHEN {fate} BETWEEN 20 AND 24 THEN now() + interval '10 minutes' END",
        finished_at=f"CASE WHEN {fate} < 20 THEN now() - make_interval(hours => (c.id % 90)::int) END",
    )
    insert(
        Replay,
        "FROM accounts_agent a WHERE a.migrated_at IS NOT NULL AND a.id % 2 = 0 ORDER BY a.id",
        agent_id="a.id",
        kind="CASE WHEN a.id % 4 = 0 THEN 'filters' ELSE 'signatures' END",
        state=f"CASE WHEN {chance(12, 'a.id')} < 20 THEN 'failed' ELSE 'done' END",
        error_code=f"CASE WHEN {chance(12, 'a.id')} < 20 THEN 'changed_meanwhile' ELSE '' END",
        finished_at="now() - interval '2 days'",
    )


def _rest(size: Size) -> None:
    insert(
        Box,
        f"FROM generate_series(1, {size.establishments}) i",
        address="'ce.' || lpad(i::text, 7, '0') || '@academie.example'",
        name="'Boîte numéro ' || i",
        establishment_id="i",
    )
    insert(
        JournalEntry,
        f"FROM generate_series(1, {size.agents * JOURNAL_PER_AGENT}) i JOIN accounts_agent a "
        f"ON a.id = 1 + i % {size.agents} ORDER BY i",
        at=f"now() - make_interval(secs => ({size.agents * JOURNAL_PER_AGENT} - i) * 3)",
        action="(ARRAY['step.done','step.reopened','deposit.received','import.done'])[1 + i % 4]",
        actor="a.address",
        subject="a.address",
        target="'step:note-boxes'",
        target_label="'Noter mes boîtes'",
        details="'{}'::jsonb",
    )


def days_gone_by() -> None:
    """Figures of earlier days, which grow towards those of today."""
    insert(
        WaveDay,
        f"FROM bascule_wavefigure f CROSS JOIN generate_series(1, {WAVE_DAYS}) n WHERE f.dimension = 'all'",
        wave_id="f.wave_id",
        day="current_date - n",
        **{name: f"f.{name} * ({WAVE_DAYS} - n) / {WAVE_DAYS}" for name in count_fields() if name != "people"},
        people="f.people",
    )


def vacuum() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def fill_small(agents: int) -> None:
    """A few hundred people one by one, for a database without the functions that `fill` builds on."""
    waves = [
        Wave.objects.create(name=f"Vague {number}", date=timezone.localdate() + timedelta(days=7 * number - 14))
        for number in range(4)
    ]
    places = [
        Establishment.objects.create(uai=f"{number:07}A", name=f"Collège numéro {number}") for number in range(1, 13)
    ]
    populations = list(Population.objects.all())
    for number, population in enumerate(populations):
        waves[number % len(waves)].populations.add(population)
    people = Agent.objects.bulk_create(
        Agent(
            address=f"{GIVEN[number % len(GIVEN)]}{number}@academie.example".lower(),
            given_name=GIVEN[number % len(GIVEN)],
            family_name=f"{FAMILY[number % len(FAMILY)]} {number}",
            population=populations[number % len(populations)],
            establishment=places[number % len(places)],
            password="!",
        )
        for number in range(agents)
    )
    StepState.objects.bulk_create(
        StepState(agent=agent, step=step.code, state=StepState.State.DONE)
        for number, agent in enumerate(people)
        for place, step in enumerate(steps.STEPS)
        if step.is_before and (number + place) % 3
    )
