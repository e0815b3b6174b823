"""Scripts as a tree of commands and tests: the grammar of RFC 5228, section 8.2, as Zimbra's parser takes it.

Nothing is known here of what a command means; see `check` and `run`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

# Zimbra has neither limit; nobody writes such scripts, and a parser that goes down with its input is a weapon.
MAX_DEPTH = 60
MAX_LENGTH = 1_000_000

QUANTIFIERS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


class SieveSyntaxError(Exception):
    """The text is no script; the message says where and why."""


@dataclass(frozen=True)
class Tag:
    """ ":contains", in lower case."""

    name: str


@dataclass(frozen=True)
class Number:
    value: int
    text: str


@dataclass(frozen=True)
class Strings:
    """One string or a list of them."""

    values: tuple[str, ...]
    single: bool = True


Argument = Tag | Number | Strings


@dataclass
class Test:
    name: str
    args: list[Argument] = field(default_factory=list)
    tests: list[Test] = field(default_factory=list)
    line: int = 0


@dataclass
class Command:
    """`block` is None for a command that ends with a semicolon."""

    name: str
    args: list[Argument] = field(default_factory=list)
    tests: list[Test] = field(default_factory=list)
    block: list[Command] | None = None
    line: int = 0


def parse(script: str) -> list[Command]:
    """The commands of a script; SieveSyntaxError."""
    if len(script) > MAX_LENGTH:
        raise SieveSyntaxError(f"script longer than {MAX_LENGTH} characters")
    reader = _Reader(list(_tokens(script)))
    commands = reader.commands(0)
    if reader.kind:
        raise reader.unexpected()
    return commands


# --- words ---------------------------------------------------------------------------------------------------------

_WORD = re.compile(
    r"""(?P<space>\s+ | \#[^\n]* | /\*.*?\*/)
    | (?P<text>text:[ \t]*(?:\#[^\n]*)?\r?\n)
    | (?P<string>"(?:[^"\\]|\\.)*")
    | (?P<number>[0-9]+[KMG]?(?![A-Za-z0-9_]))
    | (?P<tag>:[A-Za-z_][A-Za-z0-9_]*)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<mark>[\[\](){},;])""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_TEXT_END = re.compile(r"(?<=\n)\.(?:\r?\n|\Z)")


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    line: int


def _tokens(script: str) -> Iterator[_Token]:
    at, line = 0, 1
    while at < len(script):
        match = _WORD.match(script, at)
        if match is None:
            raise SieveSyntaxError(f"line {line}: unexpected character {script[at]!r}")
        kind, text, end = match.lastgroup or "", match[0], match.end()
        if kind == "text":
            stop = _TEXT_END.search(script, end)
            if stop is None:
                raise SieveSyntaxError(f"line {line}: the text does not end with a line of one dot")
            text, end = _unstuffed(script[end : stop.start()]), stop.end()
            yield _Token("string", text, line)
        elif kind == "string":
            yield _Token("string", re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL), line)
        elif kind != "space":
            yield _Token(kind, text, line)
        line += script.count("\n", at, end)
        at = end


def _unstuffed(text: str) -> str:
    """The lines of a text without the dot put before those that begin with one, nor the last line end."""
    text = text.removesuffix("\n").removesuffix("\r")
    return re.sub(r"(\A|\n)\.", r"\1", text)


# --- sentences -----------------------------------------------------------------------------------------------------


class _Reader:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def _token(self) -> _Token:
        if self._at < len(self._tokens):
            return self._tokens[self._at]
        return _Token("", "", self._tokens[-1].line if self._tokens else 1)

    @property
    def kind(self) -> str:
        """Of the next word: a punctuation mark stands for itself, "" is the end."""
        token = self._token
        return token.text if token.kind == "mark" else token.kind

    def unexpected(self) -> SieveSyntaxError:
        token = self._token
        return SieveSyntaxError(
            f"line {token.line}: unexpected {token.text[:40]!r}" if token.kind else "script ends early"
        )

    def _take(self, kind: str) -> _Token:
        token = self._token
        if self.kind != kind:
            raise self.unexpected()
        self._at += 1
        return token

    def commands(self, depth: int) -> list[Command]:
        if depth > MAX_DEPTH:
            raise SieveSyntaxError("blocks are nested too deeply")
        found = []
        while self.kind == "name":
            token = self._take("name")
            command = Command(token.text.lower(), line=token.line)
            command.args, command.tests = self._arguments(depth)
            if self.kind == "{":
                self._take("{")
                command.block = self.commands(depth + 1)
                self._take("}")
            else:
                self._take(";")
            found.append(command)
        return found

    def _arguments(self, depth: int) -> tuple[list[Argument], list[Test]]:
        args: list[Argument] = []
        while True:
            if self.kind == "tag":
                args.append(Tag(self._take("tag").text.lower()))
            elif self.kind == "number":
                text = self._take("number").text
                quantifier = text[-1].upper() if text[-1].isalpha() else ""
                if len(text) > 18:
                    raise self.unexpected()
                args.append(Number(int(text.rstrip("KMGkmg")) * QUANTIFIERS[quantifier], text))
            elif self.kind == "string":
                args.append(Strings((self._take("string").text,)))
            elif self.kind == "[":
                args.append(self._string_list())
            else:
                break
        if self.kind == "name":
            return args, [self._test(depth + 1)]
        tests = []
        if self.kind == "(":
            self._take("(")
            tests.append(self._test(depth + 1))
            while self.kind == ",":
                self._take(",")
                tests.append(self._test(depth + 1))
            self._take(")")
        return args, tests

    def _string_list(self) -> Strings:
        self._take("[")
        values = [self._take("string").text]
        while self.kind == ",":
            self._take(",")
            values.append(self._take("string").text)
        self._take("]")
        return Strings(tuple(values), single=False)

    def _test(self, depth: int) -> Test:
        if depth > MAX_DEPTH:
            raise SieveSyntaxError("tests are nested too deeply")
        token = self._take("name")
        test = Test(token.text.lower(), line=token.line)
        test.args, test.tests = self._arguments(depth)
        return test


# --- writing -------------------------------------------------------------------------------------------------------


def quoted(text: str) -> str:
    """A string as it is written in a script."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def string_list(values: list[str]) -> str:
    return "[" + ",".join(quoted(value) for value in values) + "]"


def text_block(text: str) -> str:
    """A text of several lines, to be followed by a semicolon on a line of its own.

    A dot at the start of a line is doubled, after whatever line end; Zimbra does so after CRLF only.
    """
    body = re.sub(r"(\A|\n)\.", r"\1..", text)
    return f"text:\r\n{body}\r\n.\r\n"
