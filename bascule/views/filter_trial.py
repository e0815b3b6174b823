"""Essayer: the person's rules on one message, before and after. Nothing of the message is kept."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.requests import AgentRequest
from bascule import mailbox_look
from bascule.filters import listing, trial
from bascule.filters.trial_form import TrialForm
from bascule.models import CapturedRule
from bascule.uploads import BoundedUpload, takes_files
from bascule.views.filters import own_rule

_NO_EXAMPLE = (
    "Aucun message d’exemple n’a pu être fabriqué pour cette règle : ses conditions se contredisent, dépendent du jour "
    "ou de votre boîte, ou ne peuvent pas être remplies. Écrivez le message vous-même ci-dessous."
)
_OUTGOING = "Cette règle regarde les messages envoyés : seules celles des messages reçus s’essaient ici."


@require_http_methods(["GET", "HEAD", "POST"])
@takes_files
@sensitive_post_parameters()
@never_cache
def filter_trial(request: AgentRequest, handler: BoundedUpload) -> HttpResponse:
    given = request.POST if request.method == "POST" else request.GET
    wanted = given.get("regle", "")
    rule = _rule(request, wanted)
    context: dict[str, Any] = {"title": "Essayer mes règles", "rule": rule, "notice": ""}
    if request.method != "POST":
        form, context["notice"] = _blank(request, rule)
        return _page(request, form, context)
    form = TrialForm(request.POST, request.FILES)
    for name, sentence in handler.refused:
        form.add_error("file", f"« {name} » : {sentence}")
    if not form.is_valid():
        return _page(request, form, context, status=422)
    context["tried"] = trial.try_message(
        request.user,
        form.octets(),
        now=timezone.localtime(),
        sender=form.cleaned_data["envelope_from"].strip(),
        recipient=form.cleaned_data["envelope_to"].strip(),
    )
    return _page(request, form, context)


def _rule(request: AgentRequest, wanted: str) -> CapturedRule | None:
    if not wanted:
        return None
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 19):
        raise Http404(wanted)
    return own_rule(request, int(wanted))


def _blank(request: AgentRequest, rule: CapturedRule | None) -> tuple[TrialForm, str]:
    """The form to begin with: made from the rule where there is one, and what is to be said about that."""
    if request.user.has_migrated:
        mailbox_look.look_for(request.user)
    if rule is None:
        return TrialForm(initial={"to": request.user.address}), ""
    if rule.direction == CapturedRule.Direction.OUTGOING:
        return TrialForm(initial={"to": request.user.address}), _OUTGOING
    contents = listing.shown(rule).contents
    draft = trial.made_from(request.user, contents, now=timezone.localtime()) if contents else None
    if draft is None:
        return TrialForm(initial={"to": request.user.address}), _NO_EXAMPLE
    return TrialForm.of_draft(draft), ""


def _page(request: AgentRequest, form: TrialForm, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    rows = CapturedRule.objects.filter(agent=request.user, direction=CapturedRule.Direction.INCOMING)
    context |= {"form": form, "rules": [listing.shown(row) for row in rows]}
    return render(request, "bascule/filters/trial.html", context, status=status)
