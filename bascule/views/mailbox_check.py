"""Ma messagerie est-elle complète ? Before the move a census of the old mailbox, after it a comparison with Zimbra."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import one_off
from accounts.requests import AgentRequest
from bascule.mailbox_check import access, acts, asking, overview
from bascule.mailbox_check.errors import CheckError, NotThere
from bascule.mailbox_check.overview import FolderLine
from bascule.models import MailboxAct, MailboxCensus, MailboxSide

_SHOWN = {
    "": "Tous les dossiers",
    "manque": "Ceux où il manque quelque chose",
    "abonnement": "Ceux qui ne se voient pas",
}
_MOST_PASSWORD = 500


@never_cache
@require_safe
def mailbox_page(request: AgentRequest) -> HttpResponse:
    found = overview.overview(request.user)
    context: dict[str, Any] = {
        "title": "Ma messagerie est-elle complète ?",
        "found": found,
        "jobs": [
            (census, overview.progress(census), access.is_delegated(census.side))
            for census in (found.census, found.comparing)
            if census is not None and census.state not in (MailboxCensus.State.DONE, MailboxCensus.State.CANCELLED)
        ],
        "old": _side(MailboxSide.OLD),
        "new": _side(MailboxSide.NEW),
    }
    if request.headers.get("HX-Request") and found.is_moving:
        return render(request, "bascule/mailbox/_jobs.html", context)
    if found.comparison is not None:
        context |= _compared(request, overview.folder_lines(found.comparison))
    elif found.done is not None:
        context["census_lines"] = overview.census_lines(found.done)
    response = render(request, "bascule/mailbox/home.html", context)
    if request.headers.get("HX-Request"):
        # What was under way is over: the whole page says what came of it.
        response = HttpResponse(headers={"HX-Refresh": "true"})
    return response


def _side(side: str) -> dict[str, Any]:
    return {
        "is_configured": access.is_configured(side),
        "is_delegated": access.is_delegated(side),
        "server": access.server_name(side),
    }


def _compared(request: AgentRequest, lines: list[FolderLine]) -> dict[str, Any]:
    wanted, shown = request.GET.get("q", "").strip()[:100], request.GET.get("voir", "")
    chosen = [line for line in lines if wanted.lower() in f"{line.old_name} {line.new_name}".lower()]
    if shown == "manque":
        chosen = [line for line in chosen if not line.is_fine]
    elif shown == "abonnement":
        chosen = [line for line in chosen if not line.subscribed]
    return {
        "lines": Paginator(chosen, 50).get_page(request.GET.get("page")),
        "wanted": wanted,
        "shown": shown,
        "choices": _SHOWN,
        "hidden": [line for line in lines if not line.subscribed],
    }


@sensitive_variables("password")
def _asked(request: AgentRequest, ask: Callable[[str], object], said: str = "") -> HttpResponse:
    """Call `ask` with the password typed; what it raises is told on the page."""
    password = request.POST.get("mot_de_passe", "")[:_MOST_PASSWORD]
    try:
        ask(password)
    except NotThere as error:
        raise Http404(str(error)) from error
    except (CheckError, one_off.QueueAway) as error:
        messages.error(request, error.sentence)
    else:
        if said:
            messages.success(request, said)
    return redirect("mailbox_check")


@sensitive_post_parameters("mot_de_passe")
@require_POST
def census_start(request: AgentRequest) -> HttpResponse:
    return _asked(request, lambda password: asking.start_census(agent=request.user, by=request.user, password=password))


@sensitive_post_parameters("mot_de_passe")
@require_POST
def comparison_start(request: AgentRequest) -> HttpResponse:
    return _asked(
        request, lambda password: asking.start_comparison(agent=request.user, by=request.user, password=password)
    )


@sensitive_post_parameters("mot_de_passe")
@require_POST
def census_resume(request: AgentRequest, census_id: int) -> HttpResponse:
    return _asked(
        request,
        lambda password: asking.give_password(
            agent=request.user, census_id=census_id, by=request.user, password=password
        ),
    )


@require_POST
def census_cancel(request: AgentRequest, census_id: int) -> HttpResponse:
    return _asked(
        request,
        lambda _: asking.cancel(agent=request.user, census_id=census_id, by=request.user),
        "C’est abandonné ; ce qui avait été relevé est effacé.",
    )


@sensitive_post_parameters("mot_de_passe")
@require_POST
def folders_subscribe(request: AgentRequest) -> HttpResponse:
    """The folders that were ticked, or all."""
    given = request.POST.getlist("dossier")
    wanted = [int(one) for one in given if one.isascii() and one.isdigit() and len(one) < 19] if given else None
    return _asked(
        request,
        lambda password: acts.subscribe(agent=request.user, by=request.user, folder_ids=wanted, password=password),
    )


@never_cache
@sensitive_post_parameters("mot_de_passe")
@require_http_methods(["GET", "HEAD", "POST"])
def folder_page(request: AgentRequest, pair_id: int) -> HttpResponse:
    """The messages of a folder that are not where they were; who wrote them, when the person asks for it."""
    try:
        line = overview.pair_of(request.user, pair_id)
    except NotThere as error:
        raise Http404("folder") from error
    missing = overview.missing_of(line.pair)
    page = Paginator(missing, acts.PAGE).get_page(request.GET.get("page"))
    if request.method == "POST":
        start = page.start_index() - 1
        _asked(
            request,
            lambda password: acts.ask_details(
                agent=request.user, by=request.user, pair_id=pair_id, start=start, password=password
            ),
        )
        return redirect(f"{request.path}?page={page.number}")
    act = acts.latest_details(request.user, line.pair)
    known = acts.details(act, by=request.user)
    context = {
        "title": line.old_name or line.new_name,
        "line": line,
        "page": page,
        "rows": [(one, known.get(one.number)) for one in page.object_list],
        "act": act,
        "is_fetching": act is not None and act.state in MailboxAct.UNDER_WAY,
        "has_details": bool(known),
        "old": _side(MailboxSide.OLD),
        "minutes": acts.SHOWN.seconds // 60,
    }
    return render(request, "bascule/mailbox/folder.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def mailbox_delete(request: AgentRequest) -> HttpResponse:
    if request.method == "POST":
        return _asked(
            request,
            lambda _: asking.delete_all(agent=request.user, by=request.user),
            "Tout ce qui avait été relevé est effacé.",
        )
    return render(request, "bascule/mailbox/delete.html", {"title": "Effacer ce qui a été relevé"})
