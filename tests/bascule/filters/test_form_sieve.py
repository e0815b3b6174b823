"""What the quick form says, as Sieve, and back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bascule.filters.form_sieve import (
    ADDRESSES,
    OF_BODY,
    OF_SIZE,
    WITHOUT_VALUE,
    Condition,
    Field,
    FormRule,
    Join,
    Operator,
    form_of,
    sieve_of,
)
from tests.each import each


def told(*conditions: Condition, join: Join = Join.ALL, **actions: object) -> str:
    """The script of a rule, in one line, without its capabilities."""
    actions = actions or {"stop": True}
    script = sieve_of(FormRule(join=join, conditions=conditions, **actions))  # type: ignore[arg-type]
    return " ".join(line.strip() for line in script.splitlines() if not line.startswith("require"))


@each(
    ("condition", "test"),
    [
        (Condition(Field.FROM, Operator.CONTAINS, ("dsi",)), 'header :contains "From" "dsi"'),
        (Condition(Field.TO_CC, Operator.CONTAINS, ("a", "b")), 'header :contains ["To", "Cc"] ["a", "b"]'),
        (Condition(Field.SUBJECT, Operator.CONTAINS_NOT, ("x",)), 'not header :contains "Subject" "x"'),
        (Condition(Field.FROM, Operator.IS, ("a@b.re",)), 'address :all :is "From" "a@b.re"'),
        (Condition(Field.FROM, Operator.IS, ("Zoé",)), 'header :is "From" "Zoé"'),
        (Condition(Field.CC, Operator.ENDS, ("ac-reunion.fr",)), 'address :all :matches "Cc" "*ac-reunion.fr"'),
        (Condition(Field.SUBJECT, Operator.BEGINS, ("[DSI]*",)), r'header :matches "Subject" "[DSI]\\**"'),
        (Condition(Field.SUBJECT, Operator.MATCHES, ("*r?union*",)), 'header :matches "Subject" "*r?union*"'),
        (Condition(Field.OTHER, Operator.EXISTS, (), "List-Id"), 'exists "List-Id"'),
        (Condition(Field.OTHER, Operator.EXISTS_NOT, (), "List-Id"), 'not exists "List-Id"'),
        (Condition(Field.TO_CC, Operator.EXISTS), 'header :matches ["To", "Cc"] "*"'),
        (Condition(Field.SIZE, Operator.OVER, ("10M",)), "size :over 10M"),
        (Condition(Field.BODY, Operator.CONTAINS, ("x",)), 'body :contains "x"'),
    ],
)
def test_condition_becomes_a_test(condition: Condition, test: str) -> None:
    assert told(condition) == f"if {test} {{ stop; }}"


def test_several_conditions_are_joined() -> None:
    two = (Condition(Field.SUBJECT, Operator.IS, ("a",)), Condition(Field.SUBJECT, Operator.IS, ("b",)))
    assert told(*two).startswith("if allof (header")
    assert told(*two, join=Join.ANY).startswith("if anyof (header")


def test_flags_come_before_what_stores() -> None:
    always = told(join=Join.ALWAYS, folder="Listes/DSI", read=True, tag="urgent", stop=True)
    assert always == 'addflag ["\\\\Seen", "urgent"]; fileinto "Listes/DSI"; stop;'


TEXT = st.text('abé*?\\"@.[] ', min_size=1, max_size=8).map(str.strip).filter(bool)
_KINDS = [field for field in Field if field not in {Field.SIZE, Field.BODY, Field.OTHER}]


def _conditions() -> st.SearchStrategy[Condition]:
    plain = [one for one in Operator if one not in OF_SIZE | WITHOUT_VALUE | {Operator.MATCHES}]
    values = st.lists(TEXT, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Condition, st.sampled_from(_KINDS), st.sampled_from(plain), values),
        st.builds(Condition, st.sampled_from(_KINDS), st.sampled_from(sorted(WITHOUT_VALUE))),
        st.builds(Condition, st.just(Field.BODY), st.sampled_from(sorted(OF_BODY)), values),
        st.builds(Condition, st.just(Field.OTHER), st.sampled_from(plain), values, st.just("List-Id")),
        st.builds(Condition, st.just(Field.SIZE), st.sampled_from(sorted(OF_SIZE)), st.sampled_from([("5M",), ("9",)])),
    )


@given(
    st.builds(
        FormRule,
        join=st.sampled_from([Join.ALL, Join.ANY]),
        conditions=st.lists(_conditions(), min_size=2, max_size=4).map(tuple),
        folder=TEXT,
        keep=st.booleans(),
        read=st.booleans(),
        flagged=st.booleans(),
        tag=st.sampled_from(["", "urgent"]),
        forward=st.sampled_from(["", "a@b.re"]),
        stop=st.booleans(),
    )
)
def test_what_the_form_wrote_it_shows_again(rule: FormRule) -> None:
    assert form_of(sieve_of(rule)) == rule


@each(
    "script",
    [
        'if header :is "From" "a@b.re" { fileinto "x"; }',
        'if allof (header :contains "subject" "x", size :over 10m) { discard; stop; }',
        'if header :comparator "i;ascii-casemap" :contains ["CC","TO"] ["a"] { fileinto ["x"]; keep; }',
        'fileinto "Tout"; stop;',
        "if true { discard; }",
        "if size :over 1K { reject text:\nTrop gros.\nMerci.\n.\n; }",
    ],
)
def test_a_script_of_somebody_else_is_shown_and_says_the_same_when_it_is_written_back(script: str) -> None:
    said = form_of(script)
    assert said is not None
    assert form_of(sieve_of(said)) == said


def test_a_header_compared_as_a_whole_stays_so() -> None:
    said = form_of('if header :is "From" "a@b.re" { stop; }')
    assert said is not None
    assert said.conditions[0].field is Field.OTHER
    assert 'header :is "From" "a@b.re"' in sieve_of(said)
    assert Field.FROM in ADDRESSES


@each(
    "script",
    [
        "",
        "nothing of this is Sieve",
        'if header :regex "Subject" "x.*" { discard; }',
        "if allof (anyof (true, false), true) { discard; }",
        'if address :localpart :is "From" "chef" { discard; }',
        'if header :contains "Subject" "un; deux" { discard; }',
        'if header :contains "Subject" " entouré " { discard; }',
        'if header :comparator "i;octet" :is "Subject" "A" { discard; }',
        'if not header :matches "Subject" "a*" { discard; }',
        "if not size :over 1M { discard; }",
        'if exists ["To", "Cc"] { discard; }',
        'if body :raw :contains "x" { discard; }',
        'if header :is "Subject" "x" { fileinto "a"; fileinto "b"; }',
        'if header :is "Subject" "x" { fileinto "a"; discard; }',
        'if header :is "Subject" "x" { fileinto "a"; addflag "\\\\Seen"; }',
        'if header :is "Subject" "x" { setflag "\\\\Seen"; }',
        'if header :is "Subject" "x" { fileinto :copy "a"; }',
        'if header :is "Subject" "x" { stop; keep; }',
        'if header :is "Subject" "x" { } ',
        'if header :is "Subject" "x" { discard; } else { keep; }',
        'if header :is "Subject" "x" { discard; } keep;',
        'if header :is "Subject" "x" { if true { discard; } }',
        "if anyof () { discard; }",
        'vacation "Absent";',
        'if header "Subject" { stop; }',
        "if not { stop; }",
    ],
)
def test_what_says_more_than_the_form_is_not_shown_in_it(script: str) -> None:
    assert form_of(script) is None
