"""The list of held messages, and what is done with several of them at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Agent
from accounts.requests import AgentRequest
from quarantine import bulk, selectors, senders
from quarantine.bulk import MOST_AT_ONCE, Outcome
from quarantine.models import Hold, SenderEntry
from quarantine.selectors import Asked
from quarantine.views import undo
from quarantine.views.frame import FIELD, Looked, looked_at, need_writer, numbers, typed

_ACTIONS: dict[str, tuple[Callable[..., Outcome], str, str]] = {
    "liberer": (bulk.release, "1 message est en cours de remise.", "{} messages sont en cours de remise."),
    "autoriser": (
        bulk.release_and_trust,
        "1 message est en cours de remise, et son expéditeur est de confiance.",
        "{} messages sont en cours de remise, et leurs expéditeurs sont de confiance.",
    ),
    "supprimer": (bulk.delete, "1 message est supprimé.", "{} messages sont supprimés."),
    "retablir": (bulk.restore, "1 message est de nouveau retenu.", "{} messages sont de nouveau retenus."),
}
# Looks at deliveries under way that a page takes by itself: one minute at short intervals, ten more at long ones.
MOST_LOOKS = 60
_TITLES = {
    "liberer": "Libérer des messages dangereux",
    "autoriser": "Libérer et faire confiance",
    "supprimer": "Supprimer des messages",
}


@never_cache
@require_safe
def quarantine(request: AgentRequest) -> HttpResponse:
    looked = looked_at(request)
    asked = _asked(request)
    found = selectors.find(looked.mailbox, asked, request.GET.get("page"))
    counts = selectors.counts(looked.mailboxes)
    context = looked.context() | {
        "title": "Quarantaine",
        "tab": "held",
        "asked": asked,
        "found": found,
        "page": found.page,
        "waiting": counts.get(looked.mailbox.address, 0),
        "boxes": [(one, counts.get(one.address, 0)) for one in looked.mailboxes],
        "reasons": Hold.Reason.choices,
        "states": [(key, label) for key, (label, _) in selectors.STATES.items()],
        "sorts": [(key, label) for key, (label, _) in selectors.SORTS.items()],
        "sizes": selectors.SIZES,
        "days": settings.QUARANTINE_DAYS,
        "max_searched": selectors.MAX_SEARCHED,
        "poll": _poll([line.pk for line in found.lines if line.state == Hold.State.RELEASING], 0),
        "undo": undo.offered(request, looked.mailbox),
        "deciding": asked.state not in {"liberes", "supprimes", "remise"},
        "restoring": asked.state in {"supprimes", "tous"},
        "here": _here(asked, looked, found.page.number),
        "suffix": list_suffix(_here(asked, looked, found.page.number)),
    }
    return render(request, "quarantine/held.html", context)


@never_cache
@require_safe
def holds_states(request: AgentRequest) -> HttpResponse:
    """What became of messages that were being delivered, put into the list by htmx; without it, the list anew."""
    looked = looked_at(request)
    if not request.htmx:
        return redirect(list_url(looked.mailbox_query))
    asked = numbers(request.GET.getlist("message"), most=MOST_AT_ONCE)
    rows = Hold.objects.filter(pk__in=asked, recipient=looked.mailbox.address).select_related("content")
    lines = [selectors.line(row) for row in rows]
    moving = [line.pk for line in lines if line.state == Hold.State.RELEASING]
    [looks, *_] = numbers([request.GET.get("vu", ""), "0"], most=1)
    context = looked.context() | {"lines": lines, "poll": _poll(moving, looks), "swaps": True}
    return render(request, "quarantine/_held_states.html", context)


@never_cache
@require_POST
def holds_act(request: AgentRequest) -> HttpResponse:
    """What was ticked in the list: confirmed first where it has consequences, then done and told in counts."""
    looked = looked_at(request)
    need_writer(looked.mailbox)
    action = request.POST.get("action", "")
    ticked = numbers(request.POST.getlist("message"), most=MOST_AT_ONCE)
    if action not in _ACTIONS or not ticked:
        messages.error(request, "Cochez d’abord au moins un message, puis choisissez ce qu’il faut en faire.")
        return redirect(list_url(looked.mailbox_query, request.POST.get(LIST_FIELD, "")))
    rows = list(Hold.objects.filter(pk__in=ticked, recipient=looked.mailbox.address).select_related("content"))
    if request.POST.get("confirme") != "oui" and _needs_confirmation(action, rows):
        return _confirm(request, looked, action, rows)
    decide, one, several = _ACTIONS[action]
    outcome = decide(rows, by=request.user)
    if len(rows) < len(ticked):
        outcome.refused["Ce message n’est plus dans cette quarantaine."] += len(ticked) - len(rows)
    # A deletion is told beside the button that takes it back.
    if outcome.done and action != "supprimer":
        messages.success(request, one if len(outcome.done) == 1 else several.format(len(outcome.done)))
    tell_refusals(request, outcome)
    tell_lists(request, outcome.added)
    if action == "supprimer":
        undo.remember(request, looked.mailbox.address, deleted=outcome.done)
    elif outcome.added:
        undo.remember(request, looked.mailbox.address, added=outcome.added)
    return redirect(list_url(looked.mailbox_query, request.POST.get(LIST_FIELD, "")))


@never_cache
@require_POST
def quarantine_undo(request: AgentRequest) -> HttpResponse:
    """Take back what was done last: a deletion, or what was put on a list."""
    looked = looked_at(request)
    need_writer(looked.mailbox)
    offer = undo.offered(request, looked.mailbox)
    undo.forget(request)
    if offer is None:
        messages.info(request, "Il n’y a plus rien à annuler.")
        return redirect(list_url(looked.mailbox_query))
    if offer.deleted:
        outcome = bulk.restore(offer.deleted, by=request.user)
        _, one, several = _ACTIONS["retablir"]
        if outcome.done:
            messages.success(request, one if len(outcome.done) == 1 else several.format(len(outcome.done)))
        tell_refusals(request, outcome)
    _take_off(request, offer.entries, by=request.user)
    return redirect(list_url(looked.mailbox_query))


def _take_off(request: AgentRequest, entries: Iterable[SenderEntry], *, by: Agent) -> None:
    for entry in entries:
        try:
            senders.remove(entry=entry, by=by)
        except senders.SenderError as error:
            messages.error(request, error.sentence)
        else:
            messages.success(request, f"{entry.pattern} n’est plus sur votre {entry.get_kind_display().lower()}.")


def tell_refusals(request: AgentRequest, outcome: Outcome) -> None:
    """Those that could not be decided on, in counts."""
    for sentence in outcome.refusals:
        messages.error(request, sentence)


def tell_lists(request: AgentRequest, added: Iterable[senders.Added]) -> None:
    """What the lists of the person do not show by themselves: the entry has left the other list, or a block wins."""
    for one in added:
        if one.was_moved:
            messages.info(request, f"{one.entry.pattern} était sur l’autre liste et en a été retiré.")
        if one.overruled_by is not None:
            whose = "de l’académie" if one.overruled_by.mailbox == senders.EVERYBODY else "de cette quarantaine"
            messages.warning(
                request,
                f"{one.overruled_by.pattern} est sur la liste de blocage {whose}, qui l’emporte : "
                "ses prochains messages seront encore retenus.",
            )


# Field of addresses that says what the list showed when the person left it.
LIST_FIELD = "liste"


def list_url(mailbox_query: str, query: str = "") -> str:
    """Address of the list. query: what the list showed, as a page or a form of it sent it back; only what the list
    itself reads of it has any effect."""
    return reverse("quarantine") + (f"?{query}" if _is_sound(query) else mailbox_query)


def list_suffix(query: str) -> str:
    """What an address of one message ends with, so that the way back leads to what the list showed."""
    return "?" + urlencode({LIST_FIELD: query}) if _is_sound(query) else ""


def _is_sound(query: str) -> bool:
    return 0 < len(query) <= 1_000 and query.isascii() and query.isprintable()


def _asked(request: AgentRequest) -> Asked:
    reason, state, sort, size = (typed(request, name) for name in ("motif", "etat", "tri", "par"))
    return Asked(
        text=typed(request, "q", most=selectors.SEARCH_CHARACTERS),
        reason=reason if reason in Hold.Reason.values else "",
        state=state if state in selectors.STATES else "",
        sort=sort if sort in selectors.SORTS else "",
        size=int(size) if size in {str(one) for one in selectors.SIZES} else selectors.SIZES[0],
    )


def _here(asked: Asked, looked: Looked, number: int) -> str:
    """The query that brings back to what is shown."""
    parts = {"q": asked.text, "motif": asked.reason, "etat": asked.state, "tri": asked.sort}
    if not looked.mailbox.is_own:
        parts[FIELD] = looked.mailbox.address
    if asked.size != selectors.SIZES[0]:
        parts["par"] = str(asked.size)
    if number > 1:
        parts["page"] = str(number)
    return urlencode({key: value for key, value in parts.items() if value})


def _poll(moving: list[int], looks: int) -> dict[str, object] | None:
    """How the list asks again for the messages whose delivery is under way; None when it does so no more."""
    if not moving or looks >= MOST_LOOKS:
        return None
    query = urlencode({"message": moving, "vu": looks + 1}, doseq=True)
    return {"query": query, "delay": 3 if looks < 20 else 15}


def _needs_confirmation(action: str, rows: Iterable[Hold]) -> bool:
    if action == "liberer":
        return any(row.reason == Hold.Reason.DANGEROUS for row in rows)
    return action in {"autoriser", "supprimer"}


def _confirm(request: AgentRequest, looked: Looked, action: str, rows: list[Hold]) -> HttpResponse:
    lines = [selectors.line(row) for row in rows]
    patterns = [senders.to_trust(one.hold) if action == "autoriser" else "" for one in lines]
    context = looked.context() | {
        "title": _TITLES[action],
        "tab": "held",
        "action": action,
        "lines": list(zip(lines, patterns, strict=True)),
        "is_possible": action != "autoriser" or any(patterns),
        "dangerous": sum(line.is_dangerous for line in lines),
        "undo_for": selectors.undo_for(),
        "here": request.POST.get(LIST_FIELD, ""),
        "back": list_url(looked.mailbox_query, request.POST.get(LIST_FIELD, "")),
    }
    return render(request, "quarantine/held_confirm.html", context)
