"""Diagnostic: by symptom, or from a pasted error message. Open to anybody: who cannot sign in needs it most."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Agent
from bascule.diagnosis import telling
from bascule.diagnosis.catalogue import catalogue
from bascule.diagnosis.recognition import MOST_CHARACTERS, recognised
from bascule.help.placeholders import names


def _person(request: HttpRequest) -> Agent | None:
    return request.user if isinstance(request.user, Agent) else None


def _page(request: HttpRequest, **context: Any) -> HttpResponse:
    families = [(family, catalogue().of_family(family.code)) for family in catalogue().families]
    return render(
        request,
        "bascule/diagnosis/home.html",
        {"title": "Diagnostic", "families": families, "most": MOST_CHARACTERS, **context},
    )


@login_not_required
@require_safe
def diagnosis(request: HttpRequest) -> HttpResponse:
    return _page(request)


@login_not_required
@never_cache
@sensitive_post_parameters("message")
@require_POST
def diagnosis_message(request: HttpRequest) -> HttpResponse:
    """What was pasted is looked at and given back on the page, and kept nowhere."""
    message = request.POST.get("message", "").replace("\0", "")[:MOST_CHARACTERS].strip()
    if not message:
        return _page(request, fault="Collez le message d’erreur, ou choisissez ce que vous constatez plus bas.")
    person = _person(request)
    matches = recognised(message, catalogue().causes.values(), names())
    causes = telling.told([match.cause for match in matches], names(), has_moved=person is None or person.has_migrated)
    letter = telling.letter(agent=person, to=settings.HELP_DESK, message=message, causes=causes)
    return _page(
        request, message=message, causes=causes, letter=letter, is_answer=True, title="Diagnostic d’un message"
    )


@login_not_required
@never_cache
@require_safe
def diagnosis_symptom(request: HttpRequest, symptom_code: str) -> HttpResponse:
    symptom = catalogue().symptoms.get(symptom_code)
    if symptom is None:
        raise Http404("symptom")
    person = _person(request)
    causes = telling.told(catalogue().causes_of(symptom), names(), has_moved=person is None or person.has_migrated)
    context = {
        "title": symptom.title,
        "symptom": symptom,
        "family": next(family for family in catalogue().families if family.code == symptom.family),
        "causes": causes,
        "letter": telling.letter(agent=person, to=settings.HELP_DESK, symptom=symptom.title, causes=causes),
    }
    return render(request, "bascule/diagnosis/symptom.html", context)
