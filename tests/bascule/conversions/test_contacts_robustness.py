"""Files that nobody wrote: random bytes, damaged samples, and shapes that must stay linear."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bascule.conversions import contacts
from bascule.conversions.model import Unreadable
from tests.bascule.conversions.contact_checks import SAMPLES, check
from tests.each import each, examples

SOURCES = [path.read_bytes() for path in sorted(SAMPLES.iterdir())]
FRAGMENTS = [
    *(b"\r\n", b"\n ", b"=\r\n", b";", b":", b",", b"\\", b"\\n", b'"', b"^", b"<", b">@", b"\t", b"\x00", b"\x1c"),
    *(
        b"\xe9",
        b"\xc3",
        b"\x85",
        b"\xc2\xa0",
        b"\xc2\x85",
        b"\xef\xbf\xbd",
        b"\xc3\x83\xc2\xa9",
        b"\xe2\x80\xa8",
        b"=C3=A9",
    ),
    *(
        b"BEGIN:VCARD\r\n",
        b"END:VCARD",
        b"AGENT:",
        b"KIND:group\r\n",
        b"MEMBER:",
        b"PHOTO;BASE64:",
        b"X-A:b\n",
        b"TEL:",
    ),
    *(
        b"ENCODING=QUOTED-PRINTABLE",
        b";TYPE=",
        b"item1.",
        b"ADR:",
        b"N:",
        b"FN:",
        b"URL:",
        b"UID:",
        b"EMAIL:",
        b"BDAY:",
    ),
]


def read_and_check(data: bytes) -> None:
    try:
        reading = contacts.read(data)
    except Unreadable:
        return
    check(reading)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(SOURCES)))
    for _ in range(draw(st.integers(1, 12))):
        place = draw(st.integers(0, len(data)))
        match draw(st.integers(0, 3)):
            case 0:
                data[place:place] = draw(st.sampled_from(FRAGMENTS))
            case 1:
                del data[place : place + draw(st.integers(1, 60))]
            case 2:
                start = draw(st.integers(0, len(data)))
                data[place:place] = data[start : start + draw(st.integers(1, 100))]
            case _:
                data[place:place] = draw(st.binary(max_size=4))
    return bytes(data)


@settings(max_examples=examples(300), deadline=None)
@given(damaged())
def test_damaged_samples_lose_no_card_and_read_back_as_themselves(data: bytes) -> None:
    read_and_check(data)


@settings(max_examples=examples(100), deadline=None)
@given(st.binary(max_size=400))
def test_random_bytes_are_read_or_refused(data: bytes) -> None:
    read_and_check(data)
    read_and_check(b"BEGIN:VCARD\nFN:x\nNOTE:" + data)


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=6))
def test_any_text_in_any_property_reads_back_as_itself(values: list[str]) -> None:
    names = ("FN", "N", "NOTE", "ADR;HOME", "EMAIL", "CATEGORIES", "ORG", "X-AIM", "URL", "TEL", "X-AUTRE")
    lines = [f"{names[index % len(names)]}:{value}" for index, value in enumerate(values * 2)]
    read_and_check("\n".join(["BEGIN:VCARD", *lines, "END:VCARD"]).encode("utf-8", "replace"))


HEAD = b"BEGIN:VCARD\nFN:x\n"


@each(
    "data",
    [
        HEAD + b"NOTE:" + b"a" * 3_000_000,
        HEAD + b"ADR:" + b",;" * 300_000,
        HEAD + b"a\n" * 50_000,
        HEAD + b"PHOTO;BASE64:/9j/\n" + b"AAAABBBBCCCCDDDD\n" * 30_000,
        HEAD + b"NOTE:x" + b"END:VCARD" * 30_000,
        b"BEGIN:VCARD" * 30_000,
        b"BEGIN:VCARD\nFN:a\nAGENT:\n" * 10_000,
        HEAD + b"CATEGORIES:" + b",".join(b"c%d" % number for number in range(30_000)),
        HEAD + b"".join(b"NICKNAME:n%d\n" % number for number in range(20_000)),
        HEAD + b"".join(b"EMAIL:a%d@b.c\nTEL:%d\n" % (number, number) for number in range(10_000)),
        HEAD + b"".join(b"LABEL;HOME:l%d\nADR;HOME:;;x%d\n" % (number, number) for number in range(5_000)),
        b"".join(
            b"BEGIN:VCARD\nUID:%d\nKIND:group\nFN:g\n%bEND:VCARD\n"
            % (group, b"".join(b"MEMBER:%d\n" % n for n in range(150)))
            for group in range(150)
        ),
    ],
    ids=range(12),
)
def test_unusual_shapes_take_linear_time(data: bytes) -> None:
    # Quadratic work would take minutes here and run into the suite's time limit; no time is asserted.
    reading = contacts.read(data)
    assert reading.items_in >= 1
