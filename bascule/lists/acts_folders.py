"""The folder of a list and those below it."""

from __future__ import annotations

from dataclasses import dataclass

from bascule.lists.acting import AFTER, BEFORE, MADE, MAKING, ListAct
from bascule.lists.elements import FOLDER, SUBFOLDER_KEYS
from bascule.lists.finding import Found
from bascule.lists.rules import INCOMING, OUTGOING, target_of
from bascule.mailbox_look import SeenFolder, folders_seen
from bascule.replays.acts import Outcome
from bascule.replays.failures import CHANGED, NAME_TAKEN, Stopped
from bascule.replays.run import Run
from zimbra.errors import Taken
from zimbra.types.filters import FilterRule

_ROOT = "1"


@dataclass(frozen=True, slots=True)
class FolderAct(ListAct):
    """The list's own folder, or one of its sub-folders."""

    def do(self, run: Run) -> Outcome:
        _, found = self.look(run)
        there = self._of(found)
        if there is None:
            self._create(run, found)
            return Outcome.DONE
        if MADE not in run.recall(self) and there.path == run.recall(self).get(MAKING):
            # The answer was lost, or nobody was left to note it.
            run.remember(self, **{MADE: there.id})
            return Outcome.DONE
        return self._colour(run, there) if self.key == FOLDER else self.present(run)

    def undo(self, run: Run) -> Outcome:
        memory = run.recall(self)
        folders = folders_seen(run.client.folders())
        if memory.get(MAKING):
            path = memory[MAKING].casefold()
            there = next((one for one in folders if _is(one, memory.get(MADE), path)), None)
            if there is None:
                return Outcome.UNDONE
            if there.path.casefold() != path:
                return self.left(run, "Renommé ou déplacé depuis dans Zimbra.")
            if there.count or any(one.parent_id == there.id for one in folders):
                return self.left(run, "Il n’est pas vide : il est gardé, avec ce qu’il contient.")
            # Zimbra switches rules off whose folder is deleted.
            if any(target_of(rule).casefold() == path for rule in _rules(run)):
                return self.left(run, "Une de vos règles y range des messages : il est gardé.")
            run.client.delete_folder(there.id)
        elif BEFORE in memory:
            there = next((one for one in folders if one.id == memory[BEFORE]["id"]), None)
            if there is not None and _colour(there) == memory[AFTER]:
                run.client.colour_folder(there.id, memory[BEFORE]["colour"])
            elif there is not None and _colour(there) != memory[BEFORE]["colour"]:
                return self.left(run)
        return Outcome.UNDONE

    def _of(self, found: Found) -> SeenFolder | None:
        return found.folder if self.key == FOLDER else found.subfolders.get(SUBFOLDER_KEYS[self.key])

    def _create(self, run: Run, found: Found) -> None:
        setup = self.plan.setup
        if self.key == FOLDER:
            name, parent, path = setup.folder_name, _ROOT, setup.folder_name
        elif found.folder is None:
            raise Stopped(CHANGED, "Le dossier de la liste a disparu.")
        else:
            name, parent = SUBFOLDER_KEYS[self.key], found.folder.id
            path = f"{found.folder.path}/{name}"
        try:
            with self.making(run, path):
                made = run.client.create_folder(name, parent, "message", colour=setup.colour or None)
        except Taken as error:
            raise Stopped(NAME_TAKEN, f"Il s’agit du dossier « {path} ».") from error
        run.remember(self, **{MADE: made.id})

    def _colour(self, run: Run, there: SeenFolder) -> Outcome:
        wanted = self.plan.setup.colour
        if not wanted or _colour(there) == wanted:
            return self.present(run)
        if _colour(there) and "colour" not in self.plan.agreed.get(FOLDER, ()):
            return self.present(run, kept=True)
        self.remember_before(run, {"id": there.id, "colour": _colour(there)})
        run.remember(self, **{AFTER: wanted})
        run.client.colour_folder(there.id, wanted)
        return Outcome.DONE


def _rules(run: Run) -> tuple[FilterRule, ...]:
    return (*run.client.filters(INCOMING), *run.client.filters(OUTGOING))


def _is(one: SeenFolder, made: str | None, path: str) -> bool:
    """Whether this is the folder that was made; by its path when its number was never learnt."""
    return one.id == made if made else one.path.casefold() == path


def _colour(folder: SeenFolder) -> int | str:
    return folder.rgb or folder.colour
