"""Notices: told on screen at once, and by mail when asked, by a task that may run again."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import journal, mail_pace
from accounts.handing_out import hand_out_on_commit
from accounts.models import Agent, Notice

log = logging.getLogger(__name__)

MAX_MAIL_ATTEMPTS = 10


def notify(recipient: Agent, *, kind: str, title: str, body: str = "", link: str = "", by_mail: bool = False) -> Notice:
    """Leave a notice for `recipient`. `link` is a path of the site. With `by_mail`, it is also sent after commit."""
    notice = Notice.objects.create(
        recipient=recipient,
        kind=kind,
        title=title[:200],
        body=body,
        link=link,
        mail_state=Notice.Mail.WAITING if by_mail else Notice.Mail.NONE,
    )
    if by_mail:
        from accounts.tasks import send_notice

        hand_out_on_commit(send_notice, notice.pk)
    return notice


def notify_each(
    told: Iterable[tuple[Agent, str]],
    *,
    kind: str,
    title: str,
    link: str = "",
    by_mail: bool = False,
    in_turn: bool = False,
) -> None:
    """As `notify`, for many at once: each recipient with the body. Mail that the queue does not take goes by the
    clock; with `in_turn` all of it does, as fast as the academy's sending limits let the portal write."""
    made = Notice.objects.bulk_create(
        Notice(
            recipient=recipient,
            kind=kind,
            title=title[:200],
            body=body,
            link=link,
            mail_state=Notice.Mail.WAITING if by_mail else Notice.Mail.NONE,
        )
        for recipient, body in told
    )
    if by_mail and not in_turn:
        from accounts.tasks import send_notice

        for notice in made:
            hand_out_on_commit(send_notice, notice.pk)


def unread(recipient: Agent) -> QuerySet[Notice]:
    return Notice.objects.filter(recipient=recipient, read_at__isnull=True)


def mark_read(recipient: Agent, notice_ids: list[int] | None = None) -> int:
    """Mark the given notices of `recipient` (all when None) as read; gives how many changed."""
    notices = unread(recipient)
    if notice_ids is not None:
        notices = notices.filter(pk__in=notice_ids)
    return notices.update(read_at=timezone.now())


class NotFailed(Exception):
    """The mail of the notice has not failed, or has been sent since."""


def send_again(*, notice: Notice, by: Agent) -> None:
    """Have the mail of a notice that could not be delivered sent once more. Raises NotFailed."""
    from accounts.tasks import send_notice

    with transaction.atomic():
        failed = Notice.objects.filter(pk=notice.pk, mail_state=Notice.Mail.FAILED)
        if not failed.update(mail_state=Notice.Mail.WAITING, mail_attempts=0):
            raise NotFailed
        journal.record(
            "notice.sent_again",
            by=by,
            subject=notice.recipient,
            target=f"notice:{notice.pk}",
            target_label=notice.title,
        )
        hand_out_on_commit(send_notice, notice.pk)


def send_mail(notice_id: int) -> None:
    """Send one waiting notice. The row is locked while it goes out, so that two workers send it once."""
    with transaction.atomic():
        notice = (
            Notice.objects.select_for_update()
            .select_related("recipient")
            .filter(pk=notice_id, mail_state=Notice.Mail.WAITING)
            .first()
        )
        if notice is None:
            return
        link = f"\n\n{settings.BASE_URL}{notice.link}" if notice.link else ""
        message = EmailMessage(
            subject=notice.title,
            body=f"Bonjour {notice.recipient.full_name},\n\n{notice.body}{link}\n\nLe portail de bascule\n",
            to=[notice.recipient.address],
        )
        notice.mail_attempts += 1
        try:
            message.send()
        except (SMTPException, OSError) as error:
            # The server may be back in a minute; the beat tries again until the bound.
            log.warning("notice %s could not be sent: %s", notice.pk, type(error).__name__)
            if notice.mail_attempts >= MAX_MAIL_ATTEMPTS:
                notice.mail_state = Notice.Mail.FAILED
        else:
            notice.mail_state = Notice.Mail.SENT
            mail_pace.note_sent(1, timezone.now())
        notice.save(update_fields=["mail_state", "mail_attempts"])
