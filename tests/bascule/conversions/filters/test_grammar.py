"""Reading Sieve, and writing it back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bascule.conversions.filters.source.grammar import MAX_DEPTH, SieveError, parse, parse_part
from bascule.conversions.filters.source.syntax import Command, Number, Strings, Tag, Test
from bascule.conversions.filters.source.writing import quoted, script_of, string_list
from tests.each import each, examples


def test_parse_reads_tests_blocks_and_arguments() -> None:
    script = parse('If AnyOf (not Header :Contains ["a", "b"] "x", size :over 10k) { keep; stop; }')
    (command,) = script.commands
    test = command.tests[0]
    assert (command.name, test.name, [inner.name for inner in test.tests]) == ("if", "anyof", ["not", "size"])
    assert test.tests[0].tests[0].args == (Tag("contains"), Strings(("a", "b"), True), Strings(("x",)))
    assert test.tests[1].args == (Tag("over"), Number(10240, "10k"))
    assert [inner.name for inner in command.block or ()] == ["keep", "stop"]


@each(
    ("text", "value"),
    [
        (r'x "a\"b\\c\d";', 'a"b\\cd'),
        ("x text:\na\n..b\n.c\n.\n;", "a\n.b\n.c\n"),
        ("x TEXT: # remarque\r\na\r\n.\r\n;", "a\n"),
        ("x text:\n.\n;", ""),
        ('x "deux\r\nlignes";', "deux\nlignes"),
        ('x "# pas une remarque /* non plus */";', "# pas une remarque /* non plus */"),
    ],
)
def test_strings_are_read(text: str, value: str) -> None:
    assert parse(text).commands[0].args == (Strings((value,)),)


def test_numbers_have_their_units() -> None:
    args = parse("x 1 2K 3m 4G;").commands[0].args
    assert [one.value for one in args if isinstance(one, Number)] == [1, 2048, 3 << 20, 4 << 30]


def test_comments_are_kept_with_their_places() -> None:
    text = "# un\nkeep; /* deux\nlignes */ # trois\n"
    comments = parse(text).comments
    assert [(one.text, one.line) for one in comments] == [(" un", 1), (" deux\nlignes ", 2), (" trois", 3)]
    assert [text[one.start : one.end] for one in comments] == ["# un", "/* deux\nlignes */", "# trois"]


def test_commands_know_where_they_stand() -> None:
    text = "keep;\n\nif true {\n  stop;\n}\n"
    keep, condition = parse(text).commands
    assert text[keep.start : keep.end] == "keep;"
    assert text[condition.start : condition.end] == "if true {\n  stop;\n}"
    assert (condition.line, (condition.block or ())[0].line) == (3, 4)


@each(
    "text",
    [
        '\ufeffkeep;\0 fileinto "a";',
        'keep; require ["fileinto"]; fileinto "a";',
        "if true { keep };",
        'x ["a", "b",];',
        "if (not (true)) { keep; }",
        "inconnu :tag 3 autre :x (true, false) { keep; }",
        "keep;\u00a0stop;",
    ],
)
def test_slips_and_unknown_words_are_read(text: str) -> None:
    assert parse(text).commands


@each(
    ("text", "line", "word"),
    [
        ("keep;\nif true {\n keep;", 2, "jamais fermé"),
        ("keep;\n}", 2, "n’a pas été ouvert"),
        ('keep;\n\nfileinto "a', 3, "guillemets"),
        ("keep", 1, "il manque « ; »"),
        ("elsif true { keep; }", 1, "ne suit aucun"),
        ("if { keep; }", 1, "pas de condition"),
        ("if true keep;", 1, "bloc"),
        ("if (true, false) { keep; }", 1, "anyof"),
        ("else true { keep; }", 1, "ne suit"),
        ("x 10X;", 1, "unité"),
        ("x " + "9" * 5000 + ";", 1, "trop grand"),
        ("$x;", 1, "« $ »"),
        ("x text:\nabc", 1, "« . »"),
        ("/* x", 1, "« */ »"),
        ('x ["a" "b"];', 1, "crochets"),
        ("if anyof (true { keep; }", 1, "parenthèses"),
        ("if " + "not " * 100 + "true { keep; }", 1, "imbriquées"),
        ("if true {\n" * 100, MAX_DEPTH + 1, "imbriqués"),
    ],
)
def test_faults_are_told_in_french_with_their_line(text: str, line: int, word: str) -> None:
    with pytest.raises(SieveError) as caught:
        parse(text)
    assert caught.value.line == line
    assert str(caught.value).startswith(f"Ligne {line} : ")
    assert word in str(caught.value)


def test_part_gives_what_stands_before_the_fault() -> None:
    text = "keep;\nstop;\nfileinto @;\nkeep;"
    part = parse_part(text)
    assert [command.name for command in part.script.commands] == ["keep", "stop"]
    assert part.error is not None
    assert part.failed == text.index("fileinto")


@settings(max_examples=examples(150), deadline=None)
@given(st.text(alphabet='if truekeep;{}()[],"\\\n#/*:.text019\0é«', max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    part = parse_part(text)
    assert 0 <= part.failed <= len(text)
    if part.error is not None:
        assert 1 <= part.error.line <= text.count("\n") + text.count("\r") + 1


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(st.text(alphabet=st.characters(exclude_characters="\r\0", exclude_categories=["Cs"]), max_size=20)))
def test_strings_survive_writing(values: list[str]) -> None:
    (command,) = parse(f"x {string_list(values)};").commands
    assert command.args == (Strings(tuple(values), len(values) != 1),)


def test_quoted_leaves_out_what_no_string_may_hold() -> None:
    assert quoted('a"b\\c\0') == '"a\\"b\\\\c"'


def shape(commands: tuple[Command, ...]) -> list[object]:
    """Commands without their places and without the difference between one string and a list of one."""

    def args(one: Command | Test) -> list[object]:
        return [argument.values if isinstance(argument, Strings) else argument for argument in one.args]

    def test(one: Test) -> object:
        return (one.name, args(one), [test(inner) for inner in one.tests])

    return [
        (one.name, args(one), [test(inner) for inner in one.tests], one.block is not None and shape(one.block))
        for one in commands
        if one.name != "require"
    ]


@each(
    ("text", "capabilities"),
    [
        ('fileinto :copy "a";', '["copy", "fileinto"]'),
        ('require "imapflags"; addflag "\\\\Seen";', '"imap4flags"'),
        ('if header :value "gt" :comparator "i;ascii-numeric" "a" "1" { discard; }',
         '["comparator-i;ascii-numeric", "relational"]'),
        ('if anyof (address :user "to" "a", not currentdate "year" "2026") { keep :flags "x"; } else { stop; }',
         '["date", "imap4flags", "subaddress"]'),
        ('require ["variables", "regex"]; keep;', '"variables"'),
        ('require "vnd.sun.autre"; autre "x" 3;', '"vnd.sun.autre"'),
        ('notify "mailto:a@b.fr";', '"enotify"'),
        ('notify :method "mailto" :options "a@b.fr";', '"notify"'),
        ("if envelope \"from\" \"x\" { reject text:\na\n.\n; }", '["envelope", "reject"]'),
    ],
)  # fmt: skip
def test_script_asks_for_what_it_needs(text: str, capabilities: str) -> None:
    written = script_of(parse(text).commands)
    assert written.startswith(f"require {capabilities};\n")
    assert shape(parse(written).commands) == shape(parse(text).commands)


def test_plain_script_asks_for_nothing() -> None:
    assert script_of(parse('IF true {keep;} require "fileinto";').commands) == "if true {\n    keep;\n}\n"


def test_mark_becomes_a_flag() -> None:
    assert 'addflag "\\\\Flagged";' in script_of(parse("mark;").commands)
    assert 'removeflag "\\\\Flagged";' in script_of(parse("unmark;").commands)
