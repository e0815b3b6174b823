"""Mes filtres, into Zimbra: what sending them would do, and applying them to mail that is there already."""

from __future__ import annotations

import hashlib
import json
from datetime import date
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
from bascule.conversions.filters.folder_words import shown_path
from bascule.filters import existing_mail, planning
from bascule.filters.comparison import side_of
from bascule.filters.interplay import interplays
from bascule.filters.planning import Choices, Proposal
from bascule.mailbox_look import Snapshot
from bascule.models import CapturedRule, Replay
from bascule.replays import confirm

_CHANGED = "Voici ce que donne l’aperçu à jour : vérifiez-le, puis confirmez."
_UNDER_WAY = "Un envoi de vos filtres est déjà en cours : le voici."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def filters_send(request: AgentRequest) -> HttpResponse:
    """Compare, choose, confirm. Only what was shown is sent."""
    context: dict[str, Any] = {"title": "Envoyer mes filtres vers Zimbra", "page_url": reverse("filters_send")}
    if not request.user.has_migrated:
        return render(request, "bascule/filters/send.html", context)
    if live := _under_way(request, Replay.Kind.FILTERS):
        messages.info(request, _UNDER_WAY)
        return redirect("replay_detail", live.pk)
    if request.POST.get("do") == "look":
        mailbox_look.look_for(request.user, anew=True)
        return redirect("filters_send")
    picture = _picture(request, context)
    if picture is None:
        return _waiting(request, "bascule/filters/send.html", context)
    if request.htmx and request.method != "POST":
        return HttpResponseClientRefresh()
    choices = _choices(request)
    proposal = planning.propose(request.user, picture, choices)
    if request.method == "POST" and request.POST.get("do") == "send":
        if request.POST.get("shown") == proposal.shown and proposal.changes and not proposal.blocked:
            return _send(request, proposal)
        messages.warning(request, _CHANGED)
    context |= _compared(request, proposal, choices)
    if request.htmx and request.method == "POST":
        return render(request, "bascule/filters/_send_preview.html", context)
    return render(request, "bascule/filters/send.html", context)


def _send(request: AgentRequest, proposal: Proposal) -> HttpResponse:
    try:
        replay = confirm.start(agent=request.user, kind=Replay.Kind.FILTERS, plan=proposal.plan, by=request.user)
    except confirm.AlreadyUnderWay:
        messages.info(request, _UNDER_WAY)
        return redirect("filters_send")
    except (confirm.NothingToDo, confirm.NotMigrated):
        return redirect("filters_send")
    return redirect("replay_detail", replay.pk)


def _compared(request: AgentRequest, proposal: Proposal, choices: Choices) -> dict[str, Any]:
    sides = [side_of(one, choices.overwrite) for one in proposal.directions]
    conflicts = any(side.conflicts for side in sides)
    missing = [one for one in proposal.folders if one.place == "missing"]
    return {
        "proposal": proposal,
        "choices": choices,
        "sides": sides,
        "conflicts": conflicts,
        "has_choices": bool(conflicts or missing or proposal.absences or proposal.asks_for_place),
        "has_rules": CapturedRule.objects.filter(agent=request.user).exists(),
        "missing": missing,
        "creating": [shown_path(path) for path in proposal.creating],
        "interplays": interplays(planning.captured_rules(request.user)),
        "awkward": [one for one in proposal.folders if one.note],
    }


def _choices(request: AgentRequest) -> Choices:
    """What the form says; what it did not offer yet is as it is proposed."""
    asked = request.POST
    offered, ticked = asked.getlist("offered"), asked.getlist("create")
    rule_id = asked.get("absence_of", "")
    return Choices(
        left_folders=frozenset(offered) - frozenset(ticked),
        overwrite=frozenset(asked.getlist("overwrite")),
        first=asked.get("place") == "first",
        absence=asked.get("absence", ""),
        absence_of=int(rule_id) if rule_id.isascii() and rule_id.isdigit() and len(rule_id) < 12 else 0,
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def filters_apply(request: AgentRequest) -> HttpResponse:
    """Choose rules and a folder; then the number of messages, and the word that there is no way back; then go."""
    context: dict[str, Any] = {
        "title": "Appliquer mes filtres aux messages déjà reçus",
        "page_url": reverse("filters_apply"),
    }
    if not request.user.has_migrated:
        return render(request, "bascule/filters/apply.html", context)
    if live := _under_way(request, Replay.Kind.EXISTING_MAIL):
        return redirect("replay_detail", live.pk)
    if request.POST.get("do") == "look":
        mailbox_look.look_for(request.user, anew=True)
        return redirect("filters_apply")
    picture = _picture(request, context)
    if picture is None:
        return _waiting(request, "bascule/filters/apply.html", context)
    if request.htmx:
        return HttpResponseClientRefresh()
    return _apply(request, context, picture)


def _apply(request: AgentRequest, context: dict[str, Any], picture: Snapshot) -> HttpResponse:
    offered = existing_mail.candidates(request.user, picture)
    folders = existing_mail.folders_to_choose(picture)
    wanted = set(request.POST.getlist("rule"))
    chosen = [one for one in offered if str(one.rule_id) in wanted]
    folder = next((one for one in folders if one.id == request.POST.get("folder")), folders[0] if folders else None)
    since, since_ok = _since(request.POST.get("since", ""))
    context |= {
        "offered": offered,
        "folders": [(one, shown_path(one.path)) for one in folders],
        "folder": folder,
        "folder_name": shown_path(folder.path) if folder else "",
        "chosen": chosen,
        "ticked": {one.rule_id for one in (chosen if request.method == "POST" else offered) if _proposed(one, wanted)},
        "since": request.POST.get("since", ""),
    }
    action = request.POST.get("do", "")
    if action in ("check", "apply"):
        context["errors"] = errors = {
            key: sentence
            for key, sentence, wrong in (
                ("rules", "Cochez au moins une règle.", not chosen),
                ("since", "Indiquez une date comme 01/09/2026, ou laissez vide.", not since_ok),
                ("folder", "Choisissez un dossier.", folder is None),
            )
            if wrong
        }
        if errors or folder is None:
            return render(request, "bascule/filters/apply.html", context, status=422)
        plan = existing_mail.plan_of(chosen, folder, since)
        shown = hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()
        if action == "apply" and request.POST.get("shown") == shown:
            return _start_applying(request, plan)
        if action == "apply":
            messages.warning(request, "Le nombre de messages ou vos choix ont changé : vérifiez, puis confirmez.")
        context |= {"shown": shown, "plan": plan, "since_day": since, "deleting": [o for o in chosen if o.deletes]}
        return render(request, "bascule/filters/apply_check.html", context)
    return render(request, "bascule/filters/apply.html", context)


def _proposed(one: existing_mail.Candidate, wanted: set[str]) -> bool:
    """A rule that deletes is applied to old mail only when it was ticked by hand."""
    return str(one.rule_id) in wanted or not one.deletes


def _start_applying(request: AgentRequest, plan: dict[str, Any]) -> HttpResponse:
    try:
        replay = confirm.start(agent=request.user, kind=Replay.Kind.EXISTING_MAIL, plan=plan, by=request.user)
    except (confirm.AlreadyUnderWay, confirm.NotMigrated):
        return redirect("filters_apply")
    return redirect("replay_detail", replay.pk)


def _since(text: str) -> tuple[date | None, bool]:
    """The day, and whether the text says one or is empty."""
    if not text.strip():
        return None, True
    try:
        if "/" in text:
            day, month, year = text.strip().split("/")
            return date(int(year), int(month), int(day)), True
        return date.fromisoformat(text.strip()), True
    except (ValueError, OverflowError):
        return None, False


def _under_way(request: AgentRequest, kind: Replay.Kind) -> Replay | None:
    return Replay.objects.filter(agent=request.user, kind=kind, state__in=Replay.UNDER_WAY).first()


def _picture(request: AgentRequest, context: dict[str, Any]) -> Snapshot | None:
    """What was seen last; None while it is being looked at, or when it can't be.

    A form is judged by what it showed, however long ago that was: the worker compares again before it writes.
    """
    row = mailbox_look.latest(request.user) if request.method == "POST" else None
    if row is None or row.looked_at is None or row.error_code:
        row = mailbox_look.look_for(request.user)
    context |= {"look": row, "waiting": row.looked_at is None}
    return None if row.looked_at is None or row.error_code else mailbox_look.seen(row)


def _waiting(request: AgentRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    if request.method == "POST":
        return HttpResponseClientRefresh() if request.htmx else redirect(context["page_url"])
    if request.htmx:
        return HttpResponse(status=204) if context["waiting"] else HttpResponseClientRefresh()
    return render(request, template, context)
