"""Carrying the person's filters into Zimbra: folders, the two lists, the absence. See `planning` for the plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bascule.conversions.filters.folder_words import shown_path
from bascule.filters import absence as absences
from bascule.filters.merging import alike, same_list
from bascule.filters.planning import fingerprint
from bascule.filters.sent import WRITING
from bascule.filters.stored import rules_from_text, rules_to_text
from bascule.filters.taking_back import take_back
from bascule.replays.acts import Act, Outcome, Procedure
from bascule.replays.failures import CHANGED, NAME_TAKEN, Stopped
from bascule.replays.run import Run
from zimbra.errors import NotFound, Taken
from zimbra.types.filters import FilterRule
from zimbra.types.settings import OutOfOffice

_DIRECTIONS: Mapping[str, tuple[Literal["incoming", "outgoing"], str]] = {
    "incoming": ("incoming", "messages reçus"),
    "outgoing": ("outgoing", "messages envoyés"),
}


@dataclass(frozen=True, slots=True)
class CreateFolder:
    """Remembers `absent` before it creates, `id` after. Taken back only while nothing is in it."""

    path: str

    @property
    def key(self) -> str:
        return f"folder:{self.path.casefold()}"

    @property
    def label(self) -> str:
        return f"Créer le dossier « {shown_path(self.path)} »"

    def do(self, run: Run) -> Outcome:
        if not run.recall(self):
            try:
                run.client.folder_at(self.path)
            except NotFound:
                run.remember(self, absent=True)
            else:
                return Outcome.PRESENT
        try:
            made = run.client.create_folder_path(self.path, "message", existing_ok=True)
        except Taken as error:
            raise Stopped(
                NAME_TAKEN, f"Dossier « {self.path} » : renommez ce qui porte ce nom, puis réessayez."
            ) from error
        run.remember(self, id=made.id)
        return Outcome.DONE

    def undo(self, run: Run) -> Outcome:
        root, known = run.client.folders(), run.recall(self).get("id")
        # Without an id nobody saw the answer: it is the folder of this path, which was not there before.
        found = root.find_id(known) if known else root.find(self.path)
        if found is None:
            return Outcome.UNDONE
        if found.count or found.children:
            run.remember(self, detail="Il n’est pas vide : il reste.")
            return Outcome.LEFT
        run.client.delete_folder(found.id)
        return Outcome.UNDONE


@dataclass(frozen=True, slots=True)
class WriteRules:
    """Remembers `before`, the list as it was, before it writes, and `held`, the list as Zimbra shows it then."""

    direction: Literal["incoming", "outgoing"]
    seen: str
    after: tuple[FilterRule, ...]

    @property
    def key(self) -> str:
        return WRITING.format(self.direction)

    @property
    def label(self) -> str:
        many = len(self.after)
        rules = f"{many} règle{'s' if many > 1 else ''} en tout"
        return f"Écrire les filtres des {_DIRECTIONS[self.direction][1]} ({rules})"

    def do(self, run: Run) -> Outcome:
        current = run.client.filters(self.direction)
        memory = run.recall(self)
        if "before" not in memory:
            if same_list(current, self.after):
                run.remember(self, held=rules_to_text(current))
                return Outcome.PRESENT
            if fingerprint(current) != self.seen:
                raise Stopped(CHANGED)
            run.remember(self, before=rules_to_text(current))
            written = False
        else:
            written = self._is_written(current, rules_from_text(memory["before"]))
        if not written:
            run.client.replace_filters(self.after, self.direction)
            current = run.client.filters(self.direction)
        run.remember(self, held=rules_to_text(current))
        return Outcome.DONE

    def undo(self, run: Run) -> Outcome:
        memory = run.recall(self)
        if "before" not in memory:
            return Outcome.UNDONE
        before = rules_from_text(memory["before"])
        after = rules_from_text(memory["held"]) if "held" in memory else self.after
        now = run.client.filters(self.direction)
        taken = take_back(before, after, now)
        if not same_list(taken.rules, now):
            run.client.replace_filters(taken.rules, self.direction)
        if not taken.left:
            return Outcome.UNDONE
        names = ", ".join(f"« {name} »" for name in taken.left)
        run.remember(self, detail=f"Modifiées dans Zimbra depuis l’envoi, ces règles y restent : {names}.")
        return Outcome.LEFT

    def _is_written(self, current: Sequence[FilterRule], before: Sequence[FilterRule]) -> bool:
        """After an answer nobody saw: whether it was carried out. Raises Stopped when somebody else has written."""
        if same_list(current, self.after):
            return True
        if same_list(current, before):
            return False
        # Zimbra may write what is inside a rule in its own way.
        if [(one.name, one.active) for one in current] == [(one.name, one.active) for one in self.after]:
            return True
        raise Stopped(CHANGED)


@dataclass(frozen=True, slots=True)
class WriteAbsence:
    """Remembers `before`, the absence as it was."""

    after: OutOfOffice

    key = "absence"

    @property
    def label(self) -> str:
        return f"Enregistrer le message d’absence ({'allumé' if self.after.enabled else 'éteint'})"

    def do(self, run: Run) -> Outcome:
        if "before" not in run.recall(self):
            current = run.client.out_of_office()
            if current == self.after:
                return Outcome.PRESENT
            run.remember(self, before=absences.dumped(current))
        run.client.set_out_of_office(self.after)
        return Outcome.DONE

    def undo(self, run: Run) -> Outcome:
        memory = run.recall(self)
        now = run.client.out_of_office()
        if now != self.after:
            # Never written, taken back already, or changed since.
            before = absences.loaded(memory["before"])
            return Outcome.UNDONE if now == before else Outcome.LEFT
        run.client.set_out_of_office(absences.loaded(memory["before"]))
        return Outcome.UNDONE


def acts(plan: Mapping[str, Any]) -> Sequence[Act]:
    """Folders first, parents before what is in them; then the lists; the absence last."""
    found: list[Act] = [CreateFolder(path) for path in plan["folders"]]
    found += _writings(plan)
    if plan["absence"]:
        found.append(WriteAbsence(absences.loaded(plan["absence"]["after"])))
    return found


def ready(run: Run) -> None:
    """What the person was shown is still what Zimbra holds. Raises Stopped."""
    for one in _writings(run.plan):
        current = run.client.filters(one.direction)
        if fingerprint(current) != one.seen and not same_list(current, one.after):
            raise Stopped(CHANGED)
    absence = run.plan["absence"]
    if absence and run.client.out_of_office() != absences.loaded(absence["seen"]):
        raise Stopped(CHANGED)


def verify(run: Run) -> list[str]:
    """Everything read again."""
    paths = run.plan["folders"]
    root = run.client.folders() if paths else None
    missing = [path for path in paths if root is not None and root.find(path) is None]
    found = [f"Le dossier « {path} » n’est pas dans Zimbra." for path in missing]
    for one in _writings(run.plan):
        found += compared(one.after, run.client.filters(one.direction), _DIRECTIONS[one.direction][1])
    absence = run.plan["absence"]
    if absence and run.client.out_of_office() != absences.loaded(absence["after"]):
        found.append("Le message d’absence n’est pas celui que vous aviez confirmé.")
    return found


def compared(planned: Sequence[FilterRule], held: Sequence[FilterRule], what: str) -> list[str]:
    """What differs, rule by rule, in French. what: « messages reçus »."""
    there = {rule.name: rule for rule in held}
    names = {rule.name for rule in planned}
    found: list[str] = []
    for rule in planned:
        if rule.name not in there:
            found.append(f"Filtres des {what} : la règle « {rule.name} » n’est pas dans Zimbra.")
        elif rule.active != there[rule.name].active:
            state = "active" if there[rule.name].active else "inactive"
            found.append(f"Filtres des {what} : la règle « {rule.name} » est {state} dans Zimbra.")
        elif not alike(rule, there[rule.name]):
            found.append(f"Filtres des {what} : la règle « {rule.name} » ne dit pas la même chose dans Zimbra.")
    found += [
        f"Filtres des {what} : la règle « {rule.name} » est apparue dans Zimbra pendant l’envoi."
        for rule in held
        if rule.name not in names
    ]
    if not found and [rule.name for rule in held] != [rule.name for rule in planned]:
        found.append(f"Filtres des {what} : les règles ne sont pas dans l’ordre prévu.")
    return found


def _writings(plan: Mapping[str, Any]) -> list[WriteRules]:
    return [
        WriteRules(_DIRECTIONS[direction][0], part["seen"], rules_from_text(part["after"]))
        for direction, part in plan["directions"].items()
    ]


FILTERS = Procedure(acts=acts, verify=verify, ready=ready)
