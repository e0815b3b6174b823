"""The mails that tell of held messages: "Notification de quarantaine anti-spam", and the short one for people outside.

Subjects and names are what strangers wrote: on one line, what deceives written out, and no web address left that a mail
program would turn into a link.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import Agent
from boxes.models import Box
from quarantine import domains, links, recipients, selectors, senders
from quarantine.links import Act
from quarantine.models import Digest, Hold
from quarantine.selectors import Line

SUBJECT = "Notification de quarantaine anti-spam"
SUBJECT_OUTSIDE = "Message retenu pour vous / Message held for you"
# Messages that a mail lists; the others are counted.
MAX_LISTED = 50
_NAME = re.compile(r"[\w.-]+\.[^\W\d_][\w-]+")


@dataclass(frozen=True)
class Contents:
    """What a mail tells, as primary keys of holds. new: since the last one; soon: of those told before, the ones that
    are about to be erased; blocked: of senders whom the person has blocked, which are counted only."""

    new: list[int]
    soon: list[int]
    blocked: list[int]

    @property
    def is_worth_it(self) -> bool:
        return bool(self.new or self.soon)

    @property
    def count(self) -> int:
        return len(self.new) + len(self.soon)

    @property
    def told(self) -> list[int]:
        return self.new + self.blocked


@dataclass(frozen=True)
class Row:
    """A message as the mail shows it; sender: name and address in one; acts: what can be done, label and address."""

    line: Line
    subject: str
    sender: str
    acts: list[tuple[str, str]]
    url: str


def compose(digest: Digest, contents: Contents, connection: BaseEmailBackend | None = None) -> EmailMultiAlternatives:
    """The mail for the mailbox of `digest`, as text and as HTML."""
    is_outside = not recipients.is_local(digest.mailbox)
    listed = MAX_LISTED - min(len(contents.soon), MAX_LISTED // 2)
    context = {
        "mailbox": digest.mailbox,
        "box": Box.objects.filter(address=digest.mailbox).first(),
        "kind": digest.kind,
        "new": _rows(contents.new[:listed], is_outside),
        "soon": _rows(contents.soon[: MAX_LISTED // 2], is_outside),
        "new_count": len(contents.new),
        "new_more": len(contents.new[listed:]),
        "soon_more": len(contents.soon[MAX_LISTED // 2 :]),
        "blocked": len(contents.blocked),
        "days": settings.QUARANTINE_DAYS,
        "quarantine_url": _page("quarantine", digest.mailbox),
        "choice_url": _page("digest_choice", digest.mailbox),
        "help_desk": settings.HELP_DESK,
        "alert_address": settings.ALERT_ADDRESS,
        "academy": settings.BRAND_NAME,
        "site": settings.BASE_URL,
    }
    name = "mail_outside" if is_outside else "mail_digest"
    mail = EmailMultiAlternatives(
        subject=SUBJECT_OUTSIDE if is_outside else SUBJECT,
        body=render_to_string(f"quarantine/{name}.txt", context),
        to=[digest.mailbox],
        connection=connection,
        # RFC 3834: nobody's absence notice or mailing list answers it.
        headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
    )
    mail.attach_alternative(render_to_string(f"quarantine/{name}.html", context), "text/html")
    return mail


def unlinked(text: str) -> str:
    """`text` without anything that mail programs make a link of: `exemple[.]fr`."""
    text = text.replace("://", "[:]//")
    return _NAME.sub(lambda match: match[0].replace(".", "[.]") if _is_host(match[0]) else match[0], text)


def _is_host(name: str) -> bool:
    return name.lower().startswith("www.") or domains.has_known_suffix(domains.ascii_form(name.strip(".-")))


def _rows(pks: Sequence[int], is_outside: bool) -> list[Row]:
    return [_row(line, is_outside) for line in selectors.lines(pks)]


def _row(line: Line, is_outside: bool) -> Row:
    hold = line.hold
    acts = []
    # What is dangerous is let through after it was looked at in the portal, never from a mail.
    if not line.is_dangerous:
        acts.append(("Libérer", links.url(hold, Act.RELEASE)))
        # Who is trusted is not filtered; it would do nothing about a large sending.
        if not is_outside and hold.reason != Hold.Reason.LIMIT and (pattern := senders.to_trust(hold)):
            acts.append(
                (
                    f"Libérer et faire confiance à {pattern if '@' in pattern else unlinked(pattern)}",
                    links.url(hold, Act.TRUST),
                )
            )
    acts.append(("Supprimer", links.url(hold, Act.DELETE)))
    # An address may become a link: it begins a letter and opens no page.
    name, address = unlinked(line.name), line.address
    sender = f"{name} <{address}>" if name and address else name or address or "Expéditeur inconnu"
    subject = "Objet illisible" if line.subject is None else unlinked(line.subject) or "(sans objet)"
    return Row(line, subject, sender, acts, settings.BASE_URL + reverse("hold", args=[hold.pk]))


def _page(name: str, mailbox: str) -> str:
    """Address of a page about the quarantine of `mailbox`."""
    own = Agent.objects.filter(address=mailbox).exists()
    return settings.BASE_URL + reverse(name) + ("" if own else f"?{urlencode({'boite': mailbox})}")
