"""One worker's go at one import: the claim, the row, the mailbox, and the writes that need all three."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import claims
from bascule import chunks
from bascule.conversions.model import Item as SentItem
from bascule.imports import states
from bascule.imports.calendar_items import CalendarCarrier
from bascule.imports.carrier import Carrier, Parcel
from bascule.imports.contact_items import ContactCarrier
from bascule.imports.failures import COLLECTION_GONE, Stopped
from bascule.models import Import, ImportItem, ReadChunk, ReadCollection
from zimbra.client import ZimbraClient

Item = ImportItem.State

ROWS_TOGETHER = 500


class StateChanged(Exception):
    """A person decided otherwise meanwhile: let go of the present state."""


def read_row(import_id: int) -> Import:
    """The import with what each go needs of it."""
    rows = Import.objects.select_related("agent", "collection", "collection__deposit")
    return rows.defer("findings", "collection__outline", "collection__deposit__remarks").get(pk=import_id)


class LetGo(Exception):
    """The worker is wanted elsewhere: the import stays as it is, between two batches, for a later go."""


def always() -> bool:
    return True


class Run:
    """`parent` is the row as it was at the last look; every write goes through `writing`.

    go_on: asked between two batches whether the worker may stay.
    """

    def __init__(
        self,
        claim: claims.Claim,
        client: ZimbraClient,
        go_on: Callable[[], bool] = always,
        *,
        parent: Import | None = None,
    ) -> None:
        self.claim, self.client, self._go_on = claim, client, go_on
        self.parent = parent or read_row(claim.pk)
        # Where the destination is, once this go has seen it: a person may rename it between two.
        self.folder_path = ""
        # Whether the times of this go are written down.
        self.has_clock = False
        self._spans: list[tuple[int, int, int]] | None = None
        self._open: tuple[int, list[SentItem]] = (0, [])

    def reread(self) -> None:
        """Take the row as it is by now."""
        self.parent = read_row(self.claim.pk)

    def checkpoint(self) -> None:
        """Between two batches. Raises LetGo."""
        if not self._go_on():
            raise LetGo

    @property
    def rows(self):  # type: ignore[no-untyped-def]  # the manager's own type
        return ImportItem.objects.filter(parent_id=self.claim.pk)

    @contextmanager
    def writing(self, *, while_in: str | None = None) -> Iterator[None]:
        """A transaction fenced by the claim. Raises ClaimLost; StateChanged when the import is not in `while_in`."""
        with transaction.atomic():
            if while_in is None:
                self.claim.renew()
            elif not self.claim.renewed(state=while_in):
                self.claim.renew()
                raise StateChanged
            yield

    def move(self, *, to: str, since: str | None = None, **fields: Any) -> None:
        """As `states.move`, inside `writing`; `parent` follows."""
        states.move(self.claim.pk, to=to, since=since, **fields)
        for name, value in ({"state": to} | fields).items():
            setattr(self.parent, name, value)

    def save_rows(self, rows: Sequence[ImportItem], fields: list[str]) -> None:
        """Write `fields` of rows that exist, many in a statement; inside `writing`.

        As an upsert: Django's `bulk_update` builds a CASE for each field and row, and takes fifteen times as long.
        """
        ImportItem.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["id"], update_fields=fields, batch_size=ROWS_TOGETHER
        )

    def update(self, **fields: object) -> None:
        """Set columns of the import, fenced."""
        with self.writing():
            Import.objects.filter(pk=self.claim.pk).update(**fields)
        for name, value in fields.items():
            setattr(self.parent, name, value)

    def collection(self) -> ReadCollection:
        """Raises Stopped when the deposit was deleted."""
        if self.parent.collection is None:
            raise Stopped(COLLECTION_GONE)
        return self.parent.collection

    def carrier(self) -> Carrier:
        """For the destination as it is known now."""
        if self.parent.kind == ReadCollection.Kind.CONTACTS:
            return ContactCarrier(self.client, self.parent.folder_id, self.parent.mailbox_mark or 0)
        return CalendarCarrier(self.client, self.parent.folder_id, self.folder_path)

    def spans(self) -> list[tuple[int, int, int]]:
        """Key, first position and length of each chunk of the collection, in order."""
        if self._spans is None:
            self._spans = list(self.collection().chunks.values_list("pk", "start", "count"))
        return self._spans

    def all_items(self) -> Iterator[tuple[int, SentItem]]:
        """Every item with its position, one chunk in memory at a time. Raises Stopped when the deposit was deleted."""
        for chunk_id, start, _ in self.spans():
            yield from enumerate(self._opened(chunk_id), start)

    def _opened(self, chunk_id: int) -> list[SentItem]:
        """The items of a chunk; the last one stays open: most collections have no other."""
        if self._open[0] != chunk_id:
            sealed = ReadChunk.objects.filter(pk=chunk_id).values_list("items", flat=True).first()
            if sealed is None:
                raise Stopped(COLLECTION_GONE)
            self._open = chunk_id, chunks.unpack(bytes(sealed))
        return self._open[1]

    def parcels(self, rows: Sequence[ImportItem]) -> list[Parcel]:
        """The items that `rows` stand for, in the order of `rows`."""
        found: dict[int, Parcel] = {}
        for chunk_id, start, count in self.spans():
            here = [row for row in rows if start <= row.position < start + count]
            if here:
                items = self._opened(chunk_id)
                found.update((row.position, _parcel(row, items[row.position - start])) for row in here)
        return [found[row.position] for row in rows]

    def parcels_one_by_one(self, rows: Sequence[ImportItem]) -> Iterator[Parcel]:
        """As `parcels`, with one chunk of the collection in memory at a time."""
        by_position = {row.position: row for row in rows}
        for position, item in self.all_items():
            if position in by_position:
                yield _parcel(by_position[position], item)

    def known_ids(self) -> set[str]:
        """Ids in Zimbra that imports of this person account for."""
        recorded = ImportItem.objects.filter(parent__agent_id=self.parent.agent_id).exclude(zimbra_id="")
        return {one for ids in recorded.values_list("zimbra_id", flat=True) for one in ids.split(",")}

    def settled(self) -> int:
        return int(self.rows.exclude(state__in=(Item.PENDING, Item.IN_FLIGHT)).count())

    def start_clock(self) -> None:
        """Rate and time left are those of this go."""
        if not self.has_clock:
            self.update(**self.clock(self.settled()))
            self.has_clock = True

    def clock(self, settled: int) -> dict[str, Any]:
        """The columns that tell when this go began, and how many items were settled by then."""
        now = timezone.now()
        return {
            "run_started_at": now,
            "run_base": settled,
            "started_at": self.parent.started_at or now,
            "waiting_for": "",
            "retry_at": None,
        }


def _parcel(row: ImportItem, item: SentItem) -> Parcel:
    return Parcel(row.position, item, row.sent_uid or item.uid, row.zimbra_id)
