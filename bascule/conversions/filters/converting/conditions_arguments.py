"""The arguments of the tests that compare: which names, which keys, how; checked for what Zimbra can hold."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from bascule.conversions.filters.converting.patterns import (
    MANY,
    ONE,
    Comparison,
    as_matches,
    comparison_of,
    signs_of_glob,
)
from bascule.conversions.filters.converting.refusals import (
    Notes,
    Refusal,
    bad_arguments,
    shown,
    unclear_glob,
    unclear_pattern,
    unsupported_option,
)
from bascule.conversions.filters.source.syntax import Argument, Strings, Tag, Test

CASEMAP: Final = "i;ascii-casemap"
OCTET: Final = "i;octet"
NUMERIC: Final = "i;ascii-numeric"
UNICODE: Final = "i;unicode-casemap"
KINDS = frozenset({"is", "contains", "matches", "regex", "count", "value"})
RELATIONS = frozenset({"gt", "ge", "lt", "le", "eq", "ne"})
# `localpart` and the like are of addresses, the others of `body`.
ADDRESS_PARTS = frozenset({"all", "localpart", "domain", "user", "detail"})
# Lines of a header are no longer than this (RFC 5322 says 998), nor is anything a person looks for.
MAX_VALUE = 2_000

_NAME = re.compile(r"[!-+\--9;-~]+")
_UNFIT = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff\ufffe\uffff]")
# Zimbra declares variables in every script, and fills them in everywhere.
_VARIABLE = re.compile(r"\$\{[^${}]*\}")
_DIGITS = re.compile(r"[0-9]{1,18}(?![0-9])")


@dataclass(frozen=True, slots=True)
class Matching:
    """kind: of KINDS; operator: of RELATIONS, for count and value. comparator: "" when not said. part: of an address,
    or raw, content, text of a body; names are then the types of `:content`."""

    kind: str
    operator: str
    comparator: str
    part: str
    names: tuple[str, ...]
    keys: tuple[str, ...]

    @property
    def octet(self) -> bool:
        return self.comparator == OCTET


def matching(test: Test, *, parts: bool, text: bool = False) -> Matching:
    """The arguments of `header`, `address`, `envelope`; with `text` those of `body`, which names no headers.

    Refusal: an option that Zimbra has not, or arguments that no server takes.
    """
    kind = operator = comparator = part = ""
    names: tuple[str, ...] = ()
    args: list[Argument] = list(test.args)
    while args and isinstance(first := args[0], Tag):
        tag = first.name
        args.pop(0)
        if tag == "comparator" and not comparator:
            comparator = _string(test, args)
        elif tag in KINDS and not kind:
            kind = tag
            if tag in ("count", "value"):
                operator = _string(test, args).lower()
        elif parts and tag in ADDRESS_PARTS and not part:
            part = tag
        elif text and tag in ("raw", "text", "content") and not part:
            part = tag
            names = _strings(test, args) if tag == "content" else ()
        else:
            raise unsupported_option(test.name, tag)
    if not text:
        names = _strings(test, args)
    keys = _strings(test, args)
    if args or (operator and operator not in RELATIONS):
        raise bad_arguments(test.name)
    comparator = comparator.lower()
    if comparator == UNICODE and all(key.isascii() for key in keys):
        comparator = CASEMAP
    if comparator not in ("", CASEMAP, OCTET, NUMERIC):
        raise unsupported_option(test.name, f"comparator {comparator}")
    if comparator == NUMERIC and kind in ("contains", "matches", "regex"):
        raise bad_arguments(test.name)
    if parts:
        part = part or "all"
    return Matching(kind or "is", operator, "" if comparator == CASEMAP else comparator, part, names, keys)


def choices(wanted: Matching, notes: Notes) -> list[Comparison]:
    """The keys as comparisons of Zimbra one of which has to hold; ("contains", "") for any text, ("is", "") for none.

    Refusal: a key that Zimbra can't say or hold.
    """
    found: list[Comparison] = []
    for key in wanted.keys:
        if wanted.kind == "regex":
            several = as_matches(key)
            if several is None:
                raise unclear_pattern(key)
            found += several
        elif wanted.kind == "matches":
            comparison = comparison_of(signs_of_glob(key))
            if comparison is None:
                raise unclear_glob(key)
            found.append(comparison)
        else:
            found.append((wanted.kind, key))
    plain = [_without_variable(comparison, value, notes) for comparison, value in dict.fromkeys(found)]
    return [(comparison, checked_value(value)) for comparison, value in plain]


def _without_variable(comparison: str, value: str, notes: Notes) -> Comparison:
    """The comparison with "?" instead of a "$" that Zimbra would take for the beginning of a variable."""
    if len(value) > MAX_VALUE or not _VARIABLE.search(value):
        return comparison, value
    signs = signs_of_glob(value if comparison == "matches" else re.sub(r"([\\*?])", r"\\\1", value))
    signs = (MANY, *signs, MANY) if comparison == "contains" else signs
    mended = [ONE if pair == ("=$", "={") else pair[0] for pair in pairwise((*signs, ""))]
    found = comparison_of(tuple(mended))
    if found is None or (comparison == "matches" and "\\" in value):
        raise unclear_pattern(value)
    notes.add(
        "value_variable",
        f"Zimbra prendrait « {shown(value)} » pour une variable : la nouvelle règle accepte n’importe quel signe à la"
        " place de « $ ».",
    )
    return found


def checked_value(value: str) -> str:
    """The value, when a rule of Zimbra can hold it; Refusal."""
    if len(value) > MAX_VALUE:
        raise Refusal("value_too_long", f"Cette règle cherche un texte de {len(value)} signes : raccourcissez-le.")
    if _UNFIT.search(value):
        raise Refusal(
            "value_unfit",
            f"Cette règle cherche « {shown(_UNFIT.sub('?', value))} », où un signe invisible empêche la reprise :"
            " retapez ce texte dans la règle.",
        )
    if _VARIABLE.search(value):
        raise Refusal(
            "value_variable",
            f"Cette règle cherche « {shown(value)} », que Zimbra prendrait pour une variable : refaites-la en cherchant"
            " une autre partie du texte.",
        )
    return value


def header_names(names: tuple[str, ...]) -> list[str]:
    """Names of header fields, each once; Refusal for what is no such name."""
    found: dict[str, str] = {}
    for name in names:
        if not _NAME.fullmatch(name.strip()):
            raise Refusal(
                "header_name",
                f"« {shown(name) or ' '} » n’est pas le nom d’un champ d’en-tête : aucun message n’en a. Corrigez le"
                " nom dans la règle (par exemple « Subject » pour l’objet).",
            )
        found.setdefault(name.strip().lower(), name.strip())
    return list(found.values())


def number_key(key: str) -> str:
    """The number a key begins with, as the numeric comparator reads it; Refusal when it begins with none."""
    digits = _DIGITS.match(key)
    if digits is None:
        raise Refusal(
            "number",
            f"Cette règle compare à « {shown(key)} », qui n’est pas un nombre que Zimbra sait lire : corrigez-le.",
        )
    return digits[0]


def _strings(test: Test, args: list[Argument]) -> tuple[str, ...]:
    if not args or not isinstance(args[0], Strings) or not args[0].values:
        raise bad_arguments(test.name)
    found = args.pop(0)
    assert isinstance(found, Strings)
    return found.values


def _string(test: Test, args: list[Argument]) -> str:
    values = _strings(test, args)
    if len(values) != 1:
        raise bad_arguments(test.name)
    return values[0]
