"""Links that hand a telephone its settings: short-lived, for one device, without a sign-in and without a password.

The link is signed and names a row; the row says whether it is still worth anything. A new one closes the one before.
"""

from __future__ import annotations

import io
import secrets
from datetime import datetime, timedelta

import segno
from django.core import signing
from django.db import transaction
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from accounts import journal
from accounts.models import Agent
from bascule.models import Device, DeviceLink

# As long as it takes to fetch the telephone from the next room.
LASTS = timedelta(minutes=20)
_SALT = "bascule.devices.qr"


class LinkGone(Exception):
    """The link is over, closed, or was never ours."""

    sentence = "Ce lien n’est plus valable : demandez un nouveau code depuis la page de l’appareil."


@transaction.atomic
def make(*, device: Device, by: Agent) -> tuple[DeviceLink, str]:
    """A new link for `device`, and its token; those before are closed. Raises PermissionError for somebody else's."""
    if device.agent_id != by.pk:
        raise PermissionError
    # Whoever asks twice at once waits here.
    Device.objects.select_for_update().get(pk=device.pk)
    close(device=device, by=by)
    link = DeviceLink.objects.create(device=device, nonce=secrets.token_hex(16), until=timezone.now() + LASTS)
    journal.record("device.linked", by=by, subject=device.agent, target=f"device:{device.pk}", label=device.name)
    return link, signing.dumps([link.pk, link.nonce], salt=_SALT)


def close(*, device: Device, by: Agent) -> None:
    """The open link of `device` is worth nothing any more. Raises PermissionError."""
    if device.agent_id != by.pk:
        raise PermissionError
    DeviceLink.objects.filter(device=device, closed_at=None).update(closed_at=timezone.now())


def opened(token: str, now: datetime | None = None) -> Device:
    """The device that a link is for. Raises LinkGone."""
    at = now or timezone.now()
    try:
        pk, nonce = signing.loads(token, salt=_SALT)
        link = DeviceLink.objects.select_related("device__agent").get(pk=pk, nonce=nonce)
    except (signing.BadSignature, DeviceLink.DoesNotExist, ValueError, TypeError) as error:
        raise LinkGone from error
    if link.closed_at is not None or link.until <= at or not link.device.agent.is_active:
        raise LinkGone
    return link.device


def picture(address: str) -> SafeString:
    """`address` as a QR code: SVG to stand in a page."""
    out = io.BytesIO()
    segno.make(address, error="m").save(
        out, kind="svg", scale=6, border=4, xmldecl=False, svgns=True, light="#fff", title="Code QR de l’appareil"
    )
    return mark_safe(out.getvalue().decode())  # noqa: S308 - made by us from an address that we signed
