"""What a connection test consists of: its checks in their order, and what became of each. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    OK = "ok"
    # It works, with something to look at.
    WARNING = "warning"
    FAILED = "failed"
    # Not tried, because of what failed before.
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """code: "imap.tls". title: what is looked at, in French."""

    code: str
    title: str

    @property
    def server(self) -> str:
        return self.code.partition(".")[0]


_NAME, _PORT, _TLS = "Adresse du serveur", "Port", "Chiffrement et certificat"

SERVERS = {
    "imap": "Réception des messages (IMAP)",
    "smtp": "Envoi des messages (SMTP)",
    "sync": "Téléphones, calendriers et contacts",
}

CHECKS: tuple[Check, ...] = (
    Check("imap.name", _NAME),
    Check("imap.port", _PORT),
    Check("imap.tls", _TLS),
    Check("imap.greeting", "Accueil du serveur"),
    Check("imap.sign_in", "Connexion avec votre mot de passe"),
    Check("imap.capabilities", "Fonctions du serveur"),
    Check("imap.quota", "Place dans la boîte"),
    Check("imap.folders", "Dossiers particuliers"),
    Check("imap.subscriptions", "Abonnements aux dossiers"),
    Check("smtp.name", _NAME),
    Check("smtp.port", _PORT),
    Check("smtp.tls", _TLS),
    Check("smtp.greeting", "Accueil du serveur"),
    Check("smtp.sign_in", "Connexion avec votre mot de passe"),
    Check("sync.name", _NAME),
    Check("sync.port", _PORT),
    Check("sync.tls", _TLS),
    Check("sync.activesync", "ActiveSync (Exchange)"),
    Check("sync.caldav", "Calendriers (CalDAV)"),
    Check("sync.carddav", "Contacts (CardDAV)"),
)

BY_CODE = {check.code: check for check in CHECKS}
SIGN_INS = ("imap.sign_in", "smtp.sign_in", "sync.activesync", "sync.caldav", "sync.carddav")


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one check. cause: code of a fault (see `faults`), "" when all is well.

    values: facts that the sentences need, JSON; never a secret, nor anything of a message. milliseconds: it took.
    """

    check: str
    outcome: Outcome
    cause: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    milliseconds: int = 0

    def stored(self) -> dict[str, Any]:
        return {
            "check": self.check,
            "outcome": self.outcome.value,
            "cause": self.cause,
            "values": self.values,
            "ms": self.milliseconds,
        }


def loaded(stored: Sequence[dict[str, Any]]) -> list[Line]:
    """Lines of a row; those of checks that are made no more are left out."""
    return [
        Line(one["check"], Outcome(one["outcome"]), one["cause"], one["values"], one["ms"])
        for one in stored
        if one["check"] in BY_CODE
    ]


def after(lines: Sequence[Line]) -> Check | None:
    """The check that follows; None at the end."""
    return CHECKS[len(lines)] if len(lines) < len(CHECKS) else None
