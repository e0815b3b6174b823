"""What is decided on one held message: let through, trusted, deleted, taken back, blocked, reported.

Each address shows what the decision leads to, and does it once that was sent. Only taking back asks nothing.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.requests import AgentRequest
from quarantine import bulk, contents, forwarding, held, selectors, senders, senders_matching
from quarantine.models import Hold, SenderEntry
from quarantine.recipients import Mailbox
from quarantine.senders_matching import BadPattern, MessageSenders, Pattern
from quarantine.views import undo
from quarantine.views.frame import Looked, need_writer, seen_hold
from quarantine.views.held import LIST_FIELD, list_suffix, list_url, tell_lists

_METHODS = ["GET", "HEAD", "POST"]


@never_cache
@require_http_methods(_METHODS)
def hold_release(request: AgentRequest, hold_id: int) -> HttpResponse:
    row, mailbox = _writable(request, hold_id)
    if request.method != "POST" or (row.reason == Hold.Reason.DANGEROUS and request.POST.get("confirme") != "oui"):
        return _page(request, row, mailbox, "release", "Libérer ce message")
    try:
        held.release(row, by=request.user)
    except held.HoldError as error:
        return _refused(request, mailbox, error.sentence)
    messages.success(request, "Message libéré : sa remise est en cours.")
    return redirect(_hold(request, row))


@never_cache
@require_http_methods(_METHODS)
def hold_trust(request: AgentRequest, hold_id: int) -> HttpResponse:
    row, mailbox = _writable(request, hold_id)
    choices = _choices(row, SenderEntry.Kind.TRUST)
    title = "Libérer et faire confiance"
    if request.method != "POST":
        return _page(request, row, mailbox, "trust", title, choices=choices)
    pattern = request.POST.get("expediteur", "")
    if pattern not in {one.text for one in choices}:
        return _page(request, row, mailbox, "trust", title, choices=choices, error="Choisissez à qui faire confiance.")
    try:
        added = bulk.trust_one(row, pattern, by=request.user)
    except (held.HoldError, senders.SenderError) as error:
        return _refused(request, mailbox, error.sentence)
    sentence = "Message libéré : sa remise est en cours."
    if not undo.tells(added):
        sentence += f" {pattern} {'est maintenant' if added.is_new else 'était déjà'} de confiance."
    messages.success(request, sentence)
    tell_lists(request, [added])
    undo.remember(request, mailbox.address, added=[added])
    return redirect(_hold(request, row))


@never_cache
@require_http_methods(_METHODS)
def hold_delete(request: AgentRequest, hold_id: int) -> HttpResponse:
    row, mailbox = _writable(request, hold_id)
    if request.method != "POST":
        return _page(request, row, mailbox, "delete", "Supprimer ce message")
    try:
        held.delete(row, by=request.user)
    except held.HoldError as error:
        return _refused(request, mailbox, error.sentence)
    # Told beside the button that takes it back.
    undo.remember(request, mailbox.address, deleted=[row])
    return redirect(_list(request, mailbox))


@never_cache
@require_POST
def hold_restore(request: AgentRequest, hold_id: int) -> HttpResponse:
    row, mailbox = _writable(request, hold_id)
    try:
        held.restore(row, by=request.user)
    except held.HoldError as error:
        return _refused(request, mailbox, error.sentence)
    messages.success(request, "Suppression annulée : le message est de nouveau retenu.")
    return redirect(_hold(request, row))


@never_cache
@require_http_methods(_METHODS)
def hold_block(request: AgentRequest, hold_id: int) -> HttpResponse:
    row, mailbox = _writable(request, hold_id)
    choices = _choices(row, SenderEntry.Kind.BLOCK)
    if request.method != "POST":
        return _page(request, row, mailbox, "block", "Bloquer l’expéditeur", choices=choices)
    pattern = request.POST.get("expediteur", "")
    if pattern not in {one.text for one in choices}:
        return _page(
            request, row, mailbox, "block", "Bloquer l’expéditeur", choices=choices, error="Choisissez qui bloquer."
        )
    deleting = request.POST.get("supprimer") == "oui" and row.state != Hold.State.RELEASED
    try:
        added = bulk.block_one(row, pattern, deleting=deleting, by=request.user)
    except (held.HoldError, senders.SenderError) as error:
        return _refused(request, mailbox, error.sentence)
    if not undo.tells(added):
        messages.success(request, f"{pattern} {'est maintenant' if added.is_new else 'était déjà'} bloqué.")
    tell_lists(request, [added])
    undo.remember(request, mailbox.address, deleted=[row] if deleting else [], added=[added])
    return redirect(_list(request, mailbox)) if deleting else redirect(_hold(request, row))


@sensitive_post_parameters("commentaire")
@never_cache
@require_http_methods(_METHODS)
def hold_report(request: AgentRequest, hold_id: int) -> HttpResponse:
    """Send it to the alert address, as an attachment."""
    row, mailbox = _writable(request, hold_id)
    if request.method != "POST":
        return _page(request, row, mailbox, "report", "Signaler ce message")
    comment = request.POST.get("commentaire", "")
    if len(comment.replace("\r\n", "\n")) > forwarding.COMMENT_CHARACTERS:
        error = f"Le commentaire est trop long : {forwarding.COMMENT_CHARACTERS} caractères au plus."
        return _page(request, row, mailbox, "report", "Signaler ce message", error=error, comment=comment[:10_000])
    try:
        forwarding.ask(row, comment=comment.replace("\r\n", "\n"), by=request.user)
    except held.HoldError as error:
        return _refused(request, mailbox, error.sentence)
    messages.success(request, f"Message signalé : il part vers {settings.ALERT_ADDRESS}.")
    return redirect(_hold(request, row))


def _writable(request: AgentRequest, hold_id: int) -> tuple[Hold, Mailbox]:
    """The message, once the person may act on it. Raises Http404, PermissionDenied."""
    row, mailbox = seen_hold(request, hold_id)
    need_writer(mailbox)
    return row, mailbox


def _list(request: AgentRequest, mailbox: Mailbox) -> str:
    return list_url(Looked(mailbox, [mailbox]).mailbox_query, request.GET.get(LIST_FIELD, ""))


def _hold(request: AgentRequest, row: Hold) -> str:
    return reverse("hold", args=[row.pk]) + list_suffix(request.GET.get(LIST_FIELD, ""))


def _refused(request: AgentRequest, mailbox: Mailbox, sentence: str) -> HttpResponse:
    messages.error(request, sentence)
    return redirect(_list(request, mailbox))


def _page(
    request: AgentRequest, row: Hold, mailbox: Mailbox, name: str, title: str, *, error: str = "", **more: Any
) -> HttpResponse:
    context = {
        **Looked(mailbox, [mailbox]).context(),
        "title": title,
        "tab": "held",
        "hold": row,
        "line": selectors.line(row),
        "undo_for": selectors.undo_for(),
        "alert_address": settings.ALERT_ADDRESS,
        "most": forwarding.COMMENT_CHARACTERS,
        "error": error,
        "suffix": list_suffix(request.GET.get(LIST_FIELD, "")),
        "is_possible": more.get("choices") != [],
        **more,
    }
    return render(request, f"quarantine/hold_{name}.html", context, status=422 if error else 200)


def _choices(row: Hold, kind: SenderEntry.Kind) -> list[Pattern]:
    """What of the sender may be put on a list: the address, the domain, the better one first."""
    found = []
    for text in senders_matching.proposals(_senders(row)):
        try:
            found.append(senders.parsed(kind, text))
        except BadPattern:
            # The academy's own domain is no entry of a trust list.
            continue
    return found


def _senders(row: Hold) -> MessageSenders:
    """With what the header tells of them as long as it is there: whether it came through a list."""
    if row.content.stored_as:
        try:
            header = contents.beginning(row.content.stored_as)
        except contents.Damaged:
            return senders.senders_of(row)
        return senders_matching.senders_of(header, row.mail_from, "")
    return senders.senders_of(row)
