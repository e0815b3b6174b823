"""A list read to its end and compared with the directory, a piece at a time. Nothing of the directory changes.

The file is gone through twice, once for its encoding. Some thousand lines are compared together, and those that change
something, are wrong, or call for a remark become rows; of the others nothing is kept but twelve bytes (see `seen`). A
worker killed at any line leaves the import in READING, and the next one starts over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.utils import timezone

from accounts.claims import Claim
from accounts.directory import file_text, header, kinds, originals, states
from accounts.directory.file_text import Record
from accounts.directory.header import Header
from accounts.directory.keeping import keep
from accounts.directory.kinds import SAME, Action, Kind, Line, Verdict
from accounts.directory.problems import Problem
from accounts.directory.second_look import find_twins, look_again
from accounts.directory.seen import Seen
from accounts.directory.states import State
from accounts.directory.telling import told_read
from accounts.list_text import CannotRead
from accounts.models import DirectoryImport, DirectoryLine

# Lines compared together.
TOGETHER = 2000
# A list with more errors is not read to its end: something is wrong with all of it.
MAX_ERRORS = 10_000
MAX_REMARKS = 10_000
# A list whose titles fit so many more columns of another kind is of that kind.
MANY_MORE = 2


class Refused(Exception):
    """The list as a whole cannot be read. problem: why."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code, self.values = code, values


@dataclass(slots=True)
class _Meter:
    octets: int = 0

    def through(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self.octets += len(piece)
            yield piece


@dataclass(slots=True)
class Tally:
    """What was found so far. known: rows that a complete list might have lacked."""

    lines: int = 0
    known: int = 0
    counts: Counter[str] = field(default_factory=Counter)


def read(claim: Claim, row: DirectoryImport, kind: Kind) -> None:
    """From READING to READY, REFUSED, DONE when there is nothing to do. Raises ClaimLost, and WrongState when given up
    meanwhile."""
    started = timezone.now()
    with still_reading(claim):
        row.rows.all().delete()
        DirectoryImport.objects.filter(pk=row.pk).update(octets_read=0, lines=0, counts={}, compared_at=started)
    tally, seen = Tally(), Seen()
    try:
        look = _read_lines(claim, row, kind, tally, seen)
        if not tally.lines:
            raise Refused("no_lines")
    except Refused as refused:
        _refuse(claim, row, refused.code, refused.values)
        return
    except CannotRead as reason:
        _refuse(claim, row, "unreadable", {"why": str(reason)})
        return
    except originals.Damaged:
        _refuse(claim, row, "damaged_store", {})
        return
    look_again(row, tally.counts, str(look["encoding"]), lambda: still_reading(claim))
    if not tally.counts[Action.ERROR]:
        if row.is_complete:
            _miss(claim, row, kind, tally, seen)
        elif tally.counts[Action.GONE]:
            tally.known = kind.known()
        find_twins(row, tally.counts, lambda: still_reading(claim))
    _settle(claim, row, tally, look)


def _read_lines(claim: Claim, row: DirectoryImport, kind: Kind, tally: Tally, seen: Seen) -> dict[str, object]:
    """Compare every line and keep the rows; gives what the file looks like."""
    encoding = file_text.encoding_of(originals.read(row.stored_as))
    meter = _Meter()
    found = file_text.records(meter.through(originals.read(row.stored_as)), encoding)
    head = _header(found, kind)
    comparer = kind.comparer(head.codes)
    run: list[Record] = []

    def compare() -> None:
        tally.lines += len(run)
        rows = _rows(run, head, comparer.compare, tally, seen)
        with still_reading(claim):
            keep(row.pk, rows)
            DirectoryImport.objects.filter(pk=row.pk).update(
                octets_read=meter.octets, lines=tally.lines, counts=tally.counts
            )
        run.clear()

    is_whole = True
    for record in found:
        run.append(record)
        if len(run) >= TOGETHER:
            compare()
            if tally.counts[Action.ERROR] >= MAX_ERRORS:
                is_whole = False
                break
    if run:
        compare()
    return {
        "encoding": encoding,
        "delimiter": head.delimiter,
        "columns": [[title, one.code] for title, one in zip(head.titles, head.columns, strict=True) if one],
        "ignored": list(head.ignored)[:50],
        "is_whole": is_whole,
    }


def _header(found: Iterator[Record], kind: Kind) -> Header:
    first = next(found, None)
    delimiter = header.separator_said(first.text) if first else ""
    if delimiter:
        first = next(found, None)
    if first is None:
        raise Refused("no_lines")
    head = header.read(first.text, kind.fields, delimiter)
    for other in kinds.every():
        # People handed in as establishments would give each school the name of somebody.
        if len(header.read(first.text, other.fields, head.delimiter).codes) >= len(head.codes) + MANY_MORE:
            raise Refused("other_kind", what=other.several, found=", ".join(head.titles)[:200])
    for code, values in head.problems[:1]:
        raise Refused(code, **values)
    return head


def _rows(
    run: list[Record],
    head: Header,
    compare: Callable[[list[Line]], list[Verdict]],
    tally: Tally,
    seen: Seen,
) -> list[tuple[Verdict, str]]:
    lines: list[Line] = []
    texts: dict[int, str] = {}
    verdicts: list[Verdict] = []
    for record in run:
        texts[record.number] = record.text
        problem, line = _line(record, head)
        if line is None:
            verdicts.append(Verdict(Action.ERROR, record.number, problems=[problem] if problem else []))
        else:
            lines.append(line)
    verdicts += compare(lines)
    verdicts.sort(key=lambda one: one.number or 0)
    rows: list[tuple[Verdict, str]] = []
    for verdict in verdicts:
        _once(verdict, seen)
        if verdict.action != SAME or verdict.remarks:
            original = texts[verdict.number or 0]
            rows += _kept(verdict, original, tally.counts)
        if verdict.action == SAME:
            tally.counts[SAME] += 1
    return rows


def _line(record: Record, head: Header) -> tuple[Problem | None, Line | None]:
    """The cells of a record by their field, or what is wrong with it."""
    if record.problem:
        return (record.problem, {}), None
    cells = file_text.cells_of(record.text, head.delimiter)
    expected = len(head.columns)
    if len(cells) > expected:
        if any(cells[expected:]):
            return ("too_many_cells", {"count": len(cells), "expected": expected}), None
        del cells[expected:]
    elif len(cells) < expected:
        if record.is_cut:
            return ("cut_off", {"count": len(cells), "expected": expected}), None
        # Spreadsheets leave out separators at the end of a line when nothing follows.
        cells += [""] * (expected - len(cells))
    taken = {one.code: cell for one, cell in zip(head.columns, cells, strict=True) if one}
    return None, Line(record.number, taken, record.text)


def _once(verdict: Verdict, seen: Seen) -> None:
    """A second line about the same row: nothing new when it says the same, wrong otherwise."""
    if verdict.row_id is None or verdict.number is None:
        return
    before = seen.put(verdict.row_id, verdict.number, verdict.digest)
    if before is None:
        return
    first, is_same = before
    if is_same:
        verdict.action, verdict.remarks = SAME, [("same_twice", {"first": first})]
    else:
        verdict.action, verdict.remarks = Action.ERROR, []
        verdict.problems = [("twice", {"value": verdict.key, "first": first})]


def _kept(verdict: Verdict, original: str, counts: Counter[str]) -> Iterator[tuple[Verdict, str]]:
    if verdict.action != SAME:
        counts[verdict.action] += 1
        yield verdict, original if verdict.action == Action.ERROR else ""
    if verdict.remarks:
        counts[Action.REMARK] += 1
        if counts[Action.REMARK] <= MAX_REMARKS:
            yield Verdict(Action.REMARK, verdict.number, verdict.key, problems=verdict.remarks), original


def _miss(claim: Claim, row: DirectoryImport, kind: Kind, tally: Tally, seen: Seen) -> None:
    for looked_at, verdicts in kind.missing(seen.__contains__):
        tally.known += looked_at
        with still_reading(claim):
            keep(row.pk, ((one, "") for one in verdicts))
        for verdict in verdicts:
            tally.counts[verdict.action] += 1


def _settle(claim: Claim, row: DirectoryImport, tally: Tally, look: dict[str, object]) -> None:
    counts = tally.counts
    changes = sum(counts[action] for action in DirectoryLine.WRITTEN)
    to = State.REFUSED if counts[Action.ERROR] else State.READY if changes or counts[Action.STAFF] else State.DONE
    with still_reading(claim):
        if to == State.REFUSED:
            # What the other lines would do is not shown: it will not be done.
            row.rows.exclude(action__in=(Action.ERROR, Action.REMARK)).delete()
            counts = Counter({action: counts[action] for action in (Action.ERROR, Action.REMARK) if counts[action]})
        states.move(
            row.pk,
            to=to,
            since=State.READING,
            octets_read=row.size,
            lines=tally.lines,
            counts=counts,
            known_before=tally.known,
            look=look,
            attempts=0,
            finished_at=None if to == State.READY else timezone.now(),
        )
        told_read(row, to, counts)


def _refuse(claim: Claim, row: DirectoryImport, code: str, values: dict[str, object]) -> None:
    with still_reading(claim):
        row.rows.all().delete()
        states.move(
            row.pk,
            to=State.REFUSED,
            since=State.READING,
            counts={},
            note=code,
            note_values=values,
            attempts=0,
            finished_at=timezone.now(),
        )
        told_read(row, State.REFUSED, Counter())


@contextmanager
def still_reading(claim: Claim) -> Iterator[None]:
    """A fenced transaction, unless staff have given the import up meanwhile: WrongState."""
    with claim.writing():
        if not DirectoryImport.objects.filter(pk=claim.pk, state=State.READING).exists():
            raise states.WrongState(State.READING)
        yield
