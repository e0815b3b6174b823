"""The engine for old rules against Debian's `sieve-test`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bascule.conversions.filters.messages import Message
from bascule.conversions.filters.model import SourceRule
from bascule.conversions.filters.old_engine.engine import Done, Kind, Outcome, run
from bascule.conversions.filters.source.grammar import parse
from bascule.conversions.filters.source.writing import script_of
from tests.bascule.conversions.filters.sieve_oracle import AVAILABLE, RECIPIENT, REQUIRE, SENDER, Pairs, told

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="sieve-test is not installed")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A directory that the other user may write to; pytest's own is closed to it."""
    with tempfile.TemporaryDirectory() as made:
        path = Path(made)
        path.chmod(0o777)
        yield path


def ours(outcome: Outcome) -> list[tuple[str, ...]]:
    return sorted({_told(done) for done in outcome.actions})


def _told(done: Done) -> tuple[str, ...]:
    if done.kind is Kind.STORE:
        return ("store", done.target.strip(), *sorted(flag.lower() for flag in done.flags))
    if done.kind is Kind.DISCARD:
        return ("discard",)
    return (done.kind.value, done.target)


def done_by(script: str, message: bytes) -> Outcome:
    now = datetime(2026, 9, 20, tzinfo=UTC)
    rules = [SourceRule(REQUIRE + script)]
    return run(rules, Message.parse(message), sender=SENDER, recipient=RECIPIENT, now=now)


@pytest.mark.parametrize("seed", range(4))
def test_engine_does_what_the_reference_does(seed: int, folder: Path) -> None:
    pairs = Pairs(seed)
    for _ in range(40):
        script, message = pairs.script(), pairs.message()
        outcome = done_by(script, message)
        if outcome.untried:
            # The one thing generated that is known not to be tried.
            assert "ce qu’une expression a trouvé" in outcome.untried[0].reason
            continue
        assert ours(outcome) == told(folder, REQUIRE + script, message), f"{script}\n{message.decode()}"


def test_script_written_back_does_the_same(folder: Path) -> None:
    pairs = Pairs(1000)
    for _ in range(15):
        script, message = pairs.script(), pairs.message()
        written = script_of(parse(REQUIRE + script).commands)
        assert told(folder, written, message) == told(folder, REQUIRE + script, message), f"{script}\n{written}"


LETTER = b"""From: chef@exemple.org
To: m.payet@ac-exemple.fr
Subject: Bonjour

Texte
"""


@pytest.mark.parametrize(
    "script",
    [
        'reject "Non merci.";',
        "reject text:\nTrop gros.\n..\n.\n;",
        'vacation :days 7 :subject "Absente" :addresses "m@exemple.fr" "De retour le 15.";',
        'vacation "Absente."; fileinto "Absence"; stop;',
        'addflag "etat" "a b"; if hasflag "etat" "b" { keep :flags "${etat}"; }',
        'set :upper :length "n" "abc"; set :lowerfirst "m" "ABC"; fileinto "${n}${m}";',
        'if header :matches "Subject" "*n*r" { set "s" "${2}"; if string "${s}" "jou" { discard; } }',
        'fileinto :copy "A"; fileinto "A"; redirect :copy "a@b.fr"; redirect :copy "A@b.fr";',
        'keep; addflag "tard"; fileinto :flags "" "B";',
        'if false { stop; } elsif false { discard; } else { if true { fileinto "C"; } discard; }',
        'discard; keep; stop; fileinto "D";',
        'if address :user "from" "chef" { fileinto "INBOX/sous"; }',
        'if envelope :detail "from" "retour" { fileinto "inbox"; }',
    ],
)
def test_engine_does_what_the_reference_does_with_rarer_things(script: str, folder: Path) -> None:
    outcome = done_by(script, LETTER)
    assert not outcome.untried
    # sieve-test prints the end of a line as two question marks, and a folder as it was written.
    theirs = [tuple(part.replace("??", "") for part in one) for one in told(folder, REQUIRE + script, LETTER)]
    theirs = [("store", "INBOX", *one[2:]) if one[:2] == ("store", "inbox") else one for one in theirs]
    assert [tuple(part.replace("\n", "") for part in one) for one in ours(outcome)] == theirs
