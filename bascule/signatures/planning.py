"""What sending the person's signatures would do: compared with what Zimbra was seen to hold, and made into a plan.

The plan is JSON, for `replaying`: {"signatures": [{"key", "name", "html", "text", "id", "before"}], "uses":
[{"identity", "label", "new", "answers"}], "longest"}. `id` and `before` are of a signature that is overwritten.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from accounts import sealing
from accounts.models import Agent
from bascule.conversions.signatures import clean, plain_text
from bascule.mailbox_look import Snapshot
from bascule.models import Replay, SavedSignature
from bascule.replays.run import memory_of
from bascule.signatures.contents import ANSWERS, NEW, OWN_IDENTITY, SignatureContents, Use, contents_of, use_of
from bascule.signatures.saved import free_name
from zimbra.types import Identity, Signature

# What the act of a signature remembers of it, once it stands in Zimbra.
HELD = "held"


class Change(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    SAME = "same"
    LEFT = "left"


LABELS = {
    Change.CREATED: "À créer",
    Change.UPDATED: "À remplacer",
    Change.SAME: "Déjà en place",
    Change.LEFT: "Laissée telle quelle",
}


@dataclass(frozen=True, slots=True)
class Choices:
    """left: keys of signatures not to send. replacing: keys of signatures that may overwrite what is not ours, or no
    longer as we left it."""

    left: frozenset[int] = frozenset()
    replacing: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Row:
    """One signature. there: what stands in Zimbra for it. question: French, what the person may allow; "" for nothing.
    problem: French, why it cannot be sent."""

    key: int
    name: str
    change: Change
    contents: SignatureContents | None = None
    there: Signature | None = None
    question: str = ""
    problem: str = ""

    @property
    def label(self) -> str:
        return LABELS[self.change]


@dataclass(frozen=True, slots=True)
class UseRow:
    """One identity. before, after: names of the signatures below new messages and below answers, "" for none."""

    identity: str
    label: str
    before: tuple[str, str]
    after: tuple[str, str]
    changes: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """blocked: French, why nothing can be sent. others: names of signatures in Zimbra that are not concerned."""

    rows: tuple[Row, ...] = ()
    uses: tuple[UseRow, ...] = ()
    others: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    blocked: str = ""
    plan: dict[str, Any] = field(default_factory=dict)

    @property
    def changes(self) -> bool:
        return any(one.change in (Change.CREATED, Change.UPDATED) for one in self.rows) or any(
            one.changes for one in self.uses
        )

    @property
    def shown(self) -> str:
        """Stands for all of it; the same again means that nothing has changed since it was shown."""
        text = json.dumps(self.plan, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


NO_CHOICE = Choices()


def propose(agent: Agent, picture: Snapshot, choices: Choices = NO_CHOICE) -> Proposal:
    """Built from the person's signatures as they are now, and from `picture`."""
    saved = [(row, *_opened(row)) for row in SavedSignature.objects.filter(agent=agent)]
    held = held_by_us(agent)
    by_id = {one.id: one for one in picture.signatures}
    taken = {one.name.casefold() for one in picture.signatures}
    claimed: set[str] = set()
    rows: list[Row] = []
    for row, contents, _ in saved:
        one = _row(row.pk, contents, held.get(row.pk), by_id, taken, claimed, choices, picture.limits.signature_length)
        if one.there and one.change is not Change.CREATED:
            claimed.add(one.there.id)
        if one.change is Change.CREATED:
            taken.add(one.name.casefold())
        rows.append(one)
    usable = {one.key: one for one in rows if one.change is not Change.LEFT}
    labels = identities_of(picture)
    uses, wanted, gone = _uses(picture, labels, usable, [(row.pk, use) for row, _, use in saved], by_id)
    sending = [one for one in rows if one.change is not Change.LEFT]
    concerned = {one.there.id for one in sending if one.there and one.change is not Change.CREATED}
    return Proposal(
        rows=tuple(rows),
        uses=tuple(uses),
        others=tuple(one.name for one in picture.signatures if one.id not in concerned),
        gone=tuple(gone),
        blocked=_blocked(rows, picture),
        plan={
            "signatures": [_planned(one) for one in sending],
            "uses": wanted,
            "longest": picture.limits.signature_length,
        },
    )


def identities_of(picture: Snapshot) -> dict[str, str]:
    """Key and French label of each identity, the account's own first."""
    found = {}
    for one in sorted(picture.identities, key=lambda identity: not identity.is_default):
        label = "Mon adresse" if one.is_default else one.name
        address = one.from_address
        found[key_of(one)] = f"{label} ({address})" if address and address.casefold() != label.casefold() else label
    return found


def key_of(identity: Identity) -> str:
    return OWN_IDENTITY if identity.is_default else identity.id


def same_meaning(there: Signature, html: str, text: str) -> bool:
    """Whether Zimbra holds what was sent: it may write HTML in its own way, but shows the same text and pictures."""
    if _lines(there.text) != _lines(text):
        return False
    before, after = clean(there.html), clean(html)
    if before.html == after.html:
        return True
    pictures = ([(one.kind, one.src) for one in cleaned.images] for cleaned in (before, after))
    return plain_text(there.html) == plain_text(html) and len({str(one) for one in pictures}) == 1


def held_by_us(agent: Agent) -> dict[int, Signature]:
    """By the key of the saved signature, what the latest sending that was not taken back left in Zimbra."""
    found: dict[int, Signature] = {}
    for replay in Replay.objects.filter(agent=agent, kind=Replay.Kind.SIGNATURE).exclude(state=Replay.State.UNDONE):
        try:
            plan, memory = sealing.unseal_json(bytes(replay.plan)), memory_of(replay)
        except sealing.CannotOpen:
            continue
        for one in plan["signatures"]:
            known = memory.get(act_key(one["key"]), {}).get(HELD)
            if known and one["key"] not in found:
                found[one["key"]] = Signature(**known)
    return found


def act_key(key: int) -> str:
    return f"signature:{key}"


def _opened(row: SavedSignature) -> tuple[SignatureContents | None, Use]:
    try:
        return contents_of(row), use_of(row)
    except sealing.CannotOpen:
        return None, {}


def _row(
    key: int,
    contents: SignatureContents | None,
    ours: Signature | None,
    by_id: dict[str, Signature],
    taken: set[str],
    claimed: set[str],
    choices: Choices,
    longest: int,
) -> Row:
    if contents is None:
        return Row(key, "Signature illisible", Change.LEFT, problem="Cette signature ne peut plus être ouverte.")
    problem = _problem(contents, longest)
    if problem or key in choices.left:
        return Row(key, contents.name, Change.LEFT, contents, problem=problem)
    there = by_id.get(ours.id) if ours else None
    if there and ours and there.id not in claimed:
        name = there.name if there.name.casefold() == contents.name.casefold() else _name(contents, taken, there)
        if same_meaning(there, contents.html, contents.text) and name == there.name:
            return Row(key, name, Change.SAME, contents, there)
        if there != ours and key not in choices.replacing:
            return Row(
                key, there.name, Change.LEFT, contents, there,
                question=f"La signature « {there.name} » a été modifiée dans Zimbra depuis le dernier envoi. Elle "
                "n’est pas écrasée, sauf si vous le demandez.",
            )  # fmt: skip
        question = "Elle remplacera ce qui a été modifié dans Zimbra depuis." if there != ours else ""
        return Row(key, name, Change.UPDATED, contents, there, question=question)
    namesake = next((one for one in by_id.values() if one.name.casefold() == contents.name.casefold()), None)
    if namesake is None or namesake.id in claimed:
        return Row(key, _name(contents, taken), Change.CREATED, contents)
    if same_meaning(namesake, contents.html, contents.text):
        return Row(key, namesake.name, Change.SAME, contents, namesake)
    question = f"Zimbra contient déjà une autre signature « {namesake.name} »."
    if key in choices.replacing:
        return Row(key, namesake.name, Change.UPDATED, contents, namesake, question=question)
    return Row(key, _name(contents, taken), Change.CREATED, contents, namesake, question=question)


def _name(contents: SignatureContents, taken: set[str], there: Signature | None = None) -> str:
    return free_name(contents.name, taken - ({there.name.casefold()} if there else set()))


def _problem(contents: SignatureContents, longest: int) -> str:
    if contents.awaited:
        return "Ses images sont en cours de chargement : patientez un instant, puis actualisez cette page."
    if contents.undecided:
        many = len(contents.undecided)
        return "Décidez d’abord de " + ("son image." if many == 1 else f"ses {many} images.")
    if longest and contents.length > longest:
        return f"Elle compte {contents.length} caractères, et Zimbra en accepte {longest} : raccourcissez-la d’abord."
    return ""


def _uses(
    picture: Snapshot,
    labels: dict[str, str],
    usable: dict[int, Row],
    wishes: list[tuple[int, Use]],
    by_id: dict[str, Signature],
) -> tuple[list[UseRow], list[dict[str, Any]], list[str]]:
    """What each identity uses and will use; the part of the plan; wishes for identities that are no longer there."""
    rows, plan = [], []
    asked: dict[str, dict[str, int]] = {}
    for key, use in wishes:
        for identity, one in use.items():
            for when in (NEW, ANSWERS):
                if one.get(when) and key in usable:
                    asked.setdefault(identity, {})[when] = key
    identities = {key_of(one): one for one in picture.identities}
    for identity, label in labels.items():
        there, wanted = identities[identity], asked.get(identity, {})
        now = (there.signature_id, there.answer_signature_id)
        before = tuple(by_id[one].name if one in by_id else "" for one in now)
        after = list(before)
        changes = False
        for place, when in enumerate((NEW, ANSWERS)):
            if when in wanted:
                row = usable[wanted[when]]
                stands = row.there.id if row.there and row.change is not Change.CREATED else None
                after[place] = row.name
                changes |= stands is None or stands != now[place]
        rows.append(UseRow(identity, label, (before[0], before[1]), (after[0], after[1]), changes))
        if wanted:
            plan.append({"identity": identity, "label": label, NEW: wanted.get(NEW), ANSWERS: wanted.get(ANSWERS)})
    return rows, plan, [identity for identity in asked if identity not in identities]


def _blocked(rows: list[Row], picture: Snapshot) -> str:
    most = picture.limits.signatures
    created = sum(one.change is Change.CREATED for one in rows)
    if most and created and len(picture.signatures) + created > most:
        return (
            f"Zimbra accepte {most} signatures et en contient déjà {len(picture.signatures)} : supprimez-en dans "
            "Zimbra, ou n’envoyez pas toutes les vôtres."
        )
    return ""


def _planned(row: Row) -> dict[str, Any]:
    overwritten = row.there if row.there and row.change is not Change.CREATED else None
    contents = row.contents
    return {
        "key": row.key,
        "name": row.name,
        "html": contents.html if contents else "",
        "text": contents.text if contents else "",
        "id": overwritten.id if overwritten else "",
        "before": asdict(overwritten) if overwritten else None,
    }


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.replace("\r\n", "\n").replace("\u00a0", " ").strip().split("\n")]
