"""Identities for a box, in the mailboxes of those who write in its name: made once, changed, taken away, left alone."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator

import pytest
from django.utils import timezone

from accounts import claims
from accounts.models import Agent
from boxes import delegations, identities, zimbra_door
from boxes.identities import Wish
from boxes.models import Box, BoxIdentity, Delegation, Role
from boxes.sync import identities as sync
from boxes.sync.run import Run
from tests.factories import give_access, make_moved_agent, make_shared_box
from tests.simulated import DOMAIN, Simulated
from zimbra.client import ZimbraClient
from zimbra.errors import Unavailable, ZimbraError
from zimbra.types import Identity

pytestmark = pytest.mark.django_db

ZIMBRA_ID = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def bring(door: Simulated) -> Callable[[Box], ZimbraError | None]:
    """This part alone, with a claim and a way to Zimbra as the engine has them; gives what has to be waited for."""

    def go(box: Box) -> ZimbraError | None:
        claim = claims.take(Box, box.pk)
        assert claim
        try:
            with zimbra_door.opened() as opened:
                run = Run(claim, opened)
                sync.bring(run)
                return run.silent
        finally:
            claim.release()

    return go


@pytest.fixture
def member(person: Callable[..., Agent]) -> Agent:
    return person()


@pytest.fixture
def mailbox(member: Agent, door: Simulated) -> Iterator[ZimbraClient]:
    with door.client(member.address) as client:
        yield client


@pytest.fixture
def box(member: Agent) -> Box:
    """A box that `member` writes for; Zimbra holds the access, but no identity yet."""
    made = make_shared_box((member, Role.MEMBER), in_zimbra=True, name="Vie scolaire", zimbra_id=ZIMBRA_ID)
    identities.follow_role(access(made, member))
    return made


def access(box: Box, agent: Agent) -> Delegation:
    return Delegation.objects.select_related("agent", "box").get(box=box, agent=agent)


def default(box: Box) -> BoxIdentity:
    return BoxIdentity.objects.get(delegation__box=box, is_default=True)


def own(client: ZimbraClient) -> list[Identity]:
    return [one for one in client.identities() if not one.is_default]


def test_default_comes_with_the_access_and_is_made_once(box: Box, mailbox: ZimbraClient, bring) -> None:
    bring(box)
    [made] = own(mailbox)
    assert (made.name, made.from_name, made.from_address) == ("Vie scolaire", "Vie scolaire", box.address)
    assert made.folder_ids == (f"{ZIMBRA_ID}:2", f"{ZIMBRA_ID}:5")
    assert made.by_folder
    assert not made.reply_to
    row = default(box)
    assert (row.zimbra_id, row.is_in_place, row.trouble) == (made.id, True, "")
    bring(box)
    assert own(mailbox) == [made]


def test_lost_answer_makes_no_second_one(box: Box, mailbox: ZimbraClient, bring) -> None:
    bring(box)
    [made] = own(mailbox)
    BoxIdentity.objects.update(zimbra_id="", applied_change=None)
    bring(box)
    assert own(mailbox) == [made]
    assert default(box).zimbra_id == made.id


def test_lost_answer_under_another_name_makes_no_second_one(box: Box, mailbox: ZimbraClient, bring) -> None:
    mailbox.create_identity(Identity("vie SCOLAIRE", from_address="autre@ailleurs.example"))
    bring(box)
    before = own(mailbox)
    BoxIdentity.objects.update(zimbra_id="", applied_change=None, name="Vie scolaire")
    bring(box)
    assert own(mailbox) == before
    assert len(before) == 2


def test_name_of_another_identity_is_left_to_it(box: Box, mailbox: ZimbraClient, bring) -> None:
    other = mailbox.create_identity(Identity("Vie scolaire", from_address="autre@ailleurs.example"))
    bring(box)
    assert {one.name for one in own(mailbox)} == {"Vie scolaire", f"Vie scolaire ({box.address})"}
    assert next(one for one in own(mailbox) if one.id == other.id) == other
    assert default(box).name == f"Vie scolaire ({box.address})"
    assert default(box).is_in_place


def test_two_boxes_of_one_name_both_have_their_identity(box: Box, member: Agent, mailbox: ZimbraClient, bring) -> None:
    second = make_shared_box((member, Role.OWNER), in_zimbra=True, name="Vie scolaire", zimbra_id="other")
    identities.follow_role(access(second, member))
    bring(box)
    bring(second)
    assert {one.from_address for one in own(mailbox)} == {box.address, second.address}


def test_all_five_settings_reach_zimbra_and_the_rest_stays(
    box: Box, member: Agent, mailbox: ZimbraClient, bring
) -> None:
    bring(box)
    zimbra_id = default(box).zimbra_id
    mailbox.change_identity(
        zimbra_id, {"zimbraPrefWhenSentToEnabled": "TRUE", "zimbraPrefWhenSentToAddresses": "a@b.example"}
    )
    Delegation.objects.update(mount_id="312")
    wish = Wish("Accueil", "Bureau de la vie scolaire", True, "Réponses", "reponses@ac-reunion.fr", ("1", "2", "300"))
    identities.change(identity=default(box), wish=wish, by=member)
    bring(box)
    [now] = own(mailbox)
    assert (now.id, now.name, now.from_name) == (zimbra_id, "Accueil", "Bureau de la vie scolaire")
    assert (now.reply_to, now.reply_to_name, now.reply_to_address) == (True, "Réponses", "reponses@ac-reunion.fr")
    assert now.folder_ids == (f"{ZIMBRA_ID}:1", f"{ZIMBRA_ID}:2", f"{ZIMBRA_ID}:300", "312")
    assert (now.by_recipient, now.sent_to) == (True, ("a@b.example",))


def test_without_folders_and_answers_both_are_switched_off(
    box: Box, member: Agent, mailbox: ZimbraClient, bring
) -> None:
    wish = Wish("Vie scolaire", "X", True, folder_ids=("2",))
    identities.change(identity=default(box), wish=wish, by=member)
    bring(box)
    assert own(mailbox)[0].reply_to_address == box.address
    identities.change(identity=default(box), wish=Wish("Vie scolaire", "X"), by=member)
    bring(box)
    [now] = own(mailbox)
    assert (now.by_folder, now.folder_ids, now.reply_to, now.reply_to_address) == (False, (), False, "")


def test_folders_of_the_person_stay_in_an_identity(box: Box, member: Agent, mailbox: ZimbraClient, bring) -> None:
    bring(box)
    mailbox.update_identity(
        default(box).zimbra_id, Identity("Vie scolaire", from_address=box.address, folder_ids=("257", f"{ZIMBRA_ID}:2"))
    )
    identities.change(identity=default(box), wish=Wish("Vie scolaire", "Neuf", folder_ids=("5",)), by=member)
    bring(box)
    assert own(mailbox)[0].folder_ids == (f"{ZIMBRA_ID}:5", "257")


def test_added_and_removed_again(box: Box, member: Agent, mailbox: ZimbraClient, bring) -> None:
    row = identities.add(delegation=access(box, member), wish=Wish("Bourses", "Service des bourses"), by=member)
    bring(box)
    assert {one.name for one in own(mailbox)} == {"Vie scolaire", "Bourses"}
    row.refresh_from_db()
    identities.remove(identity=row, by=member)
    identities.add(delegation=access(box, member), wish=Wish("Bourses", "Autrement"), by=member)
    bring(box)
    assert {(one.name, one.from_name) for one in own(mailbox)} == {
        ("Vie scolaire", "Vie scolaire"),
        ("Bourses", "Autrement"),
    }
    assert not BoxIdentity.objects.filter(pk=row.pk).exists()


def test_removed_before_it_was_ever_made_leaves_nothing(box: Box, member: Agent, mailbox: ZimbraClient, bring) -> None:
    row = identities.add(delegation=access(box, member), wish=Wish("Bourses"), by=member)
    identities.remove(identity=row, by=member)
    bring(box)
    assert [one.name for one in own(mailbox)] == ["Vie scolaire"]
    assert BoxIdentity.objects.count() == 1


def test_edits_made_in_zimbra_stay_until_the_row_changes(box: Box, member: Agent, mailbox: ZimbraClient, bring) -> None:
    bring(box)
    mailbox.change_identity(default(box).zimbra_id, {"zimbraPrefFromDisplay": "À ma façon"})
    other = identities.add(delegation=access(box, member), wish=Wish("Bourses"), by=member)
    bring(box)
    assert {one.name: one.from_name for one in own(mailbox)} == {"Vie scolaire": "À ma façon", "Bourses": ""}
    assert BoxIdentity.objects.get(pk=other.pk).is_in_place


def test_deleted_in_zimbra_is_not_made_again_by_itself_but_by_an_edit(
    box: Box, member: Agent, mailbox: ZimbraClient, bring
) -> None:
    bring(box)
    mailbox.delete_identity(default(box).zimbra_id)
    bring(box)
    assert own(mailbox) == []
    identities.change(identity=default(box), wish=Wish("Vie scolaire", "Retour"), by=member)
    bring(box)
    assert [one.from_name for one in own(mailbox)] == ["Retour"]


def test_made_in_zimbra_for_the_box_is_listed_and_left_as_it_is(
    box: Box, member: Agent, mailbox: ZimbraClient, bring
) -> None:
    mine = mailbox.create_identity(
        Identity("Secrétariat", "Le secrétariat", box.address.upper(), folder_ids=(f"{ZIMBRA_ID}:300", "257"))
    )
    mailbox.create_identity(Identity("Perso", from_address=member.address))
    bring(box)
    row = BoxIdentity.objects.get(is_default=False)
    assert (row.name, row.from_name, row.folder_ids) == ("Secrétariat", "Le secrétariat", ["300"])
    assert (row.zimbra_id, row.is_in_place) == (mine.id, True)
    bring(box)
    assert BoxIdentity.objects.count() == 2
    assert mine in own(mailbox)


def test_reader_keeps_none_whoever_made_them(box: Box, member: Agent, mailbox: ZimbraClient, bring) -> None:
    bring(box)
    mailbox.create_identity(Identity("Secrétariat", from_address=box.address))
    perso = mailbox.create_identity(Identity("Perso", from_address=member.address))
    Delegation.objects.update(role=Role.READER)
    identities.follow_role(access(box, member))
    bring(box)
    assert own(mailbox) == [perso]
    assert not BoxIdentity.objects.exists()


def test_writes_again_before_the_reader_lost_them(box: Box, member: Agent, mailbox: ZimbraClient, bring) -> None:
    bring(box)
    Delegation.objects.update(role=Role.READER)
    identities.follow_role(access(box, member))
    Delegation.objects.update(role=Role.MEMBER)
    identities.follow_role(access(box, member))
    bring(box)
    assert [one.id for one in own(mailbox)] == [default(box).zimbra_id]
    assert default(box).is_in_place


def test_nothing_is_made_before_the_access_stands(box: Box, mailbox: ZimbraClient, bring) -> None:
    Delegation.objects.update(applied_role="")
    bring(box)
    assert own(mailbox) == []
    assert not default(box).is_in_place
    Delegation.objects.update(applied_role=Role.READER)
    bring(box)
    assert own(mailbox) == []


def test_too_many_is_told_on_the_row_and_heals(box: Box, member: Agent, mailbox: ZimbraClient, bring) -> None:
    full = [mailbox.create_identity(Identity(f"N° {number}")) for number in range(19)]
    bring(box)
    assert default(box).trouble == "account.TOO_MANY_IDENTITIES"
    mailbox.delete_identity(full[0].id)
    bring(box)
    assert default(box).is_in_place
    assert default(box).trouble == ""


def test_person_without_a_mailbox_stops_nobody(box: Box, mailbox: ZimbraClient, bring) -> None:
    absent = make_moved_agent("aaa.absent@ac-reunion.fr")
    row = give_access(box, absent, Role.MEMBER, applied_role=Role.MEMBER)
    identities.follow_role(row)
    gone = BoxIdentity.objects.create(delegation=row, name="Ancienne", removed=True, zimbra_id="x")
    bring(box)
    assert len(own(mailbox)) == 1
    assert row.identities.get(is_default=True).trouble == "account.NO_SUCH_ACCOUNT"
    assert not BoxIdentity.objects.filter(pk=gone.pk).exists()


def test_silent_mailbox_is_waited_for_once_the_others_are_served(
    box: Box, mailbox: ZimbraClient, person: Callable[..., Agent], bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = person()
    row = give_access(box, silent, Role.MEMBER, applied_role=Role.MEMBER)
    identities.follow_role(row)
    last = give_access(box, person(), Role.MEMBER, applied_role=Role.MEMBER)
    identities.follow_role(last)
    opened = Run.mailbox

    def mailbox_of(self: Run, address: str) -> ZimbraClient:
        if address == silent.address:
            raise Unavailable("account.MAINTENANCE_MODE")
        return opened(self, address)

    monkeypatch.setattr(Run, "mailbox", mailbox_of)
    assert isinstance(bring(box), Unavailable)
    assert default_of(last).is_in_place
    assert not default_of(row).is_in_place


def default_of(delegation: Delegation) -> BoxIdentity:
    return delegation.identities.get(is_default=True)


def test_change_made_meanwhile_is_not_lost(
    box: Box, member: Agent, mailbox: ZimbraClient, bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = ZimbraClient.create_identity

    def create(self: ZimbraClient, identity: Identity) -> Identity:
        BoxIdentity.objects.update(from_name="Changé pendant", changed_at=timezone.now())
        return made(self, identity)

    monkeypatch.setattr(ZimbraClient, "create_identity", create)
    bring(box)
    assert not default(box).is_in_place
    assert default(box).zimbra_id
    bring(box)
    assert [one.from_name for one in own(mailbox)] == ["Changé pendant"]
    assert default(box).is_in_place


def test_worker_that_lost_the_box_writes_nothing(box: Box, bring, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ZimbraClient.create_identity

    def create(self: ZimbraClient, identity: Identity) -> Identity:
        Box.objects.update(holder="somebody:1:1:1")
        return made(self, identity)

    monkeypatch.setattr(ZimbraClient, "create_identity", create)
    with pytest.raises(claims.ClaimLost):
        bring(box)
    assert default(box).zimbra_id == ""


def test_mounted_anew_reaches_identities_of_the_whole_box(
    box: Box, member: Agent, mailbox: ZimbraClient, bring
) -> None:
    identities.change(identity=default(box), wish=Wish("Vie scolaire", folder_ids=("1",)), by=member)
    Delegation.objects.update(mount_id="312")
    bring(box)
    Delegation.objects.update(mount_id="400")
    identities.follow_mount(access(box, member))
    bring(box)
    assert "400" in own(mailbox)[0].folder_ids
    assert f"{ZIMBRA_ID}:1" in own(mailbox)[0].folder_ids


def test_requests_are_few_and_none_without_work(box: Box, bring, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    for name in ("identities", "create_identity", "update_identity"):
        real = getattr(ZimbraClient, name)
        monkeypatch.setattr(
            ZimbraClient, name, lambda *given, real=real, name=name: (asked.append(name), real(*given))[1]
        )
    bring(box)
    assert asked == ["identities", "create_identity"]
    bring(box)
    assert len(asked) == 2


def test_shown_again_reaches_identities_of_the_whole_box(
    member: Agent, mailbox: ZimbraClient, advance: Callable[[int], None]
) -> None:
    made = make_shared_box((member, Role.MEMBER), address=f"box-{secrets.token_hex(4)}@{DOMAIN}", name="Vie scolaire")
    identities.follow_role(access(made, member))
    identities.change(identity=default(made), wish=Wish("Vie scolaire", folder_ids=("1",)), by=member)
    advance(made.pk)
    first = access(made, member).mount_id
    made.refresh_from_db()
    assert own(mailbox)[0].folder_ids == (f"{made.zimbra_id}:1", first)
    delegations.hide(delegation=access(made, member), by=member)
    advance(made.pk)
    delegations.show(delegation=access(made, member), by=member)
    advance(made.pk)
    again = access(made, member).mount_id
    assert again not in {"", first}
    assert again in own(mailbox)[0].folder_ids
