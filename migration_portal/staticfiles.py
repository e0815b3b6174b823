"""Serve only the static files that pages use: the design system ships 1,600 files of which we need a quarter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.contrib.staticfiles.finders import AppDirectoriesFinder
from django.core.files.storage import Storage

# Groups of icons that pages name. Pages that need another group add it here and link its style sheet.
_ICON_GROUPS = ("system", "document")
# Groups of which dsfr.main.min.css itself uses some.
_CORE_ICON_GROUPS = ("arrows", "business", "editor", "logo", "media", "user", "weather")

# All that is served of these packages; the rest is builds of single components, builds for browsers without modules or
# custom properties, pictures, and other versions of htmx.
_USED = (
    "django_htmx/django-htmx.js",
    "django_htmx/htmx-2.min.js",
    "dsfr/dist/dsfr.main.min.css",
    "dsfr/dist/dsfr.print.min.css",
    "dsfr/dist/dsfr.module.min.js",
    "dsfr/dist/favicon/",
    "dsfr/dist/fonts/",
    *(f"dsfr/dist/icons/{group}/" for group in (*_ICON_GROUPS, *_CORE_ICON_GROUPS)),
    *(f"dsfr/dist/utility/icons/icons-{group}/icons-{group}.main.min.css" for group in _ICON_GROUPS),
)


class UsedFilesFinder(AppDirectoriesFinder):
    """As Django's finder for files of applications, less the parts of packages that no page refers to."""

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        for path, storage in super().list(ignore_patterns or []):
            if path.startswith(_USED):
                yield path, storage
