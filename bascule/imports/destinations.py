"""What a person can choose from: folders of the mailbox, with what each holds already. Looked at by a task, kept on
a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts import sealing
from accounts.handing_out import hand_out_on_commit
from bascule import chunks, zimbra_door
from bascule.imports import failures
from bascule.imports.contact_items import of_contact, of_item
from bascule.imports.folders import destinations, may_take, shown_name
from bascule.models import DestinationLook, ReadCollection
from zimbra.client import ZimbraClient
from zimbra.errors import AnswerLost, Garbled, Unavailable, ZimbraError
from zimbra.types import Folder

# How long what was seen is shown without looking again, and how long a task may take before another is sent.
FRESH = timedelta(minutes=2)
PATIENCE = timedelta(seconds=30)

UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Choice:
    """A folder that can be the destination. count: items in it; known: how many of ours it holds already."""

    id: str
    name: str
    count: int
    known: int


def look_for(collection: ReadCollection, *, anew: bool = False) -> DestinationLook:
    """The latest look for `collection`; a new one is asked for when it is missing, old, failed and `anew`."""
    now = timezone.now()
    with transaction.atomic():
        row, made = DestinationLook.objects.select_for_update().get_or_create(
            collection=collection, defaults={"asked_at": now}
        )
        asked = made or row.asked_at < now - PATIENCE
        is_old = row.looked_at is None or row.looked_at < now - FRESH or anew
        if made or (asked and is_old and (anew or not row.error_code)) or (anew and row.error_code):
            from bascule.tasks import look_at_destinations

            row.asked_at, row.looked_at, row.folders, row.error, row.error_code = now, None, b"", "", ""
            row.save()
            hand_out_on_commit(look_at_destinations, collection.pk)
    return row


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look showed. room: contacts that the mailbox still takes; None when there is no limit, or no look."""

    choices: tuple[Choice, ...] = ()
    room: int | None = None


def seen(row: DestinationLook) -> Seen:
    """Empty when the look is not done, or can no longer be opened."""
    try:
        stored = sealing.unseal_json(bytes(row.folders)) if row.folders else {"choices": [], "room": None}
    except sealing.CannotOpen:
        return Seen()
    return Seen(tuple(Choice(**one) for one in stored["choices"]), stored["room"])


def look(collection_id: int) -> None:
    """Called by a task. Running twice is harmless: the later look stands."""
    collection = ReadCollection.objects.select_related("deposit__agent").filter(pk=collection_id).first()
    if collection is None:
        return
    fields: dict[str, object]
    try:
        with zimbra_door.mailbox_of(collection.deposit.agent) as client:
            found = _see(client, collection)
        fields = {"folders": sealing.seal_json(asdict(found)), "error_code": "", "error": ""}
    except (Unavailable, AnswerLost, Garbled):
        fields = {"error_code": UNAVAILABLE, "error": "Zimbra ne répond pas pour le moment."}
    except ZimbraError as error:
        stopped = failures.stopped_by(error)
        fields = {"error_code": stopped.code[:40], "error": stopped.sentence}
    DestinationLook.objects.filter(collection_id=collection_id).update(looked_at=timezone.now(), **fields)


def _see(client: ZimbraClient, collection: ReadCollection) -> Seen:
    root = client.folders()
    folders = destinations(root, collection.kind)
    room = None
    if collection.kind == ReadCollection.Kind.CONTACTS:
        held = _contacts_held(client, collection, folders)
        most = client.info().contact_max
        if most:
            room = max(0, most - sum(one.count for one in root.walk() if may_take(one, collection.kind)))
    else:
        held = _calendar_items_held(client, collection)
    return Seen(tuple(Choice(one.id, shown_name(one), one.count, held[one.id]) for one in folders), room)


def _contacts_held(client: ZimbraClient, collection: ReadCollection, folders: Iterable[Folder]) -> Counter[str]:
    ours = {of_item(item) for _, item in chunks.all_items(collection)}
    held: Counter[str] = Counter()
    for folder in folders:
        if folder.count:
            held[folder.id] = len(ours & {of_contact(contact) for contact in client.contacts(folder.id)})
    return held


def _calendar_items_held(client: ZimbraClient, collection: ReadCollection) -> Counter[str]:
    ours = {item.uid for _, item in chunks.all_items(collection)}
    return Counter(summary.folder_id for summary in client.calendar_items() if summary.uid in ours)
