"""Doors for the workers: an id in, one call, safe to run twice and to be killed at any line."""

from __future__ import annotations

from celery import shared_task

from accounts.handing_out import hand_out


@shared_task
def deliver_hold(hold_id: int) -> None:
    from quarantine import deliveries

    again_in = deliveries.deliver(hold_id)
    if again_in is not None:
        hand_out(deliver_hold, hold_id, in_seconds=again_in)


@shared_task
def resume_deliveries() -> None:
    """Releases whose worker died, whose message was lost, or whose pause is over."""
    from quarantine import deliveries

    for hold_id in deliveries.waiting():
        hand_out(deliver_hold, hold_id)


@shared_task
def expire_quarantine() -> None:
    from quarantine import expiry

    expiry.expire()


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


@shared_task
def push_compromised(row_id: int) -> None:
    from quarantine import compromised

    compromised.push_one_or_log(row_id)


@shared_task
def push_all_compromised() -> None:
    """The store that the gateways go by has the list of the rows, whatever was lost on the way."""
    from quarantine import compromised

    compromised.push_all_or_log()


@shared_task
def tell_of_compromised(row_id: int) -> None:
    from quarantine import compromised

    compromised.tell(row_id)


@shared_task
def tell_of_all_compromised() -> None:
    """What a mail server that did not answer, or a worker that died, left waiting."""
    from quarantine import compromised

    for row_id in compromised.waiting_to_tell():
        compromised.tell(row_id)


@shared_task
def take_over_sending_figures() -> None:
    from quarantine import figures

    figures.take_over_or_log()


@shared_task
def forget_old_sending_figures() -> None:
    from quarantine import figures

    figures.forget_old()


@shared_task
def expire_network_lists() -> None:
    from quarantine import network_lists

    network_lists.expire()


@shared_task
def tell_held(recipient: str) -> None:
    """A sending above WARN was held for `recipient`, who is told at once."""
    from quarantine import digest

    digest.tell_now(recipient)


@shared_task
def send_digest(digest_id: int) -> None:
    from quarantine import digest

    digest.send(digest_id)


@shared_task
def send_digests() -> None:
    """Every minute: mailboxes whose time has come, and what a mail server or a worker that was down left waiting."""
    from quarantine import digest

    digest.make_due()
    digest.tell_untold()
    digest.send_waiting()


@shared_task
def forget_old_digests() -> None:
    from quarantine import digest

    digest.forget_old()
