from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.each import each
from zimbra.simulator.fault import SoapFault
from zimbra.simulator.formats.sieve import from_script, to_script
from zimbra.simulator.formats.sieve.grammar import (
    MAX_DEPTH,
    MAX_LENGTH,
    Number,
    SieveSyntaxError,
    Strings,
    Tag,
    parse,
    quoted,
)
from zimbra.simulator.formats.sieve.rules import Block, Piece, Rule, names, only


def _one(script: str) -> object:
    return parse(script)[0].args[0]


def test_command_with_every_kind_of_argument_is_read() -> None:
    (command,) = parse('NOTIFY :Importance "1" ["a","b"] 10K;')
    assert command.name == "notify"
    assert command.args == [
        Tag(":importance"),
        Strings(("1",)),
        Strings(("a", "b"), single=False),
        Number(10240, "10K"),
    ]


def test_blocks_and_tests_nest() -> None:
    (command,) = parse('if anyof (not true, allof (exists "a", false)) { if true { keep; } stop; }')
    (test,) = command.tests
    assert [one.name for one in test.tests] == ["not", "allof"]
    assert [one.name for one in test.tests[0].tests] == ["true"]
    assert command.block is not None
    assert [one.name for one in command.block] == ["if", "stop"]


def test_single_test_needs_no_parentheses() -> None:
    (command,) = parse('if allof address "from" "a@b.fr" { keep; }')
    assert [one.name for one in command.tests[0].tests] == ["address"]


def test_comments_of_both_kinds_are_passed_over() -> None:
    assert [one.name for one in parse("# if { \nkeep; /* stop;\n */ discard; # end")] == ["keep", "discard"]


@each(
    ("text", "value"),
    [
        (r'"a\"b\\c"', 'a"b\\c'),
        (r'"\a\n"', "an"),
        ('"deux\nlignes"', "deux\nlignes"),
        ('"# /* rien */"', "# /* rien */"),
        ("text:\r\nun\r\n..deux\r\n.\r\n", "un\r\n.deux"),
        ("text: # remarque\nun\n.\n", "un"),
        ("text:\r\n.\r\n", ""),
    ],
)
def test_string_is_read(text: str, value: str) -> None:
    assert _one(f"log {text};") == Strings((value,))


@each(("text", "value"), [("0", 0), ("10", 10), ("2k", 2048), ("3M", 3 << 20), ("1G", 1 << 30)])
def test_number_is_read(text: str, value: int) -> None:
    assert _one(f"log {text};") == Number(value, text)


@each(
    "script",
    [
        "keep", "keep; }", 'log "x', "log text:\nx\n", "log [];", 'log ["a" "b"];', "if true { keep; ", "if (true) ;;",
        "{ keep; }", "10;", "log 10X;", "log 10KB;", "log 99999999999999999999;", "keep; é",
    ],
)  # fmt: skip
def test_what_is_no_script_is_refused(script: str) -> None:
    with pytest.raises(SieveSyntaxError):
        parse(script)


@pytest.mark.parametrize("script", ["if " + "not " * 10_000 + "true { keep; }", "if true {" * 10_000])
def test_nesting_is_bounded(script: str) -> None:
    with pytest.raises(SieveSyntaxError, match="too deeply"):
        parse(script)


def test_nesting_within_the_bound_is_read() -> None:
    assert len(parse("if true {" * MAX_DEPTH + "keep;" + "}" * MAX_DEPTH)) == 1


def test_length_is_bounded() -> None:
    with pytest.raises(SieveSyntaxError, match="longer"):
        parse("#" + "x" * MAX_LENGTH)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_string_comes_back_as_it_was_written(text: str) -> None:
    assert _one(f"log {quoted(text)};") == Strings((text,))


@given(st.text('"\\ \n.,;:[](){}#/*ktrue10Kif', max_size=40))
def test_any_text_is_a_script_or_refused(text: str) -> None:
    try:
        parse(text)
    except SieveSyntaxError:
        pass


# --- rules ---------------------------------------------------------------------------------------------------------


def test_names_are_the_lines_that_begin_as_a_remark() -> None:
    assert names("require [];\n# un\nif\n  # not this\n#nor this\n# deux # trois\n") == ["un", "deux # trois"]


def test_one_rule_is_cut_out_of_a_script() -> None:
    script = 'require ["a"];\n\n# un\nkeep;\n\n# deux\nstop;\n'
    assert only(script, "un") == "# un\r\nkeep;\r\n\r\n"
    assert only(script, "deux") == "# deux\r\nstop;\r\n"
    assert only(script, "trois") is None


def _rule(*tests: Piece, actions: list[Piece] | None = None, **more: object) -> Rule:
    rule = Rule(name="une règle", tests=list(tests), actions=[Piece("actionKeep")] if actions is None else actions)
    for name, value in more.items():
        setattr(rule, name, value)
    return rule


def _written(rule: Rule) -> str:
    """The part of the script that is the rule."""
    script = to_script.write([rule], UTC)
    head, _, rest = script.partition("\n\n")
    assert head.startswith('require ["fileinto", "copy", ')
    return rest


def test_rule_is_written_as_zimbra_writes_it() -> None:
    rule = _rule(
        Piece("headerTest", {"header": "subject,x-a", "stringComparison": "contains", "value": 'dit "oui"'}),
        Piece("sizeTest", {"numberComparison": "over", "s": "10K", "negative": "1"}),
        actions=[Piece("actionFileInto", {"folderPath": "Listes/DSI"}), Piece("actionStop")],
        condition="anyof",
    )
    assert _written(rule) == (
        '# une règle\nif anyof (header :contains ["subject","x-a"] "dit \\"oui\\"",\n  not size :over 10K) {\n'
        '    fileinto "Listes/DSI";\n    stop;\n}\n'
    )


def test_rule_that_is_off_is_written_as_disabled() -> None:
    assert "\ndisabled_if allof (true) {\n" in _written(_rule(Piece("trueTest"), active=False))


def test_rule_without_tests_is_written_bare_even_when_off() -> None:
    assert _written(_rule(active=False)) == "# une règle\nkeep;\n"


def test_index_orders_tests_and_actions() -> None:
    rule = _rule(
        Piece("trueTest", {"index": "1"}),
        Piece("bulkTest", {"index": "0"}),
        actions=[Piece("actionStop", {"index": "5"}), Piece("actionKeep"), Piece("actionDiscard")],
    )
    assert _written(rule) == ("# une règle\nif allof (bulk,\n  true) {\n    keep;\n    discard;\n    stop;\n}\n")


def test_rule_below_a_rule_is_indented() -> None:
    below = Block(tests=[Piece("listTest")], actions=[Piece("actionStop")], variables=[("a", "b")])
    assert _written(_rule(Piece("trueTest"), child=below)) == (
        '# une règle\nif allof (true) {\n    keep;\n    set "a" "b";\n    if allof (list) {\n        stop;\n    }\n}\n'
    )


@each(
    ("piece", "text"),
    [
        (Piece("mimeHeaderTest", {"header": "a", "stringComparison": "is", "value": "b", "caseSensitive": "1"}),
         'mime_header :is :comparator "i;octet" ["a"] "b"'),
        (Piece("headerTest", {"header": "a", "valueComparison": "gt", "value": "3"}),
         'header :value "gt" :comparator "i;ascii-numeric" ["a"] "3"'),
        (Piece("headerTest", {"header": "a", "valueComparison": "le", "value": "x"}),
         'header :value "le" :comparator "i;ascii-casemap" ["a"] "x"'),
        (Piece("headerTest", {"header": "a", "countComparison": "eq", "value": "1"}),
         'header :count "eq" :comparator "i;ascii-numeric" ["a"] "1"'),
        (Piece("addressTest", {"header": "from", "stringComparison": "is", "value": "a@b"}),
         'address :all :is :comparator "i;ascii-casemap" ["from"] "a@b"'),
        (Piece("envelopeTest", {"header": "to", "part": "domain", "stringComparison": "matches", "value": "*"}),
         'envelope :domain :matches :comparator "i;ascii-casemap" ["to"] "*"'),
        (Piece("addressTest", {"header": "to", "part": "localpart", "countComparison": "ge", "value": "2"}),
         'address :count "ge" :localpart :comparator "i;ascii-numeric" ["to"] "2"'),
        (Piece("headerExistsTest", {"header": "X-A"}), 'exists "X-A"'),
        (Piece("currentTimeTest", {"dateComparison": "after", "time": "0800"}), 'current_time :after "0800"'),
        (Piece("currentDayOfWeekTest", {"value": "0,6"}), 'current_day_of_week :is ["0","6"]'),
        (Piece("bodyTest", {"value": "b"}), 'body :contains "b"'),
        (Piece("bodyTest", {"value": "b", "caseSensitive": "1"}), 'body :contains :comparator "i;octet" "b"'),
        (Piece("addressBookTest", {"header": "from"}), 'addressbook :in "from"'),
        (Piece("addressBookTest", {"header": "to,cc"}), 'addressbook :in ["to","cc"]'),
        (Piece("contactRankingTest", {"header": "from"}), 'contact_ranking :in "from"'),
        (Piece("meTest", {"header": "to,cc"}), 'me :in "to,cc"'),
        (Piece("inviteTest"), "invite"),
        (Piece("inviteTest", children=[("method", "request"), ("method", "cancel")]),
         'invite :method ["request", "cancel"]'),
        (Piece("conversationTest"), 'conversation :where "started"'),
        (Piece("importanceTest", {"imp": "high"}), 'importance "high"'),
        (Piece("flaggedTest", {"flagName": "flagged"}), 'flagged "flagged"'),
        (Piece("attachmentTest"), "attachment"),
        (Piece("communityContentTest"), "community_content"),
    ],
)  # fmt: skip
def test_test_is_written_and_read_back(piece: Piece, text: str) -> None:
    script = _written(_rule(piece))
    assert script.splitlines()[1] == f"if allof ({text}) {{"
    (read,) = from_script.read(script, UTC)
    assert _written(read) == script


@each(
    ("piece", "text"),
    [
        (Piece("actionFileInto", {"folderPath": "/A b", "copy": "1"}), 'fileinto :copy "/A b"'),
        (Piece("actionRedirect", {"a": "x@y.fr"}), 'redirect "x@y.fr"'),
        (Piece("actionRedirect", {"a": "x@y.fr", "copy": "true"}), 'redirect :copy "x@y.fr"'),
        (Piece("actionTag", {"tagName": "à faire"}), 'tag "à faire"'),
        (Piece("actionFlag", {"flagName": "priority"}), 'flag "priority"'),
        (Piece("actionReply", children=[("content", "oui\r\n.")]), "reply text:\r\noui\r\n..\r\n.\r\n"),
        (Piece("actionNotify", {"a": "x@y.fr", "su": "s", "maxBodySize": "10", "origHeaders": "a,b"},
               children=[("content", "c")]),
         'notify "x@y.fr" "s" text:\r\nc\r\n.\r\n 10 ["a","b"]'),
        (Piece("actionRFCCompliantNotify", {"from": "a@b.fr", "importance": "1", "message": "m"},
               children=[("method", "mailto:x@y.fr")]),
         'notify :from "a@b.fr" :importance "1" :message "m" "mailto:x@y.fr"'),
        (Piece("actionReject", text="non"), "reject text:\r\nnon\r\n.\r\n"),
        (Piece("actionEreject", text="non"), "ereject text:\r\nnon\r\n.\r\n"),
        (Piece("actionLog", {"level": "warn"}, text="t"), 'log :warn "t"'),
        (Piece("actionLog", {"level": "loud"}, text="t"), 'log "t"'),
    ],
)  # fmt: skip
def test_action_is_written_and_read_back(piece: Piece, text: str) -> None:
    script = _written(_rule(Piece("trueTest"), actions=[piece]))
    assert script == f"# une règle\nif allof (true) {{\n    {text};\n}}\n"
    (read,) = from_script.read(script, UTC)
    assert _written(read) == script


def test_date_is_a_day_of_the_account() -> None:
    zone = ZoneInfo("Indian/Reunion")
    rule = _rule(Piece("dateTest", {"dateComparison": "before", "d": "1767214800"}))
    script = to_script.write([rule], zone)
    assert 'date :before "20260101"' in script
    (read,) = from_script.read(script, zone)
    assert read.tests is not None
    assert read.tests[0].attrs["d"] == "1767211200"


@each(
    ("piece", "code"),
    [
        (Piece("headerTest", {"header": "", "stringComparison": "is", "value": "x"}), "INVALID_REQUEST"),
        (Piece("headerTest", {"header": "a", "stringComparison": "is"}), "INVALID_REQUEST"),
        (Piece("headerTest", {"header": "a", "stringComparison": "matches", "value": "*****"}), "INVALID_REQUEST"),
        (Piece("headerTest", {"header": "a", "stringComparison": "like", "value": "x"}), "PARSE_ERROR"),
        (Piece("addressTest", {"header": "a", "part": "user", "stringComparison": "is"}), "PARSE_ERROR"),
        (Piece("sizeTest", {"numberComparison": "over", "s": "10X"}), "INVALID_REQUEST"),
        (Piece("sizeTest", {"numberComparison": "above", "s": "10"}), "PARSE_ERROR"),
        (Piece("dateTest", {"dateComparison": "before", "d": "hier"}), "INVALID_REQUEST"),
        (Piece("dateTest", {"dateComparison": "before", "d": "999999999999"}), "INVALID_REQUEST"),
        (Piece("currentTimeTest", {"dateComparison": "before", "time": "2460"}), "INVALID_REQUEST"),
        (Piece("currentTimeTest", {"dateComparison": "before", "time": "800"}), "INVALID_REQUEST"),
        (Piece("currentDayOfWeekTest", {"value": "7"}), "INVALID_REQUEST"),
        (Piece("currentDayOfWeekTest", {"value": "lundi"}), "INVALID_REQUEST"),
        (Piece("importanceTest", {"imp": "urgent"}), "PARSE_ERROR"),
    ],
)
def test_test_that_lacks_something_is_refused(piece: Piece, code: str) -> None:
    with pytest.raises(SoapFault) as refused:
        _written(_rule(piece))
    assert refused.value.code == f"service.{code}"


@each(
    ("piece", "code"),
    [
        (Piece("actionFileInto"), "INVALID_REQUEST"),
        (Piece("actionTag", {"tagName": ""}), "INVALID_REQUEST"),
        (Piece("actionRedirect"), "INVALID_REQUEST"),
        (Piece("actionFlag"), "INVALID_REQUEST"),
        (Piece("actionFlag", {"flagName": "blue"}), "FAILURE"),
        (Piece("actionReply"), "INVALID_REQUEST"),
        (Piece("actionNotify"), "INVALID_REQUEST"),
        (Piece("actionNotify", {"a": "x@y.fr", "su": "s", "origHeaders": "From,Subject"}), "INVALID_REQUEST"),
        (Piece("actionRFCCompliantNotify"), "INVALID_REQUEST"),
        (Piece("actionReject"), "PARSE_ERROR"),
        (Piece("actionAddheader", children=[("headerName", "X"), ("headerValue", "y")]), "PARSE_ERROR"),
        (Piece("actionDeleteheader", test=Piece("test", children=[("headerName", "X")])), "PARSE_ERROR"),
    ],
)
def test_action_that_lacks_something_is_refused(piece: Piece, code: str) -> None:
    with pytest.raises(SoapFault) as refused:
        _written(_rule(actions=[piece]))
    assert refused.value.code == f"service.{code}"


def test_rule_without_action_is_refused() -> None:
    with pytest.raises(SoapFault, match="Missing action"):
        _written(_rule(Piece("trueTest"), actions=[]))


def test_header_changes_are_for_administrators() -> None:
    test = Piece("test", {"matchType": "is"}, children=[("headerName", "X"), ("headerValue", "v")])
    actions = [
        Piece("actionAddheader", {"last": "1"}, children=[("headerName", "X"), ("headerValue", "y")]),
        Piece("actionDeleteheader", {"offset": "2"}, test=test),
        Piece("actionReplaceheader", children=[("newValue", "n")], test=test),
    ]
    script = to_script.write([_rule(Piece("trueTest"), actions=actions)], UTC, admin=True)
    assert '"editheader"];' in script
    assert '    addheader :last "X" "y";\n    deleteheader :index 2 :is "X" "v";\n' in script
    assert '    replaceheader :newvalue "n" :is "X" "v";\n' in script
    (read,) = from_script.read(script, UTC, admin=True)
    assert [one.name for one in read.actions or []] == [one.name for one in actions]
    with pytest.raises(SoapFault, match="not allowed in user scripts"):
        from_script.read(script, UTC)


def test_script_by_hand_is_shown_as_rules() -> None:
    script = (
        'require ["tag"];\n# un\nif header :matches ["Subject"] "*" {\n  if header "From" "b" { fileinto "x"; }\n}\n'
        '# deux\nset "v" "1";\nif not anyof (true, false) { tag "t"; set "w" "2"; }\n'
        "elsif true { keep; } else { stop; }\n"
        "discard;\n"
    )
    one, two, three, four = from_script.read(script, UTC)
    assert (one.name, one.condition) == ("un", None)
    assert one.child is not None
    assert one.child.actions is not None
    assert one.child.actions[0].attrs == {"folderPath": "x", "copy": "0", "index": "0"}
    assert (two.name, two.condition, two.variables) == ("deux", "anyof", [("v", "1")])
    assert [piece.attrs.get("negative") for piece in two.tests or []] == ["1"]
    assert [piece.name for piece in two.actions or []] == ["actionTag", "filterVariables"]
    assert (three.name, [piece.name for piece in three.actions or []]) == (None, ["actionKeep"])
    assert [piece.name for piece in four.actions or []] == ["actionStop", "actionDiscard"]


def test_script_that_cannot_be_read_has_no_rules_to_show() -> None:
    with pytest.raises(SoapFault) as refused:
        from_script.read("if {", UTC)
    assert refused.value.code == "service.PARSE_ERROR"
