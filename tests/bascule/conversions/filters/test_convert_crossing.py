"""Rules that Zimbra makes something else of together."""

from __future__ import annotations

from bascule.conversions.filters.converting.crossing import cross_rule_remarks
from tests.bascule.conversions.filters.convert_cases import codes, converted
from tests.each import each


def remarks(*texts: str) -> list[str]:
    found = [converted(text, name=f"R{at}") for at, text in enumerate(texts)]
    return [remark.code for remark in cross_rule_remarks(found)]


@each(
    ("texts", "found"),
    [
        (['if exists "A" { addflag "x"; }', 'if exists "B" { discard; }'], ["flag_keeps_discarded"]),
        (['if exists "A" { discard; }', 'if exists "B" { addflag "\\\\Seen"; }'], ["flag_keeps_discarded"]),
        (['if exists "A" { fileinto "a"; }', 'if exists "B" { addflag "x"; }'], ["flags_of_later_rule"]),
        (['if exists "A" { fileinto "a"; }', 'if exists "B" { fileinto :copy "b"; }'], ["copy_of_later_rule"]),
        # Stopped, exclusive, inactive or without a difference.
        (['if exists "A" { addflag "x"; stop; }', 'if exists "B" { discard; }'], []),
        (['if exists "A" { addflag "x"; }', 'if not exists "A" { discard; }'], []),
        (
            [
                'if anyof (exists "A", exists "B") { addflag "x"; }',
                'if not anyof (exists "A", exists "B") { discard; }',
            ],
            [],
        ),
        (['if exists "A" { addflag "x"; fileinto "a"; }', 'if exists "B" { discard; }'], []),
        (['if exists "A" { addflag "x"; }', 'if exists "B" { fileinto "b"; }'], []),
        (['if exists "A" { fileinto :copy "a"; }', 'if exists "B" { fileinto "b"; }'], []),
        (['if exists "A" { keep; }', 'if exists "B" { fileinto :copy "b"; }'], []),
        (['if exists "A" { fileinto "a"; }', 'if exists "B" { fileinto "b"; }'], []),
        (['if exists "A" { addflag "x"; fileinto "a"; }', 'if exists "B" { addflag "x"; fileinto "b"; }'], []),
    ],
)
def test_pairs_of_rules(texts: list[str], found: list[str]) -> None:
    assert remarks(*texts) == found


def test_rule_that_never_applies_does_not_count() -> None:
    assert remarks('if exists "A" { addflag "x"; }', "if false { discard; }") == []


def test_rules_that_are_not_active_do_not_count() -> None:
    first = converted('if exists "A" { addflag "x"; }', active=False)
    assert cross_rule_remarks([first, converted("discard;")]) == []


def test_each_kind_is_told_once_for_a_rule_and_names_both() -> None:
    found = [converted(f'if exists "A{at}" {{ addflag "x"; }}', name=f"Marque {at}") for at in range(3)]
    (remark,) = cross_rule_remarks([*found, converted('if exists "B" { discard; }', name="Poubelle")])
    assert "« Marque 0 »" in remark.message
    assert "« Poubelle »" in remark.message
    assert remark.place == "règle 1"


def test_rules_that_come_of_one_are_looked_at_as_well() -> None:
    rule = converted('if exists "A" { addflag "x"; if exists "B" { discard; } }')
    assert (rule.verdict, codes(rule)) == ("near", ["flag_keeps_discarded", "several_rules"])


def test_branches_of_one_rule_exclude_each_other() -> None:
    assert codes(converted('if exists "A" { addflag "x"; } else { discard; }')) == ["several_rules"]
    assert codes(converted('if anyof (exists "A", exists "B") { addflag "x"; } else { discard; }')) == ["several_rules"]


def test_many_rules_are_looked_at_within_a_bound() -> None:
    found = [converted(f'if exists "A{at}" {{ fileinto :copy "f"; }}') for at in range(400)]
    assert cross_rule_remarks(found) == []
