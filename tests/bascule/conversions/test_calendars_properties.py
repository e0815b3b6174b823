"""People, reminders, texts, tasks and attachments: property by property."""

from __future__ import annotations

import pytest

from bascule.conversions.calendars import read
from tests.bascule.conversions.calendar_files import SUN, calendar, codes, event, items, lines_of, only, task
from tests.each import each

WHEN = ("DTSTART:20240916T053000Z", "DTEND:20240916T063000Z")


@each(
    ("written", "line"),
    [
        ("ATTENDEE:mailto:jean@exemple.fr", "ATTENDEE:mailto:jean@exemple.fr"),
        ("ATTENDEE:MAILTO:jean@exemple.fr", "ATTENDEE:mailto:jean@exemple.fr"),
        ("ATTENDEE:jean@exemple.fr", "ATTENDEE:mailto:jean@exemple.fr"),
        ("ATTENDEE:Jean Hoarau <jean@exemple.fr>", "ATTENDEE:mailto:jean@exemple.fr"),
        ("ATTENDEE;X-S1CS-EMAIL=jean@exemple.fr:jhoarau", "ATTENDEE:mailto:jean@exemple.fr"),
        ("ATTENDEE;X-S1CS-EMAIL=none:jhoarau", "ATTENDEE:mailto:jean.hoarau@exemple.fr"),
        ("ATTENDEE:jhoarau:agenda", "ATTENDEE:mailto:jean.hoarau@exemple.fr"),
        ("ATTENDEE:inconnu", "ATTENDEE:mailto:inconnu@academie.example"),
        (
            'ATTENDEE;CN="Hoarau, Jean";ROLE=req-participant;RSVP=true:mailto:jean@exemple.fr',
            'ATTENDEE;CN="Hoarau, Jean";ROLE=REQ-PARTICIPANT;RSVP=TRUE:mailto:jean@exemple.fr',
        ),
        (
            "ATTENDEE;ROLE=OWNER;STATUS=CONFIRMED;EXPECT=REQUEST:jean@exemple.fr",
            "ATTENDEE;ROLE=CHAIR;PARTSTAT=ACCEPTED:mailto:jean@exemple.fr",
        ),
        ("ATTENDEE;EMAIL=jean@exemple.fr:urn:uuid:1", "ATTENDEE:mailto:jean@exemple.fr"),
        ("ATTENDEE:urn:uuid:1", "ATTENDEE:urn:uuid:1"),
        (
            "ORGANIZER;X-NSCP-ORGANIZER-SENT-BY-UID=sec:mpayet;SENT-BY=sec@exemple.fr:mailto:m@exemple.fr",
            'ORGANIZER;SENT-BY="mailto:sec@exemple.fr":mailto:m@exemple.fr',
        ),
        (
            # Beside a SENT-BY the old server writes the wrong address; its own id of the calendar is right.
            'ORGANIZER;SENT-BY="sec@exemple.fr";X-S1CS-CALID=jhoarau:mailto:sec@exemple.fr',
            'ORGANIZER;SENT-BY="mailto:sec@exemple.fr":mailto:jean.hoarau@exemple.fr',
        ),
    ],
)
def test_people_have_addresses(written: str, line: str) -> None:
    reading = read(
        calendar(*event(*WHEN, written), head=SUN),
        logins={"JHoarau": "jean.hoarau@exemple.fr"},
        domain="academie.example",
    )
    assert lines_of(items(reading)[0], written[:8].rstrip(";:") if written[0] == "A" else "ORGANIZER") == [line]
    assert not reading.remarks


@pytest.mark.parametrize("written", ["ATTENDEE:none", "ATTENDEE;CN=Salle:invalid:nomail", "ORGANIZER;CN=X:mailto:"])
def test_people_without_address_are_told(written: str) -> None:
    reading = read(calendar(*event(*WHEN, written), head=SUN))
    assert codes(reading) == ["person_without_address"]
    assert "ATTENDEE" not in items(reading)[0].text


def test_a_login_is_no_address_in_files_of_other_programs() -> None:
    assert codes(read(calendar(*event(*WHEN, "ATTENDEE:bob")))) == ["person_without_address"]


def alarm(*lines: str) -> list[str]:
    return ["BEGIN:VALARM", *lines, "END:VALARM"]


def alarms_of(data: bytes) -> list[list[str]]:
    text = only(data).text.replace("\r\n ", "")
    return [block.partition("\r\nEND:VALARM")[0].split("\r\n")[1:] for block in text.split("BEGIN:VALARM")[1:]]


@each(
    ("written", "expected"),
    [
        (("ACTION:DISPLAY", "TRIGGER:-PT15M", "DESCRIPTION:x"), ["ACTION:DISPLAY", "TRIGGER:-PT15M", "DESCRIPTION:x"]),
        (("ACTION:AUDIO", "TRIGGER:-PT15M"), ["ACTION:DISPLAY", "TRIGGER:-PT15M", "DESCRIPTION:Rappel"]),
        (
            ("ACTION:DISPLAY", "TRIGGER;RELATED=END:-P0DT0H5M0S", "DESCRIPTION:x"),
            ["ACTION:DISPLAY", "TRIGGER;RELATED=END:-PT5M", "DESCRIPTION:x"],
        ),
        (
            ("ACTION:DISPLAY", "TRIGGER;VALUE=DATE-TIME:20240915T053000Z", "DESCRIPTION:x"),
            ["ACTION:DISPLAY", "TRIGGER:-P1D", "DESCRIPTION:x"],
        ),
        (
            ("ACTION:EMAIL", "TRIGGER:-PT15M", "ATTENDEE:MAILTO:a@exemple.fr"),
            [
                "ACTION:EMAIL",
                "TRIGGER:-PT15M",
                "DESCRIPTION:Rappel",
                "SUMMARY:Rappel",
                "ATTENDEE:mailto:a@exemple.fr",
            ],
        ),
        (
            ("ACTION:EMAIL", "TRIGGER:-PT15M", "a@exemple.fr"),
            [
                "ACTION:EMAIL",
                "TRIGGER:-PT15M",
                "DESCRIPTION:Rappel",
                "SUMMARY:Rappel",
                "ATTENDEE:mailto:a@exemple.fr",
            ],
        ),
        (("ACTION:PROCEDURE", "TRIGGER:-PT15M"), ["ACTION:DISPLAY", "TRIGGER:-PT15M", "DESCRIPTION:Rappel"]),
        (("ACTION:EMAIL", "TRIGGER:-PT15M"), ["ACTION:DISPLAY", "TRIGGER:-PT15M", "DESCRIPTION:Rappel"]),
    ],
)
def test_reminders_are_rebuilt(written: tuple[str, ...], expected: list[str]) -> None:
    assert alarms_of(calendar(*event(*WHEN, *alarm(*written)))) == [expected]


@each(
    ("written", "told"),
    [
        (("ACTION:NONE", "TRIGGER:-PT15M"), []),
        (("ACTION:DISPLAY", "TRIGGER;VALUE=DATE-TIME:19760401T005545Z"), []),
        (("ACTION:X-OTHER", "TRIGGER:-PT15M"), ["alarm_dropped"]),
        (("ACTION:DISPLAY", "DESCRIPTION:x"), ["alarm_dropped"]),
        (("ACTION:DISPLAY", "TRIGGER:demain"), ["alarm_dropped"]),
        (("ACTION:DISPLAY", "TRIGGER;VALUE=DATE-TIME:20200101T000000Z", "DESCRIPTION:x"), ["alarm_dropped"]),
    ],
)
def test_reminders_without_sense_are_left_out_and_told(written: tuple[str, ...], told: list[str]) -> None:
    reading = read(calendar(*event(*WHEN, *alarm(*written))))
    assert items(reading)[0].facts["alarms"] == 0
    assert reading.repairs["alarm_dropped"] == 1
    assert codes(reading) == told


def test_an_absolute_reminder_of_a_series_reminds_each_time() -> None:
    data = calendar(
        *event(*WHEN, "RRULE:FREQ=WEEKLY;COUNT=9", *alarm("ACTION:DISPLAY", "TRIGGER;VALUE=DATE-TIME:20241007T050000Z"))
    )
    assert alarms_of(data)[0][1] == "TRIGGER:-PT30M"


def test_an_absolute_reminder_of_a_task_counts_from_its_due_date() -> None:
    data = calendar(
        *task(
            "DTSTART:20240801T040000Z",
            "DUE:20240930T140000Z",
            *alarm("ACTION:DISPLAY", "TRIGGER;VALUE=DATE-TIME:20240930T130000Z"),
        )
    )
    assert alarms_of(data)[0][1] == "TRIGGER;RELATED=END:-PT1H"


@each(
    ("written", "line"),
    [
        ("SUMMARY:Réunion\\, salle B", "SUMMARY:Réunion\\, salle B"),
        ("SUMMARY:a, b; c", "SUMMARY:a\\, b\\; c"),
        ("SUMMARY:deux\\nlignes", "SUMMARY:deux lignes"),
        ("SUMMARY;LANGUAGE=fr:x", "SUMMARY;LANGUAGE=fr:x"),
        ("SUMMARY;ENCODING=QUOTED-PRINTABLE;CHARSET=ISO-8859-1:caf=E9", "SUMMARY:café"),
        ("SUMMARY:", "SUMMARY:(sans titre)"),
        ("LOCATION:C:\\dossier", "LOCATION:C:\\\\dossier"),
        ('LOCATION:dit \\"ici\\"', 'LOCATION:dit "ici"'),
        ("CLASS:Personal", "CLASS:PRIVATE"),
        ("STATUS:Canceled", "STATUS:CANCELLED"),
        ("PRIORITY:15", "PRIORITY:9"),
        ("GEO:-20.9,55.5", "GEO:-20.9;55.5"),
        ("URL:https://exemple.fr/a b", "URL:https://exemple.fr/ab"),
        ("CATEGORIES:a,b\\,c", "CATEGORIES:a,b\\,c"),
        ("X-MICROSOFT-CDO-BUSYSTATUS:OOF", "X-MICROSOFT-CDO-BUSYSTATUS:OOF"),
        ("COMMENT:a\\;b", "COMMENT:a\\;b"),
    ],
)
def test_properties_are_written_as_the_format_wants(written: str, line: str) -> None:
    name = line.partition(":")[0].partition(";")[0]
    lines = [text for text in event(*WHEN) if not text.startswith(name)]
    item = only(calendar(*lines[:-1], written, "END:VEVENT"))
    assert lines_of(item, name) == [line]


@each("line", ["X-NSCP-ONGOING:0", "REQUEST-STATUS:2.0;OK", "TRIGGER:-PT5M", "PRIORITY:haute", "GEO:;"])
def test_what_no_reader_wants_is_left_out(line: str) -> None:
    assert line.partition(":")[0] not in only(calendar(*event(*WHEN, line))).text


def test_a_private_event_of_somebody_else_says_so() -> None:
    item = only(calendar("BEGIN:VEVENT", "UID:1", *WHEN, "CLASS:CONFIDENTIAL", "END:VEVENT"))
    assert item.label == "(privé)"
    assert item.facts["private"]


def test_links_move_to_the_description_once() -> None:
    data = calendar(
        *event(*WHEN, "DESCRIPTION:Voir", "ATTACH:https://exemple.fr/a.pdf", "ATTACH:https://exemple.fr/a.pdf")
    )
    assert lines_of(only(data), "DESCRIPTION") == ["DESCRIPTION:Voir\\n\\nPièce jointe : https://exemple.fr/a.pdf"]


def test_inline_attachments_stay() -> None:
    data = calendar(*event(*WHEN, "ATTACH;FMTTYPE=text/plain;ENCODING=BASE64;VALUE=BINARY:Ym9uam91cg=="))
    assert lines_of(only(data), "ATTACH") == ["ATTACH;FMTTYPE=text/plain;ENCODING=BASE64;VALUE=BINARY:Ym9uam91cg=="]


@each(
    ("lines", "state"),
    [
        (["COMPLETED:20240905T040000Z"], ["STATUS:COMPLETED", "PERCENT-COMPLETE:100", "COMPLETED:20240905T040000Z"]),
        (["PERCENT-COMPLETE:100", "STATUS:NEEDS-ACTION"], ["STATUS:COMPLETED", "PERCENT-COMPLETE:100"]),
        (["COMPLETED:0", "STATUS:NEEDS-ACTION"], ["STATUS:NEEDS-ACTION"]),
        (["STATUS:IN PROCESS", "PERCENT-COMPLETE:150"], ["STATUS:IN-PROCESS", "PERCENT-COMPLETE:100"]),
        (["STATUS:CANCELLED", "PERCENT-COMPLETE:100"], ["STATUS:CANCELLED", "PERCENT-COMPLETE:100"]),
        (["COMPLETED;VALUE=DATE:20240905"], ["STATUS:COMPLETED", "PERCENT-COMPLETE:100", "COMPLETED:20240904T200000Z"]),
    ],
)
def test_the_state_of_a_task_is_consistent(lines: list[str], state: list[str]) -> None:
    item = only(calendar(*task(*lines)))
    assert [line for name in ("STATUS", "PERCENT-COMPLETE", "COMPLETED") for line in lines_of(item, name)] == state


def test_a_task_keeps_its_people_in_its_text_and_has_no_organizer() -> None:
    item = only(calendar(*task("ORGANIZER:mailto:m@exemple.fr", "ATTENDEE:mailto:j@exemple.fr", "DESCRIPTION:À faire")))
    assert lines_of(item, "DESCRIPTION") == [
        "DESCRIPTION:À faire\\n\\nOrganisateur : m@exemple.fr\\n\\nParticipants : j@exemple.fr"
    ]
    assert "ORGANIZER" not in item.text


@pytest.mark.parametrize(
    ("start", "length", "written"),
    [
        ("DTSTART;VALUE=DATE:20240916", "DURATION:PT36H", "DURATION:P2D"),
        ("DTSTART;VALUE=DATE:20240916", "DURATION:P3D", "DURATION:P3D"),
        ("DTSTART:20240916T053000Z", "DURATION:PT36H", "DURATION:P1DT12H"),
    ],
)
def test_a_task_of_whole_days_lasts_whole_days(start: str, length: str, written: str) -> None:
    assert lines_of(only(calendar(*task(start, length))), "DURATION") == [written]


def test_categories_are_kept_and_told_once() -> None:
    data = calendar(*event(*WHEN, "CATEGORIES:A"), *event(*WHEN, "CATEGORIES:B", uid="b"))
    assert codes(read(data)) == ["categories"]


def test_vcalendar_1_becomes_its_successor() -> None:
    data = calendar(
        "BEGIN:VEVENT",
        "DTSTART:20240916T093000",
        "DTEND:20240916T103000",
        "SUMMARY;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:R=C3=A9union",
        "RRULE:W1 MO #4",
        "EXDATE:20240923T093000;20240930T093000",
        "CATEGORIES:MEETING;WORK",
        "DALARM:20240916T091500;;;Bientôt",
        "TRANSP:1",
        "END:VEVENT",
        head=("VERSION:1.0", "TZ:+02:00"),
    )
    item = only(data)
    assert item.label == "Réunion"
    assert lines_of(item, "RRULE") == ["RRULE:FREQ=WEEKLY;COUNT=4;BYDAY=MO"]
    assert lines_of(item, "CATEGORIES") == ["CATEGORIES:MEETING,WORK"]
    assert lines_of(item, "TRIGGER") == ["TRIGGER:-PT15M"]
    assert lines_of(item, "TRANSP") == ["TRANSP:TRANSPARENT"]
    assert item.facts["occurrences"] == ["2024-09-16T07:30:00Z", "2024-10-07T07:30:00Z"]


def test_facts_of_a_day_end_on_its_last_day() -> None:
    item = only(calendar(*event("DTSTART;VALUE=DATE:20240916", "DTEND;VALUE=DATE:20240919")))
    assert (item.facts["start"], item.facts["end"], item.facts["all_day"]) == ("2024-09-16", "2024-09-18", True)


def test_facts_say_what_a_preview_needs() -> None:
    item = only(
        calendar(
            *event(
                "DTSTART;TZID=Europe/Paris:20240916T093000",
                "DTEND;TZID=Europe/Paris:20240916T103000",
                "RRULE:FREQ=WEEKLY;COUNT=2",
                "LOCATION:Salle\\, B",
                "ORGANIZER:mailto:m@exemple.fr",
                "ATTENDEE:mailto:j@exemple.fr",
                "STATUS:TENTATIVE",
            )
        )
    )
    assert item.facts == {
        "start": "2024-09-16T09:30:00+02:00",
        "end": "2024-09-16T10:30:00+02:00",
        "all_day": False,
        "zone": "Europe/Paris",
        "location": "Salle, B",
        "recurrence": "chaque lundi, 2 fois",
        "occurrences": ["2024-09-16T07:30:00Z", "2024-09-23T07:30:00Z"],
        "exceptions": 0,
        "organizer": "m@exemple.fr",
        "attendees": 1,
        "status": "TENTATIVE",
        "private": False,
        "alarms": 0,
    }
