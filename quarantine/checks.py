"""What is wrong with settings and figures is told at the start, not by the first message that is lost."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.db import DatabaseError

from quarantine import next_hop, sending_rules
from quarantine.models import SendingRules


def check_settings(**kwargs: Any) -> list[CheckMessage]:
    """Next hops that are none (E001), an unknown word for mail without marks (E002), a pattern or a mark that cannot
    be used (E003), an action that would not hold anything (E004)."""
    found: list[CheckMessage] = [
        Error(f"PORTAL_{name} is no mail server.", hint="lmtp://host:port or smtp://host:port.", id="quarantine.E001")
        for name in ("QUARANTINE_DELIVERY", "QUARANTINE_RELAY")
        if not _is_server(getattr(settings, name))
    ]
    if settings.QUARANTINE_NO_VERDICT not in {"deliver", "hold", "later"}:
        found.append(
            Error("PORTAL_QUARANTINE_NO_VERDICT is unknown.", hint="deliver, hold or later.", id="quarantine.E002")
        )
    try:
        re.compile(settings.QUARANTINE_PLAIN_PATTERN)
    except re.error as error:
        found.append(Error(f"PORTAL_QUARANTINE_PLAIN_PATTERN: {error}.", id="quarantine.E003"))
    if set(settings.QUARANTINE_VERDICTS) - {"rspamd", "spamassassin", "plain"}:
        found.append(
            Error("PORTAL_QUARANTINE_VERDICTS: rspamd, spamassassin and plain are known.", id="quarantine.E003")
        )
    if settings.LIMITS_HOLD_ACTION.partition(" ")[0].upper() not in {"FILTER", "HOLD"}:
        found.append(
            Error(
                "PORTAL_LIMITS_HOLD_ACTION does not hold a message.",
                hint="FILTER lmtp:[host]:port",
                id="quarantine.E004",
            )
        )
    return found


def check_figures(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Thresholds of which WARN is above MAX, or that are missing (E005): the gateways would not start."""
    if not databases:
        return []
    try:
        sending_rules.check_figures(sending_rules.figures())
        sending_rules.check_periods(sending_rules.periods())
    except (DatabaseError, SendingRules.DoesNotExist):
        # Before the first migration there is nothing to check.
        return []
    except sending_rules.RulesError as error:
        return [
            Error(f"Sending limits: {error.sentence}", hint="Mend them on the page « Seuils ».", id="quarantine.E005")
        ]
    return []


def _is_server(url: str) -> bool:
    try:
        next_hop.route(url)
    except next_hop.BadRoute:
        return False
    return True
