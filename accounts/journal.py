"""The journal: one line for each write, made in the transaction of the write."""

from __future__ import annotations

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
    transaction.get_connection().validate_no_broken_transaction()
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError(f"journal entry {action} outside the transaction of its write")
    return JournalEntry.objects.create(
        action=action,
        actor=by.address if by else "",
        subject=subject.address if subject else (by.address if by else ""),
        target=target,
        target_label=target_label[:200],
        details=details,
    )
