"""Variables in strings, and `set` (RFC 5229); `${hex: }` and `${unicode: }` (RFC 5228 2.4.2.4)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bascule.conversions.filters.old_engine.matching import CannotTry

# RFC 5229 6 asks for at least 4,000; without a limit a script doubles a value until memory is full.
_MAX_LENGTH = 4000
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*|[0-9]{1,3})\}")
_ENCODED = re.compile(r"\$\{(hex|unicode):[ \t\r\n]*([0-9a-f \t\r\n]+)\}", re.IGNORECASE)
_PRECEDENCE = (("lower", "upper"), ("lowerfirst", "upperfirst"), ("quotewildcard",), ("length",))
_WILDCARDS = re.compile(r"([*?\\])")


def expanded(text: str, variables: Mapping[str, str], captured: Sequence[str] | None) -> str:
    """The text with its variables put in, unknown ones empty. captured: None when what was captured is not known."""
    if "${" not in text:
        return text

    def value(found: re.Match[str]) -> str:
        name = found[1].lower()
        if not name.isdigit():
            return variables.get(name, "")
        if captured is None:
            raise CannotTry("ce qu’une expression a trouvé, repris plus loin")
        return captured[int(name)] if int(name) < len(captured) else ""

    return _REFERENCE.sub(value, text)[:_MAX_LENGTH]


def decoded(text: str) -> str:
    """The text with its encoded characters put in; those that stand for nothing stay."""

    def value(found: re.Match[str]) -> str:
        codes = [int(digits, 16) for digits in found[2].split() if len(digits) <= 8]
        if found[1].lower() == "hex":
            return bytes(codes).decode("utf-8", "replace") if all(code < 256 for code in codes) else found[0]
        valid = all(code < 0x110000 and not 0xD800 <= code < 0xE000 for code in codes)
        return "".join(map(chr, codes)) if valid else found[0]

    return _ENCODED.sub(value, text) if "${" in text else text


def modified(value: str, modifiers: frozenset[str]) -> str:
    """The value of `set` after its modifiers, those of higher precedence first. CannotTry for an unknown one."""
    unknown = modifiers - {name for names in _PRECEDENCE for name in names}
    if unknown:
        raise CannotTry(f"« :{min(unknown)[:40]} » dans l’action « set »")
    for names in _PRECEDENCE:
        for name in names:
            if name in modifiers:
                value = _MODIFIED[name](value)
    return value[:_MAX_LENGTH]


def _ascii(text: str, *, upper: bool) -> str:
    return "".join((c.upper() if upper else c.lower()) if c.isascii() else c for c in text)


_MODIFIED = {
    "lower": lambda text: _ascii(text, upper=False),
    "upper": lambda text: _ascii(text, upper=True),
    "lowerfirst": lambda text: _ascii(text[:1], upper=False) + text[1:],
    "upperfirst": lambda text: _ascii(text[:1], upper=True) + text[1:],
    "quotewildcard": lambda text: _WILDCARDS.sub(r"\\\1", text),
    "length": lambda text: str(len(text)),
}
