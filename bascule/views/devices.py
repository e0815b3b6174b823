"""Mes appareils: the inventory, and the page of a device with its step list and settings."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import AgentRequest
from bascule import checklist, planning
from bascule.devices import guides, inventory, password_list, password_look, passwords, programs, settings_values
from bascule.devices.forms import DeviceForm
from bascule.devices.guides import Values
from bascule.devices.inventory import DeviceError
from bascule.devices.listing import shown
from bascule.devices.passwords import PasswordError
from bascule.devices.programs import Program
from bascule.models import AppPassword, Device

_TYPED_MOST = 100
# Below it, a filter is more to read than the list.
_FILTER_FROM = 5

_MARKED = {
    Device.State.DONE: "« {name} » est réglé.",
    Device.State.TO_DO: "« {name} » est de nouveau à régler.",
    Device.State.UNUSED: "« {name} » ne sert plus.",
}


def _device(request: AgentRequest, device_id: int) -> Device:
    return get_object_or_404(inventory.of_agent(request.user).select_related("agent"), pk=device_id)


def _program_or_404(code: str) -> Program:
    try:
        return programs.get(code)
    except KeyError as error:
        raise Http404("program") from error


@never_cache
@require_safe
def device_list(request: AgentRequest) -> HttpResponse:
    found = list(inventory.of_agent(request.user).prefetch_related("boxes"))
    wanted, state = request.GET.get("recherche", "")[:_TYPED_MOST], request.GET.get("etat", "")
    sort = request.GET.get("tri", "")
    picture = checklist.checklist_for(request.user, planning.today())
    context = {
        "title": "Mes appareils",
        "devices": shown(inventory.chosen(found, wanted=wanted, state=state, sort=sort)),
        "standing": inventory.standing(found),
        "is_filtered": bool(wanted or state),
        "has_filter": len(found) >= _FILTER_FROM,
        "most": inventory.MOST_DEVICES,
        "wanted": wanted,
        "state": state,
        "sort": sort,
        "states": Device.State.choices,
        "sorts": inventory.SORTS,
        "kinds": programs.by_kind(),
        "avoided": programs.AVOIDED,
        "note_step": picture.view("note-devices"),
        "set_step": picture.view("reconfigure-devices"),
        "unseen": passwords.of_agent(request.user).filter(state=AppPassword.State.UNSEEN).count(),
    }
    return render(request, "bascule/devices/list.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def device_new(request: AgentRequest) -> HttpResponse:
    """First which program, by a link; then what else there is to say of it."""
    given = request.POST if request.method == "POST" else request.GET
    code = given.get("programme", "")
    if not code:
        return render(
            request, "bascule/devices/choose.html", {"title": "Ajouter un appareil", "kinds": programs.by_kind()}
        )
    program = _program_or_404(code)
    form = DeviceForm(request.user, program, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            device = inventory.add(agent=request.user, wishes=form.wishes(), by=request.user)
        except inventory.NameTaken as error:
            form.add_error("name", error.sentence)
        except DeviceError as error:
            form.add_error(None, error.sentence)
        else:
            messages.success(request, f"« {device.name} » est noté.")
            return redirect("device", device.pk) if request.user.has_migrated else redirect("devices")
    return _form(request, form, None)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def device_edit(request: AgentRequest, device_id: int) -> HttpResponse:
    device = _device(request, device_id)
    given = request.POST if request.method == "POST" else request.GET
    code = given.get("programme", "")
    program = _program_or_404(code) if code else programs.of_device(device)
    form = DeviceForm(request.user, program, request.POST if request.method == "POST" else None, device=device)
    if request.method == "POST" and form.is_valid():
        try:
            inventory.change(device=device, wishes=form.wishes(), by=request.user)
        except inventory.NameTaken as error:
            form.add_error("name", error.sentence)
        else:
            messages.success(request, "L’appareil est modifié.")
            return redirect("device", device.pk)
    return _form(request, form, device)


def _form(request: AgentRequest, form: DeviceForm, device: Device | None) -> HttpResponse:
    context = {
        "title": "Modifier l’appareil" if device else "Ajouter un appareil",
        "form": form,
        "program": form.program,
        "programs": programs.PROGRAMS,
        "device": device,
        "name_max": inventory.NAME_MAX,
    }
    return render(request, "bascule/devices/form.html", context, status=422 if form.errors else 200)


@never_cache
@require_safe
def device_page(request: AgentRequest, device_id: int) -> HttpResponse:
    device = _device(request, device_id)
    return render(request, "bascule/devices/device.html", _page(request, device))


def _page(request: AgentRequest, device: Device) -> dict[str, Any]:
    guide = guides.for_device(device)
    kinds = settings_values.used_by(guide)
    seen = password_look.seen(password_look.latest(request.user)) if device.agent.has_migrated else None
    ordered = passwords.of_agent(request.user).filter(state=AppPassword.State.ORDERED).first()
    return {
        "title": device.name,
        "device": device,
        "shown": shown([device])[0],
        "program": programs.of_device(device),
        "version": programs.version_label(device),
        "guide": guide,
        "progress": _progress(guide, device),
        "blocks": settings_values.blocks(kinds, device.agent.address),
        "box_calendars": settings_values.box_calendars(device.agent) if Values.BOXES in kinds else [],
        "password_lines": password_list.of_device(device, seen),
        "ordered": ordered,
        "standing": inventory.standing(inventory.of_agent(request.user)),
        "set_step": checklist.checklist_for(request.user, planning.today()).view("reconfigure-devices"),
    }


def _progress(guide: guides.Guide, device: Device) -> dict[str, int]:
    codes = [step.code for step in guide.steps()]
    return {"done": sum(code in device.ticked for code in codes), "total": len(codes)}


@require_POST
def device_tick(request: AgentRequest, device_id: int) -> HttpResponse:
    """One step of the guide done, or not; htmx gets the step and the progress, a form goes back to where it was."""
    device = _device(request, device_id)
    code, done = request.POST.get("etape", ""), request.POST.get("fait", "") == "1"
    try:
        inventory.tick(device=device, step=code, done=done, by=request.user)
    except KeyError as error:
        raise Http404("step") from error
    if not request.htmx:
        return redirect(f"{reverse('device', args=[device.pk])}#etape-{code}")
    device.refresh_from_db()
    guide = guides.for_device(device)
    step = next(one for one in guide.steps() if one.code == code)
    context = {"device": device, "step": step, "progress": _progress(guide, device), "ticked": True}
    return render(request, "bascule/devices/_ticked.html", context)


@require_POST
def device_state(request: AgentRequest, device_id: int) -> HttpResponse:
    device = _device(request, device_id)
    state = request.POST.get("state", "")
    if state not in _MARKED:
        raise Http404("state")
    try:
        inventory.mark(device=device, state=state, by=request.user)
    except DeviceError as error:
        messages.error(request, error.sentence)
        return redirect("device", device.pk)
    messages.success(request, _MARKED[Device.State(state)].format(name=device.name))
    return redirect("devices") if request.POST.get("from") == "list" else redirect("device", device.pk)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def device_delete(request: AgentRequest, device_id: int) -> HttpResponse:
    device = _device(request, device_id)
    made = [
        row for row in device.passwords.filter(state__in=passwords.LIVING) if row.state != AppPassword.State.REVOKING
    ]
    if request.method == "POST":
        if request.POST.get("mots-de-passe") == "revoquer":
            _revoke_all(request, made)
        inventory.remove(device=device, by=request.user)
        messages.success(request, f"« {device.name} » n’est plus dans votre liste.")
        return redirect("devices")
    return render(
        request, "bascule/devices/delete.html", {"title": "Retirer l’appareil", "device": device, "made": made}
    )


def _revoke_all(request: AgentRequest, made: list[AppPassword]) -> None:
    for row in made:
        try:
            passwords.revoke(agent=request.user, name=row.name, by=request.user)
        except PasswordError as error:
            messages.error(request, f"« {row.name} » : {error.sentence}")
