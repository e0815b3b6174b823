"""ATTACH: Zimbra only keeps what is inside the file; links move to the description, where a person can use them."""

from __future__ import annotations

import base64
import binascii
import re

from bascule.conversions.calendars.components import Property
from bascule.conversions.calendars.context import Context
from bascule.conversions.calendars.entry import Entry
from bascule.conversions.calendars.parameters import clean_parameters
from bascule.conversions.text import escape_text

_KEPT = frozenset({"FMTTYPE", "FILENAME", "X-FILENAME", "X-LABEL", "X-APPLE-FILENAME", "X-ORACLE-FILENAME"})
_LINK = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S")
_LOST_SCHEMES = ("cid:", "data:", "about:")


def write(entry: Entry, others: list[Property], context: Context, description: str) -> list[str]:
    """Add the inline attachments to the lines of `entry`; the links as paragraphs to append to the description."""
    paragraphs: dict[str, None] = {}
    for prop in others:
        if prop.name != "ATTACH":
            continue
        inline = prop.param("ENCODING").upper() in ("BASE64", "B") or prop.param("VALUE").upper() == "BINARY"
        value = prop.value.strip()
        if inline:
            data = _base64(value)
            if data:
                params = clean_parameters(prop.raw, _KEPT)
                entry.lines.append(f"ATTACH{params};ENCODING=BASE64;VALUE=BINARY:{data}")
                continue
        elif _LINK.match(value) and not value.lower().startswith(_LOST_SCHEMES):
            context.repair("attachment_link")
            written = escape_text(value)
            if written not in description:
                paragraphs[f"Pièce jointe : {written}"] = None
            continue
        name = prop.param("X-FILENAME") or prop.param("FILENAME") or value[:80]
        message = (
            f"La pièce jointe « {name[:80]} » n’est pas dans le fichier ou est illisible : elle n’a pas été reprise."
        )
        context.remark_line("attachment_lost", entry.component, message, prop.text[:500])
    return list(paragraphs)


def _base64(value: str) -> str:
    """The value without blanks when it is sound base64, else ""."""
    data = "".join(value.split())
    data += "=" * (-len(data) % 4)
    try:
        return data if base64.b64decode(data, validate=True) else ""
    except (binascii.Error, ValueError):
        return ""
