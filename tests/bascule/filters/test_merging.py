"""The new list: theirs kept, ours in order, nothing overwritten unasked; and what it looks like when taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bascule.filters.merging import Change, Merged, Sent, Wanted, alike, merge, same_list, with_rule
from bascule.filters.taking_back import take_back
from tests.each import examples
from zimbra.types.filter_actions import FileInto, Stop
from zimbra.types.filter_tests import DateTest, HeaderTest, TrueTest
from zimbra.types.filters import FilterRule, RuleBody
from zimbra.verbs.filters import check_rules


def rule(name: str, content: str = "", *, active: bool = True) -> FilterRule:
    return FilterRule(
        (HeaderTest("subject", content or name, "contains"),), (FileInto(f"Dossier {content or name}"),), name=name,
        active=active,
    )  # fmt: skip


def names(rules: Merged | tuple[FilterRule, ...]) -> list[str]:
    return [one.name for one in (rules.rules if isinstance(rules, Merged) else rules)]


def wanted(*rules: FilterRule) -> list[Wanted]:
    return [Wanted(one, number) for number, one in enumerate(rules)]


def changes(merged: Merged) -> dict[str, Change]:
    return {row.key or (row.before or row.after).name: row.change for row in merged.rows}


THEIRS = (rule("Perso 1"), rule("Perso 2"))
OURS = (rule("A"), rule("B"), rule("C"))


def sent_before(current: tuple[FilterRule, ...] = THEIRS, rules: tuple[FilterRule, ...] = OURS) -> Merged:
    return merge(current, wanted(*rules))


def test_first_time_ours_stand_after_theirs() -> None:
    merged = merge(THEIRS, wanted(*OURS))
    assert names(merged) == ["Perso 1", "Perso 2", "A", "B", "C"]
    assert [row.change for row in merged.rows] == [Change.THEIRS] * 2 + [Change.ADDED] * 3
    assert [(row.before_at, row.after_at) for row in merged.rows] == [(1, 1), (2, 2), (None, 3), (None, 4), (None, 5)]


def test_first_time_ours_stand_before_theirs_when_asked() -> None:
    assert names(merge(THEIRS, wanted(*OURS), first=True)) == ["A", "B", "C", "Perso 1", "Perso 2"]


def test_block_stays_where_it_was() -> None:
    earlier = sent_before()
    current = (*earlier.rules, rule("Perso 3"))
    merged = merge(current, wanted(rule("N"), *OURS, rule("Z")), earlier.sent, first=True)
    assert names(merged) == ["Perso 1", "Perso 2", "N", "A", "B", "C", "Z", "Perso 3"]


def test_what_stands_between_two_of_ours_stays_there() -> None:
    earlier = sent_before(())
    a, b, c = earlier.rules
    merged = merge((a, rule("Perso"), b, c), wanted(*OURS, rule("D")), earlier.sent)
    assert names(merged) == ["A", "Perso", "B", "C", "D"]


def test_a_new_order_of_ours_brings_them_together() -> None:
    earlier = sent_before(())
    a, b, c = earlier.rules
    merged = merge((a, rule("Perso"), b, c), wanted(c, a, b), earlier.sent)
    assert names(merged) == ["C", "A", "B", "Perso"]
    assert [row.key for row in merged.rows if row.moved] == ["C"]


def test_all_of_ours_replaced_stand_where_they_did() -> None:
    earlier = sent_before((), (rule("A"),))
    merged = merge((rule("P"), *earlier.rules, rule("Q")), wanted(rule("N")), earlier.sent)
    assert names(merged) == ["P", "N", "Q"]
    assert [(row.key, row.change) for row in merged.rows] == [
        ("", Change.THEIRS), ("N", Change.ADDED), ("A", Change.REMOVED), ("", Change.THEIRS),
    ]  # fmt: skip


def test_rule_no_longer_wanted_goes_and_a_changed_one_is_replaced() -> None:
    earlier = sent_before()
    merged = merge(earlier.rules, wanted(rule("A"), rule("B", "autre")), earlier.sent)
    assert names(merged) == ["Perso 1", "Perso 2", "A", "B"]
    assert changes(merged)["A"] == Change.UNCHANGED
    assert changes(merged)["B"] == Change.REPLACED
    assert changes(merged)["C"] == Change.REMOVED
    assert alike(merged.rules[3], rule("B", "autre"))


def test_switching_a_rule_off_is_a_change() -> None:
    earlier = sent_before()
    merged = merge(earlier.rules, wanted(rule("A", active=False), *OURS[1:]), earlier.sent)
    assert changes(merged)["A"] == Change.REPLACED


@pytest.mark.parametrize("mine", [False, True])
def test_ours_changed_in_zimbra_is_kept_unless_said_otherwise(mine: bool) -> None:
    earlier = sent_before((), OURS)
    current = (rule("A"), rule("B", "retouchée"), rule("C"))
    merged = merge(
        current, wanted(rule("A"), rule("B", "du portail"), rule("C")), earlier.sent, overwrite={"B"} if mine else ()
    )
    row = next(row for row in merged.rows if row.key == "B")
    assert row.in_conflict
    assert row.change == (Change.REPLACED if mine else Change.CHANGED_THERE)
    assert alike(merged.rules[1], rule("B", "du portail" if mine else "retouchée"))
    # The next time it is still known, and still asked.
    again = merge(merged.rules, wanted(rule("A"), rule("B", "du portail"), rule("C")), merged.sent)
    assert again.rules == merged.rules
    assert changes(again)["B"] == (Change.UNCHANGED if mine else Change.CHANGED_THERE)


@pytest.mark.parametrize("mine", [False, True])
def test_ours_deleted_in_zimbra_stays_away_unless_said_otherwise(mine: bool) -> None:
    earlier = sent_before((), OURS)
    merged = merge((rule("A"), rule("C")), wanted(*OURS), earlier.sent, overwrite={"B"} if mine else ())
    assert names(merged) == (["A", "B", "C"] if mine else ["A", "C"])
    assert changes(merged)["B"] == (Change.ADDED if mine else Change.DELETED_THERE)
    again = merge(merged.rules, wanted(*OURS), merged.sent)
    assert names(again) == names(merged)


def test_ours_changed_in_zimbra_and_given_up_in_the_portal_becomes_theirs() -> None:
    earlier = sent_before((), OURS)
    current = (rule("A"), rule("B", "retouchée"), rule("C"))
    merged = merge(current, wanted(rule("A"), rule("C")), earlier.sent)
    assert names(merged) == ["A", "B", "C"]
    assert changes(merged)["B"] == Change.CHANGED_THERE
    assert merged.ours == ("A", "C")
    assert names(merge(current, wanted(rule("A"), rule("C")), earlier.sent, overwrite={"B"})) == ["A", "C"]


def test_same_name_and_content_is_adopted() -> None:
    merged = merge((rule("A"),), wanted(rule("A"), rule("B")))
    assert names(merged) == ["A", "B"]
    assert changes(merged)["A"] == Change.ADOPTED
    assert names(merge(merged.rules, wanted(rule("B")), merged.sent)) == ["B"]


def test_same_name_other_content_gets_a_number() -> None:
    current = (rule("A", "la leur"), rule("A (2)", "encore"))
    merged = merge(current, wanted(rule("A"), rule("A (2)")))
    assert names(merged) == ["A", "A (2)", "A (3)", "A (2) (2)"]
    assert [row.renamed for row in merged.rows] == [False, False, True, True]
    again = merge(merged.rules, wanted(rule("A", "nouveau"), rule("A (2)")), merged.sent)
    assert names(again) == names(merged)
    assert changes(again)["A"] == Change.REPLACED


def test_two_rules_of_one_name_and_names_zimbra_cannot_keep() -> None:
    merged = merge((), wanted(rule("A"), rule("A", "autre"), rule("deux\nlignes"), rule("  ", "vide")))
    assert names(merged) == ["A", "A (2)", "deux lignes", "Règle"]
    check_rules(merged.rules)


def test_rule_without_a_test_is_safe_to_switch_off() -> None:
    merged = merge((), wanted(FilterRule((), (Stop(),), name="Tout", active=False)))
    assert merged.rules[0].tests == (TrueTest(),)


def test_what_zimbra_writes_otherwise_is_no_change() -> None:
    written, shown = rule("A"), rule("A", "comme Zimbra l’écrit")
    merged = merge((shown,), wanted(written), [Sent("A", written, held=shown)])
    assert changes(merged) == {"A": Change.UNCHANGED}
    assert merged.rules == (shown,)


def test_dates_are_compared_by_the_day() -> None:
    def dated(seconds: int) -> FilterRule:
        return FilterRule((DateTest("before", seconds),), (Stop(),), nested=RuleBody((DateTest("after", 5),)), name="D")

    assert alike(dated(1_700_000_000), dated(1_699_916_400))
    assert not alike(dated(1_700_000_000), dated(1_700_000_000 - 86_400))


def test_one_rule_is_put_in_and_replaced_where_it_stands() -> None:
    merged = with_rule(THEIRS, rule("Liste"), first=True)
    assert names(merged) == ["Liste", "Perso 1", "Perso 2"]
    moved = (merged.rules[1], merged.rules[0], merged.rules[2])
    again = with_rule(moved, rule("Liste", "autre"), sent=merged.sent[0].rule, first=True)
    assert names(again) == ["Perso 1", "Liste", "Perso 2"]
    assert alike(again.rules[1], rule("Liste", "autre"))


def test_five_hundred_rules_are_merged() -> None:
    rules = [rule(f"Règle {number}") for number in range(500)]
    merged = merge(THEIRS, wanted(*rules))
    again = merge(merged.rules, wanted(*reversed(rules)), merged.sent)
    assert names(again)[2:] == [f"Règle {number}" for number in reversed(range(500))]


NAMES = st.sampled_from(["A", "B", "C", "D", "A (2)", "P", "Q"])
RULES = st.builds(rule, NAMES, st.sampled_from(["x", "y", "z"]), active=st.booleans())
LISTS = st.lists(RULES, max_size=6)
UNIQUE = st.lists(RULES, max_size=6, unique_by=lambda one: one.name).map(tuple)


@st.composite
def situations(draw: st.DrawFn) -> tuple[tuple[FilterRule, ...], tuple[Sent, ...]]:
    """What Zimbra holds after an earlier sending that others have worked over since."""
    earlier = merge(draw(UNIQUE), wanted(*draw(LISTS)))
    return worked_over(draw, earlier.rules), earlier.sent


def worked_over(draw: st.DrawFn, rules: tuple[FilterRule, ...]) -> tuple[FilterRule, ...]:
    kept = [one for one in draw(st.permutations(rules)) if draw(st.integers(0, 4))]
    changed = [one if draw(st.integers(0, 3)) else rule(one.name, "retouchée") for one in kept]
    more = [one for one in draw(UNIQUE) if one.name not in {other.name for other in changed}]
    return tuple(draw(st.permutations([*changed, *more])))


@given(situations(), LISTS, st.booleans(), st.sets(NAMES))
@settings(max_examples=examples(150), deadline=None)
def test_theirs_are_never_lost_nor_reordered_and_again_changes_nothing(
    situation: tuple[tuple[FilterRule, ...], tuple[Sent, ...]], list_: list[FilterRule], first: bool, mine: set[str]
) -> None:
    current, sent = situation
    merged = merge(current, wanted(*list_), sent, overwrite=mine, first=first)
    check_rules(merged.rules)
    owned = {one.rule.name for one in sent} | {row.after.name for row in merged.rows if row.change == Change.ADOPTED}
    assert [one for one in merged.rules if one in current and one.name not in owned] == [
        one for one in current if one.name not in owned
    ]
    # Ours are in the person's order, and each is there unless somebody had deleted it.
    keys = {one.rule.name: one.key for one in merged.sent}
    deleted = {row.key for row in merged.rows if row.change == Change.DELETED_THERE}
    assert [keys[one.name] for one in merged.rules if one.name in keys] == [
        one.key for one in merged.sent if one.key not in deleted
    ]
    again = merge(merged.rules, wanted(*list_), merged.sent, first=first)
    assert same_list(again.rules, merged.rules)
    assert not {row.change for row in again.rows} & {Change.ADDED, Change.REPLACED, Change.REMOVED}
    # Every rule of either list has its line, once, with its places.
    assert [row.after for row in merged.rows if row.after is not None] == list(merged.rules)
    assert sorted(row.before_at for row in merged.rows if row.before_at) == list(range(1, len(current) + 1))


@given(situations(), LISTS, st.booleans(), st.sets(NAMES))
@settings(max_examples=examples(80), deadline=None)
def test_undo_gives_back_exactly_what_was_there(
    situation: tuple[tuple[FilterRule, ...], tuple[Sent, ...]], list_: list[FilterRule], first: bool, mine: set[str]
) -> None:
    current, sent = situation
    merged = merge(current, wanted(*list_), sent, overwrite=mine, first=first)
    undone = take_back(current, merged.rules, merged.rules)
    assert undone.rules == current
    assert undone.left == ()


@given(st.data(), situations(), LISTS)
@settings(max_examples=examples(150), deadline=None)
def test_undo_after_others_worked_on_it_keeps_their_work(
    data: st.DataObject, situation: tuple[tuple[FilterRule, ...], tuple[Sent, ...]], list_: list[FilterRule]
) -> None:
    before, sent = situation
    after = merge(before, wanted(*list_), sent).rules
    now = worked_over(data.draw, after)
    undone = take_back(before, after, now)
    found = {one.name: one for one in undone.rules}
    assert len(found) == len(undone.rules)
    written, old = {one.name: one for one in after}, {one.name: one for one in before}
    for one in now:
        if one.name not in written or not alike(one, written[one.name]):
            assert found[one.name] == one
        elif one.name in old:
            assert alike(found[one.name], old[one.name])
        else:
            assert one.name not in found
    assert {name for name in old if name not in written} <= set(found)
    assert set(undone.left) <= set(found)
    assert take_back(before, after, undone.rules).rules == undone.rules


@given(
    UNIQUE, LISTS, st.lists(st.tuples(st.integers(0, 10), st.integers(0, 99)), max_size=3, unique_by=lambda one: one[1])
)
@settings(max_examples=examples(80), deadline=None)
def test_undo_keeps_what_was_added_since_wherever_it_stands(
    before: tuple[FilterRule, ...], list_: list[FilterRule], added: list[tuple[int, int]]
) -> None:
    after = merge(before, wanted(*list_)).rules
    now = list(after)
    for place, number in added:
        now.insert(place, rule(f"Ajoutée {number}"))
    undone = take_back(before, after, now)
    assert tuple(one for one in undone.rules if not one.name.startswith("Ajoutée")) == before
    assert {one.name for one in undone.rules if one.name.startswith("Ajoutée")} == {f"Ajoutée {n}" for _, n in added}


def test_undo_tells_what_it_left() -> None:
    after = merge(THEIRS, wanted(*OURS)).rules
    now = tuple(replace(one, active=False) if one.name == "B" else one for one in after)
    undone = take_back(THEIRS, after, now)
    assert names(undone.rules) == ["Perso 1", "Perso 2", "B"]
    assert undone.left == ("B",)
