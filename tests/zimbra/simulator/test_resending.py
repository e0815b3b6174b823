from __future__ import annotations

import re

import pytest

from tests.zimbra.simulator.mails import add, find, get, letter, send, share
from tests.zimbra.simulator.people import Person
from tests.zimbra.simulator.wire import Fault, Wire


def bounce(wire: Wire, item: str, inner: str) -> None:
    wire.mail(f'<BounceMsgRequest><m id="{item}">{inner}</m></BounceMsgRequest>')


def to(person: Person, kind: str = "t") -> str:
    return f'<e t="{kind}" a="{person.address}"/>'


def raw(wire: Wire, item: str) -> str:
    return get(wire, item, raw="1").findtext("content")


def test_message_sent_on_says_by_whom_and_to_whom(owner: Person, member: Person) -> None:
    item = add(owner.wire, letter("Conseil", "Lundi.")).get("id")
    bounce(owner.wire, item, to(member) + to(owner, "c"))
    (found,) = find(member.wire, "in:inbox")
    got = get(member.wire, found.get("id"))
    assert {(e.get("t"), e.get("a")) for e in got.findall("e")} == {
        ("f", "marie@exemple.fr"), ("t", "agent@ac-reunion.fr"), ("rf", owner.address),
    }  # fmt: skip
    head = raw(member.wire, found.get("id"))
    assert f"Resent-To: {member.address}" in head
    assert f"Resent-Cc: {owner.address}" in head
    assert len(find(owner.wire, "in:inbox")) == 2
    assert len(find(owner.wire, "in:sent")) == 0


def test_message_sent_on_to_who_has_it_already_arrives_again(owner: Person, member: Person) -> None:
    item = send(owner.wire, member.address).get("id")
    bounce(owner.wire, item, to(member))
    bounce(owner.wire, item, to(member))
    assert len(find(member.wire, "in:inbox")) == 3


def test_message_is_sent_on_in_ones_own_name_only(owner: Person, member: Person) -> None:
    item = add(owner.wire).get("id")
    bounce(owner.wire, item, to(member) + '<e t="f" a="directeur@exemple.fr"/>')
    (found,) = find(member.wire, "in:inbox")
    assert f"Resent-From: {owner.address}" in raw(member.wire, found.get("id"))


@pytest.mark.parametrize("inner", ["", '<e t="f" a="moi@exemple.fr"/>'])
def test_message_sent_on_to_nobody_is_refused(agent: Wire, inner: str) -> None:
    item = add(agent).get("id")
    with pytest.raises(Fault, match=r"service\.INVALID_REQUEST"):
        bounce(agent, item, inner)


def test_message_that_may_not_be_read_is_not_sent_on(owner: Person, member: Person) -> None:
    item = add(owner.wire).get("id")
    with pytest.raises(Fault, match=r"service\.PERM_DENIED"):
        bounce(member.wire, f"{owner.id}:{item}", to(member))


def receipt(wire: Wire, item: str) -> None:
    wire.mail(f'<SendDeliveryReportRequest mid="{item}"/>')


def test_receipt_tells_the_asker_and_is_noted(owner: Person, member: Person) -> None:
    asked = letter("À lire", Disposition_Notification_To=owner.address, Message_ID="<lu@exemple.fr>")
    item = add(member.wire, asked).get("id")
    receipt(member.wire, item)
    (found,) = find(owner.wire, "in:inbox")
    got = get(owner.wire, found.get("id"))
    assert got.findtext("su") == "Read-Receipt: À lire"
    assert [mp.get("ct") for mp in got.find("mp")] == ["text/plain", "message/disposition-notification"]
    assert "Original-Message-ID: <lu@exemple.fr>" in raw(owner.wire, found.get("id"))
    assert "n" in get(member.wire, item).get("f")


def test_receipt_of_another_s_message_needs_the_right_to_change_it(owner: Person, member: Person) -> None:
    item = add(owner.wire, letter(Disposition_Notification_To="a@exemple.fr")).get("id")
    share(owner.wire, "2", member.address, "r")
    with pytest.raises(Fault, match=r"service\.PERM_DENIED"):
        receipt(member.wire, f"{owner.id}:{item}")


def test_receipt_for_another_s_message_is_sent_in_ones_own_name(owner: Person, member: Person) -> None:
    folder = owner.new_folder("Courrier", view="message")
    owner.grant(folder, member.address, "rw")
    item = add(owner.wire, letter(Disposition_Notification_To=member.address), folder=folder).get("id")
    receipt(member.wire, f"{owner.id}:{item}")
    (found,) = find(member.wire, "in:inbox")
    told = raw(member.wire, found.get("id"))
    assert re.search(rf"^From: <?{re.escape(member.address)}>?\s*$", told, re.MULTILINE)
    assert f"Final-Recipient: rfc822; {owner.address}" in told
