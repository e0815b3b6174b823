from __future__ import annotations

import base64
from urllib.parse import quote

import pytest

from tests.each import each
from tests.zimbra.simulator.wire import ADMIN, PASSWORD, Wire, calendar, event


def _rest(
    agent: Wire,
    method: str,
    path: str,
    body: str | bytes | None = None,
    content_type: str = "text/plain",
    **headers: str,
) -> tuple[int, dict[str, str], bytes]:
    given = {"Cookie": f"ZM_AUTH_TOKEN={agent.token}", "Content-Type": content_type, **headers}
    return agent.send(method, path, body, given)


def _count(agent: Wire, kind: str = "appointment") -> int:
    request = f'<SearchRequest types="{kind}" limit="1000"><query>is:anywhere</query></SearchRequest>'
    return len(agent.mail(request))


def _card(name: str, *lines: str) -> str:
    return "\r\n".join(["BEGIN:VCARD", "VERSION:3.0", f"FN:{name}", *lines, "END:VCARD", ""])


# --- who may -------------------------------------------------------------------------------------------------------


def test_without_a_session_the_answer_is_401(wire: Wire) -> None:
    status, headers, _ = wire.send("GET", "/home/~/Calendar?fmt=ics")
    assert (status, headers["www-authenticate"]) == (401, 'BASIC realm="Zimbra"')


@pytest.mark.parametrize("way", ["cookie", "basic", "query"])
def test_three_ways_to_say_who_one_is(agent: Wire, address: str, way: str) -> None:
    basic = base64.b64encode(f"{address}:{PASSWORD}".encode()).decode()
    headers = {"cookie": {"Cookie": f"ZM_AUTH_TOKEN={agent.token}"}, "basic": {"Authorization": f"Basic {basic}"}}
    more = f"&auth=qp&zauthtoken={agent.token}" if way == "query" else ""
    assert agent.send("GET", f"/home/~/Calendar?fmt=ics{more}", headers=headers.get(way))[0] == 200


@pytest.mark.parametrize("header", ["Basic", "Basic !!", "Basic eDp5", "Bearer x"])
def test_bad_credentials_are_401(wire: Wire, header: str) -> None:
    assert wire.send("GET", "/home/~/Calendar?fmt=ics", headers={"Authorization": header})[0] == 401


def test_somebody_elses_mailbox_looks_absent_but_to_an_administrator(agent: Wire, admin: Wire, address: str) -> None:
    assert _rest(agent, "GET", f"/home/{ADMIN[0]}/Calendar?fmt=ics")[0] == 404
    assert _rest(agent, "GET", "/home/personne@ac-reunion.fr/Calendar?fmt=ics")[0] == 404
    assert _rest(admin, "POST", f"/service/home/{address}/Calendar?fmt=ics", calendar(event("u")))[0] == 200
    assert _count(agent) == 1


# --- calendars -----------------------------------------------------------------------------------------------------


def test_a_calendar_goes_in_silently_and_comes_out_whole(agent: Wire) -> None:
    lines = ("SUMMARY:Conseil", "X-PERSO:x", "RRULE:FREQ=WEEKLY;COUNT=3")
    start, end = "DTSTART;TZID=Indian/Reunion:20260901T100000", "DTEND;TZID=Indian/Reunion:20260901T110000"
    status, _, body = _rest(
        agent, "POST", "/home/~/Calendar?fmt=ics", calendar(event("u", *lines, start=start, end=end))
    )
    assert (status, body) == (200, b"")
    status, headers, body = _rest(agent, "GET", "/home/~/Calendar?fmt=ics")
    assert headers["content-type"] == "text/calendar; charset=utf-8"
    assert "Calendar.ics" in headers["content-disposition"]
    text = body.decode()
    assert text.index("BEGIN:VTIMEZONE") < text.index("BEGIN:VEVENT")
    assert "TZOFFSETTO:+0400" in text
    for line in (*lines, start, end, "UID:u"):
        assert f"\r\n{line}\r\n" in text


def test_what_was_exported_can_be_imported_again(agent: Wire) -> None:
    _rest(agent, "POST", "/home/~/Calendar?fmt=ics", calendar(event("u", "SUMMARY:" + "é" * 100)))
    exported = _rest(agent, "GET", "/home/~/Calendar.ics")[2]
    assert _rest(agent, "POST", "/home/~/Calendar?fmt=ics", exported)[0] == 200
    assert _count(agent) == 1


def test_the_first_bad_event_stops_the_rest_and_what_came_before_stays(agent: Wire) -> None:
    text = calendar(event("a"), event("b", "EXRULE:FREQ=DAILY"), event("c"))
    assert _rest(agent, "POST", "/home/~/Calendar?fmt=ics", text)[0] == 500
    assert _count(agent) == 1
    assert _rest(agent, "POST", "/home/~/Calendar?fmt=ics&ignore=1", text)[0] == 200
    assert _count(agent) == 2


def test_a_bad_alarm_is_a_bad_request(agent: Wire) -> None:
    alarm = "BEGIN:VALARM\nACTION:SONNER\nTRIGGER:-PT5M\nEND:VALARM"
    assert _rest(agent, "POST", "/home/~/Calendar?fmt=ics", calendar(event("a", alarm)))[0] == 400


def test_a_small_file_is_parsed_whole_before_anything_is_kept(agent: Wire) -> None:
    assert _rest(agent, "POST", "/home/~/Calendar?fmt=ics", calendar(event("a")) + "reste")[0] == 500
    assert _count(agent) == 0


def test_a_long_file_is_read_as_it_comes(agent: Wire) -> None:
    filler = [event(f"u{number}", "DESCRIPTION:" + "x" * 900) for number in range(150)]
    text = calendar(*filler) + "reste"
    assert len(text) > 131_072
    assert _rest(agent, "POST", "/home/~/Calendar?fmt=ics", text)[0] == 500
    assert _count(agent) == 150


ZONE = (
    "BEGIN:VTIMEZONE\nTZID:Chez nous\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0400\nTZOFFSETTO:+0400\n"
    "END:STANDARD\nEND:VTIMEZONE"
)


@each(
    ("long", "tzid", "zone_first", "status"),
    [
        (False, "Chez nous", False, 200),
        (True, "Chez nous", True, 200),
        (True, "Chez nous", False, 500),
        (True, "Europe/Paris", False, 200),
        (True, "Romance Standard Time", False, 200),
    ],
)
def test_a_zone_must_come_before_its_use_in_a_long_file(
    agent: Wire, long: bool, tzid: str, zone_first: bool, status: int
) -> None:
    zoned = event("z", start=f"DTSTART;TZID={tzid}:20260901T100000", end="")
    filler = event("f", "DESCRIPTION:" + "x" * 140_000) if long else event("f")
    parts = [ZONE, zoned, filler] if zone_first else [zoned, ZONE, filler]
    assert _rest(agent, "POST", "/home/~/Calendar?fmt=ics", calendar(*parts))[0] == status


def test_preserve_alarms_keeps_those_of_the_known_item(agent: Wire) -> None:
    alarm = "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT{}M\nEND:VALARM"
    _rest(agent, "POST", "/home/~/Calendar?fmt=ics", calendar(event("u", alarm.format(5))))
    _rest(agent, "POST", "/home/~/Calendar?fmt=ics&preserveAlarms=1", calendar(event("u", alarm.format(10))))
    assert b"TRIGGER:-PT5M" in _rest(agent, "GET", "/home/~/Calendar?fmt=ics")[2]
    _rest(agent, "POST", "/home/~/Calendar?fmt=ics", calendar(event("u", alarm.format(10))))
    assert b"TRIGGER:-PT10M" in _rest(agent, "GET", "/home/~/Calendar?fmt=ics")[2]


def test_bad_bytes_are_replaced_and_a_charset_is_believed(agent: Wire) -> None:
    body = calendar(event("u", "SUMMARY:Élève")).encode("latin-1")
    _rest(agent, "POST", "/home/~/Calendar?fmt=ics", body)
    assert "\ufffdl\ufffdve" in _rest(agent, "GET", "/home/~/Calendar?fmt=ics")[2].decode()
    _rest(agent, "POST", "/home/~/Calendar?fmt=ics", body, "text/calendar; charset=iso-8859-1")
    assert "SUMMARY:Élève" in _rest(agent, "GET", "/home/~/Calendar?fmt=ics")[2].decode()


def test_a_calendar_can_be_cut_to_a_span(agent: Wire) -> None:
    _rest(
        agent,
        "POST",
        "/home/~/Calendar?fmt=ics",
        calendar(event("u"), event("v", start="DTSTART:20200101T000000Z", end="")),
    )
    body = _rest(agent, "GET", "/home/~/Calendar?fmt=ics&start=1577836800000&end=1577923200000")[2]
    assert (b"UID:v" in body, b"UID:u" in body) == (True, False)


# --- contacts ------------------------------------------------------------------------------------------------------


def test_cards_are_added_every_time_they_are_sent(agent: Wire) -> None:
    for _ in range(2):
        assert _rest(agent, "POST", "/home/~/Contacts?fmt=vcf", _card("A", "UID:u") + _card("B"))[0] == 200
    assert _count(agent, "contact") == 4


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (_card("A") + _card("B", "sans deux-points"), 500),
        (_card("A", "PHOTO;ENCODING=b:AAAA"), 500),
        ("", 400),
        ("BEGIN:VCARD\nREV:x\nEND:VCARD", 400),
    ],
)
def test_a_file_of_cards_is_parsed_before_any_is_kept(agent: Wire, body: str, status: int) -> None:
    assert _rest(agent, "POST", "/home/~/Contacts?fmt=vcf", body)[0] == status
    assert _count(agent, "contact") == 0


def test_cards_beyond_the_limit_stop_half_way(admin: Wire, agent: Wire, address: str) -> None:
    admin.modify_account(address, zimbraContactMaxNumEntries="2")
    assert _rest(agent, "POST", "/home/~/Contacts?fmt=vcf", "".join(_card(str(n)) for n in range(5)))[0] == 500
    assert _count(agent, "contact") == 2


def test_an_import_beyond_the_upload_limit_is_refused(admin: Wire, agent: Wire, address: str) -> None:
    admin.modify_account(address, zimbraFileUploadMaxSize="100", zimbraMtaMaxMessageSize="10")
    assert _rest(agent, "POST", "/home/~/Contacts?fmt=vcf", _card("A" * 100))[0] == 500
    assert _rest(agent, "POST", "/home/~/Contacts?fmt=csv", "lastName\nHoarau\n")[0] == 500
    assert _rest(agent, "POST", "/home/~/Calendar?fmt=ics", calendar(event("u")))[0] == 200
    assert _count(agent, "contact") == 0


def test_a_photo_travels_both_ways(agent: Wire) -> None:
    data = base64.b64encode(b"\xff\xd8image").decode()
    _rest(agent, "POST", "/home/~/Contacts?fmt=vcf", _card("A", f"PHOTO;ENCODING=b;TYPE=JPEG:{data}"))
    image = agent.mail("<GetContactsRequest/>").find("cn/a[@n='image']")
    assert (image.get("ct"), image.get("s"), image.get("part")) == ("image/jpeg", "7", "1")
    contact = agent.mail("<GetContactsRequest/>").find("cn").get("id")
    status, headers, body = _rest(agent, "GET", f"/home/~/?id={contact}&part=1")
    assert (status, headers["content-type"], body) == (200, "image/jpeg", b"\xff\xd8image")
    assert _rest(agent, "GET", f"/home/~/?id={contact}&part=2")[0] == 404
    assert f"PHOTO;ENCODING=B;TYPE=JPEG:{data}" in _rest(agent, "GET", "/home/~/Contacts?fmt=vcf")[2].decode()


def test_csv_goes_in_whatever_its_charset_and_comes_out(agent: Wire) -> None:
    for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16"):
        body = "lastName;email;notes\nTécher;a@x.fr;\n".encode(encoding)
        assert _rest(agent, "POST", "/home/~/Contacts?fmt=csv", body, "text/csv; charset=ascii")[0] == 200
    names = [one.get("fileAsStr") for one in agent.mail("<GetContactsRequest/>")]
    assert names == ["Técher"] * 4
    status, headers, body = _rest(agent, "GET", "/home/~/Contacts?fmt=csv")
    assert (status, headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert body.decode().splitlines()[1] == '"a@x.fr","Técher","",""'
    assert _rest(agent, "POST", "/home/~/Contacts?fmt=csv", 'a,b\n"x')[0] == 400


# --- addresses and answers -----------------------------------------------------------------------------------------


def test_folders_are_named_by_path_or_by_id(agent: Wire) -> None:
    made = agent.mail('<CreateFolderRequest><folder name="Carnet été" l="7" view="contact"/></CreateFolderRequest>')
    folder = made.find("folder").get("id")
    assert _rest(agent, "POST", f"/home/~/Contacts/{quote('Carnet été')}?fmt=vcf", _card("A"))[0] == 200
    assert _rest(agent, "POST", f"/home/~/?id={folder}&fmt=vcf", _card("B"))[0] == 200
    assert _rest(agent, "GET", f"/home/~/contacts/{quote('CARNET ÉTÉ')}.vcf")[2].count(b"BEGIN:VCARD") == 2


@each(
    ("method", "path", "status"),
    [
        ("GET", "/home/~/Nulle%20part?fmt=ics", 404),
        ("POST", "/home/~/Nulle%20part?fmt=ics", 404),
        ("GET", "/home/~/Calendar?fmt=exe", 400),
        ("POST", "/home/~/Calendar?fmt=exe", 400),
        ("GET", "/home/~/?id=9999&fmt=ics", 404),
        ("GET", "/home/~/?id=abc&fmt=ics", 400),
        ("DELETE", "/home/~/Calendar?fmt=ics", 405),
        ("GET", f"/home/~/Calendar?fmt=ics&start={'9' * 5000}", 200),
        ("GET", "/home/%FF%00/%2e%2e?fmt=ics", 404),
    ],
)
def test_addresses_that_lead_nowhere(agent: Wire, method: str, path: str, status: int) -> None:
    assert _rest(agent, method, path, "x" if method == "POST" else None)[0] == status


def test_with_a_callback_the_answer_is_a_page_that_always_succeeds(agent: Wire) -> None:
    path = "/home/~/Calendar?fmt=ics&callback=fini"
    status, _, body = _rest(agent, "POST", path, calendar(event("u")))
    assert (status, b"window.parent.fini('success')" in body) == (200, True)
    status, _, body = _rest(agent, "POST", path, "rien")
    assert (status, b"window.parent.fini('fail'" in body, b"service.PARSE_ERROR" in body) == (200, True, True)
    assert b"<script>alert" not in _rest(agent, "POST", path.replace("fini", "%3Cscript%3Ealert"), "rien")[2]


def test_a_form_is_read_as_its_first_file(agent: Wire) -> None:
    body = (
        "--b\r\nContent-Disposition: form-data; name=x\r\n\r\n1\r\n--b\r\nContent-Disposition: form-data; name=f; "
        f'filename="a.ics"\r\n\r\n{calendar(event("u"))}\r\n--b--\r\n'
    )
    assert _rest(agent, "POST", "/home/~/Calendar?fmt=ics", body, "multipart/form-data; boundary=b")[0] == 200
    assert _count(agent) == 1


def test_one_item_alone(agent: Wire) -> None:
    (ids,) = agent.import_ics(calendar(event("u")))
    assert b"UID:u" in _rest(agent, "GET", f"/home/~/?id={ids.split('-')[0]}&fmt=ics")[2]
    contact = agent.contact(lastName="Hoarau")
    assert b"FN:Hoarau" in _rest(agent, "GET", f"/home/~/?id={contact}&fmt=vcf")[2]
    assert _rest(agent, "HEAD", f"/home/~/?id={contact}&fmt=vcf")[2] == b""


def test_the_span_of_an_export_may_be_told_by_dates(agent: Wire) -> None:
    _rest(agent, "POST", "/home/~/Calendar?fmt=ics", calendar(event("u")))
    year = {"in": "start=2026/01/01&end=2027/01/01", "out": "start=01/01/2030&end=-1d"}
    texts = {name: _rest(agent, "GET", f"/home/~/Calendar?fmt=ics&{span}")[2] for name, span in year.items()}
    assert b"UID:u" in texts["in"]
    assert b"UID:u" not in texts["out"]
