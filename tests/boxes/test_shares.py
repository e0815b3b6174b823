from __future__ import annotations

import pytest
from django.core import mail

from accounts.models import Agent, JournalEntry, Notice
from accounts.sentences import sentence
from boxes import delegations, shares
from boxes.delegations import NotActive, NotMigrated, NotOwner
from boxes.looks import SeenFolder
from boxes.models import Box, BoxShare, Delegation, Role
from tests.each import each
from tests.factories import make_agent, make_moved_agent, make_shared_box

pytestmark = pytest.mark.django_db

READ, WRITE = BoxShare.Access.READ, BoxShare.Access.WRITE
CALENDAR = SeenFolder("10", "/Calendar", "appointment")
FAMILIES = SeenFolder("260", "/Inbox/Familles", "message")


@pytest.fixture
def owner() -> Agent:
    return make_moved_agent()


@pytest.fixture
def guest() -> Agent:
    return make_moved_agent()


@pytest.fixture
def box(owner: Agent) -> Box:
    return make_shared_box((owner, Role.OWNER))


def share(box: Box, agent: Agent, by: Agent, *, folder: SeenFolder = CALENDAR, access=READ) -> BoxShare:
    return shares.share(box=box, folder=folder, agent=agent, access=access, by=by)


def test_a_share_is_written_told_and_asked_for_in_zimbra(
    box: Box, owner: Agent, guest: Agent, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks() as asked:
        row = share(box, guest, owner, folder=FAMILIES, access=WRITE)
    assert (row.folder_id, row.folder_path, row.view, row.access) == ("260", "/Inbox/Familles", "message", "write")
    assert not row.is_in_place
    box.refresh_from_db()
    assert box.work_asked_at
    assert len(asked) == 2
    entry = JournalEntry.objects.get(action="box.shared")
    assert (entry.actor, entry.subject, entry.target) == (owner.address, guest.address, f"box:{box.pk}")
    assert sentence(entry) == (
        f"a partagé « Réception/Familles » de la boîte {box.address} avec {guest.full_name} (lecture et modification)"
    )
    notice = Notice.objects.get(recipient=guest)
    assert notice.kind == "box.shared"
    assert "Réception/Familles" in notice.title
    assert notice.mail_state == Notice.Mail.WAITING
    assert mail.outbox == []


@each(
    ("folder_id", "path", "view"),
    [
        ("1", "/", ""),
        ("3", "/Trash", ""),
        ("300", "/Trash/Vieux", "message"),
        ("4", "/Junk", "message"),
        ("6", "/Drafts", "message"),
        ("14", "/Chats", "message"),
        ("16", "/Briefcase", "document"),
    ],
)
def test_some_folders_are_never_shared(box: Box, owner: Agent, guest: Agent, folder_id: str, path: str, view: str):
    with pytest.raises(shares.NotShareable):
        share(box, guest, owner, folder=SeenFolder(folder_id, path, view))
    assert not BoxShare.objects.exists()


@pytest.mark.parametrize("role", [Role.MEMBER, Role.READER, None])
def test_only_owners_share_change_and_revoke(box: Box, owner: Agent, guest: Agent, role: Role | None) -> None:
    somebody = make_moved_agent()
    if role:
        Delegation.objects.create(box=box, agent=somebody, role=role)
    row = share(box, guest, owner)
    for attempt in (
        lambda: share(box, guest, somebody, folder=FAMILIES),
        lambda: shares.change_access(share=row, access=WRITE, by=somebody),
        lambda: shares.revoke(share=row, by=somebody),
    ):
        with pytest.raises(NotOwner):
            attempt()
    assert list(BoxShare.objects.values_list("access", "removed")) == [("read", False)]


def test_staff_who_are_no_owners_share_nothing(box: Box, guest: Agent) -> None:
    with pytest.raises(NotOwner):
        share(box, guest, make_moved_agent(is_staff=True))


def test_only_people_who_moved_and_are_there_are_shared_with(box: Box, owner: Agent) -> None:
    with pytest.raises(NotMigrated):
        share(box, make_agent(), owner)
    with pytest.raises(NotActive):
        share(box, make_moved_agent(is_active=False), owner)


@pytest.mark.parametrize("role", [Role.OWNER, Role.MEMBER])
def test_whoever_writes_in_the_box_needs_no_share(box: Box, owner: Agent, guest: Agent, role: Role) -> None:
    Delegation.objects.create(box=box, agent=guest, role=role)
    for access in (READ, WRITE):
        with pytest.raises(shares.OfNoUse):
            share(box, guest, owner, access=access)


def test_a_reader_may_be_let_write_in_one_item(box: Box, owner: Agent, guest: Agent) -> None:
    Delegation.objects.create(box=box, agent=guest, role=Role.READER)
    with pytest.raises(shares.OfNoUse):
        share(box, guest, owner)
    row = share(box, guest, owner, access=WRITE)
    with pytest.raises(shares.OfNoUse):
        shares.change_access(share=row, access=READ, by=owner)


def test_a_delegation_that_was_taken_away_stops_no_share(box: Box, owner: Agent, guest: Agent) -> None:
    Delegation.objects.create(box=box, agent=guest, role=Role.MEMBER, state=Delegation.State.REMOVED)
    assert share(box, guest, owner).pk


def test_the_same_item_is_shared_once_with_a_person(box: Box, owner: Agent, guest: Agent) -> None:
    share(box, guest, owner)
    with pytest.raises(shares.AlreadyShared):
        share(box, guest, owner, access=WRITE)
    assert share(box, guest, owner, folder=FAMILIES).pk
    assert share(box, make_moved_agent(), owner).pk


def test_a_box_has_a_bound_of_shares(box: Box, owner: Agent, guest: Agent, monkeypatch) -> None:
    monkeypatch.setattr(shares, "MOST_SHARES", 1)
    row = share(box, guest, owner)
    with pytest.raises(shares.TooMany):
        share(box, guest, owner, folder=FAMILIES)
    shares.revoke(share=row, by=owner)
    assert share(box, guest, owner, folder=FAMILIES).pk


def test_access_is_changed_and_the_person_told(box: Box, owner: Agent, guest: Agent) -> None:
    row = share(box, guest, owner)
    BoxShare.objects.filter(pk=row.pk).update(trouble="mail.NO_SUCH_FOLDER")
    shares.change_access(share=row, access=READ, by=owner)
    assert JournalEntry.objects.filter(action="box.share_changed").count() == 0
    shares.change_access(share=row, access=WRITE, by=owner)
    row.refresh_from_db()
    assert (row.access, row.trouble) == ("write", "")
    assert "(lecture → lecture et modification)" in sentence(JournalEntry.objects.get(action="box.share_changed"))
    assert Notice.objects.filter(recipient=guest, kind="box.share_changed").count() == 1


def test_what_was_revoked_waits_for_zimbra_and_is_gone_for_everybody_else(box: Box, owner: Agent, guest: Agent) -> None:
    row = share(box, guest, owner)
    shares.revoke(share=row, by=owner)
    row.refresh_from_db()
    assert row.removed
    assert Notice.objects.filter(recipient=guest, kind="box.share_revoked").count() == 1
    for attempt in (
        lambda: shares.revoke(share=row, by=owner),
        lambda: shares.change_access(share=row, access=WRITE, by=owner),
    ):
        with pytest.raises(shares.ShareGone):
            attempt()
    again = share(box, guest, owner, access=WRITE)
    assert (again.pk, again.removed, again.access) == (row.pk, False, "write")


def test_a_share_stays_with_a_later_delegation_and_without_its_maker(box: Box, owner: Agent, guest: Agent) -> None:
    row = share(box, guest, owner)
    second = make_moved_agent()
    delegations.grant(box=box, agent=second, role=Role.OWNER, by=owner)
    delegations.grant(box=box, agent=guest, role=Role.MEMBER, by=owner)
    delegations.give_up(delegation=Delegation.objects.get(box=box, agent=owner), by=owner)
    row.refresh_from_db()
    assert not row.removed
    shares.revoke(share=row, by=second)
