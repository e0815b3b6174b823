"""Mes fichiers: deposit, look at what was read, download, delete."""

from __future__ import annotations

from pathlib import PurePath

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from accounts.requests import AgentRequest
from bascule import cleaned_files, deposits, originals, previews
from bascule.filters import from_deposits, listing
from bascule.models import Deposit, Import, OwnImports, ReadCollection, SavedSignature
from bascule.signatures import showing
from bascule.uploads import BoundedUpload, max_request_bytes, takes_files

DEPOSITS_WITHOUT_SEARCH = 5
DEPOSITS_PER_PAGE = 20
MESSAGES_AT_MOST = 8

_UNREAD = (Deposit.State.RECEIVED, Deposit.State.READING)


def _deposit(request: AgentRequest, deposit_id: int) -> Deposit:
    return get_object_or_404(Deposit.objects.select_related("agent"), pk=deposit_id, agent=request.user)


def _collection(request: AgentRequest, deposit_id: int, position: int) -> ReadCollection:
    return get_object_or_404(
        ReadCollection.objects.select_related("deposit__agent"),
        deposit__pk=deposit_id,
        position=position,
        deposit__agent=request.user,
    )


def _with_imports(deposit_id: int | None = None) -> Prefetch:
    live = Import.objects.exclude(state=Import.State.UNDONE).only("collection_id", "state", "folder_name")
    rows = ReadCollection.objects.defer("outline").prefetch_related(Prefetch("imports", live, to_attr="live_imports"))
    return Prefetch("collections", rows if deposit_id is None else rows.filter(deposit_id=deposit_id))


_KINDS_SHOWN = {
    Deposit.Kind.CONTACTS.value: "Carnets d’adresses",
    Deposit.Kind.CALENDAR.value: "Calendriers",
    Deposit.Kind.FILTERS.value: "Règles de filtrage",
    Deposit.Kind.SIGNATURE.value: "Signatures",
}
_NEWEST_FIRST = ("-received_at", "-pk")
_ORDERS = {"nom": ("name", "pk"), "taille": ("-size", "pk")}


@never_cache
@require_safe
def file_list(request: AgentRequest) -> HttpResponse:
    mine = Deposit.objects.filter(agent=request.user)
    rows = mine.defer("remarks").prefetch_related(_with_imports())
    wanted = request.GET.get("recherche", "").replace("\0", "").strip()[:100]
    kind = request.GET.get("nature", "")
    order = request.GET.get("tri", "")
    if wanted:
        rows = rows.filter(name__icontains=wanted)
    if kind in _KINDS_SHOWN:
        rows = rows.filter(kind=kind)
    page = Paginator(rows.order_by(*_ORDERS.get(order, _NEWEST_FIRST)), DEPOSITS_PER_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "title": "Mes fichiers",
        "page": page,
        # A handful of files needs no search.
        "searchable": bool(wanted or kind) or mine.count() > DEPOSITS_WITHOUT_SEARCH,
        "wanted": wanted,
        "kind": kind,
        "kinds": _KINDS_SHOWN,
        "order": order,
        "unread": any(deposit.state in _UNREAD for deposit in page),
        "imports": Import.objects.filter(agent=request.user)[:10],
        "max_megabytes": deposits.max_megabytes(),
        "max_request_megabytes": max_request_bytes() // 1_000_000,
        "retention_days": deposits.retention_days(),
        "looks_after_own": OwnImports.objects.filter(agent=request.user).exists(),
    }
    return render(request, "bascule/files/_list.html" if request.htmx else "bascule/files/list.html", context)


@require_POST
@takes_files
def file_deposit(request: AgentRequest, handler: BoundedUpload) -> HttpResponse:
    received = deposits.Received()
    for file in request.FILES.getlist("files"):
        received.add(deposits.receive(agent=request.user, name=file.name or "", file=file, by=request.user))
    received.refused += handler.refused
    _tell(request, received)
    if len(received.new) + len(received.known) == 1 and not received.refused:
        target = redirect("file_detail", (received.new + received.known)[0].pk)
    else:
        target = redirect("files")
    return HttpResponseClientRedirect(target.url) if request.htmx else target


def _tell(request: AgentRequest, received: deposits.Received) -> None:
    if not (received.new or received.known or received.refused):
        messages.error(request, "Choisissez d’abord un ou plusieurs fichiers .vcf, .ics ou .zip.")
    if count := len(received.new):
        messages.success(
            request, "Fichier déposé. Sa lecture a commencé." if count == 1 else f"{count} fichiers déposés."
        )
    for deposit in received.known[:MESSAGES_AT_MOST]:
        day = timezone.localtime(deposit.received_at)
        messages.info(request, f"« {deposit.name} » était déjà déposé (le {day:%d/%m/%Y à %H:%M}) : le voici.")
    for name, sentence in received.refused[:MESSAGES_AT_MOST]:
        messages.error(request, f"« {name} » : {sentence}")
    if (more := len(received.refused) - MESSAGES_AT_MOST) > 0:
        messages.error(request, "Et un autre fichier refusé." if more == 1 else f"Et {more} autres fichiers refusés.")


@never_cache
@require_safe
def file_detail(request: AgentRequest, deposit_id: int) -> HttpResponse:
    deposit = _deposit(request, deposit_id)
    if request.htmx:
        if deposit.state not in _UNREAD:
            return HttpResponseClientRefresh()
        return render(request, "bascule/files/_reading.html", {"deposit": deposit})
    collections = deposit.collections.prefetch_related(
        Prefetch("imports", Import.objects.exclude(state=Import.State.UNDONE), to_attr="live_imports")
    )
    repairs = previews.repairs(deposit)
    ready = sum(collection.item_count for collection in collections)
    context = {
        "title": deposit.name,
        "deposit": deposit,
        "rules": [listing.shown(row) for row in from_deposits.rules_of(deposit)],
        "has_script": deposit.kind == Deposit.Kind.FILTERS and bool(cleaned_files.files_of_deposit(deposit)),
        "signatures": [showing.shown(row, 0) for row in SavedSignature.objects.filter(deposit=deposit)],
        "unread": deposit.state in _UNREAD,
        "ready": ready,
        # The file counts each exception of a series by itself; it arrives as a part of its series.
        "joined": max(deposit.items_out - ready, 0),
        "collections": [(collection, previews.glimpse(collection)) for collection in collections],
        "repairs": repairs,
        "repair_total": sum(count for _, count in repairs),
        "remark_total": sum(deposit.remark_counts.values()),
        "remark_groups": previews.remark_groups(deposit, each=3),
        "deletion_date": deposits.deletion_date(deposit),
        "retention_days": deposits.retention_days(),
    }
    return render(request, "bascule/files/detail.html", context)


@never_cache
@require_safe
def file_remarks(request: AgentRequest, deposit_id: int) -> HttpResponse:
    deposit = _deposit(request, deposit_id)
    code = request.GET.get("nature", "")
    context = {
        "title": "Remarques",
        "deposit": deposit,
        "code": code,
        "groups": previews.remark_groups(deposit, each=0),
        "page": previews.remarks_page(deposit, code, request.GET.get("page")),
    }
    return render(request, "bascule/files/remarks.html", context)


@never_cache
@require_safe
def collection_detail(request: AgentRequest, deposit_id: int, position: int) -> HttpResponse:
    """What will arrive: contacts as cards, events by month or as a list, tasks as a list."""
    collection = _collection(request, deposit_id, position)
    rows = previews.outline_of(collection)
    search, kind = request.GET.get("q", "").strip(), request.GET.get("nature", "")
    by_month = collection.kind == ReadCollection.Kind.CALENDAR and request.GET.get("vue") != "liste" and not search
    context = {
        "title": collection.name or collection.get_kind_display(),
        "deposit": collection.deposit,
        "collection": collection,
        "search": search,
        "kind": kind,
        "by_month": by_month,
        "groups": sum(row.kind == "group" for row in rows),
        "live": collection.imports.exclude(state__in=(Import.State.UNDONE, Import.State.FAILED)).first(),
    }
    month = previews.month(rows, request.GET.get("mois", ""), timezone.localdate()) if by_month else None
    if month is not None:
        context["month"] = month
    else:
        context["by_month"] = False
        found = previews.positions(rows, search=search, kind=kind)
        context["page"], context["items"] = previews.items_page(collection, found, request.GET.get("page"))
    return render(request, "bascule/files/collection.html", context)


@never_cache
@require_safe
def item_detail(request: AgentRequest, deposit_id: int, position: int, number: int) -> HttpResponse:
    """One item with all that will arrive of it."""
    collection = _collection(request, deposit_id, position)
    _, items = previews.items_page(collection, [number] if number < collection.item_count else [], None)
    if not items:
        raise Http404(number)
    context = {"title": items[0].item.label, "deposit": collection.deposit, "collection": collection, "one": items[0]}
    return render(request, "bascule/files/item.html", context)


@never_cache
@require_safe
def file_original(request: AgentRequest, deposit_id: int) -> HttpResponseBase:
    deposit = _deposit(request, deposit_id)
    pieces = originals.read(deposit.stored_as)
    try:
        first = next(pieces, b"")
    except originals.Damaged as error:
        raise Http404(deposit_id) from error

    def whole():  # type: ignore[no-untyped-def]
        yield first
        yield from pieces

    return StreamingHttpResponse(
        whole(),
        content_type="application/octet-stream",
        headers={
            "Content-Disposition": content_disposition_header(True, deposit.name) or "attachment",
            "Content-Length": str(deposit.size),
        },
    )


@never_cache
@require_safe
def file_cleaned(request: AgentRequest, deposit_id: int) -> HttpResponse:
    """All cleaned files of a deposit."""
    deposit = _deposit(request, deposit_id)
    files = cleaned_files.files_of_deposit(deposit)
    return _download(cleaned_files.as_one(files, f"{PurePath(deposit.name).stem}-nettoyé"))


@never_cache
@require_safe
def collection_cleaned(request: AgentRequest, deposit_id: int, position: int) -> HttpResponse:
    collection = _collection(request, deposit_id, position)
    files = cleaned_files.files_of(collection)
    return _download(cleaned_files.as_one(files, f"{collection.name or 'export'}-nettoyé"))


def _download(file: cleaned_files.Download | None) -> HttpResponse:
    if file is None:
        raise Http404("nothing to download")
    return HttpResponse(
        file.content,
        content_type=file.content_type,
        headers={"Content-Disposition": content_disposition_header(True, file.name) or "attachment"},
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def file_delete(request: AgentRequest, deposit_id: int) -> HttpResponse:
    deposit = _deposit(request, deposit_id)
    if request.method == "POST":
        try:
            deposits.delete(deposit=deposit, by=request.user)
        except deposits.InUse:
            messages.error(request, "Un import de ce fichier est en cours : attendez sa fin, ou annulez-le d’abord.")
            return redirect("file_detail", deposit_id)
        messages.success(request, f"« {deposit.name} » est supprimé, avec tout ce qui y avait été lu.")
        return redirect("files")
    context = {
        "title": "Supprimer un fichier",
        "deposit": deposit,
        "imports": Import.objects.filter(collection__deposit=deposit, state=Import.State.DONE),
    }
    return render(request, "bascule/files/delete.html", context)
