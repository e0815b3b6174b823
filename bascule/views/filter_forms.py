"""Mes filtres: rules that are typed in, changed, pasted or uploaded."""

from __future__ import annotations

import io
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.requests import AgentRequest
from bascule import deposits, mailbox_look
from bascule.conversions.filters.folder_words import FolderNames
from bascule.conversions.model import Unreadable
from bascule.filters import captured, explaining, from_deposits, listing
from bascule.filters.captured import RuleRefused
from bascule.filters.rule_form import QuickForm, without_checking
from bascule.filters.source_form import PasteForm, SourceForm
from bascule.models import CapturedRule, Deposit
from bascule.uploads import BoundedUpload, takes_files
from bascule.views.filters import own_rule, plural

_UNREAD = (Deposit.State.RECEIVED, Deposit.State.READING)


_ELSEWHERE = (
    "Cette règle en dit plus que le formulaire ne peut montrer : modifiez-la dans Zimbra, dans les filtres des "
    "préférences."
)


def _wants(data: QueryDict) -> tuple[str, int | None]:
    """Which button was pressed: "more", "less" with the number of the line, "next" or "done"."""
    wanted = data.get("do", "next")
    name, _, number = wanted.partition("-")
    if name == "less" and number.isascii() and number.isdigit() and len(number) < 4:
        return "less", int(number)
    return (name if name in {"more", "done"} else "next"), None


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def filter_new(request: AgentRequest) -> HttpResponse:
    if request.method != "POST":
        if request.user.has_migrated:
            mailbox_look.look_for(request.user)
        after = listing.last_typed(request.user, request.GET.get("apres", ""))
        direction = "outgoing" if request.GET.get("sens") == "envoi" else "incoming"
        return _form_page(request, QuickForm.blank(after, direction=direction, names=_names(request)))
    wanted, line = _wants(request.POST)
    if wanted in {"more", "less"}:
        return _form_page(request, without_checking(request.POST, remove=line), focus=wanted)
    form = QuickForm.received(request.POST, names=_names(request))
    if not form.is_valid():
        return _form_page(request, form, status=422)
    direction = form.rule.cleaned_data["direction"]
    try:
        rule = captured.add(agent=request.user, source=form.source(), direction=direction, by=request.user)
    except captured.AlreadyThere as refusal:
        messages.info(request, str(refusal))
        rule = refusal.rule
    except RuleRefused as refusal:
        form.rule.add_error(None, str(refusal))
        return _form_page(request, form, status=422)
    else:
        _tell_saved(request, rule)
    if wanted == "done":
        return redirect(f"{reverse('filters')}#regle-{rule.pk}")
    query = f"?apres={rule.pk}" + ("&sens=envoi" if direction == "outgoing" else "")
    return redirect(reverse("filter_new") + query)


def _names(request: AgentRequest) -> FolderNames:
    return FolderNames(listing.known_folders(request.user))


def _tell_saved(request: AgentRequest, rule: CapturedRule) -> None:
    shown = listing.shown(rule)
    if rule.verdict == CapturedRule.Verdict.SAME:
        messages.success(request, f"Règle n° {rule.position} enregistrée : « {shown.name} ».")
        return
    why = " ".join(remark.message for remark in shown.contents.remarks[:2]) if shown.contents else ""
    messages.warning(request, f"Règle n° {rule.position} enregistrée : « {shown.name} ». {why}")


def _form_page(
    request: AgentRequest,
    form: QuickForm,
    *,
    rule: CapturedRule | None = None,
    focus: str = "",
    status: int = 200,
) -> HttpResponse:
    if status == 422:
        form.focus_on_error()
    else:
        form.focus_on("line" if focus else "name")
    known = listing.known_folders(request.user)
    names = FolderNames(known)
    shown = listing.shown(rule) if rule else None
    context: dict[str, Any] = {
        "title": "Modifier une règle" if rule else "Ajouter une règle",
        "form": form,
        "rule": rule,
        "rule_name": shown.name if shown else "",
        "has_text": bool(shown and shown.contents and shown.contents.source),
        "folders": [names.shown(path) for path in known],
        "total": CapturedRule.objects.filter(agent=request.user).count(),
    }
    return render(request, "bascule/filters/form.html", context, status=status)


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def filter_edit(request: AgentRequest, rule_id: int) -> HttpResponse:
    """By the quick form where it can say the whole rule, else by its text."""
    rule = own_rule(request, rule_id)
    shown = listing.shown(rule)
    said = shown.form
    if shown.contents and not shown.can_be_edited:
        messages.info(request, _ELSEWHERE)
        return redirect("filter_detail", rule.pk)
    has_text = bool(shown.contents and shown.contents.source)
    if said is None or (has_text and request.GET.get("texte") == "1"):
        return _edit_text(request, rule, shown, has_form=said is not None)
    if request.method != "POST":
        name = explaining.given_name(shown.contents) if shown.contents else ""
        form = QuickForm.of(said, name=name, active=rule.active, names=_names(request))
        return _form_page(request, form, rule=rule)
    wanted, line = _wants(request.POST)
    if wanted in {"more", "less"}:
        form = without_checking(request.POST, remove=line, fixed_direction=True)
        return _form_page(request, form, rule=rule, focus=wanted)
    form = QuickForm.received(request.POST, fixed_direction=True, names=_names(request))
    if form.is_valid():
        try:
            captured.edit(rule=rule, source=form.source(), by=request.user)
        except RuleRefused as refusal:
            form.rule.add_error(None, str(refusal))
        else:
            messages.success(request, "Règle modifiée.")
            return redirect("filter_detail", rule.pk)
    return _form_page(request, form, rule=rule, status=422)


def _edit_text(request: AgentRequest, rule: CapturedRule, shown: listing.Shown, *, has_form: bool) -> HttpResponse:
    """The text itself. The button « Expliquer » shows what it would do and keeps nothing."""
    status = 200
    text = shown.contents.source if shown.contents else ""
    name = explaining.given_name(shown.contents) if shown.contents else ""
    form = SourceForm(initial={"name": name, "text": text, "active": rule.active})
    explained = None
    if request.method == "POST":
        form = SourceForm(request.POST)
        if form.is_valid():
            explained = explaining.explain(form.source(), direction=rule.direction)
            if request.POST.get("do") != "explain":
                try:
                    captured.edit(rule=rule, source=form.source(), by=request.user)
                except RuleRefused as refusal:
                    form.add_error(None, str(refusal))
                else:
                    messages.success(request, "Règle modifiée.")
                    return redirect("filter_detail", rule.pk)
        status = 422 if form.errors else 200
    elif text:
        explained = explaining.explain(form.initial_source(), direction=rule.direction)
    context = {
        "title": "Modifier le texte d’une règle",
        "rule": rule,
        "rule_name": shown.name,
        "form": form,
        "explained": explained,
        "has_form": has_form,
    }
    return render(request, "bascule/filters/text.html", context, status=status)


@sensitive_post_parameters()
@require_POST
def filter_explain(request: AgentRequest) -> HttpResponse:
    """What a text would do: the fragment below the editor, renewed while it is typed."""
    form = SourceForm(request.POST)
    direction = request.POST.get("direction", "")
    explained = explaining.explain(form.source(), direction=direction) if form.is_valid() else None
    return render(request, "bascule/filters/_explained.html", {"explained": explained})


@require_http_methods(["GET", "HEAD", "POST"])
@takes_files
@sensitive_post_parameters()
@never_cache
def filters_paste(request: AgentRequest, handler: BoundedUpload) -> HttpResponse:
    form = PasteForm()
    if request.method == "POST":
        form = PasteForm(request.POST, request.FILES)
        for name, sentence in handler.refused:
            form.add_error("file", f"« {name} » : {sentence}")
        if form.is_valid():
            name, data = form.given(timezone.localtime())
            try:
                return _received(request, name, data)
            except (Unreadable, RuleRefused) as refusal:
                form.add_error("file" if form.cleaned_data["file"] else "text", str(refusal))
    status = 422 if form.errors else 200
    context = {"title": "Ajouter des règles par leur texte", "form": form}
    return render(request, "bascule/filters/paste.html", context, status=status)


def _received(request: AgentRequest, name: str, data: bytes) -> HttpResponse:
    """Hand the text to the one way that files take. Raises Unreadable, before anything is kept, if no rule is in it."""
    agent = request.user
    if not deposits.is_archive(data):
        from_deposits.read_rules(data, name if request.FILES else "")
    received = deposits.receive(
        agent=agent, name=name, file=io.BytesIO(data), by=agent, kind=Deposit.Kind.FILTERS.value
    )
    for refused, sentence in received.refused:
        messages.error(request, f"« {refused} » : {sentence}")
    for deposit in received.known:
        _again(request, deposit, data)
    if not received.new:
        return redirect("filters")
    deposit = Deposit.objects.get(pk=received.new[0].pk)
    if deposit.state in _UNREAD or len(received.new) > 1:
        messages.success(request, "Texte reçu : ses règles apparaîtront ici dans un instant.")
    elif deposit.state == Deposit.State.READ:
        ending = plural(deposit.items_out)
        known = deposit.items_in - deposit.items_out
        rest = f" ; {known} déjà là." if known else "."
        messages.success(request, f"{deposit.items_out} règle{ending} relevée{ending}{rest}")
    return redirect("filters")


def _again(request: AgentRequest, deposit: Deposit, data: bytes) -> None:
    """The same bytes as before: what was deleted since comes back."""
    if deposit.state != Deposit.State.READ or deposit.kind != Deposit.Kind.FILTERS:
        messages.info(request, f"Ce texte est déjà déposé, sous le nom « {deposit.name} ».")
        return
    count = len(from_deposits.take_again(deposit=deposit, data=data, by=request.user).rows)
    if count:
        ending = plural(count)
        messages.success(request, f"Texte déjà reçu : {count} règle{ending} remise{ending}.")
    else:
        messages.info(request, "Vous aviez déjà donné ce texte : toutes ses règles sont là.")
