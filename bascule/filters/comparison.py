"""The proposal as the page of sending shows it: Zimbra now and after, line by line, in French."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from bascule.conversions.filters.sentences.sentences import sentence_of
from bascule.filters.merging import Change, Row
from bascule.filters.planning import DirectionPlan, conflict_key
from zimbra.types.filters import FilterRule

_LABELS = {
    Change.ADDED: "Ajoutée",
    Change.REPLACED: "Remplacée",
    Change.REMOVED: "Retirée",
    Change.UNCHANGED: "Inchangée",
    Change.ADOPTED: "Déjà dans Zimbra",
    Change.THEIRS: "Gardée telle quelle",
    Change.CHANGED_THERE: "Gardée comme dans Zimbra",
    Change.DELETED_THERE: "Pas remise",
}
_COLOURS = {
    Change.ADDED: "success",
    Change.REPLACED: "info",
    Change.REMOVED: "error",
    Change.CHANGED_THERE: "warning",
    Change.DELETED_THERE: "warning",
}
_TITLES = {"incoming": "Messages reçus", "outgoing": "Messages envoyés"}
_COUNTED = (
    (Change.ADDED, "ajoutée"),
    (Change.REPLACED, "remplacée"),
    (Change.REMOVED, "retirée"),
    (Change.UNCHANGED, "inchangée"),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One rule on one side. at: its place, from 1."""

    at: int
    name: str
    sentence: str
    active: bool


@dataclass(frozen=True, slots=True)
class Line:
    """before, after: None where the rule does not stand. calm: nothing changes in this line. notes: French."""

    change: str
    label: str
    colour: str
    before: Cell | None
    after: Cell | None
    notes: tuple[str, ...]
    calm: bool


@dataclass(frozen=True, slots=True)
class Conflict:
    """A rule of ours that somebody changed in Zimbra. key: of the form's field. there, here: what each side says."""

    key: str
    name: str
    there: str
    here: str
    overwrite: bool


@dataclass(frozen=True, slots=True)
class Side:
    """One direction. counts: French, such as « 3 règles ajoutées »."""

    direction: str
    title: str
    lines: tuple[Line, ...]
    conflicts: tuple[Conflict, ...]
    counts: tuple[str, ...]
    changes: bool

    @property
    def calm(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.calm)


def side_of(plan: DirectionPlan, overwrite: Collection[str]) -> Side:
    """overwrite: as in `planning.Choices`."""
    rows = plan.merged.rows
    return Side(
        direction=plan.direction,
        title=_TITLES[plan.direction],
        lines=tuple(_line(row, plan.direction) for row in rows),
        conflicts=tuple(_conflict(row, plan.direction, overwrite) for row in rows if row.in_conflict),
        counts=_counts(rows),
        changes=plan.changes,
    )


def _line(row: Row, direction: str) -> Line:
    notes = []
    if row.renamed and row.after is not None and row.change != Change.CHANGED_THERE:
        notes.append(f"Renommée : Zimbra a déjà une autre règle « {row.key} ».")
    if row.moved:
        notes.append("Change de place.")
    if row.change == Change.DELETED_THERE:
        notes.append(f"« {row.key} » a été supprimée dans Zimbra depuis le dernier envoi.")
    if row.change == Change.CHANGED_THERE:
        notes.append("Modifiée dans Zimbra depuis le dernier envoi.")
    calm = row.change in (Change.THEIRS, Change.UNCHANGED, Change.ADOPTED) and not row.moved
    before = _cell(row.before, row.before_at, direction)
    after = _cell(row.after, row.after_at, direction)
    return Line(row.change.value, _LABELS[row.change], _COLOURS.get(row.change, ""), before, after, tuple(notes), calm)


def _cell(rule: FilterRule | None, at: int | None, direction: str) -> Cell | None:
    if rule is None or at is None:
        return None
    return Cell(at, rule.name, sentence_of(rule, direction=direction), rule.active)


def _conflict(row: Row, direction: str, overwrite: Collection[str]) -> Conflict:
    key = conflict_key(direction, row.key)
    chosen = key in overwrite
    there = "supprimée"
    if row.before is not None:
        there = _told(row.before, direction)
    mine = row.after if chosen else row.wanted
    here = _told(mine, direction) if mine is not None else "supprimée de vos filtres du portail"
    return Conflict(key, row.key, there, here, chosen)


def _told(rule: FilterRule, direction: str) -> str:
    sentence = sentence_of(rule, direction=direction)
    return sentence if rule.active else f"(inactive) {sentence}"


def _counts(rows: Collection[Row]) -> tuple[str, ...]:
    found = Counter(row.change for row in rows)
    told = [
        f"{found[change]} règle{_s(found[change])} {word}{_s(found[change])}"
        for change, word in _COUNTED
        if found[change]
    ]
    theirs = found[Change.THEIRS] + found[Change.ADOPTED]
    if theirs:
        told.append(f"{theirs} déjà dans Zimbra, gardée{_s(theirs)}")
    kept = found[Change.CHANGED_THERE] + found[Change.DELETED_THERE]
    if kept:
        told.append(f"{kept} laissée{_s(kept)} comme dans Zimbra")
    return tuple(told)


def _s(count: int) -> str:
    return "s" if count > 1 else ""
