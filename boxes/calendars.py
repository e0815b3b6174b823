"""The calendars of a box as other programs reach them: their CalDAV addresses (domain, section 2)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from django.conf import settings

from boxes.looks import Picture
from boxes.models import Box


@dataclass(frozen=True, slots=True)
class Calendar:
    """name: in French, with the calendars above it. url: what a program is given. id: Zimbra's."""

    id: str
    name: str
    url: str
    colour: int


def calendars_of(box: Box, picture: Picture) -> list[Calendar]:
    """Those in the Trash are left out. Zimbra's own one first."""
    return [Calendar(one.id, one.name, dav_url(box, one.path), one.colour) for one in picture.calendars]


def dav_url(box: Box, path: str) -> str:
    """The address of the calendar at `path` ("/Calendar", "/Calendar/Salles"), whatever its name holds.

    Zimbra answers by the path of the folder in its own words, each part escaped (zm-mailbox, UrlNamespace); the "@"
    stays as it is, as the academy's guide writes it. The box's address names the mailbox, whoever signs in.
    """
    return f"https://{settings.CLIENT_SYNC_HOST}/dav/{quote(box.address, safe='@')}/{quote(path.strip('/'))}"
