"""The one writer of `Standing`: keeps it true to the directory, the planning and the checklist.

The rules of the planning, strongest first: moved by hand; a wave of the person's establishment and population; of the
establishment; of the population. Among several of the same strength the first that is not done, else the last
(`planning.pick` says the same for one person). Two things are stronger than the rules:

- whoever has moved keeps the wave he or she moved with;
- whoever is in a wave that is frozen or under way stays in it, until staff move that person by hand.

Everything that concerns many people is a few statements on tables, whatever the number of people.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Agent, DirectoryImport
from bascule import steps
from bascule.models import PlanningLock, Standing, StepState, Wave, WaveFigure

# People named one by one in a statement; more are refreshed with everybody.
_MOST_NAMED = 5_000


def bit(code: str) -> int:
    """The bit of the step of that code in `Standing.done` and `Standing.skipped`. Raises KeyError."""
    return 1 << steps.STEPS.index(steps.get(code))


def mask(codes: Iterable[str]) -> int:
    """The bits of all of `codes`."""
    return sum(bit(code) for code in codes)


BEFORE = mask(step.code for step in steps.STEPS if step.is_before)
AFTER = mask(step.code for step in steps.STEPS if not step.is_before)


def lock_planning() -> None:
    """Wait for whoever else changes the planning or many standings; until the transaction ends.

    Taken before rows of persons are locked, by everybody, so that nobody waits for somebody who waits.
    """
    PlanningLock.objects.get_or_create(pk=1)
    PlanningLock.objects.select_for_update().get(pk=1)


@transaction.atomic
def refresh(agents: Iterable[Agent] | None = None) -> int:
    """Make the standings of `agents` (None: of everybody) what directory and planning say; gives how many rows were
    made or changed.

    Called in the transaction of whatever changes the planning, after an import of the directory, and by the clock, so
    that nobody is left out. What is true already is not written.
    """
    named = None if agents is None else [agent.pk for agent in agents]
    if named is not None and len(named) > _MOST_NAMED:
        named = None
    if named is not None and not named:
        return 0
    lock_planning()
    # Keys of rows: whole numbers, written out so that their number is not bounded by the database's parameters.
    among = "" if named is None else f" AND {{column}} IN ({','.join(str(int(pk)) for pk in named)})"
    now = timezone.now()
    written = _insert(among, now) + _copy(among, now)
    left = None if named is None else list(Standing.objects.filter(agent__in=named).values_list("wave", flat=True))
    placed = _place(among, now)
    if placed:
        _mark_stale(left)
    return written + placed


def follow_directory(row: DirectoryImport) -> None:
    """After an import of the directory: whoever came, left, or changed place has the standing that follows."""
    refresh()


def _mark_stale(waves: Iterable[int | None] | None) -> None:
    """Figures of these waves (None: of all) are counted anew: no row tells any more that somebody left them."""
    rows = WaveFigure.objects.filter(dimension=WaveFigure.Dimension.ALL)
    if waves is not None:
        rows = rows.filter(wave__in={pk for pk in waves if pk is not None})
    # Locked in one order, so that two who mark do not wait for each other.
    marked = list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
    WaveFigure.objects.filter(pk__in=marked).update(is_stale=True)


def mark_activity(agent_id: int) -> None:
    """Something of that person that the figures count (a file, an import) has changed; at the end of the transaction
    of the change."""
    Standing.objects.filter(agent=agent_id).update(changed_at=timezone.now())


@dataclass(frozen=True)
class Move:
    """So many active people go from one wave to another (their numbers; None: no wave)."""

    old: int | None
    new: int | None
    people: int


@transaction.atomic
def place_around(waves: Iterable[Wave]) -> list[Move]:
    """After a change of `waves`: place all whom it may concern, those who are in them and those whom they take.

    The same rules as `refresh`, without going through everybody else; gives who went where.
    """
    lock_planning()
    among = f" AND ({' OR '.join(_concerned(wave) for wave in waves)})"
    moves = _moves(among)
    if moves:
        _place(among, timezone.now())
    return [move for move in moves if move.old != move.new and move.people]


def _concerned(wave: Wave) -> str:
    """SQL: whether the person of the row `s` is in `wave`, or among those whom it takes."""
    number = int(wave.pk)
    takes = []
    populations = list(wave.populations.values_list("pk", flat=True))
    if populations:
        takes.append(f"s.population_id IN ({','.join(str(int(pk)) for pk in populations)})")
    if wave.establishments.exists():
        places = f"SELECT e.establishment_id FROM bascule_wave_establishments e WHERE e.wave_id = {number}"  # noqa: S608
        takes.append(f"s.establishment_id IN ({places})")
    return f"s.wave_id = {number}" + (f" OR ({' AND '.join(takes)})" if takes else "")


@transaction.atomic
def touch(agent: Agent, *, at: datetime | None = None) -> None:
    """Take over what `agent` has done of the steps; `at` is when (now by default).

    In the transaction of the change, after it. Two at once for one person wait for each other here, so that each sees
    what the other has written.
    """
    row = Standing.objects.select_for_update().filter(agent=agent).first()
    if row is None:
        refresh([agent])
        row = Standing.objects.select_for_update().get(agent=agent)
    states = dict(StepState.objects.filter(agent=agent).values_list("step", "state"))
    row.done = mask(code for code, state in states.items() if state == StepState.State.DONE)
    row.skipped = mask(code for code, state in states.items() if state == StepState.State.NOT_CONCERNED)
    row.last_at = at or timezone.now()
    row.changed_at = timezone.now()
    row.save(update_fields=["done", "skipped", "last_at", "changed_at"])


# SQL: the name of agent `a` as lists are sorted.
_NAME = "(a.family_name || ' ' || a.given_name)"


def _execute(sql: str, values: list[datetime]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return max(cursor.rowcount, 0)


def _bits(state: str) -> str:
    """SQL: the mask of the steps of agent `a` that are in that state."""
    cases = " ".join(f"WHEN '{step.code}' THEN {1 << place}" for place, step in enumerate(steps.STEPS))
    return (
        f"COALESCE((SELECT SUM(CASE t.step {cases} ELSE 0 END) FROM bascule_stepstate t "  # noqa: S608 - codes are ours
        f"WHERE t.agent_id = a.id AND t.state = '{state}'), 0)"
    )


def _insert(among: str, now: datetime) -> int:
    """Rows for persons who have none yet, with the steps they have closed."""
    # EXCEPT and not NOT EXISTS: PostgreSQL, which takes a new table for an empty one, would go through the rows that
    # the statement itself writes once for each person.
    return _execute(
        f"""
        INSERT INTO bascule_standing (agent_id, wave_id, why, population_id, establishment_id, is_active, name,
            search_text, migrated_at, done, skipped, last_at, changed_at, told_wave_id, told_date, mail_host)
        SELECT a.id, NULL, '', a.population_id, a.establishment_id, a.is_active, {_NAME}, a.search_text,
            a.migrated_at, {_bits("done")}, {_bits("not_concerned")},
            (SELECT MAX(t.changed_at) FROM bascule_stepstate t WHERE t.agent_id = a.id), %s, NULL, NULL, ''
        FROM accounts_agent a JOIN (
            SELECT id FROM accounts_agent WHERE TRUE{among.format(column="id")}
            EXCEPT SELECT agent_id FROM bascule_standing WHERE TRUE{among.format(column="agent_id")}
        ) newcomer ON newcomer.id = a.id
        WHERE TRUE
        ON CONFLICT DO NOTHING
        """,  # noqa: S608 - whole numbers and codes of our own
        [now],
    )


def _copy(among: str, now: datetime) -> int:
    """What the directory says by now."""
    return _execute(
        f"""
        UPDATE bascule_standing SET population_id = a.population_id, establishment_id = a.establishment_id,
            is_active = a.is_active, name = {_NAME}, search_text = a.search_text, migrated_at = a.migrated_at,
            changed_at = %s
        FROM accounts_agent a
        WHERE a.id = bascule_standing.agent_id AND (
            bascule_standing.population_id <> a.population_id
            OR bascule_standing.establishment_id IS DISTINCT FROM a.establishment_id
            OR bascule_standing.is_active <> a.is_active
            OR bascule_standing.name <> {_NAME}
            OR bascule_standing.search_text <> a.search_text
            OR bascule_standing.migrated_at IS DISTINCT FROM a.migrated_at){among.format(column="a.id")}
        """,  # noqa: S608 - whole numbers
        [now],
    )


def _place(among: str, now: datetime) -> int:
    """The wave of everybody whom the rules still concern."""
    # The rules stand in a subquery: of a statement that begins with them, SQLite's module counts no rows.
    return _execute(
        f"""
        UPDATE bascule_standing SET wave_id = wanted.wave_id, why = wanted.why, changed_at = %s
        FROM ({_wanted(among)}) wanted
        WHERE wanted.agent_id = bascule_standing.agent_id
            AND (bascule_standing.wave_id IS DISTINCT FROM wanted.wave_id OR bascule_standing.why <> wanted.why)
        """,  # noqa: S608 - whole numbers
        [now],
    )


def _moves(among: str) -> list[Move]:
    """Who would go where, were `_place` called now."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT wanted.old_id, wanted.wave_id, SUM(CASE WHEN wanted.is_active THEN 1 ELSE 0 END)
            FROM ({_wanted(among)}) wanted
            WHERE wanted.old_id IS DISTINCT FROM wanted.wave_id OR wanted.old_why <> wanted.why
            GROUP BY wanted.old_id, wanted.wave_id
            """  # noqa: S608 - whole numbers
        )
        return [Move(old, new, int(people)) for old, new, people in cursor.fetchall()]


def _wanted(among: str) -> str:
    """SQL: the persons whom the rules still concern, the wave each has and why, and the one that the planning says."""
    return f"""
        WITH numbered AS (
            SELECT w.id, w.state = 'done' AS is_done, COALESCE(w.date, w.period_start) AS begins,
                EXISTS (SELECT 1 FROM bascule_wave_populations p WHERE p.wave_id = w.id) AS by_population,
                EXISTS (SELECT 1 FROM bascule_wave_establishments e WHERE e.wave_id = w.id) AS by_place
            FROM bascule_wave w
        ),
        cells AS (
            SELECT n.id, p.population_id, CAST(NULL AS bigint) AS establishment_id, n.is_done, n.begins
            FROM numbered n JOIN bascule_wave_populations p ON p.wave_id = n.id WHERE NOT n.by_place
            UNION ALL
            SELECT n.id, CAST(NULL AS bigint), e.establishment_id, n.is_done, n.begins
            FROM numbered n JOIN bascule_wave_establishments e ON e.wave_id = n.id WHERE NOT n.by_population
            UNION ALL
            SELECT n.id, p.population_id, e.establishment_id, n.is_done, n.begins
            FROM numbered n JOIN bascule_wave_populations p ON p.wave_id = n.id
            JOIN bascule_wave_establishments e ON e.wave_id = n.id
        ),
        rules AS (
            SELECT id, population_id, establishment_id, ROW_NUMBER() OVER (
                PARTITION BY population_id, establishment_id
                ORDER BY is_done, CASE WHEN is_done THEN NULL ELSE begins END,
                    CASE WHEN is_done THEN begins END DESC, CASE WHEN is_done THEN -id ELSE id END
            ) AS place
            FROM cells
        ),
        picked AS (SELECT id, population_id, establishment_id FROM rules WHERE place = 1)
        SELECT s.agent_id, s.wave_id AS old_id, s.why AS old_why, s.is_active,
            COALESCE(h.wave_id, both_.id, place_.id, population_.id) AS wave_id,
            CASE WHEN h.wave_id IS NOT NULL THEN 'hand' WHEN both_.id IS NOT NULL THEN 'place_population'
                WHEN place_.id IS NOT NULL THEN 'place' WHEN population_.id IS NOT NULL THEN 'population'
                ELSE '' END AS why
        FROM bascule_standing s
        LEFT JOIN bascule_waveassignment h ON h.agent_id = s.agent_id
        LEFT JOIN bascule_wave now_ ON now_.id = s.wave_id
        LEFT JOIN picked both_ ON both_.population_id = s.population_id
            AND both_.establishment_id = s.establishment_id
        LEFT JOIN picked place_ ON place_.population_id IS NULL AND place_.establishment_id = s.establishment_id
        LEFT JOIN picked population_ ON population_.population_id = s.population_id
            AND population_.establishment_id IS NULL
        WHERE NOT (s.wave_id IS NOT NULL AND s.migrated_at IS NOT NULL)
            AND (h.wave_id IS NOT NULL OR now_.id IS NULL OR now_.state IN ('planned', 'done'))
            {among.format(column="s.agent_id")}
        """  # noqa: S608 - whole numbers
