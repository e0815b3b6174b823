"""Notifications par message: when a mailbox is told of what is held for it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.requests import AgentRequest
from quarantine import digest, rules
from quarantine.models import Digest, DigestChoice
from quarantine.views.frame import Looked, looked_at, need_writer

USUAL, CHOSEN, NEVER = "usual", "chosen", "never"
_SHOWN = 5


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def digest_choice(request: AgentRequest) -> HttpResponse:
    looked = looked_at(request)
    if request.method != "POST":
        return _page(request, looked)
    need_writer(looked.mailbox)
    how = request.POST.get("quand", "")
    times = [one for one in rules.present().allowed_times if one in request.POST.getlist("heure")]
    if how not in {USUAL, CHOSEN, NEVER}:
        return _page(request, looked, error="Choisissez quand être prévenu.")
    if how == CHOSEN and not times:
        return _page(request, looked, error="Cochez au moins une heure, ou choisissez « Jamais ».", how=how)
    try:
        rules.choose(
            mailbox=looked.mailbox.address, times=None if how == USUAL else times if how == CHOSEN else [],
            by=request.user,
        )  # fmt: skip
    except rules.RulesError as error:
        return _page(request, looked, error=error.sentence, how=how)
    messages.success(request, "Votre choix est enregistré.")
    return redirect(_here(looked))


@require_POST
def digest_now(request: AgentRequest) -> HttpResponse:
    """Send the whole list to the mailbox."""
    looked = looked_at(request)
    need_writer(looked.mailbox)
    try:
        digest.ask(mailbox=looked.mailbox.address, by=request.user)
    except digest.TooSoon as error:
        messages.warning(request, error.sentence)
    else:
        messages.success(request, f"La liste part vers {looked.mailbox.address}.")
    return redirect(_here(looked))


def _page(request: AgentRequest, looked: Looked, *, error: str = "", how: str = "") -> HttpResponse:
    present = rules.present()
    chosen = DigestChoice.objects.filter(mailbox=looked.mailbox.address).first()
    times = rules.times_of([looked.mailbox.address], present)[looked.mailbox.address]
    if not how:
        how = USUAL if chosen is None else CHOSEN if chosen.times else NEVER
    context = looked.context() | {
        "title": "Notifications par message",
        "tab": "digest",
        "how": how,
        "allowed": [(one, one in times) for one in present.allowed_times],
        "usual": present.usual_times,
        "next": _next(times),
        "gone": sorted(set(chosen.times) - set(present.allowed_times)) if chosen else [],
        "sent": Digest.objects.filter(mailbox=looked.mailbox.address, state=Digest.State.SENT).order_by("-sent_at")[
            :_SHOWN
        ],
        "error": error,
    }
    return render(request, "quarantine/digest_choice.html", context, status=422 if error else 200)


def _next(times: list[str]) -> str:
    """The next of these times of the day, in words; "" for none."""
    if not times:
        return ""
    now = f"{timezone.localtime():%H:%M}"
    later = [one for one in times if one > now]
    return f"aujourd’hui à {later[0]}" if later else f"demain à {times[0]}"


def _here(looked: Looked) -> str:
    return reverse("digest_choice") + looked.mailbox_query
