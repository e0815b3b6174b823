"""The journal, for staff: who did what, and when."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import JournalEntry
from accounts.sentences import sentence


@require_safe
def journal_page(request: HttpRequest) -> HttpResponse:
    if not request.user.is_staff:
        raise Http404
    entries = JournalEntry.objects.all()
    wanted = request.GET.get("recherche", "").strip()[:100]
    if wanted:
        entries = entries.filter(
            Q(actor__icontains=wanted) | Q(subject__icontains=wanted) | Q(action__icontains=wanted)
        )
    page = Paginator(entries, 50).get_page(request.GET.get("page"))
    rows = [(entry, sentence(entry)) for entry in page]
    return render(request, "accounts/journal.html", {"page": page, "rows": rows, "wanted": wanted, "title": "Journal"})
