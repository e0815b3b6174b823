"""What is done about findings, up to what Zimbra holds afterwards."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import Agent, JournalEntry, Notice
from accounts.sentences import sentence
from boxes import delegations, work
from boxes.models import Box, BoxFinding, BoxIdentity, BoxShare, Delegation, Role
from boxes.reconcile import checking, decisions, words
from tests.boxes.reconciled import Standing, make_standing
from tests.boxes.sync.held import of_box, of_person
from tests.each import each
from tests.factories import make_moved_agent, make_shared_box
from tests.simulated import Simulated
from zimbra.types import Identity

pytestmark = pytest.mark.django_db


@pytest.fixture
def standing(door: Simulated, person: Callable[..., Agent]) -> Standing:
    return make_standing(door, person)


@pytest.fixture
def settled(standing: Standing) -> Callable[[], None]:
    """Whatever was decided reaches Zimbra, and a comparison finds nothing more."""

    def run() -> None:
        checking.check(standing.box.pk)
        standing.advance()
        assert standing.check() == []

    return run


def restore(standing: Standing, by: Agent | None = None) -> None:
    decisions.restore(finding=standing.only(), by=by or standing.owner)


def adopt(standing: Standing, by: Agent | None = None) -> None:
    decisions.adopt(finding=standing.only(), by=by or standing.owner)


def letters(standing: Standing) -> dict[str, str]:
    return of_box(standing.door, standing.box.address).grants["/"]


# --- restore --------------------------------------------------------------------------------------------------------


def test_restore_access_that_was_taken_in_zimbra(standing: Standing, settled: Callable[[], None]) -> None:
    with standing.as_box() as client:
        client.revoke("1", standing.reader.address)
    standing.check()
    restore(standing)
    settled()
    assert letters(standing)[standing.reader.address] == "r"
    entry = JournalEntry.objects.get(action="box.finding_restored")
    assert entry.actor == standing.owner.address
    assert standing.reader.address in sentence(entry)
    assert Notice.objects.filter(recipient=standing.reader, title__contains="remise en ordre").exists()


def test_restore_rights_that_were_changed_in_zimbra(standing: Standing, settled: Callable[[], None]) -> None:
    with standing.as_box() as client:
        client.grant("1", standing.reader.address, "rwidxa")
    standing.check()
    restore(standing)
    settled()
    assert letters(standing)[standing.reader.address] == "r"


def test_restore_takes_unknown_access_away(
    standing: Standing, person: Callable[..., Agent], settled: Callable[[], None]
) -> None:
    stranger = person()
    with standing.as_box() as client:
        client.grant("1", stranger.address, "r")
    standing.check()
    restore(standing)
    # Until Zimbra has followed it stands there, and is not decided on twice.
    assert standing.only().restore_asked_at
    with pytest.raises(decisions.Settled):
        restore(standing)
    settled()
    assert stranger.address not in letters(standing)
    assert Notice.objects.filter(recipient=stranger).count() == 1


@pytest.mark.parametrize("kind", ["pub", "dom"])
def test_restore_takes_access_of_everybody_away(standing: Standing, settled: Callable[[], None], kind: str) -> None:
    with standing.as_box() as client:
        client.grant("1", "academie.example" if kind == "dom" else "", "r", kind=kind)
        standing.check()
        assert not words.adopts(standing.only())
        restore(standing)
        settled()
        assert {one.kind for one in client.grants("1")} == {"usr"}


def test_restore_takes_access_of_somebody_who_is_no_more_away(
    standing: Standing, door: Simulated, settled: Callable[[], None]
) -> None:
    address = door.create_account()
    with standing.as_box() as client:
        client.grant("1", address, "r")
        client.grant_right("sendAs", address)
    with door.admin() as admin:
        admin.delete_account(admin.get_account(address).id)
    standing.check()
    for finding in BoxFinding.objects.filter(settled_at=None):
        assert "compte disparu" in words.seen(finding).casefold()
        decisions.restore(finding=finding, by=standing.owner)
    settled()


def test_restore_the_right_to_send(standing: Standing, settled: Callable[[], None]) -> None:
    with standing.as_box() as client:
        client.revoke_right("sendAs", standing.member.address)
    standing.check()
    assert not words.adopts(standing.only())
    restore(standing)
    settled()
    assert standing.member.address in of_box(standing.door, standing.box.address).senders


@pytest.mark.parametrize("right", ["sendAs", "loginAs"])
def test_restore_takes_an_unknown_right_away(standing: Standing, settled: Callable[[], None], right: str) -> None:
    with standing.as_box() as client:
        client.grant_right(right, standing.reader.address)
        standing.check()
        restore(standing)
        settled()
        assert standing.reader.address not in {one.name for one in client.account_rights(right)}


@pytest.mark.parametrize("thrown", [False, True])
def test_restore_a_mount_by_the_person(standing: Standing, settled: Callable[[], None], thrown: bool) -> None:
    with standing.mailbox(standing.reader.address) as client:
        [link] = client.folders().mountpoints()
        client.trash_folder(link.id) if thrown else client.remove_mountpoint(link.id)
    standing.check()
    # The own folders are nobody else's business, owners included.
    with pytest.raises(decisions.NotYours):
        restore(standing)
    restore(standing, by=standing.reader)
    settled()
    assert of_person(standing.door, standing.reader.address).paths == ["/École"]


def test_restore_an_identity(standing: Standing, settled: Callable[[], None]) -> None:
    with standing.mailbox(standing.member.address) as client:
        [one] = [one for one in client.identities() if not one.is_default]
        client.delete_identity(one.id)
    standing.check()
    assert not words.adopts(standing.only())
    restore(standing, by=standing.member)
    settled()
    assert of_person(standing.door, standing.member.address).identities == (("École", standing.box.address),)


def test_restore_settings_of_the_box(standing: Standing, settled: Callable[[], None]) -> None:
    with standing.door.admin() as admin:
        admin.modify_account(standing.box.zimbra_id, {"zimbraMailQuota": "1000"})
    standing.check()
    restore(standing)
    settled()


def test_restore_a_box_that_was_lost(standing: Standing, settled: Callable[[], None]) -> None:
    with standing.door.admin() as admin:
        admin.delete_account(standing.box.zimbra_id)
    standing.check()
    restore(standing)
    assert standing.check() == []
    settled()
    assert letters(standing) == {
        standing.owner.address: "rwidxa",
        standing.member.address: "rwidx",
        standing.reader.address: "r",
    }
    assert Box.objects.get(pk=standing.box.pk).zimbra_id != standing.box.zimbra_id


def test_restore_a_box_that_somebody_made_anew(standing: Standing, settled: Callable[[], None]) -> None:
    with standing.door.admin() as admin:
        admin.delete_account(standing.box.zimbra_id)
        admin.create_account(standing.box.address, "a-long-password-of-somebody")
    assert standing.check() == [("account_differs", "")]
    restore(standing)
    settled()
    assert len(letters(standing)) == 3


def test_restore_a_share_that_was_made_in_zimbra(
    standing: Standing, person: Callable[..., Agent], settled: Callable[[], None]
) -> None:
    third = person()
    with standing.as_box() as client:
        folder = client.create_folder("Direction")
        client.grant(folder.id, third.address, "r")
    standing.check()
    standing.advance()
    restore(standing)
    settled()
    assert third.address not in of_box(standing.door, standing.box.address).grants["/Direction"]


def test_restore_leaves_access_that_was_given_since(
    standing: Standing, person: Callable[..., Agent], settled: Callable[[], None]
) -> None:
    newcomer = person()
    with standing.as_box() as client:
        client.grant("1", newcomer.address, "r")
    standing.check()
    restore(standing)
    delegations.grant(box=standing.box, agent=newcomer, role=Role.READER, by=standing.owner)
    standing.advance()
    settled()
    assert letters(standing)[newcomer.address] == "r"


def test_restore_that_zimbra_refuses_stays_open(standing: Standing, monkeypatch: pytest.MonkeyPatch) -> None:
    from zimbra.client import ZimbraClient
    from zimbra.errors import NotAllowed

    with standing.as_box() as client:
        client.grant("1", "academie.example", "r", kind="dom")
    standing.check()
    restore(standing)

    def refuse(*args: object) -> None:
        raise NotAllowed("service.PERM_DENIED")

    monkeypatch.setattr(ZimbraClient, "revoke", refuse)
    assert standing.check() == [("grant_unknown", standing.only().grantee)]
    assert standing.only().restore_asked_at is None


def test_restore_is_for_whom_it_concerns(standing: Standing, person: Callable[..., Agent]) -> None:
    with standing.as_box() as client:
        client.revoke("1", standing.reader.address)
    standing.check()
    for agent in (standing.member, standing.reader, make_moved_agent()):
        with pytest.raises(decisions.NotYours):
            restore(standing, by=agent)
        with pytest.raises(decisions.NotYours):
            adopt(standing, by=agent)
    restore(standing, by=make_moved_agent(is_staff=True))
    assert standing.open() == []


# --- adopt ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by_staff", [False, True])
def test_adopt_access_that_was_taken_in_zimbra(standing: Standing, settled: Callable[[], None], by_staff: bool) -> None:
    with standing.as_box() as client:
        client.revoke("1", standing.member.address)
    standing.check()
    adopt(standing, by=make_moved_agent(is_staff=True) if by_staff else None)
    settled()
    assert not Delegation.objects.filter(box=standing.box, agent=standing.member).exists()
    mine = of_person(standing.door, standing.member.address)
    assert (mine.mounts, mine.identities) == ((), ())
    assert standing.member.address not in of_box(standing.door, standing.box.address).senders
    assert Notice.objects.filter(recipient=standing.member, kind="box.revoked").exists()
    assert JournalEntry.objects.filter(action__in=["box.revoked", "box.finding_adopted"]).count() == 2


@pytest.mark.parametrize(("rights", "role"), [("rwidxap", Role.OWNER), ("rwi", Role.MEMBER)])
def test_adopt_rights_that_were_changed_in_zimbra(
    standing: Standing, settled: Callable[[], None], rights: str, role: Role
) -> None:
    with standing.as_box() as client:
        client.grant("1", standing.reader.address, rights)
    standing.check()
    adopt(standing)
    settled()
    assert standing.row(standing.reader).role == role
    assert letters(standing)[standing.reader.address] == ("rwidxa" if role == Role.OWNER else "rwidx")


def test_adopt_never_takes_the_last_owner_away(standing: Standing) -> None:
    with standing.as_box() as client:
        client.revoke("1", standing.owner.address)
    standing.check()
    for by in (standing.owner, make_moved_agent(is_staff=True)):
        with pytest.raises(delegations.LastOwner):
            adopt(standing, by=by)
    assert standing.open() == [("grant_missing", standing.owner.address)]
    assert standing.row(standing.owner).is_active
    with standing.as_box() as client:
        client.grant("1", standing.owner.address, "r")
    standing.check()
    with pytest.raises(delegations.LastOwner):
        adopt(standing)


def test_adopt_access_that_was_given_in_zimbra(
    standing: Standing, person: Callable[..., Agent], settled: Callable[[], None]
) -> None:
    newcomer = person()
    with standing.as_box() as client:
        client.grant("1", newcomer.address, "rwidx")
    standing.check()
    adopt(standing)
    settled()
    assert standing.row(newcomer).role == Role.MEMBER
    assert of_person(standing.door, newcomer.address).paths == ["/École"]
    assert Notice.objects.filter(recipient=newcomer, kind="box.granted").exists()


def test_adopt_access_of_somebody_nobody_knows(standing: Standing, door: Simulated) -> None:
    with standing.as_box() as client:
        client.grant("1", door.create_account(), "r")
    standing.check()
    with pytest.raises(decisions.Stranger):
        adopt(standing)


def test_adopt_access_of_somebody_who_has_not_moved(standing: Standing, person: Callable[..., Agent]) -> None:
    newcomer = person(migrated_at=None)
    with standing.as_box() as client:
        client.grant("1", newcomer.address, "r")
    standing.check()
    with pytest.raises(delegations.NotMigrated):
        adopt(standing)
    assert standing.open() == [("grant_unknown", newcomer.address)]


def test_adopt_the_right_to_send_makes_a_reader_a_member(standing: Standing, settled: Callable[[], None]) -> None:
    with standing.as_box() as client:
        client.grant_right("sendAs", standing.reader.address)
    standing.check()
    adopt(standing)
    settled()
    assert standing.row(standing.reader).role == Role.MEMBER


def test_adopt_the_right_to_send_of_somebody_without_access(standing: Standing, person: Callable[..., Agent]) -> None:
    with standing.as_box() as client:
        client.grant_right("sendAs", person().address)
    standing.check()
    with pytest.raises(decisions.NotAdoptable):
        adopt(standing)


@pytest.mark.parametrize("by_staff", [False, True])
def test_adopt_a_mount_that_is_gone_hides_the_box(
    standing: Standing, settled: Callable[[], None], by_staff: bool
) -> None:
    with standing.mailbox(standing.reader.address) as client:
        [link] = client.folders().mountpoints()
        client.remove_mountpoint(link.id)
    standing.check()
    adopt(standing, by=make_moved_agent(is_staff=True) if by_staff else standing.reader)
    settled()
    assert standing.row(standing.reader).hidden
    assert of_person(standing.door, standing.reader.address).paths == []


def test_adopt_an_own_identity_that_was_deleted(standing: Standing, settled: Callable[[], None]) -> None:
    row = BoxIdentity.objects.create(delegation=standing.row(standing.member), name="Examens", from_name="Examens")
    work.ask(standing.box)
    standing.advance()
    row.refresh_from_db()
    with standing.mailbox(standing.member.address) as client:
        client.delete_identity(row.zimbra_id)
    standing.check()
    adopt(standing, by=standing.member)
    settled()
    assert not BoxIdentity.objects.filter(pk=row.pk).exists()


def test_identity_that_writes_as_somebody_else(standing: Standing, settled: Callable[[], None]) -> None:
    with standing.mailbox(standing.member.address) as client:
        [one] = [one for one in client.identities() if not one.is_default]
        client.update_identity(one.id, Identity(one.name, from_address=standing.member.address))
        assert standing.check() == [("identity_differs", standing.member.address)]
        assert not words.adopts(standing.only())
        restore(standing, by=standing.member)
        settled()
        [one] = [one for one in client.identities() if not one.is_default]
        assert one.from_address == standing.box.address


def test_adopt_shares(standing: Standing, person: Callable[..., Agent], settled: Callable[[], None]) -> None:
    third = person()
    with standing.as_box() as client:
        folder = client.create_folder("Projets", view="message")
        client.grant(folder.id, third.address, "r")
        standing.check()
        standing.advance()
        adopt(standing, by=make_moved_agent(is_staff=True))
        settled()
        share = BoxShare.objects.get()
        assert (share.agent, share.access, share.folder_path) == (third, "read", "/Projets")
        assert of_person(standing.door, third.address).paths == [share.path]
        client.grant(folder.id, third.address, "rwidx")
        standing.check()
        adopt(standing)
        settled()
        share.refresh_from_db()
        assert share.access == "write"
        client.revoke(folder.id, third.address)
        standing.check()
        adopt(standing)
        settled()
        assert not BoxShare.objects.exists()


def test_adopt_a_shared_item_that_is_not_mounted_ends_the_share(
    standing: Standing, person: Callable[..., Agent], settled: Callable[[], None]
) -> None:
    third = person()
    with standing.as_box() as client:
        folder = client.create_folder("Projets")
    BoxShare.objects.create(box=standing.box, folder_id=folder.id, folder_path="/Projets", agent=third, access="read")
    work.ask(standing.box)
    standing.advance()
    with standing.mailbox(third.address) as client:
        [link] = client.folders().mountpoints()
        client.remove_mountpoint(link.id)
    assert standing.check() == [("mount_missing", third.address)]
    adopt(standing)
    settled()
    assert not BoxShare.objects.exists()


# --- words, and all kinds -------------------------------------------------------------------------------------------


@each("kind", BoxFinding.Kind.values)
@each(
    ("grantee", "expected", "found", "folder_id", "folder_path"),
    [
        ("a@ac-reunion.fr", "r", "rwidx", "1", ""),
        ("a@ac-reunion.fr", "r", "guest r", "270", "/Direction"),
        ("99999999-9999", "", "pub r", "1", ""),
        ("", "42949672960", "0", "zimbraMailQuota", ""),
        ("", "id-1", "id-2", "account", ""),
        ("a@ac-reunion.fr", "", "", "", ""),
    ],
)
def test_words_for_whatever_is_found(
    kind: str, grantee: str, expected: str, found: str, folder_id: str, folder_path: str
) -> None:
    finding = BoxFinding(
        kind=kind, grantee=grantee, expected=expected, found=found, folder_id=folder_id, folder_path=folder_path
    )
    for said in (words.seen(finding), words.restores(finding)):
        assert said.endswith(".")
        assert "None" not in said
    assert words.adopts(finding) == "" or words.adopts(finding).endswith(".")


def test_restore_all_leaves_out_what_is_not_to_be_decided_by_the_person() -> None:
    owner, member = make_moved_agent(), make_moved_agent()
    box = make_shared_box((owner, Role.OWNER), (member, Role.MEMBER), in_zimbra=True)
    for kind in ("grant_missing", "mount_missing"):
        BoxFinding.objects.create(box=box, kind=kind, grantee=member.address, last_seen_at=timezone.now())
    assert decisions.restore_all(findings=BoxFinding.objects.all(), by=owner) == 1
    assert BoxFinding.objects.get(settled_at=None).kind == "mount_missing"
    assert decisions.restore_all(findings=BoxFinding.objects.all(), by=None) == 1
    assert len(mail.outbox) == 0


def test_what_was_found_about_an_access_is_overtaken_by_a_decision_on_the_page_of_members(standing: Standing) -> None:
    given = make_moved_agent()
    kinds = BoxFinding.Kind
    for kind, whose in ((kinds.GRANT_UNKNOWN, given), (kinds.GRANT_UNKNOWN, make_moved_agent())):
        BoxFinding.objects.create(
            box=standing.box, kind=kind, grantee=whose.address, found="r", last_seen_at=timezone.now()
        )
    row = delegations.grant(box=standing.box, agent=given, role=Role.READER, by=standing.owner)
    waiting = BoxFinding.objects.filter(settled_at__isnull=True)
    assert not waiting.filter(grantee=given.address).exists()
    assert waiting.count() == 1
    BoxFinding.objects.create(
        box=standing.box, kind=kinds.GRANT_MISSING, grantee=given.address, expected="r", last_seen_at=timezone.now()
    )
    delegations.revoke(delegation=row, by=standing.owner)
    assert not waiting.filter(grantee=given.address).exists()
