"""The one writer of holds, but for their delivery (`quarantine.deliveries`).

Every function locks the row of the hold, looks again, then writes; the bytes on disk go when the last hold that could
want them does.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import journal
from accounts.handing_out import hand_out_on_commit
from accounts.models import Agent
from quarantine import contents, passages, recipients, summaries
from quarantine.models import HeldContent, Hold, QuarantineRules

MOST_TOLD_AT_ONCE = 20


class HoldError(Exception):
    """What a person asked for cannot be done; `sentence` says why, in French."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NotHeld(HoldError):
    """Somebody else decided meanwhile, or its days are over."""


@dataclass(frozen=True)
class Incoming:
    """A message as it came in, to be held. raw: exactly the bytes to deliver later; mail_options: of MAIL FROM."""

    raw: bytes
    mail_from: str
    sender: str
    summary: summaries.Summary
    mail_options: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Wanted:
    """A recipient for whom it is to be held: the address as given, and why. passage: key in `quarantine.passages`, ""
    for none."""

    rcpt_to: str
    reason: Hold.Reason
    score: Decimal | None = None
    hints: tuple[str, ...] = ()
    passage: str = ""


def take_in(incoming: Incoming, wanted: Collection[Wanted]) -> list[Hold]:
    """Hold the message for each of `wanted`: on disk and committed when this returns. A recipient for whom this very
    message is held already, or was, is left as it is. Gives the new holds.

    After an error the file stays where it is: a database that went away while it committed may have the row. When it
    has not, the file is an orphan, which the expiry removes.
    """
    key = contents.digest(incoming.raw)
    stored_as = contents.write(incoming.raw)
    with transaction.atomic():
        content = _content(key, incoming, stored_as)
        made = _holds(content, incoming, wanted)
        passages.held([one.passage for one in wanted if one.passage])
        _tell_on_commit(made)
    if content.stored_as != stored_as:
        contents.delete(stored_as)
    return made


def _content(key: str, incoming: Incoming, stored_as: str) -> HeldContent:
    """The row of the message, locked: whoever drops its bytes waits. Takes the new file when it has none."""
    content = None
    while content is None:
        # When it is there it may be erased before it is locked: then there is room for a new one.
        content = _created(key, incoming, stored_as) or HeldContent.objects.select_for_update().filter(key=key).first()
    if not contents.is_there(content.stored_as):
        content.stored_as = stored_as
        content.save(update_fields=["stored_as"])
    return content


def _created(key: str, incoming: Incoming, stored_as: str) -> HeldContent | None:
    """A new row; None when there is one."""
    try:
        with transaction.atomic():
            return HeldContent.objects.create(
                key=key,
                stored_as=stored_as,
                size=len(incoming.raw),
                summary=summaries.sealed(incoming.summary),
                received_at=timezone.now(),
            )
    except IntegrityError:
        return None


def _holds(content: HeldContent, incoming: Incoming, wanted: Iterable[Wanted]) -> list[Hold]:
    now = timezone.now()
    known = set(Hold.objects.filter(content=content).values_list("recipient", flat=True))
    made = []
    for one in wanted:
        recipient = recipients.canonical(one.rcpt_to)
        if recipient in known:
            continue
        known.add(recipient)
        made.append(
            Hold(
                content=content,
                recipient=recipient,
                rcpt_to=one.rcpt_to,
                mail_from=incoming.mail_from,
                sender=incoming.sender,
                reason=one.reason,
                score=one.score,
                hints=list(one.hints),
                mail_options=incoming.mail_options,
                held_at=now,
                expires_at=now + timedelta(days=settings.QUARANTINE_DAYS),
                state_at=now,
            )
        )
    return Hold.objects.bulk_create(made)


def _tell_on_commit(made: Collection[Hold]) -> None:
    """Recipients of a sending above WARN are told at once (domain, section 7). Of many at a time the beat tells, within
    the minute: the mail server waits for the answer."""
    from quarantine.tasks import tell_held

    told = [hold.recipient for hold in made if hold.reason == Hold.Reason.LIMIT]
    for recipient in told if len(told) <= MOST_TOLD_AT_ONCE else []:
        hand_out_on_commit(tell_held, recipient)


def release(hold: Hold, *, by: Agent | None) -> None:
    """Let the message through: a task delivers it. by: None for the holder of a signed link. Raises HoldError.

    A release that is under way, or over, is left as it is: asking twice is no mistake.
    """
    from quarantine.tasks import deliver_hold

    with transaction.atomic():
        locked = locked_for(hold, by)
        if locked.state in {Hold.State.RELEASING, Hold.State.RELEASED}:
            return
        _move(locked, Hold.State.HELD, Hold.State.RELEASING, by, "hold.release_asked")
        locked.trouble = locked.waiting_for = ""
        locked.attempts = 0
        locked.retry_at = None
        locked.save()
        hand_out_on_commit(deliver_hold, locked.pk)


def delete(hold: Hold, *, by: Agent | None) -> None:
    """Throw the message away; it can be taken back for a while (`restore`), then it is gone. Raises HoldError."""
    with transaction.atomic():
        locked = locked_for(hold, by)
        if locked.state == Hold.State.DELETED:
            return
        _move(locked, Hold.State.HELD, Hold.State.DELETED, by, "hold.deleted")
        locked.save()


def restore(hold: Hold, *, by: Agent | None) -> None:
    """Take a deletion back while that is possible. Raises HoldError."""
    with transaction.atomic():
        locked = locked_for(hold, by)
        if locked.state == Hold.State.HELD:
            return
        if locked.state == Hold.State.DELETED and locked.state_at < undo_since():
            raise NotHeld("Ce message a été supprimé il y a trop longtemps pour que ce soit annulé.")
        _move(locked, Hold.State.DELETED, Hold.State.HELD, by, "hold.restored")
        locked.save()


def undo_since() -> datetime:
    """Deletions after this instant can be taken back."""
    return timezone.now() - timedelta(minutes=QuarantineRules.objects.get(pk=1).undo_minutes)


def drop_bytes(content_id: int) -> Callable[[], None] | None:
    """Within a transaction: forget the file of a message that nobody can want any more. Gives what is to be called
    once that has committed, None when the bytes stay."""
    content = HeldContent.objects.select_for_update().get(pk=content_id)
    if not content.stored_as or Hold.objects.wanting_bytes().filter(content=content).exists():
        return None
    name, content.stored_as = content.stored_as, ""
    content.save(update_fields=["stored_as"])
    return lambda: contents.delete(name)


def locked_for(hold: Hold, by: Agent | None) -> Hold:
    """The row, locked, once `by` may act for its recipient; within a transaction. Raises HoldError, NotHeld when it is
    gone."""
    locked = Hold.objects.select_for_update().filter(pk=hold.pk, recipient=hold.recipient).first()
    if locked is None:
        raise NotHeld("Ce message n’est plus en quarantaine : son délai de conservation est passé.")
    if by is not None:
        mailbox = recipients.mailbox_of(by, locked.recipient)
        if mailbox is None or not mailbox.acts:
            raise HoldError("Vous n’avez pas le droit d’agir sur ce message.")
    if locked.state != Hold.State.RELEASED and locked.expires_at <= timezone.now():
        raise NotHeld("Ce message n’est plus en quarantaine : son délai de conservation est passé.")
    return locked


_TOLD = {
    Hold.State.RELEASING: "Ce message est déjà en cours de remise.",
    Hold.State.RELEASED: "Ce message a déjà été libéré.",
    Hold.State.DELETED: "Ce message a été supprimé.",
    Hold.State.HELD: "Ce message est en quarantaine.",
}


def _move(locked: Hold, before: Hold.State, after: Hold.State, by: Agent | None, action: str) -> None:
    """One step of the table in `Hold`, with its journal entry. Raises NotHeld from any other state."""
    if locked.state != before:
        raise NotHeld(_TOLD[Hold.State(locked.state)])
    locked.state, locked.state_at = after, timezone.now()
    locked.acted_by = by.address if by else ""
    subject = Agent.objects.filter(address=locked.recipient).first()
    journal.record(action, by=by, subject=subject, target=f"hold:{locked.pk}", target_label=locked.recipient)
