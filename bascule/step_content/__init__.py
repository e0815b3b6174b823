"""What the page of each step says: why, how in the old and the new service, and the usual problems with their remedy.

The facts are those of the academy's guide to the national mail service; the words are ours. Names, addresses and ports
stand as placeholders, filled in from the settings (see `names`).
"""

from __future__ import annotations

from django.conf import settings

from bascule.step_content.after import AFTER
from bascule.step_content.before import BEFORE
from bascule.step_content.content import Content, Path, Problem

_CONTENTS: dict[str, Content] = BEFORE | AFTER


def names() -> dict[str, str]:
    """What the placeholders of the texts stand for."""
    return {
        "old": settings.OLD_WEBMAIL_NAME,
        "portal": settings.ACADEMY_PORTAL_NAME,
        "webmail": settings.WEBMAIL_URL,
        "help": settings.HELP_DESK,
        "imap": settings.CLIENT_IMAP_HOST,
        "smtp": settings.CLIENT_SMTP_HOST,
        "sync": settings.CLIENT_SYNC_HOST,
        "old_imap": settings.OLD_IMAP_HOST,
    }


def content_for(code: str) -> Content:
    """The texts of the step of that code, ready to be shown. Raises KeyError."""
    return _CONTENTS[code].filled(names())


__all__ = ["Content", "Path", "Problem", "content_for", "names"]
