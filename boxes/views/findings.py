"""Écarts: what is in Zimbra otherwise than the portal says, for those whose business it is, and what they decide."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import AgentRequest
from accounts.tables import csv_download
from boxes.delegations import DelegationError
from boxes.models import BoxFinding
from boxes.reconcile import asking, decisions, findings, listing
from boxes.views.frame import Seen, numbers, seen_box, typed

PER_PAGE = 50
# As many as a page shows can be ticked.
MOST_AT_ONCE = PER_PAGE

_ONLY_OVERSEERS = "Seuls les propriétaires de la boîte et l’équipe DSI demandent une comparaison avec Zimbra."


def _finding(request: AgentRequest, seen: Seen, finding_id: int) -> BoxFinding | None:
    """An open finding, None when it was settled meanwhile; Http404 for one that is not the person's to see."""
    row = get_object_or_404(BoxFinding, pk=finding_id, box=seen.box)
    if row.settled_at is not None:
        return None
    if not findings.concerning(request.user, seen.box).filter(pk=row.pk).exists():
        raise Http404("finding")
    return row


@never_cache
@require_safe
def box_findings(request: AgentRequest, box_id: int) -> HttpResponse:
    seen = seen_box(request, box_id)
    text, kind = typed(request, "q"), typed(request, "nature")
    every = findings.concerning(request.user, seen.box)
    rows = listing.search(every, text, kind)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": f"Écarts – {seen.box.name}",
        "seen": seen,
        "box": seen.box,
        "tab": "findings",
        "page": page,
        "findings": listing.shown(page),
        "total": every.count(),
        "text": text,
        "kind": kind,
        "kinds": BoxFinding.Kind.choices,
        "state": listing.state_of(seen.box),
    }
    return render(request, "boxes/findings.html", context)


@require_POST
def box_findings_check(request: AgentRequest, box_id: int) -> HttpResponse:
    seen = seen_box(request, box_id)
    if not seen.oversees:
        raise PermissionDenied(_ONLY_OVERSEERS)
    asking.ask(seen.box)
    messages.success(request, "Comparaison demandée : le portail regarde la boîte dans Zimbra.")
    return redirect("box_findings", seen.box.pk)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def box_finding_restore(request: AgentRequest, box_id: int, finding_id: int) -> HttpResponse:
    """Put Zimbra back as the portal says."""
    return _decide(request, box_id, finding_id, adopting=False)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def box_finding_adopt(request: AgentRequest, box_id: int, finding_id: int) -> HttpResponse:
    """Have the portal say what Zimbra holds."""
    return _decide(request, box_id, finding_id, adopting=True)


def _decide(request: AgentRequest, box_id: int, finding_id: int, *, adopting: bool) -> HttpResponse:
    seen = seen_box(request, box_id)
    row = _finding(request, seen, finding_id)
    if row is None:
        messages.info(request, decisions.Settled.sentence)
        return redirect("box_findings", seen.box.pk)
    if request.method != "POST":
        return _confirm(request, seen, row, adopting=adopting)
    try:
        (decisions.adopt if adopting else decisions.restore)(finding=row, by=request.user)
    except DelegationError as error:
        messages.error(request, error.sentence)
    else:
        done = "le portail dit maintenant ce qui est dans Zimbra"
        to_come = "Zimbra est remis en ordre dans les minutes qui suivent"
        messages.success(request, f"C’est décidé : {done if adopting else to_come}.")
    # Who gives the own access up by adopting sees the box no more.
    if not findings.concerning(request.user, seen.box).exists() and not _still_sees(request, box_id):
        return redirect("boxes")
    return redirect("box_findings", seen.box.pk)


def _still_sees(request: AgentRequest, box_id: int) -> bool:
    try:
        seen_box(request, box_id)
    except Http404:
        return False
    return True


def _confirm(request: AgentRequest, seen: Seen, row: BoxFinding, *, adopting: bool) -> HttpResponse:
    [shown] = listing.shown([row])
    if shown.is_under_way or (adopting and not shown.adopts):
        sentence = decisions.Settled.sentence if shown.is_under_way else decisions.NotAdoptable.sentence
        messages.info(request, sentence)
        return redirect("box_findings", seen.box.pk)
    context = {
        "title": "Garder ce qui est dans Zimbra" if adopting else "Remettre Zimbra en ordre",
        "seen": seen,
        "box": seen.box,
        "one": shown,
        "adopting": adopting,
    }
    return render(request, "boxes/finding_confirm.html", context)


@never_cache
@require_safe
def staff_findings(request: AgentRequest) -> HttpResponseBase:
    """All boxes, for staff."""
    if not request.user.is_staff:
        raise Http404
    text, kind = typed(request, "q"), typed(request, "nature")
    every = findings.open_findings().filter(box__transfer_asked_at__isnull=False)
    rows = listing.search(every, text, kind).select_related("box__establishment")
    rows = rows.order_by("box__address", "kind", "grantee", "folder_path", "pk")
    if request.GET.get("format") == "csv":
        return csv_download("ecarts-boites.csv", listing.table(rows.iterator(chunk_size=500)))
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": "Écarts avec Zimbra",
        "tab": "findings",
        "page": page,
        "findings": listing.shown(page),
        "total": every.count(),
        "text": text,
        "kind": kind,
        "kinds": BoxFinding.Kind.choices,
    }
    return render(request, "boxes/findings_staff.html", context)


@never_cache
@require_POST
def staff_findings_restore(request: AgentRequest) -> HttpResponse:
    """Put Zimbra back for those that were ticked: told once more first, then done."""
    if not request.user.is_staff:
        raise Http404
    ticked = numbers(request.POST.getlist("ecart"), most=MOST_AT_ONCE)
    rows = findings.open_findings().filter(pk__in=ticked, restore_asked_at__isnull=True).select_related("box")
    if not rows:
        messages.error(request, "Cochez d’abord au moins un écart qui attend une décision.")
        return redirect("staff_findings")
    if request.POST.get("confirme") != "oui":
        context = {"title": "Remettre Zimbra en ordre", "findings": listing.shown(rows)}
        return render(request, "boxes/findings_restore.html", context)
    done = decisions.restore_all(findings=rows, by=request.user)
    many = "1 écart" if done == 1 else f"{done} écarts"
    messages.success(request, f"{many} : Zimbra est remis en ordre dans les minutes qui suivent.")
    return redirect("staff_findings")
