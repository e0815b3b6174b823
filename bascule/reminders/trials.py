"""A reminder sent to whoever of staff asks, as another person would get it."""

from __future__ import annotations

import datetime as dt
import logging
import smtplib

from django.core.mail import EmailMessage
from django.db.models import F
from django.utils import timezone

from accounts import mail_pace
from bascule import planning
from bascule.models import ReminderTrial
from bascule.reminders import letters

log = logging.getLogger(__name__)

MOST_TRIES = 5
# The way to get no more reminders belongs to one person: it is not in the mail of another.
LINK = "(lien propre à chaque personne)"


def waiting() -> list[int]:
    """Trials of the last hour that have not left."""
    since = timezone.now() - dt.timedelta(hours=1)
    rows = ReminderTrial.objects.filter(sent_at=None, attempts__lt=MOST_TRIES, created_at__gte=since)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:20])


def send(trial_id: int) -> None:
    """Send one trial. Killed, or run twice at once, it may come twice: it is for the eye."""
    rows = ReminderTrial.objects.filter(pk=trial_id, sent_at=None, attempts__lt=MOST_TRIES)
    if not rows.update(attempts=F("attempts") + 1):
        return
    trial = ReminderTrial.objects.select_related("by", "about").get(pk=trial_id)
    made = letters.letter(trial, letters.standing_of(trial.about), today=planning.today(), url=LINK)
    try:
        EmailMessage(f"[Essai] {made.subject}", made.body, to=[trial.by.address]).send()
    except (smtplib.SMTPException, OSError, ValueError) as error:
        log.warning("reminder trial %s could not be sent: %s", trial.pk, type(error).__name__)
        return
    ReminderTrial.objects.filter(pk=trial_id).update(sent_at=timezone.now())
    mail_pace.note_sent(1, timezone.now())
