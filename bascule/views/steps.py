"""The page of a step, and the changes a person makes to it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from accounts.requests import AgentRequest
from bascule import carried, checklist, deposits, planning, steps
from bascule.checklist import ChecklistError
from bascule.devices import inventory, listing
from bascule.forms import BoxesForm, NoteForm
from bascule.help.library import library
from bascule.step_content import content_for
from bascule.steps import Step, Tool
from bascule.uploads import max_request_bytes
from boxes import step_boxes, uses

_CHANGES = {
    "done": (checklist.mark_done, "« {title} » : c’est fait."),
    "not_concerned": (checklist.mark_not_concerned, "« {title} » : vous n’êtes pas concerné."),
    "open": (checklist.reopen, "« {title} » : remise à faire."),
}


def _step_or_404(code: str) -> Step:
    try:
        return steps.get(code)
    except KeyError as error:
        raise Http404(code) from error


@never_cache
@require_safe
def step_page(request: AgentRequest, code: str) -> HttpResponse:
    return _page(request, _step_or_404(code))


def _page(request: AgentRequest, step: Step, *, note_form: NoteForm | None = None, status: int = 200) -> HttpResponse:
    """The page of `step`; `note_form` when what was written there could not be kept."""
    picture = checklist.checklist_for(request.user, planning.today())
    previous, following = steps.neighbours(step)
    context: dict[str, Any] = {
        "title": step.title,
        "view": picture.view(step.code),
        "step": step,
        "schedule": picture.schedule,
        "content": content_for(step.code),
        "previous": previous,
        "following": following,
        "help_pages": library().by_step.get(step.code, []),
    }
    if step.takes_notes:
        note = checklist.note(request.user, step.code)
        context["note_form"] = note_form or NoteForm(initial={"note": note or ""})
        context["note_is_lost"] = note is None
        context["note_max"] = checklist.NOTE_MAX_CHARACTERS
    if step.takes_up:
        context["earlier"] = steps.get(step.takes_up)
        context["earlier_note"] = checklist.note(request.user, step.takes_up)
    if step.tool in (Tool.CONTACTS, Tool.CALENDARS):
        context["carried"] = carried.carried_by(request.user, step.tool)
        context["max_megabytes"] = deposits.max_megabytes()
        context["max_request_megabytes"] = max_request_bytes() // 1_000_000
    if step.tool is Tool.SIGNATURE:
        context["signatures"] = carried.signatures_of(request.user)
    if step.tool is Tool.FILTERS:
        context["rules"] = carried.rules_of(request.user)
    if step.tool in (Tool.FILTERS, Tool.SIGNATURE):
        # Notes were the tool before there was one: they show to whoever wrote some.
        context["note_is_side"] = not (note_form or context.get("note_is_lost") or _kept_note(context))
    if step.tool is Tool.BOXES:
        if step.is_before:
            context["boxes_form"] = BoxesForm(uses.boxes_in_reach(request.user), noted=uses.noted(request.user))
        else:
            context["boxes_found"] = step_boxes.found(request.user)
    if step.tool is Tool.SERVERS:
        context["servers"] = settings
    if step.about_devices:
        found = list(inventory.of_agent(request.user).prefetch_related("boxes"))
        context["devices"], context["devices_standing"] = listing.shown(found), inventory.standing(found)
    return render(request, "bascule/step.html", context, status=status)


def _kept_note(context: dict[str, Any]) -> bool:
    form = context.get("note_form")
    return bool(form and form.initial.get("note"))


@require_POST
def change_state(request: AgentRequest, code: str) -> HttpResponse:
    """Mark the step as `state` says. From the home page, htmx gets the row and what hangs on it; a form, a redirect."""
    step = _step_or_404(code)
    try:
        change, sentence = _CHANGES[request.POST.get("state", "")]
    except KeyError as error:
        raise Http404("state") from error
    page = reverse("step", args=[code]) if request.POST.get("from") == "step" else reverse("home")
    try:
        change(agent=request.user, step=code, by=request.user)
    except ChecklistError as error:
        messages.error(request, error.sentence)
        return HttpResponseClientRedirect(page) if request.htmx else redirect(page)
    told = sentence.format(title=step.title)
    if request.htmx:
        picture = checklist.checklist_for(request.user, planning.today())
        context = {
            "checklist": picture,
            "deposited": carried.deposited_files(request.user),
            "view": picture.view(code),
            "announcement": told,
        }
        return render(request, "bascule/_step_changed.html", context)
    messages.success(request, told)
    return redirect(page)


@sensitive_post_parameters("note")
@require_POST
def save_note(request: AgentRequest, code: str) -> HttpResponse:
    step = _step_or_404(code)
    form = NoteForm(request.POST)
    if form.is_valid():
        try:
            checklist.save_note(agent=request.user, step=code, text=form.cleaned_data["note"], by=request.user)
        except ChecklistError as error:
            form.add_error("note", error.sentence)
    if form.errors:
        if not step.takes_notes:
            raise Http404(code)
        return _page(request, step, note_form=form, status=422)
    kept = bool(form.cleaned_data["note"].strip())
    messages.success(request, "Vos notes sont enregistrées." if kept else "Vos notes sont effacées.")
    return redirect("step", code)


@require_POST
def note_boxes(request: AgentRequest) -> HttpResponse:
    form = BoxesForm(uses.boxes_in_reach(request.user), request.POST)
    # Boxes out of reach make the form invalid: only a hand-made request names them, and it changes nothing.
    if not form.is_valid():
        raise Http404("box")
    count = uses.note(agent=request.user, box_ids=form.chosen(), by=request.user)
    messages.success(request, f"{count} boîte{'s' if count > 1 else ''} notée{'s' if count > 1 else ''}.")
    return redirect("step", "note-boxes")
