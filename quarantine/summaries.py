"""What lists show of a held message, without opening its bytes; kept sealed."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from accounts import sealing

# Bounds of each part, in characters: headers of any length come in.
SUBJECT_CHARACTERS = 300
NAME_CHARACTERS = 120


@dataclass(frozen=True)
class Summary:
    """Decoded and cut; every part is what a stranger wrote.

    from_name: display name of the header From; to: the header To as one line; attachments: their names.
    """

    subject: str = ""
    from_name: str = ""
    reply_to: str = ""
    to: str = ""
    date: str = ""
    message_id: str = ""
    attachments: list[str] = field(default_factory=list)


def sealed(summary: Summary) -> bytes:
    return sealing.seal_json(asdict(summary))


def opened(stored: bytes) -> Summary:
    """Reverse of `sealed`. Raises accounts.sealing.CannotOpen."""
    return Summary(**sealing.unseal_json(stored))
