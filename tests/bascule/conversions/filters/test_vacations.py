"""`vacation` as the out-of-office answer of Zimbra."""

from __future__ import annotations

from bascule.conversions.filters.converting.vacations import MAX_TEXT
from bascule.conversions.filters.model import Vacation
from tests.bascule.conversions.filters.convert_cases import codes, converted
from tests.each import each
from zimbra.types.filter_actions import FileInto, Keep


def test_answer_with_all_that_it_may_say() -> None:
    rule = converted(
        'vacation :days 7 :subject "  Absente\n " :addresses ["a@univ.example", "b@univ.example"] :handle "x"'
        ' "De retour\r\nle 15.";'
    )
    assert rule.vacation == Vacation("De retour\nle 15.", "Absente", 7, addresses=("a@univ.example", "b@univ.example"))
    assert (rule.name, rule.verdict, rule.rules) == ("Réponse automatique", "near", ())
    assert codes(rule) == ["vacation_moved"]


@each(
    ("condition", "starts", "ends"),
    [
        ("true", "", ""),
        ('currentdate :value "ge" "date" "2024-07-01"', "2024-07-01", ""),
        ('currentdate :value "gt" "date" "2024-07-01"', "2024-07-02", ""),
        ('currentdate :value "le" "date" "2024-08-31"', "", "2024-08-31"),
        ('currentdate :value "lt" "date" "2024-08-31"', "", "2024-08-30"),
        ('currentdate :is "date" "2024-07-14"', "2024-07-14", "2024-07-14"),
        ('not currentdate :value "lt" "date" "2024-07-01"', "2024-07-01", ""),
        (
            'allof (currentdate :value "ge" "date" "2024-07-01", currentdate :value "le" "date" "2024-08-31")',
            "2024-07-01",
            "2024-08-31",
        ),
        (
            'allof (not exists "List-Id", currentdate :zone "+0400" :value "ge" "iso8601" "2024-07-01T00:00:00+04:00")',
            "2024-07-01",
            "",
        ),
        ('not exists "List-Id"', "", ""),
        ('not anyof (header :contains "Precedence" ["list","bulk"], exists "List-Unsubscribe")', "", ""),
        ('not header :is "Auto-Submitted" "auto-generated"', "", ""),
        ('not address :contains "from" ["noreply","mailer-daemon"]', "", ""),
        ('not envelope :is "from" ""', "", ""),
    ],
)
def test_condition_that_the_answer_of_zimbra_knows(condition: str, starts: str, ends: str) -> None:
    rule = converted(f'if {condition} {{ vacation "Absente"; }}')
    assert rule.vacation == Vacation("Absente", starts=starts, ends=ends)
    assert codes(rule) == ["vacation_moved"]


@each(
    "condition",
    [
        'header :contains "Subject" "devis"',
        'exists "List-Id"',
        'not header :contains "Subject" "devis"',
        'not address :contains "from" ["noreply","chef"]',
        'anyof (currentdate :is "date" "2024-07-14", currentdate :is "date" "2024-07-15")',
        'currentdate :value "ge" "hour" "18"',
        'currentdate :value "ne" "date" "2024-07-14"',
        'allof (currentdate :value "ge" "date" "2024-08-01", currentdate :value "le" "date" "2024-07-01")',
        'lune "pleine"',
        "false",
    ],
)
def test_answer_under_another_condition_is_not_taken_over(condition: str) -> None:
    rule = converted(f'if {condition} {{ vacation "Absente"; }}')
    assert (rule.vacation, rule.rules, rule.verdict) == (None, (), "refused")
    assert codes(rule) == ["vacation_conditional"]


def test_rest_of_the_rule_is_converted() -> None:
    rule = converted('if true { vacation "Absente"; fileinto "Absence"; }')
    assert rule.vacation == Vacation("Absente")
    assert [one.actions for one in rule.rules] == [(FileInto("Absence"),)]
    rule = converted('if header :contains "Subject" "devis" { vacation "Absente"; keep; }')
    assert (rule.vacation, rule.verdict, codes(rule)) == (None, "near", ["vacation_conditional"])
    assert [one.actions for one in rule.rules] == [(Keep(),)]


def test_answer_goes_on_without_a_rule_that_is_refused() -> None:
    rule = converted('vacation "Absente"; danser;')
    assert (rule.vacation, rule.rules, rule.verdict) == (Vacation("Absente"), (), "near")
    assert codes(rule) == ["vacation_moved", "action_unknown"]


def test_second_answer_is_told() -> None:
    rule = converted('vacation "Un"; vacation "Deux";')
    assert rule.vacation == Vacation("Un")
    assert [remark.original for remark in rule.remarks if remark.code == "vacation_second"] == ["Deux"]


def test_text_of_a_mime_entity_is_its_plain_part() -> None:
    entity = "Content-Type: text/plain; charset=utf-8\r\n\r\nDe retour l\u2019été."
    rule = converted(f'vacation :mime "{entity}";')
    assert rule.vacation is not None
    assert rule.vacation.text == "De retour l\u2019été."
    rule = converted('vacation :mime "Content-Type: image/png\r\n\r\nabc";')
    assert rule.vacation is not None
    assert rule.vacation.text == "abc"


def test_days_are_those_of_the_seconds_and_within_bounds() -> None:
    assert [
        rule.vacation.days
        for option in (":seconds 90000", ":seconds 1", ":days 0", ":days 9999")
        if (rule := converted(f'vacation {option} "x";')).vacation
    ] == [2, 1, 1, 365]


def test_long_text_is_cut_and_told() -> None:
    rule = converted(f'vacation "{"x" * (MAX_TEXT + 1)}";')
    assert rule.vacation is not None
    assert len(rule.vacation.text) == MAX_TEXT
    assert "vacation_shortened" in codes(rule)


@each(
    ("command", "code"),
    [
        ('vacation "";', "vacation_empty"),
        ('vacation :from "a@b.example";', "arguments"),
        ("vacation;", "arguments"),
        ('vacation :days "7" "x";', "arguments"),
        ('vacation :fantaisie "x";', "option_unsupported"),
    ],
)
def test_answer_that_cannot_be_read(command: str, code: str) -> None:
    rule = converted(command)
    assert (rule.vacation, codes(rule)) == (None, [code])


def test_other_sender_is_told() -> None:
    assert codes(converted('vacation :from "a@b.example" "x";')) == ["vacation_moved", "vacation_from"]
