"""Rows of an import written by the thousand: a million of them go through here, several times as fast as models.

PostgreSQL takes them by COPY, SQLite by one prepared statement. In a transaction of the caller.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from django.db import connection

from accounts import sealing
from accounts.directory.kinds import Action, Verdict
from accounts.models import DirectoryLine

_COLUMNS = (
    "directory_import_id",
    "action",
    "number",
    "key",
    "label",
    "row_id",
    "second_key",
    "twin",
    "twin_key",
    "before",
    "after",
    "problems",
    "original",
)
# As much of a line as is kept to be shown.
SHOWN_LINE = 4000
_LABEL = 210
# What COPY reads as the end of a cell or of a line, in the order in which it has to be replaced.
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})

_Row = tuple[int | str | bytes | None, ...]


def keep(import_id: int, verdicts: Iterable[tuple[Verdict, str]]) -> None:
    """Make rows of verdicts, each with the line it is about, which is kept (sealed) unless empty."""
    rows = [_row(import_id, verdict, text) for verdict, text in verdicts]
    if not rows:
        return
    quoted = ", ".join(f'"{name}"' for name in _COLUMNS)
    table = f'"{DirectoryLine._meta.db_table}"'
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({quoted}) FROM STDIN") as copy:
                copy.write("".join(_lines(rows)))
        else:
            marks = ", ".join(["%s"] * len(_COLUMNS))
            cursor.executemany(f"INSERT INTO {table} ({quoted}) VALUES ({marks})", rows)  # noqa: S608 - names of ours


def _row(import_id: int, verdict: Verdict, text: str) -> _Row:
    original = sealing.seal(text[:SHOWN_LINE].encode()) if text else b""
    if verdict.action in (Action.ERROR, Action.REMARK):
        key = "" if verdict.action == Action.ERROR else verdict.key
        problems = json.dumps(verdict.problems, ensure_ascii=False)
        told = (verdict.number, key, verdict.label[:_LABEL], None, "", "", "", "{}", "{}", problems, original)
        return import_id, str(verdict.action), *told
    return (
        import_id,
        str(verdict.action),
        verdict.number,
        verdict.key,
        verdict.label[:_LABEL],
        verdict.row_id,
        verdict.second_key,
        verdict.twin,
        "",
        json.dumps(verdict.before, ensure_ascii=False),
        json.dumps(verdict.after, ensure_ascii=False),
        "[]",
        original,
    )


def _lines(rows: Iterable[_Row]) -> Iterator[str]:
    for row in rows:
        yield "\t".join(map(_cell, row)) + "\n"


def _cell(value: int | str | bytes | None) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bytes):
        return f"\\\\x{value.hex()}"
    return value.translate(_ESCAPED) if isinstance(value, str) else str(value)
