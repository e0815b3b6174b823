"""Reading the arguments of tests and actions; SieveError for those Zimbra refuses."""

from __future__ import annotations

from dataclasses import dataclass

from zimbra.simulator.formats.sieve.compare import COMPARATORS, SieveError
from zimbra.simulator.formats.sieve.grammar import Argument, Number, Strings, Tag
from zimbra.simulator.formats.sieve.rules import CASEMAP, NUMERIC, VALUE_COMPARISONS

KINDS = (":is", ":contains", ":matches", ":count", ":value")
PARTS = (":all", ":localpart", ":domain")


@dataclass(frozen=True)
class Comparison:
    """`kind`: how to compare, one of KINDS; `operator`: of :count and :value; `part`: of addresses."""

    kind: str
    operator: str
    comparator: str
    part: str
    names: tuple[str, ...]
    keys: tuple[str, ...]


def nothing_more(args: list[Argument], at: int) -> None:
    if at < len(args):
        raise SieveError("Found unexpected arguments")


def strings(args: list[Argument], at: int) -> tuple[str, ...]:
    argument = args[at] if at < len(args) else None
    if not isinstance(argument, Strings):
        raise SieveError("Expecting a string-list")
    return argument.values


def string(args: list[Argument], at: int) -> str:
    values = strings(args, at)
    if len(values) != 1:
        raise SieveError("Expecting exactly one String")
    return values[0]


def number(args: list[Argument], at: int) -> int:
    argument = args[at] if at < len(args) else None
    if not isinstance(argument, Number):
        raise SieveError("Expecting a Number")
    return argument.value


def tag(args: list[Argument], at: int) -> str:
    """The tag at a place; "" when there is something else, or nothing."""
    argument = args[at] if at < len(args) else None
    return argument.name if isinstance(argument, Tag) else ""


def one_of(args: list[Argument], at: int, allowed: tuple[str, ...]) -> str:
    found = tag(args, at)
    if found not in allowed:
        raise SieveError(f"Expecting {' or '.join(allowed)}, found {found or 'no tag'}")
    return found


def copied(args: list[Argument]) -> tuple[str, bool]:
    """The one string of fileinto and redirect, and whether :copy stands before it."""
    copy = len(args) > 1
    if copy:
        one_of(args, 0, (":copy",))
    nothing_more(args, 2)
    return string(args, int(copy)), copy


def comparison(args: list[Argument], *, address: bool = False, most: int = 2, least: int = 2) -> Comparison:
    """The arguments of header, address, envelope, string and the like: tags, then names and keys.

    `least` and `most`: how many lists of strings may follow the tags; keys are empty when there is one only.
    """
    kind = operator = comparator = part = ""
    at = 0
    while found := tag(args, at):
        at += 1
        if found == ":comparator" and not comparator:
            comparator = string(args, at)
            at += 1
            if comparator not in COMPARATORS:
                raise SieveError(f"Comparator {comparator!r} not found")
        elif found in KINDS and not kind:
            kind = found
            if kind in (":count", ":value"):
                operator = string(args, at).lower()
                at += 1
                if operator not in VALUE_COMPARISONS:
                    raise SieveError(f"Unknown relational operator {operator!r}")
        elif found in PARTS and address and not part:
            part = found
        else:
            raise SieveError(f"Found unexpected TagArgument: {found}")
    comparator = comparator or (NUMERIC if operator else CASEMAP)
    if kind == ":count" and comparator != NUMERIC:
        raise SieveError(f":count needs {NUMERIC}")
    if comparator == NUMERIC and kind in (":contains", ":matches"):
        raise SieveError(f"{NUMERIC} has neither substrings nor patterns")
    nothing_more(args, at + most)
    keys = strings(args, at + 1) if least > 1 or at + 1 < len(args) else ()
    return Comparison(kind or ":is", operator, comparator, part or ":all", strings(args, at), keys)
