"""Reminders for staff: who gets which, when; what went; pause, resume, cancel."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import mail_pace
from accounts.models import Population
from accounts.requests import AgentRequest
from accounts.tables import csv_download
from bascule import planning, steps
from bascule.models import Reminder, ReminderMail, ReminderRound, ReminderTemplate, Wave
from bascule.reminders import audiences, form, from_list, letters, listing, schedule, states, texts, trials, writing
from bascule.reminders.audiences import Audience
from bascule.reminders.form import Filled

_REFUSALS = (states.ReminderError, texts.TextError, audiences.AudienceError)


def staff_only(request: AgentRequest) -> None:
    if not request.user.is_staff:
        raise Http404


def _typed(request: AgentRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\0", "").strip()[:100]


@require_safe
def reminder_list(request: AgentRequest) -> HttpResponseBase:
    staff_only(request)
    text, state, wave = _typed(request, "q"), _typed(request, "etat"), _typed(request, "vague")
    chosen = int(wave) if wave.isascii() and wave.isdigit() and len(wave) < 19 else None
    rows = listing.found(text=text, state=state, wave=chosen)
    page = Paginator(rows.prefetch_related("rounds__wave"), 20).get_page(request.GET.get("page"))
    context = {
        "title": "Relances",
        "tab": "reminders",
        "page": page,
        "rows": [(one, schedule.in_words(one), _summary(one)) for one in page],
        "text": text,
        "state": state,
        "wave": chosen,
        "states": Reminder.State.choices,
        "waves": planning.in_order(Wave.objects.all()),
        "narrows": bool(text or state or wave),
    }
    return render(request, "bascule/staff/reminders/list.html", context)


def _summary(reminder: Reminder) -> dict[str, int]:
    rounds = list(reminder.rounds.all())
    return {
        "waves": len(rounds),
        "sent": sum(one.counts.get("sent", 0) for one in rounds),
        "missed": sum(one.state == ReminderRound.State.MISSED for one in rounds),
        "undated": sum(
            schedule.due(reminder, one.wave) is None and one.state == ReminderRound.State.WAITING for one in rounds
        )
        if reminder.state != Reminder.State.DRAFT
        else 0,
    }


@require_http_methods(["GET", "HEAD", "POST"])
def reminder_new(request: AgentRequest) -> HttpResponse:
    staff_only(request)
    number = _typed(request, "modele")
    template = None
    if number.isascii() and number.isdigit() and len(number) < 19:
        template = ReminderTemplate.objects.filter(pk=int(number)).first()
    filled = form.of_template(template) if template else Filled()
    wave = Wave.objects.filter(pk__in=form.numbers([_typed(request, "vague")])).first()
    if wave is None:
        return _form(request, filled, "Nouvelle relance", None)
    is_the_same = from_list.fill(filled, wave, request.GET)
    come_from = [("vague", wave.pk), *((name, _typed(request, name)) for name in from_list.NAMES)]
    more = {"warning": "" if is_the_same else from_list.NOT_THE_SAME, "come_from": come_from}
    return _form(request, filled, "Nouvelle relance", None, more)


@require_http_methods(["GET", "HEAD", "POST"])
def reminder_edit(request: AgentRequest, reminder_id: int) -> HttpResponse:
    reminder = _reminder(request, reminder_id)
    if reminder.state != Reminder.State.DRAFT:
        messages.error(request, "Seul un brouillon se modifie. Annulez cette relance et préparez-en une autre.")
        return redirect("reminder", reminder_id=reminder.pk)
    return _form(request, form.of_reminder(reminder), "Modifier la relance", reminder)


def _form(
    request: AgentRequest, filled: Filled, title: str, reminder: Reminder | None, more: dict[str, Any] | None = None
) -> HttpResponse:
    """more: where a list of people was come from, what the template needs to keep its filters."""
    error = ""
    if request.method == "POST":
        filled = form.posted(request.POST)
        try:
            saved = writing.save(wish=filled.wish, by=request.user, reminder=reminder)
        except _REFUSALS as refusal:
            error = refusal.sentence
        else:
            return redirect("reminder_plan", reminder_id=saved.pk)
    context: dict[str, Any] = {
        "title": title,
        "tab": "new",
        "filled": filled,
        "error": error,
        "reminder": reminder,
        "templates": ReminderTemplate.objects.order_by("name"),
        "waves": planning.in_order(Wave.objects.all()),
        "whats": [(one.value, label) for one, label in audiences.LABELS.items()],
        "moves": [(one.value, label) for one, label in audiences.MOVED_LABELS.items()],
        "steps": steps.STEPS,
        "populations": Population.objects.all(),
        "placeholders": texts.PLACEHOLDERS.items(),
        "hours": range(24),
    }
    if more and request.method != "POST":
        context |= more
    return render(request, "bascule/staff/reminders/form.html", context, status=422 if error else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def reminder_plan(request: AgentRequest, reminder_id: int) -> HttpResponse:
    """What will happen, with counts and the mail as somebody gets it; the button makes it so."""
    reminder = _reminder(request, reminder_id)
    if request.method == "POST":
        if request.POST.get("action") == "essai":
            return _try_out(request, reminder)
        if _done(request, lambda: writing.plan(reminder=reminder, by=request.user)):
            messages.success(request, "La relance est programmée.")
        return redirect("reminder", reminder_id=reminder.pk)
    if reminder.state != Reminder.State.DRAFT:
        return redirect("reminder", reminder_id=reminder.pk)
    meant = listing.meant(reminder)
    people = sum(one.count or 0 for one in meant)
    context = _shown(reminder) | _preview(request, reminder)
    context |= {
        "title": "Vérifier et programmer",
        "meant": meant,
        "people": people,
        "is_more": any(one.is_more for one in meant),
        "uncounted": sum(one.count is None and not one.is_missed for one in meant),
        "undated": [one.wave for one in meant if one.due is None and reminder.when == Reminder.When.BEFORE_OR_AFTER],
        "missed": [one.wave for one in meant if one.is_missed],
        "ends": listing.ends(people),
        "now": timezone.now(),
        "at_once": timezone.now() + timedelta(minutes=2),
    }
    return render(request, "bascule/staff/reminders/plan.html", context)


@require_safe
def reminder_detail(request: AgentRequest, reminder_id: int) -> HttpResponseBase:
    reminder = _reminder(request, reminder_id)
    text, state = _typed(request, "q"), _typed(request, "etat")
    mails = listing.mails(reminder, text=text, state=state)
    if request.GET.get("format") == "csv":
        return csv_download(f"relance-{reminder.pk}.csv", _table(mails.order_by("pk").iterator(chunk_size=1000)))
    number = _typed(request, "avant")
    if number.isascii() and number.isdigit() and len(number) < 19:
        mails = mails.filter(pk__lt=int(number))
    people = list(mails[: listing.PEOPLE + 1])
    lines = listing.lines(reminder)
    left = listing.left(lines)
    is_sending = reminder.state == Reminder.State.PLANNED and left
    totals = listing.totals(lines)
    context = _shown(reminder) | _preview(request, reminder)
    context |= {
        "title": reminder.name,
        "lines": lines,
        "totals": totals,
        "again": totals["failed"] + totals["uncertain"],
        "left": left,
        "ends": listing.ends(left) if is_sending else None,
        "waits_for_limits": is_sending and any(line.round.waiting_for == "limits" for line in lines),
        "people": people[: listing.PEOPLE],
        "older": people[listing.PEOPLE - 1].pk if len(people) > listing.PEOPLE else None,
        "text": text,
        "mail_state": state,
        "mail_states": ReminderMail.State.choices,
        "may_cancel": Reminder.State.CANCELLED in states.MOVES[reminder.state],
        "may_send": reminder.state in {Reminder.State.PLANNED, Reminder.State.DONE},
    }
    return render(request, "bascule/staff/reminders/detail.html", context)


@require_POST
def reminder_act(request: AgentRequest, reminder_id: int) -> HttpResponse:
    """Pause, resume, send again what was refused, send what was missed, or try it out."""
    reminder = _reminder(request, reminder_id)
    action = request.POST.get("action", "")
    if action == "essai":
        return _try_out(request, reminder)
    if action == "pause" and _done(request, lambda: writing.pause(reminder=reminder, by=request.user)):
        messages.success(request, "La relance est en pause : plus aucun message ne part.")
    elif action == "reprendre" and _done(request, lambda: writing.resume(reminder=reminder, by=request.user)):
        messages.success(request, "La relance reprend où elle en était.")
    elif action == "refaire" and _done(request, lambda: writing.send_again(reminder=reminder, by=request.user)):
        messages.success(request, "Les envois refusés ou interrompus sont refaits.")
    elif action == "envoyer":
        number = request.POST.get("envoi", "")
        known = number.isascii() and number.isdigit() and len(number) < 19
        late = get_object_or_404(
            ReminderRound.objects.select_related("wave"), pk=int(number) if known else 0, reminder=reminder
        )
        if _done(request, lambda: writing.send_missed(late=late, by=request.user)):
            messages.success(request, f"L’envoi à la vague {late.wave.name} part maintenant.")
    return redirect("reminder", reminder_id=reminder.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def reminder_cancel(request: AgentRequest, reminder_id: int) -> HttpResponse:
    reminder = _reminder(request, reminder_id)
    if request.method == "POST":
        if _done(request, lambda: writing.cancel(reminder=reminder, by=request.user)):
            messages.success(request, "La relance est annulée.")
        return redirect("reminder", reminder_id=reminder.pk)
    lines = listing.lines(reminder)
    context = _shown(reminder) | {
        "title": "Annuler la relance",
        "totals": listing.totals(lines),
        "left": listing.left(lines),
        "waiting": [line for line in lines if line.round.state == ReminderRound.State.WAITING],
    }
    return render(request, "bascule/staff/reminders/cancel.html", context)


def _reminder(request: AgentRequest, reminder_id: int) -> Reminder:
    """404 for whoever is not of staff, and for no such reminder."""
    staff_only(request)
    if reminder_id > 2**63 - 1:
        raise Http404
    return get_object_or_404(Reminder.objects.select_related("by"), pk=reminder_id)


def _done(request: AgentRequest, act: Any) -> bool:
    try:
        act()
    except _REFUSALS as refusal:
        messages.error(request, refusal.sentence)
        return False
    return True


def _shown(reminder: Reminder) -> dict[str, Any]:
    audience = Audience.read(reminder.audience)
    titles = [steps.get(code).title for code in audience.steps]
    return {
        "tab": "reminders",
        "reminder": reminder,
        "when": schedule.in_words(reminder),
        "what": audiences.LABELS[audience.what],
        "moved": audiences.MOVED_LABELS[audience.moved] if audience.moved else "",
        "chosen_steps": titles if audience.what in {audiences.What.ANY_OF, audiences.What.ALL_OF} else [],
        "populations": list(Population.objects.filter(code__in=audience.populations)),
        "establishments": audience.establishments,
        "quiet_days": audience.quiet_days,
    }


def _preview(request: AgentRequest, reminder: Reminder) -> dict[str, Any]:
    address = _typed(request, "personne")
    standing = listing.person(address, reminder)
    day = listing.day_of_letter(reminder, standing)
    return {
        "address": address,
        "standing": standing,
        "letter_day": day,
        "is_unknown": bool(address) and standing.agent.pk is None,
        "letter": letters.letter(reminder, standing, today=day, url=trials.LINK),
        "sender": mail_pace.own_address(),
    }


def _try_out(request: AgentRequest, reminder: Reminder) -> HttpResponse:
    address = request.POST.get("personne", "").replace("\0", "")[:254]
    standing = listing.person(address, reminder)
    about = standing if standing.agent.pk else letters.standing_of(request.user)
    if _done(request, lambda: writing.try_out(text=reminder, about=about, by=request.user)):
        messages.success(request, f"Un essai part vers {request.user.address}.")
    draft = reminder.state == Reminder.State.DRAFT
    return redirect("reminder_plan" if draft else "reminder", reminder_id=reminder.pk)


def _table(mails: Iterator[ReminderMail]) -> Iterator[tuple[object, ...]]:
    yield "nom", "prénom", "adresse", "vague", "état", "date", "essais", "réponse du serveur"
    for mail in mails:
        yield (
            mail.agent.family_name,
            mail.agent.given_name,
            mail.agent.address,
            mail.round.wave.name if mail.round else "",
            mail.get_state_display(),
            f"{timezone.localtime(mail.at):%d/%m/%Y %H:%M:%S}",
            mail.attempts,
            mail.code or "",
        )
