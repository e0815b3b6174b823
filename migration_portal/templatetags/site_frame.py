"""What the frame round every page shows: the main navigation and the number of unread notices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django import template
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from accounts import notices
from accounts.models import Agent

register = template.Library()


@dataclass(frozen=True)
class Entry:
    label: str
    url: str
    current: str  # value of aria-current: "page", "true" inside that part of the site, or ""


def _everybody(person: object) -> bool:
    return True


def _staff(person: object) -> bool:
    return bool(getattr(person, "is_staff", False))


def _head(person: object) -> bool:
    """Heads take the census of the own establishment; others who do find theirs in « Mes boîtes »."""
    is_head = getattr(person, "function", "") == Agent.Function.HEAD
    return is_head and getattr(person, "establishment_id", None) is not None


# Name of the page, label, further path prefixes that belong to it, whose it is: asked of the person alone, no query.
_ENTRIES: tuple[tuple[str, str, tuple[str, ...], Callable[[object], bool]], ...] = (
    ("home", "Ma bascule", ("/etapes/",), _everybody),
    ("files", "Mes fichiers", ("/imports/",), _everybody),
    ("filters", "Mes filtres", (), _everybody),
    ("signature", "Ma signature", (), _everybody),
    ("lists", "Mes listes de diffusion", (), _everybody),
    ("census", "Recensement", (), _head),
    ("boxes", "Mes boîtes", ("/recensement/",), _everybody),
    ("devices", "Mes appareils", (), _everybody),
    ("quarantine", "Quarantaine", ("/mes-envois/",), _everybody),
    ("notices", "Notifications", (), _everybody),
    ("team", "Équipe DSI", ("/journal/",), _staff),
)


@register.simple_tag
def main_navigation(request: HttpRequest) -> list[Entry]:
    """Entries for the person who is signed in. A part of the site that is not installed has no entry; a page belongs to
    the first entry that claims it."""
    entries = []
    claimed = False
    for name, label, prefixes, is_for in _ENTRIES:
        if not is_for(request.user):
            continue
        try:
            url = reverse(name)
        except NoReverseMatch:
            continue
        if request.path == url:
            current = "page"
        elif not claimed and (request.path.startswith(prefixes) or (url != "/" and request.path.startswith(url))):
            current = "true"
        else:
            current = ""
        claimed = claimed or bool(current)
        entries.append(Entry(label, url, current))
    return entries


@register.simple_tag
def unread_notices(request: HttpRequest) -> int:
    """How many notices the person who is signed in has not read; one query."""
    return notices.unread(request.user).count() if request.user.is_authenticated else 0
