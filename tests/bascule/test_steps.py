from __future__ import annotations

import re

import pytest
from django.test import override_settings

from bascule import steps
from bascule.step_content import content_for
from bascule.steps import STEPS, StepPhase, Tool
from tests.each import each

# The academy's own table: phase, minutes, optional, only for what was set in the old webmail, per device.
TABLE = [
    ("capture-filters", "before", (5, 5), True, True, False),
    ("export-calendar", "before", (5, 5), True, True, False),
    ("export-contacts", "before", (5, 5), True, True, False),
    ("save-signature", "before", (5, 5), True, True, False),
    ("note-boxes", "before", (3, 3), True, False, False),
    ("note-devices", "before", (5, 5), True, False, False),
    ("check-mailbox", "after", (5, 10), False, False, False),
    ("check-boxes", "after", (5, 10), True, False, False),
    ("recreate-filters", "after", (5, 5), True, True, False),
    ("restore-calendar", "after", (5, 10), True, False, False),
    ("add-contacts", "after", None, True, False, False),
    ("recreate-signature", "after", (2, 2), True, False, False),
    ("reconfigure-devices", "after", (10, 15), True, False, True),
]


def test_steps_are_those_of_the_academy_in_its_order() -> None:
    ours = [(s.code, s.phase.value, s.minutes, s.optional, s.convergence_only, s.per_device) for s in STEPS]
    assert ours == TABLE


def test_step_taken_up_is_one_before_the_move_with_something_to_show() -> None:
    for step in STEPS:
        if not step.takes_up:
            continue
        earlier = steps.get(step.takes_up)
        assert step.phase is StepPhase.AFTER
        assert earlier.phase is StepPhase.BEFORE
        assert earlier.takes_notes or (earlier.tool is step.tool and step.tool in (Tool.CONTACTS, Tool.CALENDARS))
    assert {step.takes_up for step in STEPS if step.takes_up} == {step.code for step in STEPS if step.is_before}


def test_unknown_step_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        steps.get("export-everything")


def test_neighbours_run_over_both_phases_and_stop_at_the_ends() -> None:
    assert steps.neighbours(STEPS[0]) == (None, STEPS[1])
    assert steps.neighbours(steps.get("note-devices"))[1] is steps.get("check-mailbox")
    assert steps.neighbours(STEPS[-1]) == (STEPS[-2], None)


@each("code", [step.code for step in STEPS])
def test_content_is_complete_and_has_no_placeholder_left(code: str) -> None:
    content = content_for(code)
    assert content.why
    assert content.old.actions
    assert content.new.actions
    assert 3 <= len(content.problems) <= 5
    assert bool(content.note_hint) == steps.get(code).takes_notes
    told = [*content.why, *content.old.actions, *content.new.actions, content.old.remark, content.new.remark]
    told += [text for problem in content.problems for text in (problem.symptom, problem.remedy)]
    for text in told:
        assert not re.search(r"[{}]|  ", text), text
        assert text.count("**") % 2 == 0, text
        assert "'" not in text, f"straight apostrophe: {text}"


@override_settings(OLD_WEBMAIL_NAME="VieuxWebmail", CLIENT_IMAP_HOST="new.example.org", OLD_IMAP_HOST="old.example")
def test_content_takes_names_and_servers_from_the_settings() -> None:
    content = content_for("reconfigure-devices")
    assert any("old.example" in problem.symptom for problem in content.problems)
    assert any("new.example.org" in problem.remedy for problem in content.problems)
    assert "VieuxWebmail" in " ".join(content_for("export-contacts").why)
