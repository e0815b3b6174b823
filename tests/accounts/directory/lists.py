"""Lists handed in by tests, carried as a worker would."""

from __future__ import annotations

import io
from typing import Any

from accounts.directory import decisions, engine, kinds, receiving
from accounts.models import Agent, DirectoryImport, DirectoryLine

TITLES = "adresse;prénom;nom;population;UAI;fonction"


def listed(*lines: str, titles: str = TITLES) -> bytes:
    return ("\r\n".join([titles, *lines]) + "\r\n").encode()


def hand_in(
    data: bytes | str, kind: str = "agents", *, complete: bool = False, by: Agent | None = None
) -> DirectoryImport:
    """A list that was read and compared, whatever came of it."""
    found = kinds.get(kind)
    assert found is not None
    file = io.BytesIO(data.encode() if isinstance(data, str) else data)
    row, _ = receiving.receive(
        kind=found, name="liste.csv", file=file, is_complete=complete, by=by, in_background=False
    )
    return carry(row)


def carry(row: DirectoryImport) -> DirectoryImport:
    while engine.advance(row.pk):
        pass
    row.refresh_from_db()
    return row


def bring_in(data: bytes | str, kind: str = "agents", *, complete: bool = False, **ticks: Any) -> DirectoryImport:
    """A list read, confirmed and written."""
    row = hand_in(data, kind, complete=complete)
    decisions.confirm(row=row, by=None, **ticks)
    return carry(row)


def keys(row: DirectoryImport, action: str) -> list[str]:
    return sorted(row.rows.filter(action=action).values_list("key", flat=True))


def codes(row: DirectoryImport, action: str = DirectoryLine.Action.ERROR) -> list[tuple[int | None, str]]:
    """Line and first problem of each error (or remark)."""
    lines = row.rows.filter(action=action).order_by("number")
    return [(line.number, line.problems[0][0]) for line in lines]
