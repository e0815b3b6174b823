"""Doors for the workers: an id in, one call, safe to run twice and to be killed at any line."""

from __future__ import annotations

from celery import shared_task

from accounts.handing_out import hand_out


@shared_task
def sync_box(box_id: int) -> None:
    from boxes.sync import engine

    again_in = engine.advance(box_id)
    if again_in is not None:
        hand_out(sync_box, box_id, in_seconds=again_in)


@shared_task
def resume_boxes() -> None:
    """Boxes whose worker died, whose message was lost, or whose pause is over."""
    from boxes.sync import engine

    for box_id in engine.waiting():
        hand_out(sync_box, box_id)


@shared_task
def grant_pending() -> None:
    """Whoever has moved gets what was waiting, whatever way the move was noted."""
    from boxes import delegations

    delegations.grant_pending()


@shared_task
def look_at_box(box_id: int) -> None:
    from boxes import looks

    looks.look(box_id)


@shared_task
def mail_account_request(request_id: int) -> None:
    from boxes.census import account_requests

    account_requests.mail(request_id)


@shared_task
def mail_account_requests() -> None:
    """Requests that a mail server which did not answer, or a worker that died, left waiting."""
    from boxes.census import account_requests

    for request_id in account_requests.waiting():
        account_requests.mail(request_id)


@shared_task
def expire_census_imports() -> None:
    from boxes.census import handed_in

    handed_in.expire()


@shared_task
def check_box(box_id: int) -> None:
    from boxes.reconcile import checking

    again_in = checking.check(box_id)
    if again_in is not None:
        hand_out(check_box, box_id, in_seconds=again_in)


@shared_task
def check_boxes() -> None:
    """By night: every box that stands in Zimbra is compared with it."""
    from boxes.reconcile import asking

    for box_id in asking.ask_all():
        hand_out(check_box, box_id)


@shared_task
def resume_checks() -> None:
    """Comparisons whose worker died, whose message was lost, or whose pause is over."""
    from boxes.reconcile import asking

    for box_id in asking.waiting():
        hand_out(check_box, box_id)
