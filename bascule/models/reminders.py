"""Reminders: texts, what is sent to whom and when, and what became of each mail (docs/reminders.md)."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q


class ReminderText(models.Model):
    """Common to templates and reminders: subject and body with placeholders (`bascule.reminders.texts`)."""

    subject = models.CharField("objet", max_length=200)
    body = models.TextField("texte")
    # Service information goes to everybody it concerns, whatever they chose.
    is_service = models.BooleanField(default=False)

    class Meta:
        abstract = True


class ReminderTemplate(ReminderText):
    """A text to begin a reminder with; the reminder has a copy. days, audience: what the form proposes."""

    name = models.CharField("nom", max_length=120, unique=True)
    days = models.SmallIntegerField(null=True, blank=True)
    audience = models.JSONField(default=dict)
    changed_at = models.DateTimeField(auto_now=True)


class Reminder(ReminderText):
    """A mail to those people of some waves who have not done something.

        draft --plan--> planned <--pause, resume--> paused
                           |   ^                       |
          all rounds over  |   +----- send again ----+ |
                           v                         | |
                          done ----------------------+ |
        draft, planned, paused --cancel--> cancelled <-+

    `bascule.reminders.states` holds the table of moves.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Brouillon"
        PLANNED = "planned", "Programmée"
        PAUSED = "paused", "En pause"
        DONE = "done", "Terminée"
        CANCELLED = "cancelled", "Annulée"

    class When(models.TextChoices):
        NOW = "now", "Dès que possible"
        ON_DATE = "on_date", "À une date"
        BEFORE_OR_AFTER = "relative", "Par rapport à la date de la vague"

    name = models.CharField("nom", max_length=120)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT, db_index=True)
    # Who gets it: `bascule.reminders.audiences.Audience`.
    audience = models.JSONField(default=dict)
    when = models.CharField(max_length=10, choices=When, default=When.NOW)
    # In Réunion; days after the date of each wave, negative before it.
    date = models.DateField(null=True, blank=True)
    days = models.SmallIntegerField(default=0)
    hour = models.PositiveSmallIntegerField(default=8)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    planned_at = models.DateTimeField(null=True, blank=True)
    # Why the portal itself paused it, in French.
    stopped_because = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]


class ReminderRound(models.Model):
    """A reminder for one wave: due at a moment that follows the wave's date.

    waiting --due--> sending --nobody left--> done; waiting --too late--> missed
    """

    class State(models.TextChoices):
        WAITING = "waiting", "À venir"
        SENDING = "sending", "Envoi en cours"
        DONE = "done", "Terminé"
        MISSED = "missed", "Manqué"

    reminder = models.ForeignKey(Reminder, on_delete=models.CASCADE, related_name="rounds")
    wave = models.ForeignKey("bascule.Wave", on_delete=models.CASCADE, related_name="reminder_rounds")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    # The person up to whom everybody of the wave has been looked at.
    reached = models.PositiveBigIntegerField(default=0)
    # People of the audience when it began.
    expected = models.PositiveIntegerField(default=0)
    # Of its mails by now, by their state.
    counts = models.JSONField(default=dict)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    # Mail server away, or no room under the limits: when to go on, and why (`claims.postpone`).
    retry_at = models.DateTimeField(null=True, blank=True)
    waiting_for = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    holder = models.CharField(max_length=120, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["reminder", "wave"], name="one_round_per_reminder_and_wave")
        ]
        indexes: ClassVar = [
            models.Index(fields=["state"], name="reminder_round_open", condition=Q(state__in=["waiting", "sending"])),
        ]


class ReminderMail(models.Model):
    """A reminder to one person, written before the mail leaves; there is never a second one.

    leaving: a worker is handing it to the mail server. Found so by another worker, it becomes uncertain: it may have
    left, and is not sent again unless staff ask for that. waiting: to be tried again.
    """

    class State(models.TextChoices):
        LEAVING = "leaving", "Départ en cours"
        WAITING = "waiting", "À réessayer"
        SENT = "sent", "Envoyé"
        FAILED = "failed", "Refusé par le serveur"
        UNCERTAIN = "uncertain", "Envoi interrompu"
        OPTED_OUT = "opted_out", "Ne veut pas de rappel"

    reminder = models.ForeignKey(Reminder, on_delete=models.CASCADE, related_name="mails")
    round = models.ForeignKey(ReminderRound, on_delete=models.SET_NULL, null=True, related_name="mails")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reminder_mails")
    state = models.CharField(max_length=10, choices=State)
    attempts = models.PositiveSmallIntegerField(default=0)
    at = models.DateTimeField()
    retry_at = models.DateTimeField(null=True, blank=True)
    # What the mail server answered: a number only, its text may name other people.
    code = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["reminder", "agent"], name="one_mail_per_reminder_and_person")
        ]
        indexes: ClassVar = [
            models.Index(fields=["reminder", "state"], name="reminder_mail_state"),
            models.Index(fields=["agent", "at"], name="reminder_mail_agent"),
            models.Index(fields=["round", "state"], name="reminder_mail_round"),
        ]


class ReminderTrial(models.Model):
    """A reminder or a template sent to whoever of staff asks, as another person would get it."""

    subject = models.CharField(max_length=200)
    body = models.TextField()
    is_service = models.BooleanField(default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    about = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)


class ReminderRefusal(models.Model):
    """A person who wants no reminders; service information still comes."""

    agent = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="reminder_refusal"
    )
    at = models.DateTimeField(auto_now_add=True)
