"""What the names in a query stand for: folders by path and id, behind links too, tags, dates of the reader."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from zimbra.simulator.call import Call
from zimbra.simulator.fault import SoapFault
from zimbra.simulator.formats.query import BadQuery, Clock
from zimbra.simulator.requests.places import at_path, behind, leads_out
from zimbra.simulator.store import folders, tags
from zimbra.simulator.store.folders import Folder
from zimbra.simulator.store.mailbox import Mailbox


def clock_of(call: Call) -> Clock:
    """What dates mean in this request: its own zone and language, or those of who asks."""
    me = call.me.account
    zone = call.request.find("tz")
    name = zone.attrs.get("id", "") if zone is not None else ""
    locale = call.request.get("locale") or me.first("zimbraPrefLocale") or me.first("zimbraLocale")
    try:
        found = ZoneInfo(name or me.first("zimbraPrefTimeZoneId") or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        found = ZoneInfo("UTC")
    return Clock(found, month_first=locale.lower().replace("-", "_") in ("", "en", "en_us"))


def _is_link(mailbox: Mailbox, number: int) -> bool:
    query = "SELECT 1 FROM folders WHERE mbox = ? AND id = ? AND kind = 'link'"
    return mailbox.db.execute(query, (mailbox.num, number)).fetchone() is not None


class Names:
    """How the names in a query are found in the caller's mailbox."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.boxes: dict[int, Mailbox] = {call.mailbox.num: call.mailbox}

    def _spread(self, mailbox: Mailbox, folder: Folder, below: bool) -> Iterator[tuple[int, int]]:
        """The folder; with `below` those under it, and what is behind the links among them."""
        self.boxes[mailbox.num] = mailbox
        if not below:
            yield mailbox.num, folder.id
            return
        tree = folders.everything(mailbox)
        for number in folders.subtree(tree, folder.id):
            if tree[number].kind == "link":
                try:
                    yield from self._spread(
                        *behind(self.call.unit, tree[number]), below and mailbox is self.call.mailbox
                    )
                except SoapFault:
                    continue
            else:
                yield mailbox.num, number

    def named(self, path: str, below: bool) -> Iterable[tuple[int, int]]:
        """mail.NO_SUCH_FOLDER in one's own mailbox; what is no more behind a link holds nothing, as in Zimbra."""
        own = self.call.mailbox
        try:
            found = at_path(self.call.unit, own, path)
        except SoapFault:
            if leads_out(own, path):
                return ()
            raise
        return self._spread(*found, below)

    def numbered(self, text: str, below: bool) -> Iterable[tuple[int, int]]:
        if not re.fullmatch(r"(?:[^:]{1,64}:)?\d{1,15}", text):
            raise BadQuery(f"not a folder id: {text[:60]}")
        own = self.call.mailbox
        try:
            mailbox, number = self.call.folder(text)
            folder = folders.get(mailbox, number)
        except SoapFault:
            if ":" in text or _is_link(own, int(text)):
                return ()
            raise
        return self._spread(mailbox, folder, below)

    def remote(self) -> Iterable[tuple[int, int]]:
        for link in [one for one in folders.everything(self.call.mailbox).values() if one.kind == "link"]:
            try:
                yield from self._spread(*behind(self.call.unit, link), True)
            except SoapFault:
                continue

    def tags(self, name: str) -> dict[int, int]:
        list(self.remote())
        found: dict[int, int] = {}
        for num, mailbox in self.boxes.items():
            tag = tags.by_name(mailbox, name)
            if tag is not None:
                found[num] = tag.id
        return found
