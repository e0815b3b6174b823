"""What a message is found by: its words, each also with the name of the field it stands in.

One text holds them, parted by blanks: " bonjour subject:bonjour from:marie from:marie@exemple.fr ". A word asked for
is looked up with its blanks, the beginning of one without the last.
"""

from __future__ import annotations

import re
import unicodedata
from mimetypes import MimeTypes

from zimbra.simulator.mail.mime import Message, Part

# Of a longer text only the beginning is searched.
MAX_TEXT = 200_000

# As Python knows them, whatever else the machine may know.
_TYPES = MimeTypes()

_WORD = re.compile(r"[\w]+(?:[.'’@+&-]+[\w]+)*", re.UNICODE)
_PIECE = re.compile(r"\w+", re.UNICODE)


def plain(text: str) -> str:
    """Lower case, without accents."""
    if text.isascii():
        return text.lower()
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


def pieces(text: str) -> list[str]:
    """The words of a text as they are indexed and asked for."""
    return _PIECE.findall(plain(text))


def _address(display: str, address: str) -> list[str]:
    """An address is found whole, by what stands before and after its @, and by the pieces of those."""
    whole = plain(address).replace(" ", "")
    local, at, domain = whole.partition("@")
    found = [*pieces(display), whole]
    if at:
        found += [local, f"@{domain}", domain, *pieces(local), *pieces(domain)]
        found += [domain.rpartition(".")[0]]
    return [word for word in found if word]


def of_message(message: Message) -> str:
    """The words of a message, as kept beside it."""
    parts: list[str] = [*pieces(message.subject)]
    parts += [f"subject:{word}" for word in pieces(message.subject)]
    for name, key in (("from", "from"), ("sender", "from"), ("to", "to"), ("cc", "cc"), ("bcc", "bcc")):
        for display, address in message.addresses(name):
            words = _address(display, address)
            parts += words
            parts += [f"{key}:{word}" for word in words]
    for part in message.parts:
        if part.filename:
            words = [*pieces(part.filename), plain(part.filename).replace(" ", "")]
            parts += words
            parts += [f"filename:{word}" for word in words]
    for kind in dict.fromkeys(kind for part in message.attachments for kind in _kinds(part)):
        parts += [f"attachment:{kind}", f"attachment:{kind.partition('/')[0]}"]
    if message.attachments:
        parts.append("attachment:any")
    if message.invite is not None:
        parts.append("has:invite")
    if message.message_id:
        parts.append(f"msgid:{plain(message.message_id).strip('<>')}")
    texts = [message.text, message.plain] if message.html else [message.plain]
    texts += [part.text for part in message.parts if _readable(part.content_type) and part not in message.bodies]
    for text in dict.fromkeys(texts):
        parts += pieces(text[:MAX_TEXT])
        parts += [word for word in _WORD.findall(plain(text[:MAX_TEXT])) if "@" in word]
    return f" {' '.join(parts)} "


def _kinds(part: Part) -> list[str]:
    """The type of an attachment; of mere bytes also what the name of the file says."""
    guessed = _TYPES.guess_type(part.filename)[0] if part.content_type == "application/octet-stream" else None
    return [part.content_type, guessed] if guessed else [part.content_type]


def _readable(content_type: str) -> bool:
    return content_type in ("text/plain", "text/calendar")
