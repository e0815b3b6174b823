from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.each import each
from tests.zimbra.simulator.wire import Fault, Wire, calendar, event, import_appointments
from zimbra.simulator.server import SimulatorServer

PARIS = """BEGIN:VTIMEZONE
TZID:Chez nous
BEGIN:STANDARD
DTSTART:19711025T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19710328T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
END:VTIMEZONE"""


def _ms(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp() * 1000)


def _component(agent: Wire, *, uid: str) -> Any:
    return agent.mail(f'<GetAppointmentRequest uid="{uid}"/>').find("appt/inv/comp")


def _refused(code: str) -> Any:
    return pytest.raises(Fault, match=code.replace(".", r"\."))


def _starts(agent: Wire, since: int, until: int) -> list[int]:
    found = agent.mail(
        f'<SearchRequest types="appointment" limit="1000" calExpandInstStart="{since}" calExpandInstEnd="{until}">'
        "<query>is:anywhere</query></SearchRequest>"
    )
    return sorted(int(one.get("s")) for one in found.iter("inst"))


def test_an_import_gives_item_and_invite_ids(agent: Wire) -> None:
    answer = agent.mail(import_appointments(calendar(event("u1", "SUMMARY:Un"), event("u2", "SUMMARY:Deux")))).find(
        "appt"
    )
    assert answer.get("n") == "2"
    first, second = (pair.split("-") for pair in answer.get("ids").split(","))
    assert len({*first, *second}) == 4
    found = agent.mail(f'<GetAppointmentRequest id="{second[0]}"/>').find("appt")
    assert (found.get("uid"), found.get("l"), found.find("inv/comp").get("name")) == ("u2", "10", "Deux")


def test_what_cannot_be_read_as_a_whole_is_a_fault(agent: Wire) -> None:
    for text in (
        "",
        "rien",
        "BEGIN:VCARD\nEND:VCARD",
        calendar(event("u")) + "reste",
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\n",
    ):
        with _refused("service.PARSE_ERROR"):
            agent.import_ics(text)


@pytest.mark.parametrize("version", ["1.0", "6.0", "2"])
def test_another_version_than_2_0_refuses_the_file(agent: Wire, version: str) -> None:
    with _refused("service.PARSE_ERROR"):
        agent.import_ics(calendar(event("u"), head=f"VERSION:{version}"))


@pytest.mark.parametrize(
    "line",
    [
        "EXRULE:FREQ=DAILY",
        "RRULE:FREQ=DAILY;UNTIL=demain",
        "RRULE:FREQ=WEEKLY;BYDAY=LU",
        "RRULE:COUNT=3",
        "COMPLETED:0",
        "EXDATE:hier",
        "DURATION:une heure",
        "BEGIN:VALARM\nACTION:SONNER\nTRIGGER:-PT5M\nEND:VALARM",
        "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:bientôt\nEND:VALARM",
        "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER;RELATED=MIDDLE:-PT5M\nEND:VALARM",
        "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT5M\nREPEAT:souvent\nEND:VALARM",
        "BEGIN:VALRM\nACTION:DISPLAY\nEND:VALRM",
    ],
)
def test_a_broken_event_is_left_out_and_the_others_stay(agent: Wire, line: str) -> None:
    answer = agent.mail(import_appointments(calendar(event("a"), event("b", line), event("c")))).find("appt")
    assert answer.get("n") == "2"
    assert len(answer.get("ids").split(",")) == 2
    with _refused("mail.NO_SUCH_APPT"):
        _component(agent, uid="b")


def test_a_refused_invite_counts_but_has_no_id(agent: Wire, own_simulator: SimulatorServer) -> None:
    client = Wire(own_simulator.port).sign_in_admin()
    client.create_account("x@ac-reunion.fr")
    client.sign_in("x@ac-reunion.fr")
    client.faults({"refuse": {"containing": "Deux"}})
    answer = client.mail(import_appointments(calendar(event("a", "SUMMARY:Un"), event("b", "SUMMARY:Deux")))).find(
        "appt"
    )
    assert answer.get("n") == "2"
    assert "," not in answer.get("ids")
    client.connection.close()


@each(("method", "kept"), [("", 1), ("PUBLISH", 1), ("REQUEST", 1), ("REPLY", 0), ("CANCEL", 0), ("ADD", 0)])
def test_only_publish_and_request_create(agent: Wire, method: str, kept: int) -> None:
    head = "VERSION:2.0" + (f"\nMETHOD:{method}" if method else "")
    assert len(agent.import_ics(calendar(event("u"), head=head))) == kept


def test_cancel_of_a_known_uid_throws_it_away(agent: Wire) -> None:
    agent.import_ics(calendar(event("u")))
    agent.import_ics(calendar(event("u", "SEQUENCE:1"), head="VERSION:2.0\nMETHOD:CANCEL"))
    assert agent.mail('<GetAppointmentRequest uid="u"/>').find("appt").get("l") == "3"


def test_a_uid_lives_once_per_mailbox_and_moves(agent: Wire) -> None:
    made = agent.mail('<CreateFolderRequest><folder name="Autre" l="1" view="appointment"/></CreateFolderRequest>')
    other = made.find("folder").get("id")
    (first,) = agent.import_ics(calendar(event("u", "SUMMARY:Avant")))
    (second,) = agent.import_ics(calendar(event("u", "SUMMARY:Après")), other)
    assert first.split("-")[0] == second.split("-")[0]
    found = agent.mail('<GetAppointmentRequest uid="u"/>').find("appt")
    assert (found.get("l"), found.find("inv/comp").get("name")) == (other, "Après")


def test_a_lower_sequence_moves_without_changing(agent: Wire) -> None:
    agent.import_ics(calendar(event("u", "SUMMARY:Nouveau", "SEQUENCE:3")))
    assert len(agent.import_ics(calendar(event("u", "SUMMARY:Ancien", "SEQUENCE:2")), "3")) == 1
    found = agent.mail('<GetAppointmentRequest uid="u"/>').find("appt")
    assert (found.get("l"), found.find("inv/comp").get("name")) == ("3", "Nouveau")


def test_an_import_without_uid_is_new_every_time(agent: Wire) -> None:
    first, second = (agent.import_ics(calendar(event(""))) for _ in range(2))
    assert first != second
    assert (
        len(agent.mail('<SearchRequest types="appointment" limit="10"><query>in:calendar</query></SearchRequest>')) == 2
    )


def test_the_organizer_of_a_known_item_stays(agent: Wire) -> None:
    agent.import_ics(calendar(event("u", "ORGANIZER:mailto:un@x.fr")))
    agent.import_ics(calendar(event("u", "ORGANIZER:mailto:deux@x.fr", "SEQUENCE:1")))
    assert _component(agent, uid="u").find("or").get("a") == "un@x.fr"


def test_is_organizer_tells_own_events_from_others(agent: Wire, address: str) -> None:
    agent.import_ics(
        calendar(event("a"), event("b", f"ORGANIZER:MAILTO:{address.upper()}"), event("c", "ORGANIZER:x@y.fr"))
    )
    assert [_component(agent, uid=uid).get("isOrg") for uid in "abc"] == ["1", "1", None]


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        ("DTSTART:20260901T060000Z", "DTEND:20260901T050000Z", "20260901T060001Z"),
        ("DTSTART:20260901T060000Z", "DTEND:20260901T060000Z", "20260901T060001Z"),
        ("DTSTART;VALUE=DATE:20260901", "DTEND;VALUE=DATE:20260901", "20260901"),
        ("DTSTART;VALUE=DATE:20260901", "DTEND:20260903T120000Z", "20260902"),
    ],
)
def test_ends_are_repaired_and_all_day_ends_shown_inclusive(agent: Wire, start: str, end: str, shown: str) -> None:
    agent.import_ics(calendar(event("u", start=start, end=end)))
    assert _component(agent, uid="u").find("e").get("d") == shown


def test_a_rule_without_any_start_is_left_out_and_with_an_end_gets_one(agent: Wire) -> None:
    assert agent.import_ics(calendar(event("a", "RRULE:FREQ=DAILY", start="", end=""))) == []
    agent.import_ics(calendar(event("b", "RRULE:FREQ=DAILY", start="")))
    assert _component(agent, uid="b").find("s").get("d") == "20260901T065959Z"


def test_unknown_parts_of_a_rule_are_dropped(agent: Wire) -> None:
    agent.import_ics(calendar(event("u", "RRULE:FREQ=WEEKLY;FOO=1;INTERVAL=x;BYDAY=MO,WE;COUNT=4")))
    rule = _component(agent, uid="u").find("recur/add/rule")
    assert rule.get("freq") == "WEE"
    assert [day.get("day") for day in rule.iter("wkday")] == ["MO", "WE"]
    assert (rule.find("count").get("num"), rule.find("interval").get("ival")) == ("4", "1")


def test_rdate_and_linked_attachments_are_dropped(agent: Wire) -> None:
    agent.import_ics(calendar(event("u", "RDATE:20260908T060000Z", "ATTACH:https://x.fr/a.pdf")))
    assert _starts(agent, _ms(2026, 9, 1), _ms(2026, 10, 1)) == [_ms(2026, 9, 1, 6)]


def test_summaries_follow_the_local_hour_the_exdates_and_the_exceptions(agent: Wire) -> None:
    zoned = event(
        "u",
        "SUMMARY:Cours",
        "RRULE:FREQ=WEEKLY;COUNT=4",
        "EXDATE;TZID=Chez nous:20261025T100000",
        start="DTSTART;TZID=Chez nous:20261018T100000",
        end="DTEND;TZID=Chez nous:20261018T110000",
    )
    moved = event(
        "u",
        "SUMMARY:Cours déplacé",
        "RECURRENCE-ID;TZID=Chez nous:20261101T100000",
        start="DTSTART;TZID=Chez nous:20261102T100000",
        end="DTEND;TZID=Chez nous:20261102T110000",
    )
    agent.import_ics(calendar(PARIS, zoned, moved))
    expected = [_ms(2026, 10, 18, 8), _ms(2026, 11, 2, 9), _ms(2026, 11, 8, 9)]
    assert _starts(agent, _ms(2026, 10, 1), _ms(2026, 12, 1)) == expected
    assert _starts(agent, _ms(2026, 11, 3), _ms(2026, 12, 1)) == expected[2:]
    found = agent.mail(f'<GetApptSummariesRequest s="{_ms(2026, 11, 2)}" e="{_ms(2026, 11, 3)}"/>').find("appt/inst")
    assert (found.get("ex"), found.get("name")) == ("1", "Cours déplacé")


def test_exceptions_before_or_without_their_series_are_kept(agent: Wire) -> None:
    alone = event("u", "SUMMARY:Seule", "RECURRENCE-ID:20260908T060000Z", start="DTSTART:20260908T080000Z", end="")
    agent.import_ics(calendar(alone))
    assert _starts(agent, _ms(2026, 9, 1), _ms(2026, 10, 1)) == [_ms(2026, 9, 8, 8)]
    agent.import_ics(calendar(event("u", "SUMMARY:Série", "RRULE:FREQ=WEEKLY;COUNT=2")))
    assert _starts(agent, _ms(2026, 9, 1), _ms(2026, 10, 1)) == [_ms(2026, 9, 1, 6), _ms(2026, 9, 8, 8)]
    assert len(agent.mail('<GetAppointmentRequest uid="u"/>').findall("appt/inv")) == 2


def test_an_unknown_zone_is_the_accounts_own_when_the_file_is_small(agent: Wire) -> None:
    agent.import_ics(calendar(event("u", start="DTSTART;TZID=Lune:20260101T100000", end="")))
    assert _component(agent, uid="u").find("s").get("u") == str(_ms(2026, 1, 1, 9))


def test_a_rule_without_end_stops_somewhere(agent: Wire) -> None:
    agent.import_ics(calendar(event("u", "RRULE:FREQ=DAILY")))
    assert len(_starts(agent, _ms(2028, 8, 1), _ms(2030, 1, 1))) == 31


def test_what_a_component_holds_is_shown(agent: Wire) -> None:
    lines = (
        "SUMMARY:Conseil\\, de classe",
        "LOCATION:Salle 3",
        "DESCRIPTION:Un\\nDeux",
        "CLASS:PRIVATE",
        "TRANSP:TRANSPARENT",
        "CATEGORIES:Travail,Élèves",
        "STATUS:TENTATIVE",
        "ATTENDEE;CN=Jean;PARTSTAT=ACCEPTED:mailto:j@x.fr",
        "X-PERSO;A=b:c",
        "X-ALT-DESC;FMTTYPE=text/html:<p>Un</p>",
        "BEGIN:VALARM\nACTION:DISPLAY\nDESCRIPTION:Vite\nTRIGGER:-PT15M\nEND:VALARM",
    )
    agent.import_ics(calendar(event("u", *lines)))
    found = _component(agent, uid="u")
    values = {key: found.get(key) for key in ("name", "loc", "class", "transp", "fb", "status")}
    assert values == {
        "name": "Conseil, de classe", "loc": "Salle 3", "class": "PRI", "transp": "T", "fb": "F", "status": "TENT",
    }  # fmt: skip
    assert found.findtext("desc") == "Un\nDeux"
    assert [one.text for one in found.findall("category")] == ["Travail", "Élèves"]
    assert (found.find("at").get("a"), found.find("at").get("ptst")) == ("j@x.fr", "AC")
    assert found.find("xprop").get("name") == "X-PERSO"
    assert found.find("alarm/trigger/rel").attrib["m"] == "15"
    assert (found.find("s").get("u"), found.find("e").get("u")) == (str(_ms(2026, 9, 1, 6)), str(_ms(2026, 9, 1, 7)))


def test_a_newline_in_a_summary_becomes_a_space(agent: Wire) -> None:
    agent.import_ics(calendar(event("u", "SUMMARY:Un\\nDeux")))
    assert _component(agent, uid="u").get("name") == "Un Deux"


def test_tasks_have_their_own_requests(agent: Wire) -> None:
    lines = ["UID:t", "SUMMARY:Copies", "DUE:20260905T160000Z", "PERCENT-COMPLETE:40", "STATUS:IN-PROCESS"]
    task = "\n".join(["BEGIN:VTODO", *lines, "END:VTODO"])
    (ids,) = agent.import_ics(calendar(task), "15")
    found = agent.mail(f'<GetTaskRequest id="{ids}"/>').find("task/inv/comp")
    assert (found.get("percentComplete"), found.get("status")) == ("40", "INPR")
    with _refused("mail.NO_SUCH_APPT"):
        agent.mail(f'<GetAppointmentRequest id="{ids}"/>')
    summary = agent.mail(f'<GetTaskSummariesRequest s="{_ms(2026, 8, 1)}" e="{_ms(2027, 1, 1)}"/>').find("task")
    assert (summary.get("name"), summary.get("dueDate")) == ("Copies", str(_ms(2026, 9, 5, 16)))


def _outbox(server: SimulatorServer) -> list[tuple[str, str]]:
    with sqlite3.connect(server.database.connection().execute("PRAGMA database_list").fetchone()[2]) as db:
        return db.execute("SELECT recipient, subject FROM outbox").fetchall()


def test_only_create_appointment_sends_invitations(own_simulator: SimulatorServer) -> None:
    client = Wire(own_simulator.port).sign_in_admin()
    client.create_account("x@ac-reunion.fr")
    client.sign_in("x@ac-reunion.fr")
    invited = event("u", "SUMMARY:Conseil", "ORGANIZER:mailto:x@ac-reunion.fr", "ATTENDEE:mailto:jean@x.fr")
    (ids,) = client.import_ics(calendar(invited, head="VERSION:2.0\nMETHOD:REQUEST"))
    client.send(
        "POST", "/home/~/Calendar?fmt=ics&auth=co", calendar(invited), {"Cookie": f"ZM_AUTH_TOKEN={client.token}"}
    )
    client.mail(f'<ItemActionRequest><action op="delete" id="{ids.split("-")[0]}"/></ItemActionRequest>')
    assert _outbox(own_simulator) == []
    answer = client.mail(
        '<CreateAppointmentRequest><m l="10"><e a="jean@x.fr" t="t"/><su>Invitation</su><inv><comp name="Conseil">'
        '<s d="20260901T100000" tz="Indian/Reunion"/><e d="20260901T110000" tz="Indian/Reunion"/>'
        '<or a="x@ac-reunion.fr"/><at a="jean@x.fr"/>'
        '<recur><add><rule freq="WEE"><count num="2"/><interval ival="1"/></rule></add></recur>'
        "</comp></inv></m></CreateAppointmentRequest>"
    )
    assert _outbox(own_simulator) == [("jean@x.fr", "Invitation")]
    assert answer.get("calItemId") == answer.get("apptId")
    assert _starts(client, _ms(2026, 9, 1), _ms(2026, 10, 1)) == [_ms(2026, 9, 1, 6), _ms(2026, 9, 8, 6)]
    client.mail(
        f'<CancelAppointmentRequest id="{answer.get("invId")}" comp="0"><inst d="20260908T100000" tz="Indian/Reunion"/>'
        "</CancelAppointmentRequest>"
    )
    assert _starts(client, _ms(2026, 9, 1), _ms(2026, 10, 1)) == [_ms(2026, 9, 1, 6)]
    client.mail(f'<CancelAppointmentRequest id="{answer.get("invId")}" comp="0"/>')
    gone = client.mail(f'<GetAppointmentRequest id="{answer.get("calItemId")}"/>').find("appt")
    assert gone.get("l") == "3"
    client.connection.close()


def test_a_task_created_by_request_is_readable(agent: Wire) -> None:
    answer = agent.mail(
        '<CreateTaskRequest><m l="15"><inv><comp name="Copies" allDay="1" percentComplete="10">'
        '<s d="20260901"/><e d="20260903"/></comp></inv></m></CreateTaskRequest>'
    )
    found = agent.mail(f'<GetTaskRequest id="{answer.get("calItemId")}"/>').find("task/inv/comp")
    assert (found.find("e").get("d"), found.get("percentComplete"), found.get("allDay")) == ("20260903", "10", "1")


@pytest.mark.parametrize("body", ['ct="vcf"><content>x</content>', 'ct="ics">', 'ct="ics"><content aid="1" mid="2"/>'])
def test_an_import_that_says_nothing_sensible_is_invalid(agent: Wire, body: str) -> None:
    with _refused("service.INVALID_REQUEST"):
        agent.mail(f"<ImportAppointmentsRequest {body}</ImportAppointmentsRequest>")


@pytest.mark.parametrize(
    "lines",
    [
        ("DTSTART:00010101T000000", "DTEND:00010101T010000"),
        ("DTSTART:99991231T235959", "DTEND:99991231T235959"),
        ("DTSTART;VALUE=DATE:99991231", ""),
        ("DTSTART:20260901T000000Z", "DURATION:P9999999W"),
        ("DTSTART:20261301T000000Z", ""),
    ],
)
def test_times_nobody_can_count_cost_their_event_only(agent: Wire, lines: tuple[str, str]) -> None:
    answer = agent.mail(import_appointments(calendar(event("a", start=lines[0], end=lines[1]), event("b")))).find(
        "appt"
    )
    assert answer.get("n") == "1"


@pytest.mark.parametrize("rule", ["FREQ=SECONDLY", "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;BYSETPOS=0"])
def test_a_rule_no_calendar_means_shows_once_and_at_once(agent: Wire, rule: str) -> None:
    agent.import_ics(calendar(event("u", f"RRULE:{rule}")))
    assert _starts(agent, _ms(2020, 1, 1), _ms(2030, 1, 1)) == [_ms(2026, 9, 1, 6)]
