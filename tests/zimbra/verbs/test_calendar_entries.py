from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.each import each
from tests.zimbra.scripted_transport import ScriptedTransport, fault
from zimbra import soap
from zimbra.client import ZimbraClient
from zimbra.errors import Garbled, NotFound, Refused
from zimbra.types.calendars import (
    Alarm,
    Attendee,
    CalendarEntry,
    Recurrence,
    ServerZone,
    Stored,
    StoredEntry,
)
from zimbra.types.elements import Other
from zimbra.types.mail import Correspondent
from zimbra.verbs.calendar_entries import component_xml, read_stored_entry
from zimbra.verbs.calendars import WOULD_TELL

REUNION = ZoneInfo("Indian/Reunion")
START = datetime(2026, 1, 5, 9, 0, tzinfo=REUNION)
CREATED = '<Create{}Response calItemId="257" apptId="257" invId="257-256" ms="3" rev="3"/>'

ENTRIES = [
    CalendarEntry("Réunion <a&b>", START, START + timedelta(hours=1), location="Salle 1", uid="u1", status="CONF"),
    CalendarEntry("Congés", date(2026, 7, 1), date(2026, 7, 3), uid="u2", status="TENT", busy="O", privacy="PRI"),
    CalendarEntry(
        "Conseil",
        datetime(2026, 1, 5, 9, 0, tzinfo=UTC),
        datetime(2026, 1, 5, 10, 0, tzinfo=UTC),
        uid="u3",
        url="https://b.fr/x?a=1&b=2",
        status="CONF",
        transparency="T",
        priority=5,
        categories=("a", "b & c"),
        organizer=Correspondent("chef@b.fr", "Le chef"),
        attendees=(Attendee("a@b.fr", "Anne", role="OPT", status="AC", rsvp=False, kind="IND"), Attendee("c@b.fr")),
        alarms=(
            Alarm(timedelta(minutes=15)),
            Alarm(timedelta(hours=-1), related="END"),
            Alarm(timedelta(0), at=datetime(2026, 1, 1, tzinfo=UTC), action="EMAIL", summary="s", to=("a@b.fr",)),
        ),
        recurrence=Recurrence(
            "monthly",
            interval=2,
            count=4,
            by_day=("MO", "-1FR"),
            by_set_pos=(1, -1),
            week_start="SU",
            excluded=(START, START + timedelta(days=7), date(2026, 3, 1)),
        ),
    ),
    CalendarEntry(
        "Bulletins",
        None,
        date(2026, 2, 1),
        kind="task",
        uid="u4",
        status="INPR",
        percent=40,
        completed=datetime(2026, 1, 2, tzinfo=UTC),
        recurrence=Recurrence("weekly", until=date(2026, 6, 1), by_month=(1, 12), by_hour=(9,)),
    ),
    CalendarEntry("Sans heure", kind="task", uid="u5", status="NEED"),
    CalendarEntry("Flottant", datetime(2026, 1, 5, 9), datetime(2026, 1, 5, 10), uid="u6", status="CONF"),
]


def client(transport: ScriptedTransport) -> ZimbraClient:
    return ZimbraClient.sign_in("http://zimbra.test", "a@b.fr", "secret", transport=transport)


def reading(kind: str, components: str, uid: str = "", **attributes: str) -> StoredEntry:
    tag = soap.attributes({"id": "257", "uid": uid or None, **attributes})
    invites = f'<inv id="256" type="{kind}">{components}</inv>'
    return read_stored_entry(soap.parse(f'<{kind} xmlns="urn:zimbraMail"{tag}>{invites}</{kind}>'.encode()))


@each("entry", ENTRIES, ids=[entry.uid for entry in ENTRIES])
def test_entry_comes_back_as_it_was_written(entry: CalendarEntry) -> None:
    assert reading(entry.kind, component_xml(entry, entry.organizer)).entry == entry


def test_moments_read_as_utc_are_written_so() -> None:
    """The server puts a Z behind the end of a rule, and takes no other zone for the other two."""
    rule = Recurrence("daily", until=START, excluded=(datetime(2026, 1, 5, 9), date(2026, 1, 6)))
    task = CalendarEntry("x", kind="task", completed=START, alarms=(Alarm(at=START),), recurrence=rule)
    comp = soap.parse(component_xml(task, None).encode())
    utc = START.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    assert comp.get("completed") == utc
    assert [one.get("d") for name in ("until", "abs") for one in comp.iter(name)] == [utc, utc]
    # Days and times mixed in one element would be refused.
    assert [[one.get("d") for one in dates.iter("s")] for dates in comp.iter("dates")] == [
        ["20260105T090000"],
        ["20260106"],
    ]


def test_entry_is_written_as_zimbra_reads_it() -> None:
    comp = soap.parse(component_xml(ENTRIES[2], ENTRIES[2].organizer).encode())
    rule = next(one for one in comp.iter() if one.tag == "rule")
    assert [(one.tag, dict(one.attrib)) for one in rule] == [
        ("count", {"num": "4"}),
        ("interval", {"ival": "2"}),
        ("bysetpos", {"poslist": "1,-1"}),
        ("byday", {}),
        ("wkst", {"day": "SU"}),
    ]
    assert rule.get("freq") == "MON"
    assert [dict(day.attrib) for day in rule[3]] == [{"day": "MO"}, {"day": "FR", "ordwk": "-1"}]
    assert [dict(one.attrib) for one in comp.iter("rel")] == [
        {"neg": "1", "m": "15", "related": "START"},
        {"h": "1", "related": "END"},
    ]
    assert [dict(one.attrib) for one in comp.iter("dates")] == [{"tz": "Indian/Reunion"}, {}]
    assert comp.get("url") == "https://b.fr/x?a=1&b=2"
    whole = soap.parse(component_xml(ENTRIES[1], None).encode())
    assert (whole.get("allDay"), whole[0].attrib, whole[1].attrib) == ("1", {"d": "20260701"}, {"d": "20260703"})


def test_create_sends_no_invitation_unless_told_to() -> None:
    transport = ScriptedTransport(lambda _: CREATED.format("Appointment"))
    used = client(transport)
    assert used.create_calendar_entry(ENTRIES[2]) == Stored("257", "257-256", 3, 3)
    used.create_calendar_entry(ENTRIES[2], "300", notify=True)
    quiet, told = (request[0] for request in transport.requests)
    assert list(soap.children(quiet, "e")) == []
    assert [one.get("a") for one in soap.children(told, "e")] == ["a@b.fr", "c@b.fr"]
    assert (quiet.get("l"), told.get("l")) == ("10", "300")
    assert not transport.sent[0].repeatable


def test_create_with_attendees_is_organized_by_who_is_signed_in() -> None:
    def answer(request: soap.Element) -> str:
        if soap.local_name(request) == "GetInfoRequest":
            return "<GetInfoResponse><name>moi@b.fr</name></GetInfoResponse>"
        return CREATED.format("Appointment")

    transport = ScriptedTransport(answer)
    client(transport).create_calendar_entry(replace(ENTRIES[2], organizer=None))
    organizers = [one.get("a") for one in transport.requests[1].iter() if soap.local_name(one) == "or"]
    assert organizers == ["moi@b.fr"]


def test_create_of_a_task_has_its_own_request_and_list() -> None:
    transport = ScriptedTransport(lambda _: CREATED.format("Task"))
    client(transport).create_calendar_entry(ENTRIES[3])
    assert soap.local_name(transport.requests[0]) == "CreateTaskRequest"
    assert transport.requests[0][0].get("l") == "15"


def test_create_answered_without_an_id_is_garbled() -> None:
    with pytest.raises(Garbled):
        client(ScriptedTransport(lambda _: "<CreateAppointmentResponse/>")).create_calendar_entry(ENTRIES[0])


READ = """<GetAppointmentResponse xmlns="urn:zimbraMail">
<appt id="0b1c-22:257" uid="u" l="0b1c-22:10" rev="4" ms="5" f="a" tn="Urgent"><inv id="258" type="appt" compNum="0">
  <tz id="Salle &amp; cour" stdoff="240"/>
  <comp name="Cours" allDay="0" status="CONF" x="1" isOrg="1"><fr>texte</fr>
    <s d="20260105T090000" tz="Salle &amp; cour" u="1767589200000"/><dur h="2"/>
    <recur><add><rule freq="WEE"><interval ival="1"/><byday><wkday day="MO"/></byday></rule>
      <dates><dtval><s d="20260201T090000Z"/></dtval></dates></add></recur>
    <alarm action="AUDIO"><trigger><rel neg="1" m="5"/></trigger><attach uri="x"/></alarm>
    <xprop name="X-SALLE" value="12"/></comp>
  <mp ct="multipart/alternative"><mp ct="text/plain"><content>Apporter
le livret</content></mp></mp></inv>
  <inv id="260" compNum="0"><comp name="Cours déplacé"><exceptId d="20260112T050000Z"/>
    <s d="20260113"/><e d="20260113"/>
  </comp></inv></appt></GetAppointmentResponse>"""


def test_read_keeps_what_the_types_do_not_know() -> None:
    found = client(ScriptedTransport(lambda _: READ)).calendar_entry("0b1c-22:257")
    assert found.stored == Stored("0b1c-22:257", "0b1c-22:257-258", 5, 4)
    assert (found.folder_id, found.flags, found.tags) == ("0b1c-22:10", "a", ("Urgent",))
    entry = found.entry
    assert isinstance(entry.start, datetime)
    assert isinstance(entry.start.tzinfo, ServerZone)
    assert entry.start.utcoffset() == timedelta(hours=4)
    assert entry.end == entry.start + timedelta(hours=2)
    assert entry.description == "Apporter\nle livret"
    assert [isinstance(one, Other) for one in (entry.recurrence, *entry.alarms, *entry.zones, *entry.more)] == [
        True
    ] * 4
    [(replaced, exception)] = found.exceptions
    assert (replaced, exception.name, exception.start) == (
        datetime(2026, 1, 12, 5, tzinfo=UTC),
        "Cours déplacé",
        date(2026, 1, 13),
    )
    again = soap.parse(component_xml(entry, None).encode())
    start = again.find("s")
    assert start is not None
    assert dict(start.attrib) == {"d": "20260105T090000", "tz": "Salle & cour"}
    kept = {soap.local_name(one) for one in again.iter()}
    assert {"recur", "dates", "attach", "xprop"} <= kept


def test_read_of_a_moment_in_no_known_zone_leaves_it_out() -> None:
    entry = reading("appt", '<comp name="a"><s d="20260105T090000" tz="Nulle part"/><e d="demain"/></comp>').entry
    assert (entry.start, entry.end) == (None, None)


def test_read_of_an_item_that_is_gone_is_not_found() -> None:
    with pytest.raises(NotFound):
        client(ScriptedTransport(lambda _: fault("mail.NO_SUCH_APPT"))).calendar_entry("257")


def test_modify_names_the_version_it_changes() -> None:
    transport = ScriptedTransport(
        lambda _: '<ModifyAppointmentResponse calItemId="257" invId="257-259" ms="9" rev="9"/>'
    )
    before = StoredEntry(Stored("257", "257-256", 3, 4), "10", ENTRIES[0])
    after = client(transport).modify_calendar_entry(before, replace(ENTRIES[0], name="Autre"), folder_id="300")
    sent = transport.requests[0]
    assert {name: sent.get(name) for name in ("id", "comp", "ms", "rev")} == {
        "id": "257-256",
        "comp": "0",
        "ms": "3",
        "rev": "4",
    }
    assert (sent[0].get("l"), after.invite_id) == ("300", "257-259")


def test_modify_that_would_write_to_people_unasked_is_not_sent() -> None:
    transport = ScriptedTransport(lambda _: '<ModifyAppointmentResponse calItemId="257" invId="257-259"/>')
    before = StoredEntry(Stored("257", "257-256"), "10", ENTRIES[2])
    fewer = replace(ENTRIES[2], attendees=ENTRIES[2].attendees[:1])
    with pytest.raises(Refused) as caught:
        client(transport).modify_calendar_entry(before, fewer)
    assert (caught.value.code, transport.requests) == (WOULD_TELL, [])
    client(transport).modify_calendar_entry(before, fewer, notify=True)
    client(transport).modify_calendar_entry(before, ENTRIES[2])


def test_cancel_tells_nobody_unless_told_to() -> None:
    transport = ScriptedTransport(lambda _: "<CancelAppointmentResponse/>")
    before = StoredEntry(Stored("257", "257-256"), "10", ENTRIES[2])
    client(transport).cancel_calendar_entry(before)
    client(transport).cancel_calendar_entry(before, notify=True, words="Annulé")
    assert [len(list(soap.children(request[0], "e"))) for request in transport.requests] == [0, 2]
    assert transport.requests[0].get("id") == "257-256"


def summaries(request: soap.Element) -> str:
    start = int(request.get("s") or 0)
    name = soap.local_name(request).replace("Request", "Response")
    return (
        f'<{name}><appt id="257" uid="u" l="10" invId="257-256" name="Cours" dur="3600000" recur="1" loc="Salle">'
        f'<inst s="{start + 1000}"/><inst s="1767589200000" ex="1" name="Déplacé" invId="257-260" dur="60000"/>'
        f'</appt><task id="258" l="15" name="Tâche"><inst/></task></{name}>'
    )


def test_occurrences_asks_for_long_spans_in_pieces_and_gives_each_once() -> None:
    transport = ScriptedTransport(summaries)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    found = list(client(transport).occurrences(start, start + timedelta(days=365), folder_id="10"))
    assert len(transport.requests) == 3
    spans = [(int(one.get("s") or 0), int(one.get("e") or 0)) for one in transport.requests]
    assert max(end - begin for begin, end in spans) <= 200 * 86_400_000
    assert [one[0] for one in spans[1:]] == [one[1] for one in spans[:-1]]
    assert [one.name for one in found] == ["Cours", "Déplacé", "Tâche", "Cours", "Cours"]
    moved = found[1]
    assert (moved.start, moved.duration, moved.invite_id, moved.is_exception, moved.is_recurring, moved.location) == (
        datetime(2026, 1, 5, 5, tzinfo=UTC),
        timedelta(minutes=1),
        "257-260",
        True,
        True,
        "Salle",
    )
    assert (found[2].start, found[2].kind) == (None, "task")


@pytest.mark.parametrize(
    "instance", ['<inst s="demain"/>', '<inst s="99999999999999999999"/>', '<inst s="1" dur="x"/>']
)
def test_occurrences_of_no_moment_are_garbled(instance: str) -> None:
    transport = ScriptedTransport(
        lambda _: f'<GetApptSummariesResponse><appt id="1">{instance}</appt></GetApptSummariesResponse>'
    )
    start = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(Garbled):
        list(client(transport).occurrences(start, start + timedelta(days=1)))


def test_search_occurrences_reads_pages_within_the_span() -> None:
    def pages(request: soap.Element) -> str:
        offset = int(request.get("offset") or 0)
        inner = f'<appt id="{offset}" l="10" name="N{offset}"><inst s="0"/></appt>'
        return f'<SearchResponse more="{int(offset < 2)}">{inner}</SearchResponse>'

    transport = ScriptedTransport(pages)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    found = list(client(transport).search_occurrences("in:calendar", start, start + timedelta(days=7), page=1))
    assert [one.name for one in found] == ["N0", "N1", "N2"]
    assert transport.requests[0].get("calExpandInstStart") == "1767225600000"
    assert transport.requests[0].get("types") == "appointment"


def test_one_occurrence_is_named_by_its_start() -> None:
    def answer(request: soap.Element) -> str:
        name = soap.local_name(request).replace("Request", "Response")
        return f'<{name} calItemId="257" invId="257-260"/>'

    transport = ScriptedTransport(answer)
    used = client(transport)
    series = StoredEntry(Stored("257", "257-256"), "10", ENTRIES[2])
    assert used.modify_occurrence(series, START, ENTRIES[0]).invite_id == "257-260"
    used.cancel_occurrence(series, START)
    used.cancel_occurrence(series, date(2026, 3, 1), notify=True)
    changed, quiet, told = transport.requests
    assert (soap.local_name(changed), changed.get("id")) == ("CreateAppointmentExceptionRequest", "257-256")
    [replaced] = [one for one in changed.iter() if soap.local_name(one) == "exceptId"]
    assert dict(replaced.attrib) == {"d": "20260105T090000", "tz": "Indian/Reunion"}
    assert [dict(one.attrib) for one in soap.children(quiet, "inst")] == [
        {"d": "20260105T090000", "tz": "Indian/Reunion"}
    ]
    assert [one.get("d") for one in soap.children(told, "inst")] == ["20260301"]
    assert [len(list(soap.children(request[1], "e"))) for request in (quiet, told)] == [0, 2]


values = st.sampled_from(["", "1", "x", "-1", "99999999999999999999", "20260105", "20260105T090000Z", "MO", "WEE"])
names = ["d", "tz", "u", "freq", "ival", "num", "day", "ordwk", "molist", "w", "h", "m", "neg", "action", "a", "ridZ"]
tags = [
    "s",
    "e",
    "dur",
    "recur",
    "add",
    "exclude",
    "rule",
    "until",
    "count",
    "interval",
    "byday",
    "wkday",
    "dates",
    "dtval",
]
tags += ["alarm", "trigger", "rel", "abs", "desc", "or", "at", "exceptId", "category", "xprop", "completed"]
trees = st.recursive(
    st.tuples(st.sampled_from(tags), st.dictionaries(st.sampled_from(names), values, max_size=3), st.just(())),
    lambda inner: st.tuples(
        st.sampled_from(tags),
        st.dictionaries(st.sampled_from(names), values, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
    ),
    max_leaves=12,
)


def written(tree: tuple[str, dict[str, str], tuple]) -> str:
    name, attributes, inner = tree
    return f"<{name}{soap.attributes(attributes)}>{''.join(map(written, inner))}</{name}>"


@given(st.lists(trees, max_size=6), st.dictionaries(st.sampled_from(["priority", "completed", "ridZ"]), values))
def test_whatever_the_server_says_of_an_entry_is_read_and_written(inner: list, attributes: dict[str, str]) -> None:
    component = f"<comp{soap.attributes(attributes)}>{''.join(map(written, inner))}</comp>"
    found = reading("appt", component)
    for entry in (found.entry, *(exception for _, exception in found.exceptions)):
        soap.parse(component_xml(entry, entry.organizer).encode())
