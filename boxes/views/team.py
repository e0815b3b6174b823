"""Vie d'équipe: what the team of a box agreed on, its tags, and what is common to all in a shared box."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import JournalEntry
from accounts.plain_text import plain
from accounts.requests import AgentRequest
from boxes import conventions, history, tags
from boxes.delegations import DelegationError
from boxes.models import TeamTag
from boxes.models.box import CONVENTIONS_MAX_CHARACTERS
from boxes.views.frame import Seen, need_member, need_owner, seen_box


def _page(request: AgentRequest, seen: Seen, name: str, more: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return render(request, f"boxes/{name}.html", {"seen": seen, "box": seen.box, "tab": "team", **more}, status=status)


@never_cache
@require_safe
def box_team(request: AgentRequest, box_id: int) -> HttpResponse:
    seen = seen_box(request, box_id)
    # In order of the alphabet as people know it, which databases do not agree on.
    agreed = sorted(seen.box.tags.all(), key=lambda tag: plain(tag.name))
    written = JournalEntry.objects.filter(target=f"box:{seen.box.pk}", action="box.conventions_changed").order_by("-pk")
    context: dict[str, Any] = {
        "title": f"Vie d’équipe – {seen.box.name}",
        "parts": conventions.parts_of(seen.box.conventions),
        "written": next(iter(history.told(written[:1])), None) if seen.box.conventions else None,
        "tags": [(tag, tags.COLOURS.get(tag.colour, "")) for tag in agreed],
        "may_add_tag": seen.manages and len(agreed) < tags.MOST_TAGS,
        "proposals": [name for name, _, _ in tags.PROPOSALS],
    }
    if seen.writes and seen.delegation is not None:
        context["copies"] = tags.copies_of(seen.delegation, agreed)
    return _page(request, seen, "team", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def box_conventions_edit(request: AgentRequest, box_id: int) -> HttpResponse:
    seen = seen_box(request, box_id)
    need_owner(seen)
    now = seen.box.conventions
    context: dict[str, Any] = {"title": "Conventions d’équipe", "max_characters": CONVENTIONS_MAX_CHARACTERS}
    if request.method != "POST":
        text = now or (conventions.EXAMPLE if request.GET.get("exemple") else "")
        context |= {"text": text, "version": conventions.version_of(now), "offers_example": not text}
        return _page(request, seen, "conventions_edit", context)
    typed = conventions.tidy(request.POST.get("text", ""))
    begun_with = request.POST.get("version", "")[:64]
    context |= {"text": typed, "version": begun_with}
    try:
        changed = conventions.write(box=seen.box, text=typed, begun_with=begun_with, by=request.user)
    except conventions.ChangedMeanwhile as conflict:
        context |= {
            "error": conflict.sentence,
            "other_text": conflict.current,
            "version": conventions.version_of(conflict.current),
        }
        return _page(request, seen, "conventions_edit", context, status=409)
    except DelegationError as error:
        context["error"] = error.sentence
        return _page(request, seen, "conventions_edit", context, status=422)
    if changed:
        messages.success(request, "Les conventions sont enregistrées : toute l’équipe les voit.")
    return redirect("box_team", box_id)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def box_tag_new(request: AgentRequest, box_id: int) -> HttpResponse:
    seen = seen_box(request, box_id)
    need_owner(seen)
    return _tag_form(request, seen, None)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def box_tag_edit(request: AgentRequest, box_id: int, tag_id: int) -> HttpResponse:
    seen = seen_box(request, box_id)
    need_owner(seen)
    return _tag_form(request, seen, get_object_or_404(seen.box.tags.select_related("box"), pk=tag_id))


def _tag_form(request: AgentRequest, seen: Seen, tag: TeamTag | None) -> HttpResponse:
    values: dict[str, Any] = {"name": "", "colour": 1, "meaning": ""}
    if tag is not None:
        values = {"name": tag.name, "colour": tag.colour, "meaning": tag.meaning}
    error: DelegationError | None = None
    if request.method == "POST":
        colour = request.POST.get("colour", "")
        values = {
            "name": request.POST.get("name", "")[:300],
            "colour": int(colour) if colour.isascii() and colour.isdecimal() and len(colour) < 3 else 0,
            "meaning": request.POST.get("meaning", "")[:600],
        }
        try:
            if tag is None:
                tags.add(box=seen.box, by=request.user, **values)
            else:
                tags.change(tag=tag, by=request.user, **values)
        except DelegationError as refused:
            error = refused
        else:
            messages.success(request, f"L’étiquette « {' '.join(values['name'].split())} » est enregistrée.")
            return redirect("box_team", seen.box.pk)
    context = {
        "title": "Modifier l’étiquette" if tag else "Ajouter une étiquette",
        "tag": tag,
        "values": values,
        "colours": tags.COLOURS,
        "name_max": tags.NAME_MAX,
        "meaning_max": tags.MEANING_MAX,
        "error": error.sentence if error else "",
        "wrong": _wrong_field(error),
    }
    return _page(request, seen, "tag_form", context, status=422 if error else 200)


def _wrong_field(error: DelegationError | None) -> str:
    """The field that `error` is about, "" for none of them."""
    if isinstance(error, (tags.BadName, tags.NameTaken)):
        return "name"
    if isinstance(error, tags.BadColour):
        return "colour"
    return "meaning" if isinstance(error, tags.TooLong) else ""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def box_tag_delete(request: AgentRequest, box_id: int, tag_id: int) -> HttpResponse:
    seen = seen_box(request, box_id)
    need_owner(seen)
    tag = get_object_or_404(seen.box.tags.select_related("box"), pk=tag_id)
    if request.method != "POST":
        context = {"title": "Retirer l’étiquette", "tag": tag, "colour": tags.COLOURS.get(tag.colour, "")}
        return _page(request, seen, "tag_delete", context)
    try:
        tags.remove(tag=tag, by=request.user)
    except DelegationError as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, f"L’étiquette « {tag.name} » n’est plus parmi celles de l’équipe.")
    return redirect("box_team", box_id)


@require_POST
def box_tags_propose(request: AgentRequest, box_id: int) -> HttpResponse:
    """Begin with the tags that most teams use."""
    seen = seen_box(request, box_id)
    need_owner(seen)
    try:
        added = tags.add_proposals(box=seen.box, by=request.user)
    except DelegationError as error:
        messages.error(request, error.sentence)
    else:
        if added:
            messages.success(request, "Les étiquettes proposées sont ajoutées : modifiez-les à votre façon.")
    return redirect("box_team", box_id)


@require_POST
def box_tags_create(request: AgentRequest, box_id: int) -> HttpResponse:
    """Have the team's tags made in one's own mailbox."""
    seen = seen_box(request, box_id)
    delegation = need_member(seen)
    try:
        tags.ask_for_copies(delegation=delegation, by=request.user)
    except tags.ReadersHaveNone as error:
        raise PermissionDenied(error.sentence) from None
    except DelegationError as error:
        messages.error(request, error.sentence)
    return redirect("box_team", box_id)
