"""Ma signature: what is saved, the ways to save one, its pictures, its length, and which messages it is for."""

from __future__ import annotations

import io
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import AgentRequest
from accounts.sealing import CannotOpen
from bascule import deposits, mailbox_look
from bascule.conversions.model import Unreadable
from bascule.conversions.signatures import TemplateFault
from bascule.models import Deposit, SavedSignature
from bascule.signatures import academy, from_deposits, pictures, planning, saved, showing
from bascule.signatures.contents import ANSWERS, EMBED, LEAVE, NEW, OWN_IDENTITY, contents_of
from bascule.signatures.forms import SignatureForm, TemplateForm, UploadForm
from bascule.signatures.pictures import Decision
from bascule.uploads import BoundedUpload, takes_files
from bascule.views.signature_frames import framing

_UNREAD = (Deposit.State.RECEIVED, Deposit.State.READING)
_DECISIONS = {EMBED, LEAVE, pictures.REMOVE, pictures.REDUCE}
_BEFORE_MOVE = {OWN_IDENTITY: "Mon adresse"}
_MOST_PICTURE_BYTES = 5_000_000
# Of all files of one form: they are read at once.
_MOST_TOGETHER = 20_000_000


def own_signature(request: AgentRequest, signature_id: int) -> SavedSignature:
    rows = SavedSignature.objects.select_related("agent", "deposit")
    return get_object_or_404(rows, pk=signature_id, agent=request.user)


@never_cache
@framing
@require_safe
def signature_list(request: AgentRequest) -> HttpResponse:
    longest = pictures.longest_of(request.user)
    found = showing.all_of(request.user, longest)
    unreadable = Deposit.objects.filter(agent=request.user, kind=Deposit.Kind.SIGNATURE, state=Deposit.State.UNREADABLE)
    context = {
        "title": "Ma signature",
        "signatures": found,
        "ready": sum(one.is_ready for one in found),
        "sending": showing.sending_of(request.user),
        "identities": _identity_rows(request, found),
        "reading": request.user.deposits.filter(kind=Deposit.Kind.SIGNATURE, state__in=_UNREAD).count(),
        "unreadable": unreadable[:3],
        "most": saved.MOST_SIGNATURES,
    }
    return render(request, "bascule/signatures/list.html", context)


def _identity_rows(request: AgentRequest, found: list[showing.Shown]) -> list[dict[str, Any]]:
    """Each identity with the keys of the signatures chosen for it, and what Zimbra was seen to use now."""
    labels = _identities(request)
    look = mailbox_look.latest(request.user) if request.user.has_migrated else None
    picture = mailbox_look.seen(look) if look else None
    names = {one.id: one.name for one in picture.signatures} if picture else {}
    now = {planning.key_of(one): one for one in picture.identities} if picture else {}
    rows = []
    for number, (identity, label) in enumerate(labels.items()):
        there = now.get(identity)
        chosen = {
            when: next((one.row.pk for one in found if one.use.get(identity, {}).get(when)), None)
            for when in (NEW, ANSWERS)
        }
        rows.append(
            {
                "number": number,
                "identity": identity,
                "label": label,
                "choices": (
                    (NEW, "Nouveaux messages", chosen[NEW], names.get(there.signature_id, "") if there else None),
                    (ANSWERS, "Réponses", chosen[ANSWERS], names.get(there.answer_signature_id, "") if there else None),
                ),
            }
        )
    return rows


def _identities(request: AgentRequest) -> dict[str, str]:
    look = mailbox_look.look_for(request.user) if request.user.has_migrated else None
    picture = mailbox_look.seen(look) if look else None
    return (planning.identities_of(picture) if picture else {}) or _BEFORE_MOVE


@require_POST
def signature_use(request: AgentRequest) -> HttpResponse:
    """Which signature each identity puts below what."""
    mine = set(SavedSignature.objects.filter(agent=request.user).values_list("pk", flat=True))
    uses = {}
    for number, identity in enumerate(_identities(request)):
        if request.POST.get(f"identite-{number}") == identity:
            chosen = {when: request.POST.get(f"{when}-{number}", "") for when in (NEW, ANSWERS)}
            uses[identity] = {
                when: int(one) if one.isascii() and one.isdigit() and len(one) < 19 and int(one) in mine else None
                for when, one in chosen.items()
            }
    if saved.set_uses(agent=request.user, uses=uses, by=request.user):
        messages.success(request, "Vos choix sont enregistrés.")
    else:
        messages.info(request, "Rien n’a changé.")
    return redirect("signature")


@sensitive_post_parameters()
@never_cache
@framing
@require_http_methods(["GET", "HEAD", "POST"])
def signature_new(request: AgentRequest) -> HttpResponse:
    """Write or paste one. What was written stays on the page when it cannot be kept."""
    if request.method != "POST":
        return _editor(request, SignatureForm())
    form = SignatureForm(request.POST)
    if form.is_valid():
        try:
            contents = pictures.lightened(form.contents())
            row = saved.add(agent=request.user, contents=contents, by=request.user)
        except saved.SignatureRefused as refusal:
            form.add_error("body", str(refusal))
        else:
            return _kept(request, row)
    return _editor(request, form)


@sensitive_post_parameters()
@never_cache
@framing
@require_http_methods(["GET", "HEAD", "POST"])
def signature_edit(request: AgentRequest, signature_id: int) -> HttpResponse:
    row = own_signature(request, signature_id)
    try:
        contents = contents_of(row)
    except CannotOpen:
        return redirect("signature_detail", row.pk)
    if request.method != "POST":
        return _editor(request, SignatureForm.of(contents), row)
    form = SignatureForm(request.POST)
    if form.is_valid():
        try:
            saved.edit(row=row, contents=pictures.lightened(form.contents(contents.pictures)), by=request.user)
        except saved.SignatureRefused as refusal:
            form.add_error("body", str(refusal))
        else:
            return _kept(request, row)
    return _editor(request, form, row)


def _editor(request: AgentRequest, form: SignatureForm, row: SavedSignature | None = None) -> HttpResponse:
    context = {
        "title": "Modifier une signature" if row else "Écrire ou coller une signature",
        "form": form,
        "row": row,
        "longest": pictures.longest_of(request.user),
    }
    return render(request, "bascule/signatures/form.html", context, status=422 if form.errors else 200)


def _kept(request: AgentRequest, row: SavedSignature) -> HttpResponse:
    messages.success(request, "Signature enregistrée.")
    return redirect("signature_detail", row.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@takes_files
@never_cache
def signature_upload(request: AgentRequest, handler: BoundedUpload) -> HttpResponse:
    form = UploadForm()
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES)
        for name, sentence in handler.refused:
            form.add_error("file", f"« {name} » : {sentence}")
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                return _received(request, file.name or "", file.read())
            except (Unreadable, saved.SignatureRefused) as refusal:
                form.add_error("file", str(refusal))
    context = {"title": "Déposer une signature", "form": form}
    return render(request, "bascule/signatures/upload.html", context, status=422 if form.errors else 200)


def _received(request: AgentRequest, name: str, data: bytes) -> HttpResponse:
    """Hand the file to the one way that files take. Raises Unreadable before anything is kept; SignatureRefused."""
    agent = request.user
    reading = from_deposits.read_signature(data, name)
    if SavedSignature.objects.filter(agent=agent).count() >= saved.MOST_SIGNATURES:
        raise saved.TooMany
    received = deposits.receive(
        agent=agent, name=name, file=io.BytesIO(data), by=agent, kind=Deposit.Kind.SIGNATURE.value
    )
    for refused, sentence in received.refused:
        messages.error(request, f"« {refused} » : {sentence}")
    if received.refused:
        return redirect("signature_upload")
    deposit = (received.new or received.known)[0]
    row = SavedSignature.objects.filter(agent=agent, deposit=deposit).first()
    if row is None and received.known:
        # Handed over before, and the signature deleted since: it comes back.
        row = from_deposits.add(deposit=deposit, reading=reading, by=agent)
    if row is None:
        messages.success(request, "Fichier reçu : la signature apparaîtra ici dans un instant.")
        return redirect("signature")
    known = bool(received.known)
    messages.success(request, "Vous aviez déjà déposé ce fichier : voici la signature." if known else "Fichier lu.")
    return redirect("signature_detail", row.pk)


@sensitive_post_parameters()
@never_cache
@framing
@require_http_methods(["GET", "HEAD", "POST"])
def signature_template(request: AgentRequest) -> HttpResponse:
    """The academy's signature, every line of which can be corrected before it is saved."""
    if request.user.has_migrated:
        mailbox_look.look_for(request.user)
    form = TemplateForm(
        request.POST or None,
        initial={**academy.entry_of(request.user), "signature_name": "Signature académique"},
    )
    if request.method == "POST" and form.is_valid():
        try:
            contents = academy.filled(form.cleaned_data["signature_name"] or "Signature académique", form.values())
            row = saved.add(agent=request.user, contents=contents, by=request.user)
        except saved.SignatureRefused as refusal:
            form.add_error(None, str(refusal))
        except (TemplateFault, OSError, UnicodeError):
            form.add_error(None, "Le modèle de l’académie ne peut pas être lu : signalez-le à l’assistance.")
        else:
            return _kept(request, row)
    context = {"title": "Modèle de l’académie", "form": form}
    return render(request, "bascule/signatures/template.html", context, status=422 if form.errors else 200)


@never_cache
@framing
@require_safe
def signature_detail(request: AgentRequest, signature_id: int) -> HttpResponse:
    row = own_signature(request, signature_id)
    one = showing.shown(row, pictures.longest_of(request.user))
    context = {
        "title": one.name,
        "one": one,
        "row": row,
        "sending": showing.sending_of(request.user),
        "pictures": list(enumerate(one.contents.pictures)) if one.contents else [],
        "awaited": bool(one.contents and one.contents.awaited),
        "fitted": one.fitted,
    }
    return render(request, "bascule/signatures/detail.html", context)


@require_POST
@takes_files
def signature_pictures(request: AgentRequest, signature_id: int, handler: BoundedUpload) -> HttpResponse:
    """What becomes of each picture; those to be fetched are left to a worker."""
    row = own_signature(request, signature_id)
    try:
        contents = contents_of(row)
    except CannotOpen:
        return redirect("signature_detail", row.pk)
    decisions, problems = _decisions(request, len(contents.pictures))
    for name, sentence in handler.refused:
        messages.error(request, f"« {name} » : {sentence}")
    for name, sentence in handler.refused:
        messages.error(request, f"« {name} » : {sentence}")
    if request.POST.get("etat") != row.changed_at.isoformat():
        # The ranks of the form are those of another text.
        messages.warning(request, "La signature a changé entre-temps : regardez ses images, puis recommencez.")
        return redirect("signature_detail", row.pk)
    longest = pictures.longest_of(request.user)
    after, refused = pictures.decided(contents, decisions, longest=longest)
    for rank, problem in sorted({**problems, **refused}.items()):
        messages.error(request, f"Image {rank + 1} : {problem}")
    try:
        if after.awaited:
            saved.fetch_pictures(row=row, contents=after, by=request.user)
        elif after != contents:
            saved.edit(row=row, contents=after, by=request.user)
    except saved.SignatureRefused as refusal:
        messages.error(request, str(refusal))
    else:
        if not problems and not refused and not handler.refused:
            messages.success(request, "Vos choix d’images sont enregistrés.")
    return redirect("signature_detail", row.pk)


def _decisions(request: AgentRequest, count: int) -> tuple[dict[int, Decision], dict[int, str]]:
    decisions, problems, total = {}, {}, 0
    for rank in range(min(count, 200)):
        what, file = request.POST.get(f"image-{rank}", ""), request.FILES.get(f"fichier-{rank}")
        total += (file.size or 0) if file else 0
        if file is not None and (file.size or 0) > _MOST_PICTURE_BYTES:
            problems[rank] = "ce fichier dépasse 5 Mo. Réduisez l’image, puis recommencez."
        elif file is not None and total > _MOST_TOGETHER:
            problems[rank] = "ces fichiers dépassent 20 Mo ensemble. Donnez celui-ci dans un second envoi."
        elif file is not None or what in _DECISIONS:
            decisions[rank] = Decision(what if what in _DECISIONS else "", file.read() if file else b"")
    return decisions, problems


@require_POST
def signature_fit(request: AgentRequest, signature_id: int) -> HttpResponse:
    """Leave out the code that changes nothing to what is seen."""
    row = own_signature(request, signature_id)
    one = showing.shown(row, pictures.longest_of(request.user))
    fitted = one.fitted
    if one.contents is None or fitted is None:
        return redirect("signature_detail", row.pk)
    before = one.contents.length
    after = one.contents.with_html(fitted.html)
    if after.length < before:
        try:
            saved.edit(row=row, contents=after, by=request.user)
        except saved.SignatureRefused as refusal:
            messages.error(request, str(refusal))
            return redirect("signature")
        messages.success(request, f"Signature raccourcie : {after.length} caractères au lieu de {before}.")
    if fitted.message:
        messages.warning(request, fitted.message)
    return redirect("signature_detail", row.pk)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def signature_delete(request: AgentRequest, signature_id: int) -> HttpResponse:
    row = own_signature(request, signature_id)
    one = showing.shown(row, 0)
    if request.method == "POST":
        saved.delete(row=row, by=request.user)
        messages.success(request, f"« {one.name} » est supprimée.")
        return redirect("signature")
    context = {"title": "Supprimer une signature", "one": one, "row": row, "sending": showing.sending_of(request.user)}
    return render(request, "bascule/signatures/delete.html", context)
