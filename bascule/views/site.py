"""The pages every public service owes: accessibility, legal notice, personal data. Open to anybody."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@login_not_required
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "site/accessibility.html", {"title": "Accessibilité"})


@login_not_required
@require_safe
def legal_notice(request: HttpRequest) -> HttpResponse:
    return render(request, "site/legal_notice.html", {"title": "Mentions légales"})


@login_not_required
@require_safe
def personal_data(request: HttpRequest) -> HttpResponse:
    context = {
        "title": "Données personnelles",
        "deposit_retention_days": settings.DEPOSIT_RETENTION_DAYS,
        "journal_days": settings.JOURNAL_DAYS,
        "session_hours": settings.SESSION_COOKIE_AGE // 3600,
    }
    return render(request, "site/personal_data.html", context)
