"""Scripts written by hand and the samples: old and new do the same with every message made from them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bascule.conversions.filters.model import Verdict
from tests.bascule.conversions.filters.proof import old_script, probes
from tests.bascule.conversions.filters.proof.post import Post, deliverable
from tests.bascule.conversions.filters.proof.rounds import ROUNDS
from tests.bascule.conversions.filters.proof.trial import Trial, converted, rules_of, shown
from tests.bascule.conversions.filters.proof.written import EXACT, FORBIDDEN, UNSURE
from tests.simulated import Simulated

_SAMPLES = Path(__file__).parents[4] / "samples" / "sieve"
# What is no Sieve, in whole or in part, or not of the old server: told apart by their own tests.
_ODD = ("06", "15", "16", "19", "20", "21")
_STANDARD = sorted(path for path in _SAMPLES.glob("[0-9]*") if not path.name.startswith(_ODD))
_FORBIDDEN = ("redirect", "vacation", "notify")
_MESSAGES = 6
# Of these, at most, those that are handed over to a Zimbra too.
_DELIVERED = 4
# Of the messages, at most, those that say the same in another way.
_MORE = 2 if ROUNDS == 1 else None


@pytest.mark.parametrize("name", EXACT)
def test_script_written_by_hand_is_converted_exactly(trial: Trial, simulated: Simulated, name: str) -> None:
    """Both by what `sieve-test` says of the two scripts, and by where a Zimbra with the new one puts the messages."""
    old = old_script.from_values([EXACT[name]])
    drafts = probes.drafts(old, name, _MESSAGES * ROUNDS, more=_MORE)
    reading = converted(EXACT[name])
    refused = [one.remarks for one in reading.rules if one.verdict is Verdict.REFUSED and one.active]
    assert refused == []
    held = trial.held(rules_of(reading))
    found = trial.differences(old, held, drafts)
    assert not found, shown(old, held, found)
    sent = deliverable(drafts)[: _DELIVERED * ROUNDS]
    told = zip(sent, trial.old(old, sent), Post(simulated, rules_of(reading)).landed(sent), strict=True)
    wrong = [(draft, done.told(), places) for draft, done, places in told if done.places != places]
    assert not wrong, wrong[:5]


@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_remains_beside_a_forbidden_action_is_done_as_before(trial: Trial, name: str) -> None:
    script, gone = FORBIDDEN[name]
    old = old_script.without(old_script.from_values([script]), lambda node: node.name in gone)
    drafts = probes.drafts(old, name, _MESSAGES * ROUNDS, more=_MORE)
    reading = converted(script)
    held = trial.held(rules_of(reading))
    assert not [deed for deed in ("redirect ", "reply ", "notify ") if deed in held]
    assert any(one.verdict is not Verdict.SAME and one.remarks for one in reading.rules)
    found = trial.differences(old, held, drafts)
    assert not found, shown(old, held, found)


@pytest.mark.parametrize("name", UNSURE)
def test_what_cannot_be_said_in_zimbra_never_touches_more_mail(trial: Trial, name: str) -> None:
    old = old_script.from_values([UNSURE[name]])
    drafts = probes.drafts(old, name, _MESSAGES * ROUNDS, more=_MORE)
    reading = converted(UNSURE[name])
    held = trial.held(rules_of(reading))
    found = trial.differences(old, held, drafts)
    kept = {("INBOX", frozenset[str]())}
    assert [str(one) for one in found if one.zimbra.places != kept or one.zimbra.reject is not None] == []
    assert not found or all(one.verdict is not Verdict.SAME and one.remarks for one in reading.rules)


@pytest.mark.parametrize("sample", _STANDARD, ids=lambda path: path.name)
def test_sample_is_converted_but_for_what_is_forbidden(trial: Trial, sample: Path) -> None:
    text = sample.read_text()
    values = old_script.from_ldif(text) if sample.suffix == ".ldif" else [text]
    old = old_script.without(old_script.from_values(values), lambda node: node.name in _FORBIDDEN)
    drafts = probes.drafts(old, sample.name, 2 * _MESSAGES * ROUNDS)
    held = trial.held(rules_of(converted(sample.read_bytes(), sample.name)))
    found = trial.differences(old, held, drafts)
    assert not found, shown(old, held, found)


def test_samples_are_there() -> None:
    assert len(_STANDARD) >= 10


def test_flags_that_differ_between_copies_are_told_and_change_no_folder(trial: Trial) -> None:
    script = 'require ["fileinto","imap4flags"]; fileinto "Un"; addflag "\\\\Seen"; fileinto "Deux"; stop;'
    reading = converted(script)
    assert [one.verdict for one in reading.rules] == [Verdict.NEAR]
    held = trial.held(rules_of(reading))
    found = trial.differences(script, held, probes.drafts(script, "copies", _MESSAGES))
    folders = [({folder for folder, _ in one.old.places}, {folder for folder, _ in one.zimbra.places}) for one in found]
    assert folders
    assert all(old == zimbra for old, zimbra in folders)


@pytest.mark.parametrize(
    ("first", "second", "code", "places"),
    [
        ('fileinto "Un";', 'fileinto :copy "Deux";', "copy_of_later_rule", {"Un", "Deux", "INBOX"}),
        ('addflag "\\\\Seen";', "discard; stop;", "flag_keeps_discarded", {"INBOX"}),
        ('fileinto "Un";', 'addflag "\\\\Seen"; fileinto "Deux"; stop;', "flags_of_later_rule", {"Un", "Deux"}),
    ],
)
def test_rules_that_meet_differ_where_it_is_told_only(
    trial: Trial, first: str, second: str, code: str, places: set[str]
) -> None:
    """Zimbra puts the actions of all rules together; only a message that both concern shows it."""
    script = (
        'require ["fileinto", "copy", "imap4flags"];\n'
        f'if header :contains "Subject" "un" {{ {first} }}\nif header :contains "To" "deux" {{ {second} }}\n'
    )
    reading = converted(script)
    assert code in [remark.code for remark in reading.remarks]
    found = trial.differences(script, trial.held(rules_of(reading)), probes.drafts(script, code, 40))
    assert found
    assert all({name.lower() for name, _ in one.draft.headers} >= {"subject", "to"} for one in found)
    assert all({folder for folder, _ in one.zimbra.places} == places and one.old == one.new for one in found)
