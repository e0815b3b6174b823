"""The Celery application: which tasks run by the clock. Tasks themselves live in each app's `tasks.py`."""

from __future__ import annotations

import os
from pathlib import Path

from celery import Celery
from celery.signals import worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "migration_portal.settings")

app = Celery("migration_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

app.conf.beat_schedule = {
    # A killed worker takes its work down with it: whatever has no live holder is handed out again.
    "resume-deposits": {"task": "bascule.tasks.resume_deposits", "schedule": 15.0},
    "resume-imports": {"task": "bascule.tasks.resume_imports", "schedule": 15.0},
    "send-waiting-notices": {"task": "accounts.tasks.send_waiting_notices", "schedule": 60.0},
    "expire-deposits": {"task": "bascule.tasks.expire_deposits", "schedule": 3600.0},
}


@worker_ready.connect
def _say_ready(**kwargs: object) -> None:
    """Leave the file that the demo waits for; elsewhere nobody sets its name."""
    path = os.environ.get("DEMO_WORKER_READY_FILE")
    if path:
        Path(path).touch()
