from __future__ import annotations

import smtplib

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.urls import reverse

from accounts import notices, tasks
from accounts.models import Notice
from tests.factories import make_agent

pytestmark = pytest.mark.django_db


def test_notice_by_mail_goes_out_after_commit_and_once(django_capture_on_commit_callbacks) -> None:
    agent = make_agent()
    with django_capture_on_commit_callbacks(execute=True):
        notice = notices.notify(
            agent, kind="test", title="Import terminé", body="Tout y est.", link="/x/", by_mail=True
        )
        assert not mail.outbox
    notices.send_mail(notice.pk)
    assert [(message.to, message.subject) for message in mail.outbox] == [([agent.address], "Import terminé")]
    assert "/x/" in mail.outbox[0].body
    notice.refresh_from_db()
    assert notice.mail_state == Notice.Mail.SENT


def test_notice_on_screen_only_sends_nothing(django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        notices.notify(make_agent(), kind="test", title="À l’écran")
    assert not mail.outbox


def test_mail_server_down_is_tried_again_then_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    notice = notices.notify(make_agent(), kind="test", title="Objet", by_mail=True)

    def refuse(self: EmailBackend, messages: object) -> int:
        raise smtplib.SMTPServerDisconnected

    with monkeypatch.context() as patch:
        patch.setattr(EmailBackend, "send_messages", refuse)
        notices.send_mail(notice.pk)
        notice.refresh_from_db()
        assert (notice.mail_state, notice.mail_attempts) == (Notice.Mail.WAITING, 1)
        for _ in range(notices.MAX_MAIL_ATTEMPTS):
            notices.send_mail(notice.pk)
    notice.refresh_from_db()
    assert (notice.mail_state, notice.mail_attempts) == (Notice.Mail.FAILED, notices.MAX_MAIL_ATTEMPTS)


def test_reading_notices_touches_only_ones_own(client: Client) -> None:
    mine, other = make_agent(), make_agent(address="autre.personne@ac-reunion.fr")
    notices.notify(mine, kind="test", title="Pour moi")
    notices.notify(other, kind="test", title="Pour un autre")
    client.force_login(mine)
    page = client.get(reverse("notices")).content.decode()
    assert "Pour moi" in page
    assert "Pour un autre" not in page
    client.post(reverse("notices_read"))
    assert not notices.unread(mine).exists()
    assert notices.unread(other).count() == 1


def test_what_is_told_to_many_goes_by_the_clock_as_the_limits_allow(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks
) -> None:
    people = [make_agent() for _ in range(3)]
    with django_capture_on_commit_callbacks(execute=True):
        notices.notify_each(
            [(agent, "Le 12 mai.") for agent in people], kind="test", title="Date", by_mail=True, in_turn=True
        )
    assert not mail.outbox
    for room, sent in ((0, 0), (2, 2), (None, 3)):
        monkeypatch.setattr("accounts.mail_pace.room", lambda at, room=room: room)
        tasks.send_waiting_notices()
        assert len(mail.outbox) == sent
    assert sorted(one.to[0] for one in mail.outbox) == sorted(agent.address for agent in people)


def test_a_mail_that_failed_goes_out_again_once(django_capture_on_commit_callbacks) -> None:
    staff = make_agent(is_staff=True)
    notice = notices.notify(make_agent(), kind="test", title="Objet", by_mail=True)
    Notice.objects.update(mail_state=Notice.Mail.FAILED, mail_attempts=notices.MAX_MAIL_ATTEMPTS)
    with django_capture_on_commit_callbacks(execute=True):
        notices.send_again(notice=notice, by=staff)
    notice.refresh_from_db()
    assert (notice.mail_state, len(mail.outbox)) == (Notice.Mail.SENT, 1)
    with pytest.raises(notices.NotFailed):
        notices.send_again(notice=notice, by=staff)
