"""Sieve text to commands, tests and comments (RFC 5228, section 8), as tolerant as a server that has to run it.

Capabilities need no `require`, `require` may stand anywhere, names that nobody knows are read like any other, in any
case. Three slips with one possible meaning are accepted as well: no ";" before a "}", a ";" too many, a "," too many
at the end of a list. Every character is looked at a bounded number of times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple, NoReturn

from bascule.conversions.filters.source.syntax import Argument, Command, Comment, Number, Script, Strings, Tag, Test

# Far above what a person or a server writes (Pigeonhole stops at 32 blocks), far below Python's own limit.
MAX_DEPTH = 32
# More digits than any size or count that a mail server handles; Python refuses to read some thousands of them.
MAX_DIGITS = 18

_CONDITIONAL = frozenset({"if", "disabled_if", "elsif"})
_CONTINUING = frozenset({"elsif", "else"})
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
# A no-break space, a byte order mark or a zero-width space pasted between two words separates them, as a NUL does.
_TOKEN = re.compile(
    r"""(?P<blank>[\s\0\ufeff\u200b]++)
    |(?P<hash>\#[^\r\n]*+)
    |(?P<bracketed>/\*)
    |(?P<multiline>text:[ \t]*+(?:\#[^\r\n]*+)?+(?:\r\n|\n|\r))
    |"(?P<quoted>[^"\\]*+(?:\\.[^"\\]*+)*+)"
    |(?P<number>[0-9]++)(?P<unit>[A-Za-z]*+)
    |:(?P<tag>[A-Za-z_][A-Za-z0-9_]*+)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*+)
    |(?P<mark>[\[\](){},;])""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_END_OF_MULTILINE = re.compile(r"\.[ \t]*(?:\r\n|\n|\r|\Z)")
_LINE_END = re.compile(r"\r\n|\r")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_STUFFED = re.compile(r"^\.\.", re.MULTILINE)


class SieveError(Exception):
    """The text is no Sieve: `str()` is a French sentence that says where and what; line counts from 1."""

    def __init__(self, message_fr: str, line: int) -> None:
        super().__init__(f"Ligne {line} : {message_fr}")
        self.line = line


def parse(text: str) -> Script:
    """All commands and comments of a script. SieveError when it cannot be read. How long it may be, the caller says."""
    part = parse_part(text)
    if part.error is not None:
        raise part.error
    return part.script


class Part(NamedTuple):
    """What could be read of a text up to its first fault. failed: where the command begins that has it, or where
    reading goes on when enough was read."""

    script: Script
    error: SieveError | None
    failed: int
    whole: bool = True


def parse_part(text: str, start: int = 0, most: int | None = None) -> Part:
    """The whole commands from `start` up to the first that cannot be read; lines count from the beginning of `text`.

    most: how many commands are enough, those that belong to the last `if` not counted; the part is not `whole` then.
    """
    return _Parser(text, start).part(most)


class _Token(NamedTuple):
    """kind: a mark itself, or "name", "tag", "number", "string", "fault", "end"."""

    kind: str
    value: str
    line: int
    start: int
    end: int
    unit: str = ""


class _Parser:
    """One token of look-ahead over the text; comments are put aside on the way."""

    def __init__(self, text: str, start: int) -> None:
        self._text = text
        self._newline = "\n" if "\n" in text or "\r" not in text else "\r"
        self._comments: list[Comment] = []
        self._tokens = self._tokenise(start)
        self._end = start
        self._fault: SieveError | None = None
        self._token = self._next()

    def part(self, most: int | None = None) -> Part:
        commands: list[Command] = []
        error = None
        failed = self._end
        while self._token.kind != "end":
            failed = self._token.start
            if self._token.kind == ";":
                self._take()
                continue
            if most is not None and len(commands) >= most and self._token.value.lower() not in ("elsif", "else"):
                break
            try:
                commands.append(self._command(0, commands))
            except SieveError as fault:
                error = self._fault or fault
                break
        comments = self._comments
        whole = self._token.kind == "end"
        if not whole:
            comments = [comment for comment in comments if comment.end <= failed]
        return Part(Script(tuple(commands), tuple(comments)), error, failed, whole or error is not None)

    # ------------------------------------------------------------------------------------------------- tokens

    def _tokenise(self, start: int) -> Iterator[_Token]:
        text, position = self._text, start
        line = 1 + text.count(self._newline, 0, start)
        size = len(text)
        while position < size:
            found = _TOKEN.match(text, position)
            if found is None:
                _refuse_character(text, position, line)
            start, kind = position, found.lastgroup or ""
            position = found.end()
            if kind == "bracketed":
                position = text.find("*/", position) + 2
                if position < 2:
                    raise SieveError("un commentaire ouvert par « /* » n’est jamais fermé par « */ ».", line)
                self._comments.append(Comment(text[start + 2 : position - 2], line, start, position))
            elif kind == "hash":
                self._comments.append(Comment(found["hash"][1:], line, start, position))
            elif kind == "multiline":
                stop = _end_of_multiline(text, position)
                if stop is None:
                    raise SieveError("un texte ouvert par « text: » n’est jamais fermé par une ligne « . ».", line)
                value = _STUFFED.sub(".", _LINE_END.sub("\n", text[position : stop.start()]))
                position = stop.end()
                yield _Token("string", value, line, start, position)
            elif kind == "quoted":
                value = _LINE_END.sub("\n", found["quoted"])
                yield _Token("string", _ESCAPE.sub(r"\1", value) if "\\" in value else value, line, start, position)
            elif kind == "unit":
                yield _Token("number", found["number"], line, start, position, found["unit"])
            elif kind == "mark":
                yield _Token(found["mark"], found["mark"], line, start, position)
            elif kind != "blank":
                yield _Token(kind, found[kind].lower(), line, start, position)
            line += text.count(self._newline, start, position)
        yield _Token("end", "", line, size, size)

    def _take(self) -> _Token:
        taken = self._token
        self._end = taken.end
        if taken.kind not in ("end", "fault"):
            self._token = self._next()
        return taken

    def _next(self) -> _Token:
        """The next token; a fault is one too, so that what stands before it is not lost."""
        try:
            return next(self._tokens)
        except SieveError as fault:
            self._fault = fault
            return _Token("fault", "", fault.line, self._end, self._end)

    # ----------------------------------------------------------------------------------------------- commands

    def _commands(self, depth: int) -> tuple[Command, ...]:
        """Those up to the "}" that ends their block."""
        commands: list[Command] = []
        while self._token.kind not in ("end", "}", "fault"):
            if self._token.kind == ";":
                self._take()
            else:
                commands.append(self._command(depth, commands))
        return tuple(commands)

    def _command(self, depth: int, earlier: Sequence[Command]) -> Command:
        first = self._take()
        if first.kind == "}":
            raise SieveError("une accolade « } » ferme un bloc qui n’a pas été ouvert.", first.line)
        if first.kind != "name":
            raise SieveError(f"{_shown(first)} ne peut pas commencer une commande.", first.line)
        if first.value in _CONTINUING and not (earlier and earlier[-1].name in _CONDITIONAL):
            raise SieveError(f"« {first.value} » ne suit aucun « if ».", first.line)
        args = self._arguments()
        tests = self._tests(depth + 1)
        if len(tests) > 1:
            raise SieveError(
                f"« {first.value} » ne prend qu’une condition : il manque « anyof » ou « allof ».", first.line
            )
        block = None
        if self._token.kind == "{":
            opened = self._take()
            if depth >= MAX_DEPTH:
                raise SieveError(f"les blocs sont imbriqués sur plus de {MAX_DEPTH} niveaux.", opened.line)
            block = self._commands(depth + 1)
            if self._token.kind != "}":
                raise SieveError("le bloc ouvert par « { » n’est jamais fermé par « } ».", opened.line)
            self._take()
        elif self._token.kind == ";":
            self._take()
        elif self._token.kind != "}":
            raise SieveError(f"il manque « ; » après « {first.value} », avant {_shown(self._token)}.", self._token.line)
        _check_shape(first, tests, block)
        return Command(first.value, args, tests, block, first.line, first.start, self._end)

    def _arguments(self) -> tuple[Argument, ...]:
        found: list[Argument] = []
        while True:
            kind = self._token.kind
            if kind == "tag":
                found.append(Tag(self._take().value))
            elif kind == "number":
                found.append(_number(self._take()))
            elif kind == "string":
                found.append(Strings((self._take().value,)))
            elif kind == "[":
                found.append(self._list())
            else:
                return tuple(found)

    def _list(self) -> Strings:
        opened = self._take()
        values: list[str] = []
        while self._token.kind == "string":
            values.append(self._take().value)
            if self._token.kind != ",":
                break
            self._take()
        if self._token.kind != "]":
            message = f"dans une liste entre crochets, {_shown(self._token)} n’est pas à sa place."
            raise SieveError(message, opened.line if self._token.kind == "end" else self._token.line)
        self._take()
        return Strings(tuple(values), True)

    # -------------------------------------------------------------------------------------------------- tests

    def _tests(self, depth: int) -> tuple[Test, ...]:
        """Nothing, the one test that comes next, or those in parentheses."""
        if self._token.kind == "name":
            return (self._test(depth),)
        if self._token.kind != "(":
            return ()
        opened = self._take()
        tests: list[Test] = []
        while self._token.kind in ("name", "("):
            if self._token.kind == "(":
                inner = self._tests(_deeper(depth, self._token))
                if len(inner) != 1:
                    raise SieveError("il manque « anyof » ou « allof » devant une parenthèse.", opened.line)
                tests.extend(inner)
            else:
                tests.append(self._test(depth))
            if self._token.kind != ",":
                break
            self._take()
        if self._token.kind != ")":
            if self._token.kind == "end":
                raise SieveError("la parenthèse « ( » n’est jamais fermée.", opened.line)
            raise SieveError(f"entre parenthèses, {_shown(self._token)} n’est pas à sa place.", self._token.line)
        self._take()
        return tuple(tests)

    def _test(self, depth: int) -> Test:
        first = self._take()
        args = self._arguments()
        tests: tuple[Test, ...] = ()
        if self._token.kind in ("(", "name"):
            tests = self._tests(_deeper(depth, self._token))
        if first.value == "not" and len(tests) != 1:
            raise SieveError("« not » prend une condition, et une seule.", first.line)
        if first.value in ("allof", "anyof") and not tests:
            raise SieveError(f"« {first.value} » ne contient aucune condition.", first.line)
        return Test(first.value, args, tests, first.line)


def _end_of_multiline(text: str, position: int) -> re.Match[str] | None:
    """The line of one "." that ends a text which begins at `position`."""
    while position >= 0:
        if text[position : position + 1] == "." and (found := _END_OF_MULTILINE.match(text, position)):
            return found
        position = text.find("\n.", position)
        position += position >= 0
    return None


def _deeper(depth: int, token: _Token) -> int:
    if depth >= MAX_DEPTH:
        raise SieveError(f"les conditions sont imbriquées sur plus de {MAX_DEPTH} niveaux.", token.line)
    return depth + 1


def _check_shape(first: _Token, tests: tuple[Test, ...], block: tuple[Command, ...] | None) -> None:
    name = first.value
    if name in _CONDITIONAL and not tests:
        raise SieveError(f"« {name} » n’a pas de condition.", first.line)
    if name == "else" and tests:
        raise SieveError("« else » ne prend pas de condition.", first.line)
    if (name in _CONDITIONAL or name == "else") and block is None:
        raise SieveError(f"« {name} » n’est pas suivi d’un bloc entre accolades.", first.line)


def _number(token: _Token) -> Number:
    unit = token.unit.lower()
    if unit not in _UNITS:
        raise SieveError(f"« {token.unit} » n’est pas une unité : K, M et G le sont.", token.line)
    if len(token.value) > MAX_DIGITS:
        raise SieveError("un nombre est trop grand.", token.line)
    return Number(int(token.value) * _UNITS[unit], token.value + token.unit)


def _refuse_character(text: str, position: int, line: int) -> NoReturn:
    character = text[position]
    if character == '"':
        raise SieveError("un texte entre guillemets n’est jamais fermé.", line)
    raise SieveError(f"le caractère « {character} » n’est pas à sa place.", line)


def _shown(token: _Token) -> str:
    if token.kind == "end":
        return "la fin du texte"
    if token.kind == "string":
        return "un texte entre guillemets"
    if token.kind == "tag":
        return f"« :{token.value[:40]} »"
    return f"« {token.value[:40]} »"
