"""The person's rules as pages show them. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from accounts import sealing
from accounts.models import Agent
from bascule import mailbox_look
from bascule.chunks import fold
from bascule.conversions.filters.sentences import sentences
from bascule.filters.contents import RuleContents, contents_of
from bascule.filters.form_sieve import FormRule, form_of
from bascule.filters.form_zimbra import form_of_zimbra
from bascule.filters.sent import sent_rules
from bascule.models import CapturedRule, Replay, SettingsLook

NAMELESS = "Règle sans nom"


@dataclass(frozen=True, slots=True)
class Shown:
    """One rule on a page. contents: None when they can no longer be opened. number: from 1, within its direction."""

    row: CapturedRule
    contents: RuleContents | None
    is_first: bool = False
    is_last: bool = False

    @property
    def name(self) -> str:
        return (self.contents.name if self.contents else "") or NAMELESS

    @property
    def sentence(self) -> str:
        """What the rule does in Zimbra; one that is not taken over, what it did before."""
        return sentences.sentence_of_captured(self.contents, direction=self.row.direction) if self.contents else ""

    @property
    def said(self) -> list[tuple[str, list[str], bool, list[str]]]:
        """Of each rule in Zimbra: its name, its conditions, whether one of them is enough, its actions."""
        if self.contents is None:
            return []
        return [
            (
                rule.name,
                sentences.conditions_of(rule),
                rule.condition == "anyof",
                sentences.actions_of(rule, direction=self.row.direction),
            )
            for rule in self.contents.rules
        ]

    @property
    def form(self) -> FormRule | None:
        """What the quick form can say of it."""
        if self.contents is None:
            return None
        if self.contents.source:
            return form_of(self.contents.source)
        return form_of_zimbra(self.contents.rules[0]) if self.is_from_zimbra and self.contents.rules else None

    @property
    def is_from_zimbra(self) -> bool:
        return self.row.origin == CapturedRule.Origin.ZIMBRA

    @property
    def can_be_edited(self) -> bool:
        """By the form or by its text; a rule of Zimbra may say more than both."""
        return bool(self.contents and self.contents.source) or self.form is not None


@dataclass(slots=True)
class Listing:
    """direction, its label, the rules that were looked for, and how many there are in all."""

    direction: str
    label: str
    rules: list[Shown] = field(default_factory=list)
    total: int = 0


def shown(row: CapturedRule) -> Shown:
    try:
        return Shown(row, contents_of(row))
    except sealing.CannotOpen:
        return Shown(row, None)


def one(row: CapturedRule) -> Shown:
    """As `shown`, with its place in the order."""
    count = CapturedRule.objects.filter(agent_id=row.agent_id, direction=row.direction).count()
    found = shown(row)
    return Shown(row, found.contents, is_first=row.position == 1, is_last=row.position == count)


def every(agent: Agent) -> list[Shown]:
    """All rules of the person: by direction, in their order."""
    rows = list(CapturedRule.objects.filter(agent=agent).order_by("direction", "position", "pk"))
    last = {row.direction: row.pk for row in rows}
    first = {row.direction: row.pk for row in reversed(rows)}
    return [
        Shown(row, shown(row).contents, is_first=row.pk == first[row.direction], is_last=row.pk == last[row.direction])
        for row in rows
    ]


def listings(rules: Iterable[Shown], *, wanted: str = "", state: str = "") -> list[Listing]:
    """`rules` by direction, those whose name and sentence have every word of `wanted`.

    state: a verdict, "active" or "inactive"; "" for all.
    """
    found = {value: Listing(value, str(label)) for value, label in CapturedRule.Direction.choices}
    words = fold(wanted).split()
    for rule in rules:
        listing = found[rule.row.direction]
        listing.total += 1
        if _has_state(rule.row, state) and (not words or all(word in _text(rule) for word in words)):
            listing.rules.append(rule)
    return list(found.values())


def _has_state(row: CapturedRule, state: str) -> bool:
    if state == "active":
        return row.active
    if state == "inactive":
        return not row.active
    return not state or row.verdict == state


def _text(rule: Shown) -> str:
    return fold(f"{rule.name} {rule.sentence}")


def chosen(agent: Agent, ids: Iterable[int]) -> list[Shown]:
    """Those of the person's rules among `ids`, in their order."""
    rows = CapturedRule.objects.filter(agent=agent, pk__in=list(ids)).order_by("direction", "position", "pk")
    return [shown(row) for row in rows]


def staying(agent: Agent, rules: Iterable[Shown]) -> list[Shown]:
    """Those taken over from Zimbra that no sending has told it about: deleted here, they stay there."""
    sent = {one.origin for rules in sent_rules(agent).values() for one in rules}
    return [one for one in rules if one.contents and one.contents.taken_over and one.row.pk not in sent]


def known_folders(agent: Agent) -> list[str]:
    """Folders that the person's rules file into and those last seen in the mailbox, each once."""
    named = set()
    for row in CapturedRule.objects.filter(agent=agent):
        contents = shown(row).contents
        named |= set(contents.folders) if contents else set()
    look = SettingsLook.objects.filter(agent=agent).first()
    seen = mailbox_look.seen(look) if look else None
    folders = [folder.path for folder in seen.folders if folder.takes_mail] if seen else []
    return sorted({folder for folder in (*named, *folders) if folder}, key=str.casefold)


def last_typed(agent: Agent, pk: str) -> FormRule | None:
    """What the person has just typed in, if `pk` names it: the next rule often resembles it."""
    if not pk.isascii() or not pk.isdigit() or len(pk) > 18:
        return None
    row = CapturedRule.objects.filter(agent=agent, pk=int(pk)).first()
    return shown(row).form if row else None


@dataclass(frozen=True, slots=True)
class Sending:
    """What is known of the rules' way into Zimbra. last: the latest envoi that was not taken back.

    changed_since: rules that were added, changed, moved, switched or deleted here after it.
    """

    under_way: Replay | None = None
    last: Replay | None = None
    changed_since: int = 0


def sending_of(agent: Agent) -> Sending:
    replays = Replay.objects.filter(agent=agent, kind=Replay.Kind.FILTERS).defer("plan", "memory", "findings")
    under_way = replays.filter(state__in=Replay.UNDER_WAY).first()
    last = replays.filter(state=Replay.State.DONE).order_by("-finished_at").first()
    if last is None:
        return Sending(under_way)
    rows = dict(CapturedRule.objects.filter(agent=agent).values_list("pk", "changed_at"))
    changed = sum(changed_at > last.created_at for changed_at in rows.values())
    sent = {one.origin for rules in sent_rules(agent).values() for one in rules if one.origin}
    return Sending(under_way, last, changed + len(sent - rows.keys()))
