"""What a box holds in Zimbra: its folders and who was granted what on each. Looked at by a task, kept sealed on a row.

No message, contact or event is looked at, only folders. The names that Zimbra gives its own are told in French here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import sealing
from accounts.handing_out import hand_out_on_commit
from accounts.plain_text import plain
from boxes import zimbra_door
from boxes.models import Box, BoxLook
from zimbra.errors import AnswerLost, Garbled, NotFound, Unavailable, ZimbraError
from zimbra.types import Folder

# How long what was seen is shown without looking again, and how long a task may take before another is sent.
FRESH = timedelta(minutes=5)
PATIENCE = timedelta(seconds=30)

UNAVAILABLE = "unavailable"
NO_MAILBOX = "no_mailbox"

ROOT, INBOX, TRASH, JUNK, SENT, DRAFTS, CALENDAR = "1", "2", "3", "4", "5", "6", "10"

# What a box is shown of: a runaway tree must not become a page that never ends.
MOST_FOLDERS = 500

# Zimbra's own folders; requests, CalDAV and rules keep the English names.
_FRENCH = {
    "inbox": "Réception",
    "sent": "Envoyés",
    "drafts": "Brouillons",
    "junk": "Indésirables",
    "trash": "Corbeille",
    "contacts": "Contacts",
    "emailed contacts": "Personnes contactées par mail",
    "calendar": "Calendrier",
    "tasks": "Tâches",
    "briefcase": "Porte-documents",
    "notebook": "Bloc-notes",
    "chats": "Discussions",
}
_FIRST = ("inbox", "sent", "drafts", "calendar")
_KINDS = {
    "": "Dossier",
    "message": "Dossier de messages",
    "contact": "Carnet d’adresses",
    "appointment": "Calendrier",
    "task": "Liste de tâches",
    "document": "Dossier de documents",
}

_SENTENCES = {
    UNAVAILABLE: "Zimbra ne répond pas pour le moment.",
    NO_MAILBOX: "La boîte n’existe pas encore dans Zimbra : sa mise en place est en cours.",
}
_REFUSED = "Zimbra n’a pas laissé le portail regarder cette boîte. Signalez-le à l’assistance."


@dataclass(frozen=True, slots=True)
class SeenGrant:
    """As `zimbra.types.Grant`: kind of grantee, its id, its address ("" when it is gone), letters of rights."""

    kind: str
    grantee_id: str
    name: str
    rights: str


@dataclass(frozen=True, slots=True)
class SeenFolder:
    """A folder of the box. path starts with "/", in Zimbra's words; view and colours as in `zimbra.types.Folder`.

    count: items in it. grants: its own ones, without what it inherits; inherits: whether it does.
    """

    id: str
    path: str
    view: str
    colour: int = 0
    rgb: str = ""
    count: int = 0
    inherits: bool = True
    grants: tuple[SeenGrant, ...] = ()

    @property
    def name(self) -> str:
        """In French, with the folders above it."""
        return french_path(self.path)

    @property
    def kind(self) -> str:
        return _KINDS.get(self.view, _KINDS[""])

    @property
    def depth(self) -> int:
        """0 for a folder directly in the box."""
        return max(self.path.count("/") - 1, 0)


@dataclass(frozen=True, slots=True)
class Picture:
    """One look: every folder of the box but its root, those above before those below.

    grants: those on the root, which hold wherever a folder inherits. is_cut: there are more folders than these.
    """

    zimbra_id: str = ""
    folders: tuple[SeenFolder, ...] = ()
    grants: tuple[SeenGrant, ...] = ()
    is_cut: bool = False

    def folder(self, folder_id: str) -> SeenFolder | None:
        return next((one for one in self.folders if one.id == folder_id), None)

    @property
    def calendars(self) -> tuple[SeenFolder, ...]:
        """Zimbra's own one first, then by name, without what was thrown away."""
        return _sorted(one for one in self.folders if one.view == "appointment" and not is_thrown_away(one.path))

    @property
    def mail_folders(self) -> tuple[SeenFolder, ...]:
        """Those messages lie in, as a mail program shows them, without what was thrown away."""
        return _sorted(one for one in self.folders if one.view in {"", "message"} and not is_thrown_away(one.path))


def french_path(path: str) -> str:
    """A path of Zimbra's as people read it: "/Inbox/Bourses" gives "Réception/Bourses".

    Only the first part may be a folder of Zimbra's own; the rest are names that people gave.
    """
    first, slash, rest = path.strip("/").partition("/")
    return _FRENCH.get(first.casefold(), first) + slash + rest


def is_thrown_away(path: str) -> bool:
    """Whether the folder lies in the Trash or in Junk, or is one of them."""
    return path.strip("/").partition("/")[0].casefold() in {"trash", "junk"}


def _sorted(folders: Iterable[SeenFolder]) -> tuple[SeenFolder, ...]:
    """Zimbra's own folders that people use first, each with those below it; the others by name."""

    def place(folder: SeenFolder) -> tuple[int, list[str]]:
        first = folder.path.strip("/").partition("/")[0].casefold()
        rank = _FIRST.index(first) if first in _FIRST else len(_FIRST)
        return rank, [plain(part) for part in folder.name.split("/")]

    return tuple(sorted(folders, key=place))


def look_for(box: Box, *, anew: bool = False) -> BoxLook:
    """The latest look at `box`; a new one is asked for when it is missing, old, or `anew`. Never waits.

    While it is under way `looked_at` is None, and `seen` gives the picture of the look before.
    """
    now = timezone.now()
    with transaction.atomic():
        row, made = BoxLook.objects.select_for_update().get_or_create(box=box, defaults={"asked_at": now})
        under_way = not made and row.looked_at is None and row.asked_at > now - PATIENCE
        is_old = row.looked_at is None or row.looked_at < now - FRESH
        if made or (not under_way and (anew or is_old)):
            from boxes.tasks import look_at_box

            row.asked_at, row.looked_at, row.error_code = now, None, ""
            row.save(update_fields=["asked_at", "looked_at", "error_code"])
            hand_out_on_commit(look_at_box, box.pk)
    return row


def latest(box: Box) -> BoxLook | None:
    """What was seen last, without asking for another look."""
    return BoxLook.objects.filter(box=box).first()


def is_waiting(row: BoxLook) -> bool:
    """Whether a look is under way, and somebody may still be at it."""
    return row.looked_at is None and row.asked_at > timezone.now() - PATIENCE


def trouble(row: BoxLook) -> str:
    """French; "" when the latest look went well or is under way."""
    return _SENTENCES.get(row.error_code, _REFUSED) if row.error_code else ""


def seen(row: BoxLook | None) -> Picture | None:
    """The picture of the latest look that succeeded; None when there is none, or it can no longer be opened."""
    if row is None or not row.snapshot:
        return None
    try:
        return _loaded(sealing.unseal_json(bytes(row.snapshot)))
    except (sealing.CannotOpen, KeyError, TypeError):
        return None


def look(box_id: int) -> None:
    """Called by a task. Running twice is harmless. What was asked for before something changed is thrown away."""
    row = BoxLook.objects.select_related("box").filter(box_id=box_id).first()
    if row is None:
        return
    found: dict[str, object]
    try:
        with zimbra_door.opened() as door:
            picture = _picture(row.box.zimbra_id, door.mailbox(row.box.address).folders(names=True))
        found = {"snapshot": sealing.seal_json(asdict(picture)), "error_code": ""}
    except (Unavailable, AnswerLost, Garbled):
        found = {"error_code": UNAVAILABLE}
    except NotFound:
        found = {"error_code": NO_MAILBOX}
    except ZimbraError as error:
        found = {"error_code": error.code[:100]}
    BoxLook.objects.filter(pk=row.pk, asked_at=row.asked_at).update(looked_at=timezone.now(), **found)


def _picture(zimbra_id: str, root: Folder) -> Picture:
    below = list(_own(root))
    return Picture(
        zimbra_id=zimbra_id,
        folders=tuple(
            SeenFolder(one.id, one.path, one.view, one.colour, one.rgb, one.count, one.inherits, tuple(_grants(one)))
            for one in below[:MOST_FOLDERS]
        ),
        grants=tuple(_grants(root)),
        is_cut=len(below) > MOST_FOLDERS,
    )


def _own(root: Folder) -> Iterator[Folder]:
    """Without saved searches, and without what the box itself has mounted: that is not the box's to give."""
    for child in root.children:
        if not child.is_search and not child.is_mountpoint:
            yield child
            yield from _own(child)


def _grants(folder: Folder) -> Iterator[SeenGrant]:
    for one in folder.grants or ():
        yield SeenGrant(one.kind, one.grantee_id, one.name, one.rights)


def _loaded(stored: dict[str, Any]) -> Picture:
    return Picture(
        zimbra_id=stored["zimbra_id"],
        folders=tuple(
            SeenFolder(**{**one, "grants": tuple(SeenGrant(**grant) for grant in one["grants"])})
            for one in stored["folders"]
        ),
        grants=tuple(SeenGrant(**one) for one in stored["grants"]),
        is_cut=stored["is_cut"],
    )
