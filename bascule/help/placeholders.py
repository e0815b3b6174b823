"""Names, addresses and ports that the pages do not write out: they stand in braces, filled in from the settings.

A brace of its own is doubled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.conf import settings

_BRACES = re.compile(r"\{\{|\}\}|\{([^{}\n]*)\}|[{}]")


def names() -> dict[str, str]:
    """What each placeholder stands for here."""
    return {
        "portal": settings.ACADEMY_PORTAL_NAME,
        "webmail": settings.WEBMAIL_URL,
        "old": settings.OLD_WEBMAIL_NAME,
        "help": settings.HELP_DESK,
        "help_desk": settings.HELP_DESK,
        "imap_host": settings.CLIENT_IMAP_HOST,
        "imap_port": str(settings.CLIENT_IMAP_PORT),
        "smtp_host": settings.CLIENT_SMTP_HOST,
        "smtp_port": str(settings.CLIENT_SMTP_PORT),
        "sync_host": settings.CLIENT_SYNC_HOST,
        "old_imap_host": settings.OLD_IMAP_HOST,
        "mail_domain": settings.MAIL_DOMAIN,
        "alert_address": settings.ALERT_ADDRESS,
    }


def fill(text: str, values: Mapping[str, str]) -> str:
    """`text` with its placeholders filled in; what is none stays as it is written."""

    def filled(match: re.Match[str]) -> str:
        if match[0] in ("{{", "}}"):
            return match[0][0]
        return values.get(match[1] or "", match[0])

    return _BRACES.sub(filled, text) if "{" in text or "}" in text else text


def unknown(text: str, values: Mapping[str, str]) -> list[str]:
    """What stands in braces in `text` and is no placeholder, and braces that stand alone."""
    return [
        match[0]
        for match in _BRACES.finditer(text)
        if match[0] not in ("{{", "}}") and (match[1] is None or match[1] not in values)
    ]
