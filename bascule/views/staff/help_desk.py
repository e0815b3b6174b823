"""Agents: the search, and the one page of a person."""

from __future__ import annotations

from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import agent_facts
from accounts.models import Agent, Population
from accounts.requests import AgentRequest
from accounts.tables import csv_download
from bascule import planning
from bascule.devices import inventory, listing
from bascule.help_desk import acts_wave, consents, notes, person, search, visits, work
from bascule.help_desk.search import Asked
from bascule.models import Wave
from bascule.reminders import refusals
from bascule.views.staff.help_desk_frame import person_of, staff_of, typed

ROWS_PER_PAGE = 25


@never_cache
@require_safe
def help_desk(request: AgentRequest) -> HttpResponseBase:
    by = staff_of(request)
    asked = _asked(request)
    found = search.Found([]) if asked.is_empty else search.find(asked)
    if request.GET.get("format") == "csv":
        return csv_download("agents.csv", search.table(found))
    page = Paginator(found.keys, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": "Agents",
        "asked": asked,
        "found": found,
        "page": page,
        "people": search.people(list(page.object_list)),
        "recent": visits.recent(by) if asked.is_empty else [],
        "waves": planning.in_order(Wave.objects.all()),
        "populations": Population.objects.all(),
        "moved": search.MOVED,
        "csv": urlencode({**_parameters(asked), "format": "csv"}),
    }
    return render(request, "bascule/staff/help_desk/search.html", context)


def _asked(request: AgentRequest) -> Asked:
    moved = typed(request, "transfert")
    return Asked(
        text=typed(request, "recherche", most=search.MOST_CHARACTERS),
        wave=_number(typed(request, "vague")),
        population=_number(typed(request, "population")),
        place=typed(request, "etablissement"),
        moved=moved if moved in search.MOVED else "",
        with_gone=typed(request, "partis") == "oui",
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _parameters(asked: Asked) -> dict[str, str]:
    values = {
        "recherche": asked.text,
        "vague": "" if asked.wave is None else str(asked.wave),
        "population": "" if asked.population is None else str(asked.population),
        "etablissement": asked.place,
        "transfert": asked.moved,
        "partis": "oui" if asked.with_gone else "",
    }
    return {name: value for name, value in values.items() if value}


@require_safe
def by_address(request: AgentRequest) -> HttpResponse:
    """From an address in the journal or in a notice to the page of whom it belongs to."""
    staff_of(request)
    address = typed(request, "a", most=search.MOST_CHARACTERS).lower()
    known = Agent.objects.filter(address=address).values_list("pk", flat=True).first() if address else None
    if known is not None:
        return redirect("help_desk_agent", known)
    return redirect(f"{reverse('help_desk')}?{urlencode({'recherche': address, 'partis': 'oui'})}")


@never_cache
@require_safe
def agent_page(request: AgentRequest, agent_id: int) -> HttpResponse:
    by = staff_of(request)
    agent = person_of(agent_id)
    if request.method == "GET":
        visits.note(agent=agent, by=by)
    place = person.place(agent, planning.today())
    parts, last_at = person.parts(agent, place.schedule)
    found = notes.of_person(agent)
    context = {
        "title": agent.full_name,
        "parent_label": "Agents",
        "parent_url": reverse("help_desk"),
        "agent": agent,
        "is_own": agent.pk == by.pk,
        "may_act": agent.pk != by.pk and agent.is_active,
        "facts": person.facts(agent),
        "place": place,
        "waves": [] if agent.has_migrated else acts_wave.choices(),
        "parts": parts,
        "last_at": last_at,
        "notes_taken": person.notes_taken(parts),
        "files": work.files(agent, by),
        "files_shown": work.FILES_SHOWN,
        "jobs": work.jobs(agent),
        "settings": work.settings_of(agent),
        "devices": listing.shown(inventory.of_agent(agent).prefetch_related("boxes")),
        "sections": agent_facts.sections(agent),
        "notices": work.notices_of(agent),
        "reminders": work.reminders_of(agent),
        "wants_no_reminder": refusals.has_refused(agent),
        "journal": person.journal_of(agent),
        "journal_query": urlencode({"concerne": agent.address}),
        "consents": consents.for_staff(agent),
        "notes": found,
        "note_most": notes.MOST_CHARACTERS,
        **person.boxes(agent),
    }
    return render(request, "bascule/staff/help_desk/agent.html", context)
