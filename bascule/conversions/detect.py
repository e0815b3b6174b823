"""What kind of export a file is, by its content: names lie, and browsers add `.txt`."""

from __future__ import annotations

import re

CONTACTS = "contacts"
CALENDAR = "calendar"

# A UTF-16 or UTF-32 file has zero bytes between its letters.
_GAP = rb"\0*"
_LINE_START = rb"(?:^|[\r\n]\0*)[ \t\0]*(?:\xef\xbb\xbf|\xff\xfe\0*|\xfe\xff|\0)*[ \t\0]*"


def _begin(*names: bytes) -> re.Pattern[bytes]:
    """BEGIN:NAME at the start of a line, with the blanks that some programs put around the colon."""

    def spaced(word: bytes) -> bytes:
        return _GAP.join(re.escape(bytes((letter,))) for letter in word)

    wanted = rb"|".join(map(spaced, names))
    return re.compile(
        _LINE_START + spaced(b"BEGIN") + rb"[ \t\0]*:[ \t\0]*(?:" + wanted + rb")" + _GAP + rb"(?![A-Za-z0-9-])",
        re.IGNORECASE,
    )


_VCARD = _begin(b"VCARD")
_VCALENDAR = _begin(b"VCALENDAR", b"VEVENT", b"VTODO", b"VJOURNAL", b"VFREEBUSY", b"VTIMEZONE")
_CARD_PROPERTIES = re.compile(rb"^(?:FN|N|EMAIL|TEL|ORG|ADR)[;:]", re.IGNORECASE | re.MULTILINE)
_EVENT_PROPERTIES = re.compile(rb"^(?:DTSTART|DTEND|RRULE|SUMMARY|DTSTAMP)[;:]", re.IGNORECASE | re.MULTILINE)
_LDIF = re.compile(rb"^dn::?[ \t]*\S", re.IGNORECASE | re.MULTILINE)
_HEAD = 200_000


def kind_of(data: bytes) -> str:
    """`contacts`, `calendar`, or "" when the content is neither.

    Whichever begins first decides: a card may hold the text of a calendar and an event that of a card. Files without a
    BEGIN line are judged by their properties. The archives that hold such files are not opened here.
    """
    card, calendar = _VCARD.search(data), _VCALENDAR.search(data)
    if card is not None or calendar is not None:
        if calendar is None:
            return CONTACTS
        return CALENDAR if card is None or calendar.start() < card.start() else CONTACTS
    head = data[:_HEAD]
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n\0")[:1]
    if start in (b"[", b"<"):
        lowered = head.lower()
        found = {kind: lowered.find(word) for kind, word in ((CONTACTS, b"vcard"), (CALENDAR, b"icalendar"))}
        if start == b"[":
            found[CALENDAR] = lowered.find(b"vcalendar")
        known = {kind: position for kind, position in found.items() if position >= 0}
        return min(known, key=known.__getitem__) if known else ""
    if _LDIF.search(head):
        return CONTACTS
    if _EVENT_PROPERTIES.search(head):
        return CALENDAR
    return CONTACTS if _CARD_PROPERTIES.search(head) else ""
