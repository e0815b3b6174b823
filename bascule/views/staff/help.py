"""Staff: what people think of the help and do not find in it; its pages changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import AgentRequest
from accounts.tables import csv_download
from bascule import planning
from bascule.help import editing, library, opinions
from bascule.help.checking import check
from bascule.help.editing import HelpError
from bascule.help.format import slug_fault
from bascule.help.library import Library, Source
from bascule.help.markdown import render as rendered
from bascule.help.sections import SECTIONS
from bascule.models import HelpRemark
from bascule.views.staff.reminders import staff_only

_DAYS = 90
_MOST_REMARKS = 50
_SORTS = {"rubrique": "Rubrique", "avis": "Nombre d’avis", "inutile": "Les moins utiles d’abord"}
_NEW = """---
title: Titre de la page
section: faq
order: 900
summary: Une phrase qui dit ce que l’on trouve ici.
keywords: mots, que l’on taperait
---
Le texte, en Markdown.
"""
_SOURCES = {Source.SHIPPED: "d’origine", Source.CHANGED: "modifiée", Source.ADDED: "ajoutée"}


@never_cache
@require_safe
def help_staff(request: AgentRequest) -> HttpResponseBase:
    staff_only(request)
    since = planning.today() - timedelta(days=_DAYS)
    around, counts = library.library(), opinions.counts(since)
    wanted = request.GET.get("q", "").strip()[:100]
    sort = request.GET.get("tri", "")
    rows = [
        (page, counts.get(page.slug, opinions.Count(page.slug, 0, 0)), _SOURCES[page.source])
        for page in around.in_order
        if wanted.lower() in page.title.lower()
    ]
    if sort == "avis":
        rows.sort(key=lambda row: -row[1].total)
    elif sort == "inutile":
        rows.sort(key=lambda row: (-row[1].useless, row[1].useful))
    if request.GET.get("format") == "csv":
        heading = ("Page", "Titre", "Origine", "Utile", "Pas utile")
        lines = [(page.slug, page.title, source, count.useful, count.useless) for page, count, source in rows]
        return csv_download("aide-avis.csv", [heading, *lines])
    context = {
        "title": "Aide : avis et pages",
        "rows": rows,
        "wanted": wanted,
        "sort": sort,
        "sorts": _SORTS,
        "days": _DAYS,
        "misses": opinions.misses(since),
        "remarks": [
            (around.pages.get(remark.slug), remark)
            for remark in HelpRemark.objects.filter(day__gte=since)[:_MOST_REMARKS]
        ],
        "faults": [(path.name, faults) for path, faults in around.faults.items()],
    }
    return render(request, "bascule/staff/help/list.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def help_new(request: AgentRequest) -> HttpResponse:
    staff_only(request)
    slug = request.POST.get("nom", "").strip()[:80]
    return _form(request, slug, library.library(), is_new=True)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def help_edit(request: AgentRequest, slug: str) -> HttpResponse:
    staff_only(request)
    around = library.library()
    if slug not in around.pages:
        raise Http404("page")
    return _form(request, slug, around)


def _form(request: AgentRequest, slug: str, around: Library, *, is_new: bool = False) -> HttpResponse:
    text = request.POST.get("texte", "").replace("\0", "")
    context: dict[str, Any] = {}
    if request.method != "POST":
        text = _NEW if is_new else editing.text_of(slug, around)
    elif is_new and (sentence := slug_fault(slug)):
        context["error"] = sentence
    elif is_new and slug in around.pages:
        context["error"] = "Une page porte déjà ce nom : modifiez-la."
    elif "voir" in request.POST:
        context |= _preview(slug, text, around)
    else:
        try:
            editing.save(slug=slug, text=text, by=request.user)
        except HelpError as error:
            context |= {"error": error.sentence, "faults": error.faults}
        else:
            messages.success(request, "La page est enregistrée : elle est en ligne.")
            return redirect("help_page", slug)
    page = around.pages.get(slug)
    context |= {
        "title": "Nouvelle page d’aide" if is_new else f"Modifier « {page.title if page else slug} »",
        "is_new": is_new,
        "slug": slug,
        "text": text,
        "page": page,
        "is_own": page is not None and page.source is not Source.SHIPPED,
        "sections": SECTIONS,
        "names": around.names,
    }
    return render(request, "bascule/staff/help/edit.html", context)


def _preview(slug: str, text: str, around: Library) -> dict[str, Any]:
    reading = check(slug, text, around.known(slug))
    if reading.page is None:
        return {"error": "La page ne peut pas être montrée : corrigez ce qui suit.", "faults": reading.faults}
    html = rendered(reading.page.body, around.surroundings(), title=reading.page.title).html
    return {"preview": mark_safe(html), "preview_title": reading.page.title, "faults": reading.faults}  # noqa: S308


@require_http_methods(["GET", "HEAD", "POST"])
def help_restore(request: AgentRequest, slug: str) -> HttpResponse:
    staff_only(request)
    page = library.library().pages.get(slug)
    if page is None or page.source is Source.SHIPPED:
        raise Http404("page")
    if request.method == "POST":
        try:
            editing.restore(slug=slug, by=request.user)
        except HelpError as error:
            messages.error(request, error.sentence)
        else:
            messages.success(request, "C’est fait.")
        return redirect("help_staff")
    context = {
        "title": "Supprimer cette page" if page.source is Source.ADDED else "Revenir à la page d’origine",
        "page": page,
        "is_added": page.source is Source.ADDED,
    }
    return render(request, "bascule/staff/help/restore.html", context)
