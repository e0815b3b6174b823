"""Names of folders as servers write them: hierarchy, modified UTF-7, prefixes, and which folder has which role."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass

from imapclient import imap_utf7

from accounts import sealing

INBOX = "INBOX"

# RFC 6154.
_ROLES_BY_FLAG = {
    "\\sent": "sent",
    "\\drafts": "drafts",
    "\\trash": "trash",
    "\\junk": "junk",
    "\\archive": "archive",
}
# Collections of messages that stand elsewhere too.
VIRTUAL_FLAGS = frozenset({"\\all", "\\flagged", "\\important"})

# As servers and programs call them, in French and English: squeezed (see `squeezed`), by role, the usual ones first.
_ROLES_BY_NAME = {
    "sent": (
        "sent", "envoyes", "envoye", "elementsenvoyes", "messagesenvoyes", "sentmessages", "sentitems", "sentmail",
        "courrierenvoye", "boitedenvoi", "objetsenvoyes",
    ),
    "drafts": ("drafts", "brouillons", "brouillon", "draft"),
    "trash": (
        "trash", "corbeille", "elementssupprimes", "messagessupprimes", "deleteditems", "deletedmessages", "poubelle",
        "deleted",
    ),
    "junk": (
        "junk", "spam", "indesirables", "indesirable", "courrierindesirable", "pourriel", "pourriels", "junkemail",
        "junkmail", "messagesindesirables", "bulkmail",
    ),
    "archive": ("archive", "archives"),
}  # fmt: skip
_ROLE_OF_NAME = {name: role for role, names in _ROLES_BY_NAME.items() for name in names}

LABELS = {
    "inbox": "Boîte de réception",
    "sent": "Envoyés",
    "drafts": "Brouillons",
    "trash": "Corbeille",
    "junk": "Indésirables",
    "archive": "Archives",
}


@dataclass(frozen=True, slots=True)
class Name:
    """wire: what the server has to be told, its bytes as latin-1; path: what a person reads, from the root."""

    wire: str
    path: tuple[str, ...]

    @property
    def shown(self) -> str:
        if self.path == (INBOX,):
            return LABELS["inbox"]
        return " / ".join(self.path)

    def sealed(self) -> bytes:
        return sealing.seal(json.dumps([self.wire, *self.path], ensure_ascii=False).encode())


def unsealed(sealed: bytes) -> Name:
    """Reverse of `Name.sealed`. Raises sealing.CannotOpen."""
    wire, *path = json.loads(sealing.unseal(sealed))
    return Name(wire, tuple(path))


def decoded(wire: bytes) -> str:
    """Modified UTF-7 (RFC 3501, 5.1.3) as text; what servers write in plain UTF-8 or Latin-1 against the rule too.

    NFC, without control characters (a NUL would stop PostgreSQL).
    """
    try:
        wire.decode("ascii")
        text = imap_utf7.decode(wire)
    except (UnicodeDecodeError, ValueError):
        try:
            text = wire.decode("utf-8")
        except UnicodeDecodeError:
            text = wire.decode("latin-1")
    # Half a surrogate pair, as a broken name may hold, cannot be stored.
    text = text.encode("utf-8", "replace").decode("utf-8")
    return unicodedata.normalize("NFC", re.sub(r"[\x00-\x1f\x7f]", "", text))


def named(wire: bytes, delimiter: str, prefix: str = "") -> Name:
    """delimiter: between levels, "" on a server without; prefix: of the person's own folders, such as `INBOX.`."""
    text = decoded(wire)
    if prefix and text.startswith(prefix) and len(text) > len(prefix):
        text = text[len(prefix) :]
    parts = [part for part in (text.split(delimiter) if delimiter else [text]) if part] or [text]
    if parts[0].upper() == INBOX:
        parts[0] = INBOX
    return Name(wire.decode("latin-1"), tuple(parts))


def squeezed(text: str) -> str:
    """Without accents, case and whatever is no letter or digit: "Éléments envoyés" is "elementsenvoyes"."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in plain if char.isalnum())


def squeezed_path(path: tuple[str, ...]) -> str:
    """A path by which two servers with different rules for names agree; below INBOX or beside it is the same."""
    parts = path[1:] if len(path) > 1 and path[0] == INBOX else path
    return "/".join(squeezed(part) or part for part in parts)


def role_by_flags(flags: tuple[str, ...]) -> str:
    """What the server itself says; "" when nothing."""
    return next((role for flag in flags if (role := _ROLES_BY_FLAG.get(flag.lower()))), "")


def role_by_name(path: tuple[str, ...]) -> str:
    """By the usual names, of folders at the root or right below INBOX; "" for all others."""
    if path == (INBOX,):
        return "inbox"
    parts = path[1:] if len(path) > 1 and path[0] == INBOX else path
    return _ROLE_OF_NAME.get(squeezed(parts[0]), "") if len(parts) == 1 else ""


def roles(folders: list[tuple[Name, tuple[str, ...]]]) -> list[str]:
    """The role of each (name, flags): one folder a role, what the server says before what names say."""
    found = [""] * len(folders)
    taken: set[str] = set()
    for number, (name, flags) in enumerate(folders):
        role = "inbox" if name.path == (INBOX,) else role_by_flags(flags)
        if role and role not in taken:
            found[number] = role
            taken.add(role)
    by_name = [
        (list(_ROLE_OF_NAME).index(squeezed(name.path[-1])), number, role)
        for number, (name, _) in enumerate(folders)
        if not found[number] and (role := role_by_name(name.path)) and role != "inbox"
    ]
    for _, number, role in sorted(by_name):
        if role not in taken:
            found[number] = role
            taken.add(role)
    return found
