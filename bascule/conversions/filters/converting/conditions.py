"""The tests of a script as tests of Zimbra: one test may become several, joined by and, or and not.

Sources: RFC 5228, 5173 (body), 5231 (relational), 5233 (subaddress), 5260 (date), and what Zimbra's filters take and do
with it (zm-mailbox, packages com.zimbra.cs.filter and com.zimbra.cs.filter.jsieve).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bascule.conversions.filters.converting import conditions_dates
from bascule.conversions.filters.converting.conditions_arguments import (
    CASEMAP,
    NUMERIC,
    OCTET,
    Matching,
    checked_value,
    choices,
    header_names,
    matching,
    number_key,
)
from bascule.conversions.filters.converting.logic import AllOf, AnyOf, Expression, Leaf, Not
from bascule.conversions.filters.converting.patterns import MANY, comparison_of, signs_of_glob
from bascule.conversions.filters.converting.refusals import (
    Notes,
    Refusal,
    bad_arguments,
    unclear_pattern,
    unknown_test,
    unsupported_option,
)
from bascule.conversions.filters.source.syntax import Number, Strings, Tag, Test
from zimbra.types.filter_tests import AddressTest, BodyTest, EnvelopeTest, HeaderExistsTest, HeaderTest, SizeTest

# Zimbra reads a size into 32 bits.
MAX_SIZE = 2**31 - 1
_TEXT_PARTS = frozenset({"text", "text/plain", "text/html", ""})


def zimbra_condition(test: Test, notes: Notes) -> Expression:
    """What a single test of a script is in Zimbra's tests (leaves of `zimbra.types.filter_tests.Test`).

    Refusal: Zimbra can't say exactly that.
    """
    convert = _CONDITIONS.get(test.name)
    if convert is None:
        raise unknown_test(test.name)
    return convert(test, notes)


# ------------------------------------------------------------------------------------------------------- headers


def _header(test: Test, notes: Notes) -> Expression:
    wanted = matching(test, parts=False)
    names = header_names(wanted.names)
    if wanted.kind in ("count", "value"):
        return _relation(wanted, HeaderTest(",".join(names), "", comparison=""))
    if wanted.comparator == NUMERIC:
        return _relation(replace(wanted, kind="value", operator="eq"), HeaderTest(",".join(names), "", comparison=""))
    found: list[Expression] = []
    for comparison, value in choices(wanted, notes):
        if comparison == "contains" and not value:
            return AnyOf(tuple([Leaf(HeaderExistsTest(name)) for name in names]))
        if comparison == "is" and not value:
            # Zimbra takes no empty value. Only the empty text comes before the first sign that is no space, and
            # headers are compared without the spaces around them.
            before = HeaderTest(
                ",".join(names), "!", comparison="", case_sensitive=True, value_comparison="lt", comparator=OCTET
            )
            found.append(Leaf(before))
            continue
        found.append(Leaf(HeaderTest(",".join(names), value, comparison=comparison, case_sensitive=wanted.octet)))
    return AnyOf(tuple(found))


def _relation(wanted: Matching, model: HeaderTest | AddressTest) -> Expression:
    if wanted.kind == "count":
        if wanted.comparator not in ("", NUMERIC):
            raise unsupported_option("count", f"comparator {wanted.comparator}")
        counted = [replace(model, value=number_key(key), count_comparison=wanted.operator) for key in wanted.keys]
        return AnyOf(tuple(map(Leaf, counted)))
    found: list[Expression] = []
    for key in wanted.keys:
        if wanted.comparator == NUMERIC:
            found.append(_numeric(replace(model, value=number_key(key)), wanted.operator))
            continue
        if not key:
            raise _empty_value()
        comparator = OCTET if wanted.octet else CASEMAP
        compared = replace(model, value=checked_value(key), value_comparison=wanted.operator, comparator=comparator)
        found.append(Leaf(replace(compared, case_sensitive=wanted.octet)))
    return AnyOf(tuple(found))


def _numeric(model: HeaderTest | AddressTest, operator: str) -> Expression:
    """Numbers: what begins with a minus is above all numbers (RFC 4790, 9.1.1), but stops all filters of Zimbra, so
    another test stands before; "ge" is told in two, because Zimbra does not count what is no number as above."""
    names = ("gt", "eq") if operator == "ge" else (operator,)
    tests = [Leaf(replace(model, value_comparison=name, comparator=NUMERIC)) for name in names]
    minus = Leaf(replace(model, value="-*", comparison="matches"))
    if operator in ("gt", "ge", "ne"):
        return AnyOf((minus, *tests))
    return AllOf((Not(minus), *tests))


def _exists(test: Test, notes: Notes) -> Expression:
    if len(test.args) != 1 or not isinstance(test.args[0], Strings):
        raise bad_arguments(test.name)
    names = header_names(test.args[0].values)
    return AllOf(tuple([Leaf(HeaderExistsTest(name)) for name in names]))


# ----------------------------------------------------------------------------------------------------- addresses


def _address(test: Test, notes: Notes) -> Expression:
    wanted = matching(test, parts=True)
    model = AddressTest(",".join(header_names(wanted.names)), "", comparison="")
    return _addresses(wanted, model, notes)


def _envelope(test: Test, notes: Notes) -> Expression:
    wanted = matching(test, parts=True)
    names = [name.lower() for name in header_names(wanted.names)]
    if not set(names) <= {"from", "to"}:
        raise unsupported_option("envelope", ", ".join(names))
    found: list[Expression] = []
    if "" in wanted.keys and wanted.kind in ("is", "matches"):
        # The sender of a notice is empty; the recipient never is.
        if "from" in names:
            found.append(Not(Leaf(EnvelopeTest("from", "?*", comparison="matches"))))
        wanted = replace(wanted, keys=tuple([key for key in wanted.keys if key]))
        if not wanted.keys:
            return AnyOf(tuple(found))
    return AnyOf((*found, _addresses(wanted, EnvelopeTest(",".join(names), "", comparison=""), notes)))


def _addresses(wanted: Matching, model: AddressTest, notes: Notes) -> Expression:
    if wanted.part in ("user", "detail"):
        return AnyOf(tuple([_of_subaddress(wanted, key, model, notes) for key in wanted.keys]))
    model = replace(model, part=wanted.part)
    if wanted.kind in ("count", "value") or wanted.comparator == NUMERIC:
        if wanted.kind != "count" and wanted.comparator == NUMERIC:
            raise unsupported_option("address", f"comparator {NUMERIC}")
        return _relation(wanted, model)
    found: list[Expression] = []
    for comparison, value in choices(wanted, notes):
        if comparison == "is" and not value:
            raise _empty_value()
        if comparison == "contains" and not value:
            comparison, value = "matches", "*"
        one = replace(model, comparison=comparison, value=value, case_sensitive=wanted.octet)
        if wanted.octet and wanted.part == "domain":
            # Zimbra puts domains into small letters before it compares them.
            if comparison != "is":
                raise unsupported_option("address :domain", f"comparator {OCTET}")
            signs = (MANY, "=@", *["=" + sign for sign in value])
            one = replace(one, part="all", comparison="matches", value=(comparison_of(signs) or ("", value))[1])
        found.append(Leaf(one))
    return AnyOf(tuple(found))


def _of_subaddress(wanted: Matching, key: str, model: AddressTest, notes: Notes) -> Expression:
    """`user+detail@domain`: Zimbra knows only what stands before the "@"."""
    model = replace(model, part="localpart", case_sensitive=wanted.octet)
    if wanted.kind in ("is", "matches") and "+" not in key and key:
        signs = tuple(["=" + sign for sign in key]) if wanted.kind == "is" else signs_of_glob(key)
        plain = all(len(sign) == 2 for sign in signs)
        if wanted.part == "user" and plain:
            longer = _pattern((*signs, "=+", MANY))
            return AnyOf(
                tuple([Leaf(replace(model, comparison=how, value=text)) for how, text in (("is", key), longer)])
            )
        if wanted.part == "detail" and (plain or signs[0] == MANY):
            how, value = _pattern((MANY, "=+", *signs))
            # The detail begins after the first "+".
            twice = Leaf(replace(model, comparison="matches", value="*+*+*"))
            found = Leaf(replace(model, comparison=how, value=value))
            return AllOf((found, Not(twice))) if plain else found
    if wanted.kind == "contains" and wanted.part == "detail":
        how, value = _pattern((MANY, "=+", MANY, *["=" + sign for sign in key], MANY))
        return Leaf(replace(model, comparison=how, value=value))
    raise unsupported_option("address", wanted.part)


def _pattern(signs: tuple[str, ...]) -> tuple[str, str]:
    tidy = tuple([sign for at, sign in enumerate(signs) if sign != MANY or at == 0 or signs[at - 1] != MANY])
    found = comparison_of(tidy)
    if found is None:
        raise unclear_pattern("".join(sign[-1] for sign in signs))
    return found[0], checked_value(found[1])


# ------------------------------------------------------------------------------------------------- size and text


def _size(test: Test, notes: Notes) -> Expression:
    match test.args:
        case (Tag(("over" | "under") as comparison), Number(value, _)):
            pass
        case _:
            raise bad_arguments(test.name)
    if value > MAX_SIZE:
        raise Refusal(
            "size_too_large",
            "Cette règle parle d’une taille de plus de 2 Go, que Zimbra ne sait pas lire et qu’aucun message n’atteint"
            " : refaites-la avec une taille plus petite.",
        )
    return Leaf(SizeTest(comparison, _size_text(value)))


def _size_text(value: int) -> str:
    for unit, sign in ((1 << 20, "M"), (1 << 10, "K")):
        if value and value % unit == 0:
            return f"{value // unit}{sign}"
    return str(value)


def _body(test: Test, notes: Notes) -> Expression:
    wanted = matching(test, parts=False, text=True)
    if wanted.kind in ("count", "value") or wanted.comparator == NUMERIC:
        raise unsupported_option("body", wanted.kind)
    found = []
    for comparison, value in choices(wanted, notes):
        if comparison != "contains" or not value:
            raise Refusal(
                "body_comparison",
                "Dans le texte d’un message, Zimbra sait seulement chercher un mot ou une suite de mots : refaites la"
                " règle avec « contient ».",
            )
        found.append(Leaf(BodyTest(value, case_sensitive=wanted.octet)))
    if wanted.part == "raw" or (wanted.part == "content" and not set(wanted.names) <= _TEXT_PARTS):
        notes.add(
            "body_parts",
            "L’ancienne règle cherchait aussi dans ce qui ne se lit pas (codage, pièces jointes) : Zimbra cherche dans"
            " le texte du message. Vérifiez le résultat sur un message que vous connaissez.",
        )
    return AnyOf(tuple(found))


def _empty_value() -> Refusal:
    return Refusal(
        "empty_value",
        "Cette règle cherche un texte vide, ce que Zimbra ne sait pas faire ici : refaites-la avec le texte voulu.",
    )


_CONDITIONS: dict[str, Callable[[Test, Notes], Expression]] = {
    "header": _header,
    "address": _address,
    "envelope": _envelope,
    "exists": _exists,
    "size": _size,
    "body": _body,
    "date": conditions_dates.date,
    "currentdate": conditions_dates.current_date,
}
NAMES = frozenset(_CONDITIONS) | {"allof", "anyof", "not", "true", "false"}
