"""A person's rules tried on one message: what the old server did with it, and what Zimbra will do. Reads only.

Nothing of the message is kept anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from accounts.models import Agent
from bascule import mailbox_look
from bascule.conversions.filters.examples.draft import Draft
from bascule.conversions.filters.examples.examples import draft_for
from bascule.conversions.filters.messages import Message
from bascule.conversions.filters.model import SourceRule
from bascule.conversions.filters.old_engine import engine as old_engine
from bascule.conversions.filters.zimbra_engine import engine as zimbra_engine
from bascule.filters import trial_sides
from bascule.filters.contents import RuleContents
from bascule.filters.planning import captured_rules, propose
from bascule.models import CapturedRule, SettingsLook
from zimbra.types.filters import FilterRule

NAMELESS = "Règle sans nom"
# Reasons that are told: more would not be read.
MOST_REASONS = 8
_INCOMING = CapturedRule.Direction.INCOMING.value


@dataclass(frozen=True, slots=True)
class Matched:
    """A rule that applied. pk: of the captured rule, None for one that only stands in Zimbra."""

    name: str
    pk: int | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """sentence: where the message ends up. untried: what could not be tried here, as French sentences."""

    sentence: str
    matched: tuple[Matched, ...] = ()
    stopped: bool = False
    untried: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the two sides differ. pk: whose rule says so."""

    name: str
    pk: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Tried:
    """with_zimbra: rules that were seen in Zimbra were tried together with the person's own, in the planned order."""

    subject: str
    sender: str
    size: int
    before: Side
    after: Side
    differences: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    with_zimbra: bool = False

    @property
    def same(self) -> bool:
        return not self.differences


@dataclass(slots=True)
class _Own:
    """The person's rules for messages that arrive, and what Zimbra would run.

    origins: beside each of `rules`, which captured rule it belongs to; None for one that only stands in Zimbra.
    """

    rows: list[tuple[CapturedRule, RuleContents]]
    rules: list[FilterRule] = field(default_factory=list)
    origins: list[int | None] = field(default_factory=list)
    with_zimbra: bool = False


def try_message(agent: Agent, raw: bytes, *, now: datetime, sender: str = "", recipient: str = "") -> Tried:
    """sender, recipient: of the envelope; "" for the From of the message, and for the person's address."""
    message = Message.parse(raw)
    envelope_sender = sender or next(iter(message.addresses("Return-Path") or message.addresses("From")), "")
    envelope_recipient = recipient or agent.address
    own = _own(agent)
    sources = [
        (row, contents, SourceRule(contents.original or contents.source, contents.name, active=row.active))
        for row, contents in own.rows
        if row.origin != CapturedRule.Origin.ZIMBRA and (contents.original or contents.source)
    ]
    old = old_engine.run(
        [source for _, _, source in sources], message, sender=envelope_sender, recipient=envelope_recipient, now=now
    )
    new = zimbra_engine.run(
        own.rules, message, sender=envelope_sender, recipient=envelope_recipient, now=now, addresses=[agent.address]
    )
    applied = {sources[place][0].pk for place in old.matched}
    answered = any(contents.vacation is not None and row.pk in applied for row, contents in own.rows)
    before, after = trial_sides.of_old(old), trial_sides.of_new(new, answered=answered)
    names = {row.pk: contents.name or NAMELESS for row, contents in own.rows}
    matched_new = [_matched(own.rules[place], own.origins[place], names) for place in new.matched]
    differing = trial_sides.differences(before, after)
    concerned = applied | {one.pk for one in matched_new if one.pk} | {sources[one.rule][0].pk for one in old.untried}
    return Tried(
        subject=message.value("Subject"),
        sender=message.value("From"),
        size=message.size,
        before=Side(
            trial_sides.sentence_of(before, before=True),
            tuple(Matched(names[sources[place][0].pk], sources[place][0].pk) for place in old.matched),
            old.stopped is not None,
            tuple(
                f"« {names[sources[one.rule][0].pk]} » n’a pas pu être essayée : {one.reason}." for one in old.untried
            ),
        ),
        after=Side(trial_sides.sentence_of(after, before=False), tuple(_once(matched_new)), new.stopped, _untried(new)),
        differences=tuple(differing),
        reasons=_reasons(own.rows, concerned) if differing else (),
        with_zimbra=own.with_zimbra,
    )


def made_from(agent: Agent, contents: RuleContents, *, now: datetime) -> Draft | None:
    """A message that the rule applies to, in Zimbra or, when it is refused, on the old server. None: none was found."""
    candidates: list[FilterRule | SourceRule] = [*contents.rules]
    if contents.source:
        candidates.append(SourceRule(contents.source))
    drafts = (draft_for(rule, recipient=agent.address, now=now) for rule in candidates)
    return next((draft for draft in drafts if draft is not None), None)


def _own(agent: Agent) -> _Own:
    captured = [(row, contents) for row, contents in captured_rules(agent) if row.direction == _INCOMING]
    own = _Own(captured)
    look = SettingsLook.objects.filter(agent=agent).first()
    picture = mailbox_look.seen(look) if look else None
    if picture is not None:
        plan = next((one for one in propose(agent, picture).directions if one.direction == _INCOMING), None)
        own.rules = list(plan.merged.rules if plan else picture.incoming)
        ours = {one.rule.name: one.origin for one in plan.merged.sent} if plan else {}
        own.origins = [ours.get(rule.name) for rule in own.rules]
        own.with_zimbra = bool(picture.incoming)
        return own
    for row, contents in captured:
        for rule in contents.rules:
            own.rules.append(replace(rule, active=row.active))
            own.origins.append(row.pk)
    return own


def _matched(rule: FilterRule, pk: int | None, names: dict[int, str]) -> Matched:
    return Matched(names[pk], pk) if pk in names and pk is not None else Matched(rule.name)


def _once(matched: Sequence[Matched]) -> list[Matched]:
    """A rule of the old server may have become several, which a person knows as one."""
    return list(dict.fromkeys(matched))


def _untried(outcome: zimbra_engine.Outcome) -> tuple[str, ...]:
    told = [f"Cet essai ne connaît pas {what} : la condition compte comme non remplie." for what in outcome.untried]
    if outcome.error:
        told.append(f"Zimbra abandonne les règles et laisse le message dans la boîte de réception. {outcome.error}")
    return tuple(told)


def _reasons(rows: Sequence[tuple[CapturedRule, RuleContents]], concerned: set[int]) -> tuple[Reason, ...]:
    found: list[Reason] = []
    for row, contents in rows:
        if row.pk not in concerned:
            continue
        name = contents.name or NAMELESS
        if contents.original:
            found.append(Reason(name, row.pk, "Vous avez modifié cette règle depuis qu’elle a été relevée."))
        if row.origin == CapturedRule.Origin.ZIMBRA:
            found.append(Reason(name, row.pk, "Cette règle vient de Zimbra : l’ancienne messagerie ne l’avait pas."))
        found += [Reason(name, row.pk, remark.message) for remark in contents.remarks]
    return tuple(dict.fromkeys(found))[:MOST_REASONS]
