"""Sieve read and written for the proof alone: a reader of its own, so that what the product's gets wrong is seen.

Grammar: RFC 5228, section 8. Nothing is checked but the form: what a command means is the affair of `sieve-test`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

Value = str | int | list[str]


class Unreadable(Exception):
    """The text is not Sieve."""


@dataclass
class Word:
    """`:contains`, kept apart from a string that reads the same."""

    text: str


@dataclass
class Node:
    """A command or a test: its name in lower case, arguments, tests in it, and what stands in its braces."""

    name: str
    args: list[Word | Value] = field(default_factory=list)
    tests: list[Node] = field(default_factory=list)
    block: list[Node] | None = None

    def strings(self) -> list[list[str]]:
        """The arguments that are strings or lists of them, each as a list."""
        return [[arg] if isinstance(arg, str) else arg for arg in self.args if isinstance(arg, str | list)]

    def words(self) -> list[str]:
        return [arg.text for arg in self.args if isinstance(arg, Word)]

    def walk(self) -> Iterator[Node]:
        """This node, its tests and what is in its braces, at any depth."""
        yield self
        for inner in (*self.tests, *(self.block or [])):
            yield from inner.walk()


_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n\x0b\x0c\ufeff]+|\#[^\n]*|/\*.*?\*/)
      | (?P<multi>text:[ \t]*(?:\#[^\n]*)?\r?\n(?P<lines>.*?)(?:^|(?<=\n))\.(?:\r?\n|$))
      | (?P<string>"(?:[^"\\]|\\.)*")
      | (?P<word>:[A-Za-z_][A-Za-z0-9_]*)
      | (?P<number>[0-9]+[KMGkmg]?)
      | (?P<name>[A-Za-z_][A-Za-z0-9_.]*)
      | (?P<mark>[\[\](){},;])""",
    re.VERBOSE | re.DOTALL,
)
_UNITS = {"K": 10, "M": 20, "G": 30}


def read(text: str) -> list[Node]:
    """Unreadable: where the text ends to be Sieve."""
    reader = _Reader(text)
    commands = reader.commands()
    if reader.peek() != ("end", ""):
        raise Unreadable(f"left over: {reader.peek()}")
    return commands


def tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise Unreadable(f"at {at}: {text[at : at + 40]!r}")
        at = found.end()
        kind = str(found.lastgroup)
        if kind == "space":
            continue
        if found["multi"] is not None:
            lines = found["lines"].split("\n")
            yield "string", "\n".join(line[1:] if line.startswith("..") else line for line in lines)
        elif kind == "string":
            yield kind, re.sub(r"\\(.)", r"\1", found[0][1:-1], flags=re.DOTALL)
        else:
            yield kind, found[0]


def remarks(text: str) -> list[tuple[int, str]]:
    """(where it begins, text) of the comments that begin with a hash, as far as the text is Sieve."""
    at, found = 0, []
    while at < len(text) and (token := _TOKEN.match(text, at)):
        if text[at] == "#":
            found.append((at, token[0]))
        at = token.end()
    return found


class _Reader:
    def __init__(self, text: str) -> None:
        self._left = [*tokens(text), ("end", "")]
        self._at = 0

    def peek(self) -> tuple[str, str]:
        return self._left[self._at]

    def _next(self) -> tuple[str, str]:
        self._at += 1
        return self._left[self._at - 1]

    def _take(self, mark: str) -> bool:
        if self.peek() == ("mark", mark):
            self._at += 1
            return True
        return False

    def commands(self) -> list[Node]:
        found = []
        while self.peek()[0] == "name":
            node = self._node()
            if self._take("{"):
                node.block = self.commands()
                if not self._take("}"):
                    raise Unreadable(f"no end of the block of {node.name}")
            elif not self._take(";"):
                raise Unreadable(f"{node.name}: no ; before {self.peek()}")
            found.append(node)
        return found

    def _node(self) -> Node:
        kind, name = self._next()
        if kind != "name":
            raise Unreadable(f"no name: {name!r}")
        node = Node(name.lower())
        while True:
            kind, text = self.peek()
            if kind == "word":
                node.args.append(Word(self._next()[1].lower()))
            elif kind == "number":
                text = self._next()[1].upper()
                node.args.append(int(text.rstrip("KMG")) << _UNITS.get(text[-1], 0))
            elif kind == "string":
                node.args.append(self._next()[1])
            elif self._take("["):
                node.args.append(self._list())
            elif kind == "name":
                node.tests.append(self._node())
                return node
            elif self._take("("):
                node.tests.append(self._node())
                while self._take(","):
                    node.tests.append(self._node())
                if not self._take(")"):
                    raise Unreadable(f"no ) after the tests of {node.name}")
                return node
            else:
                return node

    def _list(self) -> list[str]:
        values: list[str] = []
        while not self._take("]"):
            kind, text = self._next()
            if kind != "string":
                raise Unreadable(f"{text!r} in a list")
            values.append(text)
            if not self._take(",") and self.peek() != ("mark", "]"):
                raise Unreadable("a list without end")
        return values


def write(nodes: list[Node], indent: str = "") -> str:
    """The same commands as text, without comments."""
    lines = []
    for node in nodes:
        if node.block is None:
            lines.append(f"{indent}{_written(node)};\n")
        else:
            inner = write(node.block, indent + "  ")
            lines.append(f"{indent}{_written(node)} {{\n{inner}{indent}}}\n")
    return "".join(lines)


def _written(node: Node) -> str:
    parts = [node.name, *(_argument(arg) for arg in node.args)]
    tests = ", ".join(_written(test) for test in node.tests)
    if tests:
        parts.append(f"({tests})" if node.name in ("allof", "anyof") else tests)
    return " ".join(parts)


def _argument(arg: Word | Value) -> str:
    if isinstance(arg, Word):
        return arg.text
    if isinstance(arg, int):
        return str(arg)
    return quoted(arg) if isinstance(arg, str) else "[" + ", ".join(quoted(one) for one in arg) + "]"


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
