"""The messages of a pair of folders that are not where they were, as they are kept: sealed, without what they say."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings

from accounts import sealing
from bascule.mailbox_check.comparing import FEWER_COPIES, LOST, MOVED, Outcome
from bascule.mailbox_check.matching import Folder

CODES = {LOST: "lost", MOVED: "moved", FEWER_COPIES: "fewer_copies"}


@dataclass(frozen=True, slots=True)
class Missing:
    """number: its place in the list; kind: a value of CODES; where: for "moved", the folder as it is shown.

    too_large: above what the new service takes, which is why it is lost, most likely.
    """

    number: int
    kind: str
    uid: int
    octets: int
    received_at: datetime | None
    where: str

    @property
    def too_large(self) -> bool:
        return is_too_large(self.octets)


def is_too_large(octets: int) -> bool:
    return octets > int(settings.NEW_MESSAGE_MAX_BYTES)


def too_large(outcome: Outcome, old: list[Folder]) -> int:
    """How many of the lost messages of `outcome` are above what the new service takes."""
    if outcome.pair.old is None:
        return 0
    sizes = old[outcome.pair.old].messages.sizes
    return sum(
        kind == LOST and is_too_large(sizes[place]) for kind, place in zip(outcome.kinds, outcome.places, strict=True)
    )


def sealed(outcome: Outcome, old: list[Folder], shown: list[str]) -> bytes:
    """b"" without any. shown: names of the new folders. The lost ones come first, each kind by date."""
    if not outcome.kinds or outcome.pair.old is None:
        return b""
    messages = old[outcome.pair.old].messages
    rows = sorted(
        (
            (kind, messages.dates[place], messages.uids[place], messages.sizes[place], where if kind == MOVED else -1)
            for kind, place, where in zip(outcome.kinds, outcome.places, outcome.where, strict=True)
        ),
    )
    names = {where: shown[where] for *_, where in rows if where >= 0}
    told = json.dumps([list(names.items()), rows], ensure_ascii=False, separators=(",", ":")).encode()
    return sealing.seal(zlib.compress(told, 1))


def opened(sealed: bytes) -> Iterator[Missing]:
    """Reverse of `sealed`. Raises sealing.CannotOpen."""
    if not sealed:
        return
    pairs, rows = json.loads(zlib.decompress(sealing.unseal(bytes(sealed))))
    names = dict(pairs)
    for number, (kind, date, uid, octets, where) in enumerate(rows):
        received = datetime.fromtimestamp(date, UTC) if date else None
        yield Missing(number, CODES[kind], uid, octets, received, names.get(where, ""))
