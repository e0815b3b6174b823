"""The quarantine as staff see it: figures, gateways, notifications. Never a message, a subject or a sender."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import AgentRequest
from accounts.tables import csv_download
from quarantine import digest, gateway_states, overview, rules
from quarantine.models import Digest
from quarantine.views.frame import need_staff, typed

ROWS_PER_PAGE = 50


@never_cache
@require_safe
def staff_quarantine(request: AgentRequest) -> HttpResponseBase:
    need_staff(request)
    if request.GET.get("format") == "csv":
        return csv_download("quarantaine.csv", overview.days_table())
    wanted = typed(request, "adresse", most=320)
    by_reason = overview.held_by_reason()
    found = overview.of_mailbox(wanted) if wanted else None
    context = {
        "title": "Quarantaine (équipe)",
        "tab": "overview",
        "by_reason": by_reason,
        "held": sum(count for _, count in by_reason),
        "on_their_way": overview.on_their_way(),
        "troubles": overview.troubles(),
        "days": overview.days(),
        "decisions": list(overview.DECISIONS.values()),
        "gateways": gateway_states.of_intake(),
        "watch": digest.watch(),
        "wanted": wanted,
        "found": found,
        "wanted_error": bool(wanted and found is None),
    }
    return render(request, "quarantine/staff_overview.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def staff_digest_rules(request: AgentRequest) -> HttpResponseBase:
    need_staff(request)
    if request.method != "POST":
        if request.GET.get("format") == "csv":
            return csv_download("notifications.csv", overview.digests_table(*_asked_for(request)))
        return _rules_page(request)
    asked = {name: request.POST.get(name, "")[:500].replace("\0", "") for name in ("proposees", "habituelles", "delai")}
    try:
        changed = rules.change(
            allowed=rules.parsed_times(asked["proposees"]),
            usual=rules.parsed_times(asked["habituelles"]),
            undo_minutes=_number(asked["delai"]),
            by=request.user,
        )
    except rules.RulesError as error:
        return _rules_page(request, asked=asked, error=error.sentence)
    messages.success(request, "Réglages enregistrés." if changed else "Rien n’a changé.")
    return redirect("staff_digest_rules")


def _number(text: str) -> int:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _rules_page(request: AgentRequest, *, asked: dict[str, str] | None = None, error: str = "") -> HttpResponse:
    present = rules.present()
    state, text = _asked_for(request)
    filters = {"etat": state, "q": text}
    context = {
        "title": "Notifications de quarantaine",
        "tab": "digest",
        "allowed": asked["proposees"] if asked else ", ".join(present.allowed_times),
        "usual": asked["habituelles"] if asked else ", ".join(present.usual_times),
        "undo": asked["delai"] if asked else present.undo_minutes,
        "error": error,
        "watch": digest.watch(),
        "choices": overview.choices(),
        "sendings": overview.sendings(),
        "page": Paginator(overview.digests(state=state, text=text), ROWS_PER_PAGE).get_page(request.GET.get("page")),
        "states": Digest.State.choices,
        "state": state,
        "text": text,
        "csv": urlencode({key: value for key, value in (filters | {"format": "csv"}).items() if value}),
    }
    return render(request, "quarantine/staff_digests.html", context, status=422 if error else 200)


def _asked_for(request: AgentRequest) -> tuple[str, str]:
    """State and address of the mails to be listed."""
    state = typed(request, "etat")
    return (state if state in Digest.State.values else ""), typed(request, "q")
