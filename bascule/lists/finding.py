"""What of a list stands in a mailbox: its folders, identity, signature and rules, found by what they do.

Names come second: somebody who followed the guide by hand called things otherwise.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

from lxml import etree, html

from bascule.lists.rules import INCOMING, OUTGOING, find_rule, target_of
from bascule.lists.wishes import ARCHIVES, BIN, SENT, SUBFOLDERS, ListSetup
from bascule.mailbox_look import SeenFolder, Snapshot
from zimbra.types import Identity, Signature
from zimbra.types.filters import FilterRule

# Zimbra's own folders have smaller numbers (Mailbox.FIRST_USER_ID).
_FIRST_OF_PERSON = 256

_OTHER_NAMES = {
    SENT: {"envoye", "envoyes", "sent", "messages envoyes", "elements envoyes"},
    ARCHIVES: {"archives", "archive"},
    BIN: {"corbeille", "poubelle", "trash"},
}


@dataclass(frozen=True, slots=True)
class Found:
    """What stands there; None, or no entry, for what does not."""

    folder: SeenFolder | None = None
    subfolders: dict[str, SeenFolder] = field(default_factory=dict)
    identity: Identity | None = None
    signature: Signature | None = None
    incoming: FilterRule | None = None
    outgoing: FilterRule | None = None


def find(setup: ListSetup, picture: Snapshot) -> Found:
    """Look for all elements of `setup` in `picture`."""
    incoming = find_rule(picture.incoming, setup, INCOMING)
    outgoing = find_rule(picture.outgoing, setup, OUTGOING)
    identity = _identity(setup, picture)
    folder = _folder(setup, picture, incoming, outgoing, identity)
    subfolders = {} if folder is None else _subfolders(picture, folder, outgoing)
    return Found(folder, subfolders, identity, _signature(setup, picture), incoming, outgoing)


def usable(folder: SeenFolder) -> bool:
    """Whether a list's mail can go there: a folder for mail, the person's own, neither Zimbra's nor thrown away."""
    return (
        folder.takes_mail
        and not folder.is_mountpoint
        and folder.id.isdigit()
        and int(folder.id) >= _FIRST_OF_PERSON
        and not folder.path.casefold().startswith("trash/")
    )


def same_text(one: Signature, setup: ListSetup) -> bool:
    """Whether a signature says what is wanted. Blanks, and markup that the server changed, make no difference."""
    if setup.signature_html:
        return _essence(one.html) == _essence(setup.signature_html)
    return not one.html and one.text.split() == setup.signature_text.split()


def _folder(
    setup: ListSetup,
    picture: Snapshot,
    incoming: FilterRule | None,
    outgoing: FilterRule | None,
    identity: Identity | None,
) -> SeenFolder | None:
    named = picture.folder(setup.folder_name)
    if named is not None:
        return named if usable(named) else None
    candidates = [one for one in picture.folders if usable(one)]
    paths = [target_of(incoming)] if incoming else []
    if outgoing and _plain(target_of(outgoing).rpartition("/")[2]) in _OTHER_NAMES[SENT]:
        paths.append(target_of(outgoing).rpartition("/")[0])
    by_path = {one.path.casefold(): one for one in candidates}
    for path in paths:
        if path.casefold() in by_path:
            return by_path[path.casefold()]
    # The nearest to the top comes first.
    candidates.sort(key=lambda one: one.path.count("/"))
    of_identity = set(identity.folder_ids) if identity and not identity.is_default else set()
    for one in candidates:
        if one.id in of_identity and not _is_usual(one):
            return one
    for one in candidates:
        if _last(one).casefold() in {setup.folder_name.casefold(), setup.address}:
            return one
    # A folder named without the domain may be for something else, unless it is laid out as the guide says.
    parents = {one.parent_id for one in candidates if _is_usual(one)}
    return next((one for one in candidates if _last(one).casefold() == setup.local_part and one.id in parents), None)


def _subfolders(picture: Snapshot, folder: SeenFolder, outgoing: FilterRule | None) -> dict[str, SeenFolder]:
    below = [one for one in picture.folders if one.parent_id == folder.id and usable(one)]
    found = {}
    for name in SUBFOLDERS:
        exact = [one for one in below if _last(one).casefold() == name.casefold()]
        like = [one for one in below if _plain(_last(one)) in _OTHER_NAMES[name]]
        if exact or like:
            found[name] = (exact or like)[0]
    if SENT not in found and outgoing is not None:
        target = target_of(outgoing).casefold()
        for one in below:
            if one.path.casefold() == target and one not in found.values():
                found[SENT] = one
    return found


def _identity(setup: ListSetup, picture: Snapshot) -> Identity | None:
    own = [one for one in picture.identities if not one.is_default]
    sending = [one for one in own if one.from_address.casefold() == setup.address]
    # Of several with the address, the one named after it.
    sending.sort(key=lambda one: one.name.casefold() != setup.address)
    named = [one for one in own if one.name.casefold() == setup.address]
    return next(iter(sending + named), None)


def _signature(setup: ListSetup, picture: Snapshot) -> Signature | None:
    if not setup.has_signature:
        return None
    named = [one for one in picture.signatures if one.name.casefold() == setup.address]
    # One that bears an address belongs to another list, and may be changed with it.
    equal = [one for one in picture.signatures if "@" not in one.name and same_text(one, setup)]
    return next(iter(named + equal), None)


def _is_usual(folder: SeenFolder) -> bool:
    """Whether it bears a name that sub-folders of lists have."""
    return any(_plain(_last(folder)) in names for names in _OTHER_NAMES.values())


def _last(folder: SeenFolder) -> str:
    return folder.path.rpartition("/")[2]


def _plain(name: str) -> str:
    """Without accents and capitals."""
    parted = unicodedata.normalize("NFD", name.casefold().strip())
    return "".join(letter for letter in parted if not unicodedata.combining(letter))


def _essence(markup: str) -> tuple[list[str], list[str]]:
    """What is read of a piece of HTML, and what it points at."""
    if not markup.strip():
        return [], []
    try:
        root = html.fragment_fromstring(markup, create_parent="div")
    except (etree.ParserError, ValueError):
        return markup.split(), []
    links = [value for one in root.iter() for name, value in one.items() if name in {"href", "src"}]
    return " ".join(str(text) for text in root.itertext()).split(), links
