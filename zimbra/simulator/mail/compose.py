"""Messages written by the server itself, and fields put before those of others."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr

_POLICY = SMTP.clone(raise_on_defect=False)


def one_line(text: str) -> str:
    """A value that cannot break out of its field; its spaces stay as they are."""
    lines = "".join(c if c.isprintable() else "\n" for c in text).split("\n")
    return " ".join(line.strip() for line in lines if line.strip())


def mailbox(display: str, address: str) -> str:
    """An address as a header field holds it: encoded when it has to be."""
    plain = one_line(address).replace(" ", "")
    # An accent in the address itself has no form in a name and address; the message encodes it as it can.
    return formataddr((one_line(display), plain), charset="utf-8") if plain.isascii() else plain


def new_message_id() -> str:
    return f"<{uuid.uuid4().hex}@zimbra.invalid>"


def note(
    *,
    sender: str,
    recipient: str,
    subject: str,
    text: str,
    fields: dict[str, str] | None = None,
    display: str = "",
) -> bytes:
    """A plain message from one address to another, with further header fields."""
    message = EmailMessage(policy=_POLICY)
    message["Date"] = format_datetime(datetime.now(UTC))
    message["From"] = mailbox(display, sender)
    message["To"] = mailbox("", recipient)
    message["Subject"] = one_line(subject)[:900]
    message["Message-ID"] = new_message_id()
    for name, value in (fields or {}).items():
        message[name] = one_line(value)
    message.set_content(text.encode("utf-8", "replace").decode(), subtype="plain", charset="utf-8", cte="base64")
    return message.as_bytes()


def prefixed(raw: bytes, *fields: tuple[str, str]) -> bytes:
    """The message with header fields put before its own."""
    head = "".join(f"{name}: {one_line(value)}\r\n" for name, value in fields)
    return head.encode("utf-8", "replace") + raw
