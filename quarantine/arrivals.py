"""Whether Zimbra has a message that was handed over without hearing the answer."""

from __future__ import annotations

from datetime import datetime, timedelta

from boxes import zimbra_door
from quarantine.safe_view import fields
from zimbra.errors import NotFound

# Clocks of two machines.
SLACK = timedelta(minutes=10)
# A Message-ID longer than this is not looked for.
MAX_CHARACTERS = 500


def message_id_of(raw: bytes) -> str:
    """The Message-ID without its angles, "" when there is none that can be searched for."""
    found = fields.read(raw).first("Message-ID").strip().strip("<>")
    plain = found.isascii() and found.isprintable() and not set(found) & set(' "\\')
    return found if plain and len(found) <= MAX_CHARACTERS else ""


def arrived(recipient: str, message_id: str, since: datetime) -> bool:
    """Whether the mailbox `recipient` got a message with that Message-ID since `since`, or a little before.

    One that its owner sent does not count, nor one of long ago: it would hide that this one is missing. False as well
    when it can never be known, without a Message-ID or for an address that is no mailbox: a message that comes twice is
    better than none. Raises ZimbraError when it cannot be known now.
    """
    if not message_id:
        return False
    earliest = (since - SLACK).timestamp() * 1000
    with zimbra_door.opened() as door:
        try:
            hits = list(door.mailbox(recipient).search(f'msgid:"<{message_id}>" is:anywhere', "message"))
        except NotFound:
            return False
    return any(
        "s" not in hit.attributes.get("f", "") and float(hit.attributes.get("d", "0")) >= earliest for hit in hits
    )
