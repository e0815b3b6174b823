"""What sending the person's filters would do: compared with what Zimbra was seen to hold, and made into a plan.

The plan is JSON, for `replaying`: {"directions": {direction: {"seen", "after", "sent"}}, "folders": [path],
"absence": None or {...}}. `seen` are fingerprints of what the comparison was made with.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from accounts import sealing
from accounts.models import Agent
from bascule.filters.absence import AbsenceOffer, offer_of, planned_absence
from bascule.filters.contents import RuleContents, contents_of
from bascule.filters.folders_needed import Needed, folders_needed, key_of, to_create, without_folders
from bascule.filters.merging import Change, Merged, Sent, Wanted, merge, same_list
from bascule.filters.sent import sent_dumped, sent_rules
from bascule.filters.stored import rules_to_text
from bascule.mailbox_look import Snapshot
from bascule.models import CapturedRule
from zimbra.endpoint import MAX_BYTES
from zimbra.errors import Refused
from zimbra.types.filters import FilterRule
from zimbra.verbs.filters import check_rules

_UNSOUND = (
    "Zimbra contient déjà des règles que le portail ne peut pas réécrire sans risque : {names}. Dans Zimbra, "
    "renommez-les ou supprimez-les (deux règles ne doivent pas porter le même nom), puis actualisez cet aperçu."
)
_TOO_LARGE = (
    "L’ensemble des règles est trop volumineux pour Zimbra. Supprimez les règles devenues inutiles, ou raccourcissez "
    "les plus longues, puis revenez ici."
)


@dataclass(frozen=True, slots=True)
class Choices:
    """What the person decided about the proposal.

    left_folders: keys of folders not to create. overwrite: keys (`conflict_key`) of rules whose version here wins.
    first: ours go before those of others, the first time. absence: "" leave, "off" or "on"; absence_of: which rule's.
    """

    left_folders: frozenset[str] = frozenset()
    overwrite: frozenset[str] = frozenset()
    first: bool = False
    absence: str = ""
    absence_of: int = 0


@dataclass(frozen=True, slots=True)
class DirectionPlan:
    """current: what Zimbra was seen to hold. known: what of it is ours. takes_note: some of that was never sent, but
    taken over from Zimbra."""

    direction: str
    current: tuple[FilterRule, ...]
    merged: Merged
    known: tuple[Sent, ...]
    takes_note: bool = False

    @property
    def changes(self) -> bool:
        return not same_list(self.merged.rules, self.current)

    @property
    def asks_for_place(self) -> bool:
        """Whether ours go beside others for the first time."""
        owned = {row.change for row in self.merged.rows if row.key}
        return owned == {Change.ADDED} and bool(self.current) and not self.known


@dataclass(frozen=True, slots=True)
class Proposal:
    """blocked: French, why nothing can be sent. refused: names of rules that have no equal in Zimbra, and damaged ones.

    shown: stands for all of it; the same again means that nothing has changed since it was shown.
    """

    directions: tuple[DirectionPlan, ...] = ()
    folders: tuple[Needed, ...] = ()
    creating: tuple[str, ...] = ()
    absences: tuple[AbsenceOffer, ...] = ()
    refused: tuple[str, ...] = ()
    blocked: str = ""
    plan: dict[str, Any] = field(default_factory=dict)

    @property
    def changes(self) -> bool:
        """Whether there is anything to do, be it to note that a rule which stands there is the person's own."""
        adopted = any(row.change == Change.ADOPTED for one in self.directions for row in one.merged.rows)
        adopted = adopted or any(one.takes_note for one in self.directions)
        return adopted or any(one.changes for one in self.directions) or bool(self.creating or self.plan.get("absence"))

    @property
    def asks_for_place(self) -> bool:
        return any(one.asks_for_place for one in self.directions)

    @property
    def shown(self) -> str:
        text = json.dumps(self.plan, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


NO_CHOICE = Choices()


def propose(agent: Agent, picture: Snapshot, choices: Choices = NO_CHOICE) -> Proposal:
    """Built from the person's rules as they are now, and from `picture`."""
    captured = captured_rules(agent)
    lists = {direction: _listed(captured, direction) for direction in CapturedRule.Direction.values}
    needed = folders_needed(
        (one.rule for wanted in lists.values() for one in wanted), picture, left=choices.left_folders
    )
    unused = frozenset(one.path.casefold() for one in needed if not one.is_used)
    sent = sent_rules(agent)
    directions = []
    for direction, wanted in lists.items():
        mended = [Wanted(without_folders(one.rule, unused), one.origin) for one in wanted]
        taken_over = _taken_over(captured, direction, sent[direction])
        known = (*sent[direction], *taken_over)
        keys = {one.key for one in known}
        overwrite = {key for key in keys if conflict_key(direction, key) in choices.overwrite}
        current = picture.rules(direction)
        merged = merge(current, mended, known, overwrite=overwrite, first=choices.first)
        if wanted or known:
            directions.append(DirectionPlan(direction, current, merged, known, takes_note=bool(taken_over)))
    creating = tuple(to_create(needed, picture))
    absences = tuple(offer_of(row, contents) for row, contents in captured if row.active and contents.vacation)
    absence = planned_absence(absences, picture.absence, choices.absence, choices.absence_of)
    return Proposal(
        directions=tuple(directions),
        folders=tuple(needed),
        creating=creating,
        absences=absences,
        refused=tuple(contents.name for _, contents in captured if not contents.rules and not contents.vacation),
        blocked=_blocked(directions),
        plan={
            "directions": {one.direction: _dumped(one) for one in directions},
            "folders": list(creating),
            "absence": absence,
        },
    )


def captured_rules(agent: Agent) -> list[tuple[CapturedRule, RuleContents]]:
    """All rules of the person in their order. One that can no longer be opened counts as refused."""
    found = []
    for row in CapturedRule.objects.filter(agent=agent):
        try:
            found.append((row, contents_of(row)))
        except sealing.CannotOpen:
            found.append((row, RuleContents(name=f"Règle n° {row.position} (illisible)")))
    return found


def conflict_key(direction: str, key: str) -> str:
    """What stands for a rule in a form."""
    return key_of(f"{direction}\n{key}")


def fingerprint(rules: Sequence[FilterRule]) -> str:
    """The same for two lists of which no letter differs."""
    return hashlib.sha256(rules_to_text(rules).encode()).hexdigest()


def _listed(captured: Sequence[tuple[CapturedRule, RuleContents]], direction: str) -> list[Wanted]:
    return [
        Wanted(_switched(rule, row.active), row.pk)
        for row, contents in captured
        if row.direction == direction
        for rule in contents.rules
    ]


def _taken_over(
    captured: Sequence[tuple[CapturedRule, RuleContents]], direction: str, sent: Sequence[Sent]
) -> list[Sent]:
    """Rules that stand in Zimbra and became the person's own here, until a sending remembers them."""
    origins = {one.origin for one in sent}
    names = {name for one in sent for name in (one.key, one.rule.name)}
    return [
        Sent(contents.taken_over.name, contents.taken_over, row.pk)
        for row, contents in captured
        if row.direction == direction and contents.taken_over is not None
        if row.pk not in origins and contents.taken_over.name not in names
    ]


def _switched(rule: FilterRule, active: bool) -> FilterRule:
    return rule if rule.active == active else replace(rule, active=active)


def _blocked(directions: Sequence[DirectionPlan]) -> str:
    for one in directions:
        if not one.changes:
            continue
        unsound = _unsound(one.current)
        if unsound:
            return _UNSOUND.format(names=", ".join(f"« {name} »" for name in unsound))
        if len(rules_to_text(one.merged.rules).encode()) > MAX_BYTES:
            return _TOO_LARGE
    return ""


def _unsound(rules: Sequence[FilterRule]) -> list[str]:
    """Names of rules that Zimbra would not give back as they are, were they written anew."""
    found = [rule.name for number, rule in enumerate(rules) if rule.name in {one.name for one in rules[:number]}]
    for rule in rules:
        try:
            check_rules([rule])
        except Refused:
            found.append(rule.name)
    return list(dict.fromkeys(found))


def _dumped(one: DirectionPlan) -> dict[str, Any]:
    return {
        "seen": fingerprint(one.current),
        "after": rules_to_text(one.merged.rules),
        "sent": sent_dumped(one.merged.sent),
    }
