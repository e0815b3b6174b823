"""Variables (RFC 5229) that always stand for the same text, put in their places; any other is refused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bascule.conversions.filters.refusals import Refusal, bad_arguments
from bascule.conversions.filters.syntax import Argument, Command, Strings, Tag, Test

# Text that doubles itself would have no end.
MAX_VALUE = 4_000
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*|[0-9]{1,9})\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MODIFIERS = {"lower": 40, "upper": 40, "lowerfirst": 30, "upperfirst": 30, "quotewildcard": 20, "length": 10}
_LOWER = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_UPPER = {ord(letter): letter.upper() for letter in "abcdefghijklmnopqrstuvwxyz"}

# Texts by names in small letters; None for one that is not always the same.
_Values = dict[str, str | None]


def without_variables(commands: tuple[Command, ...]) -> tuple[Command, ...]:
    """The commands without `set`, references replaced. Refusal: what a variable stands for depends on the message.

    A text that neither sets nor requires variables stays as it is: "${x}" is then plain text.
    """
    return _filled(commands, {}) if any(map(_uses, commands)) else commands


def _uses(command: Command) -> bool:
    if command.name == "require":
        return any(isinstance(one, Strings) and "variables" in one.values for one in command.args)
    return command.name == "set" or any(map(_uses, command.block or ()))


def _filled(commands: Sequence[Command], values: _Values) -> tuple[Command, ...]:
    found = []
    inside: list[_Values] = []
    for command in commands:
        if command.name not in ("elsif", "else"):
            _forget(values, inside)
            inside = []
        if command.name == "set":
            name, text = _set(command, values)
            values[name] = text
            continue
        block = command.block
        if block is not None:
            own = dict(values)
            block = _filled(block, own)
            inside.append(own)
        tests = tuple([_in_test(test, values) for test in command.tests])
        found.append(replace(command, args=_in_arguments(command.args, values), tests=tests, block=block))
    _forget(values, inside)
    return tuple(found)


def _forget(values: _Values, inside: list[_Values]) -> None:
    """What a block has set is known inside of it only."""
    for own in inside:
        for name, text in own.items():
            if name not in values or values[name] != text:
                values[name] = None


def _set(command: Command, values: _Values) -> tuple[str, str]:
    tags = [one.name for one in command.args if isinstance(one, Tag)]
    texts = [one.values[0] for one in command.args if isinstance(one, Strings) and len(one.values) == 1]
    if len(texts) != 2 or len(tags) + 2 != len(command.args) or command.block is not None:
        raise bad_arguments("set")
    if not _NAME.fullmatch(texts[0]) or not set(tags) <= _MODIFIERS.keys():
        raise _depends()
    text = _text(texts[1], values)
    for tag in sorted(tags, key=lambda tag: -_MODIFIERS[tag]):
        text = _modified(text, tag)
    return texts[0].lower(), text


def _modified(text: str, tag: str) -> str:
    match tag:
        case "lower":
            return text.translate(_LOWER)
        case "upper":
            return text.translate(_UPPER)
        case "lowerfirst":
            return text[:1].translate(_LOWER) + text[1:]
        case "upperfirst":
            return text[:1].translate(_UPPER) + text[1:]
        case "quotewildcard":
            return re.sub(r"([\\*?])", r"\\\1", text)
    return str(len(text))


def _in_test(test: Test, values: _Values) -> Test:
    inner = tuple([_in_test(one, values) for one in test.tests])
    return replace(test, args=_in_arguments(test.args, values), tests=inner)


def _in_arguments(args: tuple[Argument, ...], values: _Values) -> tuple[Argument, ...]:
    return tuple([_in_argument(one, values) for one in args])


def _in_argument(argument: Argument, values: _Values) -> Argument:
    if not isinstance(argument, Strings):
        return argument
    return replace(argument, values=tuple([_text(text, values) for text in argument.values]))


def _text(text: str, values: _Values) -> str:
    if "${" not in text:
        return text
    parts = []
    size = at = 0
    for found in _REFERENCE.finditer(text):
        name = found[1].lower()
        value = None if name.isdigit() else values.get(name, "")
        if value is None:
            raise _depends()
        parts += [text[at : found.start()], value]
        at = found.end()
        size += len(value)
        if size > MAX_VALUE:
            raise _depends()
    return "".join([*parts, text[at:]])


def _depends() -> Refusal:
    return Refusal(
        "variables",
        "Cette règle reprend un morceau du message dans une variable (par exemple pour choisir le dossier), ce que la"
        " conversion ne sait pas suivre : faites une règle pour chaque cas.",
    )
