"""Envois, for staff: networks whose thresholds are multiplied, list servers, and the academy's list handed in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import AgentRequest
from accounts.sealing import CannotOpen
from accounts.tables import csv_download
from accounts.uploads import BoundedUpload, takes_files
from quarantine import network_lists
from quarantine import networks as writer
from quarantine.models import FactorImport, ListServer, NetworkFactor
from quarantine.network_lists import Kind
from quarantine.views.frame import need_staff, typed

ROWS_PER_PAGE = 50
LOST = "Cette liste ne peut plus être ouverte : supprimez-la, puis remettez-la."


@never_cache
@require_safe
def networks(request: AgentRequest) -> HttpResponseBase:
    need_staff(request)
    text = typed(request, "recherche")
    found = NetworkFactor.objects.all()
    if text:
        found = found.filter(Q(network__icontains=text) | Q(uai__icontains=text) | Q(note__icontains=text))
    if request.GET.get("format") == "csv":
        heading = [("Réseau", "UAI", "Facteur", "Note", "Origine")]
        rows = (
            (row.network, row.uai, row.factor or "non compté", row.note, "liste" if row.is_imported else "à la main")
            for row in found.iterator()
        )
        return csv_download("reseaux.csv", (*heading, *rows))
    context: dict[str, Any] = {
        "title": "Réseaux et listes",
        "tab": "networks",
        "text": text,
        "page": Paginator(found, ROWS_PER_PAGE).get_page(request.GET.get("page")),
        "list_servers": ListServer.objects.all(),
        "lists": FactorImport.objects.defer("content").select_related("agent")[:20],
        "retention_days": network_lists.RETENTION.days,
    }
    return render(request, "quarantine/networks.html", context)


@require_POST
def network_save(request: AgentRequest) -> HttpResponse:
    need_staff(request)
    posted = request.POST
    try:
        wanted = writer.Wanted(
            writer.network_of(posted.get("reseau", "")[:100]),
            writer.uai_of(posted.get("uai", "")[:20]),
            None if posted.get("compte") == "non" else writer.factor_of(posted.get("facteur", "")[:20]),
            posted.get("note", "").replace("\0", " ").strip()[:200],
        )
    except writer.NetworkError as error:
        messages.error(request, error.sentence)
    else:
        row = writer.save(wanted, by=request.user)
        messages.success(request, f"Le réseau {row.network} est enregistré ({writer.in_words(row.factor)}).")
    return redirect("networks")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def network_remove(request: AgentRequest, network_id: int) -> HttpResponse:
    need_staff(request)
    row = get_object_or_404(NetworkFactor, pk=network_id)
    if request.method == "POST":
        writer.remove(row, by=request.user)
        messages.success(request, f"Le réseau {row.network} est retiré : les seuils ordinaires s’y appliquent.")
        return redirect("networks")
    context = {
        "title": "Retirer un réseau",
        "tab": "networks",
        "what": f"Le réseau {row.network} ({writer.in_words(row.factor)}) sera retiré de la liste.",
        "then": "Les seuils ordinaires s’y appliqueront dans quelques secondes.",
        "back": "networks",
    }
    return render(request, "quarantine/sending_confirm.html", context)


@require_POST
def list_server_save(request: AgentRequest) -> HttpResponse:
    need_staff(request)
    try:
        network = writer.network_of(request.POST.get("reseau", "")[:100])
        domain = writer.domain_of(request.POST.get("domaine", "")[:300])
    except writer.NetworkError as error:
        messages.error(request, error.sentence)
    else:
        note = request.POST.get("note", "").replace("\0", " ").strip()[:200]
        writer.save_list_server(network=network, domain=domain, note=note, by=request.user)
        messages.success(request, f"Les messages des listes envoyés depuis {network} ne sont plus comptés.")
    return redirect("networks")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def list_server_remove(request: AgentRequest, server_id: int) -> HttpResponse:
    need_staff(request)
    row = get_object_or_404(ListServer, pk=server_id)
    if request.method == "POST":
        writer.remove_list_server(row, by=request.user)
        messages.success(request, f"Les messages envoyés depuis {row.network} sont de nouveau comptés.")
        return redirect("networks")
    context = {
        "title": "Retirer un serveur de listes",
        "tab": "networks",
        "what": f"Les messages venus de {row.network} ({row.domain or 'tous les domaines'}) seront de nouveau comptés.",
        "then": "Un envoi à une grande liste pourra alors être retenu ou refusé.",
        "back": "networks",
    }
    return render(request, "quarantine/sending_confirm.html", context)


@require_POST
@takes_files(network_lists.bounds)
def network_list_take(request: AgentRequest, handler: BoundedUpload) -> HttpResponse:
    need_staff(request)
    for _, sentence in handler.refused:
        messages.error(request, sentence)
    if handler.refused:
        return redirect("networks")
    file, text = request.FILES.get("fichier"), request.POST.get("texte", "")
    if file is None and not text.strip():
        messages.error(request, "Collez une liste, ou choisissez un fichier.")
        return redirect("networks")
    data = file.read() if file is not None else text.encode("utf-8", "replace")
    try:
        kept = network_lists.take(data=data, name=(file.name or "liste") if file else "", by=request.user)
    except writer.NetworkError as error:
        messages.error(request, error.sentence)
        return redirect("networks")
    return redirect("network_list", kept.pk)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def network_list(request: AgentRequest, import_id: int) -> HttpResponse:
    need_staff(request)
    kept = get_object_or_404(FactorImport, pk=import_id)
    try:
        if request.method == "POST":
            added, changed, gone = network_lists.apply(kept, by=request.user)
            counts = ((added, "ajouté"), (changed, "modifié"), (gone, "retiré"))
            told = ", ".join(f"{count} {word}{'s' if count > 1 else ''}" for count, word in counts)
            messages.success(request, f"La liste est appliquée : {told}.")
            return redirect("networks")
        preview = network_lists.preview(kept)
    except CannotOpen:
        messages.error(request, LOST)
        return redirect("networks")
    except writer.NetworkError as error:
        messages.error(request, error.sentence)
        return redirect("networks")
    wanted = typed(request, "etat")
    lines = [line for line in preview.lines if not wanted or line.kind.value == wanted]
    context = {
        "title": kept.name,
        "tab": "networks",
        "kept": kept,
        "preview": preview,
        "kinds": [(kind, len(preview.of_kind(kind))) for kind in Kind if preview.of_kind(kind)],
        "wrong": len(preview.of_kind(Kind.WRONG)),
        "wanted": wanted,
        "page": Paginator(lines, 2 * ROWS_PER_PAGE).get_page(request.GET.get("page")),
        "shown_gone": preview.gone[: 2 * ROWS_PER_PAGE],
    }
    return render(request, "quarantine/network_list.html", context)


@never_cache
@require_safe
def network_list_errors(request: AgentRequest, import_id: int) -> HttpResponseBase:
    """The lines that are wrong, for whoever mends the file."""
    need_staff(request)
    kept = get_object_or_404(FactorImport, pk=import_id)
    try:
        wrong = network_lists.preview(kept).of_kind(Kind.WRONG)
    except (CannotOpen, writer.NetworkError):
        messages.error(request, LOST)
        return redirect("networks")
    rows = ((line.number, line.text, line.trouble) for line in wrong)
    return csv_download("lignes-en-erreur.csv", (("Ligne", "Texte", "Erreur"), *rows))


@never_cache
@require_safe
def network_list_original(request: AgentRequest, import_id: int) -> HttpResponseBase:
    need_staff(request)
    kept = get_object_or_404(FactorImport, pk=import_id)
    try:
        data = network_lists.content(kept)
    except CannotOpen:
        messages.error(request, LOST)
        return redirect("networks")
    name = kept.name if "." in kept.name else f"{kept.name}.txt"
    return HttpResponse(
        data,
        content_type="application/octet-stream",
        headers={
            "Content-Disposition": content_disposition_header(True, name) or "attachment",
            "X-Content-Type-Options": "nosniff",
        },
    )


@require_POST
def network_list_delete(request: AgentRequest, import_id: int) -> HttpResponse:
    need_staff(request)
    network_lists.delete(get_object_or_404(FactorImport, pk=import_id), by=request.user)
    messages.success(request, "La liste est supprimée ; les réseaux déjà enregistrés restent.")
    return redirect("networks")
