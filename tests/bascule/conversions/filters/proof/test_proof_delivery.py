"""Mail handed over to the simulated Zimbra ends where `sieve-test` says that the old script put it.

Left out, because the mailbox is not the one of the old server there: the size, which grows on the way by the fields of
the delivery; the recipient, which is the account's address; and what a Zimbra takes for spam before any rule is run.
Expected: flags and tags are those of the message, so that every copy has all of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.bascule.conversions.filters.proof import new_script, old_script, probes, rules_made
from tests.bascule.conversions.filters.proof.messages import Draft, message
from tests.bascule.conversions.filters.proof.rounds import ROUNDS
from tests.bascule.conversions.filters.proof.trial import Places, Trial, converted, flagged_alike, rules_of
from tests.bascule.conversions.filters.proof.written import EXACT
from tests.simulated import Simulated
from zimbra.types.filters import FilterRule
from zimbra.types.folders import Folder


class Post:
    """A new mailbox with rules, and the mail it gets."""

    def __init__(self, server: Simulated, rules: Sequence[FilterRule]) -> None:
        self._server = server
        self._address = server.create_account()
        with server.client(self._address) as client:
            client.replace_filters(rules)

    def landed(self, drafts: Sequence[Draft]) -> list[Places]:
        """For each message the folders it is in, with its flags and tags there."""
        for number, draft in enumerate(drafts):
            raw = message(draft | Draft(headers=(("Message-ID", f"<{number}@proof.example>"),)))
            self._server.deliver(self._address, raw, draft.envelope.sender)
        found: list[set[tuple[str, frozenset[str]]]] = [set() for _ in drafts]
        with self._server.client(self._address) as client:
            paths = dict(_paths(client.folders()))
            for one in client.messages("is:anywhere"):
                flags = {"\\seen"} - ({"\\seen"} if one.is_unread else set())
                flags |= {"\\flagged"} if "f" in one.flags else set()
                place = (new_script.folder_named(paths[one.folder_id]), frozenset(flags | _tags(one.tags)))
                number = one.message_id.strip("<>").partition("@")[0]
                assert number.isdigit(), "a letter that nobody sent"
                assert place not in found[int(number)], "filed twice"
                found[int(number)].add(place)
        return [frozenset(places) for places in found]


def _tags(tags: Sequence[str]) -> set[str]:
    return {f"tag:{tag.lower()}" for tag in tags}


def _paths(folder: Folder) -> list[tuple[str, str]]:
    return [(folder.id, folder.path), *(one for child in folder.children for one in _paths(child))]


def _initial(name: str) -> str:
    return name.removeprefix("test-").removeprefix("action-")[0]


def _deliverable(drafts: Sequence[Draft]) -> list[Draft]:
    return [
        draft
        for draft in drafts
        if draft.size is None and draft.recipient is None and "X-Spam-Flag" not in dict(draft.headers)
    ]


@pytest.mark.parametrize("kind", rules_made.KINDS)
def test_mail_lands_where_the_old_script_put_it(simulated: Simulated, trial: Trial, kind: str) -> None:
    for number in range(ROUNDS):
        made = rules_made.values(f"post {kind} {number}", 6, kind)
        old = old_script.from_values(rule.value for rule in made)
        drafts = _deliverable(probes.drafts(old, kind, 40))
        rules = rules_of(converted(rules_made.ldif(made), "annuaire.ldif"))
        landed = Post(simulated, rules).landed(drafts)
        before = trial.old(old, drafts)
        told = zip(drafts, before, landed, strict=True)
        wrong = [(draft, done.told(), places) for draft, done, places in told if flagged_alike(done.places) != places]
        assert not wrong, f"{old}\n{wrong[:3]}"


@pytest.mark.parametrize("letter", sorted({_initial(name) for name in EXACT}))
def test_mail_for_scripts_written_by_hand_lands_likewise(simulated: Simulated, trial: Trial, letter: str) -> None:
    wrong = []
    for name, script in EXACT.items():
        if _initial(name) == letter:
            old = old_script.from_values([script])
            drafts = _deliverable(probes.drafts(old, name, 4 * ROUNDS))
            landed = Post(simulated, rules_of(converted(script))).landed(drafts)
            told = zip(drafts, trial.old(old, drafts), landed, strict=True)
            wrong += [(name, draft, done.told(), places) for draft, done, places in told if done.places != places]
    assert not wrong, wrong[:5]
