"""Sources of rules, taken apart."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bascule.conversions.filters.source.grammar import SieveError, parse
from bascule.conversions.filters.source.rule_comments import RuleComment, read_rule_comment
from bascule.conversions.filters.source.sources import MAX_OCTETS, MAX_RULES, Sources, split
from bascule.conversions.model import Unreadable
from tests.each import each, examples

SAMPLES = Path(__file__).parents[3] / "samples" / "sieve"
# name, order, active; "!" before the name of a rule that cannot be read.
SAMPLE_RULES = {
    "01-user.ldif": [("Loterie", 1, True), ("Réunions", 2, True), ("Ancien transfert", 0, False)],
    "02-file.sieve": [("Listes", 1, True), ("Gros messages", 2, True)],
    "03-rule-comment.sieve": [("Factures 2024", 3, True)],
    "04-forward-vacation.sieve": [("Transfert", 1, True), ("Absence", 2, True)],
    "05-several-requires.sieve": [("Factures", 1, True), ("Publicité", 2, True)],
    "06-delete.sieve": [("Nettoyage", 1, True), ("Lettres", 2, True)],
    "07-hash-in-a-name.sieve": [('Ticket #12 "urgent" {a}', 1, True)],
    "08-imapflags.sieve": [("Chef", None, True)],
    "09-vacation.sieve": [("", None, True)],
    "10-envelope-body-subaddress.sieve": [("", None, True)],
    "11-folders.sieve": [("Accents", None, True)],
    "12-regex.sieve": [("Numéros", None, True), ("Suspendue", None, True)],
    "13-jettison.sieve": [("Indésirables", 4, True)],
    "14-no-require.sieve": [("", None, True)],
    "15-not-ended.sieve": [("Un", None, True), ("!Deux", None, True), ("Trois", None, True)],
    "16-lines-without-dn.ldif": [("Première", 1, True), ("Deuxième", 2, True), ("", None, True)],
    "17-notify.sieve": [("Téléphone de garde", 1, True)],
    "18-dates.sieve": [("", None, True)],
    "19-zimbra.sieve": [("Factures", None, True), ("Ancienne", None, False)],
    "20-quoted-in-a-mail.txt": [("Listes", 1, True)],
    "21-damaged-inside.sieve": [("!Un", None, True), ("Deux", None, True)],
}


def readable(text: str) -> bool:
    try:
        parse(text)
    except SieveError:
        return False
    return True


def names(sources: Sources) -> list[str]:
    return [rule.name for rule in sources.rules]


@each("name", sorted(path.name for path in SAMPLES.iterdir()))
def test_sample_comes_apart(name: str) -> None:
    rules = split((SAMPLES / name).read_bytes(), name).rules
    found = [("" if readable(rule.text) else "!") + rule.name for rule in rules]
    assert [(shown, rule.order, rule.active) for shown, rule in zip(found, rules, strict=True)] == SAMPLE_RULES[name]


@each(
    ("comment", "said"),
    [
        ("# Rule Info: $Order=3 Template=file Name=(Mes (petites) listes)", RuleComment("Mes (petites) listes", 3)),
        ("# $Rule Info: Order=-1 Template=x", RuleComment("", -1)),
        ('#RULE: $Name="a \\"b\\" \\u00e9" $Order=0 $RuleType="X"', RuleComment('a "b" é', 0)),
        ("#rule info:$order=2 name=Deux mots $Template=file", RuleComment("Deux mots", 2)),
        ("# Rule Info: $Order=4\n#   Template=file Name=Suite\n# autre chose", RuleComment("Suite", 4)),
        ("# Rule Info: Name= Template=file Order=beaucoup", RuleComment("", None)),
        ('# Rule Info: $Order="5" Name=()', RuleComment("", 5)),
        ("# Rule Info: Order=3, Name=Deux mots, Template=x", RuleComment("Deux mots", 3)),
        ("# Rule Info: $Order='6' Name='L’été ici'", RuleComment("L’été ici", 6)),
        ("# rule:[x]", None),
        ("# une règle ordinaire", None),
    ],
)
def test_rule_comment_is_read(comment: str, said: RuleComment | None) -> None:
    assert read_rule_comment(comment + "\nkeep;") == said


def test_rules_run_in_the_order_of_the_old_server() -> None:
    orders = ["", "$Order=2", "$Order=0", "$Order=-3", "$Order=1", "", "$Order=2", "$Order=0"]
    script = "".join(f"# Rule Info: {order} Name=r{place}\nkeep;\n" for place, order in enumerate(orders))
    sources = split(script.encode())
    assert names(sources) == ["r4", "r1", "r6", "r0", "r3", "r5", "r2", "r7"]
    assert [rule.active for rule in sources.rules] == [True] * 6 + [False] * 2


def test_script_without_rule_comments_comes_apart_at_its_conditions() -> None:
    script = """require ["fileinto", "variables"];

# Première
# suite
if true { keep; }   # fin
elsif false { stop; }
# fileinto "ancienne";
set "a" "b"; keep;
discard;
# ----- Troisième -----
if header "a" "${a}" { fileinto "x"; }
stop;
"""
    rules = split(script.encode()).rules
    assert [rule.name for rule in rules] == ["Première", "", "Troisième", ""]
    assert rules[0].text.endswith("elsif false { stop; }")
    assert rules[1].text.endswith('set "a" "b"; keep;\ndiscard;')
    assert rules[2].text.startswith('require "variables";\n')
    assert [rule.place for rule in rules] == ["ligne 3", "ligne 7", "ligne 10", "ligne 12"]


def test_value_of_the_directory_is_one_rule_whatever_stands_in_it() -> None:
    first = base64.b64encode(b'# Rule Info: $Order=1 Name="Un"\nif true { keep; }\nif true { stop; }\n').decode()
    data = f"dn: uid=a\nmailSieveRuleSource:: {first}\nmailSieveRuleSource: if true {{ keep; }} if true {{ stop; }}\n"
    sources = split(data.encode())
    assert [(rule.name, rule.place) for rule in sources.rules] == [("Un", "règle 1"), ("", "règle 2")]
    alone = split(b"dn: uid=a\nmailSieveRuleSource: if true { keep; } if true { stop; }\n")
    assert len(alone.rules) == 2


def test_damaged_value_does_not_cost_the_others() -> None:
    data = b"mailSieveRuleSource: if true {\nmailSieveRuleSource:: ****\nmailSieveRuleSource: keep;\n"
    sources = split(data)
    assert [rule.text for rule in sources.rules] == ["if true {", "****", "keep;"]
    assert [remark.code for remark in sources.remarks] == ["bad_base64"]


def test_several_people_are_told() -> None:
    sources = split(b"dn: uid=a\nmailSieveRuleSource: keep;\n\ndn: uid=b\nmailSieveRuleSource: stop;\n")
    assert [rule.place for rule in sources.rules] == ["entrée 1, règle 1, ligne 1", "entrée 2, règle 1, ligne 1"]
    assert [remark.code for remark in sources.remarks] == ["several_entries"]


def test_action_under_a_broken_condition_never_comes_out_alone() -> None:
    script = """if header @ "x" {
if true {
discard;
}
}
# suite
if true { keep; }
if true { stop; } }
if false { keep; }
"""
    rules = split(script.encode()).rules
    good = [rule.text for rule in rules if readable(rule.text)]
    assert [text.splitlines()[-1] for text in good] == ["if true { keep; }", "if false { keep; }"]


def test_elsif_that_cannot_be_read_takes_its_if_along() -> None:
    rules = split(b"if true { keep; }\nelsif @ { stop; }\nif false { keep; }\n").rules
    assert [readable(rule.text) for rule in rules] == [False, True]


@each(
    "data",
    [
        'if header "Subject" "été" { keep; }'.encode("utf-16"),
        'if header "Subject" "été" { keep; }'.encode("latin-1"),
        'if header "Subject" "été" { keep; }'.encode("utf-8-sig"),
        "    if header “Subject” « été » {\r\n    keep; }\r\n".encode(),
        "if header &quot;Subject&quot; &quot;été&quot; { keep; }".encode(),
        'Bonjour,\n>> if header "Subject" "été"\n>> { keep; }\n'.encode(),
        'i\0f header "Subject" "été" { keep; }'.encode(),
    ],
)
def test_pasted_text_is_read_in_any_dress(data: bytes) -> None:
    (rule,) = split(data).rules
    test = parse(rule.text).commands[0].tests[0]
    assert [value for argument in test.args for value in getattr(argument, "values", ())] == ["Subject", "été"]


def test_what_is_no_rule_is_told_and_left() -> None:
    sources = split(
        b"Bonjour,\n# Rule Info: $Order=1 Name=a\nkeep;\n# Rule Info: $Order=2 Name=vide\nCordialement, Jean"
    )
    assert names(sources) == ["a"]
    assert [(remark.code, remark.place) for remark in sources.remarks] == [
        ("ignored_text", "ligne 1"),
        ("ignored_text", "ligne 5"),
        ("ignored_text", "ligne 4"),
    ]


@each(
    ("data", "code"),
    [
        (b"", "empty"),
        (b" \n\0\n", "empty"),
        (b"k" * (MAX_OCTETS + 1), "too_large"),
        (b"<html><body>Bonjour</body></html>", "no_rules"),
        (b'# rien\nrequire "fileinto";\n', "no_rules"),
        (b"dn: uid=a\nmail: a@exemple.fr\n", "no_rules"),
        (b"%PDF-1.4 \xff\xfe\x00", "no_rules"),
    ],
)
def test_source_without_rules_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as caught:
        split(data, "filtres.sieve")
    assert caught.value.code == code
    assert "« filtres.sieve »" in str(caught.value)


def test_number_of_rules_is_bounded() -> None:
    sources = split(b"if true { keep; }\n" * (MAX_RULES + 20))
    assert len(sources.rules) == MAX_RULES
    assert [remark.code for remark in sources.remarks] == ["too_many_rules"]


def test_nothing_is_read_far_behind_the_last_rule_that_counts() -> None:
    rule = 'if header :is "a" "b" { keep; }\n'
    sources = split(f"{rule * (MAX_RULES * 5)}Bonjour.\n# Rule Info: $Order=1 Name=(X)\n".encode())
    assert [remark.code for remark in sources.remarks] == ["too_many_rules"]
    short = split(f"{rule * 3}Bonjour.\n{rule}".encode())
    assert [remark.code for remark in short.remarks] == ["ignored_text"]


def test_a_choice_is_not_cut_where_enough_was_read() -> None:
    rule = "# Rule Info: $Order=1 Name=(Long)\n" + "keep;\n" * 999
    text = rule + "if true { keep; } elsif true { stop; } else { keep; }\n" * 700
    (found,) = split(text.encode()).rules
    assert found.text == text.strip()


@settings(max_examples=examples(150), deadline=None)
@given(st.lists(st.sampled_from(
    ["if true {", "}", "keep;", "\n", "# Rule Info: $Order=1 Name=a\n", '"', "elsif false", "else {", "@", "# x\n",
     "stop;", "text:\n", ".\n", "/*", "*/", "require", "[", "Bonjour,", "mailSieveRuleSource: ", "dn: x\n", "> ", "“"]
), max_size=25))  # fmt: skip
def test_any_mixture_is_taken_apart_or_refused(pieces: list[str]) -> None:
    try:
        sources = split("".join(pieces).encode())
    except Unreadable:
        return
    assert all(rule.text for rule in sources.rules)
