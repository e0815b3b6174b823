"""What Zimbra will do with a message, where one would think otherwise."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from bascule.conversions.filters.messages import Message
from bascule.conversions.filters.zimbra_engine.compare import matches
from bascule.conversions.filters.zimbra_engine.engine import Outcome, run
from tests.bascule.conversions.filters.test_sentences import RULES
from tests.each import each, examples
from zimbra.types.elements import Other
from zimbra.types.filter_actions import Discard, FileInto, Flag, Keep, Redirect, Reject, Stop, Tag
from zimbra.types.filter_tests import AddressBookTest, AttachmentTest, HeaderTest, MimeHeaderTest, TrueTest
from zimbra.types.filters import FilterRule, RuleBody

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=ZoneInfo("Indian/Reunion"))
MESSAGE = (
    b"From: Chef <chef@univ.example>\r\nTo: moi@univ.example\r\nSubject: =?utf-8?q?R=C3=A9union?=\r\n\r\nBonjour\r\n"
)
TRUE = (TrueTest(),)


def _rule(*actions: Any, tests: Any = TRUE, active: bool = True, nested: RuleBody | None = None) -> FilterRule:
    return FilterRule(tests, actions, name="r", active=active, nested=nested)


def _run(*rules: FilterRule, raw: bytes = MESSAGE, sender: str = "chef@univ.example") -> Outcome:
    return run(rules, Message.parse(raw), sender=sender, recipient="moi@univ.example", now=NOW)


@each(
    ("rules", "folders"),
    [
        ((), ("Inbox",)),
        ((_rule(FileInto("/A")),), ("A",)),
        ((_rule(FileInto("A"), FileInto("a"), FileInto("B")),), ("A", "B")),
        ((_rule(FileInto("A", copy=True)),), ("Inbox", "A")),
        ((_rule(FileInto("A", copy=True), FileInto("B")),), ("A", "B")),
        ((_rule(FileInto("A"), FileInto("B", copy=True)),), ("Inbox", "A", "B")),
        ((_rule(FileInto("Mauvais:nom")),), ("Inbox",)),
        ((_rule(Discard()),), ()),
        ((_rule(Discard(), Flag("read")),), ("Inbox",)),
        ((_rule(Discard(), FileInto("A")),), ("A",)),
        ((_rule(Redirect("a@b.example")),), ()),
        ((_rule(Redirect("a@b.example", copy=True)),), ("Inbox",)),
        ((_rule(Stop()), _rule(Discard())), ("Inbox",)),
        ((_rule(Discard(), active=False),), ("Inbox",)),
        # Without a test nothing makes a rule inactive.
        ((_rule(Discard(), tests=(), active=False),), ()),
        ((_rule(Reject("Non")),), ()),
        ((_rule(tests=TRUE, nested=RuleBody(TRUE, (FileInto("A"),))),), ("A",)),
        ((_rule(tests=TRUE, nested=RuleBody((HeaderTest("subject", "x"),), (FileInto("A"),))),), ("Inbox",)),
    ],
)
def test_where_a_message_lands(rules: tuple[FilterRule, ...], folders: tuple[str, ...]) -> None:
    assert _run(*rules).folders == folders


def test_flags_and_tags_are_on_every_copy() -> None:
    outcome = _run(_rule(FileInto("A"), Keep()), _rule(Flag("read"), Tag("Élèves"), Tag("élèves")))
    assert (outcome.folders, outcome.flags, outcome.tags) == (("A", "Inbox"), ("read",), ("Élèves",))


def test_rules_that_matched_are_told_in_order() -> None:
    missed = _rule(FileInto("A"), tests=(HeaderTest("subject", "facture"),))
    hit = _rule(FileInto("B"), tests=(HeaderTest("subject", "réunion"),))
    outcome = _run(missed, hit, _rule(Stop()), hit)
    assert outcome.matched == (1, 2)
    assert outcome.stopped


def test_refusal_without_anybody_to_tell_keeps_the_message() -> None:
    assert _run(_rule(Reject("Non")), sender="").folders == ("Inbox",)
    assert _run(_rule(Reject("Non"))).rejected == "Non"
    assert not _run(_rule(Reject("Non"))).discarded


def test_what_cannot_be_known_here_is_said() -> None:
    outcome = _run(_rule(Discard(), tests=(AddressBookTest("from"),)), _rule(Other("neuf")))
    assert outcome.folders == ("Inbox",)
    assert outcome.untried == ("le contenu de votre carnet d’adresses", "une action que le portail ne connaît pas")


def test_rules_that_zimbra_gives_up_keep_the_message_with_its_flags() -> None:
    wrong = HeaderTest("X-Score", "-3", "", value_comparison="gt")
    raw = b"X-Score: 5\r\n" + MESSAGE
    outcome = _run(_rule(FileInto("A"), Flag("read")), _rule(Discard(), tests=(wrong,)), raw=raw)
    assert (outcome.folders, outcome.flags) == (("Inbox",), ("read",))
    assert "négatif" in outcome.error


def test_case_counts_for_accents_only() -> None:
    hit = _run(_rule(Discard(), tests=(HeaderTest("subject", "RéUNION", "is"),)))
    missed = _run(_rule(Discard(), tests=(HeaderTest("subject", "RÉUNION", "is"),)))
    assert hit.discarded
    assert not missed.discarded


@each(
    ("kind", "attached"),
    [
        ('text/plain; name="a.txt"', True),
        ("application/pdf", True),
        ("text/calendar", True),
        ("multipart/mixed; boundary=deux", False),
    ],
)
def test_parts_are_looked_at(kind: str, attached: bool) -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=un\r\n\r\n--un\r\nContent-Type: text/plain\r\n\r\nbonjour\r\n--un\r\n"
        b"Content-Type: " + kind.encode() + b"\r\n\r\nx\r\n--un--\r\n"
    )
    assert _run(_rule(Discard(), tests=(AttachmentTest(),)), raw=raw).discarded == attached
    wanted = MimeHeaderTest("Content-Type", kind, "is")
    assert _run(_rule(Discard(), tests=(wanted,)), raw=raw).discarded


@each(
    ("text", "pattern", "expected"),
    [
        ("abc", "abc", True),
        ("abc", "a?c", True),
        ("abc", "ab", False),
        ("abcabc", "*abc", True),
        ("aab", "*ab", True),
        ("ab", "*ab*b", False),
        ("a*b", r"a\*b", True),
        ("axb", r"a\*b", False),
        (r"a\b", r"a\b", True),
        ("", "*", True),
        ("", "?", False),
        ("a" * 100_000, "*a" * 400 + "b", False),
    ],
)
def test_patterns(text: str, pattern: str, expected: bool) -> None:
    assert matches(text, pattern) is expected


@settings(max_examples=examples(150))
@given(st.lists(RULES, max_size=3), st.binary(max_size=300))
def test_nothing_is_raised_whatever_rules_and_message(rules: list[FilterRule], raw: bytes) -> None:
    assert isinstance(_run(*rules, raw=raw), Outcome)
