"""Signatures as pages show them. Reads only."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from accounts import sealing
from accounts.models import Agent
from bascule.conversions.signatures import Embedded, clean, fit, keep
from bascule.conversions.signatures.model import Fitted
from bascule.models import Replay, SavedSignature
from bascule.signatures.contents import SignatureContents, Use, contents_of, use_of

# One grey point: what stands where a picture is that is not in the signature.
_GREY = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mO4e/fufwAJnwPMGTIBgQAAAABJRU5ErkJggg=="
)
_STAND_IN = Embedded(_GREY, "image/png", 96, 48)


@dataclass(frozen=True, slots=True)
class Shown:
    """One signature on a page. contents: None when they can no longer be opened."""

    row: SavedSignature
    contents: SignatureContents | None
    use: Use
    longest: int

    @property
    def name(self) -> str:
        return self.contents.name if self.contents else "Signature illisible"

    @property
    def is_too_long(self) -> bool:
        return bool(self.contents and self.longest and self.contents.length > self.longest)

    @property
    def percent(self) -> int:
        return min(100, self.contents.length * 100 // self.longest) if self.contents and self.longest else 0

    @property
    def is_ready(self) -> bool:
        """Whether it may go to Zimbra."""
        return bool(self.contents) and not self.is_too_long and not (self.contents and self.contents.undecided)

    @property
    def fitted(self) -> Fitted | None:
        """What it would be without needless code."""
        return fit(self.contents.html, self.longest) if self.contents else None


@dataclass(frozen=True, slots=True)
class Sending:
    """The latest sending that is under way, and the latest that stands; whether anything was changed since."""

    under_way: Replay | None = None
    last: Replay | None = None
    changed_since: bool = False


def shown(row: SavedSignature, longest: int) -> Shown:
    try:
        return Shown(row, contents_of(row), use_of(row), longest)
    except sealing.CannotOpen:
        return Shown(row, None, {}, longest)


def all_of(agent: Agent, longest: int) -> list[Shown]:
    return [shown(row, longest) for row in SavedSignature.objects.filter(agent=agent).select_related("deposit")]


def sending_of(agent: Agent) -> Sending:
    live = (*Replay.UNDER_WAY, Replay.State.DONE)
    replays = Replay.objects.filter(agent=agent, kind=Replay.Kind.SIGNATURE, state__in=live).defer("plan", "memory")
    found = list(replays[:20])
    last = next((one for one in found if one.state == Replay.State.DONE), None)
    mine = SavedSignature.objects.filter(agent=agent)
    changed = last is not None and mine.filter(changed_at__gt=last.created_at).exists()
    return Sending(next((one for one in found if one.state in Replay.UNDER_WAY), None), last, changed)


def for_frame(html: str) -> str:
    """The HTML as a frame may show it: safe, and with nothing to fetch; pictures that are elsewhere are grey places."""
    cleaned = clean(html)
    absent = {image.position: _STAND_IN for image in cleaned.images if not image.size}
    return keep(cleaned.html, absent) if absent else cleaned.html
