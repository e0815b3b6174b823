"""Each rule in one French sentence."""

from __future__ import annotations

import unicodedata
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bascule.conversions.filters.model import SourceRule, Vacation
from bascule.conversions.filters.sentences.sentences import (
    actions_of,
    conditions_of,
    old_sentence,
    sentence_of,
    sentence_of_captured,
    sentence_of_vacation,
)
from tests.each import each, examples
from zimbra.types.elements import Other
from zimbra.types.filter_actions import ACTIONS, Discard, FileInto, Flag, Keep, Redirect, Reject, Stop, Tag
from zimbra.types.filter_tests import (
    TESTS,
    AddressTest,
    CurrentDayOfWeekTest,
    CurrentTimeTest,
    DateTest,
    EnvelopeTest,
    HeaderExistsTest,
    HeaderTest,
    SizeTest,
    TrueTest,
)
from zimbra.types.filters import FilterRule, RuleBody

KEEP = (Keep(),)
KEPT = "laisser le message dans la boîte de réception"


def _rule(*tests: Any, actions: Any = KEEP, condition: str = "allof", nested: RuleBody | None = None) -> FilterRule:
    return FilterRule(tests, actions, condition, nested=nested, name="Règle")


def test_sentence_as_a_colleague_would_say_it() -> None:
    rule = _rule(
        HeaderTest("from", "chef@univ.example"),
        HeaderTest("subject", "réunion"),
        actions=(FileInto("/Réunions"), Flag("read"), Stop()),
    )
    assert sentence_of(rule) == (
        "Si l’expéditeur contient “chef@univ.example” et que l’objet contient “réunion”, classer le message dans "
        "“Réunions”, le marquer comme lu, et ne plus regarder les règles suivantes."
    )


@each(
    ("tests", "condition", "expected"),
    [
        ((TrueTest(),), "allof", "Pour tous les messages"),
        ((), "allof", "Pour tous les messages"),
        ((TrueTest(negative=True),), "anyof", "Pour aucun message"),
        ((TrueTest(), HeaderTest("cc", "a")), "anyof", "Pour tous les messages"),
        ((TrueTest(), HeaderTest("cc", "a")), "allof", "Si le destinataire en copie contient “a”"),
        ([HeaderTest("to", one) for one in "abc"], "anyof", "Si le destinataire contient “a”, “b” ou “c”"),
        ([HeaderTest("to", one) for one in "abc"], "allof", "Si le destinataire contient “a”, “b” et “c”"),
        (
            [HeaderTest("to", one, negative=True) for one in "ab"],
            "allof",
            "Si le destinataire ne contient ni “a” ni “b”",
        ),
        (
            [HeaderTest("to", one, negative=True) for one in "ab"],
            "anyof",
            "Si le destinataire ne contient pas “a” ou si le destinataire ne contient pas “b”",
        ),
        (
            (HeaderTest("to", "a"), HeaderTest("X-Cas", "a")),
            "anyof",
            "Si le destinataire ou l’en-tête “X-Cas” contient “a”",
        ),
        ((HeaderTest("subject", "*bravo*", "matches"),), "allof", "Si l’objet contient “bravo”"),
        (
            (HeaderTest("subject", "bravo*", "matches", negative=True),),
            "allof",
            "Si l’objet ne commence pas par “bravo”",
        ),
        ((HeaderTest("subject", "b?a*o", "matches"),), "allof", "Si l’objet suit le modèle “b?a*o”"),
        ((HeaderTest("subject", "", "is"),), "allof", "Si l’objet est vide"),
        (
            (AddressTest("from", "univ.example", "domain", case_sensitive=True),),
            "allof",
            "Si le domaine de l’expéditeur est “univ.example” (majuscules et minuscules distinguées)",
        ),
        ((EnvelopeTest("to", "a@b.example"),), "allof", "Si l’adresse de livraison est “a@b.example”"),
        ((SizeTest("over", "10M"),), "allof", "Si le message fait plus de 10 Mo"),
        ((SizeTest("over", "1000", negative=True),), "allof", "Si le message fait au plus 1 000 octets"),
        ((DateTest("before", 1709236800),), "allof", "Si le message est daté d’avant le 1er mars 2024"),
        ((CurrentDayOfWeekTest("6,0"),), "allof", "Si le message arrive un samedi ou un dimanche"),
        ((CurrentDayOfWeekTest("1", negative=True),), "allof", "Si le message n’arrive pas un lundi"),
        ((HeaderExistsTest("X-Spam", negative=True),), "allof", "Si l’en-tête “X-Spam” ne figure pas dans le message"),
        (
            (HeaderTest("X-Score", "5", "", value_comparison="ge"),),
            "allof",
            "Si le nombre que donne l’en-tête “X-Score” est supérieur ou égal à 5",
        ),
        (
            (HeaderTest("X-Score", "5", "", count_comparison="ge", negative=True),),
            "allof",
            "Si on compte moins de 5 fois l’en-tête “X-Score”",
        ),
        ((Other("neuf"),), "allof", "Si une condition que le portail ne sait pas décrire est remplie"),
        (
            (HeaderTest("subject", "a"), Other("neuf")),
            "allof",
            "Si l’objet contient “a” et qu’une condition que le portail ne sait pas décrire est remplie",
        ),
    ],
)
def test_conditions_in_words(tests: Any, condition: str, expected: str) -> None:
    assert sentence_of(_rule(*tests, condition=condition)) == f"{expected}, {KEPT}."


@each(
    ("actions", "expected"),
    [
        ((Discard(), Stop()), "supprimer le message sans qu’il apparaisse nulle part, et ne plus regarder les règles "
         "suivantes"),
        ((FileInto("Inbox"),), "classer le message dans la boîte de réception"),
        ((FileInto("A", copy=True), Tag("Élèves")), "mettre une copie du message dans “A” et lui donner l’étiquette "
         "“Élèves”"),
        ((Stop(), Flag("flagged")), "ne plus regarder les règles suivantes et marquer le message d’un drapeau"),
        ((Redirect("a@b.example"),), "transférer le message à “a@b.example”"),
        ((Reject("Non\nmerci"),), "refuser le message en répondant à l’expéditeur “Non merci”"),
        ((Other("neuf"),), "faire ce que le portail ne sait pas décrire"),
        ((), "ne rien faire de plus"),
    ],
)  # fmt: skip
def test_actions_in_words(actions: Any, expected: str) -> None:
    assert sentence_of(_rule(TrueTest(), actions=actions)) == f"Pour tous les messages, {expected}."


def test_nested_rule_is_told_with_its_outer_one() -> None:
    inner = RuleBody((HeaderTest("subject", "c"), HeaderTest("subject", "d")), (FileInto("E"),), "anyof")
    rule = _rule(HeaderTest("to", "a"), HeaderTest("cc", "a"), actions=(), condition="anyof", nested=inner)
    assert sentence_of(rule) == (
        "Si le destinataire ou le destinataire en copie contient “a”, et si de plus l’objet contient “c” ou “d”, "
        "classer le message dans “E”."
    )
    assert conditions_of(rule) == [
        "le destinataire ou le destinataire en copie contient “a” ; et de plus l’objet contient “c” ou “d”"
    ]
    assert actions_of(rule) == ["classer le message dans “E”"]


def test_conditions_stand_one_by_one() -> None:
    tests = (HeaderTest("to", "a"), HeaderTest("subject", "b"))
    for condition in ("allof", "anyof"):
        assert conditions_of(_rule(*tests, condition=condition)) == [
            "le destinataire contient “a”",
            "l’objet contient “b”",
        ]
    assert conditions_of(_rule()) == ["tous les messages"]


def test_outgoing_messages_are_left_among_the_sent_ones() -> None:
    rule = _rule(TrueTest())
    assert "dans les messages envoyés" in sentence_of(rule, direction="outgoing")
    assert actions_of(rule, direction="outgoing") == ["laisser le message dans les messages envoyés"]


def test_long_lists_are_counted_rather_than_told() -> None:
    rule = _rule(*(HeaderTest("from", f"{number}@a.example") for number in range(40)), condition="anyof")
    assert "“10@a.example” ou 29 autres" in sentence_of(rule)
    mixed = [HeaderTest("from", str(number), negative=number % 2 == 0) for number in range(60)]
    assert len(sentence_of(_rule(*mixed))) < 2000


@pytest.mark.parametrize(
    ("vacation", "expected"),
    [
        (
            Vacation("De retour le 16.", starts="2027-03-01", ends="2027-03-15", days=7),
            "Répondre automatiquement aux messages reçus du 1er mars 2027 au 15 mars 2027, au plus une fois tous les 7 "
            "jours à chaque personne, avec le texte “De retour le 16.”.",
        ),
        (
            Vacation("Absente", subject="Congés", addresses=("m@a.example",)),
            "Répondre automatiquement aux messages reçus, avec l’objet “Congés”, aussi pour ce qui arrive à "
            "“m@a.example”, avec le texte “Absente”.",
        ),
    ],
)
def test_absence_in_words(vacation: Vacation, expected: str) -> None:
    assert sentence_of_vacation(vacation) == expected


ANYTHING = st.one_of(
    st.text(max_size=30),
    st.text(max_size=30).map(lambda text: f"{text}\0\n\u202e\ud800"),
    st.sampled_from(
        ["", "is", "matches", "ge", "over", "10M", "0,6", "0830", "read", "from", "to,cc", "*a*", "started"]
    ),
)


def _any_value(kind: Any) -> st.SearchStrategy[Any]:
    return {
        "bool": st.booleans(),
        "int": st.integers(),
        "int | None": st.none() | st.integers(),
        "tuple[str, ...]": st.lists(ANYTHING, max_size=3).map(tuple),
    }.get(kind, ANYTHING)


def _instances(kinds: tuple[type, ...]) -> st.SearchStrategy[Any]:
    made = [st.builds(kind, **{one.name: _any_value(one.type) for one in fields(kind)}) for kind in kinds]
    return st.one_of(*made, st.builds(Other, element=ANYTHING))


def _bodies(inner: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    return {
        "tests": st.lists(_instances(TESTS), max_size=5).map(tuple),
        "actions": st.lists(_instances(ACTIONS), max_size=4).map(tuple),
        "condition": st.sampled_from(["allof", "anyof", "", "neuf"]),
        "nested": inner,
        "more": st.lists(st.builds(Other, element=ANYTHING), max_size=1).map(tuple),
    }


RULES = st.builds(
    FilterRule, **_bodies(st.none() | st.builds(RuleBody, **_bodies(st.none()))), name=ANYTHING, active=st.booleans()
)


@settings(max_examples=examples(300))
@given(RULES, st.sampled_from(["incoming", "outgoing"]))
def test_any_rule_has_one_clean_sentence(rule: FilterRule, direction: str) -> None:
    told = [sentence_of(rule, direction=direction), *conditions_of(rule), *actions_of(rule, direction=direction)]
    for text in told:
        assert text.strip()
        assert not [sign for sign in text if unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]
    assert told[0].endswith(".")
    assert told[0][0].isupper()


@each(
    ("text", "expected"),
    [
        ('redirect "perso@example.net"; keep;', "Pour tous les messages, transférer le message à “perso@example.net” "
         "et le laisser dans la boîte de réception."),
        ('if header :regex "subject" "^a.*b$" { fileinto "R&AOk-unions"; stop; }', "Si l’objet répond à l’expression "
         "régulière “^a.*b$”, classer le message dans “Réunions”, et ne plus regarder les règles suivantes."),
        ('if anyof (not header :contains "From" ["a", "b"], size :over 10M) { jettison; }', "Si l’expéditeur ne "
         "contient ni “a” ni “b” ou si le message fait plus de 10 Mo, supprimer le message sans qu’il apparaisse "
         "nulle part, et ne plus regarder les règles suivantes."),
        ('if allof (true, anyof (exists ["To", "Cc"], spamtest :value "ge" "5"), not false) { addflag "\\\\Seen"; }',
         "Si l’une de ces conditions est remplie (le destinataire et le destinataire en copie figurent dans le message "
         "; la condition “spamtest” de l’ancien serveur est remplie), marquer le message comme lu."),
        ('if true { discard; } elsif address :domain "to" "x.fr" { keep; } else { mark; }', "Pour tous les messages, "
         "supprimer le message sans qu’il apparaisse nulle part ; sinon, si le domaine du destinataire est “x.fr”, "
         "laisser le message dans la boîte de réception ; sinon, marquer le message d’un drapeau."),
        ('if currentdate :value "ge" "date" "2027-03-01" { vacation :days 7 "De retour le 15."; }', "Si la date "
         "d’arrivée est au plus tôt le 1er mars 2027, répondre automatiquement, au plus une fois tous les 7 jours à "
         "chaque personne, avec le texte “De retour le 15.”."),
        ('if not allof (header "a" "b", header "c" "d") { if true { notify "mailto:a@b.example"; } }', "Si l’en-tête "
         "“a” n’est pas “b” ou si l’en-tête “c” n’est pas “d”, pour tous les messages, prévenir “a@b.example” par un "
         "message."),
        ("tuer_le_message;", "Pour tous les messages, faire l’action “tuer_le_message” de l’ancien serveur."),
        ('if header "a', "Le texte de cette règle ne se lit pas : Ligne 1 : un texte entre guillemets n’est jamais "
         "fermé."),
        ("", "Cette règle ne fait rien."),
    ],
)  # fmt: skip
def test_old_rule_in_words(text: str, expected: str) -> None:
    assert old_sentence(SourceRule(text)) == expected


class Contents:
    def __init__(self, source: str, rules: tuple[FilterRule, ...] = (), vacation: Vacation | None = None) -> None:
        self.source, self.rules, self.vacation = source, rules, vacation


@each(
    ("text", "expected"),
    [
        (
            'if header :value "eq" "X-Prio" ["1","2"] { keep; }',
            f"Si l’en-tête “X-Prio” est “1” ou “2”, {KEPT}.",
        ),
        (
            'if not header :value "eq" "X-Prio" ["1","2"] { keep; }',
            f"Si l’en-tête “X-Prio” n’est ni “1” ni “2”, {KEPT}.",
        ),
        (
            'fileinto "A"; discard;',
            "Pour tous les messages, classer le message dans “A” et ne le laisser nulle part ailleurs.",
        ),
        ('stop; fileinto "A";', "Pour tous les messages, ne plus regarder les règles suivantes."),
        (
            'if exists "A" { if exists "B" { keep; } else { stop; } discard; }',
            f"Si l’en-tête “A” figure dans le message, faire ceci (si l’en-tête “B” figure dans le message, {KEPT} ; "
            "sinon, ne plus regarder les règles suivantes ; dans tous les cas, supprimer le message sans qu’il "
            "apparaisse nulle part).",
        ),
        ('fileinto "";', "Pour tous les messages, classer le message dans un dossier sans nom."),
        (
            'removeflag ["\\\\Seen","\\\\Flagged"];',
            "Pour tous les messages, retirer du message la marque « lu » et le drapeau.",
        ),
    ],
)
def test_old_rule_is_told_as_it_worked(text: str, expected: str) -> None:
    assert old_sentence(SourceRule(text)) == expected


def test_devices_of_the_conversion_are_told_as_what_they_mean() -> None:
    empty = HeaderTest("X-A", "!", comparison="", value_comparison="lt", comparator="i;octet")
    assert conditions_of(_rule(empty)) == ["l’en-tête “X-A” est vide"]
    nobody = EnvelopeTest("from", "?*", comparison="matches", negative=True)
    assert conditions_of(_rule(nobody)) == ["l’adresse d’envoi réelle est vide"]
    late = CurrentTimeTest("before", "1800", negative=True)
    assert conditions_of(_rule(late)) == ["le message arrive à partir de 18 h 00"]
    assert actions_of(_rule(actions=(FileInto("A"), Discard())))[1] == "ne le laisser nulle part ailleurs"


def test_captured_rule_is_told_by_what_goes_to_zimbra_and_a_refused_one_by_what_it_did() -> None:
    assert sentence_of_captured(Contents("discard;", (_rule(TrueTest()),))) == f"Pour tous les messages, {KEPT}."
    assert sentence_of_captured(Contents("x", vacation=Vacation("Absent"))).startswith("Répondre automatiquement")
    assert sentence_of_captured(Contents('redirect "a@b.example";')).startswith("Pour tous les messages, transférer")


SIEVE = st.lists(
    st.sampled_from([
        "if ", "elsif ", "else ", "not ", "allof (", "anyof (", ")", "{", "}", ";", ",", '"subject" ', '["a", "b"] ',
        "header ", "address ", "exists ", "size ", "date ", "currentdate ", ":over ", ":value ", ":regex ", ":domain ",
        "10M ", "true ", "keep;", "stop;", "fileinto ", "redirect ", "vacation ", "notify ", "addflag ", "unmark;",
        '"\0\u202e\n" ', '"2027-03-01" ', ":flags ", ":days 3 ", "neuf ", "set ", "jettison;", "{ discard; }",
    ]),
    max_size=25,
).map("".join)  # fmt: skip


@settings(max_examples=examples(300))
@given(SIEVE)
def test_any_old_text_has_one_clean_sentence(text: str) -> None:
    told = old_sentence(SourceRule(text))
    assert told.endswith(".")
    assert len(told) < 2000
    assert not [sign for sign in told if unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]
