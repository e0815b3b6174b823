"""What the frame round every page shows: the main navigation and the number of unread notices."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django import template
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from accounts import notices
from accounts.models import Agent

register = template.Library()


@dataclass(frozen=True)
class Entry:
    """current: value of aria-current: "page", "true" inside that part of the site, or ""; entries: of a group, which
    has no address of its own."""

    label: str
    url: str
    current: str
    entries: tuple[Entry, ...] = ()


def _everybody(person: object) -> bool:
    return True


def _staff(person: object) -> bool:
    return bool(getattr(person, "is_staff", False))


def _head(person: object) -> bool:
    """Heads take the census of the own establishment; others who do find theirs in « Mes boîtes »."""
    is_head = getattr(person, "function", "") == Agent.Function.HEAD
    return is_head and getattr(person, "establishment_id", None) is not None


@dataclass(frozen=True)
class Page:
    """An entry to be. name: of its address; prefixes: of paths that belong to it as well; is_for: asked of the person
    alone, without a query."""

    name: str
    label: str
    prefixes: tuple[str, ...] = ()
    is_for: Callable[[object], bool] = _everybody


# In a group where it would be alone for somebody, an entry stands by itself.
_ENTRIES: tuple[Page | tuple[str, tuple[Page, ...]], ...] = (
    Page("home", "Ma bascule", ("/etapes/", "/premiere-connexion/")),
    (
        "Mes outils",
        (
            Page("files", "Mes fichiers", ("/imports/",)),
            Page("filters", "Mes filtres"),
            Page("signature", "Ma signature"),
            Page("lists", "Mes listes de diffusion"),
            Page("mailbox_check", "Ma messagerie est-elle complète ?"),
            Page("devices", "Mes appareils"),
        ),
    ),
    (
        "Boîtes",
        (Page("census", "Recensement", is_for=_head), Page("boxes", "Mes boîtes", ("/recensement/",))),
    ),
    Page("quarantine", "Quarantaine", ("/mes-envois/",)),
    Page("notices", "Notifications"),
    Page("help", "Aide"),
    Page("team", "Équipe DSI", ("/journal/",), _staff),
)


@register.simple_tag
def main_navigation(request: HttpRequest) -> list[Entry]:
    """Entries for the person who is signed in, groups with theirs. A part of the site that is not installed has no
    entry; a page belongs to the first entry that claims it."""
    claim = _Claim(request.path)
    entries = []
    for one in _ENTRIES:
        if isinstance(one, Page):
            entries += _shown([one], request.user, claim)
            continue
        label, pages = one
        found = _shown(pages, request.user, claim)
        if len(found) > 1:
            inside = "true" if any(entry.current for entry in found) else ""
            found = [Entry(label, "", inside, tuple(found))]
        entries += found
    return entries


@dataclass
class _Claim:
    """Which entry the page that is open belongs to: one at most, unless it is an entry itself."""

    path: str
    is_made: bool = False

    def current(self, url: str, prefixes: tuple[str, ...]) -> str:
        found = ""
        if self.path == url:
            found = "page"
        elif not self.is_made and (self.path.startswith(prefixes) or (url != "/" and self.path.startswith(url))):
            found = "true"
        self.is_made = self.is_made or bool(found)
        return found


def _shown(pages: Iterable[Page], person: object, claim: _Claim) -> list[Entry]:
    entries = []
    for page in pages:
        if not page.is_for(person):
            continue
        try:
            url = reverse(page.name)
        except NoReverseMatch:
            continue
        entries.append(Entry(page.label, url, claim.current(url, page.prefixes)))
    return entries


@register.simple_tag
def unread_notices(request: HttpRequest) -> int:
    """How many notices the person who is signed in has not read; one query."""
    return notices.unread(request.user).count() if request.user.is_authenticated else 0
