"""Who is told of held messages, when, and what the mails say."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from accounts.models import Notice
from quarantine import digest, digest_mail, held, rules, tasks
from quarantine.models import Digest, DigestChoice, Hold
from tests.each import each
from tests.factories import give_access, make_agent, make_moved_agent, make_shared_box
from tests.pages import parse
from tests.quarantine.holds import make_hold

pytestmark = pytest.mark.django_db
MINE = "rose.payet@ac-reunion.fr"
TODAY = timezone.localdate()


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.QUARANTINE_DIR = tmp_path
    settings.BASE_URL = "https://portail.test"


@pytest.fixture
def rose():
    return make_agent(MINE)


def at(clock: str, days: int = 0) -> datetime:
    """That time of a day in Réunion, tomorrow being 1."""
    return timezone.make_aware(datetime.fromisoformat(f"{TODAY + timedelta(days=days)}T{clock}"))


def hold_at(moment: datetime, recipient: str = MINE, **fields) -> Hold:
    return make_hold(recipient, held_at=moment, expires_at=moment + timedelta(days=14), **fields)


def run(now: datetime, monkeypatch) -> list[mail.EmailMultiAlternatives]:
    """What the beat does at `now`; gives the mails that left meanwhile."""
    monkeypatch.setattr(timezone, "now", lambda: now)
    before = len(mail.outbox)
    tasks.send_digests()
    return mail.outbox[before:]


@each(
    ("now", "times", "slot"),
    [
        ("09:00", ["09:00", "15:00"], "09:00"),
        ("08:59", ["09:00", "15:00"], None),
        ("14:59", ["09:00", "15:00"], "09:00"),
        # Six hours late is too late: only the newest is made up for.
        ("15:00", ["09:00"], None),
        ("23:30", ["09:00", "15:00"], None),
        ("20:00", ["09:00", "15:00"], "15:00"),
        ("12:00", [], None),
    ],
)
def test_newest_time_that_passed(now, times, slot):
    assert digest.newest_slot(times, at(now)) == (at(slot) if slot else None)


def test_time_of_yesterday_is_made_up_for_after_midnight():
    assert digest.newest_slot(["23:00"], at("01:00", 1)) == at("23:00")


def test_mail_tells_what_is_new_once(rose, monkeypatch):
    hold_at(at("08:00", 1))
    assert run(at("08:30", 1), monkeypatch) == []
    [sent] = run(at("09:00", 1), monkeypatch)
    assert (sent.subject, sent.to) == ("Notification de quarantaine anti-spam", [MINE])
    assert sent.extra_headers["Auto-Submitted"] == "auto-generated"
    # Nothing new, nothing sent; what came after nine waits for three.
    assert run(at("09:01", 1), monkeypatch) == []
    hold_at(at("09:05", 1))
    assert run(at("09:06", 1), monkeypatch) == []
    assert len(run(at("15:00", 1), monkeypatch)) == 1
    assert run(at("09:00", 2), monkeypatch) == []
    assert list(Digest.objects.values_list("state", flat=True)) == ["sent", "sent"]


def test_after_a_stop_the_newest_time_only_is_made_up_for(rose, monkeypatch):
    hold_at(at("08:00", 1))
    assert len(run(at("20:30", 1), monkeypatch)) == 1
    assert Digest.objects.get().slot == at("15:00", 1)


def test_each_mailbox_is_told_at_the_times_it_chose(rose, monkeypatch):
    box = make_shared_box((owner := make_moved_agent(), "owner"), address="direction@ac-reunion.fr")
    never = make_agent("jean@ac-reunion.fr")
    rules.choose(mailbox=box.address, times=["15:00"], by=owner)
    rules.choose(mailbox=never.address, times=[], by=never)
    # Only times that staff have taken back: the usual ones, so that nobody is forgotten.
    DigestChoice.objects.create(mailbox="zoe@ac-reunion.fr", times=["11:00"])
    for one in (MINE, box.address, never.address, "zoe@ac-reunion.fr", "dehors@exemple.org"):
        hold_at(at("08:00", 1), one)
    nine = {message.to[0] for message in run(at("09:00", 1), monkeypatch)}
    three = {message.to[0] for message in run(at("15:00", 1), monkeypatch)}
    assert (nine, three) == ({MINE, "zoe@ac-reunion.fr"}, {box.address})


def test_blocked_senders_are_summed_up_and_no_reason_to_write(rose, monkeypatch):
    for _ in range(3):
        hold_at(at("08:00", 1), reason=Hold.Reason.BLOCKED, subject="Pas ceci")
    assert run(at("09:00", 1), monkeypatch) == []
    hold_at(at("09:30", 1), subject="Mais cela")
    [sent] = run(at("15:00", 1), monkeypatch)
    html = sent.alternatives[0][0]
    assert "3 messages d’expéditeurs que vous avez bloqués" in sent.body
    assert "3 messages d’expéditeurs que vous avez bloqués" in html
    assert "Pas ceci" not in sent.body + html
    assert not Hold.objects.filter(told_at__isnull=True).exists()


def test_what_is_about_to_be_erased_is_told_once_more(rose, monkeypatch):
    hold_at(at("08:00", 1), subject="Bientôt parti")
    assert len(run(at("09:00", 1), monkeypatch)) == 1
    assert run(at("15:00", 12), monkeypatch) == []
    # Erased on day 15 at 8: the first time within two days before.
    [sent] = run(at("09:00", 13), monkeypatch)
    assert "Bientôt effacés" in sent.body
    assert "Bientôt parti" in sent.body
    assert (run(at("15:00", 13), monkeypatch), run(at("09:00", 14), monkeypatch)) == ([], [])


def test_decided_meanwhile_no_mail_leaves(rose, monkeypatch):
    hold = hold_at(at("08:00", 1))
    now = at("09:00", 1)
    monkeypatch.setattr(timezone, "now", lambda: now)
    assert digest.make_due() == 1
    held.delete(hold, by=rose)
    assert digest.send_waiting() == 0
    assert (mail.outbox, Digest.objects.count()) == ([], 0)


class _Down(EmailBackend):
    error: Exception = SMTPServerDisconnected("gone")

    def send_messages(self, messages):
        raise self.error


def test_mail_server_that_is_down_delays_the_mail_only(rose, monkeypatch):
    hold_at(at("08:00", 1))
    monkeypatch.setattr(digest, "get_connection", _Down)
    assert run(at("09:00", 1), monkeypatch) == []
    row = Digest.objects.get()
    assert (row.state, row.attempts) == ("waiting", 1)
    assert Hold.objects.filter(told_at__isnull=True).exists()
    monkeypatch.undo()
    assert len(run(at("09:01", 1), monkeypatch)) == 1
    assert len(run(at("09:02", 1), monkeypatch)) == 0


def test_address_that_refuses_is_told_to_staff_and_tried_at_the_next_time(rose, monkeypatch):
    hold_at(at("08:00", 1))
    monkeypatch.setattr(_Down, "error", SMTPRecipientsRefused({MINE: (550, b"no such user")}))
    monkeypatch.setattr(digest, "get_connection", _Down)
    run(at("09:00", 1), monkeypatch)
    assert Digest.objects.get().state == "failed"
    assert run(at("09:01", 1), monkeypatch) == []
    monkeypatch.undo()
    assert len(run(at("15:00", 1), monkeypatch)) == 1


def test_sending_above_warn_is_told_at_once_in_one_mail(rose, django_capture_on_commit_callbacks):
    box = make_shared_box((owner := make_moved_agent(), "owner"), address="direction@ac-reunion.fr")
    give_access(box, reader := make_moved_agent(), "reader")
    for recipient in (MINE, box.address, "jane@example.org"):
        with django_capture_on_commit_callbacks(execute=True):
            make_hold(recipient, reason=Hold.Reason.LIMIT, subject="Grand envoi")
            make_hold(recipient, reason=Hold.Reason.LIMIT, subject="Grand envoi bis")
    sent = {message.to[0]: message for message in mail.outbox}
    assert sorted(sent) == [box.address, "jane@example.org", MINE]
    assert len(mail.outbox) == 3
    assert all("Grand envoi bis" in one.body for one in sent.values())
    assert "Hello" in sent["jane@example.org"].body
    assert "faire confiance" not in sent["jane@example.org"].body
    told = Notice.objects.values_list("recipient", "title", "body")
    assert {one[0] for one in told} == {rose.pk, owner.pk}
    assert reader.pk not in {one[0] for one in told}
    assert "Grand envoi" not in str(list(told))


def test_mailbox_under_a_flood_is_told_by_the_clock_after_the_first_mail(rose, monkeypatch):
    now = at("10:00", 1)
    hold_at(now, reason=Hold.Reason.LIMIT)
    assert len(run(now, monkeypatch)) == 1
    hold_at(now + timedelta(minutes=1), reason=Hold.Reason.LIMIT)
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(minutes=1))
    digest.tell_now(MINE)
    assert len(mail.outbox) == 1
    assert run(now + timedelta(minutes=14), monkeypatch) == []
    assert len(run(now + timedelta(minutes=16), monkeypatch)) == 1


def test_many_recipients_are_told_by_the_next_beat(monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr(held, "MOST_TOLD_AT_ONCE", 0)
    with django_capture_on_commit_callbacks(execute=True):
        make_hold(MINE, reason=Hold.Reason.LIMIT)
    assert mail.outbox == []
    tasks.send_digests()
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("reason", [Hold.Reason.SPAM, Hold.Reason.BLOCKED])
def test_release_that_failed_is_told_of_again(rose, monkeypatch, reason):
    hold_at(at("08:00", 1), reason=reason, trouble="550 non", told_at=None)
    [sent] = run(at("09:00", 1), monkeypatch)
    assert "sa remise a échoué" in sent.body
    assert "sa remise a échoué" in sent.alternatives[0][0]


def test_own_mail_that_is_held_brings_about_no_mail(settings):
    settings.DEFAULT_FROM_EMAIL = "Portail <portail@ac-reunion.fr>"
    make_hold(MINE, reason=Hold.Reason.LIMIT, sender="portail@ac-reunion.fr")
    digest.tell_now(MINE)
    digest.tell_untold()
    assert not Digest.objects.exists()


def test_list_asked_for_tells_all_and_not_twice_within_minutes(rose, django_capture_on_commit_callbacks):
    make_hold(MINE, told_at=timezone.now(), subject="Déjà dit")
    with django_capture_on_commit_callbacks(execute=True):
        digest.ask(mailbox=MINE, by=rose)
    assert "Déjà dit" in mail.outbox[0].body
    with pytest.raises(digest.TooSoon):
        digest.ask(mailbox=MINE, by=rose)


HOSTILE = (
    "Votre compte\r\nBcc: victime@exemple.fr\r\n\r\n<script>alert(1)</script><img src=x onerror=a> "
    '"\u202egpj.exe http://evil.example.com/x www.mechant.fr'
)


def test_hostile_subjects_stay_text(rose):
    make_hold(MINE, subject=HOSTILE, from_name=HOSTILE, sender="x@autre.exemple.fr", attachments=[HOSTILE])
    make_hold(MINE, subject="\0" * 50, sender="")
    row = Digest.objects.create(mailbox=MINE, kind=Digest.Kind.ASKED)
    message = digest_mail.compose(row, digest.contents_of(row, timezone.now()))
    html = message.alternatives[0][0]
    page = parse(html.encode())
    assert not page.xpath("//script|//img|//iframe|//*[@onerror]")
    assert {one.get("href").partition("/")[0] for one in page.xpath("//a")} <= {
        "https:",
        "mailto:assistance@ac-reunion.fr",
    }
    for text in (message.body, html):
        assert "evil.example.com" not in text
        assert "www.mechant.fr" not in text
        assert "\u202e" not in text
        assert "\0" not in text
    raw = message.message().as_bytes()
    header = raw.partition(b"\n\n")[0]
    assert re.findall(rb"(?mi)^(?:bcc|cc|to|subject):.*$", header) == [
        b"Subject: Notification de quarantaine anti-spam",
        f"To: {MINE}".encode(),
    ]


def test_dangerous_message_is_not_released_from_a_mail(rose):
    make_hold(MINE, reason=Hold.Reason.DANGEROUS)
    row = Digest.objects.create(mailbox=MINE, kind=Digest.Kind.ASKED)
    message = digest_mail.compose(row, digest.contents_of(row, timezone.now()))
    assert "Libérer :" not in message.body
    assert ">Libérer<" not in message.alternatives[0][0]
    assert "Supprimer" in message.body


def test_long_list_is_cut_and_counted(rose, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(digest_mail, "MAX_LISTED", 2)
    for number in range(4):
        make_hold(MINE, subject=f"Numéro {number}")
    row = Digest.objects.create(mailbox=MINE, kind=Digest.Kind.ASKED)
    with django_assert_max_num_queries(12):
        message = digest_mail.compose(row, digest.contents_of(row, timezone.now()))
    assert "4 messages retenus" in message.body
    assert "Et 2 autres" in message.body
    assert "Numéro 0" not in message.body


def test_times_typed_are_read():
    assert rules.parsed_times(" 15:30 9h, 09:00;7h05 ") == ["07:05", "09:00", "15:30"]
    for typed in ("25:00", "midi", "9:7", "\0"):
        if typed != "\0":
            with pytest.raises(rules.RulesError):
                rules.parsed_times(typed)
    assert rules.parsed_times("\0") == []


@pytest.mark.parametrize(
    ("allowed", "usual", "minutes"),
    [([], ["09:00"], 60), (["09:00"], [], 60), (["09:00"], ["10:00"], 60), (["09:00"], ["09:00"], 1)],
)
def test_rules_that_make_no_sense_are_refused(allowed, usual, minutes):
    staff = make_agent(is_staff=True)
    with pytest.raises(rules.RulesError):
        rules.change(allowed=allowed, usual=usual, undo_minutes=minutes, by=staff)
    assert rules.present().allowed_times == ["09:00", "15:00"]
