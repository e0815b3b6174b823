"""From a deposited original to sealed items, ready to be looked at and sent.

Everything read in a file is stored in one transaction, by the holder of the claim: a reader killed at any line
leaves the deposit as it was, and the next one starts over with the same outcome.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from dataclasses import asdict
from datetime import date
from pathlib import PurePath

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import claims, journal, sealing
from accounts.handing_out import hand_out_on_commit
from accounts.models import Agent
from bascule import chunks, originals, standings
from bascule.conversions import calendars, contacts, detect
from bascule.conversions.filters.model import FilterReading
from bascule.conversions.model import Collection, CollectionKind, Reading, Unreadable
from bascule.conversions.signatures import SignatureReading
from bascule.filters import from_deposits
from bascule.models import Deposit, ReadChunk, ReadCollection
from bascule.signatures import from_deposits as signature_files

log = logging.getLogger(__name__)

# A file that brings its reader down (memory, a fault of ours) is not tried for ever.
MAX_ATTEMPTS = 3

# Remarks kept with their text; all of them are counted.
MAX_REMARKS = 5000

_UNREAD = (Deposit.State.RECEIVED, Deposit.State.READING)


def read(deposit_id: int) -> None:
    """Read the deposit, unless somebody alive does, or it is read already. Safe to run at any time, and again."""
    claim = claims.take(Deposit, deposit_id, state__in=_UNREAD)
    if claim is None:
        return
    try:
        deposit = Deposit.objects.get(pk=deposit_id)
        if deposit.attempts >= MAX_ATTEMPTS:
            _store_failure(
                claim,
                "reader_stopped",
                "La lecture de ce fichier s’est interrompue plusieurs fois. "
                "Exportez une période plus courte ou un carnet à la fois, ou signalez-le à l’assistance.",
            )
            return
        with claim.writing():
            Deposit.objects.filter(pk=deposit_id).update(state=Deposit.State.READING, attempts=deposit.attempts + 1)
        try:
            reading = _read(deposit)
        except Unreadable as reason:
            _store_failure(claim, reason.code, str(reason))
        else:
            if isinstance(reading, SignatureReading):
                with claim.writing():
                    signature_files.store(
                        deposit=Deposit.objects.select_related("agent").get(pk=claim.pk), reading=reading
                    )
            elif isinstance(reading, FilterReading):
                with claim.writing():
                    from_deposits.store(
                        deposit=Deposit.objects.select_related("agent").get(pk=claim.pk), reading=reading
                    )
            else:
                _store(claim, reading)
    except claims.ClaimLost:
        log.info("deposit %s: another reader took over", deposit_id)
    finally:
        claim.release()


def _read(deposit: Deposit) -> Reading | FilterReading | SignatureReading:
    """What is in the deposit. Its content says of what kind it is; if it does not, the page it was handed over on."""
    data = _original(deposit)
    # A signature is a text like any other: only where it was handed over, or its name, tells.
    if deposit.kind == Deposit.Kind.SIGNATURE:
        return signature_files.read_signature(data, deposit.name)
    if not detect.kind_of(data) and not deposit.kind and signature_files.looks_like_one(data, deposit.name):
        return signature_files.read_signature(data, deposit.name)
    if (detect.kind_of(data) or deposit.kind) == detect.FILTERS:
        return from_deposits.read_rules(data, deposit.name)
    return convert(data, deposit.name, logins=_logins(deposit))


def reread(deposit: Deposit) -> Reading | FilterReading | SignatureReading:
    """What today's readers find in a deposit, kept or shown nowhere. Raises Unreadable; the code "damaged_store" says
    that the original itself is missing or does not open."""
    return _read(deposit)


def convert(data: bytes, name: str, *, logins: dict[str, str] | None = None) -> Reading:
    """Read an export of contacts or of a calendar; its content decides which. Raises Unreadable."""
    stem = PurePath(name).stem
    kind = detect.kind_of(data)
    if kind not in (detect.CONTACTS, detect.CALENDAR):
        raise Unreadable(
            "unknown_kind",
            "Ce fichier ne contient ni fiches de contact ni événements. "
            "Vérifiez que c’est bien l’export (.vcf ou .ics) de votre ancienne messagerie.",
        )
    if kind == detect.CONTACTS:
        return contacts.read(data, book_name=stem)
    reading = calendars.read(
        data, name=stem, home_zone=settings.TIME_ZONE, logins=logins or {}, domain=settings.MAIL_DOMAIN
    )
    now = timezone.localtime()
    if dropped := sum(calendars.drop_past_alarms(collection, now) for collection in reading.collections):
        reading.repairs[calendars.PAST_ALARM] += dropped
    return reading


class NotUnreadable(Exception):
    """The deposit is gone, or was not found unreadable: there is nothing to read again."""


@transaction.atomic
def read_again(*, deposit: Deposit, by: Agent) -> None:
    """Have a deposit that could not be read tried once more, by a reader that has been mended since. `by` is of staff.

    Raises NotUnreadable.
    """
    from bascule.tasks import read_deposit

    rows = Deposit.objects.filter(pk=deposit.pk, state=Deposit.State.UNREADABLE)
    if not rows.update(state=Deposit.State.RECEIVED, attempts=0, error_code="", error="", read_at=None):
        raise NotUnreadable
    standings.mark_activity(deposit.agent_id)
    journal.record(
        "deposit.read_again",
        by=by,
        subject=deposit.agent,
        target=f"deposit:{deposit.pk}",
        target_label=deposit.name,
    )
    hand_out_on_commit(read_deposit, deposit.pk)


def waiting() -> list[int]:
    """Deposits that nobody alive is reading."""
    return claims.without_live_holder(Deposit.objects.filter(state__in=_UNREAD))


def _original(deposit: Deposit) -> bytes:
    data = bytearray()
    try:
        for segment in originals.read(deposit.stored_as):
            data += segment
    except originals.Damaged as error:
        raise Unreadable("damaged_store", _DAMAGED) from error
    if hashlib.sha256(data).hexdigest() != deposit.sha256:
        raise Unreadable("damaged_store", _DAMAGED)
    return bytes(data)


_DAMAGED = "Le fichier conservé par le portail ne peut plus être ouvert. Supprimez ce dépôt et déposez-le de nouveau."


def _logins(deposit: Deposit) -> dict[str, str]:
    """Login of the old calendar server to address: the owner's own; others get the academy's domain."""
    address = deposit.agent.address
    return {address.partition("@")[0]: address}


def _store(claim: claims.Claim, reading: Reading) -> None:
    # Sealing takes a while on a large file: before the transaction, so that it locks nothing.
    prepared = [_prepare(collection) for collection in reading.collections]
    remarks = [asdict(remark) for remark in reading.remarks]
    sealed_remarks = sealing.seal_json(remarks[:MAX_REMARKS])
    with claim.writing():
        deposit = Deposit.objects.get(pk=claim.pk)
        for position, (row, runs) in enumerate(prepared):
            row.deposit, row.position = deposit, position
            row.save()
            ReadChunk.objects.bulk_create(
                [ReadChunk(collection=row, start=start, count=count, items=sealed) for start, count, sealed in runs],
                batch_size=20,
            )
        deposit.state = Deposit.State.READ
        deposit.kind = reading.kind
        deposit.read_at = timezone.now()
        deposit.items_in, deposit.items_out = reading.items_in, reading.items_out
        deposit.repair_counts = dict(reading.repairs)
        deposit.remark_counts = dict(Counter(remark.code for remark in reading.remarks))
        deposit.remarks = sealed_remarks
        deposit.save()


def _prepare(collection: Collection) -> tuple[ReadCollection, list[tuple[int, int, bytes]]]:
    """The row of a collection, not saved, and its sealed runs of items."""
    items = chunks.in_reading_order(collection.items)
    rows = chunks.rows_of(items)
    size = settings.IMPORT_BATCH_ITEMS
    runs = [
        (start, len(run), chunks.pack(run))
        for start in range(0, len(items), size)
        if (run := items[start : start + size])
    ]
    row = ReadCollection(
        kind=_KINDS[collection.kind],
        name=collection.name[:255],
        item_count=len(items),
        outline=chunks.pack_outline(rows),
    )
    row.first_day, row.last_day = _span(rows)
    return row, runs


_KINDS = {
    CollectionKind.CONTACTS: ReadCollection.Kind.CONTACTS,
    CollectionKind.CALENDAR: ReadCollection.Kind.CALENDAR,
    CollectionKind.TASKS: ReadCollection.Kind.TASKS,
}


def _span(rows: list[chunks.Row]) -> tuple[date | None, date | None]:
    """First and last day on which something is known to happen; a repetition that goes on counts with its first."""
    days = [day for row in rows for day in row.days[:1] + ([] if row.goes_on else row.days[-1:])]
    return (date.fromordinal(min(days)), date.fromordinal(max(days))) if days else (None, None)


def _store_failure(claim: claims.Claim, code: str, sentence: str) -> None:
    with transaction.atomic(), claim.writing():
        Deposit.objects.filter(pk=claim.pk).update(
            state=Deposit.State.UNREADABLE, error_code=code, error=sentence, read_at=timezone.now()
        )
        standings.mark_activity(Deposit.objects.values_list("agent", flat=True).get(pk=claim.pk))
