"""Mes identités: under which names a person writes for a box. Nobody else's are ever shown or changed here."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.requests import AgentRequest
from boxes import identities, looks
from boxes.identities import IdentityError
from boxes.identity_form import IdentityForm, folder_labels
from boxes.models import BoxIdentity, BoxLook, Delegation
from boxes.views.frame import Seen, need_member, seen_box

_READERS = (
    "Votre accès à cette boîte est en lecture seule : vous n’écrivez pas en son nom, et n’avez donc pas d’identité."
)
_PART = "Zimbra s’en servira dans un instant."

# Zimbra's codes for what stops one identity, and what to do about it; the rest is told in general.
_TROUBLES = {
    "account.TOO_MANY_IDENTITIES": (
        "Zimbra n’accepte pas davantage d’identités dans votre messagerie (toutes boîtes confondues). "
        "Supprimez-en une dont vous ne vous servez plus, puis réessayez."
    ),
    "account.IDENTITY_EXISTS": "D’autres identités de votre messagerie portent déjà ce nom : changez-le.",
    "account.NO_SUCH_ACCOUNT": "Zimbra ne trouve pas votre messagerie. Réessayez dans une heure, puis signalez-le "
    "à l’assistance.",
    "account.NO_SUCH_IDENTITY": "Cette identité vient d’être supprimée dans Zimbra. Réessayez pour la recréer.",
    "account.INVALID_ATTR_VALUE": "Zimbra n’accepte pas un de ces réglages : simplifiez les noms ou l’adresse.",
}
_TROUBLE = "Zimbra a refusé ce réglage (code {code}). Réessayez, puis signalez-le à l’assistance si cela dure."


def _access(seen: Seen) -> Delegation:
    """The person's own access, if it lets write in the name of the box; PermissionDenied otherwise."""
    access = need_member(seen)
    if not seen.writes:
        raise PermissionDenied(_READERS)
    access.box = seen.box
    return access


def _identity(access: Delegation, identity_id: int) -> BoxIdentity:
    return get_object_or_404(identities.of(access).select_related("delegation__box"), pk=identity_id)


def _page(request: AgentRequest, seen: Seen, name: str, more: dict[str, Any], *, status: int = 200) -> HttpResponse:
    context = {"seen": seen, "box": seen.box, "tab": "identities", **more}
    return render(request, f"boxes/{name}.html", context, status=status)


@never_cache
@require_safe
def box_identities(request: AgentRequest, box_id: int) -> HttpResponse:
    seen = seen_box(request, box_id)
    access = _access(seen)
    every = list(access.identities.all())
    # Nothing comes by itself as long as the access itself is refused.
    waiting = not access.trouble and any(not row.is_in_place and not row.trouble for row in every)
    if request.htmx:
        return HttpResponse(status=204) if waiting else HttpResponseClientRefresh()
    look = looks.latest(seen.box) or looks.look_for(seen.box)
    picture = looks.seen(look)
    mine = BoxIdentity.objects.filter(
        delegation__agent=request.user, delegation__state=Delegation.State.ACTIVE, removed=False
    ).count()
    context = {
        "title": f"Mes identités – {seen.box.name}",
        "rows": [
            {"row": row, "folders": folder_labels(row, picture), "trouble": _told(row)}
            for row in every
            if not row.removed or row.trouble
        ],
        "leaving": [row for row in every if row.removed and not row.trouble],
        "waiting": waiting,
        "is_stalled": bool(seen.box.waiting_for),
        "has_access": bool(access.applied_role),
        "is_refused": bool(access.trouble),
        "has_trouble": any(row.trouble for row in every),
        "mine": mine,
        "most": identities.MOST_IN_ZIMBRA,
        "is_full": mine >= identities.MOST_IN_ZIMBRA,
    }
    return _page(request, seen, "identities", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def box_identity_new(request: AgentRequest, box_id: int) -> HttpResponse:
    seen = seen_box(request, box_id)
    access = _access(seen)
    look = looks.look_for(seen.box)
    form = IdentityForm(access, None, looks.seen(look), request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            identities.add(delegation=access, wish=form.wish(), by=request.user)
        except IdentityError as error:
            _refused(form, error)
        else:
            messages.success(request, f"Votre identité est enregistrée. {_PART}")
            return redirect("box_identities", seen.box.pk)
    return _form(request, seen, form, None, look)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def box_identity_edit(request: AgentRequest, box_id: int, identity_id: int) -> HttpResponse:
    seen = seen_box(request, box_id)
    access = _access(seen)
    row = _identity(access, identity_id)
    look = looks.look_for(seen.box)
    form = IdentityForm(access, row, looks.seen(look), request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            identities.change(identity=row, wish=form.wish(), by=request.user)
        except identities.Gone as error:
            messages.error(request, error.sentence)
            return redirect("box_identities", seen.box.pk)
        except IdentityError as error:
            _refused(form, error)
        else:
            messages.success(request, f"Vos changements sont enregistrés. {_PART}")
            return redirect("box_identities", seen.box.pk)
    return _form(request, seen, form, row, look)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def box_identity_delete(request: AgentRequest, box_id: int, identity_id: int) -> HttpResponse:
    seen = seen_box(request, box_id)
    row = _identity(_access(seen), identity_id)
    if row.is_default:
        messages.error(request, identities.DefaultStays.sentence)
        return redirect("box_identities", seen.box.pk)
    if request.method == "POST":
        try:
            identities.remove(identity=row, by=request.user)
        except IdentityError as error:
            messages.error(request, error.sentence)
        else:
            messages.success(request, f"L’identité « {row.name} » est supprimée.")
        return redirect("box_identities", seen.box.pk)
    return _page(request, seen, "identity_delete", {"title": "Supprimer une identité", "row": row})


@require_POST
def box_identity_retry(request: AgentRequest, box_id: int) -> HttpResponse:
    seen = seen_box(request, box_id)
    try:
        identities.retry(delegation=_access(seen), by=request.user)
    except IdentityError as error:
        messages.error(request, error.sentence)
    else:
        messages.info(request, "Le portail réessaie : le résultat s’affiche ici dans un instant.")
    return redirect("box_identities", seen.box.pk)


def _form(
    request: AgentRequest, seen: Seen, form: IdentityForm, row: BoxIdentity | None, look: BoxLook
) -> HttpResponse:
    context = {
        "title": "Modifier une identité" if row else "Ajouter une identité",
        "form": form,
        "row": row,
        "look_trouble": looks.trouble(look),
        "looking": form.picture is None and looks.is_waiting(look),
        "name_max": identities.NAME_MAX,
        "address_max": identities.ADDRESS_MAX,
    }
    return _page(request, seen, "identity_form", context, status=422 if form.errors else 200)


def _refused(form: IdentityForm, error: IdentityError) -> None:
    on_name = isinstance(error, (identities.BadName, identities.NameTaken))
    form.add_error("name" if on_name else None, error.sentence)


def _told(row: BoxIdentity) -> str:
    """French; "" when nothing stands in the way."""
    if not row.trouble:
        return ""
    return _TROUBLES.get(row.trouble, _TROUBLE.format(code=row.trouble))
