"""Choose a destination, follow an import, see what became of each item, take it back."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.requests import AgentRequest
from accounts.tables import csv_download
from bascule import checklist, planning, steps
from bascule.imports import confirm, destinations, results
from bascule.imports.states import WrongState
from bascule.models import Import, ImportItem, ReadCollection

RESULTS_PER_PAGE = 50
FINDINGS_PER_PAGE = 20

NEW_FOLDER = "new"
# The step of the checklist that an import of each kind belongs to.
_STEPS = {
    ReadCollection.Kind.CONTACTS: "add-contacts",
    ReadCollection.Kind.CALENDAR: "restore-calendar",
    ReadCollection.Kind.TASKS: "restore-calendar",
}


def _import(request: AgentRequest, import_id: int) -> Import:
    return get_object_or_404(Import.objects.select_related("collection__deposit"), pk=import_id, agent=request.user)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def import_new(request: AgentRequest, deposit_id: int, position: int) -> HttpResponse:
    collection = get_object_or_404(
        ReadCollection.objects.select_related("deposit__agent"),
        deposit__pk=deposit_id,
        position=position,
        deposit__agent=request.user,
    )
    live = collection.imports.exclude(state__in=(Import.State.UNDONE, Import.State.FAILED)).first()
    if live is not None:
        messages.info(request, "Cet import existe déjà : le voici. Annulez-le pour en faire un autre.")
        return redirect("import_detail", live.pk)
    if request.method == "POST":
        return _start(request, collection)
    return _choose(request, collection)


def _choose(request: AgentRequest, collection: ReadCollection, *, status: int = 200) -> HttpResponse:
    context = {
        "title": "Choisir la destination",
        "collection": collection,
        "deposit": collection.deposit,
        "proposed": confirm.proposed_name("", collection),
        "chosen": request.POST.get("destination", ""),
    }
    if request.user.has_migrated:
        look = destinations.look_for(collection, anew=request.GET.get("anew") == "1" and not request.htmx)
        found = destinations.seen(look)
        context |= {"look": look, "choices": found.choices, "waiting": look.looked_at is None}
        context["too_many"] = found.room is not None and found.room < collection.item_count
        context["room"] = found.room
    if request.htmx:
        return HttpResponseClientRefresh() if not context.get("waiting") else HttpResponse(status=204)
    return render(request, "bascule/files/import_new.html", context, status=status)


def _start(request: AgentRequest, collection: ReadCollection) -> HttpResponse:
    wanted = request.POST.get("destination", "")
    if wanted == NEW_FOLDER:
        destination = confirm.Destination(request.POST.get("name", "").strip())
    else:
        look = destinations.look_for(collection)
        choice = next((one for one in destinations.seen(look).choices if one.id == wanted), None)
        if choice is None:
            messages.error(request, "Choisissez où ranger ces éléments.")
            return _choose(request, collection, status=422)
        destination = confirm.Destination(choice.name, choice.id)
    try:
        parent = confirm.start(collection=collection, destination=destination, by=request.user)
    except confirm.NotMigrated:
        messages.error(request, "L’import s’ouvrira quand votre boîte aura été transférée.")
        return redirect("import_new", collection.deposit_id, collection.position)
    except confirm.NothingToImport:
        messages.error(request, "Il n’y a rien à importer ici.")
        return redirect("files")
    except confirm.AlreadyImported:
        return redirect("import_new", collection.deposit_id, collection.position)
    return redirect("import_detail", parent.pk)


@never_cache
@require_safe
def import_detail(request: AgentRequest, import_id: int) -> HttpResponse:
    parent = _import(request, import_id)
    under_way = parent.state in Import.UNDER_WAY
    context = {
        "title": f"Import de {parent.name or parent.folder_name}",
        "parent": parent,
        "under_way": under_way,
        "progress": results.progress(parent),
        "waiting_sentence": results.waiting_sentence(parent) if under_way else "",
    }
    if request.htmx:
        if not under_way:
            return HttpResponseClientRefresh()
        return render(request, "bascule/files/_progress.html", context)
    if not under_way:
        context |= _results(request, parent)
    return render(request, "bascule/files/import.html", context)


def _results(request: AgentRequest, parent: Import) -> dict[str, object]:
    search, state = request.GET.get("q", "").strip(), request.GET.get("etat", "")
    if state not in ImportItem.State.values:
        state = ""
    number = _page_number(request.GET.get("page"))
    found, count = results.results(
        parent, state=state, search=search, limit=RESULTS_PER_PAGE, offset=(number - 1) * RESULTS_PER_PAGE
    )
    findings = results.findings(parent)
    met = results.progress(parent).counts
    step = steps.get(_STEPS[ReadCollection.Kind(parent.kind)])
    return {
        "search": search,
        "state": state,
        "states": [choice for choice in ImportItem.State.choices if met.get(choice[0]) or choice[0] == state],
        "results": found,
        "count": count,
        "page": Paginator(range(count), RESULTS_PER_PAGE).get_page(number),
        "findings": findings[:FINDINGS_PER_PAGE],
        "more_findings": max(0, len(findings) - FINDINGS_PER_PAGE),
        "compared": parent.identical + parent.differing + parent.missing,
        "step": step,
        "step_is_open": checklist.checklist_for(request.user, planning.today()).view(step.code).is_open,
    }


def _page_number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and 0 < int(text) < 100_000 else 1


@never_cache
@require_safe
def import_results_csv(request: AgentRequest, import_id: int) -> HttpResponseBase:
    """The results as a table for a spreadsheet."""
    parent = _import(request, import_id)
    return csv_download(f"import-{parent.pk}.csv", _table(parent))


def _table(parent: Import) -> Iterator[tuple[object, ...]]:
    yield "n°", "élément", "résultat", "précision", "réponse de Zimbra"
    for one in results.all_results(parent):
        yield one.number, one.label, one.state_label, one.sentence, one.detail


@require_POST
def import_retry(request: AgentRequest, import_id: int) -> HttpResponse:
    parent = _import(request, import_id)
    try:
        if parent.state == Import.State.DONE:
            confirm.try_refused(parent=parent, by=request.user)
        else:
            confirm.try_again(parent=parent, by=request.user)
    except confirm.NothingToImport:
        messages.error(request, "Le fichier d’origine est supprimé : déposez-le de nouveau pour l’importer.")
    except WrongState:
        messages.info(request, "Cet import n’attend plus rien.")
    except confirm.AlreadyImported:
        messages.error(request, "Un autre import du même carnet est en cours. Annulez-le d’abord.")
    return redirect("import_detail", import_id)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def import_undo(request: AgentRequest, import_id: int) -> HttpResponse:
    parent = _import(request, import_id)
    if request.method == "POST":
        try:
            confirm.undo(parent=parent, by=request.user)
        except WrongState:
            messages.info(request, "Cet import est déjà annulé.")
        return redirect("import_detail", import_id)
    context = {"title": "Annuler un import", "parent": parent, "progress": results.progress(parent)}
    return render(request, "bascule/files/import_undo.html", context)
