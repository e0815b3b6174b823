"""One go at one box: the claim on it, the way to Zimbra, and mailboxes that stay open from one person to the next."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from accounts import claims
from boxes.models import Box
from boxes.zimbra_door import Door
from zimbra.client import ZimbraClient
from zimbra.errors import ZimbraError
from zimbra.types import Folder, Identity

# Persons one after the other whose mailbox does not answer: then it is the service that does not.
MOST_SILENT = 3

# Mailboxes of members kept signed in at a time.
OPEN_MAILBOXES = 64


class Run:
    """What every part of the synchronisation is handed. `box` is as it was when the go began."""

    def __init__(self, claim: claims.Claim, door: Door) -> None:
        self.claim, self.door = claim, door
        self.box = Box.objects.get(pk=claim.pk)
        self._mailboxes: OrderedDict[str, ZimbraClient] = OrderedDict()
        self._identities: dict[str, list[Identity]] = {}
        # What has to be waited for once everybody else was served: somebody's mailbox did not answer.
        self.silent: ZimbraError | None = None
        self._silent_in_a_row = 0

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction in which this worker still holds the box. Raises ClaimLost, and nothing is written."""
        with self.claim.writing():
            yield

    def mailbox(self, address: str) -> ZimbraClient:
        """A client that acts for `address`, kept for the next part. Raises any ZimbraError; NotFound: no mailbox (that
        may be told by the first request only, see `Door.mailbox`)."""
        client = self._mailboxes.get(address)
        if client is None:
            client = self._mailboxes[address] = self.door.mailbox(address)
            if len(self._mailboxes) > OPEN_MAILBOXES:
                self._mailboxes.popitem(last=False)
        self._mailboxes.move_to_end(address)
        return client

    def own(self) -> ZimbraClient:
        """A client that acts for the box itself."""
        return self.mailbox(self.box.address)

    def answered(self) -> None:
        """Somebody's mailbox answered: the service is there."""
        self._silent_in_a_row = 0

    def unanswered(self, error: ZimbraError) -> None:
        """Somebody's mailbox did not answer: that person is tried again once everybody else was served.

        Raises `error` when it was so with several in a row.
        """
        self.silent = error
        self._silent_in_a_row += 1
        if self._silent_in_a_row >= MOST_SILENT:
            raise error

    def folders_of(self, address: str, *, keep: bool) -> tuple[Folder, list[Identity]]:
        """Somebody's folders and identities as they are now. keep: the identities are handed out once more by
        `identities_of`, so that the part that sees to them needs no request of its own."""
        tree, identities = self.mailbox(address).folders_and_identities()
        if keep:
            self._identities[address] = identities
        return tree, identities

    def identities_of(self, address: str) -> list[Identity]:
        """Somebody's identities: those `folders_of` saw in this go, for whoever asks first; else as they are now."""
        seen = self._identities.pop(address, None)
        return self.mailbox(address).identities() if seen is None else seen
