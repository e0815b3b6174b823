"""Items of any kind: hits of a search, what became of what was sent or deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from zimbra.errors import LOST, NOT_SENT, SESSION_OVER, is_passing


@dataclass(frozen=True, slots=True)
class Found:
    """A hit of a search: `kind` is the element's name (cn, m, c, appt, task), attributes are those of the element."""

    kind: str
    id: str
    folder_id: str
    attributes: Mapping[str, str] = field(repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item sent. Exactly one of `done`, `lost`, `passing`, `refused` holds.

    ids: what the server made of it (one contact; one calendar item, or several when the text held several UIDs).
    code, reason: why not; see `zimbra.errors`. The reason may quote contents.
    parts_refused: components of a calendar item the server left out though it stored others.
    """

    ids: tuple[str, ...] = ()
    code: str = ""
    reason: str = field(repr=False, default="")
    parts_refused: int = 0

    @property
    def done(self) -> bool:
        return not self.code

    @property
    def lost(self) -> bool:
        """It may be stored or not: look before sending it again."""
        return self.code == LOST

    @property
    def passing(self) -> bool:
        """It was not stored and may be accepted later, as it is."""
        return self.code == NOT_SENT or self.code in SESSION_OVER or is_passing(self.code)

    @property
    def refused(self) -> bool:
        """It was not stored and will not be."""
        return not (self.done or self.lost or self.passing)


@dataclass(frozen=True, slots=True)
class Deleted:
    """Answer to a deletion. gone: ids that were not there any more. Together they are all ids asked for."""

    deleted: tuple[str, ...]
    gone: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """Answer to a move, a mark, a flag or a tag. gone: ids that were not there. Together they are all ids asked for."""

    changed: tuple[str, ...]
    gone: tuple[str, ...]
