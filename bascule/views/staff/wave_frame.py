"""What the pages of waves stand on. Whoever is not of staff hears that there is no such page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.db.models.query import ModelIterable
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from accounts.models import Agent, Population
from accounts.requests import AgentRequest
from bascule import planning
from bascule.models import Wave
from bascule.standings import Move
from bascule.waves import when_text
from bascule.waves.listing import MOST_COUNTED

ROWS_PER_PAGE = 50


def need_staff(request: AgentRequest) -> Agent:
    """The person who asks. Raises Http404 unless of staff."""
    if not request.user.is_staff:
        raise Http404("staff")
    return request.user


def seen_wave(request: AgentRequest, wave_id: int) -> Wave:
    need_staff(request)
    return get_object_or_404(Wave.objects.select_related("changed_by"), pk=wave_id)


def typed(request: AgentRequest, name: str, *, most: int = 100) -> str:
    """What stands in a field of an address, bounded. PostgreSQL takes no NUL in a text."""
    return request.GET.get(name, "").replace("\0", " ").strip()[:most]


def posted(request: AgentRequest, name: str, *, most: int = 200) -> str:
    """The same of a form."""
    return request.POST.get(name, "").replace("\0", " ").strip()[:most]


def numbers(values: Iterable[str], *, most: int = 5_000) -> list[int]:
    """Primary keys among what a form sent; rubbish, and what is more than `most`, is left out."""
    found = [int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 18]
    return list(dict.fromkeys(found))[:most]


def number(text: str) -> int | None:
    """The number that `text` is; None for rubbish."""
    return next(iter(numbers([text])), None)


def version(request: AgentRequest) -> int:
    """Of the wave that was on screen; 0, which none has, for rubbish."""
    return number(posted(request, "version")) or 0


def query(**values: str | int | None) -> str:
    """For an address: what is empty is left out."""
    return urlencode({name: value for name, value in values.items() if value is not None and value != ""})


class BoundedPaginator(Paginator):
    """Pages of a list that may have a million rows: no more than `MOST_COUNTED` of them are counted and shown."""

    is_cut = False

    @cached_property
    def count(self) -> int:
        assert isinstance(self.object_list, QuerySet)
        found = self.object_list.order_by()[: MOST_COUNTED + 1].count()
        self.is_cut = found > MOST_COUNTED
        return min(found, MOST_COUNTED)

    def page(self, number: int | str) -> Page[Any]:
        """The rows of one page are chosen by their keys and then read: sorting many thousand whole rows, with those
        of other tables beside them, takes several times as long."""
        page = super().page(number)
        rows = page.object_list
        if isinstance(rows, QuerySet) and rows._iterable_class is ModelIterable:
            keys = list(rows.values_list("pk", flat=True))
            assert isinstance(self.object_list, QuerySet)
            found = {row.pk: row for row in self.object_list.filter(pk__in=keys).order_by()}
            # Whoever left the list between the two reads is left out.
            page.object_list = [found[key] for key in keys if key in found]
        return page


def page_of(request: AgentRequest, found: Any) -> Page[Any]:
    kind = BoundedPaginator if isinstance(found, QuerySet) else Paginator
    return kind(found, ROWS_PER_PAGE).get_page(request.GET.get("page"))


@dataclass(frozen=True)
class ToldMove:
    """So many people who go from one wave to another, by their names; url: of the wave they go to."""

    old: str
    new: str
    people: int


def told_moves(moves: Iterable[Move], *, new_names: dict[int, str] | None = None) -> list[ToldMove]:
    """`moves` with names, the greatest first. new_names: of waves that there are not yet."""
    found = list(moves)
    ids = {pk for move in found for pk in (move.old, move.new) if pk is not None}
    names: dict[int, str] = dict(Wave.objects.filter(pk__in=ids).values_list("pk", "name"))
    names.update(new_names or {})
    none = "aucune vague"
    told = [ToldMove(names.get(move.old or 0, none), names.get(move.new or 0, none), move.people) for move in found]
    return sorted(told, key=lambda one: (-one.people, one.old, one.new))


def people_told(moves: Iterable[Move]) -> str:
    """For the message after a change: " 12 personnes changent de vague." or nothing."""
    count = sum(move.people for move in moves)
    if not count:
        return ""
    return f" {count} personne{'s changent' if count > 1 else ' change'} de vague."


def open_waves() -> list[tuple[int, str]]:
    """Number and name, with the time, of each wave that somebody may still enter."""
    waves = planning.in_order(Wave.objects.exclude(state=Wave.State.DONE))
    return [(wave.pk, f"{wave.name} ({shown_when(wave)}, {wave.get_state_display().lower()})") for wave in waves]


def shown_when(wave: Wave) -> str:
    when = when_text.of_wave(wave)
    return when_text.long_day(when.start) if when.is_exact else when.label


def populations() -> list[Population]:
    return list(Population.objects.all())


def show(
    request: AgentRequest, template: str, context: dict[str, Any], *, wave: Wave | None = None, status: int = 200
) -> HttpResponse:
    """A page below « Vagues », or below one wave."""
    frame: dict[str, Any] = {"parent_label": "Vagues", "parent_url": reverse("waves")}
    if wave is not None:
        frame = {"wave": wave, "parent_label": wave.name, "parent_url": reverse("wave", args=[wave.pk])}
    return render(request, f"bascule/staff/waves/{template}.html", frame | context, status=status)
