"""Répertoire, for staff: hand in a list, see what it would change, have it written, or give it up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.directory import decisions, figures, kinds, originals, problems, receiving, report
from accounts.directory.states import DirectoryError, State
from accounts.models import DirectoryImport, DirectoryLine
from accounts.requests import AgentRequest
from accounts.tables import csv_download
from accounts.uploads import BoundedUpload, takes_files

IMPORTS_PER_PAGE = 20
LINES_PER_PAGE = 50
Action = DirectoryLine.Action


def _for_staff(request: AgentRequest) -> None:
    if not request.user.is_staff:
        raise Http404


def _import(request: AgentRequest, import_id: int) -> DirectoryImport:
    _for_staff(request)
    return get_object_or_404(DirectoryImport.objects.select_related("by", "confirmed_by"), pk=import_id)


def _text(request: AgentRequest) -> str:
    # PostgreSQL takes no NUL in a text.
    return request.GET.get("recherche", "").replace("\0", "").strip()[:100]


@never_cache
@require_safe
def directory_page(request: AgentRequest) -> HttpResponse:
    _for_staff(request)
    found = DirectoryImport.objects.select_related("by")
    kind, state, text = request.GET.get("sorte", ""), request.GET.get("etat", ""), _text(request)
    if kinds.get(kind):
        found = found.filter(kind=kind)
    if state in State.values:
        found = found.filter(state=state)
    if text:
        found = found.filter(name__icontains=text)
    counted = figures.last()
    context = {
        "title": "Répertoire",
        "kinds": [(one, counted.get(one.code)) for one in kinds.every()],
        "page": Paginator(found, IMPORTS_PER_PAGE).get_page(request.GET.get("page")),
        "titles": {one.code: one.title for one in kinds.every()},
        "kind": kind,
        "state": state,
        "text": text,
        "states": State.choices,
        "filtered": bool(kind or state or text),
        "max_megabytes": settings.DIRECTORY_MAX_BYTES // 1_000_000,
        "retention_days": settings.DIRECTORY_RETENTION_DAYS,
        "chosen": request.GET.get("deposer", "agents"),
    }
    return render(request, "accounts/directory/start.html", context)


@require_safe
def directory_sample(request: AgentRequest, kind_code: str) -> HttpResponseBase:
    """A list with all columns and two lines, to be filled."""
    _for_staff(request)
    kind = kinds.get(kind_code)
    if kind is None:
        raise Http404
    rows = [[one.label for one in kind.fields]]
    rows += [[one.examples[number] if number < len(one.examples) else "" for one in kind.fields] for number in (0, 1)]
    return csv_download(f"modele-{kind.several}.csv", rows)


@csrf_exempt
@require_POST
def directory_receive(request: AgentRequest) -> HttpResponseBase:
    """Who is no staff hears 404 before anything is read; the token is checked by `takes_files`, inside."""
    _for_staff(request)
    return _receive(request)


@takes_files(receiving.bounds)
def _receive(request: AgentRequest, handler: BoundedUpload) -> HttpResponse:
    file = request.FILES.get("fichier")
    kind = kinds.get(request.POST.get("sorte", ""))
    if handler.refused:
        messages.error(request, receiving.too_big_sentence())
        return redirect("directory")
    if file is None or kind is None:
        messages.error(request, "Choisissez d’abord une sorte de liste et un fichier.")
        return redirect("directory")
    is_complete = request.POST.get("etendue") == "complete"
    try:
        row, is_new = receiving.receive(
            kind=kind, name=file.name or "", file=file, is_complete=is_complete, by=request.user
        )
    except DirectoryError as refusal:
        messages.error(request, refusal.sentence)
        return redirect("directory")
    if is_new:
        messages.success(request, "Liste déposée. Sa lecture a commencé : rien n’est encore modifié.")
    else:
        messages.info(request, "Cette liste attend déjà une décision : la voici.")
    return redirect("directory_import", row.pk)


@never_cache
@require_safe
def directory_import(request: AgentRequest, import_id: int) -> HttpResponse:
    row = _import(request, import_id)
    under_way = row.state in DirectoryImport.UNDER_WAY
    context: dict[str, Any] = {
        "title": row.name,
        "row": row,
        "kind": kinds.get(row.kind),
        "under_way": under_way,
        "percent": report.percent(row),
    }
    if request.htmx:
        if not under_way:
            return HttpResponseClientRefresh()
        return render(request, "accounts/directory/_progress.html", context)
    return render(request, "accounts/directory/import.html", context | _lists(request, row))


def _lists(request: AgentRequest, row: DirectoryImport) -> dict[str, Any]:
    kind = kinds.get(row.kind)
    tabs = [] if row.state == State.READING else report.tabs(row)
    wanted = request.GET.get("liste", "")
    tab = next((one for one in tabs if one.action == wanted), tabs[0] if tabs else None)
    text, order = _text(request), request.GET.get("tri", "")
    page = None
    if tab and not row.erased_at:
        page = Paginator(report.lines(row, tab.action, text, order), LINES_PER_PAGE).get_page(request.GET.get("page"))
    labels = {one.code: one.label for one in kind.fields} if kind else {}
    return {
        "note": problems.sentence(row.note, row.note_values) if row.note else "",
        "tabs": tabs,
        "tab": tab,
        "page": page,
        "told": report.told(list(page), kind) if page else [],
        "text": text,
        "order": order,
        "may_sort": tab is not None and tab.count <= report.FEW,
        "most_shown": report.MOST_SHOWN,
        "same": row.count(kinds.SAME),
        "twins": row.count("twins"),
        "staff": row.count(Action.STAFF),
        "columns": [(title, labels.get(code, code)) for title, code in row.look.get("columns", [])],
        "ignored": row.look.get("ignored", []),
        "is_guarded": row.state == State.READY and decisions.guarded(row),
        "is_over": row.state in decisions.OVER,
        "retention_days": settings.DIRECTORY_RETENTION_DAYS,
    }


@never_cache
@require_safe
def directory_import_csv(request: AgentRequest, import_id: int) -> HttpResponseBase:
    """The report, all of it or one list of it."""
    row = _import(request, import_id)
    action = request.GET.get("liste", "")
    name = f"repertoire-{row.pk}{f'-{action}' if action in Action.values else ''}.csv"
    return csv_download(name, report.table(row, kinds.get(row.kind), action))


@never_cache
@require_safe
def directory_original(request: AgentRequest, import_id: int) -> HttpResponseBase:
    """The list as it was handed in."""
    row = _import(request, import_id)
    if not row.stored_as:
        raise Http404
    try:
        pieces = originals.read(row.stored_as)
        first = next(pieces)
    except originals.Damaged:
        messages.error(request, problems.sentence("damaged_store"))
        return redirect("directory_import", row.pk)

    def contents() -> Iterator[bytes]:
        yield first
        yield from pieces

    disposition = content_disposition_header(True, row.name) or "attachment"
    headers = {"Content-Disposition": disposition, "X-Content-Type-Options": "nosniff"}
    return StreamingHttpResponse(contents(), content_type="application/octet-stream", headers=headers)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def directory_confirm(request: AgentRequest, import_id: int) -> HttpResponse:
    row = _import(request, import_id)
    if row.state != State.READY:
        messages.info(request, "C’était déjà décidé : voici où en est cet import.")
        return redirect("directory_import", import_id)
    if request.method == "POST":
        return _confirm(request, row)
    return render(request, "accounts/directory/confirm.html", _consequences(row))


def _confirm(request: AgentRequest, row: DirectoryImport) -> HttpResponse:
    allow_gone, allow_staff_gone = bool(request.POST.get("departs")), bool(request.POST.get("equipe"))
    try:
        is_written = decisions.confirm(
            row=row, by=request.user, allow_gone=allow_gone, allow_staff_gone=allow_staff_gone
        )
    except decisions.TooManyGone as refusal:
        context = _consequences(row) | {"problem": refusal.sentence, "is_guarded": True}
        return render(request, "accounts/directory/confirm.html", context, status=422)
    except DirectoryError as refusal:
        messages.error(request, refusal.sentence)
        return redirect("directory_import", row.pk)
    if is_written:
        messages.success(request, "Import lancé : tout sera écrit d’un seul tenant.")
    else:
        messages.warning(request, problems.sentence("stale"))
    return redirect("directory_import", row.pk)


def _consequences(row: DirectoryImport) -> dict[str, Any]:
    gone = row.count(Action.GONE)
    return {
        "title": "Confirmer l’import",
        "row": row,
        "kind": kinds.get(row.kind),
        "added": row.count(Action.ADDED),
        "changed": row.count(Action.CHANGED),
        "back": row.count(Action.BACK),
        "gone": gone,
        "staff": row.count(Action.STAFF),
        "is_guarded": decisions.guarded(row),
        "share": gone * 100 // row.known_before if row.known_before else 0,
        "max_percent": settings.DIRECTORY_MAX_GONE_PERCENT,
    }


@require_POST
def directory_cancel(request: AgentRequest, import_id: int) -> HttpResponse:
    row = _import(request, import_id)
    try:
        decisions.cancel(row=row, by=request.user)
    except DirectoryError as refusal:
        messages.error(request, refusal.sentence)
        return redirect("directory_import", import_id)
    messages.success(request, f"« {row.name} » est abandonné : rien n’a été modifié, le fichier est effacé.")
    return redirect("directory")


@require_POST
def directory_erase(request: AgentRequest, import_id: int) -> HttpResponse:
    row = _import(request, import_id)
    try:
        decisions.erase(row=row, by=request.user)
    except DirectoryError as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, "Fichier et détail effacés. Les totaux restent dans la liste des imports.")
    return redirect("directory_import", import_id)
