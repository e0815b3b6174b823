"""Support notes on a person: add, change and delete one's own."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Agent
from accounts.requests import AgentRequest
from bascule.help_desk import notes
from bascule.help_desk.errors import NotThere, Refused
from bascule.models import SupportNote
from bascule.views.staff.help_desk_frame import below, page_url, person_of, sent, staff_of


def _note(agent: Agent, note_id: int, by: Agent) -> SupportNote:
    """A note of one's own. Raises Http404."""
    row = SupportNote.objects.filter(pk=note_id, agent=agent, author=by).first()
    if row is None:
        raise Http404("note")
    return row


@require_POST
def note_add(request: AgentRequest, agent_id: int) -> HttpResponse:
    by = staff_of(request)
    agent = person_of(agent_id)
    text, pinned = _sent(request)
    try:
        notes.add(agent=agent, text=text, pinned=pinned, by=by)
    except Refused as error:
        messages.error(request, error.sentence)
        if text.strip():
            # What was written is not lost.
            return _form(request, agent, None, text, pinned)
    except NotThere as error:
        raise Http404("note") from error
    else:
        messages.success(request, "Note enregistrée.")
    return redirect(page_url(agent))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def note_edit(request: AgentRequest, agent_id: int, note_id: int) -> HttpResponse:
    by = staff_of(request)
    agent = person_of(agent_id)
    row = _note(agent, note_id, by)
    if request.method != "POST":
        return _form(request, agent, row, notes.opened(row) or "", row.pinned, status=200)
    text, pinned = _sent(request)
    try:
        notes.change(note=row, text=text, pinned=pinned, by=by)
    except Refused as error:
        messages.error(request, error.sentence)
        return _form(request, agent, row, text, pinned)
    except NotThere as error:
        raise Http404("note") from error
    messages.success(request, "Note enregistrée.")
    return redirect(page_url(agent))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def note_delete(request: AgentRequest, agent_id: int, note_id: int) -> HttpResponse:
    by = staff_of(request)
    agent = person_of(agent_id)
    row = _note(agent, note_id, by)
    if request.method == "POST":
        try:
            notes.delete(note=row, by=by)
        except NotThere as error:
            raise Http404("note") from error
        messages.success(request, "Note supprimée.")
        return redirect(page_url(agent))
    context = {**below(agent, "Supprimer une note"), "note": row, "text": notes.opened(row)}
    return render(request, "bascule/staff/help_desk/note_delete.html", context)


def _sent(request: AgentRequest) -> tuple[str, bool]:
    # Twice as much as is kept: line ends come as two characters.
    return sent(request, "texte", most=2 * notes.MOST_CHARACTERS), request.POST.get("epingle") == "oui"


def _form(
    request: AgentRequest, agent: Agent, row: SupportNote | None, text: str, pinned: bool, *, status: int = 422
) -> HttpResponse:
    context = {
        **below(agent, "Modifier une note" if row else "Ajouter une note"),
        "note": row,
        "text": text,
        "pinned": pinned,
        "note_most": notes.MOST_CHARACTERS,
    }
    return render(request, "bascule/staff/help_desk/note_form.html", context, status=status)
