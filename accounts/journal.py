"""The journal: one line for each write, made in the transaction of the write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from accounts.models import Agent, JournalEntry


def record(
    action: str,
    *,
    by: Agent | None,
    subject: Agent | None = None,
    target: str = "",
    target_label: str = "",
    **details: Any,
) -> JournalEntry:
    """Write down that `by` (None: the portal) did `action` (dotted code) to `target`, concerning `subject`.

    details: JSON values that the sentence of the action needs (see `sentences.py`); never contents, never secrets.
    Raises TransactionManagementError outside a transaction: an entry must live or die with what it tells.
    """
    entry = _entry(action, by=by, subject=subject, target=target, target_label=target_label, details=details)
    entry.save(force_insert=True)
    return entry


def record_each(
    action: str,
    subjects: Iterable[tuple[Agent, Mapping[str, Any]]],
    *,
    by: Agent | None,
    target: str = "",
    target_label: str = "",
) -> None:
    """As `record`, one entry for each of `subjects` with its details, written together."""
    JournalEntry.objects.bulk_create(
        _entry(action, by=by, subject=subject, target=target, target_label=target_label, details=details)
        for subject, details in subjects
    )


def _entry(
    action: str, *, by: Agent | None, subject: Agent | None, target: str, target_label: str, details: Mapping[str, Any]
) -> JournalEntry:
    transaction.get_connection().validate_no_broken_transaction()
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError(f"journal entry {action} outside the transaction of its write")
    return JournalEntry(
        action=action,
        actor=by.address if by else "",
        subject=subject.address if subject else (by.address if by else ""),
        target=target,
        target_label=target_label[:200],
        details=dict(details),
    )
