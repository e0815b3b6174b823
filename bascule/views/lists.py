"""Mes listes de diffusion: what a person wants for a list, the plan of it, sending it to Zimbra, taking it away."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.requests import AgentRequest
from accounts.sealing import CannotOpen
from bascule import mailbox_look
from bascule.lists import listing, planning, setups
from bascule.lists.forms import ListForm
from bascule.lists.wishes import COLOURS, SUBFOLDERS, setup_of
from bascule.models import DistributionList
from bascule.replays import confirm
from bascule.replays.states import WrongState

_BUSY = "Cette liste est en route vers Zimbra : attendez la fin de l’envoi."
_GONE = "Cette liste a été retirée entre-temps."
_BLOCKED = "Cette liste ne peut pas être mise en place pour le moment : voyez pourquoi ci-dessous."
_NOT_SEEN = "Le portail n’a pas encore pu regarder votre boîte Zimbra. Réessayez dans un instant."


def _list(request: AgentRequest, list_id: int) -> DistributionList:
    return get_object_or_404(listing.lists_of(request.user), pk=list_id)


def _look(request: AgentRequest) -> dict[str, Any]:
    """The mailbox as last seen; `waiting` while a task looks at it."""
    if not request.user.has_migrated:
        return {"picture": None}
    look = mailbox_look.look_for(request.user, anew=request.GET.get("anew") == "1" and not request.htmx)
    waiting = look.looked_at is None and not look.error
    return {"look": look, "picture": mailbox_look.seen(look), "waiting": waiting}


@never_cache
@require_safe
def list_list(request: AgentRequest) -> HttpResponse:
    seen = _look(request)
    if request.htmx:
        return HttpResponse(status=204) if seen.get("waiting") else HttpResponseClientRefresh()
    rows = listing.shown(listing.lists_of(request.user), seen["picture"])
    context = {
        "title": "Mes listes de diffusion",
        "lists": rows,
        "sendable": sum(one.can_be_sent for one in rows),
        "traces": listing.traces(request.user, seen["picture"]) if seen["picture"] else [],
        "domain": settings.MAIL_DOMAIN,
        **seen,
    }
    return render(request, "bascule/lists/list.html", context)


@sensitive_post_parameters("signature_text")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def list_new(request: AgentRequest) -> HttpResponse:
    form = ListForm(request.user, None, request.POST or None, address=request.GET.get("adresse", "")[:254])
    if request.method == "POST" and form.is_valid():
        try:
            row = setups.add(agent=request.user, setup=form.setup(), by=request.user)
        except setups.AddressTaken:
            form.add_error("address", "Cette liste est déjà parmi les vôtres.")
        except setups.TooMany:
            form.add_error(None, f"Zimbra ne permet pas plus de {setups.MOST_LISTS} listes par personne.")
        else:
            return _saved(request, form, row)
    return _form(request, form, None)


@sensitive_post_parameters("signature_text")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def list_edit(request: AgentRequest, list_id: int) -> HttpResponse:
    row = _list(request, list_id)
    try:
        setup = setup_of(row)
    except CannotOpen:
        return redirect("list_detail", row.pk)
    form = ListForm(request.user, setup, request.POST or None, address_is_fixed=row.replays.exists())
    if request.method == "POST" and form.is_valid():
        try:
            setups.change(row=row, setup=form.setup(), by=request.user)
        except setups.UnderWay:
            form.add_error(None, _BUSY)
        except setups.AddressTaken:
            form.add_error("address", "Cette liste est déjà parmi les vôtres.")
        except setups.AddressFixed:
            form.add_error("address", "Cette liste est déjà dans Zimbra : ajoutez-en une autre plutôt.")
        except setups.Gone:
            form.add_error(None, _GONE)
        else:
            return _saved(request, form, row)
    return _form(request, form, row)


def _form(request: AgentRequest, form: ListForm, row: DistributionList | None) -> HttpResponse:
    context = {
        "title": "Modifier la liste" if row else "Ajouter une liste",
        "form": form,
        "row": row,
        "colours": COLOURS,
        "subfolders": SUBFOLDERS,
        "chosen_subfolders": form["subfolders"].value() or [],
        "domain": settings.MAIL_DOMAIN,
    }
    return render(request, "bascule/lists/form.html", context, status=422 if form.errors else 200)


def _saved(request: AgentRequest, form: ListForm, row: DistributionList) -> HttpResponse:
    messages.success(request, "Vos choix sont enregistrés. Rien n’a encore changé dans Zimbra.")
    if form.is_elsewhere:
        messages.warning(
            request,
            f"Cette adresse n’est pas en @{settings.MAIL_DOMAIN} : vérifiez-la, et qu’il s’agit bien d’une liste.",
        )
    return redirect("list_detail", row.pk)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def list_detail(request: AgentRequest, list_id: int) -> HttpResponse:
    row = _list(request, list_id)
    if request.method == "POST":
        return _send(request, row)
    seen = _look(request)
    if request.htmx:
        return HttpResponse(status=204) if seen.get("waiting") else HttpResponseClientRefresh()
    [shown] = listing.shown([row], seen["picture"])
    context = {"title": row.address, "row": row, "shown": shown, "replays": row.replays.order_by("-pk")[:10], **seen}
    if seen["picture"]:
        context["may_send"] = planning.may_send(row.address, seen["picture"])
    return render(request, "bascule/lists/detail.html", context)


def _send(request: AgentRequest, row: DistributionList) -> HttpResponse:
    picture = _last_picture(request)
    if picture is None:
        messages.error(request, _NOT_SEEN)
        return redirect("list_detail", row.pk)
    try:
        replay = setups.carry(row=row, picture=picture, by=request.user, put_right=request.POST.getlist("corriger"))
    except setups.Blocked:
        messages.error(request, _BLOCKED)
    except confirm.NothingToDo:
        messages.info(request, "Rien n’a changé : cochez « Corriger » devant ce que vous voulez remplacer.")
    except confirm.NotMigrated:
        messages.error(request, "L’envoi s’ouvrira quand votre boîte aura été transférée.")
    except confirm.AlreadyUnderWay:
        messages.info(request, _BUSY)
    except CannotOpen:
        messages.error(request, "Ce que le portail avait noté de cette liste ne peut plus être ouvert.")
    else:
        return redirect("replay_detail", replay.pk)
    return redirect("list_detail", row.pk)


@require_POST
def lists_send(request: AgentRequest) -> HttpResponse:
    """Send all lists that lack something; nothing is overwritten, and they take turns."""
    picture = _last_picture(request)
    if picture is None:
        messages.error(request, _NOT_SEEN)
        return redirect("lists")
    sent = 0
    for one in listing.shown(listing.lists_of(request.user), picture):
        if one.can_be_sent:
            try:
                setups.carry(row=one.row, picture=picture, by=request.user)
            except (setups.Blocked, confirm.NothingToDo, confirm.NotMigrated, confirm.AlreadyUnderWay):
                continue
            sent += 1
    if sent:
        many = "1 liste part" if sent == 1 else f"{sent} listes partent, l’une après l’autre,"
        messages.success(request, f"{many} vers Zimbra.")
    else:
        messages.info(request, "Il n’y a rien à compléter dans Zimbra.")
    return redirect("lists")


def _last_picture(request: AgentRequest) -> Any:
    look = mailbox_look.latest(request.user)
    return mailbox_look.seen(look) if look else None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def list_delete(request: AgentRequest, list_id: int) -> HttpResponse:
    row = _list(request, list_id)
    made = setups.takeable_back(row)
    if request.method == "POST":
        # Only one replay can be taken back together with the list; of several the later stands on the earlier.
        undoing = made[0] if request.POST.get("zimbra") == "retirer" and len(made) == 1 else None
        try:
            setups.remove(row=row, by=request.user, undoing=undoing)
        except setups.UnderWay:
            messages.error(request, _BUSY)
        except setups.Gone:
            messages.info(request, _GONE)
            return redirect("lists")
        except (WrongState, confirm.AlreadyUnderWay, confirm.NotTheLatest):
            messages.error(request, "Ce qui est dans Zimbra n’a pas pu être retiré : rien n’a changé. Réessayez.")
        else:
            messages.success(request, f"La liste « {row.address} » n’est plus dans le portail.")
            return redirect("replay_detail", undoing.pk) if undoing else redirect("lists")
        return redirect("list_delete", list_id)
    context = {"title": "Retirer la liste", "row": row, "made": made}
    return render(request, "bascule/lists/delete.html", context)
