"""The folders that rules file into, beside those of the mailbox: which are missing, and which can't be filed into."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from bascule.conversions.filters.folder_words import shown_path
from bascule.mailbox_look import SeenFolder, Snapshot
from zimbra.types.elements import Other
from zimbra.types.filter_actions import Action, FileInto, Keep
from zimbra.types.filters import FilterRule, RuleBody
from zimbra.verbs.folders import clean_folder_path

# What lies below these is deleted after some weeks.
_PASSING = ("trash", "junk")


class Place(StrEnum):
    """THERE: nothing to be said. SHARED: mounted from somebody else's mailbox. MISSING: can be created. The others
    cannot be filed into and cannot be made so from here."""

    THERE = "there"
    SHARED = "shared"
    IN_TRASH = "in_trash"
    MISSING = "missing"
    OTHER_KIND = "other_kind"
    BELOW_SHARED = "below_shared"
    BELOW_TRASH = "below_trash"
    BAD_NAME = "bad_name"


USABLE = frozenset({Place.THERE, Place.SHARED, Place.IN_TRASH})

_NOTES = {
    Place.SHARED: "C’est un dossier qu’on partage avec vous : il faut y avoir le droit d’écrire.",
    Place.IN_TRASH: "Ce dossier est dans la corbeille ou dans les indésirables : Zimbra efface ce qui y reste trop "
    "longtemps.",
    Place.OTHER_KIND: "Zimbra a déjà quelque chose de ce nom (calendrier, contacts, porte-documents…), où les messages "
    "ne peuvent pas être rangés. Changez le dossier dans la règle.",
    Place.BELOW_SHARED: "Il serait dans un dossier qu’on partage avec vous : son propriétaire doit le créer.",
    Place.BELOW_TRASH: "Il serait dans la corbeille ou dans les indésirables, que Zimbra vide : changez le dossier "
    "dans la règle.",
    Place.BAD_NAME: "Zimbra n’accepte pas ce nom de dossier : changez-le dans la règle.",
}


@dataclass(frozen=True, slots=True)
class Needed:
    """A folder that rules name. key: for forms. rules: names of those that file into it. note: French, may be ""."""

    path: str
    place: Place
    rules: tuple[str, ...]
    create: bool = False

    @property
    def key(self) -> str:
        return key_of(self.path.casefold())

    @property
    def shown(self) -> str:
        return shown_path(self.path)

    @property
    def note(self) -> str:
        return _NOTES.get(self.place, "")

    @property
    def is_used(self) -> bool:
        return self.create or self.place in USABLE


def key_of(text: str) -> str:
    """A short stand-in for a name, which may not stand in a form as it is."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def folders_needed(rules: Iterable[FilterRule], picture: Snapshot, left: frozenset[str] = frozenset()) -> list[Needed]:
    """In the order of first use, each once whatever its capitals. left: keys of those that are not to be created."""
    named: dict[str, tuple[str, list[str]]] = {}
    for rule in rules:
        for path in paths_of(rule):
            _, names = named.setdefault(path.casefold(), (path, []))
            if rule.name not in names:
                names.append(rule.name)
    found = [Needed(path, _place(path, picture), tuple(names)) for path, names in named.values()]
    return [replace(one, create=one.place == Place.MISSING and one.key not in left) for one in found]


def to_create(needed: Iterable[Needed], picture: Snapshot) -> list[str]:
    """Paths of all folders to make, those above them included, parents first."""
    paths: dict[str, str] = {}
    for one in needed:
        parts = one.path.split("/") if one.create else []
        for depth in range(1, len(parts) + 1):
            path = "/".join(parts[:depth])
            if picture.folder(path) is None:
                paths.setdefault(path.casefold(), path)
    return sorted(paths.values(), key=lambda path: (path.count("/"), path.casefold()))


def without_folders(rule: FilterRule, unused: frozenset[str]) -> FilterRule:
    """The rule with Keep where it would file into one of `unused` (paths, casefolded).

    It stays active, so that its `stop` still keeps later rules from the message, and the message stays where it came.
    """

    def mended(action: Action | Other) -> Action | Other:
        return Keep() if isinstance(action, FileInto) and path_of(action).casefold() in unused else action

    return _mapped(rule, mended)


def path_of(action: FileInto) -> str:
    return action.folder.strip("/")


def _mapped(rule: FilterRule, change: Callable[[Action | Other], Action | Other]) -> FilterRule:
    def body(one: RuleBody) -> RuleBody:
        actions = tuple(dict.fromkeys(change(action) for action in one.actions))
        return replace(one, actions=actions, nested=None if one.nested is None else body(one.nested))

    changed = body(rule)
    return changed if isinstance(changed, FilterRule) else rule


def paths_of(body: RuleBody) -> Iterator[str]:
    """Of the folders that a rule files into, without leading slashes."""
    yield from (path_of(one) for one in body.actions if isinstance(one, FileInto) and path_of(one))
    if body.nested is not None:
        yield from paths_of(body.nested)


def _place(path: str, picture: Snapshot) -> Place:
    first = path.split("/")[0].casefold()
    above = _nearest(path, picture)
    whole = above is not None and above.path.casefold() == path.casefold()
    if above is not None and not above.takes_mail:
        return Place.OTHER_KIND
    if whole and above is not None:
        if above.is_mountpoint:
            return Place.SHARED
        return Place.IN_TRASH if first in _PASSING and "/" in path else Place.THERE
    if above is not None and above.is_mountpoint:
        return Place.BELOW_SHARED
    if first in _PASSING:
        return Place.BELOW_TRASH
    return Place.MISSING if clean_folder_path(path).strip("/") == path else Place.BAD_NAME


def _nearest(path: str, picture: Snapshot) -> SeenFolder | None:
    """The folder itself, or the lowest one above it that is there."""
    parts = path.split("/")
    for depth in range(len(parts), 0, -1):
        if (found := picture.folder("/".join(parts[:depth]))) is not None:
            return found
    return None
