from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.each import each
from tests.zimbra.simulator.mails import act, add, find, get, ids, letter, share
from tests.zimbra.simulator.wire import Fault, Wire, calendar, event
from zimbra.simulator.server import SimulatorServer


@pytest.mark.parametrize(
    ("op", "before", "after"),
    [
        ("read", "u", None), ("!read", "", "u"), ("flag", "", "f"), ("!flag", "f", None), ("priority", "", "+"),
    ],
)  # fmt: skip
def test_flag_operation_changes_its_letter(agent: Wire, op: str, before: str, after: str | None) -> None:
    item = add(agent, f=before).get("id")
    done = act(agent, op, item)
    assert (done.get("id"), done.get("op")) == (item, op)
    assert get(agent, item).get("f") == after


def test_operation_applies_to_every_id(agent: Wire) -> None:
    both = f"{add(agent, f='u').get('id')},{add(agent, f='u').get('id')}"
    assert act(agent, "read", both).get("id") == both
    assert ids(find(agent, "is:unread")) == []


def test_message_moves_to_a_folder_and_gets_a_new_imap_number(agent: Wire) -> None:
    made = add(agent)
    act(agent, "move", made.get("id"), l="5")
    moved = get(agent, made.get("id"))
    assert moved.get("l") == "5"
    assert int(moved.get("i4uid")) > int(made.get("i4uid"))


@pytest.mark.parametrize(("op", "folder"), [("trash", "3"), ("spam", "4"), ("!spam", "2")])
def test_operation_puts_into_a_system_folder(agent: Wire, op: str, folder: str) -> None:
    item = add(agent, folder="5").get("id")
    act(agent, op, item)
    assert get(agent, item).get("l") == folder


def test_deleted_message_is_gone_and_deleting_it_again_is_told_by_nei(agent: Wire) -> None:
    item = add(agent).get("id")
    act(agent, "delete", item)
    with pytest.raises(Fault) as refused:
        get(agent, item)
    assert refused.value.code == "mail.NO_SUCH_MSG"
    assert act(agent, "delete", f"{item},99999", nei="1").get("nei") == f"{item},99999"


def test_copy_has_an_id_of_its_own_and_the_same_text(agent: Wire) -> None:
    made = add(agent, f="f", tn="Copie")
    done = act(agent, "copy", made.get("id"), l="5", nci="1")
    double = get(agent, done.get("nci"))
    assert (double.get("l"), double.get("f"), double.get("tn")) == ("5", "f", "Copie")
    act(agent, "delete", made.get("id"))
    assert double.findtext("mp/content") == get(agent, double.get("id")).findtext("mp/content")


def test_tags_are_put_and_taken_away_by_name(agent: Wire) -> None:
    item = add(agent).get("id")
    act(agent, "tag", item, tn="Urgent")
    act(agent, "tag", item, tn="À voir")
    assert get(agent, item).get("tn") == "Urgent,À voir"
    act(agent, "!tag", item, tn="Urgent")
    act(agent, "!tag", item, tn="Jamais vu")
    assert get(agent, item).get("tn") == "À voir"


def test_update_sets_folder_flags_and_tags_at_once(agent: Wire) -> None:
    item = add(agent, f="u").get("id")
    act(agent, "update", item, l="5", f="fr", tn="Suivi")
    made = get(agent, item)
    assert (made.get("l"), made.get("f"), made.get("tn")) == ("5", "rf", "Suivi")


@each(
    ("op", "attrs", "code"),
    [
        ("danser", {}, "service.INVALID_REQUEST"),
        (" read", {}, "service.INVALID_REQUEST"),
        ("", {}, "service.INVALID_REQUEST"),
        ("move", {}, "service.INVALID_REQUEST"),
        ("move", {"l": "9999"}, "mail.NO_SUCH_FOLDER"),
        ("tag", {}, "service.INVALID_REQUEST"),
        ("tag", {"t": "9999"}, "mail.NO_SUCH_TAG"),
    ],
)
def test_operation_that_cannot_be_is_refused(agent: Wire, op: str, attrs: dict[str, str], code: str) -> None:
    item = add(agent).get("id")
    with pytest.raises(Fault) as refused:
        act(agent, op, item, **attrs)
    assert refused.value.code == code


def test_operation_on_an_unknown_message_is_refused(agent: Wire) -> None:
    with pytest.raises(Fault) as refused:
        act(agent, "read", "99999")
    assert refused.value.code == "mail.NO_SUCH_MSG"


def test_constraint_spares_the_folders_it_names(agent: Wire) -> None:
    inbox, trash = add(agent).get("id"), add(agent, folder="3").get("id")
    act(agent, "flag", f"{inbox},{trash}", tcon="-t")
    assert (get(agent, inbox).get("f"), get(agent, trash).get("f")) == ("f", None)
    act(agent, "!read", f"{inbox},{trash}", tcon="t")
    assert (get(agent, inbox).get("f"), get(agent, trash).get("f")) == ("f", "u")


def test_item_action_works_on_folders_and_conversations_too(agent: Wire) -> None:
    folder = agent.mail('<CreateFolderRequest><folder name="À jeter" l="2"/></CreateFolderRequest>').find("folder")
    made = add(agent, f="u", folder=folder.get("id"))
    act(agent, "read", folder.get("id"), request="ItemActionRequest")
    assert get(agent, made.get("id")).get("f") is None
    act(agent, "flag", made.get("cid"), request="ItemActionRequest")
    assert get(agent, made.get("id")).get("f") == "f"
    act(agent, "delete", folder.get("id"), request="ItemActionRequest")
    with pytest.raises(Fault) as refused:
        get(agent, made.get("id"))
    assert refused.value.code == "mail.NO_SUCH_MSG"


# --- somebody else's -----------------------------------------------------------------------------------------------


@pytest.fixture
def owner(simulator: SimulatorServer, admin: Wire, address: str) -> Iterator[Wire]:
    name = address.replace("agent", "partageuse")
    admin.create_account(name)
    client = Wire(simulator.port).sign_in(name)
    yield client
    client.connection.close()


def account_id(wire: Wire) -> str:
    return str(wire.soap('<GetInfoRequest xmlns="urn:zimbraAccount" sections="mbox"/>').findtext("id"))


@pytest.mark.parametrize(
    ("op", "attrs"),
    [
        ("read", {}), ("flag", {}), ("tag", {"tn": "x"}), ("trash", {}), ("delete", {}), ("move", {"l": "5"}),
        ("update", {"f": "f"}), ("spam", {}), ("move", {"l": "2"}),
    ],
)  # fmt: skip
def test_reader_of_a_shared_folder_changes_nothing(
    agent: Wire, owner: Wire, address: str, op: str, attrs: dict[str, str]
) -> None:
    item = add(owner, f="u").get("id")
    share(owner, "2", address, "r")
    shared = f"{account_id(owner)}:{item}"
    assert get(agent, shared, read="1").get("f") == "u"
    with pytest.raises(Fault) as refused:
        act(agent, op, shared, **attrs)
    assert refused.value.code == "service.PERM_DENIED"
    assert get(owner, item).get("f") == "u"
    assert get(owner, item).get("l") == "2"


def test_reader_may_copy_what_is_shared_into_the_own_mailbox(agent: Wire, owner: Wire, address: str) -> None:
    item = add(owner, letter("Commun"), tn="Rouge").get("id")
    share(owner, "2", address, "r")
    done = act(agent, "copy", f"{account_id(owner)}:{item}", l="2", nci="1")
    made = get(agent, done.get("nci"))
    assert (made.findtext("su"), made.get("l"), made.get("tn")) == ("Commun", "2", "Rouge")


def test_state_of_a_shared_message_is_the_same_for_all(agent: Wire, owner: Wire, address: str) -> None:
    item = add(owner, f="u").get("id")
    share(owner, "2", address, "rw")
    shared = f"{account_id(owner)}:{item}"
    act(agent, "read", shared)
    act(agent, "flag", shared)
    assert get(owner, item).get("f") == "f"
    assert get(agent, shared).get("id") == shared


def test_message_moves_between_mailboxes_through_a_link(agent: Wire, owner: Wire, address: str) -> None:
    share(owner, "2", address, "rwidx")
    request = (
        '<CreateMountpointRequest><link l="1" name="Partage" view="message" rid="2" '
        f'zid="{account_id(owner)}"/></CreateMountpointRequest>'
    )
    link = agent.mail(request).find("link").get("id")
    item = add(agent, letter("Donné"), f="u").get("id")
    act(agent, "move", item, l=link)
    with pytest.raises(Fault):
        get(agent, item)
    (there,) = find(owner, "in:inbox")
    assert (there.findtext("su"), there.get("f")) == ("Donné", "u")
    act(agent, "move", f"{account_id(owner)}:{there.get('id')}", l="2")
    assert ids(find(owner, "is:anywhere")) == []
    assert [m.findtext("su") for m in find(agent, "in:inbox")] == ["Donné"]


def test_stranger_sees_nothing_of_a_message(agent: Wire, owner: Wire) -> None:
    item = add(owner).get("id")
    for wanted in (lambda: get(agent, f"{account_id(owner)}:{item}"),):
        with pytest.raises(Fault) as refused:
            wanted()
        assert refused.value.code == "service.PERM_DENIED"


def test_message_is_added_behind_a_link_by_who_may_insert(agent: Wire, owner: Wire, address: str) -> None:
    share(owner, "2", address, "ri")
    assert add(agent, folder=f"{account_id(owner)}:2").get("l") == f"{account_id(owner)}:2"
    assert len(find(owner, "in:inbox")) == 1
    share(owner, "2", address, "r")
    with pytest.raises(Fault) as refused:
        add(agent, folder=f"{account_id(owner)}:2")
    assert refused.value.code == "service.PERM_DENIED"


def test_appointment_moves_to_another_mailbox_but_is_not_copied(agent: Wire, owner: Wire, address: str) -> None:
    (found,) = agent.import_ics(calendar(event("deplace@x", "SUMMARY:Conseil")))
    item = found.split("-")[0]
    share(owner, "10", address, "rwidx")
    there = f"{account_id(owner)}:10"
    with pytest.raises(Fault) as refused:
        act(agent, "copy", item, l=there, request="ItemActionRequest")
    assert refused.value.code == "mail.CANNOT_COPY"
    act(agent, "move", item, l=there, request="ItemActionRequest")
    assert [one.get("name") for one in find(owner, "in:calendar", types="appointment")] == ["Conseil"]
