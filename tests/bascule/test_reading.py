"""From a deposited original to sealed items."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from accounts import claims, sealing
from accounts.models import Agent
from bascule import chunks, deposits, originals, reading
from bascule.models import Deposit, ReadChunk, ReadCollection
from tests.factories import make_agent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("deposit_dir")]

CARDS = b"".join(
    f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{n}\r\nFN:{name}\r\nEMAIL:c{n}@example.net\r\nEND:VCARD\r\n".encode()
    for n, name in enumerate(["Zoé", "Élise", "adam", "Marie"])
)
CALENDAR = b"""BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//x//FR
BEGIN:VEVENT
UID:late
DTSTART:20240520T050000Z
DTEND:20240520T060000Z
SUMMARY:Plus tard
END:VEVENT
BEGIN:VEVENT
UID:weekly
DTSTART:20240401T200000Z
DTEND:20240401T210000Z
RRULE:FREQ=WEEKLY;COUNT=3
SUMMARY:Le soir
END:VEVENT
BEGIN:VTODO
UID:todo
DUE;VALUE=DATE:20240610
SUMMARY:Rendre
END:VTODO
END:VCALENDAR
"""


@pytest.fixture
def deposit_dir(tmp_path: Path, settings) -> Path:
    settings.DEPOSIT_DIR = tmp_path
    settings.IMPORT_BATCH_ITEMS = 3
    return tmp_path


@pytest.fixture
def agent() -> Agent:
    return make_agent()


def deposit(agent: Agent, content: bytes, name: str = "export.vcf") -> Deposit:
    received = deposits.receive(agent=agent, name=name, file=io.BytesIO(content), by=agent)
    return received.new[0]


def read(row: Deposit) -> Deposit:
    reading.read(row.pk)
    row.refresh_from_db()
    return row


def test_contacts_are_stored_by_name_in_chunks(agent: Agent) -> None:
    row = read(deposit(agent, CARDS, "carnet.ics"))
    assert (row.state, row.kind, row.items_in, row.items_out) == ("read", "contacts", 4, 4)
    (collection,) = row.collections.all()
    assert (collection.name, collection.item_count) == ("carnet", 4)
    assert [(chunk.start, chunk.count) for chunk in collection.chunks.all()] == [(0, 3), (3, 1)]
    assert [item.label for _, item in chunks.all_items(collection)] == ["adam", "Élise", "Marie", "Zoé"]
    assert [one.label for one in chunks.outline(collection)] == ["adam", "Élise", "Marie", "Zoé"]


def test_nothing_of_the_contents_lies_in_clear_in_the_database(agent: Agent) -> None:
    row = read(deposit(agent, CARDS))
    (collection,) = row.collections.all()
    stored = bytes(collection.outline) + b"".join(bytes(chunk.items) for chunk in ReadChunk.objects.all())
    assert "Élise".encode() not in stored
    assert b"example.net" not in stored


def test_a_calendar_gives_events_and_tasks_with_their_days(agent: Agent) -> None:
    row = read(deposit(agent, CALENDAR, "agenda.ics"))
    events, tasks = row.collections.all()
    assert (events.kind, tasks.kind) == ("calendar", "tasks")
    weekly, late = chunks.outline(events)
    # 20:00 UTC is midnight of the next day in Réunion.
    assert (weekly.label, weekly.time, len(weekly.days)) == ("Le soir", "00:00", 3)
    assert (str(events.first_day), str(events.last_day)) == ("2024-04-02", "2024-05-20")
    assert (late.time, str(tasks.first_day)) == ("09:00", "2024-06-10")


def test_items_come_back_as_they_were(agent: Agent) -> None:
    row = read(deposit(agent, CALENDAR))
    expected = {item.uid: item for one in reading.convert(CALENDAR, "x").collections for item in one.items}
    for collection in row.collections.all():
        for _, item in chunks.all_items(collection):
            assert item == expected.pop(item.uid)
    assert expected == {}


def test_only_the_chunks_that_are_needed_are_opened(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    collection = read(deposit(agent, CARDS)).collections.get()
    opened = []
    monkeypatch.setattr(chunks, "unpack", lambda sealed, really=chunks.unpack: opened.append(1) or really(sealed))
    assert [position for position, _ in chunks.items_at(collection, [3])] == [3]
    assert len(opened) == 1


@pytest.mark.parametrize("content", [b"bonjour", b"\x00\x01\x02" * 50])
def test_what_is_neither_contacts_nor_calendar_is_unreadable_and_kept(agent: Agent, content: bytes) -> None:
    row = read(deposit(agent, content))
    assert (row.state, row.error_code) == ("unreadable", "unknown_kind")
    assert row.error.endswith(".")
    assert b"".join(originals.read(row.stored_as)) == content


def test_a_damaged_original_says_so(agent: Agent, deposit_dir: Path) -> None:
    row = deposit(agent, CARDS)
    (deposit_dir / row.stored_as).write_bytes(b"")
    assert read(row).error_code == "damaged_store"


def test_another_sealed_file_in_its_place_says_so(agent: Agent, deposit_dir: Path) -> None:
    row = deposit(agent, CARDS)
    other = originals.write([b"something else"])
    (deposit_dir / other.name).rename(deposit_dir / row.stored_as)
    assert read(row).error_code == "damaged_store"


class Killed(BaseException):
    """Stands in for the end of the process."""


@pytest.mark.parametrize(
    "line", ["bascule.reading._original", "bascule.reading.convert", "bascule.chunks.pack", "bascule.reading._store"]
)
def test_killed_at_any_line_the_next_reader_gives_the_same(
    agent: Agent, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    row = deposit(agent, CARDS)

    def die(*args: object, **kwargs: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(line, die)
        patched.setattr(claims.Claim, "release", lambda claim: None)
        with pytest.raises(Killed):
            reading.read(row.pk)
    # Its holder is this very process, which is alive: only the end of its lease frees the row here.
    assert reading.waiting() == []
    Deposit.objects.update(held_until=row.received_at)
    assert reading.waiting() == [row.pk]
    assert read(row).state == "read"
    assert ReadCollection.objects.count() == 1
    assert sum(chunk.count for chunk in ReadChunk.objects.all()) == 4


def test_killed_while_storing_nothing_is_doubled(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    row = deposit(agent, CARDS)

    def die(*args: object, **kwargs: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(ReadChunk.objects, "bulk_create", die)
        with pytest.raises(Killed):
            reading.read(row.pk)
    assert ReadCollection.objects.count() == 0
    assert read(row).items_out == 4


def test_a_file_that_brings_its_reader_down_is_given_up(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    row = deposit(agent, CARDS)
    with monkeypatch.context() as patched:
        patched.setattr(reading, "convert", lambda *args, **kwargs: (_ for _ in ()).throw(Killed))
        for _ in range(reading.MAX_ATTEMPTS):
            with pytest.raises(Killed):
                reading.read(row.pk)
    assert read(row).error_code == "reader_stopped"
    assert reading.waiting() == []


def test_a_reader_that_lost_its_claim_writes_nothing(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    row = deposit(agent, CARDS)

    def slow(*args: object, really=reading.convert, **kwargs: object):
        Deposit.objects.update(holder="elsewhere:1:1:x")
        return really(*args, **kwargs)

    monkeypatch.setattr(reading, "convert", slow)
    reading.read(row.pk)
    row.refresh_from_db()
    assert (row.state, row.holder) == ("reading", "elsewhere:1:1:x")
    assert ReadCollection.objects.count() == 0


def test_reading_twice_changes_nothing(agent: Agent) -> None:
    row = read(deposit(agent, CARDS))
    reading.read(row.pk)
    assert ReadCollection.objects.count() == 1


def test_remarks_are_sealed_and_counted(agent: Agent) -> None:
    row = read(deposit(agent, CARDS + b"BEGIN:VCARD\r\nVERSION:3.0\r\nEND:VCARD\r\n"))
    assert row.remark_counts == {"empty_card": 1}
    assert (row.items_in, row.items_out) == (5, 4)
    (remark,) = sealing.unseal_json(row.remarks)
    assert {"code", "place", "message", "original"} == set(remark)
