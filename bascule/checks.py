"""What is wrong with the settings of the national service is told at the start, not by the first import that fails."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning

from bascule.conversions.signatures import TemplateFault
from bascule.conversions.signatures.template import check
from bascule.devices import profile_signing
from bascule.signatures import academy
from zimbra.transport import HttpTransport, is_private


def check_zimbra(**kwargs: Any) -> list[CheckMessage]:
    """Addresses that would be read on the way (bascule.E001), authorities that cannot be read (bascule.E002)."""
    found: list[CheckMessage] = [
        Error(
            f"{name} leads to another machine without encryption.",
            hint="Use https://, or set ZIMBRA_PLAIN_HTTP=true where nobody can listen, as between containers.",
            id="bascule.E001",
        )
        for name in ("ZIMBRA_URL", "ZIMBRA_ADMIN_URL")
        if not settings.ZIMBRA_PLAIN_HTTP and not is_private(getattr(settings, name))
    ]
    if settings.ZIMBRA_CA_FILE:
        try:
            HttpTransport(certificates=settings.ZIMBRA_CA_FILE).close()
        except ValueError as error:
            found.append(Error(f"ZIMBRA_CA_FILE: {error}.", hint="Give a PEM file.", id="bascule.E002"))
    return found


def check_signature_template(**kwargs: Any) -> list[CheckMessage]:
    """A template that cannot be read or used (bascule.E003)."""
    try:
        check(academy.template())
    except (OSError, UnicodeError) as error:
        told = f"PORTAL_SIGNATURE_TEMPLATE cannot be read: {error}."
        return [Error(told, hint="Give the path of an HTML file in UTF-8, of at most 200 kB.", id="bascule.E003")]
    except TemplateFault as fault:
        return [Error(str(fault), hint="See PORTAL_SIGNATURE_TEMPLATE in docs/settings.md.", id="bascule.E003")]
    return []


def check_profile_signing(**kwargs: Any) -> list[CheckMessage]:
    """A certificate for Apple profiles that cannot be used, or ends soon (bascule.W001): they go out unsigned."""
    told = profile_signing.trouble()
    hint = "See PORTAL_PROFILE_CERTIFICATE in docs/device-files.md."
    return [Warning(told, hint=hint, id="bascule.W001")] if told else []
