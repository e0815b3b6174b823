"""One held message, read without danger."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.requests import AgentRequest
from quarantine import contents, recipients, safe_view, selectors, senders, wording
from quarantine.models import AlertReport, Hold
from quarantine.recipients import Mailbox
from quarantine.views import undo
from quarantine.views.frame import Looked, numbers, seen_hold
from quarantine.views.held import LIST_FIELD, MOST_LOOKS, list_suffix, list_url

_NOT_KEPT = "Ce message a été remis : son contenu n’est plus conservé ici."
_DAMAGED = (
    "Le contenu de ce message n’a pas pu être relu : il est abîmé, ou la clé qui l’ouvre manque. Il ne peut être ni "
    "montré ni libéré. Demandez à l’expéditeur de l’envoyer de nouveau, et prévenez l’assistance."
)


@never_cache
@require_safe
def hold(request: AgentRequest, hold_id: int) -> HttpResponse:
    row, mailbox = seen_hold(request, hold_id)
    if selectors.is_gone(row):
        messages.info(request, "Ce message n’est plus en quarantaine.")
        return redirect(list_url(Looked(mailbox, [mailbox]).mailbox_query))
    context = state_context(request, row, mailbox) | _message(request, row)
    context["entries"] = [(one, one.mailbox == senders.EVERYBODY) for one in _entries(row)]
    context["history"] = selectors.history(row)
    # What was done elsewhere is taken back elsewhere; its own deletion has its own button.
    offer = undo.offered(request, mailbox)
    own = {entry.pk for entry, _ in context["entries"]}
    if offer and not offer.deleted and own.issuperset(entry.pk for entry in offer.entries):
        context["undo"] = offer
    context["is_alarming"] = any(level == "danger" for level, _ in context["signs"])
    return render(request, "quarantine/hold.html", context)


@never_cache
@require_safe
def hold_state(request: AgentRequest, hold_id: int) -> HttpResponse:
    """How far its delivery is, for htmx; without it, the page."""
    row, mailbox = seen_hold(request, hold_id)
    if not request.htmx:
        return redirect(reverse("hold", args=[row.pk]) + list_suffix(request.GET.get(LIST_FIELD, "")))
    return render(request, "quarantine/_hold_state.html", state_context(request, row, mailbox))


def state_context(request: AgentRequest, row: Hold, mailbox: Mailbox) -> dict[str, Any]:
    """What the part of the page that says how things stand is made of."""
    [looks, *_] = numbers([request.GET.get("vu", ""), "0"], most=1)
    looked = Looked(mailbox, [mailbox])
    query = request.GET.get(LIST_FIELD, "")
    return {
        **looked.context(),
        "back": list_url(looked.mailbox_query, query),
        "suffix": list_suffix(query),
        "title": "Message retenu",
        "tab": "held",
        "hold": row,
        "line": selectors.line(row),
        "report": AlertReport.objects.filter(hold=row).first(),
        "undo_for": selectors.undo_for(),
        "undo_until": selectors.undo_until(row),
        "has_bytes": bool(row.content.stored_as),
        "is_local": recipients.is_local(row.recipient),
        "alert_address": settings.ALERT_ADDRESS,
        "looks": looks + 1,
        "looks_on": row.state == Hold.State.RELEASING and looks < MOST_LOOKS,
        "delay": 3 if looks < 20 else 15,
    }


def _message(request: AgentRequest, row: Hold) -> dict[str, Any]:
    """The contents as far as they may be shown, the version asked for among them, and what is odd about them."""
    codes = {code for code in row.hints if isinstance(code, str)}
    if not row.content.stored_as:
        return {"signs": _signs(codes), "no_message": _NOT_KEPT}
    try:
        raw = contents.read(row.content.stored_as)
    except contents.Damaged:
        return {"signs": _signs(codes), "no_message": _DAMAGED}
    found = safe_view.read(raw, row.mail_from)
    wanted = request.GET.get("version", "")
    chosen = next((one for one in found.bodies if one.kind == wanted), None)
    suffix = list_suffix(request.GET.get(LIST_FIELD, ""))
    version = f"{'&' if suffix else '?'}version={chosen.kind}" if chosen else ""
    return {
        "message": found,
        "body": chosen or next(iter(found.bodies), None),
        "here": reverse("hold", args=[row.pk]) + suffix + version,
        "query": suffix.removeprefix("?"),
        "signs": _signs(codes | set(found.codes)),
        "headers": safe_view.headers(raw) if request.GET.get("entetes") == "1" else None,
    }


def _signs(codes: set[str]) -> list[tuple[str, str]]:
    """Level and sentence of each, the weightiest first."""
    return [(wording.level(code), wording.hint(code)) for code in wording.weightiest_first(codes)]


def _entries(row: Hold) -> list[senders.SenderEntry]:
    return senders.matching(row.recipient, senders.senders_of(row))
