"""Captured rules for tests, made without the form; and a sending from look to end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accounts import sealing
from accounts.models import Agent
from bascule import mailbox_look
from bascule.conversions.filters.model import Vacation
from bascule.filters import planning
from bascule.filters.contents import RuleContents
from bascule.filters.planning import Choices, Proposal
from bascule.mailbox_look import Snapshot
from bascule.models import CapturedRule, Replay
from bascule.replays import confirm, engine
from zimbra.client import ZimbraClient
from zimbra.types.filter_actions import Action, FileInto
from zimbra.types.filter_tests import HeaderTest
from zimbra.types.filters import FilterRule


def rule(name: str, folder: str = "", *, active: bool = True, actions: Sequence[Action] = ()) -> FilterRule:
    """Files what has the rule's name in its subject into `folder`, the inbox without one."""
    done = tuple(actions) or (FileInto(folder or "Inbox"),)
    return FilterRule((HeaderTest("subject", name, "contains"),), done, name=name, active=active)


def capture(
    agent: Agent,
    *rules: FilterRule,
    direction: str = "incoming",
    active: bool = True,
    name: str = "",
    vacation: Vacation | None = None,
) -> CapturedRule:
    """One captured rule, made of `rules`, after those that are there."""
    contents = RuleContents(name=name or (rules[0].name if rules else "Refusée"), rules=rules, vacation=vacation)
    return CapturedRule.objects.create(
        agent=agent,
        direction=direction,
        position=CapturedRule.objects.filter(agent=agent, direction=direction).count() + 1,
        active=active,
        origin="form",
        verdict="same" if rules else "refused",
        contents=contents.sealed(),
    )


def capture_all(agent: Agent, *rules: FilterRule, direction: str = "incoming") -> list[CapturedRule]:
    return [capture(agent, one, direction=direction) for one in rules]


def change(row: CapturedRule, *rules: FilterRule) -> None:
    row.contents = RuleContents(name=rules[0].name, rules=rules).sealed()
    row.save()


def proposal(agent: Agent, mailbox: ZimbraClient, **choices: Any) -> Proposal:
    return planning.propose(agent, mailbox_look.look_through(mailbox), Choices(**choices))


def start(agent: Agent, mailbox: ZimbraClient, **choices: Any) -> Replay:
    """Look, plan, confirm; nobody works on it yet."""
    plan = proposal(agent, mailbox, **choices).plan
    return confirm.start(agent=agent, kind=Replay.Kind.FILTERS, plan=plan, by=agent)


def carry(replay: Replay) -> Replay:
    engine.advance(replay.pk)
    replay.refresh_from_db()
    return replay


def send(agent: Agent, mailbox: ZimbraClient, **choices: Any) -> Replay:
    replay = carry(start(agent, mailbox, **choices))
    assert (replay.state, replay.differences) == ("done", 0), (replay.error, replay.findings)
    return replay


def undo(replay: Replay) -> Replay:
    confirm.undo(replay=replay, by=replay.agent)
    return carry(replay)


def findings(replay: Replay) -> list[str]:
    return sealing.unseal_json(bytes(replay.findings)) if replay.findings else []


def keep_look(agent: Agent, picture: Snapshot | None = None) -> None:
    """As if a task had just looked."""
    from django.utils import timezone

    from bascule.models import SettingsLook

    now = timezone.now()
    SettingsLook.objects.update_or_create(agent=agent, defaults={"asked_at": now, "looked_at": None})
    mailbox_look.look(agent.pk)
