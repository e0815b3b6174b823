"""Messages made from rules, which the rules then apply to."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from bascule.conversions.filters.examples.draft import Draft, encoded
from bascule.conversions.filters.examples.examples import draft_for, example_for
from bascule.conversions.filters.messages import Message
from bascule.conversions.filters.model import SourceRule
from bascule.conversions.filters.old_engine import engine as old_engine
from bascule.conversions.filters.zimbra_engine import engine as zimbra_engine
from tests.bascule.conversions.filters.test_sentences import RULES, SIEVE
from tests.bascule.conversions.filters.test_zimbra_engine_proof import _rules
from tests.each import each, examples
from zimbra.types.filter_actions import Discard
from zimbra.types.filter_tests import (
    AddressBookTest,
    AddressTest,
    AttachmentTest,
    BodyTest,
    BulkTest,
    DateTest,
    EnvelopeTest,
    FlaggedTest,
    HeaderExistsTest,
    HeaderTest,
    ImportanceTest,
    InviteTest,
    ListTest,
    MeTest,
    SizeTest,
    TrueTest,
    TwitterTest,
)
from zimbra.types.filters import FilterRule, RuleBody

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=ZoneInfo("Indian/Reunion"))
ME = "marie.hoarau@univ.example"
DISCARD = (Discard(),)


def _rule(*tests: Any, condition: str = "allof", nested: RuleBody | None = None) -> FilterRule:
    return FilterRule(tests, DISCARD, condition, name="r", nested=nested)


@each(
    "rule",
    [
        _rule(TrueTest()),
        _rule(
            HeaderTest("subject", "Réunion"), HeaderTest("subject", "élèves"), HeaderTest("from", "chef@univ.example")
        ),
        _rule(HeaderTest("from", "Élise")),
        _rule(HeaderTest("from", "@univ.example")),
        _rule(HeaderTest("from", "<a@univ.example>", "is")),
        _rule(HeaderTest("from", "univ.example", "contains"), HeaderTest("from", "autre.example")),
        _rule(HeaderTest("subject", "[dsi] ?*fin", "matches")),
        _rule(HeaderTest("X-Score", "5", "", value_comparison="gt")),
        _rule(HeaderTest("X-Score", "5", "", value_comparison="ge", negative=True)),
        _rule(HeaderTest("received", "3", "", count_comparison="ge")),
        _rule(AddressTest("to", "4", "all", "", count_comparison="ge")),
        _rule(AddressTest("from", "univ.example", "domain", "is")),
        _rule(AddressTest("cc", "chef", "localpart", "contains")),
        _rule(EnvelopeTest("from", "*@univ.example", "all", "matches")),
        _rule(EnvelopeTest("to", "secretariat@univ.example")),
        _rule(HeaderExistsTest("subject", negative=True), HeaderExistsTest("X-Projet")),
        _rule(SizeTest("over", "300K")),
        _rule(SizeTest("under", "10M", negative=True)),
        _rule(DateTest("before", 1709236800)),
        _rule(BodyTest("ça & là"), AttachmentTest()),
        _rule(BulkTest(), ListTest()),
        _rule(ImportanceTest("high"), MeTest("cc"), InviteTest(("request",))),
        _rule(ImportanceTest("normal", negative=True)),
        _rule(TwitterTest()),
        _rule(HeaderTest("to", "univ", negative=True)),
        _rule(HeaderTest("subject", "exemple", negative=True)),
        _rule(AddressBookTest("from"), HeaderTest("subject", "oui"), condition="anyof"),
        _rule(HeaderTest("subject", "a"), nested=RuleBody((BodyTest("b"), BodyTest("c")), DISCARD, "anyof")),
    ],
)
def test_rule_of_zimbra_applies_to_its_example(rule: FilterRule) -> None:
    draft = draft_for(rule, recipient=ME, now=NOW)
    assert draft is not None
    message = Message.parse(draft.octets())
    outcome = zimbra_engine.run(
        [rule], message, sender=draft.sender, recipient=draft.recipient, now=NOW, addresses=[ME]
    )
    assert outcome.discarded
    assert draft.octets().isascii()


@each(
    "rule",
    [
        _rule(TrueTest(negative=True)),
        _rule(AddressBookTest("from")),
        _rule(FlaggedTest("read")),
        _rule(SizeTest("over", "900M")),
        _rule(HeaderTest("subject", "a"), HeaderTest("subject", "a", negative=True)),
        SourceRule("if false { discard; }"),
        SourceRule("if header"),
        SourceRule(""),
    ],
)
def test_rule_that_no_message_fits_has_no_example(rule: FilterRule | SourceRule) -> None:
    assert example_for(rule, recipient=ME, now=NOW) is None


@each(
    "text",
    [
        'if header :contains ["Subject", "X-Sujet"] ["réunion", "conseil"] { fileinto "A"; }',
        'if anyof (size :over 2M, header :is "From" "a@b.example") { discard; }',
        'if allof (not exists "Subject", address :domain :is "to" "listes.example") { redirect "a@b.example"; }',
        'if header :contains "Subject" "a" { keep; } else { if body :contains "été" { jettison; } }',
        'if header :regex "Subject" "^Commande.*$" { keep; }',
        'if not header :contains "to" "univ" { discard; }',
        'if envelope :localpart "from" "robot" { discard; }',
        'if date :value "ge" "date" "date" "2030-01-05" { discard; }',
        "vacation \"absent\";",
    ],
)  # fmt: skip
def test_old_rule_applies_to_its_example(text: str) -> None:
    rule = SourceRule(text, active=False)
    draft = draft_for(rule, recipient=ME, now=NOW)
    assert draft is not None
    outcome = old_engine.run(
        [SourceRule(text)], Message.parse(draft.octets()), sender=draft.sender, recipient=draft.recipient, now=NOW
    )
    assert outcome.matched


def test_most_rules_made_up_have_an_example() -> None:
    draw = random.Random(1)
    rules = [rule for _ in range(40) for rule in _rules(draw, ME) if not rule.nested]
    found = [draft_for(rule, recipient=ME, now=NOW) is not None for rule in rules]
    assert sum(found) > 0.8 * len(found)


def test_header_keeps_its_line_whatever_stands_in_it() -> None:
    draft = Draft([("Subject", "a\r\nBcc: b@c.example\0"), ("Bad name", "x"), ("X-É", "y"), ("To", "É <é@b.example>")])
    message = Message.parse(draft.octets())
    assert message.value("Subject") == "a Bcc: b@c.example"
    assert not message.values("Bcc")
    assert {name for name, _ in message.headers} >= {"Subject", "To"}
    assert encoded("To", "Élise <e@b.example>, x@y.example").endswith("<e@b.example>, x@y.example")


@pytest.mark.parametrize("size", [1, 50_000, 2_000_000])
def test_padding_reaches_the_size(size: int) -> None:
    octets = Draft([("Subject", "é")], "à", size).octets()
    assert size <= len(octets) < size * 1.5 + 2000


@settings(max_examples=examples(60), deadline=None)
@given(RULES, SIEVE)
def test_nothing_is_raised_whatever_the_rule(rule: FilterRule, text: str) -> None:
    for one in (rule, SourceRule(text)):
        made = example_for(one, recipient=ME, now=NOW)
        assert made is None or made.isascii()
