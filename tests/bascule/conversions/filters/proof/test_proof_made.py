"""Scripts made up, from a directory and from files, and a person with sixty rules."""

from __future__ import annotations

import pytest

from bascule.conversions.filters.model import Verdict
from tests.bascule.conversions.filters.proof import old_script, probes, rules_made
from tests.bascule.conversions.filters.proof.rounds import ROUNDS
from tests.bascule.conversions.filters.proof.trial import Trial, converted, flags_on_every_copy, rules_of, shown

_SCRIPTS = 8 * ROUNDS
_MESSAGES = 32
_SIXTY = 60


@pytest.mark.parametrize("number", range(_SCRIPTS))
def test_script_made_up_is_converted_exactly(trial: Trial, number: int) -> None:
    made = rules_made.values(f"script {number}", 5, rules_made.KINDS[number % len(rules_made.KINDS)])
    values = [rule.value for rule in made]
    old = old_script.from_values(values)
    drafts = probes.drafts(old_script.from_values(values, disabled=True), f"{number}", _MESSAGES)
    reading = converted(rules_made.ldif(made), "annuaire.ldif")
    assert [one.remarks for one in reading.rules if one.verdict is Verdict.REFUSED] == []
    held = trial.held(rules_of(reading))
    found = trial.differences(old, held, drafts, flags_on_every_copy)
    assert not found, shown(old, held, found)


def test_file_with_the_rules_one_after_the_other_is_converted_exactly(trial: Trial) -> None:
    made = [rule for rule in rules_made.values("file", 8, "stopping") if rule.order]
    text = "\n".join(rule.value for rule in sorted(made, key=lambda rule: rule.order or 0))
    old = old_script.from_values([text])
    held = trial.held(rules_of(converted(text)))
    found = trial.differences(old, held, probes.drafts(old, "file", _MESSAGES * ROUNDS))
    assert not found, shown(old, held, found)


def test_person_with_sixty_rules(trial: Trial) -> None:
    """What is held is read back too: every name on a line of its own, in order, and switched off what was."""
    made = rules_made.values("sixty", _SIXTY, "stopping")
    values = [rule.value for rule in made]
    old = old_script.from_values(values)
    drafts = probes.drafts(old_script.from_values(values, disabled=True), "sixty", 3 * _SIXTY * ROUNDS)
    reading = converted(rules_made.ldif(made), "annuaire.ldif")
    wanted = rules_of(reading)
    held = trial.held(wanted)
    found = trial.differences(old, held, drafts)
    assert not found, shown(old, held, found)

    assert len(reading.rules) == _SIXTY
    assert trial.client.filters() == wanted
    assert [line.removeprefix("# ") for line in held.split("\n") if line.startswith("# ")] == [
        rule.name for rule in wanted
    ]
    heads = [line.split(" ")[0] for line in held.split("\n") if line.startswith(("if ", "disabled_if "))]
    assert heads == ["if" if rule.active else "disabled_if" for rule in wanted]


def test_names_order_and_state_are_those_of_the_directory(trial: Trial) -> None:
    made = rules_made.values("sixty", _SIXTY, "stopping")
    ordered = sorted((rule for rule in made if rule.order), key=lambda rule: rule.order or 0)
    running = [*ordered, *(rule for rule in made if rule.order is None)]
    reading = converted(rules_made.ldif(made), "annuaire.ldif")
    assert [one.name for one in reading.rules if one.active] == [rule.name for rule in running]
    assert {one.name for one in reading.rules if not one.active} == {rule.name for rule in made if rule.order == 0}
    assert all(rule.active == one.active for one in reading.rules for rule in one.rules)
    held_by = {one.name: [rule.name for rule in one.rules] for one in reading.rules}
    assert all(names[0].startswith(name) for name, names in held_by.items())
