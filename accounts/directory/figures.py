"""How many people and establishments there are: counted by the clock and after each import, read by pages."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from accounts.directory import kinds
from accounts.directory.kinds import Kind
from accounts.models import Agent, DirectoryFigures, PlaceFigures


def recount(kind: Kind) -> None:
    """Count all there is of `kind`: seconds, for a million. Not for a page."""
    DirectoryFigures.objects.update_or_create(
        kind=kind.code, defaults={"counts": kind.count(), "counted_at": timezone.now()}
    )


def recount_all() -> None:
    for kind in kinds.every():
        recount(kind)
    recount_places()


def recount_places() -> None:
    """Count who is where, in two statements."""
    people = Agent.objects.filter(is_active=True, establishment__isnull=False).order_by()
    counted = people.values_list("establishment").annotate(
        people=Count("pk"), heads=Count("pk", filter=Q(function=Agent.Function.HEAD))
    )
    with transaction.atomic():
        PlaceFigures.objects.all().delete()
        PlaceFigures.objects.bulk_create(
            (PlaceFigures(establishment_id=pk, people=total, heads=heads) for pk, total, heads in counted),
            batch_size=2000,
            # Another worker counts at the same moment.
            ignore_conflicts=True,
        )


def last() -> dict[str, DirectoryFigures]:
    """The latest figures by the code of their kind; none before they were first counted."""
    return {one.kind: one for one in DirectoryFigures.objects.all()}
