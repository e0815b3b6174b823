"""The parts a Sieve script is made of (RFC 5228, section 8), as the reader in `grammar` hands them out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Tag:
    """`:contains`: the name without its colon, in lower case."""

    name: str


@dataclass(frozen=True, slots=True)
class Number:
    """`10M`: the value with its unit multiplied out; text as it was written."""

    value: int
    text: str


@dataclass(frozen=True, slots=True)
class Strings:
    """One string or a list of them, escapes undone. is_list: it was written in brackets."""

    values: tuple[str, ...]
    is_list: bool = False


Argument: TypeAlias = Tag | Number | Strings


@dataclass(frozen=True, slots=True)
class Test:
    """name in lower case; tests: those in parentheses (allof, anyof) or the one after `not`."""

    __test__ = False  # Not a test for pytest to collect.

    name: str
    args: tuple[Argument, ...] = ()
    tests: tuple[Test, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class Command:
    """name in lower case. tests: at most one. block: None without braces. start, end: where it stands in the text."""

    name: str
    args: tuple[Argument, ...] = ()
    tests: tuple[Test, ...] = ()
    block: tuple[Command, ...] | None = None
    line: int = 0
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Comment:
    """text without its marks (`#`, `/* */`)."""

    text: str
    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Script:
    """All commands of a text, and its comments, each in their order."""

    commands: tuple[Command, ...] = ()
    comments: tuple[Comment, ...] = field(default=())
