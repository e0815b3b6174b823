"""What lists may be about. Each kind says which columns it has, compares lines with what is there, and writes.

People and establishments are of this application; another registers its own from its AppConfig:

    directory.kinds.register(BoxKind())

The engine (`reading`, `applying`) knows nothing of fields: it hands over some thousand lines at a time and keeps what
comes back.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from accounts.directory.problems import Problem
from accounts.models import Agent, DirectoryImport, DirectoryLine

Action = DirectoryLine.Action
# Not kept as rows: there is nothing to say of them.
SAME = "same"


@dataclass(frozen=True)
class Field:
    """A column. headings: words people use for it, without accents and capitals (see `accounts.plain_text`).

    need: "always", "to_add" (rows that are there already may do without the column), or "".
    """

    code: str
    label: str
    explained: str
    headings: frozenset[str]
    need: str = ""
    limit: int = 254
    examples: tuple[str, ...] = ()


@dataclass(slots=True)
class Line:
    """A line of the list: its number in the file, its cells by the code of their field, its text as it stands."""

    number: int
    cells: dict[str, str]
    text: str


@dataclass(slots=True)
class Verdict:
    """What a line, or the absence of one, means. See DirectoryLine for the names; `digest`: of all its values."""

    action: str
    number: int | None = None
    key: str = ""
    label: str = ""
    row_id: int | None = None
    second_key: str = ""
    twin: str = ""
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    remarks: list[Problem] = field(default_factory=list)
    digest: int = 0


def either(words: str) -> frozenset[str]:
    """Words with bars between them, as a set."""
    return frozenset(words.split("|"))


class Stale(Exception):
    """What the list was compared with is no longer so: nothing of it may be written."""


class Comparer(ABC):
    """Compares the lines of one list. Made anew for each reading; may keep small tables such as places by code."""

    @abstractmethod
    def compare(self, lines: Sequence[Line]) -> list[Verdict]:
        """One verdict for each of `lines`, in their order, by a bounded number of queries."""


class Kind(ABC):
    """A sort of list."""

    code: ClassVar[str]
    # "Agents"; "agent", "agents".
    title: ClassVar[str]
    one: ClassVar[str]
    several: ClassVar[str]
    fields: ClassVar[tuple[Field, ...]]
    # What becomes of rows that a complete list lacks, in French.
    missing_explained: ClassVar[str]
    # False: a list is always partial.
    may_be_complete: ClassVar[bool] = True

    @abstractmethod
    def comparer(self, columns: Collection[str]) -> Comparer:
        """columns: codes of the fields that the list has."""

    @abstractmethod
    def missing(self, is_seen: Callable[[int], bool]) -> Iterator[tuple[int, list[Verdict]]]:
        """Rows that a complete list lacks, some at a time: (how many rows were looked at, verdicts). is_seen: whether
        a line of the list is about the row of that primary key."""

    def known(self) -> int:
        """How many rows there are that a list could take away."""
        return 0

    @abstractmethod
    def write(self, action: str, lines: Sequence[DirectoryLine], *, of: DirectoryImport, by: Agent | None) -> None:
        """Do what `lines`, all of one action, say; in a transaction. Raises Stale when a row is not as it was."""

    def check_written(self, of: DirectoryImport) -> str:
        """After everything was written, in the same transaction: the code of a problem that forbids it, or ""."""
        return ""

    @abstractmethod
    def count(self) -> dict[str, int]:
        """Figures for the page, by their French name. Counts rows: not for a page."""

    @abstractmethod
    def shown(self, values: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
        """`before` or `after` of some lines as a person reads them: texts by the code of the field."""

    def field(self, code: str) -> Field | None:
        return next((one for one in self.fields if one.code == code), None)


_KINDS: dict[str, Kind] = {}
_TAKEN: list[Callable[[Collection[str]], dict[str, str]]] = []


def register(kind: Kind) -> None:
    """Have lists of this kind taken from now on; a kind of the same code is replaced."""
    _KINDS[kind.code] = kind


def register_taken(source: Callable[[Collection[str]], dict[str, str]]) -> None:
    """source: which of some addresses are something else than a person's, and what, in French."""
    if source not in _TAKEN:
        _TAKEN.append(source)


def taken(addresses: Collection[str]) -> dict[str, str]:
    """Which of `addresses` can't be a person's, and why."""
    found: dict[str, str] = {}
    for source in _TAKEN if addresses else ():
        found |= source(addresses)
    return found


def every() -> list[Kind]:
    return list(_KINDS.values())


def get(code: str) -> Kind | None:
    return _KINDS.get(code)
