"""The planning of the waves for calendar programs: a file, and a link to subscribe to."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import AgentRequest
from bascule.models import PlanningFeed
from bascule.views.staff.wave_frame import need_staff, show
from bascule.waves import ics, listing

_GONE = "Ce lien n’est plus valable. Demandez-en un autre dans le portail, page « Vagues »."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def planning_subscribe(request: AgentRequest) -> HttpResponse:
    by = need_staff(request)
    if request.method == "POST":
        if "supprimer" in request.POST:
            ics.close_link(by=by)
            messages.success(request, "Votre lien est supprimé : les agendas abonnés ne reçoivent plus rien.")
        else:
            ics.open_link(by=by)
            messages.success(request, "Votre lien est prêt.")
        return redirect("planning_subscribe")
    feed = PlanningFeed.objects.filter(agent=by).first()
    return show(request, "calendar", {"title": "Le planning dans mon agenda", "url": ics.url(feed) if feed else ""})


@never_cache
@require_safe
def planning_ics(request: AgentRequest) -> HttpResponse:
    need_staff(request)
    return _calendar(download=True)


@login_not_required
@sensitive_variables("token")
@never_cache
@require_safe
def planning_feed(request: HttpRequest) -> HttpResponse:
    """For programs that hold a link: nobody signs in. Whoever is not of staff any more gets nothing."""
    token = request.GET.get(ics.FIELD, "")
    try:
        ics.opened(token)
    except ics.BadLink:
        return HttpResponseNotFound(_GONE, content_type="text/plain; charset=utf-8")
    return _calendar(download=False)


def _calendar(*, download: bool) -> HttpResponse:
    answer = HttpResponse(
        ics.calendar(listing.choose(), now=timezone.now()), content_type="text/calendar; charset=utf-8"
    )
    answer["Content-Disposition"] = content_disposition_header(download, "vagues-de-bascule.ics") or "inline"
    answer["X-Robots-Tag"] = "noindex, nofollow"
    return answer
