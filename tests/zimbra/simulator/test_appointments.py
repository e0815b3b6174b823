"""Appointments made, changed and cancelled by request, read back as Zimbra writes them."""

from __future__ import annotations

import pytest

from tests.each import each
from tests.zimbra.simulator.appointments import create, instances, lasting, message_of, modify, ms, named, read, refused
from tests.zimbra.simulator.wire import Wire


def test_creating_answers_the_ids_of_item_and_invite(agent: Wire) -> None:
    made = create(agent)
    item, invite = made.get("invId").split("-")
    assert (made.get("calItemId"), made.get("apptId")) == (item, item)
    found = read(agent, made)
    assert (found.get("id"), found.get("l"), found.get("ms"), found.get("rev")) == (
        item, "10", made.get("ms"), made.get("rev"),
    )  # fmt: skip
    assert (found.find("inv").get("id"), found.find("inv").get("type")) == (invite, "appt")


def test_an_appointment_says_what_it_was_given(agent: Wire, address: str) -> None:
    made = create(
        agent,
        f'<or a="{address}" d="Chef"/>'
        '<at a="marie@ac-reunion.fr" d="Marie" role="OPT" ptst="TE" rsvp="1" cutype="IND"/>'
        '<category>Travail</category><comment>Un mot</comment><contact>Poste 12</contact><geo lat="-20.9" lon="55.4"/>'
        '<xprop name="X-SALLE" value="B;12"><xparam name="X-ETAGE" value="2"/></xprop>'
        "<desc>Ordre, du jour ; suite</desc><descHtml>&lt;p&gt;Ordre&lt;/p&gt;</descHtml>"
        '<alarm action="DISPLAY"><trigger><rel neg="1" m="30" related="START"/></trigger><desc>Vite</desc>'
        '<repeat count="2" m="10"/></alarm>'
        '<alarm action="EMAIL"><trigger><abs d="20260901T060000Z"/></trigger><desc>Corps</desc><summary>Objet</summary>'
        '<at a="marie@ac-reunion.fr"/></alarm>',
        'name="Conseil" loc="Salle 3" class="PRI" fb="O" transp="O" status="TENT" priority="1" url="https://x.fr/"',
    )
    comp = read(agent, made).find("inv/comp")
    shown = {key: comp.get(key) for key in ("name", "loc", "class", "fb", "fba", "transp", "status", "priority", "url")}
    assert shown == {
        "name": "Conseil", "loc": "Salle 3", "class": "PRI", "fb": "O", "fba": "O", "transp": "O", "status": "TENT",
        "priority": "1", "url": "https://x.fr/",
    }  # fmt: skip
    assert (comp.get("method"), comp.get("isOrg"), comp.get("noBlob")) == ("REQUEST", "1", "1")
    assert {key: comp.find("at").get(key) for key in ("a", "d", "role", "ptst", "rsvp", "cutype")} == {
        "a": "marie@ac-reunion.fr", "d": "Marie", "role": "OPT", "ptst": "TE", "rsvp": "1", "cutype": "IND",
    }  # fmt: skip
    assert (comp.find("or").get("a"), comp.find("or").get("d")) == (address, "Chef")
    texts = {name: comp.findtext(name) for name in ("category", "comment", "contact", "desc", "descHtml")}
    assert texts == {
        "category": "Travail", "comment": "Un mot", "contact": "Poste 12", "desc": "Ordre, du jour ; suite",
        "descHtml": "<p>Ordre</p>",
    }  # fmt: skip
    assert comp.findtext("fr") == "Ordre, du jour ; suite"
    assert (comp.find("geo").get("lat"), comp.find("geo").get("lon")) == ("-20.900000", "55.400000")
    assert (comp.find("xprop").get("value"), comp.find("xprop/xparam").get("value")) == ("B;12", "2")
    first, second = comp.findall("alarm")
    relative = first.find("trigger/rel").attrib
    assert (relative["neg"], relative["m"], relative["related"]) == ("1", "30", "START")
    assert (first.find("repeat").get("count"), first.find("repeat").get("m"), first.findtext("desc")) == (
        "2",
        "10",
        "Vite",
    )
    assert (second.find("trigger/abs").get("d"), second.find("at").get("a")) == (
        "20260901T060000Z",
        "marie@ac-reunion.fr",
    )


def test_attributes_may_stand_on_inv_itself(agent: Wire) -> None:
    made = agent.mail(
        '<CreateAppointmentRequest><m><inv method="REQUEST" type="event" fb="B" transp="O" allDay="0" name="Vieux" '
        f'loc="Ici">{lasting()}</inv><mp content-type="text/plain"><content>Texte</content></mp><su>Vieux</su></m>'
        "</CreateAppointmentRequest>"
    )
    comp = read(agent, made).find("inv/comp")
    assert (comp.get("name"), comp.get("loc"), comp.findtext("desc")) == ("Vieux", "Ici", "Texte")


def test_the_text_of_the_message_is_the_description(agent: Wire) -> None:
    parts = (
        '<mp ct="multipart/alternative"><mp ct="text/plain"><content>Salut</content></mp>'
        '<mp ct="text/html"><content>&lt;b&gt;Salut&lt;/b&gt;</content></mp></mp>'
    )
    comp = read(agent, create(agent, more=parts)).find("inv/comp")
    assert (comp.findtext("desc"), comp.findtext("descHtml")) == ("Salut", "<b>Salut</b>")


def test_json_has_lists_but_for_the_organizer(agent: Wire, address: str) -> None:
    component = {
        "name": "Conseil", "s": {"d": "20260901T100000", "tz": "Europe/Paris"}, "e": {"d": "20260901T110000Z"},
        "or": {"a": address}, "recur": {"add": {"rule": {"freq": "DAI", "interval": {"ival": 1}}}},
    }  # fmt: skip
    made = agent.json("CreateAppointmentRequest", "urn:zimbraMail", {"m": {"inv": {"comp": component}}})
    found = agent.json("GetAppointmentRequest", "urn:zimbraMail", {"id": made["invId"]})["appt"][0]
    comp = found["inv"][0]["comp"][0]
    assert comp["s"][0]["d"] == "20260901T100000"
    assert comp["or"]["a"] == address
    assert comp["recur"][0]["add"][0]["rule"][0]["interval"][0]["ival"] == 1
    assert comp["isOrg"] is True


# --- times and zones -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ('tz="(GMT-08.00) Pacific Time (US &amp; Canada) / Tijuana"', "America/Los_Angeles"),
        ('tz="Romance Standard Time"', "Europe/Paris"),
        ('tz="US/Pacific"', "America/Los_Angeles"),
        ("", "Europe/Brussels"),
    ],
)
def test_zones_are_shown_by_the_name_the_server_has_for_them(agent: Wire, given: str, shown: str) -> None:
    comp = read(agent, create(agent, times=lasting(zone=given))).find("inv/comp")
    assert (comp.find("s").get("tz"), comp.find("s").get("d")) == (shown, "20260901T100000")


def test_a_zone_nobody_knows_is_refused(agent: Wire) -> None:
    with refused("service.INVALID_REQUEST"):
        create(agent, times=lasting(zone='tz="(GMT-08.00) abc / def"'))


def test_a_zone_may_be_defined_with_the_appointment(agent: Wire) -> None:
    zone = (
        '<tz id="Chez nous" stdoff="60" dayoff="120"><daylight mon="3" week="-1" wkday="1" hour="2" min="0" sec="0"/>'
        '<standard mon="10" week="-1" wkday="1" hour="3" min="0" sec="0"/></tz>'
    )
    made = agent.mail(
        f"<CreateAppointmentRequest><m><inv>{zone}<comp name='x'>{lasting(zone=named('Chez nous'))}</comp></inv></m>"
        "</CreateAppointmentRequest>"
    )
    invite = read(agent, made).find("inv")
    assert invite.find("comp/s").get("u") == str(ms(2026, 9, 1, 8))
    shown = invite.find("tz")
    assert (shown.get("id"), shown.get("stdoff"), shown.get("dayoff")) == ("Chez nous", "60", "120")
    assert dict(shown.find("daylight").attrib) == {
        "mon": "3", "week": "-1", "wkday": "1", "hour": "2", "min": "0", "sec": "0",
    }  # fmt: skip


def test_a_zone_may_be_described_beside_the_invitation(agent: Wire) -> None:
    zone = (
        '<tz id="Zone à côté" stdoff="120" dayoff="180"><standard mon="10" mday="1" hour="2" min="0" sec="0"/>'
        '<daylight mon="3" mday="31" hour="2" min="0" sec="0"/></tz>'
    )
    made = create(agent, times=lasting(zone=named("Zone à côté")), more=zone)
    # In September it is summer there: 10:00 is 07:00 by UTC.
    assert read(agent, made).find("inv/comp/s").get("u") == str(ms(2026, 9, 1, 7))


def test_a_zone_that_never_changes_takes_the_name_of_one_the_server_has(agent: Wire) -> None:
    made = agent.mail(
        '<CreateAppointmentRequest><m><inv><tz id="fixe" stdoff="60"/><comp name="x">'
        f"{lasting(zone=named('fixe'))}</comp></inv></m></CreateAppointmentRequest>"
    )
    invite = read(agent, made).find("inv")
    assert invite.find("comp/s").get("tz") == "Africa/Algiers"
    assert (invite.find("tz").get("stdoff"), invite.find("tz").get("dayoff")) == ("60", None)


def test_a_zone_with_summer_time_needs_to_say_when(agent: Wire) -> None:
    with refused("service.INVALID_REQUEST"):
        agent.mail(
            '<CreateAppointmentRequest><m><inv><tz id="z" stdoff="60" dayoff="120"/><comp name="x">'
            f"{lasting(zone=named('z'))}</comp></inv></m></CreateAppointmentRequest>"
        )


@pytest.mark.parametrize(
    ("attrs", "times", "start", "end"),
    [
        ('allDay="1"', '<s d="20260901"/><e d="20260903"/>', "20260901", "20260903"),
        ('allDay="1"', '<s d="20260901T100000Z"/><e d="20260901T120000Z"/>', "20260901", "20260901"),
        ("", '<s d="20260901"/><e d="20260901"/>', "20260901", "20260901"),
    ],
)
def test_all_day_events_name_their_last_day(agent: Wire, attrs: str, times: str, start: str, end: str) -> None:
    comp = read(agent, create(agent, attrs=f'name="Fête" {attrs}', times=times)).find("inv/comp")
    assert (comp.get("allDay"), comp.find("s").get("d"), comp.find("e").get("d")) == ("1", start, end)
    assert comp.find("s").get("u") is None


def test_a_duration_stands_for_the_end(agent: Wire) -> None:
    made = create(agent, times='<s d="20260901T080000Z"/><dur h="1" m="30"/>')
    comp = read(agent, made).find("inv/comp")
    assert dict(comp.find("dur").attrib) == {"h": "1", "m": "30"}
    found = agent.mail(f'<GetApptSummariesRequest s="{ms(2026, 9, 1)}" e="{ms(2026, 9, 2)}"/>').find("appt")
    assert (found.get("dur"), found.get("d")) == ("5400000", "5400000")


@each(
    "body",
    [
        "<m/>",
        "<m><inv/></m>",
        '<m><inv><comp name="x"/></inv></m>',
        '<m><inv><comp name="x"><s d="aaaa"/><e d="bbbb"/></comp></inv></m>',
        f'<m><inv><comp name="x" status="BOF">{lasting()}</comp></inv></m>',
        f'<m><inv><comp name="x" class="X">{lasting()}</comp></inv></m>',
        f'<m><inv><comp name="x" transp="X">{lasting()}</comp></inv></m>',
        f'<m><inv><comp name="x">{lasting()}<exceptId d="20260901T100000Z"/></comp></inv></m>',
        f'<m><inv><comp name="x">{lasting()}<at ptst="AC"/></comp></inv></m>',
        f'<m><inv><comp name="x">{lasting()}<at a="x@y.fr" role="ROI"/></comp></inv></m>',
        f'<m><inv><comp name="x">{lasting()}<recur><add><rule freq="XXX"/></add></recur></comp></inv></m>',
        f'<m><inv><comp name="x">{lasting()}<recur><add><rule freq="DAI"><count num="0"/></rule></add></recur>'
        "</comp></inv></m>",
        f'<m><inv><comp name="x">{lasting()}<recur><add><autre/></add></recur></comp></inv></m>',
        f'<m><inv><comp name="x">{lasting()}<alarm action="SONNER"><trigger><rel m="5"/></trigger></alarm>'
        "</comp></inv></m>",
        f'<m><inv><comp name="x">{lasting()}<alarm action="DISPLAY"><trigger/></alarm></comp></inv></m>',
        f'<m><inv><comp name="x">{lasting()}<alarm action="DISPLAY"/></comp></inv></m>',
        f'<m l="3"><inv><comp name="x">{lasting()}</comp></inv></m>',
    ],
)
def test_what_makes_no_sense_is_an_invalid_request(agent: Wire, body: str) -> None:
    with refused("service.INVALID_REQUEST"):
        agent.mail(f"<CreateAppointmentRequest>{body}</CreateAppointmentRequest>")


def test_an_end_before_the_start_is_mended(agent: Wire) -> None:
    made = create(agent, times='<s d="20260901T100000Z"/><e d="20260901T090000Z"/>')
    assert read(agent, made).find("inv/comp/e").get("d") == "20260901T100001Z"


def test_a_folder_that_is_not_there_is_told(agent: Wire) -> None:
    with refused("mail.NO_SUCH_FOLDER"):
        create(agent, m='l="4242"')


# --- reading -------------------------------------------------------------------------------------------------------


@each(
    ("item", "code"),
    [
        ("", "service.INVALID_REQUEST"), ("   ", "service.INVALID_REQUEST"), ("texte", "service.INVALID_REQUEST"),
        ("12.34", "service.INVALID_REQUEST"), ("-1", "mail.NO_SUCH_APPT"), ("0", "mail.NO_SUCH_APPT"),
        ("1234567890", "mail.NO_SUCH_APPT"),
    ],
)  # fmt: skip
def test_reading_what_is_not_there(agent: Wire, item: str, code: str) -> None:
    with refused(code):
        agent.mail(f'<GetAppointmentRequest id="{item}"/>')


def test_an_invite_is_read_as_a_message_too(agent: Wire) -> None:
    made = create(agent)
    message = message_of(agent, made.get("invId"))
    assert message.get("id") == made.get("invId")
    comp = message.find("inv/comp")
    assert (comp.get("calItemId"), comp.get("apptId"), comp.get("name")) == (made.get("calItemId"),) * 2 + ("Conseil",)
    with refused("mail.INVITE_OUT_OF_DATE"):
        message_of(agent, f"{made.get('calItemId')}-9999")


def test_attachments_are_kept_and_shown(agent: Wire) -> None:
    headers = {"Cookie": f"ZM_AUTH_TOKEN={agent.token}", "Content-Type": "text/plain",
               "Content-Disposition": 'attachment; filename="ordre.txt"'}  # fmt: skip
    _, _, data = agent.send("POST", "/service/upload?fmt=raw", b"un deux", headers)
    aid = data.decode().rsplit("'", 2)[1]
    made = create(agent, more=f'<mp ct="text/plain"><content>Voir</content></mp><attach aid="{aid}"/>')
    comp = read(agent, made).find("inv/comp")
    assert comp.get("noBlob") is None
    message = message_of(agent, made.get("invId"))
    assert "ordre.txt" in [part.get("filename") for part in message.iter("mp")]
    full = agent.mail(f'<GetAppointmentRequest id="{made.get("invId")}" includeContent="1"/>').find("appt/inv")
    assert full.find("mp") is not None
    part = next(one.get("part") for one in message.iter("mp") if one.get("filename") == "ordre.txt")
    kept = agent.mail(
        f'<ModifyAppointmentRequest id="{made.get("invId")}" comp="0"><m>'
        f'<inv><comp name="Conseil">{lasting()}</comp></inv>'
        f'<attach><mp mid="{made.get("invId")}" part="{part}"/></attach></m></ModifyAppointmentRequest>'
    )
    again = message_of(agent, kept.get("invId"))
    assert "ordre.txt" in [one.get("filename") for one in again.iter("mp")]


# --- changing ------------------------------------------------------------------------------------------------------


def test_a_change_keeps_the_number_of_the_invite_and_counts_up(agent: Wire) -> None:
    made = create(agent)
    for turn in (1, 2):
        changed = modify(agent, made.get("invId"), attrs=f'name="Tour {turn}"')
        assert changed.get("invId") == made.get("invId")
        comp = read(agent, made).find("inv/comp")
        assert (comp.get("name"), comp.get("seq")) == (f"Tour {turn}", str(turn))


def test_a_change_of_an_older_version_is_refused(agent: Wire) -> None:
    made = create(agent)
    version = f'comp="0" ms="{made.get("ms")}" rev="{made.get("rev")}"'
    modify(agent, made.get("invId"), root=version)
    with refused("mail.INVITE_OUT_OF_DATE"):
        modify(agent, made.get("invId"), root=version)


def test_a_change_may_move_to_another_calendar(agent: Wire) -> None:
    folder = agent.mail('<CreateFolderRequest><folder name="Autre" l="1" view="appointment"/></CreateFolderRequest>')
    other = folder.find("folder").get("id")
    made = create(agent)
    modify(agent, made.get("invId"), m=f'l="{other}"')
    assert read(agent, made).get("l") == other
    with refused("service.INVALID_REQUEST"):
        modify(agent, made.get("invId"), m='l="3"')


def test_echo_gives_back_what_was_kept(agent: Wire) -> None:
    made = create(agent)
    changed = modify(agent, made.get("invId"), root='comp="0" echo="1"')
    assert changed.find("echo/m/inv/comp").get("name") == "Après"


@each(
    ("invite", "code"),
    [("-1", "mail.NO_SUCH_CALITEM"), ("0", "mail.NO_SUCH_ITEM"), ("1" * 22, "service.INVALID_REQUEST"),
     ("", "service.INVALID_REQUEST"), ("some text", "service.INVALID_REQUEST")],
)  # fmt: skip
def test_changing_what_is_not_there(agent: Wire, invite: str, code: str) -> None:
    with refused(code):
        modify(agent, invite)


def test_a_change_needs_a_message_and_a_start(agent: Wire) -> None:
    made = create(agent)
    with refused("service.INVALID_REQUEST"):
        agent.mail(f'<ModifyAppointmentRequest id="{made.get("invId")}" comp="0"/>')
    with refused("service.INVALID_REQUEST"):
        modify(agent, made.get("invId"), times="")


# --- cancelling ----------------------------------------------------------------------------------------------------


def test_cancelling_throws_away_and_what_is_thrown_away_stays_as_it_is(agent: Wire) -> None:
    made = create(agent)
    cancel = f'<CancelAppointmentRequest id="{made.get("invId")}" comp="0"/>'
    agent.mail(cancel)
    assert read(agent, made).get("l") == "3"
    span = f'calExpandInstStart="{ms(2026, 8, 31)}" calExpandInstEnd="{ms(2026, 9, 3)}"'
    for folder, number in (("10", 0), ("3", 1)):
        found = agent.mail(f'<SearchRequest types="appointment" {span}><query>inid:{folder}</query></SearchRequest>')
        assert len(found.findall("appt")) == number
    with refused("service.INVALID_REQUEST"):
        agent.mail(cancel)
    with refused("service.INVALID_REQUEST"):
        modify(agent, made.get("invId"))


def test_cancelling_needs_the_number_of_the_invite(agent: Wire) -> None:
    made = create(agent)
    with refused("service.INVALID_REQUEST"):
        agent.mail(f'<CancelAppointmentRequest id="{made.get("calItemId")}" comp="0"/>')


def test_item_action_deletes_for_good(agent: Wire) -> None:
    made = create(agent)
    agent.mail(f'<ItemActionRequest><action op="trash" id="{made.get("calItemId")}"/></ItemActionRequest>')
    assert read(agent, made).get("l") == "3"
    agent.mail(f'<ItemActionRequest><action op="delete" id="{made.get("calItemId")}"/></ItemActionRequest>')
    with refused("mail.NO_SUCH_APPT"):
        read(agent, made)


# --- many ----------------------------------------------------------------------------------------------------------


def test_a_full_calendar_is_listed_by_what_happens(agent: Wire) -> None:
    events = "\n".join(
        f"BEGIN:VEVENT\nUID:n{number}\nSUMMARY:N{number}\n"
        f"DTSTART:2026{number % 12 + 1:02}{number % 28 + 1:02}T080000Z\n"
        f"DTEND:2026{number % 12 + 1:02}{number % 28 + 1:02}T090000Z\nEND:VEVENT"
        for number in range(1500)
    )
    agent.import_ics(f"BEGIN:VCALENDAR\nVERSION:2.0\n{events}\nEND:VCALENDAR\n")
    found = instances(agent, ms(2026, 3, 1), ms(2026, 4, 1))
    assert len(found) == sum(1 for number in range(1500) if number % 12 == 2)
