"""Rules as a whole: branches, order, names, variables, sources that are no rule."""

from __future__ import annotations

import pytest

from bascule.conversions.filters.converting.names import MAX_NAME, fit, unique
from bascule.conversions.filters.model import Verdict
from tests.bascule.conversions.filters.convert_cases import codes, converted
from tests.each import each
from zimbra.types.filter_actions import Discard, FileInto, Flag, Stop
from zimbra.types.filter_tests import HeaderExistsTest, HeaderTest, TrueTest

A, B, C = HeaderExistsTest("A"), HeaderExistsTest("B"), HeaderExistsTest("C")
NOT_A, NOT_B = HeaderExistsTest("A", negative=True), HeaderExistsTest("B", negative=True)


def shapes(text: str) -> list[tuple[object, ...]]:
    """For each rule: anyof or allof, tests, actions."""
    return [(rule.condition, rule.tests, rule.actions) for rule in converted(text).rules]


def test_branches_exclude_those_before_them() -> None:
    text = 'if exists "A" { fileinto "a"; } elsif exists "B" { fileinto "b"; } else { fileinto "c"; }'
    assert shapes(text) == [
        ("allof", (A,), (FileInto("a"),)),
        ("allof", (NOT_A, B), (FileInto("b"),)),
        ("allof", (NOT_A, NOT_B), (FileInto("c"),)),
    ]


def test_branch_that_has_stopped_need_not_be_excluded() -> None:
    text = 'if exists "A" { fileinto "a"; stop; } elsif exists "B" { fileinto "b"; stop; } else { discard; }'
    assert shapes(text) == [
        ("allof", (A,), (FileInto("a"), Stop())),
        ("allof", (B,), (FileInto("b"), Stop())),
        ("anyof", (TrueTest(),), (Discard(),)),
    ]


def test_branch_that_stops_in_some_cases_only_is_excluded() -> None:
    text = 'if exists "A" { if exists "B" { stop; } } else { discard; }'
    assert shapes(text) == [("allof", (A, B), (Stop(),)), ("allof", (NOT_A,), (Discard(),))]


def test_branch_that_stops_in_all_cases_is_known_to() -> None:
    text = 'if exists "A" { if exists "B" { keep; stop; } else { discard; stop; } } else { fileinto "c"; }'
    assert shapes(text)[2] == ("anyof", (TrueTest(),), (FileInto("c"),))


def test_blocks_in_blocks_run_in_their_order() -> None:
    text = 'if exists "A" { addflag "\\\\Seen"; if exists "B" { fileinto "b"; stop; } fileinto "a"; }'
    assert shapes(text) == [
        ("allof", (A,), (Flag("read"),)),
        ("allof", (A, B), (FileInto("b"), Stop())),
        ("allof", (A,), (FileInto("a"),)),
    ]


def test_what_comes_after_stop_is_not_converted() -> None:
    assert shapes('if exists "A" { stop; danser; }') == [("allof", (A,), (Stop(),))]
    assert shapes("keep; stop; danser; if lune { keep; }")[0][1] == (TrueTest(),)


def test_commands_without_condition_always_apply_even_to_zimbra() -> None:
    rule = converted('fileinto "a";', active=False)
    assert (rule.rules[0].tests, rule.rules[0].active, rule.active) == ((TrueTest(),), False, False)


def test_several_commands_are_several_rules_named_after_the_source() -> None:
    rule = converted('if exists "A" { fileinto "a"; } if exists "B" { fileinto "b"; }', name="Tri")
    assert [one.name for one in rule.rules] == ["Tri", "Tri (2)"]
    assert (rule.name, rule.verdict, codes(rule)) == ("Tri", Verdict.SAME, ["several_rules"])


def test_what_is_lost_between_leaves_one_rule() -> None:
    rule = converted('if exists "A" { fileinto "a"; if exists "B" { notify; } stop; }')
    assert [one.actions for one in rule.rules] == [(FileInto("a"), Stop())]


def test_rule_that_never_applied_is_kept_as_such() -> None:
    rule = converted('if false { fileinto "a"; }')
    assert [(one.tests, one.actions) for one in rule.rules] == [((TrueTest(negative=True),), (FileInto("a"),))]
    assert (rule.verdict, codes(rule)) == (Verdict.SAME, ["never_applies"])


def test_part_that_never_applied_is_left_out() -> None:
    rule = converted('if exists "A" { keep; if not exists "A" { danser; } }')
    assert codes(rule) == ["action_unknown"]
    rule = converted('if exists "A" { fileinto "a"; if not exists "A" { discard; } }')
    assert [one.actions for one in rule.rules] == [(FileInto("a"),)]
    assert codes(rule) == ["never_applies"]


def test_rule_put_aside_as_a_whole_is_the_rule_that_it_was() -> None:
    rule = converted('disabled_if exists "A" { discard; }', active=False)
    assert [(one.tests, one.active) for one in rule.rules] == [((A,), False)]


# ----------------------------------------------------------------------------------------------------------- names


@each(
    ("condition", "name"),
    [
        ('address :contains "from" "chef@univ.example"', "De : chef@univ.example → Suivi"),
        ('header :contains "Subject" ["a","b"]', "Objet : a ou b → Suivi"),
        ('header :contains "Subject" ["a","b","c"]', "Objet : a ou b … → Suivi"),
        ('not header :contains "To" "x"', "Sauf À : x → Suivi"),
        ("size :over 2M", "Plus de 2 Mo → Suivi"),
        ("true", "Tous les messages → Suivi"),
        ('envelope :is "from" ""', "Sans expéditeur → Suivi"),
        ('header :value "ge" :comparator "i;ascii-numeric" "X-Note" "5"', "X-Note : 5 → Suivi"),
    ],
)
def test_name_is_made_of_the_conditions(condition: str, name: str) -> None:
    assert converted(f'if {condition} {{ fileinto "Dossier/Suivi"; }}').name == name


@each(
    ("actions", "end"),
    [
        ("discard;", "→ supprimer"),
        ("keep;", "→ garder"),
        ('reject "Non.";', "→ refuser"),
        ('addflag "\\\\Seen";', "→ marquer comme lu"),
        ('addflag "projet";', "→ étiquette projet"),
        ("stop;", "→ s’arrêter là"),
    ],
)
def test_name_tells_what_is_done(actions: str, end: str) -> None:
    assert converted(f'if exists "A" {{ {actions} }}').name == f"Avec A {end}"


@each(
    ("condition", "name"),
    [
        ('header :contains ["From","Reply-To"] "x"', "De ou Réponse à : x → A"),
        ('header :contains ["From","Reply-To","Subject"] "x"', "De ou Réponse à… : x → A"),
        ('not header :is "Subject" ["x","y"]', "Sauf Objet : x et y → A"),
        ('not exists "Message-ID"', "Sans Message-ID → A"),
        ("not size :under 1M", "Au moins 1 Mo → A"),
        ("not size :over 20K", "Au plus 20 Ko → A"),
    ],
)
def test_name_is_short_and_says_what_is_meant(condition: str, name: str) -> None:
    assert converted(f'if {condition} {{ fileinto "A"; }}').name == name


def test_each_part_of_a_rule_without_a_name_is_called_by_what_it_does() -> None:
    rule = converted(
        'if header :is "Subject" "a" { fileinto "A"; } elsif header :is "Subject" "b" { fileinto "B"; } else {discard;}'
    )
    assert [one.name for one in rule.rules] == [
        "Objet : a → A",
        "Objet : b et sauf Objet : a → B",
        "Sauf Objet : a et b → supprimer",
    ]


def test_what_cannot_be_read_is_told_by_its_line_in_the_rule_and_what_to_do() -> None:
    (remark,) = converted('if header :is "Subject" "a" {\n  fileinto "A;\n}').remarks
    assert remark.code == "unreadable"
    assert "Ligne 2 de la règle" in remark.message
    assert "refaites-la dans le formulaire" in remark.message


def test_name_of_the_source_is_made_fit() -> None:
    rule = converted("keep;", name="  Ligne 1\n# Ligne\u2028 2\x85 ")
    assert rule.rules[0].name == "Ligne 1 # Ligne 2"
    rule = converted("keep;", name="x" * 300)
    assert len(rule.rules[0].name) == MAX_NAME
    assert codes(rule) == ["name_changed"]
    assert converted("keep;", name="\n").name == "Tous les messages → garder"


def test_name_is_not_one_that_is_taken() -> None:
    rule = converted('if exists "A" { keep; } if exists "B" { keep; }', name="Tri", taken=["TRI", "tri (2)"])
    assert [one.name for one in rule.rules] == ["Tri (3)", "Tri (4)"]


def test_long_names_are_told_apart_within_their_bound() -> None:
    taken: set[str] = set()
    names = [unique("é" * MAX_NAME, taken) for _ in range(12)]
    assert len({name.casefold() for name in names}) == 12
    assert max(map(len, names)) == MAX_NAME
    assert all(fit(name) == name for name in names)


def test_refused_rule_keeps_its_name_or_says_that_it_has_none() -> None:
    assert converted("danser;", name="Bal").name == "Bal"
    assert converted("danser;").name == "Règle sans nom (règle 1)"


# ------------------------------------------------------------------------------------------------------- variables


def test_constant_variables_are_put_in_their_places() -> None:
    text = 'set "d" "Dossier"; set :upper "s" "${D}/a"; if header :contains "Subject" "${d}" { fileinto "${s}"; }'
    assert shapes(text) == [("allof", (HeaderTest("Subject", "Dossier"),), (FileInto("DOSSIER/A"),))]


@each(
    "text",
    [
        'require "variables"; if header :matches "Subject" "*" { fileinto "L/${1}"; }',
        'require "variables"; fileinto "L/${inconnue}";',
        'if exists "A" { set "d" "x"; } fileinto "${d}";',
        'set "d" "x"; if exists "A" { set "d" "y"; } fileinto "${d}";',
        'set "a" "xxxxxxxxxxxxxxxxxxxx";' + 'set "a" "${a}${a}";' * 40 + 'fileinto "${a}";',
    ],
)
def test_variable_that_depends_on_the_message_refuses_the_rule(text: str) -> None:
    assert codes(converted(text)) == ["variables"]


def test_variable_set_in_a_block_is_known_there_only() -> None:
    rule = converted('if exists "A" { set "d" "x"; fileinto "${d}"; } elsif exists "B" { fileinto "b"; }')
    assert rule.folders == ("x", "b")


def test_rule_that_only_sets_variables_says_so() -> None:
    assert codes(converted('require "variables"; set "a" "b";')) == ["variables_only"]


def test_encoded_characters_are_read_where_they_were_asked_for() -> None:
    asked = converted(
        'require "encoded-character"; if exists "A" { fileinto "${hex: c3 a9}${unicode:20ac}${hex:zz}"; }'
    )
    assert codes(asked) == ["variables"]
    asked = converted('require "encoded-character"; fileinto "${hex: c3 a9}${unicode:20ac}";')
    assert asked.folders == ("é€",)


# --------------------------------------------------------------------------------------------- sources that are none


@each("text", ["if header { keep; ", "keep", '"', "if true { keep; }}", "$Order=3", 'fileinto "a'])
def test_text_that_cannot_be_read_is_kept_with_the_reason(text: str) -> None:
    rule = converted(text, name="Abîmée")
    assert (rule.verdict, rule.rules, rule.name) == (Verdict.REFUSED, (), "Abîmée")
    (remark,) = rule.remarks
    assert (remark.code, remark.place, remark.original) == ("unreadable", "règle 1", text)
    assert "Ligne 1" in remark.message


@pytest.mark.parametrize("text", ["", "# rien", 'require "fileinto";'])
def test_text_without_commands_gives_no_rule(text: str) -> None:
    assert codes(converted(text)) == ["no_effect"]


def test_original_is_kept_within_its_bound() -> None:
    rule = converted("danser; #" + "x" * 10_000)
    assert len(rule.remarks[0].original) == 2_000


@each(
    "text",
    [
        'fileinto "' + "x" * 190_000 + '";',
        'if header :contains "A" [' + ",".join(f'"{at}"' for at in range(25_000)) + "] { discard; }",
        'if exists "A" { keep; }' + "".join(f' elsif exists "A{at}" {{ keep; }}' for at in range(4_000)),
        "if anyof (" + ",".join(f'allof (exists "A{at}", exists "B{at}")' for at in range(3_000)) + ") { discard; }",
        'if exists "A" { addflag "x"; }' * 5_000,
        "".join(f'addflag "x{at}"; fileinto "x{at}";' for at in range(4_000)),
        'if header :regex "A" ["' + '","'.join(["(a|b)?" * 30 + "x" * 400] * 200) + '"] { discard; }',
        'set "a" "${a}${a}";' * 4_000 + 'fileinto "${a}";',
        "keep;" * 100_000,
    ],
    ids=["folder", "keys", "branches", "product", "commands", "flags", "regex", "variables", "long"],
)
def test_hostile_text_ends_in_a_refusal(text: str) -> None:
    rule = converted(text)
    assert (rule.verdict, rule.rules) == (Verdict.REFUSED, ())
    assert len(rule.remarks) == 1
