"""Demandes de l’assistance: who of staff asked to look into the person's files, the answer, and what was looked at."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import AgentRequest
from bascule.help_desk import consents
from bascule.help_desk.errors import HelpDeskError, NotThere
from bascule.models import ContentConsent

ROWS_PER_PAGE = 20


def _mine(request: AgentRequest, consent_id: int) -> ContentConsent:
    """A request made to the person. Raises Http404."""
    return get_object_or_404(ContentConsent.objects.select_related("asked_by"), pk=consent_id, agent=request.user)


@never_cache
@require_safe
def consent_list(request: AgentRequest) -> HttpResponse:
    page = Paginator(consents.of_person(request.user), ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": "Demandes de l’assistance",
        "page": page,
        "rows": [(row, consents.is_too_old(row), consents.moment(row)) for row in page],
        "help_desk_address": settings.HELP_DESK,
    }
    return render(request, "bascule/consents/list.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def consent_answer(request: AgentRequest, consent_id: int) -> HttpResponse:
    row = _mine(request, consent_id)
    if request.method == "POST":
        return _answer(request, row)
    if row.state != ContentConsent.State.ASKED or consents.is_too_old(row):
        # A notice leads here for good: what became of the request stands in the list.
        return redirect("consents")
    context = {
        "title": "Une demande de l’assistance",
        "row": row,
        "spans": [(key, words) for key, (_, words) in consents.SPANS.items()],
        "file_gone": row.scope == ContentConsent.Scope.FILE and row.deposit_id is None,
    }
    return render(request, "bascule/consents/answer.html", context)


def _answer(request: AgentRequest, row: ContentConsent) -> HttpResponse:
    name = row.asked_by.full_name
    try:
        if request.POST.get("reponse") == "refus":
            consents.refuse(consent=row, by=request.user)
            messages.success(request, f"Vous avez refusé : {name} ne verra rien.")
        else:
            allowed = request.POST.get("original") == "oui"
            consents.grant(consent=row, span=request.POST.get("duree", ""), originals=allowed, by=request.user)
            messages.success(request, f"Accord donné à {name}. Vous pouvez le retirer à tout moment, ici.")
    except NotThere as error:
        raise Http404("consent") from error
    except HelpDeskError as error:
        messages.error(request, error.sentence)
        if error.sentence == consents.NO_SPAN:
            return redirect("consent_answer", row.pk)
    return redirect("consents")


@require_POST
def consent_withdraw(request: AgentRequest, consent_id: int) -> HttpResponse:
    row = _mine(request, consent_id)
    try:
        consents.withdraw(consent=row, by=request.user)
    except NotThere as error:
        raise Http404("consent") from error
    except HelpDeskError as error:
        messages.info(request, error.sentence)
    else:
        messages.success(request, f"Accord retiré : {row.asked_by.full_name} ne voit plus rien.")
    return redirect("consents")
