"""Filters applied to messages that are there already, piece by piece. There is no way back.

A piece whose answer nobody saw is not sent again, as a rule may copy: it is told as one nothing is known of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.utils import timezone

from accounts.models import Agent
from bascule.conversions.filters.folder_words import shown_path
from bascule.filters.planning import captured_rules, fingerprint
from bascule.filters.sent import sent_rules
from bascule.mailbox_look import SeenFolder, Snapshot
from bascule.replays.acts import Act, Outcome, Procedure
from bascule.replays.failures import CHANGED, Stopped
from bascule.replays.run import Run
from bascule.replays.states import State
from zimbra.errors import ZimbraError
from zimbra.types.filter_actions import Discard, Ereject, FileInto, Reject
from zimbra.types.filters import FilterRule, RuleBody

# Messages in one request: few enough for an answer within seconds, and for little to be unknown when one is lost.
TOGETHER = 200
# Lines of the page that tells how far it is.
MOST_PIECES = 20
LISTING = "list"
# Folders named in the summary, those that gained most.
SHOWN_FOLDERS = 8
_DELETING = (Discard, Reject, Ereject)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A rule of the person that stands in Zimbra, active: `rules` there. deletes: what it meets may go for good."""

    rule_id: int
    name: str
    rules: tuple[FilterRule, ...]

    @property
    def deletes(self) -> bool:
        return any(isinstance(action, _DELETING) for rule in self.rules for action in _actions(rule))


def candidates(agent: Agent, picture: Snapshot) -> list[Candidate]:
    """In the order of Zimbra's list of incoming rules."""
    sent = {one.rule.name: one for one in sent_rules(agent)["incoming"]}
    labels = {row.pk: contents.name for row, contents in captured_rules(agent)}
    found: dict[int, Candidate] = {}
    for rule in picture.incoming:
        one = sent.get(rule.name)
        if one is None or not rule.active:
            continue
        known = found.get(one.origin)
        rules = (*(known.rules if known else ()), rule)
        found[one.origin] = Candidate(one.origin, labels.get(one.origin, one.key), rules)
    return list(found.values())


def folders_to_choose(picture: Snapshot) -> list[SeenFolder]:
    """The inbox first; folders of others are left out."""
    found = [one for one in picture.folders if one.takes_mail and not one.is_mountpoint]
    return sorted(found, key=lambda one: (one.path.casefold() != "inbox", one.path.casefold()))


def plan_of(chosen: Sequence[Candidate], folder: SeenFolder, since: date | None) -> dict[str, Any]:
    """JSON. since: messages from that day on."""
    pieces = max(1, min(MOST_PIECES, -(-folder.count // TOGETHER)))
    rules = [rule for one in chosen for rule in one.rules]
    return {
        "rules": [rule.name for rule in rules],
        "seen": fingerprint(rules),
        "folder_id": folder.id,
        "folder": folder.path,
        "since": since.isoformat() if since else "",
        "count": folder.count,
        "pieces": pieces,
    }


@dataclass(frozen=True, slots=True)
class ListMessages:
    """Remembers `ids` of what is there, and `held`: how many messages the rules' folders hold before."""

    plan: Mapping[str, Any]

    key = LISTING
    label = "Dresser la liste des messages"

    def do(self, run: Run) -> Outcome:
        query = f"inid:{self.plan['folder_id']}"
        since = _moment(self.plan["since"])
        found = run.client.search(query, "message")
        ids = [one.id for one in found if since is None or _sent_at(one.attributes) >= since]
        run.remember(self, ids=ids, held=_counts(run, self.plan), detail=f"{_plural(len(ids), 'message')} à regarder.")
        return Outcome.DONE

    def undo(self, run: Run) -> Outcome:
        return Outcome.UNDONE


@dataclass(frozen=True, slots=True)
class ApplyPiece:
    """Remembers `settled`, how far it is; `asked`, how many were asked for and not answered yet; `affected`, `unknown`.

    number counts from 0.
    """

    plan: Mapping[str, Any]
    number: int

    @property
    def key(self) -> str:
        return f"piece:{self.number}"

    @property
    def label(self) -> str:
        return f"Appliquer les règles : partie {self.number + 1} sur {self.plan['pieces']}"

    def do(self, run: Run) -> Outcome:
        ids = run.recall_key(LISTING)["ids"]
        pieces = self.plan["pieces"]
        part = ids[self.number * len(ids) // pieces : (self.number + 1) * len(ids) // pieces]
        known = {"settled": 0, "asked": 0, "affected": 0, "unknown": 0, **run.recall(self)}
        if known["asked"]:
            known["settled"] += known["asked"]
            known["unknown"] += known["asked"]
            known["asked"] = 0
        while known["settled"] < len(part):
            now = part[known["settled"] : known["settled"] + TOGETHER]
            # A person may have said stop.
            with run.writing(while_in=State.RUNNING):
                pass
            run.remember(self, **{**known, "asked": len(now)})
            try:
                applied = run.client.apply_filters(self.plan["rules"], now)
            except ZimbraError as error:
                if not error.outcome_unknown:
                    run.remember(self, **known)
                raise
            known["settled"] += len(now)
            known["affected"] += len(applied.affected)
            known["unknown"] += len(applied.unsettled)
            run.remember(self, **known)
        detail = f"{_plural(known['affected'], 'message concerné', 'messages concernés')} sur {len(part)}."
        run.remember(self, **known, detail=detail)
        return Outcome.DONE

    def undo(self, run: Run) -> Outcome:
        known = run.recall(self)
        return Outcome.LEFT if known.get("settled") or known.get("asked") else Outcome.UNDONE


@dataclass(frozen=True, slots=True)
class CountFiled:
    """Remembers `held`: how many messages the rules' folders hold afterwards."""

    plan: Mapping[str, Any]

    key = "count"
    label = "Faire le compte"

    def do(self, run: Run) -> Outcome:
        run.remember(self, held=_counts(run, self.plan))
        return Outcome.DONE

    def undo(self, run: Run) -> Outcome:
        return Outcome.UNDONE


def acts(plan: Mapping[str, Any]) -> Sequence[Act]:
    pieces = [ApplyPiece(plan, number) for number in range(plan["pieces"])]
    return [ListMessages(plan), *pieces, CountFiled(plan)]


def ready(run: Run) -> None:
    """The rules are there, and say what they said when the person chose them. Raises Stopped."""
    there = {rule.name: rule for rule in run.client.filters()}
    found = [there[name] for name in run.plan["rules"] if name in there]
    if fingerprint(found) != run.plan["seen"]:
        raise Stopped(CHANGED)


def verify(run: Run) -> list[str]:
    unknown = sum(run.recall(act).get("unknown", 0) for act in acts(run.plan))
    if not unknown:
        return []
    return [
        f"Zimbra n’a pas répondu pour {_plural(unknown, 'message')} : le portail ne sait pas si les règles y ont été "
        "appliquées, et ne les a pas appliquées une seconde fois. Vérifiez ceux qui sont encore dans le dossier."
    ]


def summary(plan: Mapping[str, Any], memory: Mapping[str, Mapping[str, Any]]) -> str:
    """How many messages the rules acted on, and what the folders gained meanwhile."""
    total = len(memory.get(LISTING, {}).get("ids", ()))
    affected = sum(memory.get(act.key, {}).get("affected", 0) for act in acts(plan))
    told = f"{_plural(affected, 'message a été rangé ou marqué', 'messages ont été rangés ou marqués')} sur {total}."
    before, after = memory.get(LISTING, {}).get("held", {}), memory.get("count", {}).get("held", {})
    gains = sorted(((after[path] - before.get(path, 0), path) for path in after), key=lambda one: (-one[0], one[1]))
    gains = [(gain, path) for gain, path in gains if gain > 0]
    if not gains:
        return told
    more = ", ".join(f"« {shown_path(path)} » : {gain} de plus" for gain, path in gains[:SHOWN_FOLDERS])
    others = len(gains) - SHOWN_FOLDERS
    rest = f", et {_plural(others, 'autre dossier', 'autres dossiers')}" if others > 0 else ""
    return f"{told} {more}{rest}."


def _counts(run: Run, plan: Mapping[str, Any]) -> dict[str, int]:
    """Messages in each folder that the rules file into."""
    wanted = set(plan["rules"])
    rules = [rule for rule in run.client.filters() if rule.name in wanted]
    paths = {
        action.folder.strip("/") for rule in rules for action in _actions(rule) if isinstance(action, FileInto)
    } - {plan["folder"]}
    root = run.client.folders()
    found = {path: root.find(path) for path in sorted(paths)}
    return {path: folder.count if folder else 0 for path, folder in found.items()}


def _actions(body: RuleBody) -> Iterator[object]:
    yield from body.actions
    if body.nested is not None:
        yield from _actions(body.nested)


def _plural(count: int, one: str, many: str = "") -> str:
    return f"{count} {one}" if count < 2 else f"{count} {many or one + 's'}"


def _moment(day: str) -> float | None:
    """Milliseconds since the epoch at which a day begins here."""
    if not day:
        return None
    return timezone.make_aware(datetime.combine(date.fromisoformat(day), time())).timestamp() * 1000


def _sent_at(attributes: Mapping[str, str]) -> float:
    try:
        return float(attributes.get("d", "0"))
    except ValueError:
        return 0.0


EXISTING_MAIL = Procedure(
    acts=acts, verify=verify, ready=ready, can_undo=False, done_title="Filtres appliqués", summary=summary
)
