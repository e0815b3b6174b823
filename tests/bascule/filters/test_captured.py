"""The one writer of captured rules."""

from __future__ import annotations

import pytest

from accounts.models import Agent, JournalEntry
from bascule.conversions.filters.model import SourceRule
from bascule.filters import captured
from bascule.filters.contents import contents_of
from bascule.filters.from_deposits import read_rules
from bascule.models import CapturedRule
from tests.factories import make_agent

pytestmark = pytest.mark.django_db

TWO = b"""require ["fileinto"];
# Rule Info: $Order=1 Name="Listes"
if header :contains "List-Id" "dsi" { fileinto "Listes/DSI"; stop; }
# Rule Info: $Order=0 Name="Vieux"
if header :contains "Subject" "loterie" { discard; }
"""


@pytest.fixture
def agent() -> Agent:
    return make_agent()


def source(text: str = "stop", name: str = "", active: bool = True) -> SourceRule:
    return SourceRule(f'if header :contains "Subject" "{text}" {{ fileinto "{text}"; }}', name=name, active=active)


def take(agent: Agent, data: bytes = TWO) -> captured.Added:
    return captured.add_from_reading(agent=agent, rules=read_rules(data).rules, deposit=None, by=agent)


def type_in(agent: Agent, *texts: str) -> list[CapturedRule]:
    return [captured.add(agent=agent, source=source(text), by=agent) for text in texts]


def order(agent: Agent, direction: str = "incoming") -> list[tuple[int, str]]:
    rows = CapturedRule.objects.filter(agent=agent, direction=direction)
    return [(row.position, contents_of(row).folders[0]) for row in rows]


def test_rules_of_a_source_come_after_those_that_are_there(agent: Agent) -> None:
    type_in(agent, "a")
    added = take(agent)
    assert [(row.position, row.active, row.verdict) for row in added.rows] == [(2, True, "same"), (3, False, "same")]
    assert [contents_of(row).name for row in added.rows] == ["Listes", "Vieux"]
    assert [rule.active for rule in contents_of(added.rows[1]).rules] == [False]


def test_a_source_read_twice_adds_nothing(agent: Agent) -> None:
    take(agent)
    again = take(agent)
    assert not again.rows
    assert [rule.name for rule in again.known] == ["Listes", "Vieux"]
    assert JournalEntry.objects.filter(action="filter.captured").count() == 1


def test_a_rule_that_was_edited_since_is_still_known(agent: Agent) -> None:
    rule = take(agent).rows[0]
    captured.edit(rule=rule, source=source("autre", "Autre"), by=agent)
    assert not take(agent).rows


def test_the_same_rule_twice_in_one_source_is_kept_twice(agent: Agent) -> None:
    value = b'if header :contains "Subject" "x" { fileinto "X"; }\n'
    assert len(take(agent, value * 2).rows) == 2
    assert not take(agent, value * 2).rows
    assert len(take(agent, value * 3).rows) == 1


def test_names_that_are_taken_are_told_apart(agent: Agent) -> None:
    captured.add(agent=agent, source=source("x", "LISTES"), by=agent)
    names = [contents_of(row).name for row in take(agent).rows]
    assert names == ["Listes (2)", "Vieux"]
    outgoing = captured.add(agent=agent, source=source("x", "Listes"), direction="outgoing", by=agent)
    assert (contents_of(outgoing).name, outgoing.position) == ("Listes", 1)


def test_a_rule_cannot_be_typed_in_twice(agent: Agent) -> None:
    [rule] = type_in(agent, "a")
    with pytest.raises(captured.AlreadyThere) as refusal:
        type_in(agent, "a")
    assert refusal.value.rule == rule
    assert CapturedRule.objects.count() == 1
    assert CapturedRule.objects.filter(agent=make_agent()).count() == 0


def test_there_is_an_end_to_what_is_kept(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(captured, "MAX_RULES", 2)
    type_in(agent, "a")
    added = take(agent)
    assert (len(added.rows), [rule.name for rule in added.left]) == (1, ["Vieux"])
    with pytest.raises(captured.TooMany):
        type_in(agent, "b")


def test_editing_keeps_the_place_and_what_was_captured(agent: Agent) -> None:
    first, _ = take(agent).rows
    captured.edit(rule=first, source=source("neuf", "Neuf", active=False), by=agent)
    captured.edit(rule=first, source=source("encore", "Neuf"), by=agent)
    first.refresh_from_db()
    contents = contents_of(first)
    assert (first.position, first.active, contents.name, contents.folders) == (1, True, "Neuf", ("encore",))
    assert "List-Id" in contents.original
    assert "encore" in contents.source


def test_what_was_typed_in_has_no_original(agent: Agent) -> None:
    [rule] = type_in(agent, "a")
    captured.edit(rule=rule, source=source("b"), by=agent)
    rule.refresh_from_db()
    assert contents_of(rule).original == ""


def test_a_rule_does_not_become_the_twin_of_another(agent: Agent) -> None:
    first, second = type_in(agent, "a", "b")
    with pytest.raises(captured.AlreadyThere):
        captured.edit(rule=second, source=source("a"), by=agent)
    captured.edit(rule=first, source=source("a", "Un nom"), by=agent)


@pytest.mark.parametrize(
    ("to", "expected"), [(1, "cabd"), (2, "acbd"), (3, "abcd"), (4, "abdc"), (0, "cabd"), (99, "abdc")]
)
def test_a_rule_moves_and_the_others_close_up(agent: Agent, to: int, expected: str) -> None:
    rules = type_in(agent, *"abcd")
    assert captured.move(rule=rules[2], to=to, by=agent) == (expected != "abcd")
    assert order(agent) == list(enumerate(expected, 1))


def test_up_and_down(agent: Agent) -> None:
    first, second = type_in(agent, *"ab")
    assert captured.move_up(rule=second, by=agent)
    assert not captured.move_up(rule=second, by=agent)
    assert captured.move_down(rule=second, by=agent)
    assert not captured.move_down(rule=second, by=agent)
    assert order(agent) == [(1, "a"), (2, "b")]
    assert first.pk != second.pk


def test_moving_one_rule_changes_no_other(agent: Agent) -> None:
    first, second, third = type_in(agent, *"abc")
    captured.move(rule=third, to=1, by=agent)
    assert CapturedRule.objects.get(pk=first.pk).changed_at == first.changed_at
    assert CapturedRule.objects.get(pk=third.pk).changed_at > third.changed_at
    assert second.position == 2


def test_switching_reaches_the_rules_of_zimbra_and_only_ones_own(agent: Agent) -> None:
    [rule] = type_in(agent, "a")
    [strange] = type_in(make_agent(), "a")
    assert captured.set_active(agent=agent, ids=[rule.pk, strange.pk], active=False, by=agent) == 1
    assert captured.set_active(agent=agent, ids=[rule.pk], active=False, by=agent) == 0
    rule.refresh_from_db()
    strange.refresh_from_db()
    assert (rule.active, strange.active) == (False, True)
    assert not any(one.active for one in contents_of(rule).rules)


def test_deleting_closes_the_gap_and_reaches_only_ones_own(agent: Agent) -> None:
    rules = type_in(agent, *"abc")
    [strange] = type_in(make_agent(), "a")
    assert captured.delete(agent=agent, ids=[rules[0].pk, strange.pk], by=agent) == 1
    assert order(agent) == [(1, "b"), (2, "c")]
    assert CapturedRule.objects.filter(pk=strange.pk).exists()


def test_nothing_of_the_contents_lies_in_clear(agent: Agent) -> None:
    rule = captured.add(agent=agent, source=source("secret", "Secret"), by=agent)
    captured.move(rule=rule, to=1, by=agent)
    captured.set_active(agent=agent, ids=[rule.pk], active=False, by=agent)
    captured.edit(rule=rule, source=source("autre secret", "Secret"), by=agent)
    captured.delete(agent=agent, ids=[rule.pk], by=agent)
    row = captured.add(agent=agent, source=source("secret", "Secret"), by=agent)
    row.refresh_from_db()
    assert b"ecret" not in bytes(row.contents)
    told = [f"{entry.target_label} {entry.details}" for entry in JournalEntry.objects.all()]
    assert len(told) == 5
    assert "ecret" not in "".join(told)


def test_a_rule_that_is_gone_is_said(agent: Agent) -> None:
    [rule] = type_in(agent, "a")
    CapturedRule.objects.all().delete()
    with pytest.raises(captured.Gone):
        captured.move(rule=rule, to=2, by=agent)
    with pytest.raises(captured.Gone):
        captured.edit(rule=rule, source=source("b"), by=agent)
