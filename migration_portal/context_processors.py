"""What every page knows: names and addresses that belong to the site, never to the person."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def portal(request: HttpRequest) -> dict[str, object]:
    """Template variables shared by all pages. `SITE_CONFIG` stands in for the design system's own database row."""
    return {
        "SITE_CONFIG": {
            "site_title": "Ma bascule de messagerie",
            "site_tagline": f"De {settings.OLD_WEBMAIL_NAME} à la messagerie nationale",
        },
        "brand_is_state": settings.BRAND_IS_STATE,
        "brand_name": settings.BRAND_NAME,
        "help_desk": settings.HELP_DESK,
        "webmail_url": settings.WEBMAIL_URL,
        "old_webmail": settings.OLD_WEBMAIL_NAME,
        "academy_portal": settings.ACADEMY_PORTAL_NAME,
    }
