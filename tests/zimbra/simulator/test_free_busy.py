"""Free and busy times, working hours, days with appointments, conflicts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.each import each
from tests.zimbra.simulator.appointments import create, ms, refused
from tests.zimbra.simulator.wire import Wire
from zimbra.simulator.server import SimulatorServer

SPAN = (ms(2026, 9, 1), ms(2026, 9, 2))


def _utc(start: int, end: int) -> str:
    return f'<s d="20260901T{start:02}0000Z"/><e d="20260901T{end:02}0000Z"/>'


def _ask(agent: Wire, who: str, inside: str = "") -> list[tuple[str, int, int]]:
    found = agent.mail(f'<GetFreeBusyRequest s="{SPAN[0]}" e="{SPAN[1]}" {who}>{inside}</GetFreeBusyRequest>')
    return [(one.tag, _hour(one.get("s")), _hour(one.get("e"))) for one in found.find("usr")]


def _hour(moment: str) -> int:
    return (int(moment) - SPAN[0]) // 3_600_000


@pytest.fixture
def other(simulator: SimulatorServer, admin: Wire, address: str) -> Iterator[Wire]:
    """A colleague who looks at the time of `agent`."""
    name = f"collegue-{address}"
    admin.create_account(name)
    client = Wire(simulator.port).sign_in(name)
    yield client
    client.connection.close()


def test_the_strongest_of_what_takes_place_counts(agent: Wire, other: Wire, address: str) -> None:
    create(agent, attrs='name="a" fb="B"', times=_utc(8, 12))
    create(agent, attrs='name="b" fb="T"', times=_utc(10, 14))
    create(agent, attrs='name="c" fb="O"', times=_utc(11, 12))
    create(agent, attrs='name="d" fb="F"', times=_utc(16, 17))
    create(agent, attrs='name="e" status="TENT"', times=_utc(18, 19))
    assert _ask(other, f'uid="{address}"') == [
        ("f", 0, 8), ("b", 8, 11), ("u", 11, 12), ("t", 12, 14), ("f", 14, 18), ("t", 18, 19), ("f", 19, 24),
    ]  # fmt: skip


def test_people_are_named_by_address_or_id(agent: Wire, other: Wire, admin: Wire, address: str) -> None:
    account = admin.admin(f'<GetAccountRequest><account by="name">{address}</account></GetAccountRequest>')
    number = account.find("account").get("id")
    create(agent, times=_utc(8, 9))
    for who in (f'uid="{number}"', f'id="{number}"', f'name="{address}"'):
        assert _ask(other, who)[1] == ("b", 8, 9)
    assert _ask(other, "", f'<usr name="{address}"/>')[1] == ("b", 8, 9)
    found = other.mail(f'<GetFreeBusyRequest s="{SPAN[0]}" e="{SPAN[1]}" uid="{number},personne@x.fr"/>')
    assert [one.get("id") for one in found.findall("usr")] == [number, "personne@x.fr"]


def test_nothing_is_known_of_nobody(agent: Wire) -> None:
    assert _ask(agent, 'uid="personne@ac-reunion.fr"') == [("n", 0, 24)]


def test_who_never_looked_into_the_mailbox_is_free(admin: Wire, agent: Wire, address: str) -> None:
    name = f"nouveau-{address}"
    admin.create_account(name)
    assert _ask(agent, f'uid="{name}"') == [("f", 0, 24)]


def test_an_appointment_may_be_left_out(agent: Wire, address: str) -> None:
    made = create(agent, times=_utc(8, 9))
    uid = agent.mail(f'<GetAppointmentRequest id="{made.get("calItemId")}"/>').find("appt").get("uid")
    assert _ask(agent, f'uid="{address}" excludeUid="{uid}"') == [("f", 0, 24)]


def test_a_calendar_that_does_not_count(agent: Wire, address: str) -> None:
    made = agent.mail(
        '<CreateFolderRequest><folder name="Autre" l="1" view="appointment" f="b"/></CreateFolderRequest>'
    )
    other_calendar = made.find("folder").get("id")
    create(agent, times=_utc(8, 9), m=f'l="{other_calendar}"')
    create(agent, times=_utc(10, 11))
    assert _ask(agent, f'uid="{address}"') == [("f", 0, 10), ("b", 10, 11), ("f", 11, 24)]
    assert _ask(agent, "", f'<usr name="{address}" l="{other_calendar}"/>') == [("f", 0, 24)]


def test_series_all_day_events_and_the_trash(agent: Wire, address: str) -> None:
    made = create(agent, times='<s d="20260801T060000Z"/><e d="20260801T070000Z"/>',
                  inside='<recur><add><rule freq="DAI"/></add></recur>')  # fmt: skip
    assert _ask(agent, f'uid="{address}"') == [("f", 0, 6), ("b", 6, 7), ("f", 7, 24)]
    agent.mail(f'<CancelAppointmentRequest id="{made.get("invId")}" comp="0"/>')
    assert _ask(agent, f'uid="{address}"') == [("f", 0, 24)]
    create(agent, attrs='name="Fête" allDay="1" fb="B"', times='<s d="20260901"/><e d="20260901"/>')
    # The day of Brussels ends two hours before that of universal time.
    assert _ask(agent, f'uid="{address}"') == [("b", 0, 22), ("f", 22, 24)]


def test_who_may_not_see_the_time_is_told_nothing(agent: Wire, other: Wire, admin: Wire, address: str) -> None:
    create(agent, times=_utc(8, 9))
    friend = f"ami-{address}"
    admin.create_account(friend)
    agent.soap(
        f'<GrantRightsRequest xmlns="urn:zimbraAccount"><ace gt="usr" right="viewFreeBusy" d="{friend}"/>'
        "</GrantRightsRequest>"
    )
    assert _ask(other, f'uid="{address}"') == [("n", 0, 24)]
    assert _ask(agent, f'uid="{address}"')[1] == ("b", 8, 9)


@pytest.mark.parametrize(("since", "until"), [(SPAN[1], SPAN[0]), (SPAN[0], SPAN[0] + 367 * 86_400_000)])
def test_a_span_is_bounded(agent: Wire, since: int, until: int) -> None:
    with refused("service.INVALID_REQUEST"):
        agent.mail(f'<GetFreeBusyRequest s="{since}" e="{until}" uid="x"/>')
    with refused("service.INVALID_REQUEST"):
        agent.mail('<GetFreeBusyRequest uid="x"/>')


def test_working_hours_are_free_time(agent: Wire, admin: Wire, address: str) -> None:
    def ask() -> list[tuple[str, int, int]]:
        found = agent.mail(f'<GetWorkingHoursRequest s="{SPAN[0]}" e="{SPAN[1]}" name="{address}"/>')
        return [(one.tag, _hour(one.get("s")), _hour(one.get("e"))) for one in found.find("usr")]

    # A Tuesday, in Brussels.
    assert ask() == [("u", 0, 6), ("f", 6, 15), ("u", 15, 24)]
    hours = ",".join(f"{day}:{'Y' if day == 3 else 'N'}:1000:1200" for day in range(1, 8))
    admin.modify_account(address, zimbraPrefCalendarWorkingHours=hours)
    assert ask() == [("u", 0, 8), ("f", 8, 10), ("u", 10, 24)]


# --- days ----------------------------------------------------------------------------------------------------------


def _days(agent: Wire, inside: str = '<folder id="10"/>') -> Any:
    return agent.mail(f'<GetMiniCalRequest s="{ms(2026, 9, 1)}" e="{ms(2026, 9, 30)}">{inside}</GetMiniCalRequest>')


def test_the_days_with_appointments(agent: Wire) -> None:
    create(agent, times='<s d="20260903T200000Z"/><e d="20260904T050000Z"/>')
    create(agent, attrs='name="Fête" allDay="1"', times='<s d="20260910"/><e d="20260911"/>')
    create(agent, times='<s d="20260920T080000Z"/><e d="20260920T090000Z"/>',
           inside='<recur><add><rule freq="DAI"><count num="2"/></rule></add></recur>')  # fmt: skip
    days = [one.text for one in _days(agent).findall("date")]
    assert days == ["20260903", "20260904", "20260910", "20260911", "20260920", "20260921"]


def test_days_depend_on_the_zone(agent: Wire) -> None:
    create(agent, times='<s d="20260903T230000Z"/><e d="20260903T233000Z"/>')
    assert [one.text for one in _days(agent).findall("date")] == ["20260904"]
    zone = '<folder id="10"/><tz id="America/New_York"/>'
    assert [one.text for one in _days(agent, zone).findall("date")] == ["20260903"]
    with refused("service.INVALID_REQUEST"):
        _days(agent, '<folder id="10"/><tz id="Lune"/>')


def test_a_calendar_nobody_may_look_into_is_an_error_of_its_own(agent: Wire, other: Wire, admin: Wire) -> None:
    create(agent, times=_utc(8, 9))
    account = admin.admin("<GetAccountRequest><account by='name'>admin@ac-reunion.fr</account></GetAccountRequest>")
    foreign = f"{account.find('account').get('id')}:10"
    found = _days(agent, f'<folder id="10"/><folder id="4242"/><folder id="{foreign}"/>')
    assert [one.text for one in found.findall("date")] == ["20260901"]
    assert [(one.get("id"), one.get("code")) for one in found.findall("error")] == [
        ("4242", "mail.NO_SUCH_FOLDER"), (foreign, "service.PERM_DENIED"),
    ]  # fmt: skip


# --- as iCalendar ---------------------------------------------------------------------------------------------------


def _calendar(reader: Wire, path: str, *, signed_in: bool = True) -> list[str]:
    headers = {"Cookie": f"ZM_AUTH_TOKEN={reader.token}"} if signed_in else {}
    status, _, body = reader.send("GET", path, headers=headers)
    assert status == 200
    return body.decode().splitlines()


def _busy(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith("FREEBUSY")]


SPAN_IN_ADDRESS = f"start={SPAN[0]}&end={SPAN[1]}"


def test_the_time_of_somebody_as_a_calendar(agent: Wire, other: Wire, address: str) -> None:
    create(agent, attrs='name="Secret"', times=_utc(8, 12))
    create(agent, attrs='name="b" fb="T"', times=_utc(14, 15))
    lines = _calendar(other, f"/home/{address}?fmt=ifb&{SPAN_IN_ADDRESS}")
    assert _busy(lines) == [
        "FREEBUSY;FBTYPE=BUSY:20260901T080000Z/20260901T120000Z",
        "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20260901T140000Z/20260901T150000Z",
    ]
    assert {f"ORGANIZER:mailto:{address}", "DTSTART:20260901T000000Z", "DTEND:20260902T000000Z"} <= set(lines)
    assert "Secret" not in "".join(lines)
    assert _busy(_calendar(agent, f"/home/~/?fmt=ifb&{SPAN_IN_ADDRESS}")) == _busy(lines)


def test_the_published_times_need_no_session(agent: Wire, address: str) -> None:
    create(agent, attrs='name="a" fb="O"', times=_utc(8, 12))
    lines = _calendar(agent, f"/service/pubcal/freebusy.ifb?acct={address}&s={SPAN[0]}&e={SPAN[1]}", signed_in=False)
    assert _busy(lines) == ["FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20260901T080000Z/20260901T120000Z"]


def test_times_that_only_colleagues_may_see_are_not_published(agent: Wire, other: Wire, address: str) -> None:
    create(agent, times=_utc(8, 12))
    agent.soap(
        '<GrantRightsRequest xmlns="urn:zimbraAccount"><ace gt="all" right="viewFreeBusy"/></GrantRightsRequest>'
    )
    path = f"/service/pubcal/freebusy.ifb?acct={address}&s={SPAN[0]}&e={SPAN[1]}"
    assert _busy(_calendar(agent, path, signed_in=False)) == []
    assert len(_busy(_calendar(other, path))) == 1


def test_who_is_not_there_is_always_free(wire: Wire) -> None:
    lines = _calendar(wire, f"/home/personne@ac-reunion.fr?fmt=ifb&{SPAN_IN_ADDRESS}", signed_in=False)
    assert "ORGANIZER:mailto:personne@ac-reunion.fr" in lines
    assert _busy(lines) == []


@each(
    "query",
    [
        f"start={SPAN[1]}&end={SPAN[0]}", "start=1&end=99999999999999", "start=hier", "start=2026/13/41",
        "start=-99999999999999999&end=99999999999999999",
    ],
)  # fmt: skip
def test_a_span_that_cannot_be_is_a_bad_request(agent: Wire, query: str) -> None:
    assert agent.send("GET", f"/home/~/?fmt=ifb&{query}", headers={"Cookie": f"ZM_AUTH_TOKEN={agent.token}"})[0] == 400
    published = query.replace("start", "s").replace("end", "e")
    assert agent.send("GET", f"/service/pubcal/freebusy.ifb?acct=a&{published}")[0] == 400


def test_published_times_of_nobody_are_a_bad_request(wire: Wire) -> None:
    assert wire.send("GET", "/service/pubcal/freebusy.ifb")[0] == 400
    assert wire.send("POST", "/service/pubcal/freebusy.ifb?acct=a", b"")[0] == 405


def test_who_hides_his_time_may_still_share_that_of_a_calendar(
    agent: Wire, other: Wire, admin: Wire, address: str
) -> None:
    shared = agent.mail('<CreateFolderRequest><folder name="Cours" view="appointment"/></CreateFolderRequest>')
    number = shared.find("folder").get("id")
    create(agent, times=_utc(8, 12))
    create(agent, times=_utc(14, 15), m=f'l="{number}"')
    agent.soap(
        '<GrantRightsRequest xmlns="urn:zimbraAccount"><ace gt="all" right="viewFreeBusy" deny="1"/>'
        "</GrantRightsRequest>"
    )
    assert _ask(other, f'uid="{address}"') == [("n", 0, 24)]
    agent.mail(
        f'<FolderActionRequest><action id="{number}" op="grant"><grant gt="all" perm="f"/></action>'
        "</FolderActionRequest>"
    )
    assert _ask(other, f'uid="{address}"') == [("f", 0, 14), ("b", 14, 15), ("f", 15, 24)]


# --- conflicts -----------------------------------------------------------------------------------------------------


def test_the_instances_at_which_somebody_is_taken(agent: Wire, other: Wire, address: str) -> None:
    create(agent, times='<s d="20260902T080000Z"/><e d="20260902T090000Z"/>')
    series = (
        '<comp><s d="20260901T083000Z"/><e d="20260901T093000Z"/><recur><add><rule freq="DAI"><count num="3"/></rule>'
        f'</add></recur></comp><usr name="{address}"/>'
    )
    span = f's="{ms(2026, 9, 1)}" e="{ms(2026, 9, 10)}"'
    found = other.mail(f"<CheckRecurConflictsRequest {span}>{series}</CheckRecurConflictsRequest>").findall("inst")
    assert [(one.get("ridZ"), one.find("usr").get("name"), one.find("usr").get("fb")) for one in found] == [
        ("20260902T083000Z", address, "B")
    ]
    whole = other.mail(f'<CheckRecurConflictsRequest {span} all="1">{series}</CheckRecurConflictsRequest>')
    assert len(whole.findall("inst")) == 3
