"""The journal, for staff: who did what, and when."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import JournalEntry
from accounts.sentences import sentence
from accounts.tables import csv_download


@require_safe
def journal_page(request: HttpRequest) -> HttpResponseBase:
    if not request.user.is_staff:
        raise Http404
    entries = JournalEntry.objects.all()
    # PostgreSQL takes no NUL in a text.
    wanted = request.GET.get("recherche", "").replace("\0", "").strip()[:100]
    if wanted:
        entries = entries.filter(
            Q(actor__icontains=wanted) | Q(subject__icontains=wanted) | Q(action__icontains=wanted)
        )
    if request.GET.get("format") == "csv":
        return csv_download("journal.csv", _table(entries))
    page = Paginator(entries, 50).get_page(request.GET.get("page"))
    rows = [(entry, sentence(entry)) for entry in page]
    return render(request, "accounts/journal.html", {"page": page, "rows": rows, "wanted": wanted, "title": "Journal"})


def _table(entries: QuerySet[JournalEntry]) -> Iterator[tuple[object, ...]]:
    yield "date", "par", "concerne", "action", "ce qui a été fait"
    for entry in entries.iterator(chunk_size=1000):
        at = timezone.localtime(entry.at)
        yield f"{at:%d/%m/%Y %H:%M:%S}", entry.actor or "Le portail", entry.subject, entry.action, sentence(entry)
