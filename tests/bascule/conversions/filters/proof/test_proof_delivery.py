"""Mail handed over to the simulated Zimbra ends where `sieve-test` says that the old script put it: made-up scripts.

Expected: flags and tags are those of the message, so that every copy has all of them.
"""

from __future__ import annotations

import pytest

from tests.bascule.conversions.filters.proof import old_script, probes, rules_made
from tests.bascule.conversions.filters.proof.post import Post, deliverable
from tests.bascule.conversions.filters.proof.rounds import ROUNDS
from tests.bascule.conversions.filters.proof.trial import Trial, converted, flagged_alike, rules_of
from tests.simulated import Simulated


@pytest.mark.parametrize("kind", rules_made.KINDS)
def test_mail_lands_where_the_old_script_put_it(simulated: Simulated, trial: Trial, kind: str) -> None:
    for number in range(ROUNDS):
        made = rules_made.values(f"post {kind} {number}", 6, kind)
        old = old_script.from_values(rule.value for rule in made)
        drafts = deliverable(probes.drafts(old, kind, 40))
        rules = rules_of(converted(rules_made.ldif(made), "annuaire.ldif"))
        landed = Post(simulated, rules).landed(drafts)
        before = trial.old(old, drafts)
        told = zip(drafts, before, landed, strict=True)
        wrong = [(draft, done.told(), places) for draft, done, places in told if flagged_alike(done.places) != places]
        assert not wrong, f"{old}\n{wrong[:3]}"
