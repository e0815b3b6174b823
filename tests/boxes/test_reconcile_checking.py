"""A box compared with a simulated Zimbra in which somebody changed something behind the portal's back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from accounts import claims
from accounts.models import Agent, JournalEntry
from boxes import tasks
from boxes.models import Box, BoxCheck, BoxFinding, BoxIdentity, BoxShare, Delegation
from boxes.reconcile import asking, checking, findings, open_count, reading
from tests.boxes.reconciled import Standing, make_standing
from tests.boxes.sync.held import of_box, of_person
from tests.factories import make_moved_agent
from tests.simulated import Simulated
from zimbra.errors import Unavailable

pytestmark = pytest.mark.django_db


@pytest.fixture
def standing(door: Simulated, person: Callable[..., Agent]) -> Standing:
    return make_standing(door, person)


def test_check_of_a_box_that_is_in_line(standing: Standing) -> None:
    assert standing.check() == []
    row = BoxCheck.objects.get(box=standing.box)
    assert row.checked_at
    assert (row.asked_at, row.error_code, row.unseen) == (None, "", 0)
    standing.box.refresh_from_db()
    assert standing.box.work_asked_at is None
    assert standing.box.holder == ""


def test_check_finds_what_was_changed_at_the_box(standing: Standing, person: Callable[..., Agent]) -> None:
    stranger = person()
    with standing.as_box() as client:
        client.grant("1", standing.member.address, "r")
        client.revoke("1", standing.reader.address)
        client.grant("1", stranger.address, "rwidx")
        client.revoke_right("sendAs", standing.owner.address)
        client.grant_right("sendAs", standing.reader.address)
    assert standing.check() == [
        ("grant_differs", standing.member.address),
        ("grant_missing", standing.reader.address),
        ("grant_unknown", stranger.address),
        ("send_missing", standing.owner.address),
        ("send_unknown", standing.reader.address),
    ]
    differs = BoxFinding.objects.get(kind="grant_differs", box=standing.box)
    assert (differs.expected, differs.found, differs.folder_path) == ("rwidx", "r", "")
    assert open_count(standing.box) == 5
    # Nothing was overwritten.
    held = of_box(standing.door, standing.box.address)
    assert held.grants["/"][standing.member.address] == "r"
    assert stranger.address in held.grants["/"]
    standing.box.refresh_from_db()
    assert standing.box.work_asked_at is None


def test_check_again_refreshes_and_settles(standing: Standing) -> None:
    with standing.as_box() as client:
        client.revoke("1", standing.reader.address)
        standing.check()
        first = standing.only()
        standing.check()
        again = standing.only()
        assert again.pk == first.pk
        assert again.last_seen_at > first.last_seen_at
        client.grant("1", standing.reader.address, "r")
    assert standing.check() == []
    again.refresh_from_db()
    assert again.settled_at


def test_check_finds_what_is_missing_in_a_mailbox(standing: Standing) -> None:
    with standing.mailbox(standing.member.address) as client:
        tree, identities = client.folders_and_identities()
        [link] = tree.mountpoints()
        client.remove_mountpoint(link.id)
        [identity] = [one for one in identities if not one.is_default]
        client.delete_identity(identity.id)
    assert standing.check() == [
        ("identity_missing", standing.member.address),
        ("mount_missing", standing.member.address),
    ]


def test_check_finds_a_mount_in_the_trash(standing: Standing) -> None:
    with standing.mailbox(standing.reader.address) as client:
        [link] = client.folders().mountpoints()
        client.trash_folder(link.id)
    assert standing.check() == [("mount_missing", standing.reader.address)]
    assert standing.only().found == "trash"


def test_check_follows_what_people_do_with_their_own_folders(standing: Standing) -> None:
    with standing.mailbox(standing.member.address) as client:
        [link] = client.folders().mountpoints()
        client.rename_folder(link.id, "Mon école")
        [identity] = [one for one in client.identities() if not one.is_default]
        client.change_identity(identity.id, {"zimbraPrefFromDisplay": "Le secrétariat"})
    assert standing.check() == []
    row = standing.row(standing.member)
    assert row.path == "/Mon école"
    assert row.identities.get().from_name == "Le secrétariat"
    assert row.identities.get().is_in_place
    standing.box.refresh_from_db()
    assert standing.box.work_asked_at is None


def test_check_follows_a_hidden_box_that_was_mounted_again(standing: Standing) -> None:
    from boxes import delegations

    delegations.hide(delegation=standing.row(standing.reader), by=standing.reader)
    standing.advance()
    assert standing.check() == []
    with standing.mailbox(standing.reader.address) as client:
        client.create_mountpoint(standing.box.address, "1", "École de retour")
    assert standing.check() == []
    row = standing.row(standing.reader)
    assert (row.hidden, row.path, row.is_in_place) == (False, "/École de retour", True)
    assert JournalEntry.objects.filter(action="box.shown_in_zimbra").count() == 1


def test_check_mends_a_folder_that_a_share_cut_members_off(
    standing: Standing, person: Callable[..., Agent], django_capture_on_commit_callbacks
) -> None:
    third = person()
    with standing.as_box() as client:
        folder = client.create_folder("Direction")
        client.grant(folder.id, third.address, "r")
    with django_capture_on_commit_callbacks(execute=True):
        assert standing.check() == [("share_unknown", third.address)]
    held = of_box(standing.door, standing.box.address)
    assert held.grants["/Direction"] == {
        third.address: "r",
        standing.owner.address: "rwidxa",
        standing.member.address: "rwidx",
        standing.reader.address: "r",
    }
    assert JournalEntry.objects.get(action="box.cut_mended").details["folders"] == "Direction"
    # And once is enough.
    assert standing.check() == [("share_unknown", third.address)]
    assert JournalEntry.objects.filter(action="box.cut_mended").count() == 1


def test_check_finds_a_box_that_is_gone(standing: Standing) -> None:
    with standing.door.admin() as admin:
        admin.delete_account(admin.get_account(standing.box.address).id)
    assert standing.check() == [("account_missing", "")]


def test_check_finds_settings_of_the_box(standing: Standing) -> None:
    with standing.door.admin() as admin:
        admin.modify_account(standing.box.zimbra_id, {"zimbraPrefDelegatedSendSaveTarget": "sender"})
    assert standing.check() == [("account_differs", "")]
    assert standing.only().found == "sender"


def test_check_names_a_grantee_that_is_no_more_by_its_id(standing: Standing, door: Simulated) -> None:
    address = door.create_account()
    with standing.as_box() as client:
        client.grant("1", address, "r")
    with door.admin() as admin:
        gone = admin.get_account(address).id
        admin.delete_account(gone)
    assert standing.check() == [("grant_unknown", gone)]


def test_check_of_somebody_whose_mailbox_is_gone(standing: Standing) -> None:
    with standing.mailbox(standing.reader.address) as client:
        [link] = client.folders().mountpoints()
        client.remove_mountpoint(link.id)
    standing.check()
    with standing.door.admin() as admin:
        admin.delete_account(admin.get_account(standing.reader.address).id)
    found = standing.check()
    assert ("grant_missing", standing.reader.address) in found
    # What could not be looked at is neither opened nor settled.
    assert ("mount_missing", standing.reader.address) in found
    assert BoxCheck.objects.get(box=standing.box).unseen == 1


def test_check_knows_people_by_their_other_addresses(standing: Standing) -> None:
    with standing.door.admin() as admin:
        account = admin.get_account(standing.member.address)
        admin.rename_account(account.id, f"nouveau.{standing.member.address}")
        admin.add_alias(account.id, standing.member.address)
    assert standing.check() == []


def test_check_leaves_what_is_on_its_way_to_the_synchronisation(standing: Standing) -> None:
    from boxes import delegations

    delegations.revoke(delegation=standing.row(standing.reader), by=standing.owner)
    delegations.change_role(delegation=standing.row(standing.member), role=delegations.Role.READER, by=standing.owner)
    assert standing.check() == []


def test_check_has_troubles_tried_anew(standing: Standing, django_capture_on_commit_callbacks) -> None:
    Delegation.objects.filter(box=standing.box, agent=standing.member).update(
        applied_role="", trouble="account.NO_SUCH_ACCOUNT"
    )
    with django_capture_on_commit_callbacks(execute=True):
        assert standing.check() == []
    assert standing.row(standing.member).is_in_place
    assert standing.row(standing.member).trouble == ""


def test_check_waits_for_a_zimbra_that_does_not_answer(standing: Standing) -> None:
    with standing.as_box() as client:
        client.revoke("1", standing.reader.address)
    standing.check()
    asking.ask(standing.box)
    with standing.door.disturbed(mode="down"):
        wait = checking.check(standing.box.pk)
    assert wait
    row = BoxCheck.objects.get(box=standing.box)
    assert row.asked_at
    assert row.error_code
    assert row.attempts == 1
    assert standing.open() == [("grant_missing", standing.reader.address)]
    # Not before its time, and then it goes through.
    assert checking.check(standing.box.pk) is None
    BoxCheck.objects.update(retry_at=timezone.now())
    assert asking.waiting() == [standing.box.pk]
    assert checking.check(standing.box.pk) is None
    row.refresh_from_db()
    assert (row.asked_at, row.error_code, row.attempts, row.retry_at) == (None, "", 0, None)


def test_check_killed_in_the_middle_is_done_again(standing: Standing, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    with standing.as_box() as client:
        client.revoke("1", standing.reader.address)
    asking.ask(standing.box)
    calls = iter(range(100))
    read = reading.read_person

    def once_killed(*args: object) -> object:
        if next(calls) == 1:
            raise Killed
        return read(*args)

    monkeypatch.setattr(reading, "read_person", once_killed)
    with pytest.raises(Killed):
        checking.check(standing.box.pk)
    assert standing.open() == []
    BoxCheck.objects.update(retry_at=None)
    assert checking.check(standing.box.pk) is None
    assert standing.open() == [("grant_missing", standing.reader.address)]


def test_check_leaves_a_box_that_another_worker_holds(standing: Standing) -> None:
    claim = claims.take(Box, standing.box.pk)
    assert claim
    asking.ask(standing.box)
    assert checking.check(standing.box.pk) == checking.BUSY_SECONDS
    claim.release()
    BoxCheck.objects.update(retry_at=None)
    assert checking.check(standing.box.pk) is None
    assert BoxCheck.objects.get().checked_at


def test_check_throws_away_what_it_saw_when_the_rows_changed(
    standing: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    from boxes import delegations

    read = reading.read_box
    with standing.as_box() as client:
        client.revoke("1", standing.reader.address)

    def changing(*args: object) -> object:
        seen = read(*args)
        delegations.revoke(delegation=standing.row(standing.reader), by=standing.owner)
        return seen

    monkeypatch.setattr(reading, "read_box", changing)
    assert checking.run(standing.box.pk) == (None, checking.BUSY_SECONDS)
    assert standing.open() == []


def test_nightly_check_marks_and_hands_out_every_box(standing: Standing) -> None:
    Box.objects.create(address="pas-encore@ac-reunion.fr", name="Pas encore")
    tasks.check_boxes()
    assert BoxCheck.objects.get().checked_at
    assert asking.waiting() == []


def test_waiting_finds_a_message_that_was_lost(standing: Standing) -> None:
    asking.ask(standing.box)
    assert asking.waiting() == []
    BoxCheck.objects.update(asked_at=timezone.now() - asking.PATIENCE * 2)
    assert asking.waiting() == [standing.box.pk]
    tasks.resume_checks()
    assert BoxCheck.objects.get().asked_at is None


def test_ask_of_a_box_that_is_not_transferred() -> None:
    box = Box.objects.create(address="pas-encore@ac-reunion.fr", name="Pas encore")
    asking.ask(box)
    assert not BoxCheck.objects.exists()


def test_compare_takes_one_request_for_each_person(standing: Standing, monkeypatch: pytest.MonkeyPatch) -> None:
    from zimbra.endpoint import Endpoint

    sent = []
    call = Endpoint.call
    monkeypatch.setattr(Endpoint, "call", lambda self, request, **more: sent.append(1) or call(self, request, **more))
    standing.check()
    # The account, its folders, its rights; one for each of three people. Signing in is kept from one go to the next.
    assert len(sent) <= 6 + 4


def test_concerning_whom(standing: Standing, django_user_model) -> None:
    rows = [
        ("grant_unknown", "x@ailleurs.example", "1"),
        ("mount_missing", standing.member.address, ""),
        ("mount_missing", standing.reader.address, ""),
        ("mount_missing", "tiers@ailleurs.example", "270"),
        ("identity_missing", standing.owner.address, "i-1"),
    ]
    for kind, grantee, folder in rows:
        BoxFinding.objects.create(
            box=standing.box, kind=kind, grantee=grantee, folder_id=folder, last_seen_at=timezone.now()
        )
    staff, stranger = make_moved_agent(is_staff=True), make_moved_agent()

    def seen(agent: Agent) -> list[tuple[str, str]]:
        return [(one.kind, one.grantee) for one in findings.concerning(agent, standing.box)]

    assert seen(stranger) == []
    assert seen(standing.reader) == [("mount_missing", standing.reader.address)]
    assert seen(standing.member) == [("mount_missing", standing.member.address)]
    assert set(seen(standing.owner)) == {
        ("grant_unknown", "x@ailleurs.example"),
        ("mount_missing", "tiers@ailleurs.example"),
        ("identity_missing", standing.owner.address),
    }
    assert len(seen(staff)) == 5
    assert open_count(standing.box, standing.owner) == 3


def test_check_of_shares(standing: Standing, person: Callable[..., Agent]) -> None:
    third = person()
    with standing.as_box() as client:
        folder = client.create_folder("Projets")
    share = BoxShare.objects.create(
        box=standing.box, folder_id=folder.id, folder_path="/Projets", agent=third, access=BoxShare.Access.READ
    )
    from boxes import work

    work.ask(standing.box)
    standing.advance()
    assert standing.check() == []
    share.refresh_from_db()
    assert of_person(standing.door, third.address).paths == [share.path]
    with standing.as_box() as client:
        client.grant(folder.id, third.address, "rwidx")
    assert standing.check() == [("share_differs", third.address)]
    with standing.as_box() as client:
        client.revoke(folder.id, third.address)
    assert standing.check() == [("share_missing", third.address)]
    with standing.as_box() as client:
        client.delete_folder(folder.id)
    assert standing.check() == [("share_missing", third.address)]


def test_unavailable_mailbox_in_maintenance_stops_nobody_else(
    standing: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = reading.read_person

    def closed(door: object, address: str, *more: object) -> object:
        if address == standing.member.address:
            raise Unavailable("account.MAINTENANCE_MODE")
        return read(door, address, *more)

    monkeypatch.setattr(reading, "read_person", closed)
    with standing.mailbox(standing.reader.address) as client:
        [link] = client.folders().mountpoints()
        client.remove_mountpoint(link.id)
    assert standing.check() == [("mount_missing", standing.reader.address)]
    assert BoxCheck.objects.get().unseen == 1
    assert BoxIdentity.objects.filter(delegation__box=standing.box).count() == 2
