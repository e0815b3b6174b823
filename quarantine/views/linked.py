"""What a link in a mail opens, for whoever holds it: nobody has to sign in, and nothing happens before the button."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Agent
from quarantine import digest, held, links, recipients, selectors, senders
from quarantine.links import FIELD, Act, Link
from quarantine.models import Hold, QuarantineRules

_TITLES = {
    Act.RELEASE: "Libérer ce message",
    Act.TRUST: "Libérer et faire confiance",
    Act.DELETE: "Supprimer ce message",
    Act.RESTORE: "Annuler la suppression",
}
_BAD = "Ce lien est incomplet ou n’est pas un lien du portail."
_ERASED = "Ce message n’est plus en quarantaine : il a été effacé."


@login_not_required
@sensitive_post_parameters(FIELD)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def quarantine_link(request: HttpRequest) -> HttpResponse:
    """Shows the message and the button; the button acts. Raises Http404 for somebody who is signed in and may not."""
    posted = request.method == "POST"
    token = (request.POST if posted else request.GET).get(FIELD, "")
    try:
        link = links.opened(token)
    except links.BadLink:
        return _page(request, "Lien inutilisable", {"sentence": _BAD}, status=404)
    except links.ErasedMessage:
        return _page(request, "Message effacé", {"sentence": _ERASED}, status=410)
    by = _holder(request, link)
    refused = ""
    if posted and link.is_good:
        try:
            links.use(link, by=by)
        except (held.HoldError, senders.SenderError) as error:
            refused = error.sentence
        else:
            # The link is spent now: its page says what was done.
            return redirect(f"{reverse('quarantine_link')}?{urlencode({FIELD: token})}")
    if link.is_good:
        return _page(request, _TITLES[link.act], _asking(link, token) | {"refused": refused})
    return _page(request, "Quarantaine", _spent(link, token), status=200 if link.is_spent else 410)


@login_not_required
@sensitive_post_parameters(FIELD)
@never_cache
@require_POST
def quarantine_link_renew(request: HttpRequest) -> HttpResponse:
    """Whoever holds a link that is too old has the list sent anew, to the mailbox it is about and nowhere else."""
    try:
        link = links.opened(request.POST.get(FIELD, ""))
    except (links.BadLink, links.ErasedMessage):
        return _page(request, "Lien inutilisable", {"sentence": _BAD}, status=404)
    by = _holder(request, link)
    try:
        digest.ask(mailbox=link.hold.recipient, by=by)
    except digest.TooSoon as error:
        return _page(request, "Quarantaine", {"sentence": error.sentence}, status=429)
    sentence = f"Une nouvelle notification part vers {link.hold.recipient} : ses liens seront valables."
    return _page(request, "Notification demandée", {"sentence": sentence})


def _holder(request: HttpRequest, link: Link) -> Agent | None:
    """Who is signed in, None for nobody. Raises Http404 for somebody who may not decide there: a mail that was passed
    on does not pass on its rights."""
    if not request.user.is_authenticated:
        return None
    mailbox = recipients.mailbox_of(request.user, link.hold.recipient)
    if mailbox is None or not mailbox.acts:
        raise Http404("mailbox")
    return request.user


def _asking(link: Link, token: str) -> dict[str, Any]:
    pattern = senders.to_trust(link.hold) if link.act == Act.TRUST else ""
    return _about(link) | {"act": link.act.value, "token": token, "pattern": pattern}


def _spent(link: Link, token: str) -> dict[str, Any]:
    """What has become of the message; and, when the holder of a link deleted it, a way back."""
    hold = link.hold
    undo = ""
    if not link.is_expired and hold.state == Hold.State.DELETED and not hold.acted_by:
        undo = links.token(hold, Act.RESTORE) if hold.state_at >= held.undo_since() else ""
    return _about(link) | {"spent": link.act.value, "is_expired": link.is_expired, "token": token, "undo": undo}


def _about(link: Link) -> dict[str, Any]:
    is_local = recipients.is_local(link.hold.recipient)
    return {
        "hold": link.hold,
        "line": selectors.line(link.hold),
        "is_local": is_local,
        "undo_minutes": QuarantineRules.objects.get(pk=1).undo_minutes,
        "undo_for": selectors.undo_for(),
        "days": settings.QUARANTINE_DAYS,
    }


def _page(request: HttpRequest, title: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    response = render(request, "quarantine/linked.html", {"title": title, "field": FIELD, **context}, status=status)
    # The origin alone: with `no-referrer` browsers call the origin of a form « null », which the check against forged
    # forms refuses; with the usual policy of the site the token would stand in the Referer of style sheets.
    response["Referrer-Policy"] = "strict-origin"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
