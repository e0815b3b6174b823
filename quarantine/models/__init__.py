"""Held mail, trust and block lists, digests (domain, section 6); sending limits and what they did (section 7)."""

from quarantine.models.digests import Digest, DigestChoice, QuarantineRules
from quarantine.models.figures import DrainedBatch, GatewayHeartbeat, SenderFigure, SlotFigure
from quarantine.models.held import HeldContent, Hold, Passage
from quarantine.models.reports import AlertReport
from quarantine.models.senders import SenderEntry
from quarantine.models.sending import (
    CompromisedSender,
    FactorImport,
    ListServer,
    NetworkFactor,
    SendingRules,
    Threshold,
)

__all__ = [
    "AlertReport",
    "CompromisedSender",
    "Digest",
    "DigestChoice",
    "DrainedBatch",
    "FactorImport",
    "GatewayHeartbeat",
    "HeldContent",
    "Hold",
    "ListServer",
    "NetworkFactor",
    "Passage",
    "QuarantineRules",
    "SenderEntry",
    "SenderFigure",
    "SendingRules",
    "SlotFigure",
    "Threshold",
]
