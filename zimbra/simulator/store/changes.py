"""What changed in the directory, in order, for those who keep a copy of the address list."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

# Nothing of these is in the address list.
_PRIVATE = ("zimbraPref", "zimbraLastLogon", "zimbraPassword", "zimbraFeature", "amavis")


def concerns_all(names: Iterable[str]) -> bool:
    """Whether a change of these attributes can be seen by others."""
    return any(not name.lstrip("+-").startswith(_PRIVATE) for name in names)


def note(db: sqlite3.Connection, entry_id: str, *, gone: bool = False) -> None:
    """The entry with this id was made, changed or deleted."""
    db.execute("INSERT OR REPLACE INTO directory_changes (id, gone) VALUES (?, ?)", (entry_id, gone))


def latest(db: sqlite3.Connection) -> int:
    """Number of the last change."""
    return int(db.execute("SELECT coalesce(max(sequence), 0) FROM directory_changes").fetchone()[0])


def since(db: sqlite3.Connection, sequence: int) -> list[tuple[str, bool]]:
    """The ids of what changed after a change, and whether it is gone."""
    rows = db.execute("SELECT id, gone FROM directory_changes WHERE sequence > ? ORDER BY sequence", (sequence,))
    return [(entry_id, bool(gone)) for entry_id, gone in rows]
