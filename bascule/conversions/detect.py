"""What kind of export a file is, by its content: names lie, and browsers add `.txt`."""

from __future__ import annotations

import re

CONTACTS = "contacts"
CALENDAR = "calendar"
FILTERS = "filters"

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
_RULES_IN_LDIF = re.compile(rb"^mailSieveRuleSource(?:;[a-z0-9;-]+)?:", re.IGNORECASE | re.MULTILINE)
# What no other text begins a line with, after a byte order mark or the marks of a quoted mail: the comment that the old
# webmail puts before a rule, a list of capabilities, a command with its test or its text.
_SIEVE = re.compile(
    rb"^[ \t>\xc2\xa0\xef\xbb\xbf\xff\xfe]*(?:"
    rb"#[ \t]*\$?RULE(?:[ \t]*INFO)?[ \t]*:"
    rb"|require[ \t]*[\[\"]"
    rb"|(?:if|elsif)[ \t\r\n]+(?:(?:not|allof|anyof)[ \t\r\n(]*)*"
    rb"(?:header|address|envelope|exists|size|body|date|currentdate|true|string|hasflag)\b[ \t\r\n{),:\"\[]"
    rb"|(?:fileinto|redirect|reject|ereject|vacation)[ \t]+[:\[\"]"
    rb"|(?:keep|discard|stop|jettison)[ \t]*;"
    rb")",
    re.IGNORECASE | re.MULTILINE,
)
_HEAD = 200_000


def kind_of(data: bytes) -> str:
    """`contacts`, `calendar`, `filters`, or "" when the content is none of them.

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
    plain = head.replace(b"\0", b"")
    # The rules of many people may begin far behind the first of them.
    if _RULES_IN_LDIF.search(data.replace(b"\0", b"")):
        return FILTERS
    if _LDIF.search(head):
        return CONTACTS
    if _SIEVE.search(plain):
        return FILTERS
    if _EVENT_PROPERTIES.search(head):
        return CALENDAR
    return CONTACTS if _CARD_PROPERTIES.search(head) else ""
