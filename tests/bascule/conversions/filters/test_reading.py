"""A source read as a whole, and what the simulated Zimbra keeps of its rules."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bascule.conversions.filters.model import FilterReading, Verdict
from bascule.conversions.filters.reading import read_filters
from bascule.conversions.model import Unreadable
from tests.simulated import Simulated
from zimbra.types.elements import Other
from zimbra.types.filter_actions import FileInto
from zimbra.types.filter_tests import DateTest, HeaderExistsTest, HeaderTest, Test
from zimbra.types.filters import FilterRule, RuleBody


def read(text: str) -> FilterReading:
    return read_filters(text.encode(), domain="univ.example")


# One rule of each kind that leaves something, of every form that the conversion makes.
EVERYTHING = r"""
require ["fileinto","reject","imap4flags","copy","envelope","body","relational","comparator-i;ascii-numeric","date"];
if anyof (header :contains ["From","Sender"] ["a","é\"\\*?"], header :matches "Subject" "a\\*b?c*")
{ fileinto "R&AOk/A"; stop; }
if allof (header :is "Subject" "", not header :contains "X-A" ["b","c"], exists ["D","E"]) { discard; }
elsif size :over 10M { reject text:
Trop gros.
..suite
# Nom
.
; stop; }
elsif allof (size :under 2K, anyof (exists "A", exists "B"), anyof (exists "C", exists "D")) { keep; }
else { addflag ["\\Seen","\\Flagged","projet"]; fileinto :copy "INBOX/X"; }
if header :value "ge" :comparator "i;ascii-numeric" "X-Note" "5" { fileinto "Notes"; }
if header :count "gt" :comparator "i;ascii-numeric" ["To","Cc"] "10" { fileinto "Nombreux"; }
if header :contains :comparator "i;octet" "Subject" "DSI" { fileinto "Dsi"; }
if not address :localpart :matches ["to","cc"] "chef*" { fileinto "A"; }
if address :domain :is :comparator "i;octet" "from" "Univ.example" { fileinto "B"; }
if envelope :is "from" ["", "a@b.example"] { fileinto "C"; }
if envelope :count "eq" :comparator "i;ascii-numeric" "from" "1" { fileinto "C"; }
if body :contains ["été","x"] { fileinto "D"; }
if date :value "ge" "date" "date" "2024-09-01" { fileinto "E"; }
if currentdate :is "weekday" ["0","6"] { fileinto "F"; }
if currentdate :value "ge" "hour" "18" { fileinto "G"; }
if header :contains "X-Spam-Level" "*****" { fileinto "H"; }
if header :contains "Subject" "prix ${montant}" { fileinto "I"; }
if false { fileinto "J"; }
fileinto "Reste";
"""


def test_every_form_of_rule_is_kept_by_zimbra_as_it_was_sent(simulated: Simulated) -> None:
    reading = read(EVERYTHING)
    assert [rule.name for rule in reading.rules if rule.verdict is Verdict.REFUSED] == []
    rules = [one for rule in reading.rules for one in rule.rules]
    assert len(rules) == 20
    with simulated.client(simulated.create_account()) as client:
        client.replace_filters(rules)
        held = client.filters()
    assert [_comparable(one) for one in held] == [_comparable(one) for one in rules]


def _comparable(rule: FilterRule) -> FilterRule:
    return replace(rule, tests=_tests(rule), nested=None if rule.nested is None else _body(rule.nested))


def _body(body: RuleBody) -> RuleBody:
    return replace(body, tests=_tests(body), nested=None if body.nested is None else _body(body.nested))


def _tests(body: RuleBody) -> tuple[Test | Other, ...]:
    # Zimbra keeps the day, and says it as its midnight.
    return tuple(
        replace(test, seconds=round(test.seconds / 86_400 - 0.4)) if isinstance(test, DateTest) else test
        for test in body.tests
    )


def test_forms_of_convergence_are_read() -> None:
    texts = [
        '# Rule Info: $Order=1 Template=file Name=(Listes)\nif header :is "Sender" "a" { fileinto "L/DSI"; }\n',
        '#RULE: $Name="Factures" $Order=2\nif header :matches "Subject" "*facture*" { addflag "\\\\Flagged"; stop; }\n',
    ]
    reading = read("".join(texts))
    assert [(rule.name, rule.verdict, rule.folders) for rule in reading.rules] == [
        ("Listes", "same", ("L/DSI",)),
        ("Factures", "same", ()),
    ]


def test_names_differ_over_the_whole_reading() -> None:
    reading = read('if exists "A" { discard; }\nif exists "A" { discard; }\nif exists "A" { discard; }\n')
    names = [one.name for rule in reading.rules for one in rule.rules]
    assert names == ["Avec A → supprimer", "Avec A → supprimer (2)", "Avec A → supprimer (3)"]


def test_damaged_rule_stays_beside_the_others() -> None:
    reading = read('if exists "A" { discard; }\nif exists "B" { danser; }\nif exists "C" { keep; }\n')
    assert [rule.verdict for rule in reading.rules] == ["same", "refused", "same"]


def test_rules_that_get_in_each_others_way_are_told() -> None:
    reading = read('if exists "A" { addflag "x"; }\nif exists "B" { discard; }\n')
    assert [remark.code for remark in reading.remarks] == ["flag_keeps_discarded"]


def test_variables_are_shared_by_the_rules_of_a_script() -> None:
    reading = read(
        'require ["variables","fileinto"];\nset "d" "Dossier";\nif exists "A" { fileinto "${d}/A"; }\n'
        'if header :matches "Subject" "*" { set "d" "${1}"; }\nif exists "B" { fileinto "${d}/B"; }\n'
    )
    assert [folder for rule in reading.rules for folder in rule.folders] == ["Dossier/A"]
    assert "variables" in [remark.code for remark in reading.rules[-1].remarks]


def test_accents_in_texts_are_told_once() -> None:
    reading = read('if body :contains "été" { discard; }\nif body :contains "à" { keep; }\n')
    assert [remark.code for remark in reading.remarks] == ["accents_in_text"]
    assert read('if body :contains "ete" { discard; }').remarks == []


def test_source_without_rules_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        read("Bonjour, voici mes règles.")


def test_rule_is_the_same_read_twice() -> None:
    assert read(EVERYTHING) == read(EVERYTHING)


def test_long_source_is_read_to_its_end() -> None:
    text = "".join(f'if header :contains "Subject" "mot {at}" {{ fileinto "D/{at}"; stop; }}\n' for at in range(200))
    reading = read(text)
    assert [rule.rules[0].actions[0] for rule in reading.rules] == [FileInto(f"D/{at}") for at in range(200)]
    assert reading.rules[7].rules[0].tests == (HeaderTest("Subject", "mot 7"),)
    assert reading.remarks == []


def test_missing_file_name_is_no_matter(tmp_path: Path) -> None:
    file = tmp_path / "regles.sieve"
    file.write_bytes(b'if exists "A" { keep; }')
    (rule,) = read_filters(file.read_bytes(), file.name, domain="").rules
    assert rule.rules[0].tests == (HeaderExistsTest("A"),)
