"""What the help keeps: opinions and searches without result, counted without anybody's name, and the walk of the first
sign-in as each person ticked it off. The pages themselves are files (see `bascule.help`)."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q


class HelpOpinion(models.Model):
    """How many found a page useful on a day (in Réunion), and how many did not."""

    slug = models.SlugField(max_length=80)
    day = models.DateField()
    useful = models.PositiveIntegerField(default=0)
    useless = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["slug", "day"], name="one_help_opinion_per_page_and_day")
        ]
        indexes: ClassVar = [models.Index(fields=["day"], name="help_opinion_day")]


class HelpRemark(models.Model):
    """The few words that somebody added to an opinion; who it was is not kept."""

    slug = models.SlugField(max_length=80)
    day = models.DateField()
    useful = models.BooleanField()
    words = models.CharField(max_length=500)

    class Meta:
        ordering: ClassVar = ["-day", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["slug", "-day"], name="help_remark_page"),
            models.Index(fields=["-day"], name="help_remark_day"),
        ]
        constraints: ClassVar = [models.CheckConstraint(condition=~Q(words=""), name="help_remark_has_words")]


class HelpMiss(models.Model):
    """Words that a search found nothing for, and how often on that day."""

    words = models.CharField(max_length=80)
    day = models.DateField()
    times = models.PositiveIntegerField(default=1)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["words", "day"], name="one_help_miss_per_words_and_day")
        ]
        indexes: ClassVar = [models.Index(fields=["day"], name="help_miss_day")]


class FirstSignInTick(models.Model):
    """That a person ticked off a step of the first sign-in, or put the walk away (`step` "closed")."""

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="first_sign_in_ticks")
    step = models.SlugField(max_length=20)
    ticked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["agent", "step"], name="one_tick_per_agent_and_first_step")
        ]
