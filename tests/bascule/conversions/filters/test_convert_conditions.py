"""Tests of the old server as tests of Zimbra."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.bascule.conversions.filters.convert_cases import codes, converted, test_of, tests_of
from tests.each import each
from zimbra.types.filter_tests import (
    AddressTest,
    BodyTest,
    CurrentDayOfWeekTest,
    CurrentTimeTest,
    DateTest,
    EnvelopeTest,
    HeaderExistsTest,
    HeaderTest,
    SizeTest,
    Test,
    TrueTest,
)


def noon(year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, 12, tzinfo=UTC).timestamp())


@each(
    ("condition", "test"),
    [
        ('header :contains "Subject" "réunion"', HeaderTest("Subject", "réunion")),
        ('header :is "Subject" "x"', HeaderTest("Subject", "x", comparison="is")),
        ('header "Subject" "x"', HeaderTest("Subject", "x", comparison="is")),
        ('header :matches "Subject" "*x*"', HeaderTest("Subject", "x")),
        ('header :matches "Subject" "x?"', HeaderTest("Subject", "x?", comparison="matches")),
        ('header :contains ["From","Sender","from"] "x"', HeaderTest("From,Sender", "x")),
        ('header :contains :comparator "i;octet" "Subject" "X"', HeaderTest("Subject", "X", case_sensitive=True)),
        ('header :contains :comparator "i;ascii-casemap" "Subject" "X"', HeaderTest("Subject", "X")),
        ('header :comparator "i;unicode-casemap" :contains "Subject" "X"', HeaderTest("Subject", "X")),
        ('header :regex "Subject" "^x"', HeaderTest("Subject", "x*", comparison="matches")),
        ('header :contains "X-Spam-Level" "*****"', HeaderTest("X-Spam-Level", "*****")),
        ('header :contains "Subject" "a\\"b\\\\c"', HeaderTest("Subject", 'a"b\\c')),
        ('header :matches "X-Liste" "*"', HeaderExistsTest("X-Liste")),
        ('header :contains "X-Liste" ""', HeaderExistsTest("X-Liste")),
        ('not header :contains "Subject" "x"', HeaderTest("Subject", "x", negative=True)),
        ('not not header :contains "Subject" "x"', HeaderTest("Subject", "x")),
        (
            'header :is "Subject" ""',
            HeaderTest("Subject", "!", comparison="", case_sensitive=True, value_comparison="lt", comparator="i;octet"),
        ),
        (
            'header :count "ge" :comparator "i;ascii-numeric" ["To","Cc"] "5"',
            HeaderTest("To,Cc", "5", comparison="", count_comparison="ge"),
        ),
        (
            'header :value "gt" :comparator "i;ascii-casemap" "X-Rang" "m"',
            HeaderTest("X-Rang", "m", comparison="", value_comparison="gt", comparator="i;ascii-casemap"),
        ),
        ('address :is "from" "chef@univ.example"', AddressTest("from", "chef@univ.example")),
        ('address :all :contains ["to","cc"] "dsi"', AddressTest("to,cc", "dsi", comparison="contains")),
        ('address :domain :is "from" "univ.example"', AddressTest("from", "univ.example", "domain")),
        ('address :localpart :matches "from" "no*"', AddressTest("from", "no*", "localpart", comparison="matches")),
        ('address :contains "from" ""', AddressTest("from", "*", comparison="matches")),
        (
            'address :domain :is :comparator "i;octet" "from" "Univ.example"',
            AddressTest("from", "*@Univ.example", comparison="matches", case_sensitive=True),
        ),
        ('address :count "gt" "to" "3"', AddressTest("to", "3", comparison="", count_comparison="gt")),
        ('address :detail :contains "to" "dsi"', AddressTest("to", "*+*dsi*", "localpart", comparison="matches")),
        ('envelope :is "from" "chef@univ.example"', EnvelopeTest("from", "chef@univ.example")),
        ('envelope :domain :is "To" "univ.example"', EnvelopeTest("to", "univ.example", "domain")),
        ('envelope :is "from" ""', EnvelopeTest("from", "?*", comparison="matches", negative=True)),
        ('exists "List-Id"', HeaderExistsTest("List-Id")),
        ('not exists "List-Id"', HeaderExistsTest("List-Id", negative=True)),
        ("size :over 10M", SizeTest("over", "10M")),
        ("size :under 100k", SizeTest("under", "100K")),
        ("size :over 1500", SizeTest("over", "1500")),
        ("size :over 2048", SizeTest("over", "2K")),
        ("size :over 0", SizeTest("over", "0")),
        ('body :contains "facture"', BodyTest("facture")),
        ('body :text :matches "*facture*"', BodyTest("facture")),
        ('body :content "text" :contains "facture"', BodyTest("facture")),
        ('body :contains :comparator "i;octet" "DSI"', BodyTest("DSI", case_sensitive=True)),
        ("true", TrueTest()),
        ("not false", TrueTest()),
        ('currentdate :is "weekday" ["0","6"]', CurrentDayOfWeekTest("0,6")),
        ('currentdate :value "ge" "weekday" "5"', CurrentDayOfWeekTest("5,6")),
        ('currentdate :value "lt" "hour" "08"', CurrentTimeTest("before", "0800")),
        ('currentdate :value "ge" "hour" "18"', CurrentTimeTest("before", "1800", negative=True)),
        ('currentdate :value "lt" "time" "08:30:00"', CurrentTimeTest("before", "0830")),
        ('currentdate :value "gt" "time" "17:59:59"', CurrentTimeTest("before", "1800", negative=True)),
    ],
)
def test_condition_is_one_test(condition: str, test: Test) -> None:
    assert test_of(condition) == test


@each(
    ("condition", "joined", "tests"),
    [
        (
            'header :contains "Subject" ["a","b"]',
            "anyof",
            [HeaderTest("Subject", "a"), HeaderTest("Subject", "b")],
        ),
        (
            'not header :contains "Subject" ["a","b"]',
            "allof",
            [HeaderTest("Subject", "a", negative=True), HeaderTest("Subject", "b", negative=True)],
        ),
        ('exists ["A","B"]', "allof", [HeaderExistsTest("A"), HeaderExistsTest("B")]),
        (
            'anyof (header :contains "a" ["b","c"], anyof (size :over 1K, exists "d"))',
            "anyof",
            [HeaderTest("a", "b"), HeaderTest("a", "c"), SizeTest("over", "1K"), HeaderExistsTest("d")],
        ),
        (
            'allof (header :contains "a" "b", not anyof (size :over 1K, exists "d"), true)',
            "allof",
            [HeaderTest("a", "b"), SizeTest("over", "1K", negative=True), HeaderExistsTest("d", negative=True)],
        ),
        ('header :matches ["A","B"] "*"', "anyof", [HeaderExistsTest("A"), HeaderExistsTest("B")]),
        (
            'header :value "ge" :comparator "i;ascii-numeric" "X-Note" "5"',
            "anyof",
            [
                HeaderTest("X-Note", "-*", comparison="matches"),
                HeaderTest("X-Note", "5", comparison="", value_comparison="gt", comparator="i;ascii-numeric"),
                HeaderTest("X-Note", "5", comparison="", value_comparison="eq", comparator="i;ascii-numeric"),
            ],
        ),
        (
            'header :is :comparator "i;ascii-numeric" "X-Note" "5"',
            "allof",
            [
                HeaderTest("X-Note", "-*", comparison="matches", negative=True),
                HeaderTest("X-Note", "5", comparison="", value_comparison="eq", comparator="i;ascii-numeric"),
            ],
        ),
        (
            'address :user :is "to" "moi"',
            "anyof",
            [AddressTest("to", "moi", "localpart"), AddressTest("to", "moi+*", "localpart", comparison="matches")],
        ),
        (
            'date :value "ge" "date" "date" "2024-09-01"',
            "allof",
            [HeaderExistsTest("Date"), DateTest("before", noon(2024, 9, 1), negative=True)],
        ),
        (
            'date :is "date" "date" "2024-09-01"',
            "allof",
            [
                HeaderExistsTest("Date"),
                DateTest("before", noon(2024, 9, 1), negative=True),
                DateTest("before", noon(2024, 9, 2)),
            ],
        ),
        (
            'date :value "le" "date" "year" "2023"',
            "allof",
            [HeaderExistsTest("Date"), DateTest("before", noon(2024, 1, 1))],
        ),
        (
            'currentdate :is "hour" ["12","13"]',
            "allof",
            [CurrentTimeTest("before", "1200", negative=True), CurrentTimeTest("before", "1400")],
        ),
    ],
)
def test_condition_is_several_tests(condition: str, joined: str, tests: list[Test]) -> None:
    assert tests_of(condition) == (joined, tuple(tests))


@each(
    ("condition", "code"),
    [
        ('header :regex "Subject" "[0-9]+"', "regex"),
        ('header :matches "Subject" "a\\\\\\\\*"', "pattern"),
        ('address :is "from" ""', "empty_value"),
        ('header :is "A,B" "x"', "header_name"),
        ('header :is "Subject:" "x"', "header_name"),
        ('header :is "" "x"', "header_name"),
        ('header :contains "Subject" "a\nb"', "value_unfit"),
        ('header :is :mime "Subject" "x"', "option_unsupported"),
        ('header :comparator "i;unicode-casemap" :contains "Subject" "É"', "option_unsupported"),
        ('header :is "Subject"', "arguments"),
        ('header :contains :comparator "i;ascii-numeric" "Subject" "1"', "arguments"),
        ('header :value "zz" "Subject" "1"', "arguments"),
        ('header :value "ge" :comparator "i;ascii-numeric" "X" "beaucoup"', "number"),
        ('envelope :is "auth" "x"', "option_unsupported"),
        ('address :user :contains "to" "x"', "option_unsupported"),
        ("size :over 3G", "size_too_large"),
        ("size 10", "arguments"),
        ('body :is "x"', "body_comparison"),
        ('body :matches "x*"', "body_comparison"),
        ('date :is "received" "date" "2024-01-01"', "date_part"),
        ('date :is "date" "hour" "08"', "date_part"),
        ('date :is "date" "date" "demain"', "date_value"),
        ('date :is "date" "date" "2024-13-01"', "date_value"),
        ('currentdate :value "ge" "date" "2024-07-01"', "current_date"),
        ('currentdate :value "gt" "time" "17:59:30"', "option_unsupported"),
        ('spamtest :value "ge" "5"', "test_unsupported"),
        ('virustest :value "eq" "5"', "test_unsupported"),
        ("duplicate", "test_unsupported"),
        ('environment "domain" "x"', "test_unsupported"),
        ('mailboxexists "Dossier"', "test_unsupported"),
        ('hasflag "\\\\Seen"', "test_unsupported"),
        ('string :is "a" "a"', "test_unsupported"),
        ('ihave "vacation"', "test_unsupported"),
        ('lune :is "pleine" "oui"', "test_unknown"),
    ],
)
def test_condition_that_zimbra_cannot_say_refuses_the_rule(condition: str, code: str) -> None:
    for whole in (condition, f'allof (exists "A", {condition})', f'anyof (exists "A", not {condition})'):
        rule = converted(f"if {whole} {{ discard; }}")
        assert (rule.rules, rule.verdict, codes(rule)) == ((), "refused", [code])
        assert rule.remarks[0].place == "règle 1"
        assert rule.remarks[0].original


def test_unknown_condition_is_named() -> None:
    assert "« lune »" in converted('if lune "x" { discard; }').remarks[0].message


@each(
    ("condition", "code"),
    [
        ('body :raw :contains "x"', "body_parts"),
        ('body :content "application/pdf" :contains "x"', "body_parts"),
        ('date :zone "+0400" :value "ge" "date" "date" "2024-01-01"', "date_zone"),
        ('currentdate :zone "+0400" :value "ge" "hour" "18"', "date_zone"),
        ('header :contains "Subject" "prix ${montant}"', "value_variable"),
    ],
)
def test_condition_that_comes_near(condition: str, code: str) -> None:
    rule = converted(f'if {condition} {{ fileinto "A"; }}')
    assert (len(rule.rules), rule.verdict, codes(rule)) == (1, "near", [code])


def test_text_that_looks_like_a_variable_is_said_without_it() -> None:
    rule = converted('if header :is "Subject" "a*\\\\ ${x}" { discard; }')
    assert rule.rules[0].tests == (HeaderTest("Subject", "a\\*\\ ?{x}", comparison="matches"),)


def test_choices_among_several_conditions_are_nested() -> None:
    rule = converted('if allof (header :contains "a" ["b","c"], exists "D", header :is "e" ["f","g"]) { discard; }')
    (found,) = rule.rules
    assert (rule.verdict, codes(rule)) == ("same", ["nested_rule"])
    assert (found.condition, found.tests, found.actions) == ("allof", (HeaderExistsTest("D"),), ())
    assert found.nested is not None
    assert (found.nested.condition, found.nested.tests) == ("anyof", (HeaderTest("a", "b"), HeaderTest("a", "c")))
    assert found.nested.nested is not None
    assert found.nested.nested.actions


def test_many_choices_are_a_rule_each() -> None:
    each = ", ".join(f'allof (exists "A{at}", exists "B{at}")' for at in range(12))
    rule = converted(f"if anyof ({each}) {{ discard; }}", name="Tri")
    assert (rule.verdict, codes(rule), len(rule.rules)) == ("same", ["several_rules"], 12)
    assert rule.rules[3].tests == (HeaderExistsTest("A3"), HeaderExistsTest("B3"))
    assert rule.rules[3].condition == "allof"


def test_two_groups_of_conditions_are_two_rules() -> None:
    rule = converted('if anyof (allof (exists "A", exists "B"), allof (exists "C", size :over 1K)) { fileinto "X"; }')
    assert [one.tests for one in rule.rules] == [
        (HeaderExistsTest("A"), HeaderExistsTest("B")),
        (HeaderExistsTest("C"), SizeTest("over", "1K")),
    ]


def test_letters_are_not_written_once_for_each_choice() -> None:
    each = ", ".join(f'allof (exists "A{at}", exists "B{at}")' for at in range(12))
    assert codes(converted(f'if anyof ({each}) {{ reject "Non."; }}')) == ["too_complex"]
    assert len(converted(f'if anyof ({each}) {{ reject "Non."; stop; }}').rules) == 12


def test_too_many_choices_are_refused() -> None:
    each = ", ".join(f'allof (exists "A{at}", exists "B{at}")' for at in range(21))
    rule = converted(f"if anyof ({each}) {{ discard; }}")
    assert (rule.rules, codes(rule)) == ((), ["too_complex"])


def test_long_list_of_addresses_is_one_rule() -> None:
    values = ", ".join(f'"a{at}@univ.example"' for at in range(400))
    assert len(tests_of(f'address :is "from" [{values}]')[1]) == 400
