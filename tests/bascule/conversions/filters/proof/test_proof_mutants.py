"""The comparison on trial: rules made wrong on purpose are told from right ones by the messages made for them."""

from __future__ import annotations

import pytest

from tests.bascule.conversions.filters.proof import old_script, probes
from tests.bascule.conversions.filters.proof.mutants import mutants
from tests.bascule.conversions.filters.proof.rounds import ROUNDS
from tests.bascule.conversions.filters.proof.trial import Trial, converted, rules_of

# Every rule is one that only some messages come to, and what it does shows.
_SCRIPT = r"""
require ["fileinto", "copy", "imap4flags", "reject", "body", "envelope"];
# Rule Info: $Order=1 Name="Taille"
if size :over 3000 { fileinto "Gros"; stop; }
# Rule Info: $Order=2 Name="Liste"
if header :contains ["To", "Cc"] "dsi@listes.academie.example" { fileinto "Listes/DSI"; stop; }
# Rule Info: $Order=3 Name="Chef"
if allof (address :domain :is "From" "academie.example", not header :contains "Subject" "réunion")
  { addflag "\\Flagged"; fileinto "Chef"; stop; }
# Rule Info: $Order=4 Name="Loterie"
if anyof (header :is "X-Loterie" "oui", header :matches "Subject" "gagnez*") { discard; stop; }
# Rule Info: $Order=0 Name="Ancienne"
if header :contains "Keywords" "ancien" { fileinto "Ancien"; stop; }
# Rule Info: $Order=6 Name="Lu"
if header :comparator "i;octet" :contains "Subject" "Suivi" { addflag "\\Seen"; keep; stop; }
# Rule Info: $Order=7 Name="Refus"
if exists "X-Publicite" { reject "Non merci"; stop; }
# Rule Info: $Order=8 Name="Projet"
if body :contains "projet" { addflag "projet"; fileinto "Projets"; stop; }
# Rule Info: $Order=9 Name="Copie"
if header :contains "Comments" "archive" { fileinto :copy "Archive"; stop; }
# Rule Info: $Order=10 Name="Reste"
fileinto "Reste";
"""
_MESSAGES = 120
_PORTION = 16
# Of each kind of mistake that many places are tried.
_PLACES = 1
# How many kinds of mistakes there are at least, whatever form the converter gives the rules.
_LEAST = 30


def _kinds(trial: Trial) -> dict[str, list[tuple[str, str]]]:
    """Of each kind of mistake: (what was done, the script a Zimbra then holds)."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, rules in mutants(rules_of(converted(_SCRIPT))):
        places = found.setdefault(name.partition(":")[0], [])
        if len(places) < _PLACES * ROUNDS:
            places.append((name, trial.held(rules)))
    return found


@pytest.fixture
def right(trial: Trial) -> str:
    return trial.held(rules_of(converted(_SCRIPT)))


def test_every_mistake_in_converted_rules_is_seen(trial: Trial, right: str) -> None:
    old = old_script.from_values([_SCRIPT])
    drafts = probes.drafts(old_script.from_values([_SCRIPT], disabled=True), "mutants", _MESSAGES)
    done = trial.old(old, drafts)
    assert not trial.against(done, right, drafts)
    kinds = _kinds(trial)
    assert len(kinds) >= _LEAST, sorted(kinds)
    unseen = []
    for places in kinds.values():
        for name, held in places:
            if not _seen(trial, done, held, drafts):
                unseen.append(name)
    assert unseen == []


def _seen(trial: Trial, done: list, held: str, drafts: list) -> bool:
    """In portions: most mistakes show early."""
    for start in range(0, len(drafts), _PORTION):
        part = slice(start, start + _PORTION)
        if trial.against(done[part], held, drafts[part]):
            return True
    return False
