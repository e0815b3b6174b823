"""What a person sets for the account: absence, addresses trusted or blocked, application passwords."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum


class ExternalReply(Enum):
    """What somebody outside the service is answered during an absence."""

    SAME = "same"
    OTHER = "other"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class OutOfOffice:
    """The answer sent during an absence. start, until: aware moments, None for no bound.

    external: who is outside gets the same text, `external_text`, or no answer.
    """

    enabled: bool
    text: str = field(repr=False, default="")
    start: datetime | None = None
    until: datetime | None = None
    external: ExternalReply = ExternalReply.SAME
    external_text: str = field(repr=False, default="")

    def active(self, now: datetime) -> bool:
        """Whether an answer is sent at `now` (an aware moment)."""
        begun = self.start is None or self.start <= now
        return self.enabled and begun and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True)
class SenderLists:
    """Addresses and domains whose mail is never, or always, taken for spam."""

    white: tuple[str, ...] = field(repr=False)
    black: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class AppPassword:
    """A password made for one program or device; the secret itself is never told again. created in UTC.

    last_used: None when it never was, or when the server does not say.
    """

    name: str
    created: datetime | None = None
    last_used: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewAppPassword:
    """A password just made: `secret` is shown to the person once, and kept nowhere."""

    name: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AppPasswords:
    """Those there are, and how many there may be (0: the server does not say)."""

    passwords: tuple[AppPassword, ...]
    limit: int = 0
