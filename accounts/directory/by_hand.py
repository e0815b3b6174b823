"""A list brought in from end to end in this very process, for `manage.py import_directory`."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from accounts.directory import decisions, engine, problems, receiving
from accounts.directory.kinds import Action, Kind
from accounts.directory.states import State
from accounts.models import Agent, DirectoryImport, DirectoryLine

# What is told of single lines.
MAX_TOLD = 50
_PAUSE_SECONDS = 0.5
# A worker that has taken the list over is waited for as long.
PATIENCE_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Wish:
    """by: None for the portal. The rest as on the page."""

    is_complete: bool = True
    dry_run: bool = False
    allow_gone: bool = False
    allow_staff_gone: bool = False
    by: Agent | None = None


@dataclass(slots=True)
class Report:
    """What became of a list. outcome: applied, nothing, would_apply, errors, guarded, busy, stopped. errors: the first
    lines with what is wrong, in French; why: French, when nothing was written."""

    outcome: str
    number: int | None = None
    lines: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    errors: list[dict[str, Any]] = field(default_factory=list)
    why: str = ""
    seconds: float = 0.0


def import_file(path: Path, kind: Kind, wish: Wish) -> Report:
    """Read `path`, compare it, and write it unless it has errors, a guard holds it back, or it is a dry run.

    Raises OSError, DirectoryError (an empty file, one that is too big).
    """
    started = time.monotonic()
    with path.open("rb") as file:
        row, _ = receiving.receive(
            kind=kind, name=path.name, file=file, is_complete=wish.is_complete, by=wish.by, in_background=False
        )
    _carry(row)
    report = _decide(row, wish)
    report.number, report.lines = row.pk, row.lines
    report.counts = {name: count for name, count in row.counts.items() if count}
    report.seconds = round(time.monotonic() - started, 1)
    if wish.dry_run or report.outcome == "nothing":
        decisions.forget(row, altogether=wish.dry_run)
    return report


def _decide(row: DirectoryImport, wish: Wish) -> Report:
    if row.state == State.READY:
        if wish.dry_run:
            return Report("would_apply")
        if decisions.guarded(row, with_staff=wish.allow_staff_gone) and not wish.allow_gone:
            return Report("guarded", why=decisions.TooManyGone(row.count(Action.GONE), row.known_before).sentence)
        if not row.changes and not wish.allow_staff_gone:
            decisions.cancel(row=row, by=wish.by)
            return Report(
                "nothing", why="Seuls des membres de l’équipe DSI manquent dans la liste : ils restent actifs."
            )
        return _write(row, wish)
    return _told(row)


def _write(row: DirectoryImport, wish: Wish) -> Report:
    try:
        # What it was compared with may change while it waits: then it is compared once more.
        for _ in range(3):
            decisions.confirm(row=row, by=wish.by, allow_gone=wish.allow_gone, allow_staff_gone=wish.allow_staff_gone)
            _carry(row)
            if row.state != State.READY or row.note != "stale":
                break
    except decisions.AnotherUnderWay as refusal:
        return Report("busy", why=refusal.sentence)
    except decisions.TooManyGone as refusal:
        return Report("guarded", why=refusal.sentence)
    return _told(row)


def _told(row: DirectoryImport) -> Report:
    if row.state == State.DONE:
        return Report("applied" if row.written_at else "nothing")
    if row.state == State.FOLLOWING:
        return Report("applied", why="Le répertoire est à jour ; le calcul des vagues suit.")
    why = problems.sentence(row.note, row.note_values) if row.note else ""
    if row.state == State.REFUSED:
        lines = row.rows.filter(action=DirectoryLine.Action.ERROR).order_by("number")[:MAX_TOLD]
        errors = [
            {"line": line.number, "why": [problems.sentence(code, values) for code, values in line.problems]}
            for line in lines
        ]
        return Report("errors", errors=errors, why=why)
    return Report("stopped", why=why or "Cet import n’est pas allé à son terme : voyez la page « Répertoire ».")


def _carry(row: DirectoryImport) -> None:
    """Bring it as far as it goes by itself; a worker that holds it does it instead."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        while engine.advance(row.pk):
            pass
        row.refresh_from_db()
        if row.state not in DirectoryImport.UNDER_WAY or time.monotonic() > until:
            return
        if row.state == State.FOLLOWING and row.retry_at is not None:
            return
        time.sleep(_PAUSE_SECONDS)
