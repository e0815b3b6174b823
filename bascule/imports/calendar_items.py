"""Appointments and tasks on their way to Zimbra.

A UID lives once per mailbox, in whatever folder, the Trash included: an item sent under a UID that is there already
would be merged with the one that is there, and move it. So an item whose UID stands in another folder travels under
another UID, always the same one for the same item and destination.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from bascule.conversions import calendars
from bascule.conversions.model import Item
from bascule.imports import calendar_facts
from bascule.imports.carrier import OTHER_VERSION_PRESENT, SAME_PRESENT, TWICE_IN_FILE, Difference, Parcel, Verdict
from bascule.imports.folders import TRASH_ID, view_of
from bascule.models import ReadCollection
from zimbra.client import ZimbraClient
from zimbra.errors import NotFound
from zimbra.types import CalItemSummary, Folder, Outcome

_CALENDAR_VIEWS = (view_of(ReadCollection.Kind.CALENDAR), view_of(ReadCollection.Kind.TASKS))

# Under how many UIDs an item is looked for in one mailbox.
_OTHER_UIDS = 20

_UID_LINE = re.compile(r"^UID(?:;[^:\r\n]*)?:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*", re.MULTILINE | re.IGNORECASE)


class CalendarCarrier:
    """See `carrier.Carrier`."""

    def __init__(self, client: ZimbraClient, folder_id: str, path: str = "") -> None:
        """path: where the folder was seen a moment ago; without it, it is looked for."""
        self._client, self._folder_id, self._seen_at = client, folder_id, path
        self._held: dict[str, CalItemSummary] = {}
        self._here: dict[str, list[calendar_facts.Component]] | None = None
        self._judged: set[str] = set()

    def survey(self, mailbox: Folder, *, is_new: bool) -> int:
        if _holds_no_calendar_item(mailbox):
            return 0
        self._held = {summary.uid: summary for summary in self._client.calendar_items()}
        return 0

    def judge(self, item: Item) -> Verdict:
        if item.uid in self._judged:
            return Verdict(TWICE_IN_FILE)
        self._judged.add(item.uid)
        for uid in self._uids(item):
            summary = self._held.get(uid)
            if summary is None:
                return Verdict(sent_uid="" if uid == item.uid else uid)
            if summary.folder_id == self._folder_id:
                reason = OTHER_VERSION_PRESENT if self._differences(item, uid) else SAME_PRESENT
                return Verdict(reason, zimbra_id=summary.id, sent_uid="" if uid == item.uid else uid)
        return Verdict(OTHER_VERSION_PRESENT)

    def _uids(self, item: Item) -> Iterator[str]:
        """The item's own UID, then the ones it may travel under to this destination."""
        yield item.uid
        for number in range(_OTHER_UIDS):
            yield str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self._folder_id}\n{number}\n{item.uid}"))

    def send(self, parcels: Sequence[Parcel]) -> list[Outcome]:
        texts = [calendars.wrap(with_uid(parcel.item, parcel.uid)) for parcel in parcels]
        return self._client.import_calendar_items(self._folder_id, texts)

    def find(self, parcels: Sequence[Parcel], known: set[str]) -> dict[int, str]:
        there = {
            summary.uid: summary.id
            for summary in self._client.calendar_items()
            if summary.folder_id == self._folder_id and summary.id not in known
        }
        return {parcel.position: there[parcel.uid] for parcel in parcels if parcel.uid in there}

    def copies(self, parcels: Sequence[Parcel], known: set[str]) -> list[str]:
        """A UID sent twice is one item; what a late answer leaves is an item that no row knows."""
        return list(self.find(parcels, known).values())

    def compare(self, parcels: Iterable[Parcel]) -> Iterator[tuple[Parcel, list[Difference] | None]]:
        self._here = None
        for parcel in parcels:
            yield parcel, self._differences(parcel.item, parcel.uid)

    def _differences(self, item: Item, uid: str) -> list[Difference] | None:
        """What `item` states and the item `uid` of the destination does not; None when there is no such item."""
        if self._here is None:
            self._here = self._exported()
        held = self._here.get(uid)
        if held is None:
            return None
        expected = list(calendar_facts.components(item.text.encode()))
        return calendar_facts.differences(expected, held) + calendar_facts.occurrence_differences(expected, held)

    def _exported(self) -> dict[str, list[calendar_facts.Component]]:
        if self._seen_at:
            try:
                return self._exported_from(self._seen_at)
            except NotFound:
                # Renamed meanwhile.
                self._seen_at = ""
        return self._exported_from(self._path())

    def _exported_from(self, path: str) -> dict[str, list[calendar_facts.Component]]:
        with self._client.export(path, "ics") as pieces:
            return calendar_facts.by_uid(b"".join(pieces))

    def _path(self) -> str:
        folder = next((one for one in self._client.folders().walk() if one.id == self._folder_id), None)
        return folder.path if folder else "/"


def _holds_no_calendar_item(mailbox: Folder) -> bool:
    """Whether no UID can be taken: nothing is in any calendar or task list, nor in the Trash and what lies in it.

    Only a server that is seen to count, by some other folder with something in it, is believed that these are empty.
    """
    own = [folder for folder in mailbox.walk() if not folder.is_mountpoint and not folder.is_search]
    trash = next((folder for folder in own if folder.id == TRASH_ID), None)
    could_hold = [folder for folder in own if folder.view in _CALENDAR_VIEWS]
    could_hold += [] if trash is None else trash.walk()
    return any(folder.count for folder in own) and not any(folder.count for folder in could_hold)


def with_uid(item: Item, uid: str) -> Item:
    """`item` under another UID, in all its components; the item itself when it has that UID already."""
    if uid == item.uid:
        return item
    return replace(item, uid=uid, text=_UID_LINE.sub(f"UID:{uid}", item.text))
