"""Tables for a spreadsheet, as French Excel opens them: semicolons and a byte order mark."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header


def csv_download(name: str, rows: Iterable[Iterable[object]]) -> StreamingHttpResponse:
    """A download called `name`; the first of `rows` is the heading. No cell can act as a formula."""
    return StreamingHttpResponse(
        _lines(rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": content_disposition_header(True, name) or "attachment"},
    )


def _lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    yield "\ufeff"
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", quoting=csv.QUOTE_ALL)
    for row in rows:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow([_harmless(str(cell)) for cell in row])
        yield buffer.getvalue()


def _harmless(cell: str) -> str:
    """A spreadsheet takes what begins with these signs, blanks before them or not, for a formula and computes it."""
    begins = cell.lstrip(" \N{NO-BREAK SPACE}")
    return f"'{cell}" if begins.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else cell
