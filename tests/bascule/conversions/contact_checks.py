"""What every output of the contacts reader has to satisfy, for the tests."""

from __future__ import annotations

from pathlib import Path

import vobject

from bascule.conversions import contacts
from bascule.conversions.model import Item, Reading

SAMPLES = Path(__file__).parents[2] / "samples" / "vcf"
REASONS_TO_DROP = ("duplicate", "empty_card")


def sample(name: str) -> bytes:
    """The content of a sample file."""
    return (SAMPLES / name).read_bytes()


def card(*lines: str) -> bytes:
    """A vCard 3.0 file of one card with these lines."""
    return "\r\n".join(["BEGIN:VCARD", "VERSION:3.0", *lines, "END:VCARD", ""]).encode()


def only(data: bytes) -> Item:
    """The single item of a file."""
    (item,) = contacts.read(data).collections[0].items
    return item


def check(reading: Reading) -> None:
    """No card is missing without a remark; the output is clean, strict parsers read it, and it reads back as itself."""
    (collection,) = reading.collections
    dropped = sum(remark.code in REASONS_TO_DROP for remark in reading.remarks)
    assert reading.items_in == reading.items_out + dropped
    output = b"".join(contacts.write(collection))
    text = output.decode("utf-8")
    assert "\ufffd" not in text
    assert all(len(line) <= 75 for line in output.split(b"\r\n"))
    assert output.count(b"\r\n") == output.count(b"\r") == output.count(b"\n")
    assert len(list(vobject.readComponents(text))) == reading.items_out
    for item in collection.items:
        assert item.uid
        assert item.label
        assert item.text.encode() in output
    if collection.items:
        again = contacts.read(output)
        assert again.collections[0].items == collection.items
        assert not again.repairs
