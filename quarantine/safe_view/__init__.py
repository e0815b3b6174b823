"""A held message read without danger: bytes in, what may be shown out. Pure; no socket, no file, no database.

    fields, people, mime     bytes -> header fields, senders, parts (offsets, nothing copied)
    charsets, characters     bytes -> text; what deceives the eye written out
    html_reading, styles     HTML -> calls to `markup`
    text_reading, links      plain text; where links lead
    markup                   the one that writes tags: eleven of them, without attributes
    attachments              names and kinds, never contents
    message                  all of it together

Bounded everywhere: bytes, parts, depth, tags, links, length of what comes out. What goes beyond is said (`truncated`).
"""

from __future__ import annotations

from quarantine.safe_view.attachments import Attachment
from quarantine.safe_view.message import Body, Glance, SafeMessage, Sign, glance, headers, read
from quarantine.safe_view.people import Person

__all__ = ["Attachment", "Body", "Glance", "Person", "SafeMessage", "Sign", "glance", "headers", "read"]
