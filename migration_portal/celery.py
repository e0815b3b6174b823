"""The Celery application: which tasks run by the clock. Tasks themselves live in each app's `tasks.py`."""

from __future__ import annotations

import os
from pathlib import Path

from celery import Celery
from celery.schedules import crontab
from celery.signals import worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "migration_portal.settings")

app = Celery("migration_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# A killed worker takes its work down with it: whatever has no live holder is handed out again, by the clock and by each
# worker that starts.
RESUMING = (
    "accounts.tasks.resume_directory_imports",
    "bascule.tasks.resume_deposits",
    "bascule.tasks.resume_imports",
    "bascule.tasks.resume_replays",
    "bascule.tasks.resume_filter_intakes",
    "bascule.tasks.resume_bulk",
    "bascule.tasks.resume_wave_runs",
    "bascule.tasks.resume_rehearsals",
    "bascule.tasks.resume_reminders",
    "bascule.tasks.resume_app_passwords",
    "bascule.tasks.resume_mailbox_checks",
    "boxes.tasks.resume_boxes",
    "quarantine.tasks.resume_deliveries",
)


def _every(task: str, seconds: float) -> dict[str, object]:
    """A beat entry; a run that no worker took before the next one is due is dropped, so that none pile up."""
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}


app.conf.beat_schedule = {
    **{task: _every(task, 15.0) for task in RESUMING},
    "send-waiting-notices": _every("accounts.tasks.send_waiting_notices", 60.0),
    "refresh-standings": _every("bascule.tasks.refresh_standings", 600.0),
    "refresh-figures": _every("bascule.tasks.refresh_figures", 10.0),
    "resume-retries": _every("bascule.tasks.resume_retries", 15.0),
    # So late that the day is told as it ended.
    "refresh-all-figures": {"task": "bascule.tasks.refresh_all_figures", "schedule": crontab(hour="23", minute="45")},
    "tell-latecomers": _every("bascule.tasks.tell_latecomers", 60.0),
    "grant-pending": _every("boxes.tasks.grant_pending", 60.0),
    "resume-forwards": _every("quarantine.tasks.resume_forwards", 60.0),
    "mail-account-requests": _every("boxes.tasks.mail_account_requests", 60.0),
    "expire-network-lists": _every("quarantine.tasks.expire_network_lists", 3600.0),
    "expire-census-imports": _every("boxes.tasks.expire_census_imports", 3600.0),
    "resume-checks": _every("boxes.tasks.resume_checks", 60.0),
    # When few write, and the national service has few signed in (00:30 in Paris in winter).
    "check-boxes": {"task": "boxes.tasks.check_boxes", "schedule": crontab(hour="3", minute="30")},
    "take-over-sending-figures": _every("quarantine.tasks.take_over_sending_figures", 60.0),
    "push-all-compromised": _every("quarantine.tasks.push_all_compromised", 60.0),
    "tell-of-all-compromised": _every("quarantine.tasks.tell_of_all_compromised", 60.0),
    "forget-old-sending-figures": _every("quarantine.tasks.forget_old_sending_figures", 3600.0),
    "send-digests": _every("quarantine.tasks.send_digests", 60.0),
    "forget-old-digests": _every("quarantine.tasks.forget_old_digests", 3600.0),
    "expire-quarantine": _every("quarantine.tasks.expire_quarantine", 3600.0),
    "forget-old-reminders": _every("bascule.tasks.forget_old_reminders", 3600.0),
    "interrupt-lost-tests": _every("bascule.tasks.interrupt_lost_tests", 60.0),
    "forget-old-opinions": _every("bascule.tasks.forget_old_opinions", 86400.0),
    "purge-journal": _every("accounts.tasks.purge_journal", 3600.0),
    "expire-directory-imports": _every("accounts.tasks.expire_directory_imports", 3600.0),
    "forget-overdue-secrets": _every("accounts.tasks.forget_overdue_secrets", 60.0),
    "count-directory": _every("accounts.tasks.count_directory", 3600.0),
    "expire-deposits": _every("bascule.tasks.expire_deposits", 3600.0),
}


@worker_ready.connect
def _take_over(**kwargs: object) -> None:
    """Resume what a predecessor left, and leave the file that the demo waits for; elsewhere nobody sets its name."""
    for task in RESUMING:
        app.send_task(task)
    path = os.environ.get("DEMO_WORKER_READY_FILE")
    if path:
        Path(path).touch()
