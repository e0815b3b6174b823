"""Calendars of others: what each right allows, what is private, links, moving between mailboxes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from lxml import etree

from tests.zimbra.simulator.appointments import create, lasting, ms, refused
from tests.zimbra.simulator.wire import Wire
from zimbra.simulator.server import SimulatorServer

SPAN = f's="{ms(2026, 9, 1)}" e="{ms(2026, 9, 2)}"'


@dataclass
class Pair:
    """An owner, and somebody the calendar is shared with."""

    owner: Wire
    guest: Wire
    owner_id: str
    owner_address: str
    guest_address: str

    def share(self, rights: str) -> None:
        self.owner.mail(
            f'<FolderActionRequest><action id="10" op="grant"><grant gt="usr" d="{self.guest_address}" '
            f'perm="{rights}"/></action></FolderActionRequest>'
        )

    def mount(self) -> str:
        made = self.guest.mail(
            f'<CreateMountpointRequest><link l="1" name="Partagé" view="appointment" zid="{self.owner_id}" rid="10"/>'
            "</CreateMountpointRequest>"
        )
        return str(made.find("link").get("id"))

    def foreign(self, number: str) -> str:
        return f"{self.owner_id}:{number}"

    def seen(self) -> list[Any]:
        return list(self.guest.mail(f'<GetApptSummariesRequest {SPAN} l="{self.foreign("10")}"/>').findall("appt"))


@pytest.fixture
def pair(simulator: SimulatorServer, admin: Wire, address: str) -> Iterator[Pair]:
    owner_address, guest_address = f"chef-{address}", f"invite-{address}"
    owner_id = admin.create_account(owner_address)
    admin.create_account(guest_address)
    owner, guest = Wire(simulator.port).sign_in(owner_address), Wire(simulator.port).sign_in(guest_address)
    yield Pair(owner, guest, owner_id, owner_address, guest_address)
    owner.connection.close()
    guest.connection.close()


def _modify(client: Wire, invite: str, attrs: str = 'name="Changé"') -> Any:
    return client.mail(
        f'<ModifyAppointmentRequest id="{invite}" comp="0"><m><inv><comp {attrs}>{lasting()}</comp></inv></m>'
        "</ModifyAppointmentRequest>"
    )


def _move(client: Wire, item: str, folder: str) -> Any:
    return client.mail(f'<ItemActionRequest><action op="move" id="{item}" l="{folder}"/></ItemActionRequest>')


def test_nothing_is_shared_until_it_is(pair: Pair) -> None:
    made = create(pair.owner)
    with refused("service.PERM_DENIED"):
        pair.seen()
    with refused("service.PERM_DENIED"):
        pair.guest.mail(f'<GetAppointmentRequest id="{pair.foreign(made.get("calItemId"))}"/>')
    with refused("service.PERM_DENIED"):
        _modify(pair.guest, pair.foreign(made.get("invId")))


def test_a_reader_reads_and_changes_nothing(pair: Pair) -> None:
    pair.share("r")
    made = create(pair.owner)
    (found,) = pair.seen()
    assert {key: found.get(key) for key in ("id", "invId", "l", "name")} == {
        "id": pair.foreign(made.get("calItemId")), "invId": pair.foreign(made.get("invId")), "l": pair.foreign("10"),
        "name": "Conseil",
    }  # fmt: skip
    whole = pair.guest.mail(f'<GetAppointmentRequest id="{found.get("id")}"/>').find("appt")
    comp = whole.find("inv/comp")
    assert (whole.get("id"), comp.get("calItemId"), comp.get("ciFolder")) == (
        found.get("id"), found.get("id"), pair.foreign("10"),
    )  # fmt: skip
    assert pair.guest.mail(f'<GetMsgRequest><m id="{found.get("invId")}"/></GetMsgRequest>').find("m/inv") is not None
    for refusal in (
        lambda: _modify(pair.guest, found.get("invId")),
        lambda: pair.guest.mail(f'<CancelAppointmentRequest id="{found.get("invId")}" comp="0"/>'),
        lambda: create(pair.guest, m=f'l="{pair.foreign("10")}"'),
        lambda: pair.guest.mail(f'<ItemActionRequest><action op="delete" id="{found.get("id")}"/></ItemActionRequest>'),
        lambda: pair.guest.import_ics("BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\n", pair.foreign("10")),
        lambda: pair.guest.mail(
            f'<SetAppointmentRequest l="{pair.foreign("10")}"><default><m><inv uid="u" name="x">{lasting()}</inv></m>'
            "</default></SetAppointmentRequest>"
        ),
    ):
        with refused("service.PERM_DENIED"):
            refusal()
    assert pair.owner.mail(f'<GetAppointmentRequest id="{made.get("calItemId")}"/>').find("appt").get("l") == "10"


def test_a_manager_works_in_the_calendar_as_in_his_own(pair: Pair) -> None:
    pair.share("rwidx")
    made = create(pair.guest, f'<or a="{pair.owner_address}" sentBy="{pair.guest_address}"/>', m=f'l="{pair.mount()}"')
    assert made.get("calItemId").startswith(f"{pair.owner_id}:")
    number = made.get("calItemId").rpartition(":")[2]
    comp = pair.owner.mail(f'<GetAppointmentRequest id="{number}"/>').find("appt/inv/comp")
    assert (comp.get("isOrg"), comp.find("or").get("sentBy")) == ("1", pair.guest_address)
    _modify(pair.guest, made.get("invId"))
    assert pair.seen()[0].get("name") == "Changé"
    pair.guest.mail(f'<CancelAppointmentRequest id="{made.get("invId")}" comp="0"/>')
    assert pair.seen() == []
    assert pair.owner.mail(f'<GetAppointmentRequest id="{number}"/>').find("appt").get("l") == "3"


def test_inserting_is_not_changing(pair: Pair) -> None:
    pair.share("ri")
    made = create(pair.guest, m=f'l="{pair.foreign("10")}"')
    with refused("service.PERM_DENIED"):
        _modify(pair.guest, made.get("invId"))


def test_an_ended_share_ends_at_once(pair: Pair) -> None:
    pair.share("rw")
    made = create(pair.owner)
    zid = pair.owner.mail('<GetFolderRequest><folder l="10"/></GetFolderRequest>').find("folder/acl/grant").get("zid")
    pair.owner.mail(f'<FolderActionRequest><action id="10" op="!grant" zid="{zid}"/></FolderActionRequest>')
    with refused("service.PERM_DENIED"):
        _modify(pair.guest, pair.foreign(made.get("invId")))


@pytest.mark.parametrize("kind", ["PRI", "CON"])
def test_of_what_is_private_others_see_when_it_is(pair: Pair, kind: str) -> None:
    pair.share("r")
    made = create(
        pair.owner,
        '<at a="ami@x.fr"/><desc>Secret</desc><category>Santé</category>'
        '<alarm action="DISPLAY"><trigger><rel neg="1" m="5"/></trigger><desc>Secret</desc></alarm>',
        f'name="Secret" loc="Secret" class="{kind}" url="Secret"',
    )
    (found,) = pair.seen()
    whole = pair.guest.mail(f'<GetAppointmentRequest id="{found.get("id")}"/>').find("appt")
    message = pair.guest.mail(f'<GetMsgRequest><m id="{found.get("invId")}"/></GetMsgRequest>').find("m")
    for shown in (found, whole, message):
        text = etree.tostring(shown, encoding="unicode")
        assert "Secret" not in text
        assert "Santé" not in text
        assert "ami@x.fr" not in text
    assert (found.get("class"), found.find("inst").get("s")) == (kind, str(ms(2026, 9, 1, 8)))
    comp = whole.find("inv/comp")
    assert (comp.get("class"), comp.get("name"), comp.find("s").get("d")) == (kind, None, "20260901T100000")
    pair.share("rp")
    assert pair.seen()[0].get("name") == "Secret"
    assert pair.owner.mail(f'<GetAppointmentRequest id="{made.get("calItemId")}"/>').find("appt/inv/comp").get("name")


def test_what_is_private_is_not_written_without_the_right_to_see_it(pair: Pair) -> None:
    pair.share("rwidx")
    with refused("service.PERM_DENIED"):
        create(pair.guest, attrs='name="x" class="PRI"', m=f'l="{pair.foreign("10")}"')
    pair.share("rwidxp")
    create(pair.guest, attrs='name="x" class="PRI"', m=f'l="{pair.foreign("10")}"')
    assert pair.seen()[0].get("class") == "PRI"


def test_answering_for_another_takes_the_right_to(pair: Pair, admin: Wire) -> None:
    pair.share("rw")
    text = (
        "BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:inv\nDTSTART:20260901T080000Z\nSUMMARY:Venez\n"
        f"ORGANIZER:mailto:x@y.fr\nATTENDEE;RSVP=TRUE:mailto:{pair.owner_address}\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    pair.owner.import_ics(text)
    reply = f'<SendInviteReplyRequest id="{pair.seen()[0].get("invId")}" compNum="0" verb="ACCEPT"/>'
    with refused("service.PERM_DENIED"):
        pair.guest.mail(reply)
    pair.share("rwx")
    pair.guest.mail(reply)
    assert pair.seen()[0].get("ptst") == "AC"


def test_a_search_looks_through_a_link(pair: Pair) -> None:
    pair.share("r")
    create(pair.owner)
    pair.mount()
    span = f'calExpandInstStart="{ms(2026, 9, 1)}" calExpandInstEnd="{ms(2026, 9, 2)}"'
    found = pair.guest.mail(f'<SearchRequest types="appointment" {span}><query>in:Partagé</query></SearchRequest>')
    assert [one.get("name") for one in found.findall("appt")] == ["Conseil"]
    assert found.find("appt").get("id").startswith(f"{pair.owner_id}:")


def test_an_appointment_moves_to_anothers_calendar_and_back(pair: Pair) -> None:
    pair.share("rwidx")
    made = create(pair.guest)
    link = pair.mount()
    changed = pair.guest.mail(
        f'<ModifyAppointmentRequest id="{made.get("invId")}" comp="0"><m l="{link}"><inv><comp name="Donné">{lasting()}'
        "</comp></inv></m></ModifyAppointmentRequest>"
    )
    assert changed.get("calItemId").startswith(f"{pair.owner_id}:")
    assert [one.get("name") for one in pair.seen()] == ["Donné"]
    assert pair.guest.mail(f'<GetApptSummariesRequest {SPAN} l="10"/>').findall("appt") == []
    _move(pair.guest, changed.get("calItemId"), "10")
    assert pair.seen() == []
    found = pair.guest.mail(f'<GetApptSummariesRequest {SPAN} l="10"/>').findall("appt")
    assert [one.get("name") for one in found] == ["Donné"]
    _move(pair.guest, found[0].get("id"), link)
    assert [one.get("name") for one in pair.seen()] == ["Donné"]


def test_the_context_may_name_the_owner(pair: Pair) -> None:
    pair.share("r")
    made = create(pair.owner)
    context = f'<account by="id">{pair.owner_id}</account>'
    found = pair.guest.mail(f'<GetAppointmentRequest id="{made.get("calItemId")}"/>', context=context).find("appt")
    assert found.get("id") == pair.foreign(made.get("calItemId"))


def test_exceptions_and_tasks_of_another(pair: Pair) -> None:
    pair.share("rwid")
    weekly = '<recur><add><rule freq="WEE"/></add></recur>'
    made = create(pair.owner, weekly)
    changed = pair.guest.mail(
        f'<CreateAppointmentExceptionRequest id="{pair.foreign(made.get("invId"))}" comp="0"><m><inv>'
        '<comp name="Autre"><exceptId d="20260901T100000" tz="Europe/Paris"/>'
        f"{lasting('20260901T150000', '20260901T160000')}"
        "</comp></inv></m></CreateAppointmentExceptionRequest>"
    )
    assert changed.get("invId").startswith(f"{pair.owner_id}:")
    assert pair.seen()[0].find("inst").get("name") == "Autre"
    with refused("service.PERM_DENIED"):
        pair.guest.mail(f'<CreateTaskRequest><m l="{pair.foreign("15")}"><inv/></m></CreateTaskRequest>')


def test_what_is_private_is_neither_found_nor_exported(pair: Pair) -> None:
    pair.share("r")
    create(pair.owner, "<desc>Rien</desc>", 'name="Secret" class="PRI"')
    create(pair.owner, attrs='name="Public"')
    pair.mount()
    for word, number in (("Secret", 0), ("Public", 1)):
        found = pair.guest.mail(f'<SearchRequest types="appointment"><query>in:Partagé {word}</query></SearchRequest>')
        assert len(found.findall("appt")) == number
    text = pair.guest.mail(f'<GetICalRequest {SPAN} l="{pair.foreign("10")}"/>').findtext("ical")
    assert (text.count("BEGIN:VEVENT"), "Secret" in text, "Public" in text) == (2, False, True)


@pytest.mark.parametrize("request_name", ["CounterAppointmentRequest", "DeclineCounterAppointmentRequest"])
def test_nobody_proposes_or_declines_in_the_name_of_somebody_else(pair: Pair, request_name: str) -> None:
    body = (
        f'<{request_name}><m><e a="chef@x.fr" t="t"/><su>x</su><inv><comp uid="u" name="x">{lasting()}'
        f'<or a="chef@x.fr"/></comp></inv></m></{request_name}>'
    )
    context = f'<account by="id">{pair.owner_id}</account>'
    pair.share("r")
    with refused("service.PERM_DENIED"):
        pair.guest.mail(body, context=context)
    pair.share("rwidx")
    pair.guest.mail(body, context=context)
