"""What a person decides about reminders: on a page of the portal, or by the link of a mail, without signing in."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from accounts.requests import AgentRequest
from bascule.models import ReminderMail
from bascule.reminders import refusals

_SHOWN = 20
_BAD = "Ce lien est incomplet, ou n’est pas un lien du portail. Recopiez-le en entier, ou passez par le portail."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def my_reminders(request: AgentRequest) -> HttpResponse:
    if request.method == "POST":
        if request.POST.get("rappels") == "non":
            refusals.refuse(agent=request.user)
            messages.success(request, "C’est noté : vous ne recevrez plus de rappel.")
        else:
            refusals.accept(agent=request.user)
            messages.success(request, "C’est noté : vous recevrez les rappels.")
        return redirect("my_reminders")
    mails = ReminderMail.objects.filter(agent=request.user, state=ReminderMail.State.SENT)
    context = {
        "title": "Mes rappels",
        "has_refused": refusals.has_refused(request.user),
        "mails": mails.select_related("reminder").order_by("-at")[:_SHOWN],
    }
    return render(request, "bascule/my_reminders.html", context)


# A mail program that ends the reminders in one click has neither session nor form: RFC 8058 has it post this one field.
# The signed link is what entitles to it. A form of the page itself has the token of all forms.
@csrf_exempt
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def refuse_by_link(request: HttpRequest, token: str) -> HttpResponse:
    if request.method == "POST" and request.POST.get("List-Unsubscribe") == "One-Click":
        return _refuse(request, token)
    return _with_button(request, token)


@csrf_protect
def _with_button(request: HttpRequest, token: str) -> HttpResponse:
    if request.method == "POST":
        return _refuse(request, token)
    try:
        refusals.opened(token)
    except refusals.BadLink:
        return _page(request, "Lien inutilisable", {"sentence": _BAD}, status=404)
    return _page(request, "Ne plus recevoir de rappel", {"asks": True})


def _refuse(request: HttpRequest, token: str) -> HttpResponse:
    try:
        agent = refusals.opened(token)
    except refusals.BadLink:
        return _page(request, "Lien inutilisable", {"sentence": _BAD}, status=404)
    refusals.refuse(agent=agent, by_link=True)
    return _page(request, "Plus de rappel", {"is_done": True})


def _page(request: HttpRequest, title: str, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    response = render(request, "bascule/reminder_refuse.html", {"title": title, **context}, status=status)
    # The link must not stand in the Referer of what the page loads.
    response["Referrer-Policy"] = "strict-origin"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
