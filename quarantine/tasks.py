"""Doors for the workers: an id in, one call, safe to run twice and to be killed at any line."""

from __future__ import annotations

from celery import shared_task

from accounts.handing_out import hand_out


@shared_task
def deliver_hold(hold_id: int) -> None:
    from quarantine import deliveries

    deliveries.deliver(hold_id)


@shared_task
def forward_hold(report_id: int) -> None:
    from quarantine import forwarding

    again_in = forwarding.send(report_id)
    if again_in is not None:
        hand_out(forward_hold, report_id, in_seconds=again_in)


@shared_task
def resume_forwards() -> None:
    """Reports to the alert address whose worker died, whose message was lost, or whose pause is over."""
    from quarantine import forwarding

    for report_id in forwarding.waiting():
        hand_out(forward_hold, report_id)
