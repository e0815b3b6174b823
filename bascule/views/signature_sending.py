"""Ma signature, into Zimbra: what sending would do, and the word to do it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRefresh

from accounts.requests import AgentRequest
from bascule import mailbox_look
from bascule.models import Replay
from bascule.replays import confirm
from bascule.signatures import planning
from bascule.signatures.planning import Choices, Proposal
from bascule.views.signature_frames import framing

_PAGE = "bascule/signatures/send.html"
_CHANGED = "Voici ce que donne l’aperçu à jour : vérifiez-le, puis confirmez."
_UNDER_WAY = "Un envoi de vos signatures est déjà en cours : le voici."


@never_cache
@framing
@require_http_methods(["GET", "HEAD", "POST"])
def signature_send(request: AgentRequest) -> HttpResponse:
    """Compare, choose, confirm. Only what was shown is sent."""
    context: dict[str, Any] = {"title": "Envoyer mes signatures vers Zimbra", "page_url": reverse("signature_send")}
    if not request.user.has_migrated:
        return render(request, _PAGE, context)
    live = Replay.objects.filter(
        agent=request.user, kind=Replay.Kind.SIGNATURE, state__in=Replay.UNDER_WAY
    ).first()  # fmt: skip
    if live is not None:
        messages.info(request, _UNDER_WAY)
        return redirect("replay_detail", live.pk)
    anew = request.POST.get("action") == "look"
    look = mailbox_look.look_for(request.user, anew=anew)
    if anew:
        return redirect("signature_send")
    context |= {"look": look, "waiting": look.looked_at is None and not look.error}
    picture = None if context["waiting"] or look.error else mailbox_look.seen(look)
    if request.htmx and request.method != "POST":
        return HttpResponse(status=204) if context["waiting"] else HttpResponseClientRefresh()
    if picture is None:
        return render(request, _PAGE, context)
    choices = _choices(request)
    proposal = planning.propose(request.user, picture, choices)
    if request.method == "POST" and request.POST.get("action") == "send":
        if request.POST.get("shown") == proposal.shown and not proposal.blocked:
            return _send(request, proposal)
        messages.warning(request, _CHANGED)
    context |= {"proposal": proposal, "choices": choices}
    return render(request, _PAGE, context)


def _send(request: AgentRequest, proposal: Proposal) -> HttpResponse:
    if not proposal.changes:
        messages.info(request, "Il n’y a rien à changer dans Zimbra.")
        return redirect("signature")
    try:
        replay = confirm.start(agent=request.user, kind=Replay.Kind.SIGNATURE, plan=proposal.plan, by=request.user)
    except confirm.AlreadyUnderWay:
        messages.info(request, _UNDER_WAY)
        return redirect("signature_send")
    except (confirm.NothingToDo, confirm.NotMigrated):
        return redirect("signature_send")
    return redirect("replay_detail", replay.pk)


def _choices(request: AgentRequest) -> Choices:
    """What the form says; a signature that it did not offer yet is sent."""
    asked = request.POST
    return Choices(
        left=frozenset(_keys(asked.getlist("offered"))) - frozenset(_keys(asked.getlist("send"))),
        replacing=frozenset(_keys(asked.getlist("replace"))),
    )


def _keys(texts: list[str]) -> list[int]:
    return [int(one) for one in texts if one.isascii() and one.isdigit() and len(one) < 19]
