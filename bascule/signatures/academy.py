"""The academy's signature, filled from what the portal and the directory know of the person."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

from accounts.models import Agent
from bascule import mailbox_look
from bascule.conversions.signatures import Entry, fill
from bascule.conversions.signatures.template import DEFAULT
from bascule.signatures.contents import SignatureContents, written

_MOST_BYTES = 200_000
_OF_DIRECTORY = {
    "title": ("jobTitle",),
    "service": ("department", "company", "office"),
    "street": ("workStreet",),
    "postal_code": ("workPostalCode",),
    "city": ("workCity",),
    "phone": ("workPhone",),
    "mobile": ("mobilePhone",),
    "web": ("workURL",),
}


def template() -> str:
    """The academy's own, or the one that comes with the portal. Raises OSError, UnicodeError."""
    if not settings.SIGNATURE_TEMPLATE:
        return DEFAULT
    with Path(settings.SIGNATURE_TEMPLATE).open(encoding="utf-8") as file:
        text = file.read(_MOST_BYTES + 1)
    if len(text) > _MOST_BYTES:
        raise OSError("too large")
    return text


def entry_of(agent: Agent) -> dict[str, str]:
    """What is known of `agent`, by the fields of `Entry`: that of the directory first, else the portal's."""
    look = mailbox_look.latest(agent)
    picture = mailbox_look.seen(look) if look else None
    directory: Mapping[str, str] = picture.directory if picture else {}
    found = {
        name: next((value for key in keys if (value := directory.get(key, "").partition("\n")[0].strip())), "")
        for name, keys in _OF_DIRECTORY.items()
    }
    place = agent.establishment
    if place is not None:
        found["service"] = found["service"] or place.name
        found["city"] = found["city"] or place.city
    title = agent.get_function_display() if agent.function else ""
    return {"name": agent.full_name, **found, "title": found["title"] or title, "mail": agent.address}


def filled(name: str, values: Mapping[str, str]) -> SignatureContents:
    """From the template. values: by the fields of `Entry`. Raises TemplateFault, OSError, UnicodeError."""
    return written(name, fill(Entry(**values), template()).html)
