"""What a person asks for: a census, a comparison, to go on, to give up, to erase. The writers of these rows."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from accounts import journal, sealing
from accounts.models import Agent, OneOffSecret
from bascule.mailbox_check import access, digests, handing, states
from bascule.mailbox_check.errors import (
    NoCensus,
    NotConfigured,
    NotThere,
    PasswordNeeded,
    UnderWay,
    WrongState,
)
from bascule.models import MailboxAct, MailboxCensus, MailboxComparison, MailboxSide

State = MailboxCensus.State


def start_census(*, agent: Agent, by: Agent, password: str = "") -> MailboxCensus:
    """Have the old mailbox of `agent` counted. The census before, if there is one, stays until this one is done.

    password: that of the mailbox, from `agent` alone; unused where access is delegated. Raises NotThere, NotConfigured,
    PasswordNeeded, UnderWay, one_off.QueueAway.
    """
    return _start(agent=agent, by=by, side=MailboxSide.OLD, password=password, key=digests.new_key())


def start_comparison(*, agent: Agent, by: Agent, password: str = "") -> MailboxCensus:
    """Have the mailbox in Zimbra read, and compared with the last census of the old one.

    Raises as `start_census`, and NoCensus.
    """
    against = last_census(agent)
    if against is None:
        raise NoCensus
    key = sealing.unseal(bytes(against.key))
    return _start(agent=agent, by=by, side=MailboxSide.NEW, password=password, key=key, against=against)


def last_census(agent: Agent) -> MailboxCensus | None:
    """The last finished census of the old mailbox."""
    done = MailboxCensus.objects.filter(agent=agent, side=MailboxSide.OLD, state=State.DONE)
    return done.order_by("-finished_at", "-pk").first()


def check_may(agent: Agent, by: Agent, side: str, password: str) -> bool:
    """Whether the portal's own access is used. Raises NotThere for somebody else's mailbox, NotConfigured,
    PasswordNeeded: staff never type the password of somebody else."""
    if by.pk != agent.pk and not by.is_staff:
        raise NotThere
    if not access.is_configured(side):
        raise NotConfigured
    delegated = access.is_delegated(side)
    if not delegated and (not password or by.pk != agent.pk):
        raise PasswordNeeded
    return delegated


def _start(*, agent: Agent, by: Agent, side: str, password: str, **fields: Any) -> MailboxCensus:
    from bascule.tasks import carry_mailbox_census

    delegated = check_may(agent, by, side, password)
    try:
        with transaction.atomic():
            ended = MailboxCensus.objects.filter(agent=agent, side=side, state__in=[State.FAILED, State.CANCELLED])
            ended.delete()
            key = sealing.seal(fields.pop("key"))
            census = MailboxCensus.objects.create(agent=agent, side=side, delegated=delegated, key=key, **fields)
            _journal(f"mailbox_check.{side}.begun", census, by)
            handing.tell_on_commit(
                carry_mailbox_census, "census", census.pk, by=by, password="" if delegated else password
            )
    except IntegrityError as error:
        raise UnderWay from error
    return census


def give_password(*, agent: Agent, census_id: int, by: Agent, password: str = "") -> MailboxCensus:
    """Let a census that waits for the password, or that stopped, go on from where it is.

    Raises NotThere, WrongState, PasswordNeeded, NotConfigured, UnderWay, one_off.QueueAway.
    """
    from bascule.tasks import carry_mailbox_census

    census = MailboxCensus.objects.filter(pk=census_id, agent=agent).first()
    if census is None:
        raise NotThere
    delegated = check_may(agent, by, census.side, password)
    if census.state not in (State.NEEDS_PASSWORD, State.FAILED):
        raise WrongState
    try:
        with transaction.atomic():
            states.move(
                census.pk,
                to=State.WAITING,
                delegated=delegated,
                error_code="",
                error="",
                attempts=0,
                retry_at=None,
                waiting_for="",
                finished_at=None,
                told_at=None,
            )
            handing.tell_on_commit(
                carry_mailbox_census, "census", census.pk, by=by, password="" if delegated else password
            )
    except IntegrityError as error:
        raise UnderWay from error
    census.refresh_from_db()
    return census


@transaction.atomic
def cancel(*, agent: Agent, census_id: int, by: Agent) -> None:
    """Give up a census that is under way; what it read goes. Raises NotThere, WrongState."""
    if by.pk != agent.pk and not by.is_staff:
        raise NotThere
    census = MailboxCensus.objects.filter(pk=census_id, agent=agent).first()
    if census is None:
        raise NotThere
    states.move(census.pk, to=State.CANCELLED)
    census.folder_rows.all().delete()
    forget_passwords("census", [census.pk])
    _journal(f"mailbox_check.{census.side}.cancelled", census, by)


@transaction.atomic
def delete_all(*, agent: Agent, by: Agent | None) -> None:
    """Erase every census and the comparison of `agent`; what is under way stops. by: None for the portal, in time.

    Raises NotThere for somebody else's.
    """
    if by is not None and by.pk != agent.pk and not by.is_staff:
        raise NotThere
    censuses = MailboxCensus.objects.filter(agent=agent)
    forget_passwords("census", list(censuses.values_list("pk", flat=True)))
    forget_passwords("act", list(MailboxAct.objects.filter(agent=agent).values_list("pk", flat=True)))
    MailboxComparison.objects.filter(agent=agent).delete()
    if censuses.delete()[0]:
        journal.record("mailbox_check.deleted" if by else "mailbox_check.expired", by=by, subject=agent)


def forget_passwords(kind: str, keys: list[int]) -> None:
    """One-off passwords of jobs that are over go at once."""
    OneOffSecret.objects.filter(purpose__in=[handing.purpose(kind, pk) for pk in keys]).delete()


def _journal(action: str, census: MailboxCensus, by: Agent) -> None:
    journal.record(action, by=by, subject=census.agent, target=f"mailbox_census:{census.pk}")
