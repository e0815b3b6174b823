"""Templates of reminders: listed, written, tried out, deleted."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import AgentRequest
from bascule import planning
from bascule.models import ReminderTemplate
from bascule.reminders import letters, listing, states, texts, trials, writing
from bascule.reminders.audiences import Moved
from bascule.views.staff.reminders import staff_only


@require_safe
def template_list(request: AgentRequest) -> HttpResponse:
    staff_only(request)
    text = request.GET.get("q", "").replace("\0", "").strip()[:100]
    rows = ReminderTemplate.objects.order_by("name")
    if text:
        rows = rows.filter(name__icontains=text) | rows.filter(subject__icontains=text)
    context = {"title": "Modèles de relance", "tab": "templates", "rows": rows, "text": text}
    return render(request, "bascule/staff/reminders/templates.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def template_new(request: AgentRequest) -> HttpResponse:
    staff_only(request)
    return _form(request, ReminderTemplate(), "Nouveau modèle")


@require_http_methods(["GET", "HEAD", "POST"])
def template_edit(request: AgentRequest, template_id: int) -> HttpResponse:
    return _form(request, _template(request, template_id), "Modèle de relance")


@require_http_methods(["GET", "HEAD", "POST"])
def template_delete(request: AgentRequest, template_id: int) -> HttpResponse:
    template = _template(request, template_id)
    if request.method == "POST":
        name = template.name
        writing.delete_template(template=template, by=request.user)
        messages.success(request, f"Le modèle « {name} » est supprimé.")
        return redirect("reminder_templates")
    context = {"title": "Supprimer le modèle", "tab": "templates", "template": template}
    return render(request, "bascule/staff/reminders/template_delete.html", context)


def _template(request: AgentRequest, template_id: int) -> ReminderTemplate:
    staff_only(request)
    if template_id > 2**63 - 1:
        raise Http404
    return get_object_or_404(ReminderTemplate, pk=template_id)


def _form(request: AgentRequest, row: ReminderTemplate, title: str) -> HttpResponse:
    """The text with its preview; a preview shows what is typed, saved or not."""
    known = row if row.pk else None
    name, error = row.name, ""
    address = request.GET.get("personne", "").replace("\0", "").strip()
    if request.method == "POST":
        typed = {key: request.POST.get(key, "").replace("\0", "") for key in ("nom", "objet", "texte", "action")}
        name, address = typed["nom"], request.POST.get("personne", "").replace("\0", "").strip()
        text = ReminderTemplate(
            subject=typed["objet"],
            body=typed["texte"].replace("\r\n", "\n"),
            is_service=request.POST.get("service") == "oui",
        )
        try:
            if typed["action"] == "essai":
                standing = listing.person(address)
                about = standing if standing.agent.pk else letters.standing_of(request.user)
                writing.try_out(text=text, about=about, by=request.user)
                messages.success(request, f"Un essai part vers {request.user.address}.")
            elif typed["action"] == "apercu":
                texts.check(text.subject, text.body)
            else:
                saved = writing.save_template(name=name, text=text, by=request.user, template=known)
                messages.success(request, "Le modèle est enregistré.")
                return redirect("reminder_template", template_id=saved.pk)
        except (states.ReminderError, texts.TextError) as refusal:
            error = refusal.sentence
        row.subject, row.body, row.is_service = text.subject, text.body, text.is_service
    standing = listing.person(address, moved=row.audience.get("moved") == Moved.YES)
    is_complete = not error and row.subject and row.body
    context = {
        "title": title,
        "tab": "templates",
        "row": row,
        "name": name,
        "error": error,
        "address": address,
        "standing": standing,
        "is_unknown": bool(address) and standing.agent.pk is None,
        "letter": letters.letter(row, standing, today=planning.today(), url=trials.LINK) if is_complete else None,
        "placeholders": texts.PLACEHOLDERS.items(),
    }
    return render(request, "bascule/staff/reminders/template_form.html", context, status=422 if error else 200)
