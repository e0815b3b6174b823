"""Patterns of the old server as comparisons of Zimbra."""

from __future__ import annotations

import re

import pytest

from bascule.conversions.filters.converting.patterns import as_matches, comparison_of, signs_of_glob
from tests.each import each


@each(
    ("glob", "comparison"),
    [
        ("*facture*", ("contains", "facture")),
        ("facture", ("is", "facture")),
        ("*", ("contains", "")),
        ("**", ("contains", "")),
        ("", ("is", "")),
        ("facture*", ("matches", "facture*")),
        ("*.pdf", ("matches", "*.pdf")),
        ("a?c", ("matches", "a?c")),
        ("?", ("matches", "?")),
        ("a***b", ("matches", "a*b")),
        ("*?*", ("matches", "*?*")),
        ("?*?", ("matches", "?*?")),
        ("a**?**", ("matches", "a*?*")),
        (r"*\**", ("contains", "*")),
        (r"a\*b", ("is", "a*b")),
        (r"a\*b*", ("matches", r"a\*b*")),
        (r"\*\*\*\*\**", ("matches", r"\*\*\*\*\**")),
        (r"a\bc", ("is", "abc")),
        (r"a\\b", ("is", "a\\b")),
        (r"*a\\b*", ("contains", "a\\b")),
        ("fin\\", ("is", "fin\\")),
    ],
)
def test_glob_is_said_as_simply_as_it_can_be(glob: str, comparison: tuple[str, str]) -> None:
    assert comparison_of(signs_of_glob(glob)) == comparison


@pytest.mark.parametrize("glob", [r"a\\*", r"a\\?b*"])
def test_backslash_before_a_sign_cannot_be_said(glob: str) -> None:
    assert comparison_of(signs_of_glob(glob)) is None


@each(
    ("regex", "found"),
    [
        ("facture", [("contains", "facture")]),
        ("^facture", [("matches", "facture*")]),
        ("facture$", [("matches", "*facture")]),
        ("^facture$", [("is", "facture")]),
        ("^$", [("is", "")]),
        ("^.+$", [("matches", "?*")]),
        (".*", [("contains", "")]),
        ("^.*dsi.*$", [("contains", "dsi")]),
        (r"^\[dsi\]", [("matches", "[dsi]*")]),
        ("univ[.]example", [("contains", "univ.example")]),
        (r"univ\.example", [("contains", "univ.example")]),
        ("a.c", [("matches", "*a?c*")]),
        ("a.+c", [("matches", "*a?*c*")]),
        ("chef|directeur", [("contains", "chef"), ("contains", "directeur")]),
        ("^chef|adjoint$", [("matches", "chef*"), ("matches", "*adjoint")]),
        ("^(chef|adjoint)@", [("matches", "chef@*"), ("matches", "adjoint@*")]),
        ("(a|b)(c|d)", [("contains", "ac"), ("contains", "ad"), ("contains", "bc"), ("contains", "bd")]),
        ("réunions?", [("contains", "réunions"), ("contains", "réunion")]),
        ("a(bc)?d", [("contains", "abcd"), ("contains", "ad")]),
        (r"100\*", [("contains", "100*")]),
        ("un .* deux", [("matches", "*un * deux*")]),
        ("(x|.*)", [("contains", "")]),
    ],
)
def test_regular_expression_that_is_certain(regex: str, found: list[tuple[str, str]]) -> None:
    assert as_matches(regex) == found


@each(
    "regex",
    [
        "", "a*", "a+", "a{2}", "[a-z]", "[ab]", "[^a]", r"\d", r"\w+", r"\bmot\b", r"a\1", "(a", "a)", "a||b", "a|",
        "()", "(?i)a", "(?:a)", "a**", ".*?", ".*+", "..{3}", "a^b", "a$b", "(^a)", "(a$|b)", "*a", "a\\", r"\<mot\>",
        "[[:alpha:]]", "(a|b)(c|d)(e|f)(g|h)(i|j)(k|l)", "x" * 5_000, "(" * 50 + "a" + ")" * 50, r"a\\.*b", r"\é",
    ],
)  # fmt: skip
def test_regular_expression_that_is_not_certain(regex: str) -> None:
    assert as_matches(regex) is None


@each("regex", ["a(b|c)?d.*e", "^x.y|z$", "(ab?|c)d", "^a.+b$", "[.]x|y"])
def test_comparisons_find_what_the_expression_finds(regex: str) -> None:
    found = as_matches(regex)
    assert found is not None
    texts = [
        "",
        "ab",
        "abd e",
        "ad",
        "acdxe",
        "adee",
        "xzy",
        "x.y",
        "xy",
        "z",
        "za",
        "cd",
        "bd",
        "a.b",
        "axb",
        ".x",
        "y",
    ]
    for text in texts:
        assert any(_holds(how, value, text) for how, value in found) == bool(re.search(regex, text)), text


def _holds(how: str, value: str, text: str) -> bool:
    if how == "matches":
        pattern = re.escape(value).replace(r"\*", ".*").replace(r"\?", ".")
        return re.fullmatch(pattern, text) is not None
    return value == text if how == "is" else value in text
