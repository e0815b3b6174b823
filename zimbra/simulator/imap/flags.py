"""IMAP's flags and keywords and what they are in Zimbra: letters of an item, and its tags.

A tag is a keyword by its own name; what a keyword cannot hold (spaces, accents) is put differently, see `keyword`.
"""

from __future__ import annotations

import re

from zimbra.simulator.fault import SoapFault
from zimbra.simulator.imap.grammar import to_utf7
from zimbra.simulator.store import tags
from zimbra.simulator.store.mailbox import Mailbox

# The letter that means the flag; \Seen is the absence of "u".
LETTERS = {
    "\\answered": "r", "\\flagged": "f", "\\deleted": "x", "\\draft": "d", "$forwarded": "w", "$mdnsent": "n",
}  # fmt: skip
_SHOWN = (
    ("r", b"\\Answered"), ("f", b"\\Flagged"), ("x", b"\\Deleted"), ("d", b"\\Draft"), ("w", b"$Forwarded"),
    ("n", b"$MDNSent"),
)  # fmt: skip
SYSTEM = b"\\Answered \\Deleted \\Draft \\Flagged \\Seen $Forwarded $MDNSent"
# What programs say about spam on the side: taken, and not kept as tags that people would see.
_IGNORED = frozenset({"junk", "$junk", "nonjunk", "notjunk", "$notjunk", "\\recent"})


def keyword(name: str) -> str:
    """How a tag's name is spelt as a keyword: spaces as "_", accents in UTF-7, what IMAP cannot take left out."""
    return re.sub(r'[(){%*"\\\]\x00-\x20\x7f]', "", to_utf7(name.replace(" ", "_")).decode()) or "tag"


def keywords(mailbox: Mailbox) -> dict[int, bytes]:
    """The keyword of each of the mailbox's tags."""
    found: dict[int, bytes] = {}
    taken: set[str] = set(LETTERS)
    for tag in tags.everything(mailbox):
        name = keyword(tag.name)
        if name.lower() in taken:
            name = f"{name}-{tag.id}"
        taken.add(name.lower())
        found[tag.id] = name.encode()
    return found


def show(letters: str, tag_ids: str, names: dict[int, bytes], *, recent: bool) -> bytes:
    """The flags of a message in parentheses. `tag_ids`: as items keep them, between commas."""
    shown = [flag for letter, flag in _SHOWN if letter in letters]
    if "u" not in letters:
        shown.append(b"\\Seen")
    if recent:
        shown.append(b"\\Recent")
    if tag_ids:
        shown += [names[int(one)] for one in tag_ids.split(",") if one.isdecimal() and int(one) in names]
    return b"(" + b" ".join(shown) + b")"


class Change:
    """Flags to set, add or take away, worked out once for all messages of a STORE or for an APPEND."""

    def __init__(self, mailbox: Mailbox, given: list[str], *, may_create: bool) -> None:
        """A keyword nobody has used yet becomes a tag when `may_create`."""
        self.letters = ""
        self.seen = False
        self.tags: list[str] = []
        by_name: dict[str, int] | None = None
        for flag in given:
            name = flag.lower()
            if name == "\\seen":
                self.seen = True
            elif name in LETTERS:
                self.letters += LETTERS[name]
            elif name not in _IGNORED and not name.startswith("\\"):
                if by_name is None:
                    by_name = {value.decode().lower(): tag for tag, value in keywords(mailbox).items()}
                tag_id = by_name.get(name)
                if tag_id is None and may_create:
                    tag_id = by_name[name] = _create(mailbox, flag)
                if tag_id:
                    self.tags.append(str(tag_id))

    def apply(self, letters: str, tag_ids: str, how: str) -> tuple[str, str]:
        """New letters and tags of a message. `how`: "" sets, "+" adds, "-" takes away."""
        own = [one for one in tag_ids.split(",") if one]
        if how == "-":
            kept = "".join(letter for letter in letters if letter not in self.letters)
            if self.seen and "u" not in kept:
                kept += "u"
            return kept, ",".join(one for one in own if one not in self.tags)
        if how == "":
            letters = "".join(letter for letter in letters if letter not in LETTERS.values())
            letters = letters.replace("u", "") + ("" if self.seen else "u")
            own = []
        elif self.seen:
            letters = letters.replace("u", "")
        letters += "".join(letter for letter in dict.fromkeys(self.letters) if letter not in letters)
        return letters, ",".join([*own, *(one for one in dict.fromkeys(self.tags) if one not in own)])


def _create(mailbox: Mailbox, name: str) -> int:
    """The new tag; 0 when Zimbra does not take the name."""
    try:
        return tags.create(mailbox, name, None, None).id
    except SoapFault:
        return 0
