"""Every known fault has a sample that shows it, and every output is what strict readers take."""

from __future__ import annotations

from pathlib import Path

import icalendar
import vobject

from bascule.conversions.calendars import occurrences, read, wrap, write
from bascule.conversions.calendars.repairs import LABELS, REPAIRS
from bascule.conversions.model import Reading
from tests.bascule.conversions import calendar_samples
from tests.each import each

FOLDER = Path(__file__).parents[2] / "samples" / "ics"
FILES = sorted(path.name for path in FOLDER.glob("*.ics"))
# Said again each time, because they are about what Zimbra does with sound events.
STABLE = {"display_limit", "categories"}


def sample(name: str) -> Reading:
    return read((FOLDER / name).read_bytes())


def assert_strict_readers_take(content: bytes) -> None:
    assert b"\xef\xbf\xbd" not in content
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")
    calendar = icalendar.Calendar.from_ical(content)
    assert not [component.errors for component in calendar.walk() if component.errors]
    for component in vobject.readComponents(content.decode()):
        component.serialize()


def test_every_repair_is_listed_once_with_a_sample() -> None:
    codes = [repair.code for repair in REPAIRS]
    assert sorted(codes) == sorted(set(codes)) == sorted(calendar_samples.REPAIRS)
    assert [repair.number for repair in REPAIRS] == list(range(1, len(REPAIRS) + 1))


@each(("code", "name"), calendar_samples.REPAIRS.items())
def test_sample_shows_its_repair(code: str, name: str) -> None:
    assert sample(name).repairs[code] > 0


@each(("code", "name"), calendar_samples.REMARKS.items())
def test_sample_shows_its_remark(code: str, name: str) -> None:
    found = [remark for remark in sample(name).remarks if remark.code == code]
    assert found
    assert all(remark.place and remark.message and len(remark.original) <= 2000 for remark in found)


@each("name", FILES)
def test_nothing_goes_missing_in_silence(name: str) -> None:
    reading = sample(name)
    assert reading.items_in - reading.items_out <= len(reading.remarks)
    assert set(reading.repairs) <= set(LABELS)


@each("name", FILES)
def test_output_is_strict_and_reads_back_as_itself(name: str) -> None:
    for collection in sample(name).collections:
        (content,) = write(collection)
        assert_strict_readers_take(content)
        again = read(content)
        assert not again.repairs
        assert {remark.code for remark in again.remarks} <= STABLE
        assert [(found.kind, found.name) for found in again.collections] == [(collection.kind, collection.name)]
        assert [(item.uid, item.text, item.facts) for item in again.collections[0].items] == [
            (item.uid, item.text, item.facts) for item in collection.items
        ]


@each("name", FILES)
def test_occurrences_of_the_text_are_those_of_the_preview(name: str) -> None:
    for collection in sample(name).collections:
        for item in collection.items:
            assert occurrences(wrap(item), 5) == item.facts["occurrences"]
            assert occurrences(item.text, 5) == item.facts["occurrences"]


def test_the_same_meeting_comes_out_of_every_encoding() -> None:
    plain = sample("01-cs6-meeting.ics").collections
    for name in ("05-latin1-bytes.ics", "06-fold-inside-utf8.ics", "07-bom-mixed-eol.ics", "08-double-encoded.ics"):
        assert sample(name).collections == plain, name
