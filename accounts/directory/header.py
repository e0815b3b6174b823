"""The first line of a list: which column is which, in the words that people use, and what separates them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from accounts.directory.file_text import cells_of
from accounts.directory.kinds import Field
from accounts.directory.problems import Problem
from accounts.plain_text import plain

DELIMITERS = ";,\t|"
_SHOWN = 60


@dataclass(frozen=True)
class Header:
    """columns: for each cell of a line its field, None where the column is not ours. ignored: titles left out."""

    delimiter: str
    columns: tuple[Field | None, ...]
    titles: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = field(default=())

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(one.code for one in self.columns if one)


def separator_said(text: str) -> str:
    """The separator of Excel's line "sep=;", or "" for any other line."""
    said = text.strip().strip('"').lower()
    return said[4] if len(said) == 5 and said.startswith("sep=") and said[4] in DELIMITERS else ""


def read(text: str, fields: Sequence[Field], delimiter: str = "") -> Header:
    """What the line of titles says. What is wrong with it stands in `problems`; nothing is raised."""
    by_word = {word: one for one in fields for word in one.headings}

    def found(separator: str) -> int:
        return sum(_word(cell) in by_word for cell in cells_of(text, separator))

    chosen = delimiter or max(DELIMITERS, key=found)
    titles = cells_of(text, chosen)
    columns = [by_word.get(_word(title)) for title in titles]
    ignored = tuple(title[:_SHOWN] for title, one in zip(titles, columns, strict=True) if one is None and title)
    problems = tuple(_problems(titles, columns, fields))
    return Header(chosen, tuple(columns), tuple(title[:_SHOWN] for title in titles), ignored, problems)


def _word(title: str) -> str:
    return plain(title.replace("*", " "))


def _problems(titles: list[str], columns: list[Field | None], fields: Sequence[Field]) -> list[Problem]:
    if not any(columns):
        example = ";".join(one.label for one in fields if one.need)
        return [("no_header", {"example": example, "found": ";".join(titles)[: 2 * _SHOWN]})]
    problems: list[Problem] = []
    for one in fields:
        mine = [title for title, column in zip(titles, columns, strict=True) if column is one]
        if len(mine) > 1:
            problems.append(("column_twice", {"column": one.label, "found": ", ".join(mine)[: 2 * _SHOWN]}))
        elif not mine and one.need == "always":
            told = ", ".join(title for title in titles if title)[: 4 * _SHOWN]
            accepted = ", ".join(sorted(one.headings))
            problems.append(("column_missing", {"column": one.label, "found": told, "accepted": accepted}))
    return problems
