"""Doors for the workers: an id in, one call, safe to run twice."""

from celery import shared_task
from django.utils import timezone

from accounts import journal_retention, mail_pace, notices, one_off
from accounts.handing_out import hand_out
from accounts.models import Notice

# Mails of one round of the clock, a minute.
WAITING_AT_ONCE = 200


@shared_task
def send_notice(notice_id: int) -> None:
    notices.send_mail(notice_id)


@shared_task
def send_waiting_notices() -> None:
    """What was left waiting by a mail server that did not answer or a worker that died, and what is told to many: no
    more than the sending limits have room for."""
    room = mail_pace.room(timezone.now())
    waiting = Notice.objects.filter(mail_state=Notice.Mail.WAITING).order_by("pk").values_list("pk", flat=True)
    for notice_id in waiting[: WAITING_AT_ONCE if room is None else min(room, WAITING_AT_ONCE)]:
        notices.send_mail(notice_id)


@shared_task
def purge_journal() -> None:
    """What the journal has kept long enough (`PORTAL_JOURNAL_DAYS`)."""
    journal_retention.purge()


@shared_task
def carry_directory_import(import_id: int) -> None:
    """A list of the directory, as far as it goes by itself: read and compared, or written and followed."""
    from accounts.directory import engine

    while engine.advance(import_id):
        pass


@shared_task
def resume_directory_imports() -> None:
    """Imports whose worker died, or whose message was lost."""
    from accounts.directory import engine

    for import_id in engine.waiting():
        hand_out(carry_directory_import, import_id)


@shared_task
def clear_directory_import(import_id: int) -> None:
    from accounts.directory import decisions

    decisions.clear(import_id)


@shared_task
def expire_directory_imports() -> None:
    from accounts.directory import decisions

    decisions.expire()


@shared_task
def count_directory() -> None:
    from accounts.directory import figures

    figures.recount_all()


@shared_task
def forget_overdue_secrets() -> None:
    """Passwords of jobs that never came to an end."""
    one_off.forget_overdue()
