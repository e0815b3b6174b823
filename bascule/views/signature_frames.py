"""The frames of Ma signature: a preview in which nothing runs and nothing is fetched, and the editor.

Each has a policy of its own, far narrower than that of the pages; they may be framed by the portal, and by it only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from csp.constants import NONE, SELF
from csp.decorators import csp, csp_update
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import AgentRequest
from bascule import mailbox_look
from bascule.conversions.signatures import TemplateFault
from bascule.models import SavedSignature
from bascule.signatures import academy, pictures, showing
from bascule.signatures.contents import SignatureContents, written
from bascule.signatures.forms import SignatureForm, TemplateForm

_View = TypeVar("_View", bound=Callable[..., HttpResponse])

_CLOSED: dict[str, Any] = {
    "default-src": [NONE],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [SELF],
    "img-src": ["data:"],
}
# Styles of a signature stand on its elements; the sandbox leaves no script, no form, no link and no origin.
PREVIEW_POLICY = {**_CLOSED, "style-src": [SELF, "'unsafe-inline'"], "sandbox": True}
EDITOR_POLICY = {**_CLOSED, "style-src": [SELF, "'unsafe-inline'"], "script-src": [SELF]}


def framing(view: _View) -> _View:
    """For pages that show frames of the portal."""
    return cast(_View, csp_update({"frame-src": [SELF]})(cast(Any, view)))


def _framed_with(policy: dict[str, Any]) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """For views that are shown in frames, under a policy of their own."""

    def framed(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        return cast(Callable[..., HttpResponse], csp(policy)(xframe_options_sameorigin(cast(Any, view))))

    return framed


@never_cache
@_framed_with(PREVIEW_POLICY)
@require_safe
def signature_shown(request: AgentRequest, signature_id: int) -> HttpResponse:
    """A saved signature as it will look."""
    row = get_object_or_404(SavedSignature, pk=signature_id, agent=request.user)
    one = showing.shown(row, 0)
    return _framed(request, one.contents, quiet=True)


@never_cache
@_framed_with(PREVIEW_POLICY)
@require_safe
def signature_there(request: AgentRequest, zimbra_id: str) -> HttpResponse:
    """A signature that Zimbra was seen to hold."""
    look = mailbox_look.latest(request.user)
    picture = mailbox_look.seen(look) if look else None
    found = next((one for one in picture.signatures if one.id == zimbra_id), None) if picture else None
    if found is None:
        raise Http404(zimbra_id)
    return _framed(request, written("", found.html or found.text, plain=not found.html), quiet=True)


@sensitive_post_parameters()
@never_cache
@_framed_with(PREVIEW_POLICY)
@require_POST
def signature_preview(request: AgentRequest) -> HttpResponse:
    """What is in the editor, before it is saved."""
    form = SignatureForm(request.POST)
    return _framed(request, form.contents() if form.is_valid() else None)


@sensitive_post_parameters()
@never_cache
@_framed_with(PREVIEW_POLICY)
@require_POST
def signature_template_preview(request: AgentRequest) -> HttpResponse:
    form = TemplateForm(request.POST)
    if not form.is_valid():
        return _framed(request, None)
    try:
        return _framed(request, academy.filled("", form.values()))
    except (TemplateFault, OSError, UnicodeError):
        return _framed(request, None)


def _framed(request: AgentRequest, contents: SignatureContents | None, *, quiet: bool = False) -> HttpResponse:
    """quiet: the page around it tells the rest."""
    context: dict[str, Any] = {"quiet": quiet}
    if contents is not None:
        longest = pictures.longest_of(request.user)
        context |= {
            "html": showing.for_frame(contents.html),
            "contents": contents,
            "longest": longest,
            "is_too_long": bool(longest) and contents.length > longest,
        }
    return render(request, "bascule/signatures/frame_preview.html", context)


@never_cache
@_framed_with(EDITOR_POLICY)
@require_safe
def signature_editor(request: AgentRequest) -> HttpResponse:
    """An empty editor: the page around it hands it the text, and takes what is written."""
    return render(request, "bascule/signatures/frame_editor.html", {})
