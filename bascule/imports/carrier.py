"""What sending, recovery and verification need to know of a kind of item. One implementation for contacts, one for
appointments and tasks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bascule.conversions.model import Item
from zimbra.types import Folder, Outcome

# Reason codes of an item that was not added although nothing refused it.
SAME_PRESENT = "same_present"
OTHER_VERSION_PRESENT = "other_version_present"
TWICE_IN_FILE = "twice_in_file"


@dataclass(frozen=True, slots=True)
class Parcel:
    """An item on its way. uid: the one it travels under; zimbra_id: "" as long as none is known."""

    position: int
    item: Item = field(repr=False)
    uid: str = ""
    zimbra_id: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with an item, judged before anything is sent.

    reason: "" when it is to be sent, else why it is left out. sent_uid: "" unless the item has to travel under a UID
    other than its own.
    """

    reason: str = ""
    zimbra_id: str = ""
    sent_uid: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """name: French name of what differs; expected and found: as a person may read them, found "" when it is absent."""

    name: str
    expected: str = field(repr=False)
    found: str = field(repr=False)


class Carrier(Protocol):
    def survey(self, mailbox: Folder, *, is_new: bool) -> int:
        """See what the destination holds before the first item is sent. Gives the highest item id known then.

        mailbox: its folders as they were a moment ago; is_new: the destination was made after that, by us.
        """

    def judge(self, item: Item) -> Verdict:
        """After `survey`: what to do with `item`. Items are judged once each, in their order."""

    def send(self, parcels: Sequence[Parcel]) -> list[Outcome]:
        """One batch; one outcome each. Raises ZimbraError when nothing is known of any of them."""

    def find(self, parcels: Sequence[Parcel], known: set[str]) -> dict[int, str]:
        """Ids, by position, of parcels that the destination holds, under an id that is not in `known`."""

    def copies(self, parcels: Sequence[Parcel], known: set[str]) -> list[str]:
        """Ids, none of them in `known`, of what a late answer left: exact copies of `parcels`."""

    def compare(self, parcels: Iterable[Parcel]) -> Iterator[tuple[Parcel, list[Difference] | None]]:
        """With each parcel what differs between it and what Zimbra holds; None when Zimbra does not hold it."""
