"""Configuration profiles for Apple devices: the account of a person, and the calendars of the boxes that they share.

A profile holds no password: the device asks for it. Its identifiers follow from the address alone, so that a profile
installed later takes the place of the one before. Keys and types: Apple's "Profile-Specific Payload Keys" (TopLevel,
com.apple.mail.managed, com.apple.caldav.account, com.apple.carddav.account, com.apple.eas.account).
"""

from __future__ import annotations

import plistlib
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from accounts.models import Agent
from bascule.models import Device
from boxes.calendars import dav_url
from boxes.looks import french_path, seen
from boxes.models import Delegation

CONTENT_TYPE = "application/x-apple-aspen-config"
FILE_NAME = "messagerie-nationale.mobileconfig"

# Each is an account of its own on the device, which asks for the password of each.
MOST_CALENDARS = 40

_HTTPS = 443
_PHONE, _MAC = 1, 5
_MAC_PROGRAM = "apple-mail"

Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class BoxCalendar:
    """A calendar of a shared box. label: box and calendar, for people. url: its CalDAV address."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What a profile sets up. is_exchange: mail, contacts and calendars as one account of ActiveSync."""

    mail: bool = True
    contacts: bool = True
    calendar: bool = True
    is_exchange: bool = False
    calendars: Sequence[BoxCalendar] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.mail or self.contacts or self.calendar or self.calendars)


def calendars_of(agent: Agent) -> list[BoxCalendar]:
    """Calendars of the boxes that `agent` reaches and has not hidden, as last seen in Zimbra; for a box that nobody has
    looked at yet, the calendar that each mailbox has."""
    active = Delegation.objects.active().filter(agent=agent, hidden=False)
    found: list[BoxCalendar] = []
    for row in active.select_related("box", "box__look").order_by("box__name", "box_id"):
        picture = seen(getattr(row.box, "look", None))
        paths = [one.path for one in picture.calendars] if picture else ["/Calendar"]
        found += [BoxCalendar(f"{row.box.name} – {french_path(path)}", dav_url(row.box, path)) for path in paths]
    return found[:MOST_CALENDARS]


def is_for(device: Device) -> bool:
    """Whether the device takes profiles: iPhone, iPad, Mac."""
    return device.kind == Device.Kind.APPLE or device.program == _MAC_PROGRAM


def profile(agent: Agent, contents: Contents, *, device: Device | None = None) -> bytes:
    """The profile of `agent` as a property list, unsigned (see `profile_signing`).

    device: the one it is for; a profile for a telephone is not offered to a watch. ValueError: nothing is to be set up.
    """
    if contents.is_empty:
        raise ValueError("a profile that sets nothing up")
    payloads = list(_payloads(agent, contents))
    text = _consent(agent, contents)
    top = _frame(agent, "profile", settings.CLIENT_SERVICE_NAME) | {
        "PayloadType": "Configuration",
        "PayloadDescription": text,
        "PayloadRemovalDisallowed": False,
        "PayloadContent": payloads,
        "ConsentText": {"default": text, "fr": text},
    }
    if device is not None and is_for(device):
        top["TargetDeviceType"] = _PHONE if device.kind == Device.Kind.APPLE else _MAC
    return plistlib.dumps(top)


def _payloads(agent: Agent, contents: Contents) -> Iterable[Payload]:
    if contents.is_exchange:
        if contents.mail or contents.contacts or contents.calendar:
            yield _exchange(agent, contents)
    else:
        if contents.mail:
            yield _mail(agent)
        if contents.calendar:
            yield _dav(agent, "CalDAV", "calendar", f"{settings.CLIENT_SERVICE_NAME} – calendriers")
        if contents.contacts:
            yield _dav(agent, "CardDAV", "contacts", f"{settings.CLIENT_SERVICE_NAME} – contacts")
    for one in contents.calendars:
        yield _dav(agent, "CalDAV", f"box.{one.url}", one.label) | {"CalDAVPrincipalURL": one.url}


def _mail(agent: Agent) -> Payload:
    label = f"{settings.CLIENT_SERVICE_NAME} – messages"
    return _frame(agent, "mail", label) | {
        "PayloadType": "com.apple.mail.managed",
        "EmailAccountDescription": settings.CLIENT_SERVICE_NAME,
        "EmailAccountName": agent.full_name,
        "EmailAccountType": "EmailTypeIMAP",
        "EmailAddress": agent.address,
        "IncomingMailServerAuthentication": "EmailAuthPassword",
        "IncomingMailServerHostName": settings.CLIENT_IMAP_HOST,
        "IncomingMailServerPortNumber": settings.CLIENT_IMAP_PORT,
        "IncomingMailServerUseSSL": True,
        "IncomingMailServerUsername": agent.address,
        "OutgoingMailServerAuthentication": "EmailAuthPassword",
        "OutgoingMailServerHostName": settings.CLIENT_SMTP_HOST,
        "OutgoingMailServerPortNumber": settings.CLIENT_SMTP_PORT,
        "OutgoingMailServerUseSSL": True,
        "OutgoingMailServerUsername": agent.address,
        # Asked for once instead of twice.
        "OutgoingPasswordSameAsIncomingPassword": True,
        "PreventMove": False,
        "PreventAppSheet": False,
    }


def _dav(agent: Agent, protocol: str, part: str, label: str) -> Payload:
    """An account of CalDAV or CardDAV. Without a principal the device finds it by itself (RFC 6764)."""
    host, port = _sync_server()
    return _frame(agent, part, label) | {
        "PayloadType": f"com.apple.{protocol.lower()}.account",
        f"{protocol}AccountDescription": label,
        f"{protocol}HostName": host,
        f"{protocol}Port": port,
        f"{protocol}UseSSL": True,
        f"{protocol}Username": agent.address,
    }


def _exchange(agent: Agent, contents: Contents) -> Payload:
    host, port = _sync_server()
    label = settings.CLIENT_SERVICE_NAME
    return _frame(agent, "exchange", label) | {
        "PayloadType": "com.apple.eas.account",
        "EmailAddress": agent.address,
        "UserName": agent.address,
        "Host": host if port == _HTTPS else f"{host}:{port}",
        "SSL": True,
        "OAuth": False,
        "EnableMail": contents.mail,
        "EnableContacts": contents.contacts,
        "EnableCalendars": contents.calendar,
        "EnableReminders": contents.calendar,
        "EnableNotes": False,
        # All of them: what is older is not lost on the server, but people look for it on the telephone.
        "MailNumberOfPastDaysToSync": 0,
        "PreventMove": False,
        "PreventAppSheet": False,
    }


def _frame(agent: Agent, part: str, label: str) -> Payload:
    """Keys that each payload has. Its identifiers follow from the address and the `part`, whenever it is made."""
    domain = settings.MAIL_DOMAIN
    space = uuid.uuid5(uuid.NAMESPACE_DNS, domain)
    person = uuid.uuid5(space, agent.address)
    own = uuid.uuid5(person, part)
    return {
        "PayloadVersion": 1,
        "PayloadUUID": str(own).upper(),
        "PayloadIdentifier": ".".join([*reversed(domain.split(".")), "messagerie", person.hex[:16], own.hex[:16]]),
        "PayloadDisplayName": label,
        "PayloadOrganization": settings.BRAND_NAME,
    }


def _sync_server() -> tuple[str, int]:
    host, _, port = settings.CLIENT_SYNC_HOST.partition(":")
    return host, int(port or _HTTPS)


def _consent(agent: Agent, contents: Contents) -> str:
    parts = [
        name
        for name, is_there in (
            ("messages", contents.mail),
            ("contacts", contents.contacts),
            ("calendriers", contents.calendar),
        )
        if is_there
    ]
    count = len(contents.calendars)
    if count:
        parts.append("1 calendrier de boîte partagée" if count == 1 else f"{count} calendriers de boîtes partagées")
    return (
        f"Ce profil ajoute à l’appareil le compte {agent.address} ({', '.join(parts)}), et rien d’autre. Il ne "
        "contient aucun mot de passe : l’appareil vous demandera un mot de passe d’application, peut-être plusieurs "
        f"fois. Il ne donne à {settings.BRAND_NAME} aucun contrôle sur l’appareil. Vous pourrez le retirer quand vous "
        "voudrez, dans les réglages de l’appareil : le compte en disparaîtra, vos messages resteront dans votre boîte."
    )
