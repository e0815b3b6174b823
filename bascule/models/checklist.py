"""What each person did of the thirteen steps."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models


class StepState(models.Model):
    """One row per step that a person touched; no row means open. `note` is the person's own text, sealed."""

    class State(models.TextChoices):
        OPEN = "open", "À faire"
        DONE = "done", "Faite"
        NOT_CONCERNED = "not_concerned", "Non concerné"

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="step_states")
    step = models.SlugField(max_length=40)
    state = models.CharField(max_length=15, choices=State, default=State.OPEN)
    changed_at = models.DateTimeField(auto_now=True)
    note = models.BinaryField(default=bytes, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["agent", "step"], name="one_state_per_agent_and_step")]
