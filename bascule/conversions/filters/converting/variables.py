"""Variables (RFC 5229) that always stand for the same text, put in their places; any other is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from bascule.conversions.filters.converting.refusals import Refusal, bad_arguments
from bascule.conversions.filters.source.syntax import Argument, Command, Strings, Tag, Test

# Text that doubles itself would have no end.
MAX_VALUE = 4_000
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*|[0-9]{1,9})\}")
_ENCODED = "encoded-character"
_HEX = re.compile(r"\$\{hex:((?:\s*[0-9a-f]{2})+)\s*\}", re.IGNORECASE)
_UNICODE = re.compile(r"\$\{unicode:((?:\s*[0-9a-f]{1,6}(?=[\s}]))+)\s*\}", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MODIFIERS = {"lower": 40, "upper": 40, "lowerfirst": 30, "upperfirst": 30, "quotewildcard": 20, "length": 10}
_LOWER = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_UPPER = {ord(letter): letter.upper() for letter in "abcdefghijklmnopqrstuvwxyz"}

# Texts by names in small letters; None for one that is not always the same. What is not there may have been set by a
# rule that is not known here.
_Values = dict[str, str | None]


def without_variables(commands: tuple[Command, ...], earlier: Sequence[Command] = ()) -> tuple[Command, ...]:
    """The commands without `set`, references replaced. Refusal: what a variable stands for depends on the message.

    earlier: commands of the rules before that set variables (`setting`), because all rules of a person share them.
    A text that neither sets nor requires variables, with none set before, stays as it is: "${x}" is then plain text.
    """
    if not earlier and not any(map(_uses, commands)):
        return commands
    values: _Values = {}
    for command in earlier:
        try:
            _filled((command,), values)
        except Refusal:
            # A block that can't be followed to its end.
            values.update(dict.fromkeys(_names_set(command)))
    return _filled(commands, values)


def with_characters(commands: tuple[Command, ...]) -> tuple[Command, ...]:
    """The commands with "${hex: e9}" and "${unicode: e9}" read, where the text asks for it (RFC 5228, 2.4.2.4)."""
    if not any(one.name == "require" and _ENCODED in _all_strings(one.args) for one in commands):
        return commands
    return tuple([_mapped(one, _read_characters) for one in commands])


def _all_strings(args: Sequence[Argument]) -> list[str]:
    return [value for one in args if isinstance(one, Strings) for value in one.values]


def _mapped(command: Command, change: Callable[[str], str]) -> Command:
    block = None if command.block is None else tuple([_mapped(one, change) for one in command.block])
    tests = tuple([_mapped_test(test, change) for test in command.tests])
    return replace(command, args=_mapped_arguments(command.args, change), tests=tests, block=block)


def _mapped_test(test: Test, change: Callable[[str], str]) -> Test:
    inner = tuple([_mapped_test(one, change) for one in test.tests])
    return replace(test, args=_mapped_arguments(test.args, change), tests=inner)


def _mapped_arguments(args: tuple[Argument, ...], change: Callable[[str], str]) -> tuple[Argument, ...]:
    return tuple(
        [replace(one, values=tuple(map(change, one.values))) if isinstance(one, Strings) else one for one in args]
    )


def _read_characters(text: str) -> str:
    if "${" not in text:
        return text
    try:
        return _HEX.sub(lambda found: bytes.fromhex(found[1]).decode(), _UNICODE.sub(_characters, text))
    except (ValueError, UnicodeDecodeError):
        return text


def _characters(found: re.Match[str]) -> str:
    return "".join([chr(int(code, 16)) for code in found[1].split()])


def setting(commands: Sequence[Command]) -> list[Command]:
    """Those that set variables, themselves or in a block; `elsif` and `else` as conditions of their own."""
    return [replace(one, name="if") if one.block is not None else one for one in commands if _names_set(one)]


def _names_set(command: Command) -> list[str]:
    if command.name == "set":
        texts = [one.values[0] for one in command.args if isinstance(one, Strings) and one.values]
        return [texts[0].lower()] if texts else []
    return [name for one in command.block or () for name in _names_set(one)]


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
            try:
                name, text = _set(command, values)
                values[name] = text
            except Refusal:
                # Only who uses it has to know.
                values.update(dict.fromkeys(_names_set(command)))
            continue
        block = command.block
        if block is not None:
            own = dict(values)
            block = _filled(block, own)
            inside.append(own)
        with_texts = _mapped(replace(command, block=None), partial(_text, values=dict(values)))
        found.append(replace(with_texts, block=block))
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


def _text(text: str, values: _Values) -> str:
    if "${" not in text:
        return text
    parts = []
    size = at = 0
    for found in _REFERENCE.finditer(text):
        name = found[1].lower()
        value = values.get(name)
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
