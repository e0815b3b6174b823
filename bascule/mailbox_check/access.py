"""The two servers as the settings describe them, and whether the portal may open mailboxes there by itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.conf import settings

from accounts.models import Agent
from bascule.models import MailboxSide

# Forms of the portal's own access: SASL PLAIN with an authorisation identity (RFC 4616: Zimbra, Oracle, Dovecot,
# Cyrus), or a name made of both, as Dovecot's master users have.
AUTHZID = "authzid"


@dataclass(frozen=True, slots=True)
class Server:
    """Where a side's mailboxes are. security: "tls", "starttls" or "none"; master: "" without delegated access."""

    side: str
    host: str
    port: int
    security: str
    ca_file: str
    login: str
    master: str
    master_form: str
    parallel: int
    seconds: int
    master_password: str = field(repr=False, default="")

    @property
    def is_delegated(self) -> bool:
        return bool(self.host and self.master and self.master_password)

    def login_of(self, agent: Agent) -> str:
        """What that person signs in with."""
        if self.login == "local":
            return agent.address.partition("@")[0]
        if self.login == "identifier":
            return agent.external_id or agent.address
        return agent.address


def server(side: str) -> Server:
    prefix = "OLD_IMAP" if side == MailboxSide.OLD else "NEW_IMAP"

    def of(name: str) -> str:
        return str(getattr(settings, f"{prefix}_{name}"))

    return Server(
        side=side,
        host=of("HOST"),
        port=int(of("PORT")),
        security=of("SECURITY"),
        ca_file=of("CA_FILE"),
        login=of("LOGIN"),
        master=of("MASTER"),
        master_form=of("MASTER_FORM"),
        parallel=int(of("PARALLEL")),
        seconds=int(settings.MAILBOX_CHECK_SECONDS),
        master_password=of("MASTER_PASSWORD"),
    )


def is_configured(side: str) -> bool:
    """Whether there is a server to ask."""
    return bool(settings.MAILBOX_CHECK and server(side).host)


def is_delegated(side: str) -> bool:
    """Whether the portal opens mailboxes there itself, so that nobody types a password."""
    return server(side).is_delegated


def server_name(side: str) -> str:
    return server(side).host
