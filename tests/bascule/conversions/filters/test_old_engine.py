"""The engine for old rules: what `sieve-test` does not say of them. What it says is held against it in the proof."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bascule.conversions.filters.messages import Message
from bascule.conversions.filters.model import SourceRule
from bascule.conversions.filters.old_engine.engine import Done, Kind, Outcome, Untried, run
from bascule.conversions.filters.old_engine.regex import BadExpression, compiled
from tests.each import each, examples

LETTER = """From: Chef <chef@exemple.org>
To: m.payet@ac-exemple.fr
Subject: Réunion demain
Date: Tue, 15 Sep 2026 23:30:00 +0400

Texte
""".encode()


def outcome(*rules: str | SourceRule, sender: str = "chef@exemple.org", now: datetime | None = None) -> Outcome:
    return run(
        [rule if isinstance(rule, SourceRule) else SourceRule(rule) for rule in rules],
        Message.parse(LETTER),
        sender=sender,
        recipient="m.payet@ac-exemple.fr",
        now=now or datetime(2026, 9, 16, 12, tzinfo=UTC),
    )


def stored(*rules: str) -> list[str]:
    return [done.target for done in outcome(*rules).actions if done.kind is Kind.STORE]


def test_message_stays_where_no_rule_says_otherwise() -> None:
    assert outcome() == Outcome((Done(Kind.STORE, "INBOX"),))


def test_actions_tell_their_rule() -> None:
    found = outcome(
        'if header :is "Subject" "x" { discard; }', 'fileinto :copy "A";', 'addflag "\\\\Seen"; stop;', "discard;"
    )
    assert found.actions == (Done(Kind.STORE, "A", (), 1), Done(Kind.STORE, "INBOX", ("\\seen",)))
    assert (found.matched, found.stopped, found.untried) == ((1, 2), 2, ())


def test_inactive_rules_do_nothing() -> None:
    assert outcome(SourceRule("discard;", active=False), "disabled_if true { discard; }").matched == ()


def test_jettison_throws_away_whatever_was_filed() -> None:
    found = outcome('fileinto "A";', "jettison;", "keep;")
    assert found.actions == (Done(Kind.JETTISON, rule=1),)
    assert found.stopped == 1


def test_mark_is_the_flag_of_the_older_extension() -> None:
    assert outcome('mark; addflag "perso"; keep;').actions[0].flags == ("\\flagged", "perso")
    assert outcome('addflag ["\\\\Flagged", "a"]; unmark; keep;').actions[0].flags == ("a",)


def test_notice_tells_where_it_goes() -> None:
    assert outcome('notify :message "m" "mailto:a@b.fr";').actions[0] == Done(Kind.NOTIFY, "mailto:a@b.fr", (), 0)
    old = outcome('notify :method "mailto" :options ["c@d.fr"];').actions[0]
    assert (old.kind, old.target) == (Kind.NOTIFY, "c@d.fr")


@each(
    ("text", "reason"),
    [
        ('setflag "x"; fileinto "A"; if spamtest "1" { discard; }', "« spamtest »"),
        ('fileinto "A"; delete;', "« delete »"),
        ("if true {", "jamais fermé"),
        ('if header :regex "Subject" "(" { discard; }', "l’expression"),
        ('if header :comparator "i;inconnu" "Subject" "x" { discard; }', "i;inconnu"),
        ('if header :mime "Subject" "x" { discard; }', ":mime"),
        (f'if header :matches "Subject" "{"?" * 101}" {{ discard; }}', "points d’interrogation"),
        ("if size 3 { discard; }", "taille"),
        ('if header "Subject" { discard; }', "il manque une partie"),
        ('if header :count "plus" "Subject" "1" { discard; }', "plus"),
        ('if date :zone "Paris" "date" "year" "2026" { discard; }', "Paris"),
        ('if date "date" "siecle" "21" { discard; }', "siecle"),
        ('set :rot13 "a" "b";', ":rot13"),
        ('if header :regex "Subject" "(.*)" { set "a" "${1}"; discard; }', "expression"),
        ('if envelope "auth" "x" { discard; }', "auth"),
    ],
)
def test_rule_that_cannot_be_tried_is_left_out_as_a_whole(text: str, reason: str) -> None:
    found = outcome(text, 'fileinto "B";')
    assert found.actions == (Done(Kind.STORE, "B", (), 1),)
    ((rule, told),) = [(one.rule, one.reason) for one in found.untried]
    assert rule == 0
    assert reason in told


def test_condition_that_is_not_reached_keeps_no_rule_from_being_tried() -> None:
    assert stored('if anyof (true, spamtest "1") { fileinto "A"; }') == ["A"]


def test_untried_rules_stand_in_their_order() -> None:
    found = outcome("inconnu;", "if {", "autre;")
    assert [one.rule for one in found.untried] == [0, 1, 2]
    assert isinstance(found.untried[1], Untried)


def test_dates_are_those_of_the_server() -> None:
    reunion = datetime(2026, 9, 16, 1, tzinfo=timezone(timedelta(hours=4)))
    rule = 'if allof (date "date" "hour" "{}", currentdate "date" "{}", currentdate "zone" "{}") {{ discard; }}'
    assert outcome(rule.format("23", "2026-09-16", "+0400"), now=reunion).matched == (0,)
    assert outcome(rule.format("19", "2026-09-15", "+0000"), now=reunion.astimezone(UTC)).matched == (0,)


def test_sender_may_be_nobody() -> None:
    assert outcome('if envelope "from" "" { discard; }', sender="").matched == (0,)
    assert outcome('if envelope "from" "" { discard; }', sender="<>").matched == (0,)


def test_wildcards_stand_for_characters() -> None:
    assert stored('require "variables"; if header :matches "Subject" "R?union *" { fileinto "${1}${2}"; }') == [
        "édemain"
    ]
    assert stored('if header :regex "Subject" "^r.union" { fileinto "A"; }') == ["A"]


def test_encoded_characters_are_put_in_when_asked_for() -> None:
    text = 'fileinto "${hex: c3 a9}${unicode:e9}${hex:zz}";'
    assert stored('require "encoded-character"; ' + text) == ["éé${hex:zz}"]
    assert stored(text) == ["${hex: c3 a9}${unicode:e9}${hex:zz}"]


def test_variables_do_not_grow_without_end() -> None:
    rule = 'set "a" "0123456789"; ' + 'set "a" "${a}${a}"; ' * 60 + 'set :length "n" "${a}"; fileinto "${n}";'
    assert stored(rule) == ["4000"]


@each("pattern", ["(a+)+$", "(a|a)*b", ".*.*.*.*.*.*x", "(x?){60}y", "([a-z]+)*[0-9]", "(.*a){12}", "((a*)*)*c"])
def test_hostile_expressions_come_to_an_end(pattern: str) -> None:
    compiled(pattern, fold=True).found_in("a" * 3000 + "!")


@each("pattern", ["(", ")", "[a", "*a", "a{3,2}", "a{x}", "a\\", "[[:lettre:]]", "\\1", "((a{1,99}){1,99})", "(" * 99])
def test_expressions_that_are_none_are_refused(pattern: str) -> None:
    with pytest.raises(BadExpression):
        compiled(pattern, fold=True)


_ATOMS = st.sampled_from(["a", "b", "C", ".", "[ab]", "[^a]", "[a-c]", "\\.", "(a|bc)", "(|a)"])
_PATTERNS = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{0,2}", "{2,}"])).map(
            lambda x: f"({x[0]}){x[1]}"
        ),
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.tuples(inner, inner).map(lambda x: f"({x[0]}|{x[1]})"),
        inner.map(lambda x: f"^{x}"),
        inner.map(lambda x: f"{x}$"),
    ),
    max_leaves=6,
)


@settings(max_examples=examples(300), deadline=None)
@given(_PATTERNS, st.text(alphabet="abcABC.", max_size=6), st.booleans())
def test_expressions_find_what_python_finds(pattern: str, text: str, fold: bool) -> None:
    expected = re.search(pattern, text, re.IGNORECASE if fold else 0) is not None
    assert compiled(pattern, fold=fold).found_in(text) is expected
