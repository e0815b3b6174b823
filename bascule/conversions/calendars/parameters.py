"""Parameters and TEXT values as strict readers want them."""

from __future__ import annotations

import re
from functools import lru_cache

from bascule.conversions.text import parse_parameters

_NAME = re.compile(r"[A-Z0-9-]+")
_TEXT_SPECIAL = re.compile(r"\\.?|[;,]", re.DOTALL)
_LIST_SPECIAL = re.compile(r"\\.?|;", re.DOTALL)
_VALID_ESCAPES = frozenset(("\\\\", "\\;", "\\,", "\\n", "\\N"))
# Served their purpose once the value is decoded, or must agree with a value that is not looked at.
_DROPPED = frozenset({"CHARSET", "ENCODING", "TZID", "VALUE"})


def format_parameter(name: str, values: list[str]) -> str:
    """`;NAME=value`, quoted when it must be. Quotation marks become apostrophes: no reader agrees on an escape."""
    return f";{name}={','.join(map(_format_value, values))}"


def _format_value(value: str) -> str:
    if '"' in value or "\n" in value:
        value = value.replace('"', "'").replace("\n", " ").strip()
    if "^" in value:
        value = value.replace("^", "^^")
    return f'"{value}"' if any(mark in value for mark in ":;,") else value


@lru_cache(maxsize=1024)
def clean_parameters(raw: str, kept: frozenset[str] | None = None) -> str:
    """Raw parameters rewritten; those of the old server left out, and all but `kept` when given."""
    if not raw:
        return ""
    return "".join(
        format_parameter(name, values)
        for name, values in parse_parameters(raw).items()
        if (name in kept if kept is not None else not is_private(name))
        and name not in _DROPPED
        and _NAME.fullmatch(name)
        and any(value.strip() for value in values)
    )


def is_private(name: str) -> bool:
    """Whether a property or parameter is one of Sun's and Oracle's own, of no use to any other program."""
    return name.startswith(("X-NSCP", "X-S1CS", "X-SUN"))


def clean_text(value: str) -> str:
    r"""A TEXT value with its escapes put right: bare ; and , escaped, \: and \" of older programs plain, other
    backslashes doubled."""
    if "\\" not in value and ";" not in value and "," not in value:
        return value
    return _TEXT_SPECIAL.sub(_repair_special, value)


def clean_list(value: str) -> str:
    """A comma-separated list of texts (CATEGORIES, RESOURCES), with its escapes put right."""
    if "\\" not in value and ";" not in value:
        return value
    return _LIST_SPECIAL.sub(_repair_special, value)


def _repair_special(found: re.Match[str]) -> str:
    special = found[0]
    if special in _VALID_ESCAPES:
        return special
    if special in (";", ","):
        return f"\\{special}"
    if special in ("\\:", '\\"'):
        return special[1]
    return f"\\{special}"
