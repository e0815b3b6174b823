"""Actions of the old server as actions of Zimbra."""

from __future__ import annotations

from tests.bascule.conversions.filters.convert_cases import actions_of, codes, converted
from tests.each import each
from zimbra.types.filter_actions import Action, Discard, FileInto, Flag, Keep, Reject, Stop, Tag


@each(
    ("actions", "found"),
    [
        ('fileinto "A";', [FileInto("A")]),
        ('fileinto "A"; stop;', [FileInto("A"), Stop()]),
        ('fileinto :copy "A";', [FileInto("A", copy=True)]),
        ('fileinto :create "A";', [FileInto("A")]),
        ("keep;", [Keep()]),
        ('fileinto "INBOX";', [Keep()]),
        ('fileinto "inbox"; stop;', [Keep(), Stop()]),
        ("discard;", [Discard()]),
        ("stop;", [Stop()]),
        ("discard; stop; keep;", [Discard(), Stop()]),
        ('fileinto :copy "A"; fileinto :copy "B";', [FileInto("A", copy=True), FileInto("B", copy=True)]),
        # As soon as one action keeps the message elsewhere, none of the others may leave it in the inbox.
        ('fileinto "A"; fileinto :copy "B";', [FileInto("A"), FileInto("B")]),
        ('fileinto :copy "A"; fileinto "B";', [FileInto("A"), FileInto("B")]),
        ('fileinto :copy "A"; keep;', [FileInto("A"), Keep()]),
        ('fileinto :copy "A"; discard;', [FileInto("A"), Discard()]),
        ('discard; fileinto "A";', [FileInto("A"), Discard()]),
        ("keep; discard;", [Keep(), Discard()]),
        ('keep; fileinto "INBOX"; fileinto "A"; fileinto "a";', [Keep(), FileInto("A")]),
        ('reject "Non.";', [Reject("Non.")]),
        ('ereject "Non.";', [Reject("Non.")]),
        ('reject "Non."; fileinto :copy "A";', [FileInto("A"), Reject("Non.")]),
        ('addflag "\\\\Seen"; fileinto "A";', [Flag("read"), FileInto("A")]),
        ('addflag "\\\\flagged"; keep;', [Flag("flagged"), Keep()]),
        ('addflag ["\\\\Seen", "projet"];', [Flag("read"), Tag("projet")]),
        ('setflag "a b A"; fileinto "X";', [Tag("a"), Tag("b"), FileInto("X")]),
        ('addflag "a"; setflag "b"; keep;', [Tag("b"), Keep()]),
        ('addflag ["a","b"]; removeflag "a"; keep;', [Tag("b"), Keep()]),
        ("mark; keep;", [Flag("flagged"), Keep()]),
        ("mark; unmark; keep;", [Keep()]),
        ('fileinto :flags "\\\\Seen" "A";', [Flag("read"), FileInto("A")]),
        ('keep :flags ["\\\\Seen","x"];', [Flag("read"), Tag("x"), Keep()]),
        # Marks that were set too late, or on a message that is deleted, did nothing; Zimbra would keep such a message.
        ('fileinto "A"; addflag "\\\\Seen";', [FileInto("A")]),
        ('addflag "\\\\Seen"; discard;', [Discard()]),
        ('addflag "\\\\Seen"; reject "Non.";', [Reject("Non.")]),
    ],
)
def test_actions_do_the_same(actions: str, found: list[Action]) -> None:
    assert actions_of(actions) == tuple(found)


@each(
    ("actions", "found", "code"),
    [
        ('addflag ["\\\\Answered","x"]; keep;', [Tag("x"), Keep()], "flag_unsupported"),
        ('addflag "\\\\Deleted"; keep;', [Keep()], "flag_unsupported"),
        ('removeflag "\\\\Seen"; keep;', [Keep()], "flag_removed"),
        ('addflag "a:b/c"; keep;', [Tag("a-b-c"), Keep()], "tag_renamed"),
        (
            'fileinto :copy "A"; addflag "\\\\Seen"; keep;',
            [Flag("read"), FileInto("A"), Keep()],
            "flags_on_every_copy",
        ),
        ("keep; jettison;", [Discard(), Stop()], "jettison"),
        ('fileinto "A:B";', [FileInto("A-B")], "folder_renamed"),
        ('reject "";', [Reject("Votre message a été refusé.")], "rejection_empty"),
        ('redirect "a@ailleurs.example"; stop;', [Stop()], "redirect_outside"),
        ('redirect "a@ailleurs.example"; keep;', [Keep()], "redirect_outside"),
        ('redirect "a@univ.example"; fileinto "A";', [FileInto("A")], "redirect_inside"),
        ('redirect "a@sous.univ.example"; stop;', [Stop()], "redirect_inside"),
        ('redirect "a@autreuniv.example"; stop;', [Stop()], "redirect_outside"),
        # The message was in A only: it does not come to the inbox because its redirection is gone.
        ('redirect "a@univ.example"; fileinto :copy "A";', [FileInto("A")], "redirect_inside"),
        ('notify :method "mailto:a@b.example"; fileinto "A";', [FileInto("A")], "notify"),
    ],
)
def test_actions_that_come_near(actions: str, found: list[Action], code: str) -> None:
    rule = converted(f'if header :contains "Subject" "x" {{ {actions} }}')
    assert (rule.verdict, codes(rule)) == ("near", [code])
    assert rule.rules[0].actions == tuple(found)


@each(
    ("actions", "wanted"),
    [
        ('redirect "a@ailleurs.example";', ["redirect_outside"]),
        ('redirect "a@univ.example";', ["redirect_inside"]),
        ('redirect :copy "a@univ.example";', ["redirect_inside"]),
        ('redirect "a@ailleurs.example"; discard;', ["redirect_outside", "discard_dropped"]),
        ('discard; redirect "a@ailleurs.example";', ["discard_dropped", "redirect_outside"]),
        ('redirect "a@ailleurs.example"; reject "non";', ["redirect_outside", "reject_dropped"]),
        ('notify "x";', ["notify"]),
        ('removeflag "x";', ["flag_removed"]),
        ("", ["no_effect"]),
        ('fileinto "Shared Folders/User/chef";', ["folder_shared"]),
        ('fileinto "";', ["folder_empty"]),
        ('fileinto "${1}";', ["variables"]),
        ('fileinto :specialuse "\\\\Junk" "A";', ["option_unsupported"]),
        ('fileinto ["A","B"];', ["arguments"]),
        ("fileinto;", ["arguments"]),
        ('discard "x";', ["arguments"]),
        ('addflag "variable" "\\\\Seen"; keep;', ["variables"]),
        ('addheader "X-A" "b";', ["action_unsupported"]),
        ('include "autre";', ["action_unsupported"]),
        ('pipe "programme";', ["action_unsupported"]),
        ("delete;", ["action_unsupported"]),
        ("danser;", ["action_unknown"]),
    ],
)
def test_actions_that_leave_no_rule(actions: str, wanted: list[str]) -> None:
    rule = converted(f'if header :contains "Subject" "x" {{ {actions} }}')
    assert (rule.rules, rule.verdict, codes(rule)) == ((), "refused", wanted)


def test_unknown_action_refuses_the_whole_rule_and_is_named() -> None:
    rule = converted('if header :contains "Subject" "x" { fileinto "A"; danser; }')
    assert rule.rules == ()
    assert "« danser »" in rule.remarks[0].message


def test_message_whose_redirection_is_gone_is_not_deleted_in_another_branch() -> None:
    rule = converted(
        'if exists "A" { redirect "a@b.example"; if exists "B" { discard; } stop; } elsif exists "C" { discard; }'
    )
    assert [one.actions for one in rule.rules] == [(Stop(),), (Discard(),)]
    assert codes(rule) == ["redirect_outside", "discard_dropped", "several_rules"]


def test_refused_text_cannot_break_the_script_of_zimbra() -> None:
    rule = converted('if size :over 1K { reject "# Nom\r\nrequire\u2028# Autre\n${SUBJECT}\x01"; }')
    (action,) = rule.rules[0].actions
    assert isinstance(action, Reject)
    assert action.content == "#\u00a0Nom\nrequire\n#\u00a0Autre\n$ {SUBJECT}"


def test_folders_are_listed_once_and_in_order() -> None:
    rule = converted('if exists "A" { fileinto "B/C"; fileinto "INBOX"; } else { fileinto "D"; fileinto "B/C"; }')
    assert rule.folders == ("B/C", "D")
