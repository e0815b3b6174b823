"""What the frame round every page shows: the main navigation and the number of unread notices."""

from __future__ import annotations

from dataclasses import dataclass

from django import template
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from accounts import notices

register = template.Library()


@dataclass(frozen=True)
class Entry:
    label: str
    url: str
    current: str  # value of aria-current: "page", "true" inside that part of the site, or ""


# Name of the page, label, further path prefixes that belong to it, for staff only.
_ENTRIES: tuple[tuple[str, str, tuple[str, ...], bool], ...] = (
    ("home", "Ma bascule", ("/etapes/",), False),
    ("files", "Mes fichiers", ("/imports/",), False),
    ("filters", "Mes filtres", (), False),
    ("signature", "Ma signature", (), False),
    ("lists", "Mes listes de diffusion", (), False),
    ("boxes", "Mes boîtes", ("/recensement/",), False),
    ("notices", "Notifications", (), False),
    ("filter_intakes", "Filtres (LDIF)", (), True),
    ("journal", "Journal", (), True),
)


@register.simple_tag
def main_navigation(request: HttpRequest) -> list[Entry]:
    """Entries for the person who is signed in. A part of the site that is not installed has no entry."""
    entries = []
    for name, label, prefixes, staff_only in _ENTRIES:
        if staff_only and not getattr(request.user, "is_staff", False):
            continue
        try:
            url = reverse(name)
        except NoReverseMatch:
            continue
        if request.path == url:
            current = "page"
        elif request.path.startswith(prefixes) or (url != "/" and request.path.startswith(url)):
            current = "true"
        else:
            current = ""
        entries.append(Entry(label, url, current))
    return entries


@register.simple_tag
def unread_notices(request: HttpRequest) -> int:
    """How many notices the person who is signed in has not read; one query."""
    return notices.unread(request.user).count() if request.user.is_authenticated else 0
