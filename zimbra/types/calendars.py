"""Appointments and tasks."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CalItemSummary:
    """An appointment or a task, without its contents. kind is "appt" or "task"."""

    id: str
    uid: str
    folder_id: str
    name: str = field(repr=False, default="")
    kind: str = "appt"
