"""What the proof is made with: its readers and writers, and what it takes Zimbra's actions to come to."""

from __future__ import annotations

import pytest

from tests.bascule.conversions.filters.proof import new_script, old_script, probes, runner
from tests.bascule.conversions.filters.proof.messages import STYLES, Draft, message
from tests.bascule.conversions.filters.proof.runner import Job, NotSieve, Performed, Runner
from tests.bascule.conversions.filters.proof.sieve_text import Unreadable, read, write
from tests.each import each

_HEAD = 'require ["fileinto", "copy", "tag", "flag", "reject"];\n\n# Une règle\n'


def _places(*places: tuple[str, tuple[str, ...]]) -> frozenset[tuple[str, frozenset[str]]]:
    return frozenset((folder, frozenset(flags)) for folder, flags in places)


def test_script_read_and_written_says_the_same() -> None:
    text = (
        'require ["fileinto"]; # tête\nif allof (not header :is ["A","B"] "dit \\"x\\\\\\"", size :over 2K) '
        '{ /* ici */ reject text: # fin\n..point\n.ligne\n.\n; stop; } else { fileinto "é"; }'
    )
    again = write(read(text))
    assert read(again) == read(text)
    reject = next(node for node in read(text)[1].walk() if node.name == "reject")
    assert reject.args == [".point\n.ligne\n"]
    assert [arg for node in read(text)[1].walk() if node.name == "size" for arg in node.args][1] == 2048


@each("text", ["if true { keep;", 'fileinto "a', "keep", "$x;", "keep; }"])
def test_text_that_is_no_sieve_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read(text)


def test_old_rules_are_run_in_their_order() -> None:
    values = [
        '# Rule Info: $Order=2 Name="b"\nrequire "fileinto";\nfileinto "B";',
        'fileinto "D";',
        '#RULE: $Name="off" $Order=0\ndiscard;',
        "# $Rule Info: Order=1\njettison;",
        '# Rule Info: $Order=-1\nereject "E";',
    ]
    names = [node.name for node in read(old_script.from_values(values))]
    assert names == ["require", "discard", "stop", "fileinto", "fileinto", "reject"]
    assert 'fileinto "B";\nfileinto "D";' in old_script.from_values(values)


def test_folder_in_modified_utf7_is_the_one_it_means() -> None:
    named = old_script.folder_named
    assert [named(name) for name in ("&AMk-t&AOk-", "R & D", "R&-D", "inbox", "Inbox/A")] == [
        "Été", "R & D", "R&D", "INBOX", "INBOX/A",
    ]  # fmt: skip


def test_actions_are_told_apart(sieve_test: Runner) -> None:
    script = (
        'require ["fileinto","imap4flags","copy"];\nif header :is "Subject" "un" { addflag "\\\\Seen"; '
        'fileinto :copy "Été"; redirect "a@b.example"; } elsif header :is "Subject" "deux" { discard; }'
    )
    drafts = [Draft(headers=(("Subject", subject),)) for subject in ("un", "deux", "trois")]
    both, none, kept = sieve_test.run([Job(script, message(draft)) for draft in drafts])
    assert both == Performed(_places(("Été", ("\\seen",))), ("a@b.example",))
    assert none == Performed()
    assert kept == Performed(_places(("INBOX", ())))
    assert none.told() == ["discard"]


def test_script_that_does_not_compile_is_told(sieve_test: Runner) -> None:
    with pytest.raises(NotSieve, match="unknown"):
        sieve_test.run([Job("frobnicate;", message(Draft()))])


@each(
    ("actions", "places"),
    [
        ('flag "read"; fileinto "A";', _places(("A", ("\\seen",)))),
        ('fileinto "A"; flag "read";', _places(("A", ("\\seen",)))),
        ('discard; tag "Été 1";', _places(("INBOX", ("tag:été 1",)))),
        ('fileinto :copy "A"; fileinto "B";', _places(("A", ()), ("B", ()))),
        ('fileinto "A"; fileinto :copy "B";', _places(("A", ()), ("B", ()), ("INBOX", ()))),
        ('discard; fileinto "A";', _places(("A", ()))),
        ('keep; fileinto "/A/B/";', _places(("INBOX", ()), ("A/B", ()))),
        ("discard;", _places()),
        ("stop;", _places(("INBOX", ()))),
    ],
)
def test_actions_are_put_together_as_zimbra_does(
    sieve_test: Runner, actions: str, places: frozenset[tuple[str, frozenset[str]]]
) -> None:
    standard = new_script.standard(f"{_HEAD}if allof (true) {{\n{actions}\n}}\n")
    (done,) = sieve_test.run([Job(standard.script, message(Draft()))])
    assert new_script.as_zimbra(done, standard.deeds).places == places


def test_rule_that_is_off_does_nothing(sieve_test: Runner) -> None:
    standard = new_script.standard(f"{_HEAD}disabled_if anyof (true) {{\n    discard;\n}}\n")
    (done,) = sieve_test.run([Job(standard.script, message(Draft()))])
    assert new_script.as_standard(done).places == _places(("INBOX", ()))
    assert done.notes == ()


def test_reason_to_reject_is_compared_as_it_is_printed(sieve_test: Runner) -> None:
    reason = "Non.\n.merci\n"
    (done,) = sieve_test.run([Job('require "reject";\nreject text:\nNon.\n..merci\n.\n;', message(Draft()))])
    assert done.reject == runner.as_printed(reason)


def test_message_is_as_long_as_asked_for() -> None:
    drafts = [Draft(size=size) for size in range(600, 760)]
    assert [len(message(draft)) for draft in drafts] == list(range(600, 760))


@each("style", STYLES)
@each("value", ["Été à l’œuvre, très long sujet d’une réunion", "court", "Ça & là"])
def test_header_means_the_same_in_every_style(sieve_test: Runner, style: str, value: str) -> None:
    raw = message(Draft(headers=(("Subject", value),), style=style))
    script = f'require "fileinto";\nif header :is "Subject" "{value}" {{ fileinto "Lu"; }}'
    (done,) = sieve_test.run([Job(script, raw)])
    assert done.places == _places(("Lu", ()))
    assert raw.isascii()


def test_messages_are_the_same_for_the_same_seed_and_as_many_as_asked_for() -> None:
    script = 'if anyof (header :contains ["Subject","To"] ["a","é"], size :over 2K) { stop; }'
    assert probes.drafts(script, "x", 30) == probes.drafts(script, "x", 30)
    assert len(probes.drafts(script, "x", 30)) == 30
    sizes = {draft.size for draft in probes.drafts(script, "x", 60)}
    assert {2047, 2048, 2049} <= sizes
