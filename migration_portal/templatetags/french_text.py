"""Typography of texts kept as plain data."""

from __future__ import annotations

import re

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_BUTTON = re.compile(r"\*\*(.+?)\*\*")
_ADDRESS = re.compile(r"https?://[^\s<]+[^\s<.,;:!?)]")
# French sets a blank before these signs and inside its quotation marks; a line must not break there.
_BLANK_BEFORE = re.compile(r" (?=[:;?!»])")
_BLANK_AFTER = re.compile(r"(?<=«) ")
_UNIT = re.compile(r"(?<=\d) (?=(?:min|h|Go|Mo|jours?|heures?)\b)")


@register.filter
def french(text: str) -> SafeString:
    """`text` escaped, with unbreakable blanks, `**menu**` in bold and web addresses as links."""
    escaped = str(conditional_escape(text))
    for blank in (_BLANK_BEFORE, _BLANK_AFTER, _UNIT):
        escaped = blank.sub("\N{NO-BREAK SPACE}", escaped)
    escaped = _BUTTON.sub(r"<strong>\1</strong>", escaped)
    return mark_safe(_ADDRESS.sub(r'<a href="\g<0>">\g<0></a>', escaped))  # noqa: S308 - escaped above


@register.filter
def plural(count: int, ending: str = "s") -> str:
    """`ending` from two on: French writes "0 fichier"."""
    return ending if count >= 2 else ""
