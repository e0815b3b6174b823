"""What the pages for staff stand on. Whoever is not of staff hears that there is no such page."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode

from accounts.models import Agent, Establishment
from accounts.requests import AgentRequest
from boxes.views.frame import typed

ROWS_PER_PAGE = 50


def staff(request: AgentRequest) -> Agent:
    """The person who asks. Raises Http404 unless of staff."""
    if not request.user.is_staff:
        raise Http404("staff")
    return request.user


def page_of(request: AgentRequest, found: Any, *, rows: int = ROWS_PER_PAGE) -> Page[Any]:
    return Paginator(found, rows).get_page(request.GET.get("page"))


def number(request: AgentRequest, name: str) -> int | None:
    """The number in a field of a search; None for rubbish, and for none."""
    text = typed(request, name, most=18)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


def places() -> list[tuple[str, str]]:
    """Code and name of each establishment with boxes, for a list to choose from."""
    rows = Establishment.objects.filter(boxes__isnull=False).distinct().order_by("name")
    return [(place.uai, f"{place.name} ({place.uai})") for place in rows]


def show(request: AgentRequest, template: str, tab: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return render(request, f"boxes/{template}.html", {"tab": tab, **context}, status=status)


def query(**values: str | int | None) -> str:
    """For an address: what is empty is left out."""
    return urlencode({name: value for name, value in values.items() if value is not None and value != ""})
