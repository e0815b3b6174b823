import json
from dataclasses import MISSING, fields

import pytest

from tests.each import each
from zimbra.tool.filter_json import NotARule, rules_from_json, rules_to_json
from zimbra.tool.filter_words import sentences
from zimbra.types.elements import Other
from zimbra.types.filter_actions import ACTIONS, Discard, FileInto, Notify, Redirect, Stop
from zimbra.types.filter_tests import (
    TESTS,
    AddressTest,
    AttachmentTest,
    CurrentDayOfWeekTest,
    CurrentTimeTest,
    DateTest,
    HeaderExistsTest,
    HeaderTest,
    InviteTest,
    SizeTest,
    Test,
)
from zimbra.types.filters import FilterRule, RuleBody

RULES = (
    FilterRule(
        (
            HeaderTest("subject", "« été »", "is", True, negative=True),
            HeaderTest("x", "3", "", count_comparison="gt"),
            InviteTest(("request",)),
            DateTest("before", 1_767_225_600),
            Other("sunspotTest", (("activity", "high"),), "<deep>é</deep>"),
        ),
        (FileInto("Listes", copy=True), Notify("a@b.fr", max_body_size=10), Stop()),
        "anyof",
        (("a", "1"),),
        RuleBody((AttachmentTest(),), (Discard(),)),
        (Other("futur"),),
        name="Été",
        active=False,
        more_attributes=(("since", "9"),),
    ),
    FilterRule((), (Redirect("a@b.fr"),), name="b"),
)


def test_rules_go_to_json_and_back() -> None:
    text = json.dumps(rules_to_json(RULES), ensure_ascii=False)
    assert rules_from_json(json.loads(text)) == RULES


def test_json_names_what_it_holds() -> None:
    first = rules_to_json(RULES)[0]
    assert first["tests"] == [
        {
            "negative": True,
            "type": "headerTest",
            "header": "subject",
            "value": "« été »",
            "comparison": "is",
            "case_sensitive": True,
        },
        {"type": "headerTest", "header": "x", "value": "3", "comparison": "", "count_comparison": "gt"},
        {"type": "inviteTest", "methods": ["request"]},
        {"type": "dateTest", "comparison": "before", "seconds": 1_767_225_600},
        {"element": "sunspotTest", "attributes": {"activity": "high"}, "inner": "<deep>é</deep>"},
    ]


def rule(**more: object) -> list[dict[str, object]]:
    return [{"name": "a", **more}]


@each(
    "value",
    [
        {},
        [1],
        [{}],
        rule(autre=1),
        rule(active="oui"),
        rule(condition="oneof"),
        rule(tests={}),
        rule(tests=[{"type": "hederTest", "header": "a", "value": "b"}]),
        rule(tests=[{"type": "headerTest", "header": "a"}]),
        rule(tests=[{"type": "headerTest", "header": "a", "value": 3}]),
        rule(tests=[{"type": "headerTest", "header": ["a"], "value": "b"}]),
        rule(tests=[{"type": "headerTest", "header": "a", "value": "b", "negative": "non"}]),
        rule(tests=[{"type": "headerTest", "header": "a", "value": "b", "stringComparison": "is"}]),
        rule(tests=[{"type": "dateTest", "comparison": "before", "seconds": True}]),
        rule(tests=[{"type": "actionKeep"}]),
        rule(actions=[{"type": "headerTest", "header": "a", "value": "b"}]),
        rule(tests=[{"element": "a><b", "inner": ""}]),
        rule(tests=[{"element": "a", "inner": "</a><b/><a>"}]),
        rule(tests=[{"element": "a", "inner": "<open>"}]),
        rule(tests=[{"element": "a", "attributes": {'x="1" y': "2"}}]),
        rule(variables=[["a"]]),
        rule(nested=[]),
    ],
    ids=lambda value: json.dumps(value)[:60],
)
def test_json_that_is_no_rule_is_refused(value: object) -> None:
    with pytest.raises(NotARule):
        rules_from_json(value)


@each(
    ("test", "said"),
    [
        (HeaderTest("subject", "a"), "l'objet contient « a »"),
        (HeaderTest("from", "a", "is", negative=True), "l'expéditeur n'est pas « a »"),
        (HeaderTest("x-a", "a*", "matches", True), "l'en-tête x-a ressemble à « a* » (majuscules comprises)"),
        (HeaderTest("x", "3", "", count_comparison="gt"), "l'en-tête x a pour nombre de valeurs > « 3 »"),
        (
            HeaderTest("x", "3", "", value_comparison="le", negative=True),
            "l'en-tête x n'a pas pour valeur ≤ « 3 »",
        ),
        (AddressTest("to,cc", "b.fr", "domain"), "le destinataire ou la copie, après l'arobase, est « b.fr »"),
        (HeaderExistsTest("x", negative=True), "l'en-tête x manque"),
        (SizeTest("over", "5M"), "la taille dépasse 5M"),
        (SizeTest("under", "5M"), "la taille ne dépasse pas 5M"),
        (DateTest("after", 1_767_225_600), "la date est après le 01/01/2026"),
        (CurrentTimeTest("before", "0830", negative=True), "l'heure qu'il est n'est pas avant 08 h 30"),
        (CurrentDayOfWeekTest("0,6"), "on est dimanche ou samedi"),
        (AttachmentTest(negative=True), "il n'y a pas de pièce jointe"),
        (InviteTest(negative=True), "ce n'est pas une invitation"),
    ],
)
def test_conditions_in_words(test: Test, said: str) -> None:
    assert f"    - {said}" in list(sentences(FilterRule((test,), name="a")))


def test_every_kind_has_words_of_its_own() -> None:
    for kind in (*TESTS, *ACTIONS):
        needed = [field for field in fields(kind) if field.default is MISSING]
        part = kind(**{field.name: 10 if field.name == "seconds" else "10" for field in needed})
        is_test = isinstance(part, Test)
        rule = FilterRule((part,), (), name="a") if is_test else FilterRule((), (part,), name="a")
        lines = list(sentences(rule))
        assert len(lines) == (3 if is_test else 4)
        assert kind.ELEMENT not in lines[-1]


def test_a_whole_rule_in_words() -> None:
    assert list(sentences(RULES[0])) == [
        "Été (inactif)",
        "  variable a = 1",
        "  si l'une des conditions :",
        "    - l'objet n'est pas « « été » » (majuscules comprises)",
        "    - l'en-tête x a pour nombre de valeurs > « 3 »",
        "    - c'est une invitation (request)",
        "    - la date est avant le 01/01/2026",
        "    - condition sunspotTest",
        "  alors :",
        "    - copier dans Listes",
        "    - prévenir a@b.fr",
        "    - ne plus regarder les filtres suivants",
        "    - élément futur",
        "  puis, dans ce cas :",
        "    si la condition :",
        "      - il y a une pièce jointe",
        "    alors :",
        "      - supprimer",
    ]
