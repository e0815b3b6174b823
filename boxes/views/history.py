"""The history of a box in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.requests import AgentRequest
from accounts.tables import csv_download
from boxes import history
from boxes.views.frame import ONLY_OWNERS, seen_box, typed

LINES_PER_PAGE = 50


@never_cache
@require_safe
def box_history(request: AgentRequest, box_id: int) -> HttpResponseBase:
    seen = seen_box(request, box_id)
    entries = history.entries(seen.box, request.user)
    person = typed(request, "personne", most=254)
    shown = history.about(entries, person) if person else entries
    if request.GET.get("format") == "csv":
        if not seen.oversees:
            raise PermissionDenied(ONLY_OWNERS)
        return csv_download(f"historique-{seen.box.address.partition('@')[0]}.csv", _table(history.told_all(shown)))
    page = Paginator(shown, LINES_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": f"Historique – {seen.box.name}",
        "seen": seen,
        "box": seen.box,
        "tab": "history",
        "page": page,
        "lines": history.told(page),
        "people": history.people(entries),
        "person": person,
    }
    return render(request, "boxes/history.html", context)


def _table(lines: Iterator[history.Line]) -> Iterator[tuple[object, ...]]:
    yield "date", "par", "adresse", "concerne", "ce qui a été fait"
    for line in lines:
        at = timezone.localtime(line.at)
        yield f"{at:%d/%m/%Y %H:%M:%S}", line.actor, line.entry.actor, line.entry.subject, line.sentence
