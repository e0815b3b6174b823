from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from accounts import sealing
from accounts.models import JournalEntry
from quarantine import expiry, held, tasks
from quarantine.models import AlertReport, HeldContent, Hold, Passage
from tests.quarantine.holds import make_hold

pytestmark = pytest.mark.django_db

ANNE, BOB = "anne@ac-reunion.fr", "bob@ac-reunion.fr"
RAW = b"Subject: the same\r\n\r\nx\r\n"


@pytest.fixture(autouse=True)
def folder(settings, tmp_path: Path) -> Path:
    settings.QUARANTINE_DIR = tmp_path
    return tmp_path


def files(folder: Path) -> int:
    return sum(1 for path in folder.rglob("*") if path.is_file())


def test_mail_that_nobody_wanted_is_gone_after_its_days(folder: Path) -> None:
    over, young = make_hold(ANNE, days_ago=14.01), make_hold(ANNE, days_ago=13.9)
    name = over.content.stored_as
    tasks.expire_quarantine()
    assert list(Hold.objects.all()) == [young]
    assert list(HeldContent.objects.all()) == [young.content]
    assert not (folder / name).exists()
    assert files(folder) == 1
    entry = JournalEntry.objects.get()
    assert (entry.action, entry.details) == ("quarantine.expired", {"count": 1, "days": 14})
    assert expiry.expire() == 0
    assert JournalEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "stays"),
    [
        ({"state": "releasing", "days_ago": 20}, True),
        ({"state": "released", "days_ago": 13}, True),
        ({"state": "released", "days_ago": 15}, False),
        ({"state": "deleted", "state_at": timedelta(minutes=59)}, True),
        ({"state": "deleted", "state_at": timedelta(minutes=61)}, False),
        ({"state": "deleted", "state_at": timedelta(minutes=1), "days_ago": 15}, False),
    ],
)
def test_what_is_kept_and_what_is_not(folder: Path, fields: dict, stays: bool) -> None:
    if "state_at" in fields:
        fields = fields | {"state_at": timezone.now() - fields["state_at"]}
    make_hold(ANNE, **fields)
    assert expiry.expire() == 0
    assert Hold.objects.exists() == HeldContent.objects.exists() == bool(files(folder)) == stays
    assert not JournalEntry.objects.exists()


def test_the_bytes_stay_as_long_as_one_recipient_may_want_them(folder: Path) -> None:
    make_hold(ANNE, raw=RAW, days_ago=20)
    other = make_hold(BOB, raw=RAW)
    assert expiry.expire() == 1
    assert files(folder) == 1
    Hold.objects.filter(pk=other.pk).update(state="released")
    make_hold("eva@ac-reunion.fr", raw=RAW, days_ago=20)
    assert expiry.expire() == 1
    assert files(folder) == 0
    assert HeldContent.objects.get().stored_as == ""


def test_what_is_on_its_way_to_the_alert_address_waits(folder: Path) -> None:
    hold = make_hold(ANNE, days_ago=20)
    AlertReport.objects.create(hold=hold, comment=sealing.seal(b""), asked_by=ANNE, asked_at=timezone.now())
    assert expiry.expire() == 0
    AlertReport.objects.update(state="sent")
    assert expiry.expire() == 1


def test_batches_go_on_until_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry, "BATCH", 2)
    for _ in range(5):
        make_hold(ANNE, days_ago=20)
    assert expiry.expire() == 5
    assert [entry.details["count"] for entry in JournalEntry.objects.order_by("pk")] == [2, 2, 1]


def test_files_without_a_row_and_old_passages_go(folder: Path) -> None:
    kept = make_hold(ANNE).content.stored_as
    for name, age in (("aa/old", 7200), ("aa/young.part", 60)):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
        os.utime(path, (time.time() - age,) * 2)
    now = timezone.now()
    for days in (6, 8):
        Passage.objects.create(key=str(days), state="held", at=now - timedelta(days=days))
    expiry.expire()
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == {
        kept, "aa/young.part",
    }  # fmt: skip
    assert [passage.key for passage in Passage.objects.all()] == ["6"]


def test_the_same_message_can_be_held_again_afterwards(folder: Path) -> None:
    make_hold(ANNE, raw=RAW, days_ago=20)
    expiry.expire()
    again = make_hold(ANNE, raw=RAW)
    assert held.contents.read(again.content.stored_as) == RAW
