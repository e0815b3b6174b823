"""Établissements, for staff: the places that people and boxes hang on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import Agent, Establishment
from accounts.requests import AgentRequest
from accounts.tables import csv_download

PER_PAGE = 50
SORTS = {"nom": ("Nom", ("name", "uai")), "uai": ("Code UAI", ("uai",)), "ville": ("Ville", ("city", "name"))}
SHOWN = {"vides": "Sans personne active", "sans-direction": "Sans direction connue", "sans-ville": "Sans ville"}


@never_cache
@require_safe
def establishment_list(request: AgentRequest) -> HttpResponseBase:
    if not request.user.is_staff:
        raise Http404
    # PostgreSQL takes no NUL in a text.
    text = request.GET.get("recherche", "").replace("\0", "").strip()[:100]
    shown = request.GET.get("montrer", "")
    sort = request.GET.get("tri", "nom")
    if sort not in SORTS:
        sort = "nom"
    found = _found(text, shown).order_by(*SORTS[sort][1])
    if request.GET.get("format") == "csv":
        return csv_download("etablissements.csv", _table(found))
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    wanted = request.GET.copy()
    wanted.pop("page", None)
    wanted["format"] = "csv"
    context = {
        "title": "Établissements",
        "page": page,
        "rows": list(_with_people(page)),
        "text": text,
        "shown": shown,
        "sort": sort,
        "sorts": [(code, label) for code, (label, _) in SORTS.items()],
        "choices": SHOWN.items(),
        "filtered": bool(text or shown in SHOWN),
        "csv": wanted.urlencode(),
    }
    return render(request, "accounts/directory/establishments.html", context)


def _found(text: str, shown: str) -> QuerySet[Establishment]:
    found: QuerySet[Establishment] = Establishment.objects.holding(text)
    # As last counted: to count a million people is not for a page.
    if shown == "vides":
        found = found.filter(Q(figures=None) | Q(figures__people=0))
    elif shown == "sans-direction":
        found = found.filter(Q(figures=None) | Q(figures__heads=0))
    elif shown == "sans-ville":
        found = found.filter(city="")
    return found


def _with_people(places: Iterable[Establishment]) -> Iterator[tuple[Establishment, int, int]]:
    """Each with how many active people, and heads among them, it has."""
    places = list(places)
    people = Agent.objects.filter(establishment__in=places, is_active=True).order_by().values_list("establishment")
    counted = {
        pk: (total, heads)
        for pk, total, heads in people.annotate(
            total=Count("pk"), heads=Count("pk", filter=Q(function=Agent.Function.HEAD))
        )
    }
    for place in places:
        yield place, *counted.get(place.pk, (0, 0))


def _table(found: QuerySet[Establishment]) -> Iterator[tuple[object, ...]]:
    yield "UAI", "nom", "ville", "personnes actives", "direction"
    some: list[Establishment] = []
    for place in found.iterator(chunk_size=500):
        some.append(place)
        if len(some) == 500:
            yield from _lines(some)
            some = []
    yield from _lines(some)


def _lines(some: list[Establishment]) -> Iterator[tuple[object, ...]]:
    for place, people, heads in _with_people(some):
        yield place.uai, place.name, place.city, people, heads
