"""Files and codes that set a device up: the Apple profile, and a QR code that opens the settings on a telephone."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import AgentRequest
from bascule.devices import apple, guides, inventory, profile_signing, qr, settings_values
from bascule.devices.apple import Contents
from bascule.models import Device


def _own(request: AgentRequest, device_id: int) -> Device:
    return get_object_or_404(inventory.of_agent(request.user).select_related("agent"), pk=device_id)


@never_cache
@require_safe
def device_profile(request: AgentRequest, device_id: int) -> HttpResponse:
    """What the profile is to set up, then the profile itself."""
    device = _own(request, device_id)
    calendars = apple.calendars_of(request.user)
    if "telecharger" not in request.GET:
        context: dict[str, Any] = {
            "title": "Profil Apple",
            "device": device,
            "calendars": calendars,
            "is_for": apple.is_for(device),
            "is_signed": profile_signing.is_configured() and not profile_signing.trouble(),
        }
        return render(request, "bascule/devices/profile.html", context)
    wanted = set(request.GET.getlist("partie"))
    contents = Contents(
        mail="messages" in wanted,
        contacts="contacts" in wanted,
        calendar="agenda" in wanted,
        is_exchange=request.GET.get("forme") == "exchange",
        calendars=calendars if "boites" in wanted else (),
    )
    if contents.is_empty:
        return redirect("device_profile", device.pk)
    return _download(device, contents)


def _download(device: Device, contents: Contents) -> HttpResponse:
    profile = profile_signing.signed_if_possible(apple.profile(device.agent, contents, device=device))
    headers = {"Content-Disposition": f'attachment; filename="{apple.FILE_NAME}"'}
    return HttpResponse(profile, content_type=apple.CONTENT_TYPE, headers=headers)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def device_qr(request: AgentRequest, device_id: int) -> HttpResponse:
    """Asked for by a form: each code closes the one before."""
    device = _own(request, device_id)
    context: dict[str, Any] = {
        "title": "Ouvrir sur le téléphone",
        "device": device,
        "minutes": qr.LASTS.seconds // 60,
    }
    if request.method == "POST":
        if "fermer" in request.POST:
            qr.close(device=device, by=request.user)
            return redirect("device", device.pk)
        link, token = qr.make(device=device, by=request.user)
        address = request.build_absolute_uri(reverse("device_open", args=[token]))
        context |= {"link": link, "address": address, "picture": qr.picture(address)}
    return render(request, "bascule/devices/qr.html", context)


@login_not_required
@never_cache
@require_safe
def device_open(request: HttpRequest, link: str) -> HttpResponse:
    """What a telephone sees that followed the code: settings, nothing secret, no sign-in."""
    try:
        device = qr.opened(link)
    except qr.LinkGone as error:
        context: dict[str, Any] = {"title": "Lien plus valable", "sentence": error.sentence}
        return render(request, "bascule/devices/opened.html", context, status=404)
    if "profil" in request.GET and apple.is_for(device):
        return _download(device, Contents(calendars=apple.calendars_of(device.agent)))
    kinds = settings_values.used_by(guides.for_device(device))
    kinds = [kind for kind in kinds if kind is not guides.Values.BOXES]
    context = {
        "title": f"Réglages : {device.name}",
        "device": device,
        "is_apple": apple.is_for(device),
        "blocks": settings_values.blocks(kinds, device.agent.address),
    }
    return render(request, "bascule/devices/opened.html", context)
