"""The shape of a step's texts. `**…**` marks what stands on a button or menu of the two services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Path:
    """What to do, one action after the other. `remark` closes it."""

    actions: tuple[str, ...]
    remark: str = ""

    def filled(self, names: Mapping[str, str]) -> Path:
        return Path(tuple(action.format_map(names) for action in self.actions), self.remark.format_map(names))


@dataclass(frozen=True)
class Problem:
    symptom: str
    remedy: str

    def filled(self, names: Mapping[str, str]) -> Problem:
        return Problem(self.symptom.format_map(names), self.remedy.format_map(names))


@dataclass(frozen=True)
class Content:
    """The texts of one step. `note_hint` helps to fill in the notes of steps that take some."""

    why: tuple[str, ...]
    old: Path
    new: Path
    problems: tuple[Problem, ...]
    note_hint: str = ""

    def filled(self, names: Mapping[str, str]) -> Content:
        return Content(
            why=tuple(text.format_map(names) for text in self.why),
            old=self.old.filled(names),
            new=self.new.filled(names),
            problems=tuple(problem.filled(names) for problem in self.problems),
            note_hint=self.note_hint.format_map(names),
        )
