"""What a script may not do, and whose scripts run when."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.each import each
from tests.zimbra.simulator.sieve_world import LETTER, REQUIRE, Surroundings, outcome
from zimbra.simulator.fault import SoapFault
from zimbra.simulator.formats.sieve import from_script, run
from zimbra.simulator.formats.sieve.compare import SieveError
from zimbra.simulator.formats.sieve.grammar import SieveSyntaxError
from zimbra.simulator.formats.sieve.outcome import (
    Keep,
    Outcome,
    Tag,
)
from zimbra.simulator.mail.mime import Message

# --- what a script may not -----------------------------------------------------------------------------------------


@each(
    "script",
    [
        'vacation "absent";', 'addflag "x";', "if unknown { keep; }", "keep 1;", 'flag "blue";', 'fileinto ["a","b"];',
        'fileinto :move "a";', "if size 10 { keep; }", 'if header "a" { keep; }', 'if header :regex "a" "b" { keep; }',
        'if header :comparator "i;basic" "a" "b" { keep; }', 'if date :on "20260101" { keep; }',
        'if current_time :before "2500" { keep; }', 'if current_day_of_week :is "7" { keep; }', "if true keep;",
        "else { keep; }", 'elsif true { keep; }', 'keep; require "copy";', 'require "vacation";', 'set "1a" "b";',
        'set "a b" "b";', 'set :upper :lower "a" "b";', 'set "a";', 'importance "high";',
        'if importance "urgent" { keep; }',
        'if invite :method ["x"] { keep; }', 'log :loud "x";', 'notify "x@y.fr" "s";', 'reply;', "stop { keep; }",
        'if not { keep; }', 'if header :count "ge" :comparator "i;octet" "a" "1" { keep; }', 'addheader "a b" "c";',
    ],
)  # fmt: skip
def test_script_that_cannot_be_carried_out_is_found_without_a_message(script: str) -> None:
    with pytest.raises((SieveError, SieveSyntaxError)):
        run.check(script)


def test_disabled_rule_is_not_checked() -> None:
    run.check('disabled_if true { unknown "x"; }')


@each(
    "script",
    [
        'tag "avant"; unknown;', 'tag "avant"; if header :is :comparator "i;ascii-numeric" "x-score" "-1" { keep; }',
        'tag "avant"; tag "${10}"; fileinto "A";', 'tag "avant"; fileinto "A"; if address "a b" "c" { keep; }',
        'tag "avant"; if envelope "cc" "c" { keep; }', 'tag "avant"; notify "xmpp:a@b.fr";',
    ],
)  # fmt: skip
def test_script_that_fails_keeps_the_message_as_marked_so_far(script: str) -> None:
    found = outcome(script)
    assert found.actions == [Keep(), Tag("avant")]
    assert found.error != ""


def test_script_that_cannot_be_read_keeps_the_message() -> None:
    found = outcome('if "')
    assert found.actions == [Keep()]
    assert found.error != ""


@pytest.mark.parametrize("script", ['fileinto "A";', 'if envelope "from" "a" { keep; }', 'notify "mailto:a@b.fr";'])
def test_capability_must_be_declared(script: str) -> None:
    message = Message.parse(LETTER.encode())
    assert run.run([(script, False)], message, Surroundings()).error.startswith("Undeclared extension")
    lenient = Surroundings(options=frozenset())
    assert run.run([(script, False)], message, lenient).error == ""


_WORDS = (
    "if", "elsif", "else", "disabled_if", "{", "}", "(", ")", ",", ";", "not", "anyof", "allof", "true", "header",
    "address", "envelope", "size", "date", "body", "string", "exists", "invite", "me", "addressbook", "flagged", "10K",
    ":is", ":contains", ":matches", ":count", ":value", ":comparator", ":in", ":over", ":copy", ":domain", '"gt"',
    '"i;ascii-numeric"', '"i;octet"', '"subject"', '"*"', '"${1}"', '["a","b"]', '"20260101"', "keep", "discard",
    "fileinto", "redirect", "tag", "flag", "reply", "reject", "notify", "set", "log", "stop", "require", '"read"',
    "addheader", "deleteheader", "replaceheader", ":index", ":last", ":newvalue", "1",
)  # fmt: skip


@given(st.lists(st.sampled_from(_WORDS), max_size=25), st.booleans())
def test_no_script_breaks_the_engine(words: list[str], admin: bool) -> None:
    around = Surroundings(options=frozenset({"zimbraSieveEditHeaderEnabled"}))
    found = outcome(" ".join(words), around=around, admin=admin)
    assert found.actions


@given(
    st.lists(
        st.lists(st.sampled_from([word for word in _WORDS if word not in "{}(),;"]), max_size=6).map(" ".join),
        max_size=4,
    )
)
def test_no_command_breaks_the_engine(commands: list[str]) -> None:
    around = Surroundings(options=frozenset({"zimbraSieveEditHeaderEnabled"}))
    for script in ("".join(f"{one};" for one in commands), "".join(f"if {one} {{ keep; }}" for one in commands)):
        assert outcome(script, around=around, admin=True).actions
        with suppress(SoapFault):
            from_script.read(script, UTC, admin=True)


# --- several scripts, changes of headers ---------------------------------------------------------------------------


def _run(*scripts: tuple[str, bool], options: tuple[str, ...] = ()) -> Outcome:
    around = Surroundings(options=frozenset({"zimbraSieveRequireControlEnabled", *options}))
    message = Message.parse(LETTER.replace("\n", "\r\n").encode())
    return run.run(
        [(REQUIRE.replace('"copy"', '"copy","editheader"') + one, admin) for one, admin in scripts], message, around
    )


def test_text_that_doubles_itself_comes_to_an_end() -> None:
    found = outcome('set "a" "0123456789"; ' + 'set "a" "${a}${a}"; ' * 60 + 'tag "fin";')
    assert found.error
    assert found.actions == [Keep()]


def test_administrators_scripts_run_around_the_users() -> None:
    found = _run(('tag "avant"; set "v" "1";', True), ('tag "moi${v}";', False), ('tag "apres";', True))
    assert found.tags == ["avant", "moi", "apres"]


def test_stop_of_one_script_ends_the_others() -> None:
    assert _run(('tag "avant"; stop;', True), ('tag "moi";', False)).tags == ["avant"]


def test_user_who_changes_headers_is_passed_over() -> None:
    found = _run(('tag "a";', True), ('tag "b"; addheader "X" "y"; tag "c";', False), ('tag "d";', True))
    assert found.error == ""
    assert found.tags == ["a", "b", "d"]


def test_headers_are_left_alone_unless_the_feature_is_on() -> None:
    assert _run(('addheader "X" "y";', True)).raw is None


@each(
    ("script", "name", "values"),
    [
        ('addheader "X-New" "a";', "X-New", ["a"]),
        ('addheader "X-Label" "a";', "X-Label", ["a", "un", "deux"]),
        ('addheader :last "X-Label" "été";', "X-Label", ["un", "deux", "été"]),
        ('deleteheader "X-Label";', "X-Label", []),
        ('deleteheader :index 1 "X-Label";', "X-Label", ["deux"]),
        ('deleteheader :index 1 :last "X-Label";', "X-Label", ["un"]),
        ('deleteheader :index 0 "X-Label"; addheader :last "X-Label" "";', "X-Label", ["un", "deux", ""]),
        ('deleteheader :index 0 :last "X-Label";', "X-Label", ["un"]),
        ('deleteheader :index 3 :last "X-Label"; addheader "X-A" "b";', "X-Label", ["un", "deux"]),
        ('replaceheader :newvalue "n" "X-Label"; addheader "X-Label" "*";', "X-Label", ["*", "un", "deux"]),
        ('replaceheader :newvalue "n" :matches "X-Label";', "X-Label", ["n", "n"]),
        ('deleteheader :contains "X-Label" "eu";', "X-Label", ["un"]),
        ('replaceheader :newvalue "[Spam] ${1}" :matches "Subject" "R*du*";', "Subject", ["[Spam] éunion "]),
        ('replaceheader :newname "X-Note" "X-Score" "12";', "X-Note", ["12"]),
        ('deleteheader "Content-Type";', "Content-Type", ["text/plain; charset=utf-8"]),
        ('addheader "X-A" "1"; if exists "X-A" { deleteheader "X-A"; addheader "X-B" "2"; }', "X-B", ["2"]),
    ],
)  # fmt: skip
def test_administrator_changes_headers(script: str, name: str, values: list[str]) -> None:
    found = _run((script, True), options=("zimbraSieveEditHeaderEnabled",))
    assert found.error == ""
    assert found.raw is not None or values == ["text/plain; charset=utf-8"]
    message = Message.parse(found.raw or LETTER.encode())
    assert message.header(name) == values
    assert message.plain.startswith("Bonjour,")


@pytest.mark.parametrize("wrong", ['addheader "" "x";', 'deleteheader :last "X-Label";', "fileinto;"])
def test_changes_before_an_error_stay(wrong: str) -> None:
    script = f'addheader "X-Avant" "oui"; {wrong} addheader "X-Apres" "oui";'
    found = _run((script, True), options=("zimbraSieveEditHeaderEnabled",))
    assert found.error
    message = Message.parse(found.raw or b"")
    assert (message.header("X-Avant"), message.header("X-Apres")) == (["oui"], [])


def test_administrator_says_which_headers_stay() -> None:
    around = Surroundings(
        options=frozenset({"zimbraSieveEditHeaderEnabled"}),
        settings={"zimbraSieveImmutableHeaders": "Received, X-Score"},
    )
    script = 'deleteheader "x-score"; deleteheader "Auto-Submitted"; deleteheader "X-Label";'
    found = outcome(script, LETTER.replace("\n\n", "\nAuto-Submitted: no\n\n", 1), around, admin=True)
    message = Message.parse(found.raw or b"")
    assert [message.header(name) for name in ("X-Score", "Auto-Submitted", "X-Label")] == [["12"], [], []]
