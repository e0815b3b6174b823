"""Step lists that a person can follow, one for each program, made for the version and the uses of a device."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings

from bascule.devices import programs
from bascule.devices.guides import android, apple, others, outlook, thunderbird
from bascule.devices.guides.model import Facts, Guide, GuidePart, GuideStep, Values
from bascule.models import Device

__all__ = ["GUIDES", "Facts", "Guide", "GuidePart", "GuideStep", "Values", "facts_of", "for_device", "step_codes"]

GUIDES: dict[str, Callable[[Facts], Guide]] = {
    "thunderbird": thunderbird.guide,
    "outlook-classic": outlook.classic,
    "outlook-new": outlook.new,
    "outlook-mobile": outlook.mobile,
    "apple-mail": apple.mac,
    "ios": apple.phone,
    "android-gmail": android.gmail,
    "android-samsung": android.samsung,
    "android-thunderbird": android.thunderbird,
    "android-other": android.other,
    "other-computer": others.computer,
    "other": others.other,
}


def facts_of(device: Device) -> Facts:
    """One query, for the boxes, where they were not prefetched."""
    return Facts(
        version=device.version,
        protocol=device.protocol,
        has_mail=device.has_mail,
        has_contacts=device.has_contacts,
        has_calendar=device.has_calendar,
        has_boxes=bool(device.boxes.all()),
    )


def for_device(device: Device) -> Guide:
    """The step list of `device`, with this site's servers and this person's address in it."""
    return GUIDES[programs.of_device(device).guide](facts_of(device)).filled(_names(device))


def step_codes(device: Device) -> frozenset[str]:
    """Codes of the steps its owner can tick."""
    return frozenset(step.code for step in GUIDES[programs.of_device(device).guide](facts_of(device)).steps())


def _names(device: Device) -> dict[str, str]:
    return {
        "imap_host": settings.CLIENT_IMAP_HOST,
        "imap_port": str(settings.CLIENT_IMAP_PORT),
        "smtp_host": settings.CLIENT_SMTP_HOST,
        "smtp_port": str(settings.CLIENT_SMTP_PORT),
        "sync_host": settings.CLIENT_SYNC_HOST,
        "old_imap_host": settings.OLD_IMAP_HOST,
        "webmail": settings.WEBMAIL_URL,
        "help_desk": settings.HELP_DESK,
        "address": device.agent.address,
        "device": device.name,
    }
