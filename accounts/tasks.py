"""Doors for the workers: an id in, one call, safe to run twice."""

from celery import shared_task

from accounts import journal_retention, notices
from accounts.models import Notice


@shared_task
def send_notice(notice_id: int) -> None:
    notices.send_mail(notice_id)


@shared_task
def send_waiting_notices() -> None:
    """What was left waiting by a mail server that did not answer, or a worker that died."""
    for notice_id in (
        Notice.objects.filter(mail_state=Notice.Mail.WAITING).order_by("pk").values_list("pk", flat=True)[:200]
    ):
        notices.send_mail(notice_id)


@shared_task
def purge_journal() -> None:
    """What the journal has kept long enough (`PORTAL_JOURNAL_DAYS`)."""
    journal_retention.purge()
