"""Invitations between people of the simulator: sent, answered, changed, taken back."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from tests.zimbra.simulator.appointments import exception, lasting, message_of, ms, refused
from tests.zimbra.simulator.mail_clients import deliver
from tests.zimbra.simulator.wire import Wire
from zimbra.simulator.server import SimulatorServer

_numbers = itertools.count(1)
SPAN = f'calExpandInstStart="{ms(2026, 8, 1)}" calExpandInstEnd="{ms(2026, 12, 1)}"'
WEEKLY = '<recur><add><rule freq="WEE"><count num="4"/></rule></add></recur>'


class Person(Wire):
    """Somebody signed in, with an address and the id of the account."""

    address = ""
    account = ""


@pytest.fixture
def people(simulator: SimulatorServer, admin: Wire) -> Iterator[tuple[Person, Person, Person]]:
    """An organizer and two who are invited."""
    made: list[Person] = []
    for name in ("chef", "marie", "paul"):
        person = Person(simulator.port)
        person.address = f"{name}{next(_numbers)}@ac-reunion.fr"
        person.account = admin.create_account(person.address)
        person.sign_in(person.address)
        made.append(person)
    yield made[0], made[1], made[2]
    for person in made:
        person.connection.close()


def _invite(chef: Person, *guests: Person | str, inside: str = "", name: str = "Conseil", rsvp: str = "1") -> Any:
    addresses = [guest if isinstance(guest, str) else guest.address for guest in guests]
    listed = "".join(f'<at a="{one}" role="REQ" ptst="NE" rsvp="{rsvp}"/>' for one in addresses)
    told = "".join(f'<e a="{one}" t="t"/>' for one in addresses)
    return chef.mail(
        f'<CreateAppointmentRequest><m>{told}<inv><comp name="{name}">{lasting()}<or a="{chef.address}"/>'
        f"{listed}{inside}</comp></inv><su>{name}</su><mp ct='text/plain'><content>Venez</content></mp></m>"
        "</CreateAppointmentRequest>"
    )


def _appointments(person: Person, query: str = "in:calendar") -> list[Any]:
    found = person.mail(f'<SearchRequest types="appointment" {SPAN}><query>{query}</query></SearchRequest>')
    return list(found.findall("appt"))


def _mails(person: Person, query: str = "in:inbox") -> list[Any]:
    return list(person.mail(f'<SearchRequest types="message"><query>{query}</query></SearchRequest>').findall("m"))


def _reply(person: Person, invite: str, verb: str, *, to: str = "", more: str = "", inside: str = "") -> Any:
    letter = f'<m rt="r"><e t="t" a="{to}"/><su>{verb}</su><mp ct="text/plain"><content>Oui</content></mp></m>'
    return person.mail(
        f'<SendInviteReplyRequest id="{invite}" compNum="0" verb="{verb}" {more}>{inside}{letter if to else ""}'
        "</SendInviteReplyRequest>"
    )


def _outbox(server: SimulatorServer, recipient: str) -> list[str]:
    with sqlite3.connect(server.database.connection().execute("PRAGMA database_list").fetchone()[2]) as db:
        rows = db.execute("SELECT subject FROM outbox WHERE recipient = ?", (recipient,)).fetchall()
    return [row[0] for row in rows]


def test_an_invitation_comes_by_mail_and_stands_in_the_calendar(people: tuple[Person, Person, Person]) -> None:
    chef, marie, _ = people
    _invite(chef, marie)
    (mail,) = _mails(marie)
    full = message_of(marie, mail.get("id"))
    comp = full.find("inv/comp")
    assert (full.find("inv").get("type"), comp.get("method"), comp.get("name")) == ("appt", "REQUEST", "Conseil")
    assert (comp.find("or").get("a"), comp.find("at").get("a")) == (chef.address, marie.address)
    assert full.find("mp/mp").findtext("content").strip() == "Venez"
    (found,) = _appointments(marie)
    assert {key: found.get(key) for key in ("name", "ptst", "fba", "fb", "isOrg", "otherAtt")} == {
        "name": "Conseil", "ptst": "NE", "fba": "T", "fb": "B", "isOrg": "0", "otherAtt": "1",
    }  # fmt: skip
    assert found.get("invId") == f"{found.get('id')}-{mail.get('id')}"
    assert comp.get("calItemId") == found.get("id")


def test_the_sender_keeps_a_copy_and_is_not_written_to(people: tuple[Person, Person, Person]) -> None:
    chef, marie, _ = people
    _invite(chef, marie, chef)
    assert _mails(chef) == []
    assert len(_mails(chef, "in:sent")) == 1


def test_people_elsewhere_are_written_to_through_the_outbox(
    simulator: SimulatorServer, people: tuple[Person, Person, Person]
) -> None:
    chef, *_ = people
    outside = f"jean{next(_numbers)}@exemple.org"
    _invite(chef, outside, name="Ailleurs")
    assert _outbox(simulator, outside) == ["Ailleurs"]


def test_who_does_not_want_invitations_in_the_calendar_only_gets_mail(
    admin: Wire, people: tuple[Person, Person, Person]
) -> None:
    chef, marie, _ = people
    admin.modify_account(marie.address, zimbraPrefCalendarAutoAddInvites="FALSE")
    _invite(chef, marie)
    assert _appointments(marie) == []
    (mail,) = _mails(marie)
    answer = _reply(marie, mail.get("id"), "ACCEPT")
    (found,) = _appointments(marie)
    assert (found.get("ptst"), found.get("id")) == ("AC", answer.get("apptId"))
    # Answered invitations leave the inbox.
    assert _mails(marie) == []


def test_declining_what_is_not_in_the_calendar_does_not_put_it_there(
    admin: Wire, people: tuple[Person, Person, Person]
) -> None:
    chef, marie, _ = people
    admin.modify_account(marie.address, zimbraPrefCalendarAutoAddInvites="FALSE")
    made = _invite(chef, marie)
    _reply(marie, _mails(marie)[0].get("id"), "DECLINE")
    assert _appointments(marie) == []
    assert message_of(chef, made.get("invId")).find("inv/replies/reply").get("ptst") == "DE"


@pytest.mark.parametrize(
    ("verb", "ptst", "busy"), [("ACCEPT", "AC", "B"), ("TENTATIVE", "TE", "T"), ("DECLINE", "DE", "F")]
)
def test_the_organizer_sees_every_answer(
    people: tuple[Person, Person, Person], verb: str, ptst: str, busy: str
) -> None:
    chef, marie, _ = people
    made = _invite(chef, marie)
    (found,) = _appointments(marie)
    answer = _reply(marie, found.get("invId"), verb, to=chef.address, more='updateOrganizer="TRUE"')
    assert (answer.get("apptId"), answer.get("calItemId")) == (found.get("id"), found.get("id"))
    shown = message_of(chef, made.get("invId")).find("inv")
    assert (shown.find("comp/at").get("ptst"), shown.find("replies/reply").get("ptst")) == (ptst, ptst)
    assert shown.find("replies/reply").get("at") == marie.address
    (after,) = _appointments(marie)
    assert (after.get("ptst"), after.get("fba")) == (ptst, busy)
    assert [mail.findtext("su") for mail in _mails(chef)] == [verb]


def test_no_answer_is_sent_where_none_is_asked_for(people: tuple[Person, Person, Person]) -> None:
    chef, marie, _ = people
    made = _invite(chef, marie, rsvp="0")
    (found,) = _appointments(marie)
    answer = _reply(marie, found.get("invId"), "ACCEPT", to=chef.address)
    assert answer.get("apptId") is None
    assert _mails(chef) == []
    assert message_of(chef, made.get("invId")).find("inv/replies") is None
    assert _appointments(marie)[0].get("ptst") == "AC"


def test_an_answer_may_be_kept_to_oneself(people: tuple[Person, Person, Person]) -> None:
    chef, marie, _ = people
    _invite(chef, marie)
    _reply(marie, _appointments(marie)[0].get("invId"), "ACCEPT", more='updateOrganizer="0"')
    assert _mails(chef) == []


def test_the_server_writes_an_answer_without_words_of_ones_own(people: tuple[Person, Person, Person]) -> None:
    chef, marie, _ = people
    _invite(chef, marie)
    _reply(marie, _appointments(marie)[0].get("invId"), "ACCEPT")
    assert [mail.findtext("su") for mail in _mails(chef)] == ["Accepté : Conseil"]


def test_one_instance_is_answered_by_itself(people: tuple[Person, Person, Person]) -> None:
    chef, marie, _ = people
    made = _invite(chef, marie, inside=WEEKLY)
    (found,) = _appointments(marie)
    instance = '<exceptId d="20260908T100000" tz="Europe/Paris"/>'
    _reply(marie, found.get("invId"), "DECLINE", inside=instance)
    (after,) = _appointments(marie)
    answers = {one.get("ridZ"): one.get("ptst") or after.get("ptst") for one in after.findall("inst")}
    assert (answers["20260901T080000Z"], answers["20260908T080000Z"]) == ("NE", "DE")
    shown = message_of(chef, made.get("invId")).find("inv")
    assert (shown.find("comp/at").get("ptst"), shown.find("replies")) == ("NE", None)
    whole = chef.mail(f'<GetAppointmentRequest id="{made.get("calItemId")}"/>').find("appt/replies/reply")
    assert (whole.get("ptst"), whole.get("ridZ")) == ("DE", "20260908T080000Z")


def test_an_exception_is_sent_and_answered_apart_from_its_series(people: tuple[Person, Person, Person]) -> None:
    chef, marie, _ = people
    made = _invite(chef, marie, inside=WEEKLY)
    told = f'<at a="{marie.address}" role="REQ" ptst="NE" rsvp="1"/>'
    changed = chef.mail(
        f'<CreateAppointmentExceptionRequest id="{made.get("invId")}" comp="0"><m><e a="{marie.address}" t="t"/><inv>'
        f'<comp name="Autre heure"><exceptId d="20260908T100000" tz="Europe/Paris"/><or a="{chef.address}"/>{told}'
        f"{lasting('20260908T140000', '20260908T150000')}</comp></inv><su>Autre heure</su></m>"
        "</CreateAppointmentExceptionRequest>"
    )
    (found,) = _appointments(marie)
    (moved,) = [one for one in found.findall("inst") if one.get("name") == "Autre heure"]
    _reply(marie, moved.get("invId"), "ACCEPT", to=chef.address)
    series, apart = (message_of(chef, one.get("invId")).find("inv") for one in (made, changed))
    assert (series.find("comp/at").get("ptst"), series.find("replies")) == ("NE", None)
    assert (apart.find("comp/at").get("ptst"), apart.find("replies/reply").get("ptst")) == ("AC", "AC")


def _change(chef: Person, made: Any, *guests: Person, name: str = "Changé", times: str = "") -> Any:
    listed = "".join(f'<at a="{one.address}" role="REQ" ptst="NE" rsvp="1"/>' for one in guests)
    told = "".join(f'<e a="{one.address}" t="t"/>' for one in guests)
    return chef.mail(
        f'<ModifyAppointmentRequest id="{made.get("invId")}" comp="0"><m>{told}<inv><comp name="{name}">'
        f'{times or lasting()}<or a="{chef.address}"/>{listed}</comp></inv><su>{name}</su></m>'
        "</ModifyAppointmentRequest>"
    )


def test_a_change_reaches_the_attendees(people: tuple[Person, Person, Person]) -> None:
    chef, marie, _ = people
    made = _invite(chef, marie)
    _reply(marie, _appointments(marie)[0].get("invId"), "ACCEPT")
    _change(chef, made, marie, times=lasting("20260902T100000", "20260902T110000"))
    (found,) = _appointments(marie)
    assert (found.get("name"), found.get("ptst"), found.find("inst").get("s")) == (
        "Changé", "NE", str(ms(2026, 9, 2, 8)),
    )  # fmt: skip
    assert message_of(chef, made.get("invId")).find("inv/replies") is None


def test_an_attendee_left_out_is_told_and_a_new_one_invited(people: tuple[Person, Person, Person]) -> None:
    chef, marie, paul = people
    made = _invite(chef, marie)
    _change(chef, made, paul)
    assert _appointments(marie) == []
    assert [one.get("name") for one in _appointments(marie, "in:trash")] == ["Conseil"]
    assert [one.get("name") for one in _appointments(paul)] == ["Changé"]


def test_only_the_organizer_writes_to_the_others(people: tuple[Person, Person, Person]) -> None:
    chef, marie, paul = people
    _invite(chef, marie)
    (found,) = _appointments(marie)
    with refused("mail.MUST_BE_ORGANIZER"):
        marie.mail(
            f'<ModifyAppointmentRequest id="{found.get("invId")}" comp="0"><m><e a="{paul.address}" t="t"/><inv>'
            f'<comp name="x">{lasting()}<or a="{chef.address}"/></comp></inv></m></ModifyAppointmentRequest>'
        )
    with refused("mail.MUST_BE_ORGANIZER"):
        marie.mail(
            f'<CancelAppointmentRequest id="{found.get("invId")}" comp="0"><m><e a="{paul.address}" t="t"/></m>'
            "</CancelAppointmentRequest>"
        )
    with refused("mail.MUST_BE_ORGANIZER"):
        marie.mail(
            f'<CreateAppointmentRequest><m><e a="{paul.address}" t="t"/><inv><comp name="x">{lasting()}'
            f'<or a="{chef.address}"/></comp></inv></m></CreateAppointmentRequest>'
        )


def test_what_an_attendee_changes_in_his_copy_stays_there(people: tuple[Person, Person, Person]) -> None:
    chef, marie, _ = people
    made = _invite(chef, marie)
    (found,) = _appointments(marie)
    marie.mail(
        f'<ModifyAppointmentRequest id="{found.get("invId")}" comp="0"><m><inv><comp name="Le mien">{lasting()}'
        f'<or a="{chef.address}"/><at a="{marie.address}" ptst="NE"/></comp></inv></m></ModifyAppointmentRequest>'
    )
    comp = marie.mail(f'<GetAppointmentRequest id="{found.get("id")}"/>').find("appt/inv/comp")
    assert (comp.get("name"), comp.get("seq")) == ("Le mien", "0")
    assert message_of(chef, made.get("invId")).find("inv/comp").get("name") == "Conseil"


def test_cancelling_takes_it_back_from_everybody(people: tuple[Person, Person, Person]) -> None:
    chef, marie, paul = people
    made = _invite(chef, marie, paul)
    chef.mail(f'<CancelAppointmentRequest id="{made.get("invId")}" comp="0"/>')
    for guest in (marie, paul):
        assert _appointments(guest) == []
        assert len(_appointments(guest, "in:trash")) == 1
        assert sorted(mail.findtext("su") for mail in _mails(guest)) == ["Annulé : Conseil", "Conseil"]


def test_cancelling_one_instance_takes_back_that_one(people: tuple[Person, Person, Person]) -> None:
    chef, marie, _ = people
    made = _invite(chef, marie, inside=WEEKLY)
    chef.mail(
        f'<CancelAppointmentRequest id="{made.get("invId")}" comp="0"><inst d="20260908T100000" tz="Europe/Paris"/>'
        f'<m><e a="{marie.address}" t="t"/><su>Pas cette fois</su></m></CancelAppointmentRequest>'
    )
    (found,) = _appointments(marie)
    starts = [int(one.get("s")) for one in found.findall("inst")]
    assert starts == [ms(2026, 9, 1, 8), ms(2026, 9, 15, 8), ms(2026, 9, 22, 8)]


def test_attendees_of_a_draft_do_not_know_of_it(people: tuple[Person, Person, Person]) -> None:
    chef, marie, _ = people
    made = chef.mail(
        f'<CreateAppointmentRequest><m><inv><comp name="Brouillon" draft="1">{lasting()}<or a="{chef.address}"/>'
        f'<at a="{marie.address}"/></comp></inv></m></CreateAppointmentRequest>'
    )
    comp = chef.mail(f'<GetAppointmentRequest id="{made.get("calItemId")}"/>').find("appt/inv/comp")
    assert (comp.get("draft"), comp.get("neverSent")) == ("1", "1")
    assert _mails(marie) == []
    _change(chef, made, marie)
    comp = chef.mail(f'<GetAppointmentRequest id="{made.get("calItemId")}"/>').find("appt/inv/comp")
    assert (comp.get("draft"), comp.get("neverSent")) == (None, None)
    assert len(_appointments(marie)) == 1


def test_an_invitation_is_passed_on(people: tuple[Person, Person, Person]) -> None:
    chef, marie, paul = people
    _invite(chef, marie)
    (found,) = _appointments(marie)
    marie.mail(
        f'<ForwardAppointmentRequest id="{found.get("id")}"><m><e a="{paul.address}" t="t"/><su>Pour toi</su></m>'
        "</ForwardAppointmentRequest>"
    )
    assert [one.get("name") for one in _appointments(paul)] == ["Conseil"]
    assert [mail.findtext("su") for mail in _mails(chef)] == ["Réunion transférée : Conseil"]
    (mail,) = _mails(marie)
    marie.mail(
        f'<ForwardAppointmentInviteRequest id="{mail.get("id")}"><m><e a="{paul.address}" t="t"/><su>Encore</su></m>'
        "</ForwardAppointmentInviteRequest>"
    )
    assert sorted(one.findtext("su") for one in _mails(paul)) == ["Encore", "Pour toi"]


def test_another_time_is_proposed_and_declined(people: tuple[Person, Person, Person]) -> None:
    chef, marie, _ = people
    made = _invite(chef, marie)
    (found,) = _appointments(marie)
    uid = found.get("uid")
    times = lasting("20260903T100000", "20260903T110000")
    marie.mail(
        f'<CounterAppointmentRequest id="{found.get("invId")}" comp="0"><m><e a="{chef.address}" t="t"/><su>Plutôt</su>'
        f'<inv><comp uid="{uid}" name="Conseil">{times}<or a="{chef.address}"/></comp></inv></m>'
        "</CounterAppointmentRequest>"
    )
    (mail,) = _mails(chef)
    comp = message_of(chef, mail.get("id")).find("inv/comp")
    assert (comp.get("method"), comp.find("s").get("d")) == ("COUNTER", "20260903T100000")
    assert message_of(chef, made.get("invId")).find("inv/comp/s").get("d") == "20260901T100000"
    chef.mail(
        f'<DeclineCounterAppointmentRequest><m><e a="{marie.address}" t="t"/><su>Non</su><inv>'
        f'<comp uid="{uid}" name="x">{times}<or a="{chef.address}"/></comp></inv></m>'
        "</DeclineCounterAppointmentRequest>"
    )
    assert "Non" in [one.findtext("su") for one in _mails(marie)]
    with refused("service.INVALID_REQUEST"):
        marie.mail(
            f'<CounterAppointmentRequest><m><inv><comp name="x">{times}<or a="{chef.address}"/></comp></inv></m>'
            "</CounterAppointmentRequest>"
        )


@pytest.mark.parametrize("verb", ["", "PEUT-ETRE"])
def test_an_answer_is_one_of_the_known_ones(people: tuple[Person, Person, Person], verb: str) -> None:
    chef, marie, _ = people
    _invite(chef, marie)
    with refused("service.INVALID_REQUEST"):
        _reply(marie, _appointments(marie)[0].get("invId"), verb)


def test_who_may_not_invite_leaves_the_calendar_alone(people: tuple[Person, Person, Person]) -> None:
    chef, marie, paul = people
    marie.soap(
        f'<GrantRightsRequest xmlns="urn:zimbraAccount"><ace gt="usr" right="invite" d="{paul.address}"/>'
        "</GrantRightsRequest>"
    )
    _invite(chef, marie)
    assert (_appointments(marie), len(_mails(marie))) == ([], 1)
    _invite(paul, marie, name="Permis")
    assert [one.get("name") for one in _appointments(marie)] == ["Permis"]


def test_reading_files_in_sends_nothing(simulator: SimulatorServer, people: tuple[Person, Person, Person]) -> None:
    chef, marie, _ = people
    text = (
        "BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:lu\nDTSTART:20260901T080000Z\nSUMMARY:Lu\n"
        f"ORGANIZER:mailto:{chef.address}\nATTENDEE:mailto:{marie.address}\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    chef.import_ics(text)
    chef.mail(
        f'<SetAppointmentRequest><default><m><inv uid="s" name="x">{lasting()}<or a="{chef.address}"/>'
        f'<at a="{marie.address}"/></inv></m></default></SetAppointmentRequest>'
    )
    assert (_mails(marie), _appointments(marie)) == ([], [])


def test_exceptions_stay_when_an_exception_is_made_by_an_attendee(people: tuple[Person, Person, Person]) -> None:
    chef, marie, _ = people
    _invite(chef, marie, inside=WEEKLY)
    (found,) = _appointments(marie)
    exception(marie, found.get("invId"))
    (after,) = _appointments(marie)
    assert [one.get("name") for one in after.findall("inst") if one.get("ex")] == ["Déplacé"]


def test_what_one_organizes_is_not_taken_away_by_mail(
    simulator: SimulatorServer, people: tuple[Person, Person, Person]
) -> None:
    chef, marie, _ = people
    made = _invite(chef, marie)
    uid = chef.mail(f'<GetAppointmentRequest id="{made.get("calItemId")}"/>').find(".//comp").get("uid")
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "METHOD:CANCEL", "BEGIN:VEVENT", f"UID:{uid}", "SEQUENCE:9",
        "ORGANIZER:mailto:intrus@ailleurs.example", "DTSTART:20260907T080000Z", "END:VEVENT", "END:VCALENDAR",
    ]  # fmt: skip
    raw = "\r\n".join(
        [f"To: {chef.address}", "Subject: x", "Content-Type: text/calendar; method=CANCEL", "", *lines, ""]
    )
    deliver(simulator, chef.address, raw.encode())
    assert [one.get("uid") for one in _appointments(chef)] == [uid]


@pytest.mark.parametrize(
    ("number", "component", "code"),
    [("4242", "0", "mail.NO_SUCH_MSG"), ("-1", "0", "mail.NO_SUCH_MSG"), ("", "0", "service.INVALID_REQUEST")],
)
def test_an_answer_to_nothing_is_refused(agent: Wire, number: str, component: str, code: str) -> None:
    with refused(code):
        agent.mail(f'<SendInviteReplyRequest id="{number}" compNum="{component}" verb="ACCEPT"/>')


def test_an_answer_to_another_component_is_out_of_date(people: tuple[Person, Person, Person]) -> None:
    chef, marie, _ = people
    _invite(chef, marie)
    with refused("mail.INVITE_OUT_OF_DATE"):
        marie.mail(f'<SendInviteReplyRequest id="{_appointments(marie)[0].get("invId")}" compNum="1" verb="ACCEPT"/>')


def test_the_short_form_of_an_invitation_names_the_appointment(people: tuple[Person, Person, Person]) -> None:
    chef, marie, _ = people
    _invite(chef, marie)
    (found,) = _mails(marie)
    assert found.find("inv/comp").get("apptId") == _appointments(marie)[0].get("id")
    conversation = marie.mail(f'<GetConvRequest><c id="{found.get("cid")}"/></GetConvRequest>')
    assert conversation.find("c/m/inv/comp").get("name") == "Conseil"


def test_what_is_passed_on_comes_from_the_organizer(people: tuple[Person, Person, Person]) -> None:
    chef, marie, paul = people
    _invite(chef, marie)
    number = _appointments(marie)[0].get("id")
    marie.mail(
        f'<ForwardAppointmentRequest id="{number}"><m><e t="t" a="{paul.address}"/><su>Fwd</su></m>'
        "</ForwardAppointmentRequest>"
    )
    (found,) = _mails(paul)
    letter = message_of(paul, found.get("id"))
    assert {one.get("t"): one.get("a") for one in letter.findall("e")} == {
        "f": chef.address, "s": marie.address, "t": paul.address,
    }  # fmt: skip


@pytest.mark.parametrize("address", ["hélène@écoles.example", "deux@@ailleurs.example", "personne", "١"])
def test_an_address_that_cannot_be_written_to_is_no_reason_to_refuse(
    people: tuple[Person, Person, Person], address: str
) -> None:
    chef, marie, _ = people
    made = _invite(chef, marie, address)
    assert len(_mails(marie)) == 1
    listed = chef.mail(f'<GetAppointmentRequest id="{made.get("calItemId")}"/>').findall(".//at")
    assert [one.get("a") for one in listed] == [marie.address, address]
