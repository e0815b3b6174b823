"""Files of a person, looked into by somebody of staff with that person's leave: asked for, opened, let go.

Without leave, every address below a file answers with the same page, whatever the file holds: that leave is missing.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Agent
from accounts.requests import AgentRequest
from bascule import originals, previews
from bascule.filters import from_deposits, listing
from bascule.help_desk import consents
from bascule.help_desk.consents import Part
from bascule.help_desk.errors import REASON_LEAST, REASON_MOST, HelpDeskError, NoReason, NotThere
from bascule.models import CapturedRule, ContentConsent, Deposit, ReadCollection, SavedSignature
from bascule.signatures import showing
from bascule.views.staff.help_desk_frame import below, page_url, person_of, sent, staff_of, typed

NO_LEAVE = "Vous n’avez pas, ou plus, l’accord de la personne pour consulter ce fichier : demandez-le."


def _deposit(agent: Agent, deposit_id: int) -> Deposit:
    """A file of the person. Raises Http404."""
    row = Deposit.objects.select_related("agent").filter(pk=deposit_id, agent=agent).first()
    if row is None:
        raise Http404("deposit")
    return row


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def consent_ask(request: AgentRequest, agent_id: int) -> HttpResponse:
    by = staff_of(request)
    agent = person_of(agent_id)
    named = sent(request, "fichier", most=18) if request.method == "POST" else typed(request, "fichier", most=18)
    deposit = None
    if named:
        if not (named.isascii() and named.isdigit()):
            raise Http404("deposit")
        deposit = _deposit(agent, int(named))
    if request.method != "POST":
        return _ask_form(request, agent, by, deposit)
    reason = sent(request, "motif", most=REASON_MOST)
    wants_original = request.POST.get("original") == "oui"
    try:
        consents.ask(agent=agent, deposit=deposit, originals=wants_original, reason=reason, by=by)
    except NoReason as error:
        return _ask_form(request, agent, by, deposit, reason=reason, problem=error.sentence, original=wants_original)
    except NotThere as error:
        raise Http404("consent") from error
    except HelpDeskError as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, f"Demande envoyée à {agent.full_name}. Sa réponse vous sera notifiée.")
    return redirect(page_url(agent))


def _ask_form(
    request: AgentRequest,
    agent: Agent,
    by: Agent,
    deposit: Deposit | None,
    *,
    reason: str = "",
    problem: str = "",
    original: bool = False,
) -> HttpResponse:
    context = {
        **below(agent, "Demander à consulter"),
        "deposit": deposit,
        "may_ask": agent.pk != by.pk and agent.is_active,
        "reason": reason,
        "problem": problem,
        "original": original,
        "reason_least": REASON_LEAST,
        "reason_most": REASON_MOST,
    }
    return render(request, "bascule/staff/help_desk/consent_ask.html", context, status=422 if problem else 200)


@require_POST
def consent_cancel(request: AgentRequest, agent_id: int, consent_id: int) -> HttpResponse:
    by = staff_of(request)
    agent = person_of(agent_id)
    row = ContentConsent.objects.filter(pk=consent_id, agent=agent, asked_by=by).first()
    try:
        if row is None:
            raise NotThere
        consents.cancel(consent=row, by=by)
    except NotThere as error:
        raise Http404("consent") from error
    except HelpDeskError as error:
        messages.info(request, error.sentence)
    else:
        messages.success(request, "Votre demande est abandonnée : plus rien n’est consultable par elle.")
    return redirect(page_url(agent))


@never_cache
@require_safe
def file_page(request: AgentRequest, agent_id: int, deposit_id: int) -> HttpResponse:
    by = staff_of(request)
    agent = person_of(agent_id)
    deposit = _deposit(agent, deposit_id)
    consent = _opened(request, deposit, Part.FILE, by)
    if consent is None:
        return _no_leave(request, agent)
    # The leave is about the file: what the person has changed since is not in it.
    of_rules = list(from_deposits.rules_of(deposit)) if deposit.kind == Deposit.Kind.FILTERS else []
    of_signature = list(SavedSignature.objects.filter(deposit=deposit))
    rules = [row for row in of_rules if _as_read(row, deposit)]
    signatures = [row for row in of_signature if _as_read(row, deposit)]
    context = {
        **_frame(agent, deposit, consent, deposit.name),
        "collections": [(one, previews.glimpse(one)) for one in deposit.collections.all()],
        "rules": [listing.shown(row) for row in rules],
        "signatures": [showing.shown(row, 0) for row in signatures],
        "changed_since": len(rules) + len(signatures) < len(of_rules) + len(of_signature),
        "remark_groups": previews.remark_groups(deposit, each=20),
    }
    return render(request, "bascule/staff/help_desk/file.html", context)


@never_cache
@require_safe
def collection_page(request: AgentRequest, agent_id: int, deposit_id: int, position: int) -> HttpResponse:
    by = staff_of(request)
    agent = person_of(agent_id)
    deposit = _deposit(agent, deposit_id)
    consent = _opened(request, deposit, Part.COLLECTION, by)
    if consent is None:
        return _no_leave(request, agent)
    collection = _collection(deposit, position)
    wanted = typed(request, "q")
    found = previews.positions(previews.outline_of(collection), search=wanted)
    page, items = previews.items_page(collection, found, request.GET.get("page"))
    context = {
        **_frame(agent, deposit, consent, collection.name or collection.get_kind_display()),
        "parent_label": deposit.name,
        "parent_url": reverse("help_desk_file", args=[agent.pk, deposit.pk]),
        "collection": collection,
        "wanted": wanted,
        "page": page,
        "items": items,
    }
    return render(request, "bascule/staff/help_desk/collection.html", context)


@never_cache
@require_safe
def item_page(request: AgentRequest, agent_id: int, deposit_id: int, position: int, number: int) -> HttpResponse:
    by = staff_of(request)
    agent = person_of(agent_id)
    deposit = _deposit(agent, deposit_id)
    consent = _opened(request, deposit, Part.ITEM, by)
    if consent is None:
        return _no_leave(request, agent)
    collection = _collection(deposit, position)
    _, items = previews.items_page(collection, [number] if number < collection.item_count else [], None)
    if not items:
        raise Http404("item")
    context = {
        **_frame(agent, deposit, consent, items[0].item.label or "(sans titre)"),
        "parent_label": collection.name or collection.get_kind_display(),
        "parent_url": reverse("help_desk_collection", args=[agent.pk, deposit.pk, collection.position]),
        "one": items[0],
    }
    return render(request, "bascule/staff/help_desk/item.html", context)


@never_cache
@require_safe
def original(request: AgentRequest, agent_id: int, deposit_id: int) -> HttpResponseBase:
    by = staff_of(request)
    agent = person_of(agent_id)
    deposit = _deposit(agent, deposit_id)
    if _opened(request, deposit, Part.ORIGINAL, by) is None:
        return _no_leave(request, agent)
    pieces = originals.read(deposit.stored_as)
    try:
        first = next(pieces, b"")
    except originals.Damaged as error:
        raise Http404("original") from error

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


def _opened(request: AgentRequest, deposit: Deposit, part: Part, by: Agent) -> ContentConsent | None:
    """The leave by which the page is shown, the opening being written down; None without one. A HEAD shows nothing."""
    try:
        if request.method == "HEAD":
            return consents.holding(by, deposit, originals=part == Part.ORIGINAL)
        return consents.open_part(deposit=deposit, part=part, by=by)
    except NotThere:
        return None


def _no_leave(request: AgentRequest, agent: Agent) -> HttpResponse:
    messages.error(request, NO_LEAVE)
    return redirect(page_url(agent))


def _as_read(row: CapturedRule | SavedSignature, deposit: Deposit) -> bool:
    return deposit.read_at is not None and row.changed_at <= deposit.read_at


def _collection(deposit: Deposit, position: int) -> ReadCollection:
    row = ReadCollection.objects.filter(deposit=deposit, position=position).first()
    if row is None:
        raise Http404("collection")
    return row


def _frame(agent: Agent, deposit: Deposit, consent: ContentConsent, title: str) -> dict[str, object]:
    return {**below(agent, title), "deposit": deposit, "consent": consent, "until": consents.moment(consent)}
