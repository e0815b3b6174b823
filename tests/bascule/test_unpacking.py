"""Opening zips that nobody vouches for."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from bascule.unpacking import DIRECTORY_MAX_BYTES, Archive, ArchiveRefused, Limits, looks_like_zip

LIMITS = Limits(file_bytes=1000, total_bytes=2500, files=4)


def make_zip(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    buffer.seek(0)
    return buffer


def contents(file: io.BytesIO, limits: Limits = LIMITS) -> dict[str, bytes]:
    archive = Archive(file, limits)
    return {member.name: b"".join(archive.read(member)) for member in archive.members}


def refusal(file: io.BytesIO, limits: Limits = LIMITS) -> str:
    with pytest.raises(ArchiveRefused) as caught:
        contents(file, limits)
    assert str(caught.value).endswith(".")
    return caught.value.code


def test_files_in_folders_come_out_under_their_last_name() -> None:
    assert contents(make_zip({"export/2024/a.vcf": b"one", "b.ics": b"two"})) == {"a.vcf": b"one", "b.ics": b"two"}


def test_paths_that_point_outside_are_only_names() -> None:
    assert contents(make_zip({"../../etc/passwd": b"x", "C:\\temp\\c.ics": b"y"})) == {"passwd": b"x", "c.ics": b"y"}


def test_what_systems_add_is_passed_over() -> None:
    files = {"__MACOSX/._a.vcf": b"x", "._a.vcf": b"x", ".DS_Store": b"x", "Thumbs.db": b"x", "a.vcf": b"real"}
    assert contents(make_zip(files)) == {"a.vcf": b"real"}


def test_a_name_in_utf8_without_its_mark_is_read() -> None:
    packed = make_zip({"calendrier-equipe.ics": b"x"}).getvalue()
    renamed = packed.replace(b"calendrier-equipe.ics", "calendrier-équipe.ics".encode()[:21])
    assert "é" in next(iter(contents(io.BytesIO(renamed))))


def test_an_archive_of_nothing_is_refused() -> None:
    assert refusal(make_zip({"__MACOSX/._a": b"x"})) == "zip_empty"


def test_too_many_files_are_refused() -> None:
    assert refusal(make_zip({f"{number}.vcf": b"x" for number in range(5)})) == "zip_too_many"


def test_a_directory_of_megabytes_is_refused_unread() -> None:
    packed = bytearray(make_zip({"a.vcf": b"x"}).getvalue())
    struct.pack_into("<L", packed, len(packed) - 10, DIRECTORY_MAX_BYTES + 1)
    assert refusal(io.BytesIO(packed)) == "zip_too_many"


def test_a_file_that_unfolds_beyond_its_limit_is_refused() -> None:
    assert refusal(make_zip({"bomb.vcf": b"0" * 1001})) == "zip_file_too_big"


def test_a_size_announced_too_small_is_not_believed() -> None:
    packed = bytearray(make_zip({"bomb.vcf": b"0" * 5000}).getvalue())
    at = packed.rfind(b"PK\x01\x02")
    struct.pack_into("<L", packed, at + 24, 10)
    assert refusal(io.BytesIO(packed)) in {"zip_file_too_big", "zip_damaged"}


def test_files_that_together_unfold_too_far_are_refused() -> None:
    assert refusal(make_zip({f"{number}.vcf": b"0" * 900 for number in range(3)})) == "zip_too_big"


def test_what_lies_exactly_at_the_limits_is_taken() -> None:
    files = {"a": b"0" * 1000, "b": b"0" * 1000, "c": b"0" * 500}
    assert contents(make_zip(files)) == files


def test_an_encrypted_file_is_refused() -> None:
    packed = bytearray(make_zip({"a.vcf": b"x"}).getvalue())
    packed[packed.rfind(b"PK\x01\x02") + 8] |= 1
    assert refusal(io.BytesIO(packed)) == "zip_encrypted"


def test_an_unusual_compression_is_refused() -> None:
    assert refusal(make_zip({"a.vcf": b"x" * 100}, zipfile.ZIP_LZMA)) == "zip_method"


@pytest.mark.parametrize("cut", [5, 30, 60])
def test_a_cut_archive_is_refused(cut: int) -> None:
    packed = make_zip({"a.vcf": b"some content"}).getvalue()
    assert refusal(io.BytesIO(packed[:-cut])) == "zip_damaged"


def test_damaged_contents_are_refused() -> None:
    packed = bytearray(make_zip({"a.vcf": b"some content"}, zipfile.ZIP_STORED).getvalue())
    packed[packed.find(b"some")] ^= 0xFF
    assert refusal(io.BytesIO(packed)) == "zip_damaged"


def test_zip_is_told_by_its_first_bytes() -> None:
    assert looks_like_zip(make_zip({"a": b""}).getvalue())
    assert not looks_like_zip(b"BEGIN:VCARD")
