"""What the simulated mailboxes of the demo hold from the start: some mail, a rule made in Zimbra, a list."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

from django.conf import settings
from django.utils import timezone

from accounts.models import Agent
from bascule import zimbra_door
from zimbra.admin import AdminClient
from zimbra.client import ZimbraClient
from zimbra.errors import Taken
from zimbra.types.filter_actions import Flag
from zimbra.types.filter_tests import HeaderTest
from zimbra.types.filters import FilterRule

# Sender, subject, bytes of padding.
_MAIL = (
    ("direction@ac-reunion.fr", "Réunion de rentrée : ordre du jour", 0),
    ("secretariat@ac-reunion.fr", "Conseil de classe de 3e B", 0),
    ("loterie@exemple.net", "Grande LOTERIE : vous avez gagné", 0),
    ("fournisseur@exemple.com", "Photos du chantier", 6_000_000),
    ("cdi@ac-reunion.fr", "Nouveautés du CDI", 0),
    ("parent@exemple.re", "Absence de Kévin mardi", 0),
)
_LIST = "correspondants"


def furnish() -> None:
    """Put mail and a rule into the mailboxes of two people who have moved, and make a list they both belong to."""
    people = Agent.objects.filter(
        address__in=[f"{name}@{settings.MAIL_DOMAIN}" for name in ("anais.lebon", "jean-noel.dijoux")]
    )
    with (
        AdminClient(settings.ZIMBRA_ADMIN_URL, settings.ZIMBRA_ADMIN_ADDRESS, settings.ZIMBRA_ADMIN_PASSWORD) as admin,
        suppress(Taken),
    ):
        admin.create_list(f"{_LIST}@{settings.MAIL_DOMAIN}", [agent.address for agent in people])
    for agent in people:
        with zimbra_door.mailbox_of(agent) as client:
            _fill(client, agent)


def _fill(client: ZimbraClient, agent: Agent) -> None:
    now = timezone.now()
    for number, (sender, subject, padding) in enumerate(_MAIL):
        at = now - timedelta(hours=5 * number + 1)
        client.add_message("2", _message(sender, agent.address, subject, at, padding), flags="u", received=at)
    rule = FilterRule(tests=(HeaderTest("subject", "urgent"),), actions=(Flag("flagged"),), name="Urgences")
    client.put_filter(rule)


def _message(sender: str, recipient: str, subject: str, at: datetime, padding: int) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, recipient, subject
    message["Date"] = format_datetime(at)
    message.set_content("Bonjour,\n\nvoir ci-dessus.\n")
    if padding:
        message.add_attachment(b"\0" * padding, maintype="application", subtype="octet-stream", filename="photos.zip")
    return message.as_bytes()
