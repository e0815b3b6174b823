"""How many people and establishments there are: counted by the clock and after each import, read by pages."""

from __future__ import annotations

from django.utils import timezone

from accounts.directory import kinds
from accounts.directory.kinds import Kind
from accounts.models import DirectoryFigures


def recount(kind: Kind) -> None:
    """Count all there is of `kind`: seconds, for a million. Not for a page."""
    DirectoryFigures.objects.update_or_create(
        kind=kind.code, defaults={"counts": kind.count(), "counted_at": timezone.now()}
    )


def recount_all() -> None:
    for kind in kinds.every():
        recount(kind)


def last() -> dict[str, DirectoryFigures]:
    """The latest figures by the code of their kind; none before they were first counted."""
    return {one.kind: one for one in DirectoryFigures.objects.all()}
