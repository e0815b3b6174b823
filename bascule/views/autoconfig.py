"""What mail programs fetch by themselves, without a sign-in: the servers, for the domains of this site alone."""

from __future__ import annotations

import re

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseNotFound
from django.urls import NoReverseMatch, reverse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.crypto import salted_hmac
from django.utils.http import quote_etag
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from bascule.devices import autoconfig

# Programs ask once for each account they make; a server that moves must not be told wrong for long.
_SECONDS = 3600
_NOT_OURS = "Ce portail ne règle que les adresses de ses propres domaines.\n"
_AUTOCONFIG_HOST = re.compile(r"(?:autoconfig|autodiscover)\.(?P<domain>[^:]+)", re.IGNORECASE)


@login_not_required
@require_safe
def thunderbird_config(request: HttpRequest) -> HttpResponse:
    """The same for every address of our domains, existing or not; 404 for all others.

    Programs that leave the address out mean the domain in the name of the host.
    """
    address = request.GET.get("emailaddress", "")
    named = _AUTOCONFIG_HOST.fullmatch(request.get_host().partition(":")[0])
    asked = address or (named["domain"] if named else "")
    if asked and not autoconfig.is_ours(asked):
        return _text(_NOT_OURS)
    answer = HttpResponse(autoconfig.thunderbird(_help_url()), content_type="text/xml; charset=utf-8")
    return _kept(request, answer)


# A program posts a document without a cookie or a form; nothing is changed by it.
@csrf_exempt
@login_not_required
@require_POST
def autodiscover(request: HttpRequest) -> HttpResponse:
    """For Outlook and telephones. A password that a program sends along is neither read nor asked for."""
    try:
        asked = autoconfig.read_request(request.read(autoconfig.MOST_BYTES + 1))
        if not autoconfig.is_ours(asked.address) or "@" not in asked.address:
            return _text(_NOT_OURS)
        answer = HttpResponse(autoconfig.outlook(asked), content_type="text/xml; charset=utf-8")
    except autoconfig.NotUnderstood:
        return HttpResponseBadRequest("Demande non comprise.\n", content_type="text/plain; charset=utf-8")
    patch_cache_control(answer, no_store=True)
    return answer


def _help_url() -> str:
    """The page of the help about Thunderbird; the portal itself where there is none."""
    try:
        path = reverse("help_page", args=("thunderbird",))
    except NoReverseMatch:
        path = "/"
    return f"{settings.BASE_URL}{path}"


def _kept(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """`answer` to be kept by whoever asked, or the news that what they have still holds."""
    patch_cache_control(answer, public=True, max_age=_SECONDS)
    answer["X-Robots-Tag"] = "noindex"
    etag = quote_etag(salted_hmac("bascule.autoconfig", answer.content).hexdigest()[:32])
    answer["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=answer) or answer


def _text(sentence: str) -> HttpResponse:
    return HttpResponseNotFound(sentence, content_type="text/plain; charset=utf-8")
