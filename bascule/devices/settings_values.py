"""The exact settings of a device, each value to be copied on its own. Hosts and ports come from the configuration."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings

from accounts.models import Agent
from bascule.devices.guides.model import Guide, Values
from boxes import looks
from boxes.calendars import Calendar, calendars_of, dav_url
from boxes.models import Box, BoxLook, Delegation

# A person with more has them in « Mes boîtes », box by box.
MOST_BOXES = 30

_SSL = "SSL/TLS"
_PLAIN = "Mot de passe normal"
_USER = "Nom d’utilisateur"

HEADINGS = {
    Values.IMAP: "Réception (IMAP)",
    Values.SMTP: "Envoi (SMTP)",
    Values.ACTIVESYNC: "Compte Exchange (ActiveSync)",
    Values.CALDAV: "Calendriers (CalDAV)",
    Values.CARDDAV: "Contacts (CardDAV)",
}


@dataclass(frozen=True, slots=True)
class Row:
    """copy: what the button is for, "" when there is nothing to copy."""

    label: str
    value: str
    copy: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """The values that one form of a program asks for. key: part of the ids on the page."""

    key: str
    heading: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class BoxCalendars:
    """Calendars of a box; is_guess: nobody has looked at the box yet, and only Zimbra's own calendar is named."""

    box: Box
    calendars: tuple[Calendar, ...]
    is_guess: bool


def block(kind: Values, address: str) -> Block:
    """Not for `Values.BOXES`, which depend on the person."""
    return Block(kind.value, HEADINGS[kind], tuple(_ROWS[kind](address)))


def blocks(kinds: Iterable[Values], address: str) -> list[Block]:
    return [block(kind, address) for kind in kinds if kind in HEADINGS]


def used_by(guide: Guide) -> list[Values]:
    """Kinds of values that the steps of a guide ask for, in the order of `Values`."""
    used = {kind for step in guide.steps() for kind in step.values}
    return [kind for kind in Values if kind in used]


def _mail(host: str, port: int, address: str, what: str) -> list[Row]:
    return [
        Row("Serveur", host, f"le serveur {what}"),
        Row("Port", str(port), f"le port {what}"),
        Row("Sécurité", _SSL),
        Row("Authentification", _PLAIN),
        Row(_USER, address, "le nom d’utilisateur"),
    ]


def _dav(address: str, what: str) -> list[Row]:
    host = settings.CLIENT_SYNC_HOST
    return [
        Row("Serveur", host, f"le serveur {what}"),
        Row("Adresse complète", f"https://{host}/", f"l’adresse {what}"),
        Row(_USER, address, "le nom d’utilisateur"),
    ]


_ROWS = {
    Values.IMAP: lambda address: _mail(settings.CLIENT_IMAP_HOST, settings.CLIENT_IMAP_PORT, address, "de réception"),
    Values.SMTP: lambda address: _mail(settings.CLIENT_SMTP_HOST, settings.CLIENT_SMTP_PORT, address, "d’envoi"),
    Values.ACTIVESYNC: lambda address: [
        Row("Serveur", settings.CLIENT_SYNC_HOST, "le serveur Exchange"),
        Row("Domaine", "à laisser vide"),
        Row("Sécurité", _SSL),
        Row(_USER, address, "le nom d’utilisateur"),
    ],
    Values.CALDAV: lambda address: _dav(address, "des calendriers"),
    Values.CARDDAV: lambda address: _dav(address, "des contacts"),
}


def box_calendars(agent: Agent) -> list[BoxCalendars]:
    """Of the boxes the person has access to; three queries. Nobody is asked to look: a box that was never looked at
    shows the calendar that Zimbra gives each mailbox."""
    access = Delegation.objects.active().filter(agent=agent, box__transfer_asked_at__isnull=False)
    boxes = Box.objects.filter(pk__in=access.values("box")).order_by("name", "address")[:MOST_BOXES]
    rows = {row.box_id: row for row in BoxLook.objects.filter(box__in=list(boxes))}
    found = []
    for box in boxes:
        picture = looks.seen(rows.get(box.pk))
        seen = tuple(calendars_of(box, picture)) if picture else ()
        first = Calendar(looks.CALENDAR, "Calendrier", dav_url(box, "/Calendar"), 0)
        found.append(BoxCalendars(box, seen or (first,), is_guess=picture is None))
    return [one for one in found if one.calendars]
