"""One box compared, mended and reported on from a shell, without the queue."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain

from boxes import zimbra_door
from boxes.models import Box, BoxCheck, BoxFinding
from boxes.reconcile import checking, decisions, findings
from boxes.reconcile.checking import Comparison
from boxes.reconcile.comparing import Difference
from boxes.reconcile.wanted import Ours
from boxes.sync import engine
from zimbra.errors import ZimbraError

# States in which something is left to be done or decided.
_REMAINING = frozenset({"open", "left", "would_mend", "would_restore"})


@dataclass(frozen=True, slots=True)
class Line:
    """Something of the portal's own that was not in line. state: mended, would_mend, left."""

    address: str
    what: str
    state: str
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """Something that was changed in Zimbra. state: mended, open, would_restore."""

    finding: BoxFinding
    state: str


@dataclass
class Report:
    """trouble: Zimbra's code for why the box could not be looked at. unseen: mailboxes that could not, with codes."""

    box: Box
    trouble: str = ""
    ours: list[Line] = field(default_factory=list)
    found: list[Told] = field(default_factory=list)
    unseen: dict[str, str] = field(default_factory=dict)

    @property
    def mended(self) -> int:
        return sum(one.state == "mended" for one in self._every())

    @property
    def remaining(self) -> list[Line | Told]:
        """What is left to be done or decided."""
        return [one for one in self._every() if one.state in _REMAINING]

    @property
    def remains(self) -> bool:
        return bool(self.remaining)

    def _every(self) -> Iterable[Line | Told]:
        return chain(self.ours, self.found)


def reconcile(box: Box, *, restore: bool, dry_run: bool) -> Report:
    """Compare `box`; mend what is the portal's own and, with `restore`, what was changed in Zimbra. dry_run: nothing at
    all is written, here or there."""
    if dry_run:
        return _dry(box, restore=restore)
    before, _ = checking.run(box.pk)
    if before is None:
        return Report(box, trouble=_why(box))
    engine.advance(box.pk)
    if restore:
        decisions.restore_all(findings=findings.open_findings(box), by=None)
        # What no row stands for is put back by the comparison, the rest by the synchronisation after it.
        checking.run(box.pk)
        engine.advance(box.pk)
    after = before
    if before.ours or restore:
        again, _ = checking.run(box.pk)
        if again is None:
            return Report(box, trouble=_why(box))
        after = again
    return _report(box, before, after)


def _dry(box: Box, *, restore: bool) -> Report:
    try:
        with zimbra_door.opened() as door:
            seen = checking.compare(door, box)
    except ZimbraError as error:
        return Report(box, trouble=error.code)
    state = "would_restore" if restore else "open"
    return Report(
        box,
        ours=[Line(one.address, one.what, "would_mend", one.trouble) for one in seen.ours],
        found=[Told(_finding(box, one), state) for one in seen.differences],
        unseen=dict(seen.unseen),
    )


def _report(box: Box, before: Comparison, after: Comparison) -> Report:
    left = {(one.address, one.what): one for one in after.ours}
    still = {one.key for one in after.differences}
    every = {one.key: one for one in (*before.differences, *after.differences)}
    return Report(
        box,
        ours=[_line(one, left.get((one.address, one.what))) for one in before.ours],
        found=[Told(_finding(box, one), "open" if key in still else "mended") for key, one in every.items()],
        unseen=dict(after.unseen),
    )


def _line(before: Ours, after: Ours | None) -> Line:
    if after is None:
        return Line(before.address, before.what, "mended")
    return Line(after.address, after.what, "left", after.trouble)


def _finding(box: Box, one: Difference) -> BoxFinding:
    """A row that is not written, for its words."""
    return BoxFinding(
        box=box,
        kind=one.kind,
        grantee=one.grantee,
        folder_id=one.folder_id,
        folder_path=one.folder_path,
        expected=one.expected,
        found=one.found,
    )


def _why(box: Box) -> str:
    return BoxCheck.objects.values_list("error_code", flat=True).get(box=box) or checking.BUSY
