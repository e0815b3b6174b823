"""How fast the portal may write: the registry, the portal's own tally."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from accounts import mail_pace, notices
from accounts.models import MailTally, Notice
from tests.factories import make_agent

AT = dt.datetime(2026, 3, 10, 8, 0, 30, tzinfo=dt.UTC)


class Fixed:
    def __init__(self, room: int, ends: dt.datetime | None) -> None:
        self._room, self._ends = room, ends
        self.asked: list[str] = []

    def room(self, sender: str, at: dt.datetime) -> int:
        self.asked.append(sender)
        return self._room

    def ends(self, sender: str, recipients: int, at: dt.datetime) -> dt.datetime | None:
        return self._ends


def test_the_narrowest_of_all_limits_holds(monkeypatch: pytest.MonkeyPatch, settings) -> None:
    settings.DEFAULT_FROM_EMAIL = "Bascule <Portail@ac-reunion.fr>"
    monkeypatch.setattr(mail_pace, "_paces", [])
    assert mail_pace.room(AT) is None
    assert mail_pace.ends(5, AT) == AT
    later = AT + dt.timedelta(hours=3)
    one, other = Fixed(7, later), Fixed(3, AT)
    for pace in (one, other, one):
        mail_pace.register(pace)
    assert mail_pace.room(AT) == 3
    assert one.asked == ["portail@ac-reunion.fr"]
    assert mail_pace.ends(5, AT) == later
    mail_pace.register(Fixed(9, None))
    assert mail_pace.ends(5, AT) is None


@pytest.mark.django_db
def test_the_tally_counts_within_a_window_and_forgets() -> None:
    for minutes, count in ((60 * 49, 9), (30, 5), (5, 3), (0, 2), (0, 1)):
        mail_pace.note_sent(count, AT - dt.timedelta(minutes=minutes))
    assert [mail_pace.sent_within(seconds, AT) for seconds in (60, 600, 3600)] == [3, 6, 11]
    assert MailTally.objects.count() == 3


@pytest.mark.django_db
def test_a_notice_by_mail_is_counted() -> None:
    notice = notices.notify(make_agent(), kind="test", title="Objet")
    notices.send_mail(notice.pk)
    assert not MailTally.objects.exists()
    Notice.objects.update(mail_state=Notice.Mail.WAITING)
    notices.send_mail(notice.pk)
    assert mail_pace.sent_within(60, timezone.now()) == 1
