"""Series of appointments: rules, exceptions, instances cancelled; whole series at once; rules by themselves."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.zimbra.simulator.appointments import (
    PARIS,
    WEEKLY,
    create,
    exception,
    instances,
    lasting,
    modify,
    ms,
    read,
    refused,
)
from tests.zimbra.simulator.wire import Wire


def test_a_series_with_an_exception_and_a_cancelled_instance(agent: Wire) -> None:
    made = create(agent, WEEKLY)
    changed = exception(agent, made.get("invId"))
    assert changed.get("calItemId") == made.get("calItemId")
    agent.mail(
        f'<CancelAppointmentRequest id="{made.get("invId")}" comp="0"><inst d="20260915T100000" {PARIS}/>'
        "</CancelAppointmentRequest>"
    )
    found = instances(agent)
    starts = [int(one.get("s")) for one in found]
    assert starts == [ms(2026, 9, 1, 8), ms(2026, 9, 8, 12), ms(2026, 9, 22, 8)]
    moved = found[1]
    assert (moved.get("ex"), moved.get("name"), moved.get("ridZ"), moved.get("dur")) == (
        "1", "Déplacé", "20260908T080000Z", "1800000",
    )  # fmt: skip
    assert moved.get("invId") == changed.get("invId")
    invites = read(agent, made).findall("inv/comp")
    assert [(one.get("method"), one.get("ex"), one.get("ridZ")) for one in invites] == [
        ("PUBLISH", None, None), ("PUBLISH", "1", "20260908T080000Z"), ("CANCEL", "1", "20260915T080000Z"),
    ]  # fmt: skip
    assert invites[1].find("exceptId").get("d") == "20260908T100000"
    text = agent.send("GET", "/home/~/Calendar?fmt=ics", headers={"Cookie": f"ZM_AUTH_TOKEN={agent.token}"})[2].decode()
    assert text.count("BEGIN:VEVENT") == 2
    assert "EXDATE;TZID=Europe/Paris:20260915T100000" in text


def test_an_exception_is_changed_by_its_own_number(agent: Wire) -> None:
    made = create(agent, WEEKLY)
    invite = exception(agent, made.get("invId")).get("invId")
    modify(agent, invite, attrs='name="Encore"', times=lasting("20260908T160000", "20260908T170000"))
    assert [one.get("name") for one in instances(agent) if one.get("ex")] == ["Encore"]
    with refused("service.INVALID_REQUEST"):
        modify(agent, invite, WEEKLY)
    with refused("mail.INVITE_OUT_OF_DATE"):
        exception(agent, invite)


def test_moving_a_series_forgets_its_exceptions(agent: Wire) -> None:
    made = create(agent, WEEKLY)
    exception(agent, made.get("invId"))
    modify(agent, made.get("invId"), WEEKLY, times=lasting("20260902T100000", "20260902T110000"))
    assert [int(one.get("s")) for one in instances(agent)][:2] == [ms(2026, 9, 2, 8), ms(2026, 9, 9, 8)]
    assert len(read(agent, made).findall("inv")) == 1


def test_only_a_series_has_exceptions(agent: Wire) -> None:
    made = create(agent)
    with refused("service.INVALID_REQUEST"):
        exception(agent, made.get("invId"))
    series = create(agent, WEEKLY, request="CreateAppointmentRequest")
    with refused("service.INVALID_REQUEST"):
        agent.mail(
            f'<CreateAppointmentExceptionRequest id="{series.get("invId")}" comp="0"><m><inv><comp name="x">{lasting()}'
            "</comp></inv></m></CreateAppointmentExceptionRequest>"
        )


def test_dates_are_added_and_left_out(agent: Wire) -> None:
    recur = (
        '<recur><add><rule freq="WEE"><until d="20260923"/><byday><wkday day="TU"/></byday><wkst day="MO"/></rule>'
        '<dates tz="Europe/Paris"><dtval><s d="20261001T100000"/></dtval></dates></add>'
        '<exclude><dates tz="Europe/Paris"><dtval><s d="20260908T100000"/></dtval></dates>'
        '<rule freq="WEE"><interval ival="2"/><count num="2"/></rule></exclude></recur>'
    )
    made = create(agent, recur)
    starts = [int(one.get("s")) for one in instances(agent)]
    assert starts == [ms(2026, 9, 1, 8), ms(2026, 9, 22, 8), ms(2026, 10, 1, 8)]
    shown = read(agent, made).find("inv/comp/recur")
    assert shown.find("add/rule").get("freq") == "WEE"
    assert shown.find("add/rule/until").get("d") == "20260923"
    assert [one.get("d") for one in shown.findall("add/dates/dtval/s")] == ["20261001T100000"]
    assert [one.get("d") for one in shown.findall("exclude/dates/dtval/s")] == ["20260908T100000"]
    assert shown.find("exclude/rule/count").get("num") == "2"


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ('<rule freq="DAI"><interval ival="2"/><count num="3"/></rule>', ["0901", "0903", "0905"]),
        ('<rule freq="WEE"><byday><wkday day="TU"/><wkday day="TH"/></byday><count num="3"/></rule>',
         ["0901", "0903", "0908"]),
        ('<rule freq="MON"><bymonthday modaylist="1,15"/><count num="3"/></rule>', ["0901", "0915", "1001"]),
        ('<rule freq="MON"><byday><wkday ordwk="1" day="TU"/></byday><count num="2"/></rule>', ["0901", "1006"]),
        ('<rule freq="YEA"><bymonth molist="9,11"/><count num="2"/></rule>', ["0901", "1101"]),
        ('<rule freq="MON" ival="2"><bysetpos poslist="-1"/><byday><wkday day="MO"/><wkday day="TU"/></byday>'
         '<x-name name="repeatCustomType" value="O"/><until d="20261031"/></rule>', ["0901", "0929", "1027"]),
    ],
)  # fmt: skip
def test_rules_of_requests(agent: Wire, rule: str, days: list[str]) -> None:
    create(agent, f"<recur><add>{rule}</add></recur>")
    found = [datetime.fromtimestamp(int(one.get("s")) / 1000, UTC).strftime("%m%d") for one in instances(agent)]
    assert found == days


def test_a_year_of_instances_is_asked_for_in_pieces(agent: Wire) -> None:
    with refused("service.INVALID_REQUEST"):
        instances(agent, ms(2026, 1, 1), ms(2026, 12, 1))


def test_summaries_of_one_folder(agent: Wire) -> None:
    made = agent.mail('<CreateFolderRequest><folder name="Autre" l="1" view="appointment"/></CreateFolderRequest>')
    other = made.find("folder").get("id")
    create(agent, m=f'l="{other}"', attrs='name="Là"')
    create(agent, attrs='name="Ici"')
    span = f's="{ms(2026, 9, 1)}" e="{ms(2026, 9, 2)}"'
    found = agent.mail(f'<GetApptSummariesRequest {span} l="{other}"/>').findall("appt")
    assert [one.get("name") for one in found] == ["Là"]
    both = agent.mail(f"<GetCalendarItemSummariesRequest {span}/>").findall("appt")
    assert sorted(one.get("name") for one in both) == ["Ici", "Là"]


# --- all at once ---------------------------------------------------------------------------------------------------


def test_set_appointment_writes_a_whole_series(agent: Wire, address: str) -> None:
    organizer = f'<or a="{address}"/>'
    body = (
        f'<default ptst="AC"><m><inv uid="serie-1" name="Série">{lasting()}{organizer}{WEEKLY}</inv></m></default>'
        f'<except ptst="AC"><m><inv uid="serie-1" name="Autre"><exceptId d="20260908T100000" {PARIS}/>'
        f"{lasting('20260908T120000', '20260908T130000')}{organizer}</inv></m></except>"
        f'<cancel><m><inv><comp uid="serie-1" seq="1" name="Série"><exceptId d="20260915T100000" {PARIS}/>'
        f'<s d="20260915T100000" {PARIS}/>{organizer}</comp></inv></m></cancel>'
        '<replies><reply at="marie@x.fr" seq="0" d="1700000000000" ptst="TE"/></replies>'
    )
    made = agent.mail(f'<SetAppointmentRequest l="10" f="f">{body}</SetAppointmentRequest>')
    assert made.get("calItemId") == made.get("apptId")
    assert made.find("default").get("id").isdecimal()
    assert made.find("except").get("recurId") == "20260908T100000"
    starts = [int(one.get("s")) for one in instances(agent)]
    assert starts == [ms(2026, 9, 1, 8), ms(2026, 9, 8, 10), ms(2026, 9, 22, 8)]
    found = read(agent, made)
    assert (found.get("f"), found.find("replies/reply").get("ptst")) == ("f", "TE")
    again = agent.mail(
        f'<SetAppointmentRequest><default ptst="AC"><m><inv uid="serie-1" name="Seule">{lasting()}</inv></m></default>'
        "</SetAppointmentRequest>"
    )
    assert again.get("calItemId") == made.get("calItemId")
    assert len(read(agent, made).findall("inv")) == 1
    with refused("service.INVALID_REQUEST"):
        agent.mail("<SetAppointmentRequest/>")


def test_set_appointment_takes_a_message_as_it_is(agent: Wire) -> None:
    raw = (
        "From: a@x.fr\r\nSubject: x\r\nContent-Type: text/calendar; method=REQUEST; charset=utf-8\r\n\r\n"
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:brut\r\nSUMMARY:Brut\r\n"
        "DTSTART:20260901T080000Z\r\nDTEND:20260901T090000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    agent.mail(f"<SetAppointmentRequest><default><m><content>{raw}</content></m></default></SetAppointmentRequest>")
    assert agent.mail('<GetAppointmentRequest uid="brut"/>').find("appt/inv/comp").get("name") == "Brut"


def test_add_appointment_invite_ignores_what_is_older(agent: Wire) -> None:
    def add(sequence: int, name: str) -> Any:
        return agent.mail(
            f'<AddAppointmentInviteRequest ptst="NE"><m><inv><comp uid="a-1" seq="{sequence}" name="{name}">{lasting()}'
            '<or a="chef@x.fr"/></comp></inv></m></AddAppointmentInviteRequest>'
        )

    made = add(2, "Deux")
    assert made.get("compNum") == "0"
    assert add(1, "Un").get("calItemId") is None
    assert read(agent, made).find("inv/comp").get("name") == "Deux"


# --- recurrences by themselves -------------------------------------------------------------------------------------


def test_a_recurrence_is_expanded_without_being_kept(agent: Wire) -> None:
    def expand(inside: str) -> list[Any]:
        span = f's="{ms(2009, 1, 11)}" e="{ms(2009, 1, 14)}"'
        return agent.mail(f"<ExpandRecurRequest {span}>{inside}</ExpandRecurRequest>").findall("inst")

    assert expand("") == []
    series = (
        '<comp><s d="20090101T120000Z"/><e d="20090101T150000Z"/><recur><add><rule freq="DAI"/></add></recur></comp>'
    )
    changed = '<except><s d="20090112T140000Z"/><dur h="1"/><exceptId d="20090112T120000Z"/></except>'
    gone = '<cancel><exceptId d="20090113T120000Z"/></cancel>'
    found = expand(series + changed + gone)
    assert [(one.get("ridZ"), one.get("s"), one.get("dur")) for one in found] == [
        ("20090111T120000Z", str(ms(2009, 1, 11, 12)), "10800000"),
        ("20090112T120000Z", str(ms(2009, 1, 12, 14)), "3600000"),
    ]


def test_the_recurrence_of_an_appointment(agent: Wire) -> None:
    made = create(agent, WEEKLY)
    exception(agent, made.get("invId"))
    found = agent.mail(f'<GetRecurRequest id="{made.get("calItemId")}"/>')
    assert found.find("comp/recur/add/rule").get("freq") == "WEE"
    assert found.find("except/exceptId").get("d") == "20260908T100000"
    assert found.find("tz").get("id") == "Europe/Paris"


def test_an_appointment_as_icalendar(agent: Wire) -> None:
    made = create(agent)
    found = agent.mail(f'<GetICalRequest id="{made.get("invId")}"/>').find("ical")
    assert "SUMMARY:Conseil" in found.text
    whole = agent.mail(f'<GetICalRequest s="{ms(2026, 9, 1)}" e="{ms(2026, 9, 2)}"/>').find("ical")
    assert "SUMMARY:Conseil" in whole.text


def test_what_one_organizes_cannot_be_made_anothers(agent: Wire, address: str) -> None:
    made = create(agent, f'<or a="{address}"/><at a="marie@ac-reunion.fr"/>')
    uid = read(agent, made).get("uid")
    with refused("service.INVALID_REQUEST"):
        agent.mail(
            f'<AddAppointmentInviteRequest><m><inv><comp uid="{uid}" seq="1" name="x">{lasting()}'
            '<or a="marie@ac-reunion.fr"/></comp></inv></m></AddAppointmentInviteRequest>'
        )
    with refused("service.INVALID_REQUEST"):
        modify(agent, made.get("invId"), '<or a="marie@ac-reunion.fr"/>')
    assert read(agent, made).find("inv/comp/or").get("a") == address
