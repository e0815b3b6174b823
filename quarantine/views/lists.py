"""Listes de confiance et de blocage, of a quarantine and of the academy."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import JournalEntry
from accounts.requests import AgentRequest
from accounts.sentences import sentence
from accounts.tables import csv_download
from quarantine import sender_pages, senders
from quarantine.models import SenderEntry
from quarantine.sender_pages import KINDS, SHOWN, SORTS, EntryLine
from quarantine.senders import EVERYBODY
from quarantine.senders_matching import BadPattern
from quarantine.views.frame import FIELD, Looked, looked_at, need_staff, need_writer, typed
from quarantine.views.held import tell_lists

ROWS_PER_PAGE = 50
JOURNAL_ROWS = 20
_REMOVED = "quarantine_removed_entry"


@never_cache
@require_safe
def sender_lists(request: AgentRequest) -> HttpResponseBase:
    looked = looked_at(request)
    found, context = _listed(request, looked.mailbox.address)
    if request.GET.get("format") == "csv":
        return csv_download("listes-de-quarantaine.csv", sender_pages.table(found))
    return _own_page(request, looked, context)


@never_cache
@require_POST
def sender_add(request: AgentRequest) -> HttpResponse:
    looked = looked_at(request)
    need_writer(looked.mailbox)
    wrong = _add(request, looked.mailbox.address)
    if wrong is None:
        return redirect(reverse("sender_lists") + looked.mailbox_query)
    _, context = _listed(request, looked.mailbox.address)
    return _own_page(request, looked, context | wrong, status=200 if "wide" in wrong else 422)


@never_cache
@require_POST
def sender_remove(request: AgentRequest, entry_id: int) -> HttpResponse:
    """Off the list at once; the page offers to put it back."""
    looked = looked_at(request)
    need_writer(looked.mailbox)
    entry = get_object_or_404(SenderEntry, pk=entry_id, mailbox=looked.mailbox.address)
    try:
        senders.remove(entry=entry, by=request.user)
    except senders.SenderError as error:
        messages.error(request, error.sentence)
    else:
        # Told beside the button that puts it back.
        kept = {"mailbox": entry.mailbox, "kind": entry.kind, "pattern": entry.pattern, "note": entry.note}
        request.session[_REMOVED] = kept
    return redirect(reverse("sender_lists") + looked.mailbox_query)


@never_cache
@require_POST
def sender_restore(request: AgentRequest) -> HttpResponse:
    """Put back what was removed last."""
    looked = looked_at(request)
    need_writer(looked.mailbox)
    kept = request.session.pop(_REMOVED, None)
    if not kept or kept["mailbox"] != looked.mailbox.address:
        messages.info(request, "Il n’y a plus rien à remettre.")
        return redirect(reverse("sender_lists") + looked.mailbox_query)
    put = senders.trust if kept["kind"] == SenderEntry.Kind.TRUST else senders.block
    try:
        added = put(mailbox=kept["mailbox"], pattern=kept["pattern"], note=kept["note"], by=request.user)
    except senders.SenderError as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, f"{added.entry.pattern} est de nouveau sur la liste.")
    return redirect(reverse("sender_lists") + looked.mailbox_query)


@never_cache
@require_safe
def staff_sender_lists(request: AgentRequest) -> HttpResponseBase:
    need_staff(request)
    found, context = _listed(request, EVERYBODY)
    if request.GET.get("format") == "csv":
        return csv_download("listes-de-l-academie.csv", sender_pages.table(found))
    return _staff_page(request, context)


@never_cache
@require_POST
def staff_sender_add(request: AgentRequest) -> HttpResponse:
    need_staff(request)
    wrong = _add(request, EVERYBODY)
    if wrong is None:
        return redirect("staff_sender_lists")
    _, context = _listed(request, EVERYBODY)
    return _staff_page(request, context | wrong, status=200 if "wide" in wrong else 422)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def staff_sender_remove(request: AgentRequest, entry_id: int) -> HttpResponse:
    need_staff(request)
    entry = get_object_or_404(SenderEntry, pk=entry_id, mailbox=EVERYBODY)
    error = ""
    if request.method == "POST":
        note = request.POST.get("note", "")
        if note.replace("\0", " ").strip():
            senders.remove(entry=entry, note=note, by=request.user)
            messages.success(request, f"{entry.pattern} ne figure plus sur la {entry.get_kind_display().lower()}.")
            return redirect("staff_sender_lists")
        error = "Dites pourquoi : le journal le garde pour l’équipe."
    context = {
        "title": "Retirer une entrée",
        "tab": "lists",
        "entry": entry,
        "line": EntryLine(entry),
        "error": error,
        "note_max": senders.NOTE_CHARACTERS,
    }
    return render(request, "quarantine/lists_staff_remove.html", context, status=422 if error else 200)


def _listed(request: AgentRequest, mailbox: str) -> tuple[Any, dict[str, Any]]:
    """The entries asked for, and what both pages show of them."""
    text, kind, sort = typed(request, "q"), typed(request, "liste"), typed(request, "tri")
    kind, sort = kind if kind in SHOWN else "", sort if sort in SORTS else ""
    found = sender_pages.find(mailbox, text=text, kind=kind, sort=sort)
    page = Paginator(found, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    asked = {"q": text, "liste": kind, "tri": sort, FIELD: typed(request, FIELD, most=320), "format": "csv"}
    trial_of = typed(request, "essai", most=320)
    trial = sender_pages.try_address(mailbox, trial_of) if trial_of else None
    return found, {
        "page": page,
        "lines": [EntryLine(entry) for entry in page],
        "total": SenderEntry.objects.filter(mailbox=mailbox).count(),
        "most": senders.MAX_ENTRIES if mailbox else senders.MAX_STAFF_ENTRIES,
        "text": text,
        "kind": kind,
        "sort": sort,
        "shown": SHOWN.items(),
        "sorts": [(key, label) for key, (label, _) in SORTS.items()],
        "filtered": bool(text or kind),
        "csv": urlencode({key: value for key, value in asked.items() if value}),
        "trial_of": trial_of,
        "trial": trial,
        "trial_error": bool(trial_of and trial is None),
        "note_max": senders.NOTE_CHARACTERS,
        "typed_kind": KINDS[SenderEntry.Kind.TRUST],
    }


def _add(request: AgentRequest, mailbox: str) -> dict[str, Any] | None:
    """Put what was typed on a list. Gives what the form has to show again; None when it is done."""
    word, pattern, note = (request.POST.get(name, "")[:1_000] for name in ("liste", "expediteur", "note"))
    kind = next((one for one, known in KINDS.items() if known == word), None)
    shown = {"typed_kind": word, "typed_pattern": pattern.replace("\0", ""), "typed_note": note.replace("\0", "")}
    if kind is None:
        return shown | {"error": "Choisissez la liste."}
    if mailbox == EVERYBODY and not note.replace("\0", " ").strip():
        return shown | {"error": "Dites pourquoi : la note est lue par toute l’équipe.", "error_in": "note"}
    try:
        parsed = senders.parsed(kind, pattern)
        if kind == SenderEntry.Kind.BLOCK and senders.is_wide(parsed) and request.POST.get("confirme") != "oui":
            return shown | {"wide": parsed}
        put = senders.trust if kind == SenderEntry.Kind.TRUST else senders.block
        added = put(mailbox=mailbox, pattern=parsed.text, note=note, by=request.user)
    except (BadPattern, senders.SenderError) as error:
        return shown | {"error": error.sentence, "error_in": "pattern"}
    what = "figure maintenant" if added.is_new else "figurait déjà"
    messages.success(request, f"{parsed.readable} {what} sur la {added.entry.get_kind_display().lower()}.")
    tell_lists(request, [added])
    return None


def _own_page(request: AgentRequest, looked: Looked, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    removed = request.session.get(_REMOVED)
    if removed and removed["mailbox"] != looked.mailbox.address:
        removed = None
    if removed:
        removed = removed | {"label": SenderEntry.Kind(removed["kind"]).label}
    context = looked.context() | context | {"title": "Listes de confiance et de blocage", "tab": "lists"}
    return render(request, "quarantine/lists.html", context | {"removed": removed}, status=status)


def _staff_page(request: AgentRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    entries = JournalEntry.objects.filter(target="senders:staff")[:JOURNAL_ROWS]
    told = [(entry, sentence(entry)) for entry in entries]
    context = context | {"title": "Listes de l’académie", "tab": "lists", "journal": told}
    return render(request, "quarantine/lists_staff.html", context, status=status)
