"""The account of a box: made once, taken when it is there, never somebody else's."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from accounts.models import JournalEntry
from boxes import work
from boxes.models import Box
from boxes.sync import engine
from tests.boxes.sync.held import open_as
from tests.factories import make_box
from tests.simulated import DOMAIN, Simulated

pytestmark = pytest.mark.django_db


def asked(number: str, **fields: object) -> Box:
    """A box whose transfer was just asked for, and nobody with access."""
    box = make_box(address=f"{number}@{DOMAIN}", transfer_asked_at=timezone.now(), **fields)
    work.ask(box)
    return box


def attributes(door: Simulated, box: Box) -> dict[str, str]:
    with door.admin() as admin:
        return dict(admin.get_account(box.address).attributes)


def test_account_is_made_with_quota_setting_and_folders(
    door: Simulated, advance: Callable[[int], None], settings
) -> None:
    settings.BOX_FOLDERS = ["Archives", "Conseils/2026"]
    box = asked("ce.9740001a", name="Collège « Les Filaos »")
    advance(box.pk)
    box.refresh_from_db()
    found = attributes(door, box)
    assert found["zimbraId"] == box.zimbra_id
    assert found["zimbraMailQuota"] == str(40 * 1024**3)
    assert found["zimbraPrefDelegatedSendSaveTarget"] == "owner"
    assert found["displayName"] == "Collège « Les Filaos »"
    with open_as(door, box.address) as client:
        paths = {folder.path for folder in client.folders().walk()}
    assert {"/Archives", "/Conseils/2026"} <= paths
    assert box.transferred_at
    assert box.work_asked_at is None
    [entry] = JournalEntry.objects.filter(action="box.transferred")
    assert entry.target == f"box:{box.pk}"


def test_account_that_is_there_is_taken_and_brought_in_line(door: Simulated, advance: Callable[[int], None]) -> None:
    address = door.create_account(f"deja.la@{DOMAIN}", zimbraMailQuota="1000", displayName="Tel quel")
    with door.client(address) as client:
        client.create_folder("Archives", view="message")
    box = asked("deja.la", name="Autre nom")
    advance(box.pk)
    found = attributes(door, box)
    assert found["zimbraMailQuota"] == str(40 * 1024**3)
    assert found["displayName"] == "Tel quel"
    # Whoever moves the mail goes on signing in.
    with door.client(address) as client:
        assert [folder.name for folder in client.folders().children].count("Archives") == 1


def test_a_second_go_makes_nothing_and_tells_nothing_again(door: Simulated, advance: Callable[[int], None]) -> None:
    box = asked("deux.fois")
    advance(box.pk)
    before = Box.objects.get(pk=box.pk)
    work.ask(box)
    advance(box.pk)
    after = Box.objects.get(pk=box.pk)
    assert (after.zimbra_id, after.transferred_at) == (before.zimbra_id, before.transferred_at)
    assert JournalEntry.objects.filter(action="box.transferred").count() == 1


def test_two_boxes_of_the_same_name_are_two_accounts(door: Simulated, advance: Callable[[int], None]) -> None:
    boxes = [asked(f"pareille.{number}", name="Vie scolaire") for number in (1, 2)]
    for box in boxes:
        advance(box.pk)
    assert len(set(Box.objects.values_list("zimbra_id", flat=True))) == 2


def test_an_alias_of_somebody_is_not_taken_for_the_box(door: Simulated) -> None:
    address = door.create_account()
    with door.admin() as admin:
        account = admin.get_account(address)
        admin.add_alias(account.id, f"alias.de.quelqu-un@{DOMAIN}")
    box = asked("alias.de.quelqu-un")
    assert engine.advance(box.pk) is not None
    box.refresh_from_db()
    assert (box.waiting_for, box.transferred_at, box.zimbra_id) == ("box.OTHER_ACCOUNT", None, "")
    assert attributes(door, Box(address=address)).get("zimbraPrefDelegatedSendSaveTarget") != "owner"


def test_a_domain_that_zimbra_does_not_have_makes_the_box_wait_with_the_code(door: Simulated) -> None:
    box = make_box(address="boite@ailleurs.example", transfer_asked_at=timezone.now())
    work.ask(box)
    assert engine.advance(box.pk) is not None
    box.refresh_from_db()
    assert box.waiting_for == "account.NO_SUCH_DOMAIN"
    assert box.work_asked_at
    assert box.retry_at


def test_a_folder_that_zimbra_refuses_does_not_keep_the_box(
    door: Simulated, advance: Callable[[int], None], settings
) -> None:
    settings.BOX_FOLDERS = ["Inbox/Contacts", "x" * 400, "Archives"]
    box = asked("dossiers.refuses")
    with door.disturbed(refuse={"containing": "x" * 100, "code": "mail.INVALID_NAME"}):
        advance(box.pk)
    box.refresh_from_db()
    assert box.transferred_at


@pytest.mark.parametrize("after", range(7))
def test_an_answer_lost_anywhere_ends_in_one_whole_account(
    door: Simulated, advance: Callable[[int], None], after: int
) -> None:
    box = asked(f"perdue.{after}")
    with door.disturbed(mode="lost", after=after):
        engine.advance(box.pk)
    Box.objects.filter(pk=box.pk).update(retry_at=None)
    work.ask(box)
    advance(box.pk)
    box.refresh_from_db()
    assert attributes(door, box)["zimbraMailQuota"] == str(40 * 1024**3)
    assert box.transferred_at
    assert JournalEntry.objects.filter(action="box.transferred").count() == 1
