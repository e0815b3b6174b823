"""What the portal keeps of people's settings and files, sealed in the database: does it open, and will Zimbra take it?

Sealed contents are opened and looked at here; only counts and lengths leave.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from accounts.sealing import CannotOpen, unseal
from bascule.filters import contents as rule_contents
from bascule.models import CapturedRule, ReadChunk, SavedSignature
from bascule.rehearsals.finding import Finding
from bascule.signatures import contents as signature_contents
from zimbra.types import Limits

# Folders of every mailbox that hold no mail, in small letters: no filter files a message there.
NOT_FOR_MAIL = frozenset({"contacts", "emailed contacts", "calendar", "tasks", "briefcase", "notebook", "chats"})


def check(numbers: Sequence[int]) -> Iterator[Finding]:
    """What is wrong about what is kept of the agents of these numbers."""
    closed: Counter[int] = Counter()
    yield from _of_rules(numbers, closed)
    yield from _of_signatures(numbers, closed)
    chunks = ReadChunk.objects.filter(collection__deposit__agent__in=numbers, start=0)
    for agent_id, items in chunks.values_list("collection__deposit__agent", "items").iterator(chunk_size=20):
        try:
            unseal(bytes(items))
        except CannotOpen:
            closed[agent_id] += 1
    for agent_id, count in closed.items():
        yield Finding("kept_sealed", agent_id=agent_id, values={"count": count})


def _of_rules(numbers: Sequence[int], closed: Counter[int]) -> Iterator[Finding]:
    nowhere: Counter[int] = Counter()
    rows = CapturedRule.objects.filter(agent__in=numbers).only("agent_id", "contents", "direction")
    for row in rows.iterator(chunk_size=100):
        try:
            contents = rule_contents.contents_of(row)
        except CannotOpen:
            contents = None
        if contents is None:
            closed[row.agent_id] += 1
            continue
        tops = {folder.strip("/").partition("/")[0].casefold() for folder in contents.folders}
        nowhere[row.agent_id] += bool(tops & NOT_FOR_MAIL)
    for agent_id, count in nowhere.items():
        if count:
            yield Finding("rules_folder", agent_id=agent_id, values={"count": count})


def _of_signatures(numbers: Sequence[int], closed: Counter[int]) -> Iterator[Finding]:
    longest = Limits().signature_length
    for row in SavedSignature.objects.filter(agent__in=numbers).only("agent_id", "contents").iterator(chunk_size=50):
        try:
            contents = signature_contents.contents_of(row)
        except CannotOpen:
            closed[row.agent_id] += 1
            continue
        about = f"signature {row.pk}"
        if contents.length > longest:
            values = {"length": contents.length, "longest": longest}
            yield Finding("signature_long", agent_id=row.agent_id, about=about, values=values)
        if contents.undecided:
            values = {"count": len(contents.undecided)}
            yield Finding("signature_pictures", agent_id=row.agent_id, about=about, values=values)
