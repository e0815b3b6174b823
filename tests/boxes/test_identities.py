"""Identities of a box: whose they are, what may be set, what comes and goes with the access."""

from __future__ import annotations

import pytest

from accounts.models import Agent, JournalEntry
from boxes import delegations, identities
from boxes.identities import Wish
from boxes.models import Box, BoxIdentity, Delegation, Role
from tests.each import each
from tests.factories import give_access, make_agent, make_moved_agent, make_shared_box

pytestmark = pytest.mark.django_db


@pytest.fixture
def member() -> Agent:
    return make_moved_agent()


@pytest.fixture
def box(member: Agent) -> Box:
    box = make_shared_box((member, Role.MEMBER), name="Vie scolaire")
    identities.follow_role(access(box, member))
    return box


def access(box: Box, agent: Agent) -> Delegation:
    return Delegation.objects.select_related("agent", "box").get(box=box, agent=agent)


def default(box: Box) -> BoxIdentity:
    return BoxIdentity.objects.get(delegation__box=box, is_default=True)


def add(box: Box, agent: Agent, name: str = "Bourses", **fields) -> BoxIdentity:
    return identities.add(delegation=access(box, agent), wish=Wish(name, **fields), by=agent)


def test_default_bears_the_name_of_the_box(box: Box) -> None:
    row = default(box)
    assert (row.name, row.from_name, row.folder_ids, row.reply_to) == (
        "Vie scolaire",
        "Vie scolaire",
        ["2", "5"],
        False,
    )


def test_added_is_kept_asked_for_and_journalled_without_contents(box: Box, member: Agent) -> None:
    row = add(box, member, from_name="Service des bourses", reply_to=True, folder_ids=("300", "300"))
    assert (row.is_default, row.reply_to_address, row.folder_ids) == (False, box.address, ["300"])
    assert not row.is_in_place
    box.refresh_from_db()
    assert box.work_asked_at
    entry = JournalEntry.objects.get(action="box.identity_added")
    assert (entry.actor, entry.subject, entry.target_label) == (member.address, member.address, box.address)
    assert not entry.target.startswith("box:")
    assert "ourses" not in str(entry.details)


@each("name", ["", "  ", "\0\n", "x" * 129, "DEFAULT", "default"])
def test_bad_names_are_refused(box: Box, member: Agent, name: str) -> None:
    with pytest.raises(identities.BadName):
        add(box, member, name)


@each("address", ["a", "a@b", "a@b.fr\nBcc: c@d.fr", "x" * 250 + "@ac-reunion.fr", "é@@b.fr"])
def test_bad_reply_addresses_are_refused(box: Box, member: Agent, address: str) -> None:
    with pytest.raises(identities.BadAddress):
        add(box, member, reply_to=True, reply_to_address=address)


def test_names_may_be_long_but_not_too_long(box: Box, member: Agent) -> None:
    assert add(box, member, "n" * 128, from_name="f" * 128).pk
    with pytest.raises(identities.TooLong):
        add(box, member, "Autre", from_name="f" * 129)
    with pytest.raises(identities.TooLong):
        add(box, member, "Autre", reply_to_name="f" * 129)


def test_control_characters_and_signs_that_turn_the_text_go(box: Box, member: Agent) -> None:
    row = add(box, member, " A\0B\r\nC ", from_name="D\u202eE\u2028F\tG")
    assert (row.name, row.from_name) == ("A B C", "D E F G")


@pytest.mark.parametrize("name", ["Vie scolaire", "VIE SCOLAIRE", " vie\tscolaire"])
def test_name_is_the_persons_only_once(box: Box, member: Agent, name: str) -> None:
    with pytest.raises(identities.NameTaken):
        add(box, member, name)


def test_name_is_taken_over_all_boxes_of_the_person_and_no_other(box: Box, member: Agent) -> None:
    other = make_shared_box((member, Role.OWNER))
    with pytest.raises(identities.NameTaken):
        add(other, member, "vie scolaire")
    colleague = make_moved_agent()
    give_access(other, colleague)
    assert add(other, colleague, "Vie scolaire").pk


def test_name_of_a_removed_one_is_free_again(box: Box, member: Agent) -> None:
    identities.remove(identity=add(box, member), by=member)
    assert add(box, member).pk


def test_own_name_may_be_kept_and_its_capitals_changed(box: Box, member: Agent) -> None:
    row = identities.change(identity=default(box), wish=Wish("VIE scolaire", "X"), by=member)
    assert (row.name, row.from_name) == ("VIE scolaire", "X")


def test_changed_is_journalled_and_asked_for(box: Box, member: Agent) -> None:
    wish = Wish("Accueil", "Accueil du collège", True, "Accueil", "accueil@ac-reunion.fr", ("2",))
    row = identities.change(identity=default(box), wish=wish, by=member)
    row.refresh_from_db()
    assert (row.name, row.reply_to, row.reply_to_name, row.reply_to_address, row.folder_ids) == (
        "Accueil", True, "Accueil", "accueil@ac-reunion.fr", ["2"],
    )  # fmt: skip
    assert row.is_default
    assert JournalEntry.objects.filter(action="box.identity_changed").count() == 1


def test_same_settings_again_change_nothing(box: Box, member: Agent) -> None:
    row = default(box)
    again = identities.change(identity=row, wish=Wish("Vie scolaire", "Vie scolaire", folder_ids=("5", "2")), by=member)
    assert again.changed_at == row.changed_at
    assert not JournalEntry.objects.exists()


def test_same_settings_after_a_refusal_are_tried_anew(box: Box, member: Agent) -> None:
    BoxIdentity.objects.update(trouble="account.TOO_MANY_IDENTITIES")
    row = default(box)
    again = identities.change(identity=row, wish=Wish("Vie scolaire", "Vie scolaire", folder_ids=("2", "5")), by=member)
    assert again.trouble == ""
    assert again.changed_at > row.changed_at


def test_answers_switched_off_forget_their_address(box: Box, member: Agent) -> None:
    row = add(box, member, reply_to=False, reply_to_name="X", reply_to_address="x@ac-reunion.fr")
    assert (row.reply_to_name, row.reply_to_address) == ("", "")


def test_folder_begins_with_one_identity_only(box: Box, member: Agent) -> None:
    before = default(box).changed_at
    add(box, member, folder_ids=("5", "300"))
    assert default(box).folder_ids == ["2"]
    assert default(box).changed_at > before


def test_folders_of_colleagues_and_of_other_boxes_are_left(box: Box, member: Agent) -> None:
    colleague = make_moved_agent()
    identities.follow_role(give_access(box, colleague))
    other = make_shared_box((member, Role.MEMBER), name="Autre")
    identities.follow_role(access(other, member))
    add(box, member, folder_ids=("2", "5"))
    assert [row.folder_ids for row in BoxIdentity.objects.filter(is_default=True).order_by("pk")] == [
        [], ["2", "5"], ["2", "5"],
    ]  # fmt: skip


def test_rubbish_ids_of_folders_are_dropped_and_too_many_refused(box: Box, member: Agent) -> None:
    assert add(box, member, folder_ids=("x", "-1", "²", "", "12")).folder_ids == ["12"]
    with pytest.raises(identities.TooManyFolders):
        add(box, member, "Autre", folder_ids=tuple(str(number) for number in range(1, 102)))


def test_number_for_a_box_is_bounded(box: Box, member: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identities, "MOST_PER_BOX", 2)
    add(box, member)
    with pytest.raises(identities.TooMany):
        add(box, member, "Autre")


def test_default_stays(box: Box, member: Agent) -> None:
    with pytest.raises(identities.DefaultStays):
        identities.remove(identity=default(box), by=member)
    assert not default(box).removed


def test_removed_waits_for_zimbra_and_is_no_more_there(box: Box, member: Agent) -> None:
    row = add(box, member)
    identities.remove(identity=row, by=member)
    assert BoxIdentity.objects.get(pk=row.pk).removed
    assert row not in identities.of(access(box, member))
    for again in (
        lambda: identities.remove(identity=row, by=member),
        lambda: identities.change(identity=row, wish=Wish("X"), by=member),
    ):
        with pytest.raises(identities.Gone):
            again()
    assert JournalEntry.objects.filter(action="box.identity_removed").count() == 1


@pytest.mark.parametrize("who", ["stranger", "owner", "staff"])
def test_nobody_else_touches_them(box: Box, member: Agent, who: str) -> None:
    other = make_agent(is_staff=True) if who == "staff" else make_moved_agent()
    if who == "owner":
        give_access(box, other, Role.OWNER)
    for act in (
        lambda: identities.add(delegation=access(box, member), wish=Wish("X"), by=other),
        lambda: identities.change(identity=default(box), wish=Wish("X"), by=other),
        lambda: identities.remove(identity=default(box), by=other),
        lambda: identities.retry(delegation=access(box, member), by=other),
    ):
        with pytest.raises(identities.NotWriter):
            act()
    assert BoxIdentity.objects.get().name == "Vie scolaire"


@pytest.mark.parametrize("fields", [{"role": Role.READER}, {"state": "removed"}, {"state": "pending"}])
def test_whoever_writes_no_more_sets_none(box: Box, member: Agent, fields: dict[str, str]) -> None:
    Delegation.objects.update(**fields)
    with pytest.raises(identities.NotWriter):
        add(box, member)


def test_identity_of_one_box_is_not_changed_through_another(box: Box, member: Agent) -> None:
    other = make_shared_box((member, Role.MEMBER))
    row = default(box)
    row.delegation = access(other, member)
    with pytest.raises(identities.Gone):
        identities.change(identity=row, wish=Wish("X"), by=member)


def test_retry_forgets_refusals_and_asks(box: Box, member: Agent) -> None:
    BoxIdentity.objects.update(trouble="account.TOO_MANY_IDENTITIES")
    identities.retry(delegation=access(box, member), by=member)
    assert default(box).trouble == ""
    box.refresh_from_db()
    assert box.work_asked_at


def test_all_go_with_the_access_and_the_default_comes_back_with_it(box: Box, member: Agent) -> None:
    owner = make_moved_agent()
    give_access(box, owner, Role.OWNER)
    add(box, member)
    delegations.change_role(delegation=access(box, member), role=Role.READER, by=owner)
    assert not identities.of(access(box, member)).exists()
    before = default(box).changed_at
    delegations.change_role(delegation=access(box, member), role=Role.MEMBER, by=owner)
    assert [row.is_default for row in identities.of(access(box, member))] == [True]
    assert default(box).changed_at > before


def test_mounted_anew_marks_only_those_of_the_whole_box(box: Box, member: Agent) -> None:
    row = add(box, member, folder_ids=("1",))
    for one in BoxIdentity.objects.all():
        BoxIdentity.objects.filter(pk=one.pk).update(applied_change=one.changed_at)
    identities.follow_mount(access(box, member))
    assert [one.pk for one in BoxIdentity.objects.all() if not one.is_in_place] == [row.pk]
