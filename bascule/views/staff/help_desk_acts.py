"""Acting in a person's place: a page that says what will happen and asks why, then the act."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import Agent
from accounts.requests import AgentRequest
from bascule import deposits
from bascule.help_desk import acts, acts_person
from bascule.help_desk.acts import Act, Prepared
from bascule.help_desk.catalogue import ACTS
from bascule.help_desk.errors import (
    REASON_LEAST,
    REASON_MOST,
    HasLeft,
    HelpDeskError,
    NoReason,
    NotThere,
    OwnPage,
)
from bascule.uploads import BoundedUpload, max_request_bytes, takes_files
from bascule.views.staff.help_desk_frame import below, page_url, person_of, sent, staff_of, typed


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def act_page(request: AgentRequest, agent_id: int, act: str) -> HttpResponse:
    by = staff_of(request)
    agent = person_of(agent_id)
    if act not in ACTS:
        raise Http404(act)
    chosen = ACTS[act]
    thing = sent(request, "objet", most=60) if request.method == "POST" else typed(request, "objet", most=60)
    try:
        prepared = chosen.prepare(agent, thing)
        if request.method == "POST":
            return _perform(request, chosen, prepared, agent, by, thing)
    except NotThere as error:
        raise Http404(act) from error
    return _confirm(request, agent, by, prepared, thing)


def _perform(request: AgentRequest, act: Act, prepared: Prepared, agent: Agent, by: Agent, thing: str) -> HttpResponse:
    reason = sent(request, "motif", most=REASON_MOST)
    try:
        acts.perform(act=act, prepared=prepared, agent=agent, reason=reason, by=by)
    except NoReason as error:
        return _confirm(request, agent, by, prepared, thing, reason=reason, problem=error.sentence)
    except HelpDeskError as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, f"C’est fait, et {agent.full_name} en est prévenu(e) : {prepared.title}.")
    return redirect(page_url(agent))


def _confirm(
    request: AgentRequest,
    agent: Agent,
    by: Agent,
    prepared: Prepared,
    thing: str,
    *,
    reason: str = "",
    problem: str = "",
) -> HttpResponse:
    context = {
        **below(agent, prepared.title),
        "prepared": prepared,
        "thing": thing,
        "refusal": prepared.refusal or _own_or_gone(agent, by),
        "reason": reason,
        "problem": problem,
        "reason_least": REASON_LEAST,
        "reason_most": REASON_MOST,
    }
    return render(request, "bascule/staff/help_desk/act.html", context, status=422 if problem else 200)


def _own_or_gone(agent: Agent, by: Agent) -> str:
    if agent.pk == by.pk:
        return OwnPage.sentence
    return "" if agent.is_active else HasLeft.sentence


@require_http_methods(["GET", "HEAD", "POST"])
@takes_files
def deposit_page(request: AgentRequest, handler: BoundedUpload, agent_id: int) -> HttpResponse:
    by = staff_of(request)
    agent = person_of(agent_id)
    if request.method != "POST":
        return _deposit_form(request, agent, by)
    reason = sent(request, "motif", most=REASON_MOST)
    files = [(file.name or "", file) for file in request.FILES.getlist("files")]
    for name, sentence in handler.refused:
        messages.error(request, f"« {name} » : {sentence}")
    if not files:
        if not handler.refused:
            messages.error(request, "Choisissez d’abord un fichier .vcf, .ics, .sieve, .ldif ou .zip.")
        return _deposit_form(request, agent, by, reason=reason, status=422)
    prepared = acts_person.deposit_files(agent, files)
    try:
        received = acts.perform(act=acts_person.DEPOSIT, prepared=prepared, agent=agent, reason=reason, by=by)
    except acts_person.NothingTaken as error:
        _tell(request, error.received)
        return _deposit_form(request, agent, by, reason=reason, status=422)
    except NoReason as error:
        return _deposit_form(request, agent, by, reason=reason, problem=error.sentence, status=422)
    except HelpDeskError as error:
        messages.error(request, error.sentence)
    except NotThere as error:
        raise Http404("staff") from error
    else:
        count = len(received.new)
        told = "Fichier déposé" if count == 1 else f"{count} fichiers déposés"
        messages.success(request, f"{told}, et {agent.full_name} en est prévenu(e).")
        _tell(request, received)
    return redirect(page_url(agent))


def _tell(request: AgentRequest, received: deposits.Received) -> None:
    for deposit in received.known[:8]:
        messages.info(request, f"« {deposit.name} » était déjà déposé.")
    for name, sentence in received.refused[:8]:
        messages.error(request, f"« {name} » : {sentence}")


def _deposit_form(
    request: AgentRequest, agent: Agent, by: Agent, *, reason: str = "", problem: str = "", status: int = 200
) -> HttpResponse:
    prepared = acts_person.deposit_files(agent, ())
    context = {
        **below(agent, prepared.title),
        "prepared": prepared,
        "refusal": _own_or_gone(agent, by),
        "reason": reason,
        "problem": problem,
        "reason_least": REASON_LEAST,
        "reason_most": REASON_MOST,
        "max_megabytes": deposits.max_megabytes(),
        "max_request_megabytes": max_request_bytes() // 1_000_000,
    }
    return render(request, "bascule/staff/help_desk/deposit.html", context, status=status)
