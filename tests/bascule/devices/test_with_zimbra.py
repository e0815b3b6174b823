"""Application passwords with the simulated Zimbra: what is shown opens the mailbox by IMAP, until it is revoked."""

from __future__ import annotations

import imaplib

import pytest
from django.utils import timezone

from accounts.models import Agent
from bascule.devices import inventory, making, password_faults, password_look, passwords
from bascule.devices.inventory import Wishes
from bascule.models import AppPassword
from tests.bascule.imports.conftest import door
from tests.factories import make_agent
from tests.simulated import Simulated

__all__ = ["door"]

pytestmark = pytest.mark.django_db
State = AppPassword.State
FEATURE = {"zimbraFeatureTwoFactorAuthAvailable": "TRUE", "zimbraFeatureAppSpecificPasswordsEnabled": "TRUE"}


def person_of(zimbra: Simulated, **attributes: str) -> Agent:
    return make_agent(zimbra.create_account(**attributes), migrated_at=timezone.now())


def ordered(agent: Agent) -> passwords.Order:
    device = inventory.add(agent=agent, wishes=Wishes("ios", "Mon iPhone"), by=agent)
    return passwords.order(device=device, by=agent)


def opens(zimbra: Simulated, agent: Agent, password: str) -> bool:
    """Whether a mail program with that password gets in."""
    with imaplib.IMAP4("127.0.0.1", zimbra.imap_port, timeout=10) as program:
        try:
            return program.login(agent.address, password)[0] == "OK"
        except imaplib.IMAP4.error:
            return False


def test_what_is_shown_opens_the_mailbox_until_it_is_revoked(door: Simulated) -> None:
    agent = person_of(door, **FEATURE)
    order = ordered(agent)
    making.make(order.row.pk)
    secret = passwords.show(row=order.row, private=order.private, by=agent)
    assert opens(door, agent, secret)
    password_look.look_for(agent)
    password_look.look(agent.pk)
    seen = password_look.seen(password_look.latest(agent))
    assert seen is not None
    (listed,) = seen.passwords
    assert listed.name == "Mon iPhone"
    assert listed.last_used is not None
    making.revoke(passwords.revoke(agent=agent, name="Mon iPhone", by=agent).pk)
    assert not opens(door, agent, secret)


def test_account_without_the_feature_is_told(door: Simulated) -> None:
    order = ordered(person_of(door))
    making.make(order.row.pk)
    order.row.refresh_from_db()
    assert (order.row.state, order.row.error_code) == (State.FAILED, password_faults.NOT_OFFERED)


def test_answer_lost_by_zimbra_leaves_one_to_revoke(door: Simulated) -> None:
    """The list is answered, and what comes before it; that the password was made is not heard of. How many requests
    that are depends on who has signed in already."""
    agent = person_of(door, **FEATURE)
    for before in (3, 2, 1):
        order = passwords.order(device=agent.devices.get(), by=agent) if agent.devices.exists() else ordered(agent)
        door.disturb(mode="lost", after=before)
        making.make(order.row.pk)
        door.disturb()
        AppPassword.objects.update(retry_at=None)
        making.make(order.row.pk)
        order.row.refresh_from_db()
        if order.row.state == State.UNSEEN:
            break
        assert order.row.state == State.MADE
    else:
        pytest.fail("no answer of the making was lost")
    with door.client(agent.address) as client:
        assert order.row.name in [one.name for one in client.app_passwords().passwords]
