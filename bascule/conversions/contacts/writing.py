"""`write`: files of clean cards for the import by hand, split where Zimbra would refuse more."""

from __future__ import annotations

from bascule.conversions.model import Collection, ItemKind

# zimbraFileUploadMaxSize is 10 MiB and zimbraContactMaxNumEntries 10,000 when nobody changed them.
MAX_BYTES = 8_000_000
MAX_ITEMS = 5_000


def write(
    collection: Collection, *, max_bytes: int = MAX_BYTES, max_items: int = MAX_ITEMS, with_groups: bool = True
) -> list[bytes]:
    """The cards of a collection as files of at most `max_bytes` and `max_items`, never cut inside a card.

    A card larger than `max_bytes` gets a file of its own. with_groups=False leaves the groups out: a vCard import makes
    an empty person of a group, `groups_csv` is for them.
    """
    files: list[bytes] = []
    current: list[bytes] = []
    size = 0
    for item in collection.items:
        if item.kind is ItemKind.GROUP and not with_groups:
            continue
        card = item.text.encode("utf-8")
        if current and (size + len(card) > max_bytes or len(current) >= max_items):
            files.append(b"".join(current))
            current, size = [], 0
        current.append(card)
        size += len(card)
    if current:
        files.append(b"".join(current))
    return files
