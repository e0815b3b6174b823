"""The SQL that counts a wave: one statement, one look at the database, whatever the number of people.

Standings of the wave are rolled up to establishments and populations first; the rows of the three dimensions are made
of that. Files and imports are those of the wave's own people only.
"""

from __future__ import annotations

from django.db import connection

from bascule import standings, steps
from bascule.models import WaveFigure
from bascule.models.tracking import count_fields

# Of files, imports and replays, per person: what is counted, and the condition.
_JOBS: dict[str, tuple[str, str]] = {
    "deposits": ("bascule_deposit", "TRUE"),
    "unreadable": ("bascule_deposit", "j.state = 'unreadable'"),
    "imports": ("bascule_import", "j.state <> 'undone'"),
    "imports_done": ("bascule_import", "j.state = 'done'"),
    # A collection whose stopped import was begun anew has a later one, and its own is history.
    "imports_failed": (
        "bascule_import",
        "j.state = 'failed' AND NOT EXISTS (SELECT 1 FROM bascule_import later WHERE later.id > j.id "
        "AND later.collection_id = j.collection_id)",
    ),
    "imports_waiting": (
        "bascule_import",
        "j.state IN ('queued', 'sending', 'verifying', 'undoing') AND j.retry_at IS NOT NULL",
    ),
    "replays": ("bascule_replay", "j.state <> 'undone'"),
    "replays_done": ("bascule_replay", "j.state = 'done'"),
    "replays_failed": (
        "bascule_replay",
        "j.state = 'failed' AND NOT EXISTS (SELECT 1 FROM bascule_replay later WHERE later.id > j.id "
        "AND later.agent_id = j.agent_id AND later.kind = j.kind "
        "AND later.of_list_id IS NOT DISTINCT FROM j.of_list_id)",
    ),
}

_CLOSED = "(s.done | s.skipped)"
_BEFORE, _AFTER = standings.BEFORE, standings.AFTER

_PEOPLE: dict[str, str] = {
    "people": "TRUE",
    "untouched": f"s.migrated_at IS NULL AND {_CLOSED} & {_BEFORE} = 0",
    "started": f"s.migrated_at IS NULL AND {_CLOSED} & {_BEFORE} NOT IN (0, {_BEFORE})",
    "ready": f"s.migrated_at IS NULL AND {_CLOSED} & {_BEFORE} = {_BEFORE}",
    "moved": "s.migrated_at IS NOT NULL",
    "complete": f"s.migrated_at IS NOT NULL AND {_CLOSED} & {_AFTER} = {_AFTER}",
    "moved_untouched": f"s.migrated_at IS NOT NULL AND {_CLOSED} & {_AFTER} = 0",
    "prepared": f"{_CLOSED} & {_BEFORE} = {_BEFORE}",
}


def held_up_at(code: str) -> str:
    """SQL of a standing `s`: the step of that code is the first open one of the phase that the person is in."""
    bit = standings.bit(code)
    phase = _BEFORE if steps.get(code).is_before else _AFTER
    earlier = phase & (bit - 1)
    moved = "IS NULL" if steps.get(code).is_before else "IS NOT NULL"
    return f"s.migrated_at {moved} AND {_CLOSED} & {earlier | bit} = {earlier}"


def _step_columns() -> dict[str, str]:
    """Name and condition of the counts of steps, in the order of `WaveFigure.steps`."""
    columns = {}
    for place, step in enumerate(steps.STEPS):
        columns[f"d{place}"] = f"s.done & {1 << place} <> 0"
        columns[f"n{place}"] = f"s.skipped & {1 << place} <> 0"
        columns[f"h{place}"] = held_up_at(step.code)
    return columns


def _jobs_of(table: str) -> str:
    """SQL: the counts of one table of jobs, for each person of the wave who has any."""
    counts = ", ".join(
        f"SUM(CASE WHEN {condition} THEN 1 ELSE 0 END) AS {name}"
        for name, (source, condition) in _JOBS.items()
        if source == table
    )
    return (
        f"SELECT j.agent_id, {counts} FROM {table} j "  # noqa: S608 - names and conditions of our own
        "JOIN bascule_standing p ON p.agent_id = j.agent_id WHERE p.wave_id = %(wave)s GROUP BY j.agent_id"
    )


def _statement() -> str:
    tables = list(dict.fromkeys(table for table, _ in _JOBS.values()))
    places = {table: f"j{number}" for number, table in enumerate(tables)}
    step_columns = _step_columns()
    summed = [
        *(f"SUM(CASE WHEN {condition} THEN 1 ELSE 0 END) AS {name}" for name, condition in _PEOPLE.items()),
        *(f"COALESCE(SUM({places[table]}.{name}), 0) AS {name}" for name, (table, _) in _JOBS.items()),
        *(f"SUM(CASE WHEN {condition} THEN 1 ELSE 0 END) AS {name}" for name, condition in step_columns.items()),
    ]
    # As whole numbers: PostgreSQL sums longer ones with unlimited digits, several times slower.
    again = ", ".join(f"SUM(CAST({name} AS integer)) AS {name}" for name in (*_PEOPLE, *_JOBS, *step_columns))
    names = ", ".join((*_PEOPLE, *_JOBS, *step_columns))
    written = " || ',' || ".join(f"CAST(COALESCE({name}, 0) AS varchar(12))" for name in step_columns)
    as_json = "jsonb" if connection.vendor == "postgresql" else "text"
    counts = ", ".join(f"COALESCE({name}, 0)" for name in (*_PEOPLE, *_JOBS))
    joins = " ".join(f"LEFT JOIN {place} ON {place}.agent_id = s.agent_id" for place in places.values())
    jobs = ", ".join(f"{place} AS ({_jobs_of(table)})" for table, place in places.items())
    columns = ", ".join((*_PEOPLE, *_JOBS))
    changed = ", ".join(f"{name} = excluded.{name}" for name in (*_PEOPLE, *_JOBS, "steps"))
    differs = " OR ".join(f"bascule_wavefigure.{name} <> excluded.{name}" for name in (*_PEOPLE, *_JOBS, "steps"))
    return f"""
        INSERT INTO bascule_wavefigure (wave_id, dimension, key, {columns}, steps, cost_ms, is_stale)
        WITH {jobs},
        cells AS (
            SELECT s.establishment_id, s.population_id, {", ".join(summed)}
            FROM bascule_standing s {joins}
            WHERE s.wave_id = %(wave)s AND s.is_active
            GROUP BY s.establishment_id, s.population_id
        ),
        figures AS (
            SELECT 'all' AS dimension, 0 AS key, {again} FROM cells
            UNION ALL
            SELECT 'establishment', COALESCE(establishment_id, 0), {again} FROM cells GROUP BY establishment_id
            UNION ALL
            SELECT 'population', population_id, {again} FROM cells GROUP BY population_id
        )
        SELECT %(wave)s, dimension, key, {counts}, CAST('[' || {written} || ']' AS {as_json}), 0, FALSE
        FROM (SELECT dimension, key, {names} FROM figures) counted WHERE TRUE
        ON CONFLICT (wave_id, dimension, key) DO UPDATE SET {changed} WHERE {differs}
        """  # noqa: S608 - names, conditions and numbers of our own


_GONE = """
    DELETE FROM bascule_wavefigure WHERE wave_id = %(wave)s AND (
        (dimension = 'establishment' AND key <> 0 AND NOT EXISTS (SELECT 1 FROM bascule_standing s
            WHERE s.wave_id = %(wave)s AND s.establishment_id = key AND s.is_active))
        OR (dimension = 'establishment' AND key = 0 AND NOT EXISTS (SELECT 1 FROM bascule_standing s
            WHERE s.wave_id = %(wave)s AND s.establishment_id IS NULL AND s.is_active))
        OR (dimension = 'population' AND NOT EXISTS (SELECT 1 FROM bascule_standing s
            WHERE s.wave_id = %(wave)s AND s.population_id = key AND s.is_active)))
    """


def count(wave_id: int) -> None:
    """Make the figures of that wave what its people's rows say; what is true already is not written.

    Inside a transaction in which the row of the whole wave is locked.
    """
    assert set(count_fields()) == {*_PEOPLE, *_JOBS}
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # What the people of a wave have is found by index; read from end to end, the tables of files and imports
            # would cost more with every person who is in another wave.
            cursor.execute("SET LOCAL random_page_cost = 1")
        cursor.execute(_statement(), {"wave": wave_id})
        cursor.execute(_GONE, {"wave": wave_id})


def row_of(wave_id: int) -> WaveFigure:
    """The row of the whole wave, made if need be, locked until the transaction ends."""
    dimension = WaveFigure.Dimension.ALL
    WaveFigure.objects.get_or_create(wave_id=wave_id, dimension=dimension, key=0)
    return WaveFigure.objects.select_for_update().get(wave=wave_id, dimension=dimension, key=0)
