"""What the pages of devices need to say in words."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django import template
from django.urls import NoReverseMatch, reverse

import bascule
from bascule.devices import settings_values
from bascule.devices.guides import Values
from bascule.devices.settings_values import Block
from bascule.models import Device

register = template.Library()

_HELP = Path(bascule.__file__).parent / "help" / "content"


@register.simple_tag
def values_of(kind: Values, device: Device) -> Block:
    """The exact values of one kind, for a step that asks for them."""
    return settings_values.block(kind, device.agent.address)


@register.simple_tag
def help_address(slug: str) -> str:
    """The address of a page of the help; "" when there is no such page."""
    if not slug or not _is_written(slug):
        return ""
    try:
        return reverse("help_page", args=[slug])
    except NoReverseMatch:
        return ""


@cache
def _is_written(slug: str) -> bool:
    return (_HELP / f"{slug}.md").is_file()
