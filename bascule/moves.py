"""The moment a person's mailbox stands on the new service: the one writer of `migrated_at`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts import journal, notices
from accounts.models import Agent
from bascule import standings
from boxes import delegations

MOVED_TEXT = (
    "Votre boîte se trouve maintenant sur la messagerie nationale : vos messages et vos dossiers y sont. Ouvrez votre "
    "liste d’étapes : elle dit comment vous y connecter, vérifier vos dossiers, remettre en place filtres, agenda, "
    "contacts et signature, et régler vos appareils."
)

NOT_MOVED_TEXT = (
    "Le transfert de votre messagerie avait été noté par erreur : votre boîte se trouve encore dans l’ancienne "
    "messagerie. Continuez à l’utiliser ; vous serez prévenu(e) quand le transfert sera fait."
)


def mark_migrated(*, agents: Iterable[Agent], by: Agent | None, at: datetime | None = None, tell: bool = False) -> int:
    """Note that `agents` have moved (`at`, now by default), and open the boxes that waited for them; gives how many
    were noted. Whoever had moved already keeps the day. `by` is of staff, None for the portal.

    tell: each of those who are noted now gets a notice, and a mail in its turn, in the transaction of the note. The
    accesses are given after it, box by box: where that is cut short, the clock goes on with it.
    """
    keys = [agent.pk for agent in agents]
    with transaction.atomic():
        standings.lock_planning()
        noted = note_migrated(keys, by=by, at=at, tell=tell)
    delegations.grant_pending(Agent.objects.filter(pk__in=keys))
    return len(noted)


def note_migrated(
    keys: Iterable[int], *, by: Agent | None, at: datetime | None = None, tell: bool = False
) -> list[Agent]:
    """The note of `mark_migrated` alone, for agents by their numbers; gives those who are noted now.

    In a transaction that has locked the planning; `delegations.grant_pending` follows once it has committed.
    """
    at = at or timezone.now()
    moving = list(Agent.objects.select_for_update().filter(pk__in=list(keys), migrated_at=None).order_by("pk"))
    Agent.objects.filter(pk__in=[agent.pk for agent in moving]).update(migrated_at=at)
    day = timezone.localdate(at).isoformat()
    journal.record_each("agent.migrated", [(agent, {"name": agent.full_name, "day": day}) for agent in moving], by=by)
    standings.refresh(moving)
    if tell:
        _tell("agent.migrated", "Votre messagerie est transférée", MOVED_TEXT, moving)
    return moving


@transaction.atomic
def mark_not_migrated(*, agents: Iterable[Agent], by: Agent | None, tell: bool = False) -> int:
    """Take back a note made by mistake; gives how many. `by` is of staff, None for the portal. tell: whoever it
    concerns gets a notice, and a mail in its turn.

    Accesses that were given meanwhile stay: Zimbra holds them, and nothing is lost by it. None is given any more
    before the person has moved.
    """
    standings.lock_planning()
    moved = list(
        Agent.objects.select_for_update()
        .filter(pk__in=[agent.pk for agent in agents], migrated_at__isnull=False)
        .order_by("pk")
    )
    Agent.objects.filter(pk__in=[agent.pk for agent in moved]).update(migrated_at=None)
    journal.record_each("agent.not_migrated", [(agent, {"name": agent.full_name}) for agent in moved], by=by)
    standings.refresh(moved)
    if tell:
        _tell("agent.not_migrated", "Votre messagerie n’est pas encore transférée", NOT_MOVED_TEXT, moved)
    return len(moved)


def _tell(kind: str, title: str, text: str, agents: list[Agent]) -> None:
    told = [(agent, text) for agent in agents]
    notices.notify_each(told, kind=kind, title=title, link=reverse("home"), by_mail=True, in_turn=True)
