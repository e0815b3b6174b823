"""Exports as Convergence writes them, made up, with its usual oddities; the same for the same seed."""

from __future__ import annotations

import base64
import struct
import zlib
from datetime import UTC, date, datetime, timedelta
from random import Random

_FAMILY = ("Hoarau", "Payet", "Grondin", "Técher", "Boyer", "Dijoux", "Lebon", "Rivière", "Nativel", "Bègue", "Ethève")
_GIVEN = ("Noël", "Zoé", "Émilie", "Jean", "Marie", "Loïc", "Anaïs", "Chloé", "Rémi", "Gaël", "Inès", "Françoise")
_PLACES = ("Salle B", "Bâtiment A", "CDI", "Salle des maîtres", "Amphithéâtre", "Visioconférence")
_SUBJECTS = ("Réunion d’équipe", "Conseil de classe", "Rendez-vous parents", "Formation", "Commission", "Entretien")


def _portrait(random: Random) -> str:
    """A tiny picture of one colour (PNG, 8 by 8), in base64."""
    row = b"\0" + bytes(random.randrange(256) for _ in range(3)) * 8

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    return base64.b64encode(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(row * 8)) + chunk(b"IEND", b"")
    ).decode()


def address_book(seed: str, *, cards: int) -> bytes:
    """An address book of that many cards and two groups, with two more cards as old programs leave them."""
    random = Random(seed)  # noqa: S311 - made-up data, not a secret
    lines: list[str] = []
    uids = []
    for number in range(cards):
        given, family = random.choice(_GIVEN), random.choice(_FAMILY)
        uid = f"{random.getrandbits(44):011x}"
        uids.append(uid)
        lines += [
            "BEGIN:VCARD",
            "VERSION:3.0",
            f"UID:{uid}",
            f"FN:{given} {family} {number + 1}",
            f"N:{family};{given};;;",
        ]
        if number % 3 == 0:
            lines.append(f"ORG:Collège de La Plaine;Pôle {number % 5 + 1}")
            lines.append("TITLE:Professeur\\, correspondant")
        lines.append(f"EMAIL;TYPE=INTERNET,PREF:contact{number + 1}@exemple.re")
        if number % 2 == 0:
            lines.append(f"TEL;TYPE=WORK,VOICE:+262 262 00 {number % 100:02d} {random.randrange(100):02d}")
        if number % 4 == 0:
            lines.append(f"TEL;TYPE=CELL:0692 {random.randrange(10**6):06d}")
        if number % 5 == 0:
            lines.append("ADR;TYPE=WORK:;;15 avenue René Cassin;Saint-Denis;;97400;La Réunion")
        if number % 7 == 0:
            lines.append("NOTE:Rappeler le lundi\\; pas le vendredi\\nBureau 12")
        if number % 9 == 0:
            lines.append(f"PHOTO;ENCODING=b:{_portrait(random)}")
        if number % 11 == 0:
            lines.append("CATEGORIES:Collègues,Réseau")
        if number % 13 == 5:
            lines.append("X-AIM:pseudo974")
        lines.append("END:VCARD")
    for name, members in (("Équipe projet", uids[:4]), ("Conseil pédagogique", uids[4:7])):
        lines += ["BEGIN:VCARD", "VERSION:3.0", f"UID:g-{random.getrandbits(44):011x}", f"FN:{name}", f"N:{name};;;;"]
        lines.append("X-ADDRESSBOOKSERVER-KIND:group")
        lines += [f"X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:{uid}" for uid in members]
        lines += ["X-ADDRESSBOOKSERVER-MEMBER:mailto:externe@exemple.net", "END:VCARD"]
    text = "\r\n".join(lines).encode()
    # What old programs leave behind: quoted-printable without its label, Latin-1 bytes, a line cut in two.
    text += (
        b"\r\nBEGIN:VCARD\r\nVERSION:3.0\r\nFN:Fran=C3=A7ois Boyer\r\nN:Boyer;Fran=C3=A7ois;;;\r\n"
        b"EMAIL;TYPE=INTERNET:francois.boyer@exemple.re\r\nEND:VCARD\r\n"
        b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Zo\xe9 Lef\xe8vre\r\nN:Lef\xe8vre;Zo\xe9;;;\r\nNOTE:premi\xe8re ligne\r\n"
        b"deuxi\xe8me ligne sans espace\r\nEMAIL;TYPE=INTERNET:zoe@exemple.re\r\nEND:VCARD\r\n"
    )
    return text


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def calendar(seed: str, *, owner: str, name: str, today: date, events: int) -> bytes:
    """A calendar around `today`: single events, a weekly series with an exception, whole days, tasks, alarms."""
    random = Random(seed)  # noqa: S311 - made-up data, not a secret
    stamp = _utc(datetime.combine(today, datetime.min.time(), UTC))
    lines = [
        "BEGIN:VCALENDAR",
        "PRODID:-//SunJavaSystem/Calendar Hosting Server//EN",
        "METHOD:PUBLISH",
        "VERSION:6.0",
        f"X-NSCP-CALPROPS-RELATIVE-CALID:{owner}",
        f"X-NSCP-CALPROPS-NAME:{name}",
        "X-NSCP-CALPROPS-TZID:Indian/Reunion",
    ]

    def common(uid: str, summary: str) -> list[str]:
        return [
            "BEGIN:VEVENT", f"UID:{uid}", f"DTSTAMP:{stamp}", f"SUMMARY:{summary}", "PRIORITY:0", "SEQUENCE:0",
            "CLASS:PUBLIC", "STATUS:CONFIRMED", "X-NSCP-DTSTART-TZID:Indian/Reunion", "X-NSCP-TOMBSTONE:0",
        ]  # fmt: skip

    for number in range(events):
        start = datetime.combine(today, datetime.min.time(), UTC) + timedelta(
            days=random.randrange(-60, 90), hours=random.randrange(4, 12), minutes=random.choice((0, 15, 30))
        )
        lines += common(f"{random.getrandbits(128):032x}", f"{random.choice(_SUBJECTS)} {number + 1}")
        lines += [f"DTSTART:{_utc(start)}", f"DTEND:{_utc(start + timedelta(minutes=random.choice((30, 60, 90))))}"]
        lines.append(f"LOCATION:{random.choice(_PLACES)}")
        if number % 3 == 0:
            lines += [
                f"ORGANIZER;X-NSCP-ORGANIZER-UID={owner}",
                " ;X-NSCP-ORGANIZER-SENT-BY-UID=secretariat:" + owner,
                f" ;X-S1CS-EMAIL={owner}@ac-reunion.fr",
                f" :{owner}",
                'ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;CN="Hoarau, Jean";X-S1CS-EMAIL=none:jhoarau',
            ]
        if number % 4 == 0:
            lines += ["BEGIN:VALARM", "ACTION:EMAIL", f"TRIGGER;VALUE=DATE-TIME:{_utc(start - timedelta(minutes=30))}"]
            lines += [f"ATTENDEE:MAILTO:{owner}@ac-reunion.fr", "END:VALARM"]
        lines.append("END:VEVENT")
    # A weekly meeting, moved once; times in UTC, the zone the person meant in an extension.
    monday = today - timedelta(days=today.weekday() + 28)
    first = datetime.combine(monday, datetime.min.time(), UTC) + timedelta(hours=5)
    uid = f"{random.getrandbits(128):032x}"
    lines += common(uid, "Point hebdomadaire")
    lines += [f"DTSTART:{_utc(first)}", f"DTEND:{_utc(first + timedelta(hours=1))}", "RRULE:FREQ=WEEKLY;COUNT=20"]
    lines += [f"EXDATE:{_utc(first + timedelta(weeks=2))}", "END:VEVENT"]
    lines += common(uid, "Point hebdomadaire (déplacé)")
    lines += [
        f"RECURRENCE-ID:{_utc(first + timedelta(weeks=5))}",
        f"DTSTART:{_utc(first + timedelta(weeks=5, hours=3))}",
    ]
    lines += [f"DTEND:{_utc(first + timedelta(weeks=5, hours=4))}", "END:VEVENT"]
    # Whole days without an end, whose cancelled day is written as an instant.
    uid = f"{random.getrandbits(128):032x}"
    lines += common(uid, "Permanence")
    lines += [f"DTSTART;VALUE=DATE:{monday:%Y%m%d}", "RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=12"]
    lines += [f"EXDATE:{monday + timedelta(days=6):%Y%m%d}T200000Z", "END:VEVENT"]
    for number, state in enumerate(("NEEDS-ACTION", "IN-PROCESS", "COMPLETED")):
        due = datetime.combine(today + timedelta(days=7 * number + 3), datetime.min.time(), UTC) + timedelta(hours=12)
        lines += ["BEGIN:VTODO", f"UID:{random.getrandbits(128):032x}", f"DTSTAMP:{stamp}"]
        lines += [f"SUMMARY:Tâche {number + 1} : rendre le rapport", f"DUE:{_utc(due)}", f"STATUS:{state}"]
        lines += [f"COMPLETED:{stamp if state == 'COMPLETED' else 0}", f"PERCENT-COMPLETE:{50 * number}"]
        lines += ["X-NSCP-DUE-TZID:Indian/Reunion", "END:VTODO"]
    lines += ["X-NSCP-WCAP-ERRNO:0", "END:VCALENDAR"]
    return "\n".join(lines).encode() + b"\n"
