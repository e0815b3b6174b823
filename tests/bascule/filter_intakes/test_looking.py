"""An LDIF looked through: who is recognised, what is damaged, and that nobody gets anything yet."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from accounts.models import Agent, JournalEntry, Notice
from bascule import deposits
from bascule.filter_intakes import decisions, engine, giving, looking, receiving
from bascule.models import CapturedRule, Deposit, FilterIntake
from tests.bascule.filter_intakes.directory import OFF, REUNION, SPAM, entry, handed_in, looked_through, outcomes
from tests.factories import make_agent, make_box

pytestmark = pytest.mark.django_db


def test_people_are_recognised_by_mail_alias_or_login(staff: Agent, marie: Agent) -> None:
    paul, zoe = make_agent("paul.hoarau@ac-reunion.fr"), make_agent("zoe@ac-reunion.fr")
    intake = looked_through(
        staff,
        entry("mp", REUNION, mail="Marie.PAYET@ac-reunion.fr"),
        entry("ph", REUNION, SPAM, mail="ph@old.example", extra=("mailAlternateAddress: paul.hoarau@ac-reunion.fr",)),
        entry("zoe", SPAM),
        entry("inconnu", SPAM, mail="inconnu@ac-reunion.fr"),
        "dn: uid=sans,ou=People\nuid: sans\nmail: sans@ac-reunion.fr\n\n",
    )
    assert intake.state == "ready"
    assert (intake.entries, intake.with_rules, intake.matched, intake.given) == (5, 4, 3, 0)
    assert list(intake.people.values_list("agent", "outcome", "matched_by", "rules")) == [
        (marie.pk, "matched", 0, 1),
        (paul.pk, "matched", 1, 2),
        (zoe.pk, "matched", 2, 1),
        (None, "unmatched", 0, 1),
    ]


def test_nothing_is_written_for_anybody_before_it_is_confirmed(staff: Agent, marie: Agent) -> None:
    looked_through(staff, entry("mp", REUNION, mail=marie.address))
    assert not Deposit.objects.exists()
    assert not CapturedRule.objects.exists()
    assert not Notice.objects.filter(recipient=marie).exists()
    assert [notice.kind for notice in Notice.objects.filter(recipient=staff)] == ["filter_intake.ready"]
    assert not JournalEntry.objects.filter(subject=marie.address).exists()


def test_what_waits_is_sealed_and_the_file_is_gone(
    staff: Agent, marie: Agent, deposit_dir: Path, django_capture_on_commit_callbacks
) -> None:
    intake = handed_in(staff, entry("mp", SPAM, mail=marie.address), entry("x", SPAM, mail="x@y.example"))
    (path,) = (one for one in deposit_dir.rglob("*") if one.is_file())
    assert b"mailSieve" not in path.read_bytes()
    with django_capture_on_commit_callbacks(execute=True):
        engine.advance(intake.pk)
    assert not path.exists()
    mine, stranger = intake.people.all()
    assert mine.text
    assert b"mailSieve" not in bytes(mine.text)
    assert stranger.text == b""


def test_two_entries_for_one_person_that_differ_are_given_to_nobody(staff: Agent, marie: Agent) -> None:
    intake = looked_through(
        staff, entry("a", REUNION, mail=marie.address), entry("b", SPAM, mail=marie.address), entry("c", SPAM)
    )
    assert [outcome for _, outcome in outcomes(intake)] == ["conflict", "conflict", "unmatched"]
    assert intake.matched == 0


def test_the_same_entry_twice_counts_once_and_the_own_address_wins(staff: Agent, marie: Agent) -> None:
    intake = looked_through(
        staff,
        entry("alias", SPAM, mail="x@old.example", extra=(f"mailAlternateAddress: {marie.address}",)),
        entry("a", REUNION, mail=marie.address),
        entry("a", REUNION, mail=marie.address),
    )
    assert [outcome for _, outcome in outcomes(intake)] == ["repeated", "matched", "repeated"]
    assert [bool(row.text) for row in intake.people.all()] == [False, True, False]


def test_an_entry_of_two_people_and_one_of_a_box_are_nobodys(staff: Agent, marie: Agent) -> None:
    paul = make_agent()
    box = make_box()
    both = (f"mailAlternateAddress: {marie.address}", f"mailAlternateAddress: {paul.address}")
    intake = looked_through(
        staff, entry("x", SPAM, mail="x@old.example", extra=both), entry("box", SPAM, mail=box.address)
    )
    assert [outcome for _, outcome in outcomes(intake)] == ["conflict", "box"]


def test_somebody_who_left_is_nobody(staff: Agent) -> None:
    gone = make_agent(is_active=False)
    assert outcomes(looked_through(staff, entry("x", SPAM, mail=gone.address))) == [(gone.address, "unmatched")]


def test_what_was_given_before_is_told(staff: Agent, marie: Agent) -> None:
    first = looked_through(staff, entry("mp", REUNION, mail=marie.address))
    decisions.confirm(intake=first, by=staff)
    engine.advance(first.pk)
    again = looked_through(staff, entry("mp", REUNION, mail=marie.address), entry("q", SPAM, mail="q@z.example"))
    assert [outcome for _, outcome in outcomes(again)] == ["known", "unmatched"]
    assert again.matched == 0


def test_forms_of_ldif_are_read(staff: Agent, marie: Agent) -> None:
    folded = 'mailSieveRuleSource: # Rule Info: $Order=1 Na\n me="Pub" if size :over 1M { discard;\n  }\n'
    others = [make_agent(f"p{number}@ac-reunion.fr") for number in range(5)]
    upper = entry("p0", REUNION, OFF).replace("mailSieveRuleSource", "MAILSIEVERULESOURCE").replace("uid:", "UID:")
    option = entry("p1", SPAM).replace("mailSieveRuleSource", "mailSieveRuleSource;lang-fr")
    intake = looked_through(
        staff,
        "version: 1\n\n# tiré de l’annuaire\n",
        upper,
        option,
        entry("p2", REUNION, SPAM, OFF, end="\r\n"),
        f"dn: uid=p3,ou=People\nuid: p3\n{folded}\n",
        "dn:: dWlkPXA0LG91PVDDqW9wbGU=\nmailSieveRuleSource: if true { keep; }\n\n",
    )
    assert [row.agent_id for row in intake.people.all()] == [one.pk for one in others]
    assert list(intake.people.values_list("rules", flat=True)) == [2, 1, 3, 1, 1]
    assert set(intake.people.values_list("outcome", flat=True)) == {"matched"}


def test_damaged_values_are_told_of_their_entry(staff: Agent, marie: Agent) -> None:
    broken = f"dn: uid=b,ou=People\nuid: b\nmail: {marie.address}\nmailSieveRuleSource:: n’est*pas;base64\n\n"
    intake = looked_through(staff, entry("a", SPAM), broken, entry("c", SPAM))
    assert list(intake.people.values_list("is_damaged", flat=True)) == [False, True, False]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig", "cp1252"])
def test_files_of_any_encoding_are_read(staff: Agent, marie: Agent, encoding: str) -> None:
    plain = (
        f'dn: uid=mp,ou=Équipe\nmail: {marie.address}\nmailSieveRuleSource: if header :is "Subject" "é" {{ keep; }}\n'
    )
    intake = looked_through(staff, plain.encode(encoding))
    assert outcomes(intake) == [(marie.address, "matched")]


def test_a_zip_with_one_file_is_opened(staff: Agent, marie: Agent) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("export/annuaire.ldif", entry("mp", SPAM, mail=marie.address))
    assert looked_through(staff, buffer.getvalue()).matched == 1
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("autre.ldif", "x")
    with pytest.raises(deposits.Refusal, match="plusieurs fichiers"):
        handed_in(staff, buffer.getvalue())


def test_what_unfolds_too_far_is_refused(staff: Agent, settings, deposit_dir: Path) -> None:
    settings.DEPOSIT_MAX_BYTES = 100_000
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.ldif", b"x" * 200_000)
    for content in (buffer.getvalue(), b"x" * 100_001):
        with pytest.raises(deposits.Refusal):
            handed_in(staff, content)
    assert not [path for path in deposit_dir.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"dn: uid=a,o=x\nuid: a\nmail: a@b.example\n", "no_rules"),
        (b"Bonjour, voici mes vacances.\n", "no_ldif"),
        (b"%PDF-1.7 \0\1\2", "no_ldif"),
        (b"x" * 3_000_000, "no_ldif"),
    ],
)
def test_what_has_no_rules_is_refused_in_french(staff: Agent, content: bytes, code: str) -> None:
    intake = looked_through(staff, content)
    assert (intake.state, intake.error_code) == ("failed", code)
    assert "mailSieveRuleSource" in intake.error
    assert not decisions.may_go_on(intake)


def test_an_empty_file_is_refused(staff: Agent) -> None:
    with pytest.raises(deposits.Refusal, match="vide"):
        handed_in(staff, b"")


def test_the_same_file_twice_is_one_intake(staff: Agent) -> None:
    first = handed_in(staff, entry("a", SPAM))
    again, is_new = receiving.receive(name="b.ldif", file=io.BytesIO(entry("a", SPAM).encode()), by=staff)
    assert (again.pk, is_new) == (first.pk, False)
    engine.advance(first.pk)
    decisions.cancel(intake=first, by=staff)
    assert handed_in(staff, entry("a", SPAM)).pk != first.pk


def test_a_file_that_was_altered_on_disk_stops(staff: Agent, deposit_dir: Path) -> None:
    intake = handed_in(staff, entry("a", SPAM))
    (path,) = (one for one in deposit_dir.rglob("*") if one.is_file())
    path.write_bytes(path.read_bytes()[:-9] + b"altered!!")
    engine.advance(intake.pk)
    intake.refresh_from_db()
    assert (intake.state, intake.error_code) == ("failed", "damaged_store")


def test_a_worker_killed_while_reading_starts_over(staff: Agent, marie: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "ENTRIES_TOGETHER", 2)
    people = [make_agent(f"p{number}@ac-reunion.fr") for number in range(5)]
    intake = handed_in(staff, *(entry(f"p{number}", SPAM) for number in range(5)))
    passed = []

    def killed(entries):
        passed.append(entries)
        if len(passed) == 2:
            raise KeyboardInterrupt
        return matching(entries)

    matching = looking.match_all
    with monkeypatch.context() as patch:
        patch.setattr(looking, "match_all", killed)
        with pytest.raises(KeyboardInterrupt):
            engine.advance(intake.pk)
    assert intake.people.count() == 2
    assert engine.waiting() == [intake.pk]
    engine.advance(intake.pk)
    intake.refresh_from_db()
    assert (intake.state, intake.matched) == ("ready", 5)
    assert [row.agent_id for row in intake.people.all()] == [one.pk for one in people]


def test_a_file_that_brings_its_reader_down_is_not_read_for_ever(staff: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(entries):
        raise KeyboardInterrupt

    intake = handed_in(staff, entry("a", SPAM))
    monkeypatch.setattr(looking, "match_all", killed)
    for _ in range(engine.MAX_ATTEMPTS):
        with pytest.raises(KeyboardInterrupt):
            engine.advance(intake.pk)
    assert not engine.advance(intake.pk)
    intake.refresh_from_db()
    assert (intake.state, intake.error_code) == ("failed", "reader_stopped")


def test_given_up_while_it_is_read(
    staff: Agent, marie: Agent, monkeypatch: pytest.MonkeyPatch, deposit_dir: Path
) -> None:
    intake = handed_in(staff, entry("mp", SPAM, mail=marie.address))
    matching = looking.match_all

    def meanwhile(entries):
        decisions.cancel(intake=FilterIntake.objects.get(pk=intake.pk), by=staff)
        return matching(entries)

    monkeypatch.setattr(looking, "match_all", meanwhile)
    engine.advance(intake.pk)
    intake.refresh_from_db()
    assert (intake.state, intake.holder, intake.people.count()) == ("cancelled", "", 0)
    assert giving.known(marie, b"") is None


def test_the_file_of_an_intake_is_no_orphan(staff: Agent, deposit_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.sealed_files.ORPHAN_AGE_SECONDS", -1)
    intake = handed_in(staff, entry("a", SPAM))
    deposits.expire()
    assert (deposit_dir / intake.stored_as).exists()


def test_five_thousand_people_are_read_in_batches(staff: Agent, django_assert_max_num_queries) -> None:
    make_agent("p4999@ac-reunion.fr")
    whole = "".join(entry(f"p{number}", SPAM, OFF) for number in range(5000))
    intake = handed_in(staff, whole)
    with django_assert_max_num_queries(600):
        engine.advance(intake.pk)
    intake.refresh_from_db()
    assert (intake.with_rules, intake.matched, intake.octets_read) == (5000, 1, len(whole.encode()))
