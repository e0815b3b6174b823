"""Who wants no reminders: a choice on a page of the portal, or a signed link that needs no sign-in."""

from __future__ import annotations

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse

from accounts import journal
from accounts.models import Agent
from bascule.models import ReminderRefusal

_SALT = "bascule.reminders.refusals"
_MOST_CHARACTERS = 200


class BadLink(Exception):
    """Not a link of ours, or one that was cut."""


def refuse(*, agent: Agent, by_link: bool = False) -> bool:
    """No more reminders for `agent`, from the next mail on; whether that is new. Journal: `reminder.refused`."""
    with transaction.atomic():
        _, is_new = ReminderRefusal.objects.get_or_create(agent=agent)
        if is_new:
            journal.record("reminder.refused_by_link" if by_link else "reminder.refused", by=agent)
    return is_new


def accept(*, agent: Agent) -> bool:
    """Reminders again; whether that is new. Journal: `reminder.accepted`."""
    with transaction.atomic():
        gone, _ = ReminderRefusal.objects.filter(agent=agent).delete()
        if gone:
            journal.record("reminder.accepted", by=agent)
    return bool(gone)


def has_refused(agent: Agent) -> bool:
    return ReminderRefusal.objects.filter(agent=agent).exists()


def url(agent: Agent) -> str:
    """The whole address, for a mail. It stays good: a refusal from an old mail is one as well."""
    token = signing.Signer(salt=_SALT).sign(str(agent.pk))
    return f"{settings.BASE_URL}{reverse('reminder_refuse', kwargs={'token': token})}"


def opened(token: str) -> Agent:
    """Whose link it is. Raises BadLink."""
    if len(token) > _MOST_CHARACTERS:
        raise BadLink
    try:
        pk = int(signing.Signer(salt=_SALT).unsign(token))
    except (signing.BadSignature, ValueError) as error:
        raise BadLink from error
    agent = Agent.objects.filter(pk=pk).first()
    if agent is None:
        raise BadLink
    return agent
