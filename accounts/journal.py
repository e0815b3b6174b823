"""The journal: one line for each write, made in the transaction of the write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from accounts.models import Agent, JournalEntry


@dataclass
class _InPlaceOf:
    """Somebody of staff at work in the place of `agent`, and the entries that this has made so far."""

    by: Agent
    agent: Agent
    reason: str
    entries: list[JournalEntry] = field(default_factory=list)


_in_place_of: ContextVar[_InPlaceOf | None] = ContextVar("in_place_of", default=None)


@contextmanager
def in_place_of(agent: Agent, *, by: Agent, reason: str) -> Iterator[list[JournalEntry]]:
    """Within it, entries of what `by` does that concern `agent` say that it was done in that person's place, and why;
    gives them, as they are made: none when nothing was changed."""
    acting = _InPlaceOf(by, agent, reason)
    token = _in_place_of.set(acting)
    try:
        yield acting.entries
    finally:
        _in_place_of.reset(token)


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
    entry = JournalEntry(
        action=action,
        actor=by.address if by else "",
        subject=subject.address if subject else (by.address if by else ""),
        target=target,
        target_label=target_label[:200],
        details=dict(details),
    )
    acting = _in_place_of.get()
    if acting and entry.actor == acting.by.address and entry.subject == acting.agent.address:
        entry.details |= {"on_behalf": acting.agent.address, "reason": acting.reason}
        acting.entries.append(entry)
    return entry
