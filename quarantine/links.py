"""Links in mails, by which a person decides on a held message without signing in.

A link is bound to one message for one recipient, to one act, and to the state the message was in when the mail left:
whatever is decided, by this link, another one or in the portal, all links made before are spent. It opens a page; only
the button there acts, as programs that look for harmful links open every one of them. It is good for so long as the
message is held, fourteen days at most.

The token stands in the query of the address and not in its path: neither Django's own messages nor the access log of
the portal (`%(U)s`) write queries down (docs/notifications.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from enum import StrEnum
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agent
from quarantine import bulk, held, senders
from quarantine.models import Hold
from quarantine.senders import Added

MAX_AGE = timedelta(days=14)
FIELD = "j"
_SALT = "quarantine.links"
_MAX_CHARACTERS = 1_000


class Act(StrEnum):
    RELEASE = "release"
    TRUST = "trust"
    DELETE = "delete"
    RESTORE = "restore"


class BadLink(Exception):
    """Not one of ours, or cut short."""


class ErasedMessage(Exception):
    """What the link was made for is gone."""


@dataclass(frozen=True)
class Link:
    """is_expired: too old, or the message's days are over; is_spent: something was decided since it was made."""

    hold: Hold
    act: Act
    is_expired: bool
    is_spent: bool

    @property
    def is_good(self) -> bool:
        return not self.is_expired and not self.is_spent


def token(hold: Hold, act: Act) -> str:
    """What a link is known by: letters, digits and `:-_`."""
    return signing.dumps([hold.pk, hold.recipient, act.value, _state(hold)], salt=_SALT)


def url(hold: Hold, act: Act) -> str:
    """The whole address, for a mail."""
    return f"{settings.BASE_URL}{reverse('quarantine_link')}?{urlencode({FIELD: token(hold, act)})}"


def opened(text: str) -> Link:
    """What a token stands for. Raises BadLink, ErasedMessage."""
    if len(text) > _MAX_CHARACTERS:
        raise BadLink
    try:
        pk, recipient, act, state = signing.loads(text, salt=_SALT)
    except signing.BadSignature as error:
        raise BadLink from error
    hold = Hold.objects.select_related("content").filter(pk=pk, recipient=recipient).first()
    if hold is None:
        raise ErasedMessage
    return Link(hold, Act(act), _is_old(text) or _is_over(hold), state != _state(hold))


def use(link: Link, *, by: Agent | None) -> Added | None:
    """Do what the link is for, once. by: whoever is signed in, None for the holder of the link alone. Gives what was
    put on a list. Raises held.HoldError, senders.SenderError."""
    if not link.is_good:
        raise held.NotHeld("Ce lien a déjà servi, ou il est trop ancien.")
    if link.act == Act.TRUST:
        return bulk.trust_one(link.hold, senders.to_trust(link.hold), by=by)
    decide = {Act.RELEASE: held.release, Act.DELETE: held.delete, Act.RESTORE: held.restore}[link.act]
    decide(link.hold, by=by)
    return None


def _state(hold: Hold) -> str:
    return hold.state_at.astimezone(UTC).isoformat()


def _is_old(text: str) -> bool:
    try:
        signing.loads(text, salt=_SALT, max_age=MAX_AGE)
    except signing.SignatureExpired:
        return True
    return False


def _is_over(hold: Hold) -> bool:
    return hold.state != Hold.State.RELEASED and hold.expires_at <= timezone.now()
