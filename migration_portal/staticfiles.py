"""Serve only the static files that pages use: the design system ships 1,600 files of which we need a tenth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.contrib.staticfiles.finders import AppDirectoriesFinder
from django.core.files.storage import Storage

# The single-component builds repeat what dsfr.min.css already holds.
_UNUSED = (
    "dsfr/dist/analytics/",
    "dsfr/dist/component/",
    "dsfr/dist/core/",
    "dsfr/dist/dsfr/",
    "dsfr/dist/layout/",
    "dsfr/dist/legacy/",
    "dsfr/dist/scheme/",
    "dsfr/dist/dsfr.legacy",
    "dsfr/dist/dsfr.main",
    "dsfr/dist/dsfr.print",
)


class UsedFilesFinder(AppDirectoriesFinder):
    """As Django's finder for files of applications, less the parts of packages that no page refers to."""

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:  # type: ignore[override]
        for path, storage in super().list(ignore_patterns or []):
            if not path.startswith(_UNUSED) and not path.endswith((".md", ".map", ".scss")):
                yield path, storage
