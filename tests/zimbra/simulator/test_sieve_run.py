from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.each import each
from tests.zimbra.simulator.sieve_world import LETTER, Surroundings, actions, holds, outcome
from zimbra.simulator.formats.sieve import compare, run
from zimbra.simulator.formats.sieve.outcome import (
    Action,
    Discard,
    Ereject,
    FileInto,
    Flag,
    Keep,
    Notify,
    NotifyByMail,
    Redirect,
    Reject,
    Reply,
    Tag,
)
from zimbra.simulator.mail.mime import Message

# --- tests ---------------------------------------------------------------------------------------------------------


@each(
    "test",
    [
        'header :is "subject" "réunion du service [dsi]"'.replace("réunion", "Réunion"),
        'header :contains "Subject" "SERVICE"',
        'header :contains ["x-none","subject"] ["rien","dsi"]',
        'header :matches "subject" "*service*"',
        'header :matches "subject" "R?union*[DSI]"',
        'header :contains :comparator "i;octet" "subject" "service"',
        'header :is "X-Label" "deux"',
        'header "x-score" "12"',
        'header :value "gt" :comparator "i;ascii-numeric" "X-Score" "9"',
        'header :value "lt" "X-Score" "100"',
        'header :count "eq" "X-Label" "2"',
        'header :count "ge" ["X-Label","X-Score"] "3"',
        'address :all :is "from" "marie.martin@ac-exemple.fr"',
        'address :localpart :is "from" "MARIE.MARTIN"',
        'address :domain :is :comparator "i;octet" "from" "ac-exemple.fr"',
        'address :domain :contains :comparator "i;octet" "from" "AC-EXEMPLE"',
        'address :matches "to" "*@listes.*"',
        'address :count "eq" "to" "2"',
        'address "to" "jean@listes.ac-reunion.fr"',
        'envelope :is "from" "bounce@ac-exemple.fr"',
        'envelope :domain :matches "to" "ac-*"',
        'envelope :count "eq" ["from","to"] "2"',
        "exists \"Date\"",
        'exists ["X-Score","x-label"]',
        "size :over 300", "size :under 1K",
        'date :before "20260916"', 'date :after "20260915"',
        'body :contains "travaux"',
        'body :contains "bonjour, la suite"',
        'body :contains :comparator "i;octet" "pièce"',
        'mime_header :contains "content-type" "utf-8"',
        'me :in "to,cc"',
        "true", "not false", "anyof (false, true)", "allof (true, not false)",
        'current_time :after "0829"', 'current_time :before "0831"',
        'current_day_of_week :is ["3"]',
        'importance "normal"',
        'string :is "${subject}" "réunion du service [DSI]"'.replace("réunion", "Réunion"),
        'valid_notify_method "mailto:a@b.fr"',
        'notify_method_capability "mailto:a@b.fr" "online" "maybe"',
    ],
)  # fmt: skip
def test_test_holds(test: str) -> None:
    assert holds(test)
    assert not holds(f"not {test}")


@each(
    "test",
    [
        'header :is "subject" "service"',
        'header :contains :comparator "i;octet" "subject" "SERVICE"',
        'header :contains "subject" "RÉUNION"',
        'header :matches "subject" "service*"',
        'header :contains "x-none" ""',
        'header :value "gt" :comparator "i;ascii-numeric" "X-Score" "12"',
        'header :count "gt" "X-None" "0"',
        'address :is "from" "Martin, Marie"',
        'address :localpart :is :comparator "i;octet" "from" "marie.martin"',
        'envelope :is "from" "marie.martin@ac-exemple.fr"',
        'exists ["X-Score","x-none"]',
        "size :over 1K",
        'date :before "20260915"', 'date :after "20260916"',
        'body :contains "absent"',
        'body :contains :comparator "i;octet" "travaux"',
        "attachment", "invite", "bulk", "list", "facebook", "twitter", "community_requests",
        'me :in "cc"',
        'addressbook :in "from"', 'contact_ranking :in "from"', 'conversation :where "participated"',
        'flagged "read"',
        'current_time :before "0830"', 'current_day_of_week :is ["0","6"]',
        'importance "high"',
        'valid_notify_method "xmpp:a@b.fr"',
        "false", "allof (true, false)",
    ],
)  # fmt: skip
def test_test_does_not_hold(test: str) -> None:
    assert not holds(test)


def test_attachment_is_seen() -> None:
    letter = (
        'Content-Type: multipart/mixed; boundary="x"\n\n--x\nContent-Type: text/plain\n\nVoir.\n'
        '--x\nContent-Type: application/pdf; name="a.pdf"\nContent-Disposition: attachment\n\ntravaux\n--x--\n'
    )
    assert holds("attachment", letter)
    assert not holds('body :contains "travaux"', letter)
    assert holds('mime_header :contains "Content-Disposition" "attach"', letter)


def test_body_of_html_is_looked_at_without_its_marks() -> None:
    letter = "Content-Type: text/html; charset=utf-8\n\n<p>la <b>facture</b></p><script>promo</script>\n"
    assert holds('body :contains "la facture"', letter)
    assert not holds('body :contains "promo"', letter)
    assert not holds('body :contains "<b>"', letter)


@each(
    ("method", "test", "expected"),
    [
        ("REQUEST", "invite", True), ("REQUEST", 'invite :method ["reply"]', False),
        ("REQUEST", 'invite :method ["REQUEST"]', True), ("CANCEL", 'invite :method ["anyrequest"]', True),
        ("COUNTER", 'invite :method ["anyreply"]', True), ("REPLY", 'invite :method ["anyrequest"]', False),
    ],
)  # fmt: skip
def test_invitation_is_told_by_its_method(method: str, test: str, expected: bool) -> None:
    letter = f"Content-Type: text/calendar\n\nBEGIN:VCALENDAR\nMETHOD:{method}\nEND:VCALENDAR\n"
    assert holds(test, letter) is expected


@each(
    ("field_line", "test"),
    [
        ("List-Id: <dsi.ac>", "list"), ("X-Zimbra-DL: dsi@ac", "list"), ("Precedence: bulk", "bulk"),
        ("X-Campaign-Id: 3", "bulk"), ("List-Unsubscribe: <mailto:x>", "bulk"),
        ("Importance: high", 'importance "high"'),
        ("X-Priority: 5", 'importance "low"'), ("X-Proofpoint-Spam-Details: rule=a bulkscore=51 x", "bulk"),
        ("Sender: notification+a@facebookmail.com", "facebook"),
    ],
)  # fmt: skip
def test_kind_of_mail_is_told_by_its_fields(field_line: str, test: str) -> None:
    assert holds(test, f"{field_line}\n{LETTER}")


def test_absence_notice_is_no_bulk_mail() -> None:
    letter = f"Precedence: bulk\nAuto-Submitted: auto-replied (zimbra; vacation)\n{LETTER}"
    assert not holds("bulk", letter)


def test_surroundings_are_asked() -> None:
    around = Surroundings(
        contacts=("marie.martin@ac-exemple.fr",),
        written=("jean@listes.ac-reunion.fr",),
        started=(False, True),
        flags="uf",
    )
    assert holds('addressbook :in ["cc","from"]', around=around)
    assert holds('contact_ranking :in "to"', around=around)
    assert holds('conversation :where "participated"', around=around)
    assert not holds("conversation", around=around)
    assert holds('flagged "flagged"', around=around)
    assert not holds('flagged "read"', around=around)


def test_flag_of_a_rule_before_is_seen() -> None:
    found = actions('flag "priority"; if flagged "priority" { stop; } fileinto "A";')
    assert found == [Keep(), Flag("priority")]


# --- what becomes of the message -----------------------------------------------------------------------------------


@each(
    ("script", "expected"),
    [
        ("", [Keep()]),
        ("keep;", [Keep()]),
        ("discard;", [Discard()]),
        ("discard; keep;", [Keep()]),
        ('fileinto "A";', [FileInto("A")]),
        ('fileinto "A"; keep;', [FileInto("A"), Keep()]),
        ('fileinto "A"; discard;', [FileInto("A")]),
        ('fileinto :copy "A";', [Keep(), FileInto("A", True)]),
        ('fileinto :copy "A"; discard;', [FileInto("A", True)]),
        ('fileinto :copy "A"; fileinto "B";', [FileInto("A", True), FileInto("B")]),
        ('redirect "x@y.fr";', [Redirect("x@y.fr")]),
        ('redirect :copy "x@y.fr";', [Keep(), Redirect("x@y.fr", True)]),
        ('tag "t";', [Keep(), Tag("t")]),
        ('tag " t ";', [Keep(), Tag("t")]),
        ('flag "read"; discard;', [Keep(), Flag("read")]),
        ('reply "merci";', [Keep(), Reply("merci")]),
        ('reply "merci"; discard;', [Reply("merci")]),
        ('notify "x@y.fr" "s" "t" 10 ["From"];', [Keep(), Notify("x@y.fr", "s", "t", 10, ("From",))]),
        ('reject "non";', [Reject("non")]),
        ('ereject "non";', [Ereject("non")]),
        ('log :info "rien";', [Keep()]),
        ('disabled_if true { discard; }', [Keep()]),
        ('if false { discard; } elsif true { tag "b"; } else { tag "c"; }', [Keep(), Tag("b")]),
        ('if true { tag "a"; } elsif true { tag "b"; }', [Keep(), Tag("a")]),
        ('if false { tag "a"; } else { tag "c"; }', [Keep(), Tag("c")]),
        ('stop; discard;', [Keep()]),
        ('if true { stop; } discard;', [Keep()]),
    ],
)  # fmt: skip
def test_message_goes_where_zimbra_puts_it(script: str, expected: list[Action]) -> None:
    assert actions(script) == expected


def test_stop_is_told() -> None:
    assert outcome("stop;").stopped
    assert not outcome("keep;").stopped


def test_rejecting_can_be_forbidden() -> None:
    around = Surroundings(options=frozenset({"zimbraSieveRequireControlEnabled"}))
    assert actions('reject "non";', around=around) == [Keep()]


@pytest.mark.parametrize("name", ["reject", "ereject"])
def test_rejecting_has_to_be_declared(name: str) -> None:
    found = run.run(
        [(f'require ["tag"]; {name} "non";', False)], Message.parse(LETTER.encode()), Surroundings(), sender="a@b.fr"
    )
    assert found.error
    assert found.actions == [Keep()]


def test_notification_by_mail_is_read_from_its_address() -> None:
    (_, found) = actions(
        'notify :from "dsi@ac.fr" :importance "1" :message "${subject}"'
        ' "mailto:a@b.fr?to=c%40d.fr&body=Deux%20mots&X-A=1";'
    )
    assert isinstance(found, NotifyByMail)
    assert found.to == ("a@b.fr", "c@d.fr")
    assert (found.sender, found.importance) == ("dsi@ac.fr", "1")
    assert found.message == "Réunion du service [DSI]"
    assert found.field("body") == ["Deux mots"]
    assert found.field("x-a") == ["1"]


def test_notification_from_no_address_is_from_the_owner() -> None:
    (_, found) = actions('notify :from "a b@>.com" "mailto:a@b.fr";')
    assert isinstance(found, NotifyByMail)
    assert found.sender == ""


# --- variables -----------------------------------------------------------------------------------------------------


@each(
    ("script", "tag"),
    [
        ('set "a" "x"; tag "${A}-${a}";', "x-x"),
        ('set :upper "a" "été"; tag "${a}";', "ÉTÉ"),
        ('set :lower :upperfirst "a" "ABC"; tag "${a}";', "Abc"),
        ('set :length "a" "été"; tag "${a}";', "3"),
        ('set :quotewildcard "a" "a*b?c\\\\"; tag "${a}";', "a\\*b\\?c\\\\"),
        ('set :encodeurl "a" "a b&c"; tag "${a}";', "a+b%26c"),
        ('tag "x${rien}y";', "xy"),
        ('tag "${a b}-${1x}";', "${a b}-${1x}"),
        ('tag "${x-score}";', "${x-score}"),
        ('set "d" "$"; tag "${d}{d}";', "${d}"),
        ('if header :matches "subject" "*service*" { tag "[${1}]${2}"; }', "[Réunion du ] [DSI]"),
        ('if header :matches "subject" "R?union*" { tag "${1}${0}"; }', "éRéunion du service [DSI]"),
        ('if header :matches "x-label" "*" { if header :matches "subject" "z*" { keep; } tag "${1}"; }', "un"),
        ('if address :domain :matches "from" "*.fr" { tag "${01}"; }', "ac-exemple"),
        ('set "a" "service"; if header :contains "subject" "${a}" { tag "ok"; }', "ok"),
    ],
)  # fmt: skip
def test_variable_stands_for_its_value(script: str, tag: str) -> None:
    assert outcome(script).tags == [tag]


@each(
    ("text", "pattern", "parts"),
    [
        ("sample abc test 123 test ABC test", "sample*test*", [" abc ", " 123 test ABC test"]),
        ("sample abc test 123 test ABC test", "sample*test", [" abc test 123 test ABC "]),
        ("sample abc test 123 test ABC test", "sample*test*test", [" abc ", " 123 test ABC "]),
        ("abc", "?b*", ["a", "c"]),
        ("a*c", r"a\*?", ["c"]),
        ("a\\b", "a\\b", []),
        ("abab", "*ab", ["ab"]),
        ("ligne\nautre", "ligne*", ["\nautre"]),
        ("", "*", [""]),
    ],
)
def test_pattern_gives_what_its_signs_stand_for(text: str, pattern: str, parts: list[str]) -> None:
    assert compare.matches("i;octet", text, pattern) == [text, *parts]


@each(("text", "pattern"), [("abc", "ab"), ("ab", "ab?"), ("aba", "*ab"), ("axc", r"a\?c"), ("a", "a*a")])
def test_pattern_is_for_the_whole_text(text: str, pattern: str) -> None:
    assert compare.matches("i;octet", text, pattern) is None


def test_pattern_with_many_stars_takes_no_time() -> None:
    assert compare.matches("i;octet", "a" * 50_000, "*a" * 200 + "b") is None


@given(st.text("ab*", max_size=12), st.text("ab?*", max_size=8))
def test_pattern_agrees_with_a_plain_matcher(text: str, pattern: str) -> None:
    def plain(at: int, sign: int) -> bool:
        if sign == len(pattern):
            return at == len(text)
        if pattern[sign] == "*":
            return any(plain(later, sign + 1) for later in range(at, len(text) + 1))
        return at < len(text) and pattern[sign] in (text[at], "?") and plain(at + 1, sign + 1)

    assert (compare.matches("i;octet", text, pattern) is not None) is plain(0, 0)
