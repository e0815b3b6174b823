"""Sealed originals on disk."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from accounts import sealed_files
from bascule import originals

pytestmark = pytest.mark.usefixtures("deposit_dir")


@pytest.fixture
def deposit_dir(tmp_path: Path, settings) -> Path:
    settings.DEPOSIT_DIR = tmp_path
    return tmp_path


@pytest.mark.parametrize("size", [0, 1, sealed_files.SEGMENT_BYTES, sealed_files.SEGMENT_BYTES + 1, 2_500_000])
def test_what_is_written_is_read(size: int) -> None:
    content = os.urandom(size)
    stored = originals.write([content[:7], content[7:]])
    assert (stored.size, stored.sha256) == (size, hashlib.sha256(content).hexdigest())
    assert b"".join(originals.read(stored.name)) == content


def test_nothing_lies_in_clear(deposit_dir: Path) -> None:
    stored = originals.write([b"BEGIN:VCARD secret"])
    assert b"secret" not in (deposit_dir / stored.name).read_bytes()
    assert (deposit_dir / stored.name).stat().st_mode & 0o077 == 0


def test_a_failure_while_writing_leaves_no_file(deposit_dir: Path) -> None:
    def broken():
        yield b"x" * 10
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        originals.write(broken())
    assert [path for path in deposit_dir.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("damage", ["cut", "altered", "missing", "swapped"])
def test_a_damaged_file_does_not_open(deposit_dir: Path, damage: str) -> None:
    stored = originals.write([b"x" * (sealed_files.SEGMENT_BYTES + 10)])
    path = deposit_dir / stored.name
    sealed = path.read_bytes()
    first = 4 + int.from_bytes(sealed[:4], "big")
    if damage == "cut":
        path.write_bytes(sealed[:first])
    elif damage == "altered":
        path.write_bytes(
            sealed[:50] + b"A" + sealed[51:] if sealed[50:51] != b"A" else sealed[:50] + b"B" + sealed[51:]
        )
    elif damage == "swapped":
        path.write_bytes(sealed[first:] + sealed[:first])
    else:
        path.unlink()
    with pytest.raises(originals.Damaged):
        list(originals.read(stored.name))


def test_orphans_go_when_they_are_old(deposit_dir: Path) -> None:
    kept, fresh, old = (originals.write([b"x"]).name for _ in range(3))
    long_ago = time.time() - sealed_files.ORPHAN_AGE_SECONDS - 1
    for name in (kept, old):
        os.utime(deposit_dir / name, (long_ago, long_ago))
    assert originals.delete_orphans({kept}) == 1
    assert [(deposit_dir / name).exists() for name in (kept, fresh, old)] == [True, True, False]


def test_deleting_twice_is_harmless() -> None:
    name = originals.write([b"x"]).name
    originals.delete(name)
    originals.delete(name)
