"""Doors for the workers: an id in, one call, safe to run twice and to be killed at any line."""

from __future__ import annotations

from celery import shared_task


@shared_task
def deliver_hold(hold_id: int) -> None:
    from quarantine import deliveries

    deliveries.deliver(hold_id)
