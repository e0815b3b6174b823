"""Our calendar conversion against `icalendar` alone: 5,000 events (about 4.7 MB), each program as a whole process.

`python tests/benchmarks/convert_calendar.py` writes the file (the same on every machine), runs both three times in
turn, and prints the best seconds, the peak memory and the ratios. icalendar only parses and serialises; ours
also repairs.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

EVENTS = 5_000
ROUNDS = 3
ROOT = Path(__file__).resolve().parents[2]
_SUBJECTS = ("Conseil d’administration", "Réunion d’équipe", "Entretien", "Conseil de classe", "Formation", "Visite")
_ROOMS = ("Salle 12", "Bâtiment A, 2e étage", "CDI", "Amphithéâtre")
_SENTENCE = "Ordre du jour\\, budget de l’établissement\\, questions diverses ; merci de confirmer votre présence.\\n"


def sample() -> str:
    """An export as Sun's calendar server writes it: UTC with the zone beside, logins, its own properties."""
    lines = [
        "BEGIN:VCALENDAR",
        "PRODID:-//SunJavaSystem/Calendar Hosting Server//EN",
        "METHOD:PUBLISH",
        "VERSION:6.0",
        "X-NSCP-CALPROPS-RELATIVE-CALID:mpayet",
        "X-NSCP-CALPROPS-NAME:Marie Payet",
        "X-NSCP-CALPROPS-TZID:Indian/Reunion",
    ]
    for number in range(EVENTS):
        start = datetime(2020, 1, 6, 4) + timedelta(hours=7 * number % 30_000)
        end = start + timedelta(minutes=30 * (1 + number % 4))
        agent = f"agent{number % 400}"
        zone = "Europe/Paris" if number % 5 == 0 else "Indian/Reunion"
        lines += [
            "BEGIN:VEVENT",
            f"UID:{number:08x}5b000041c6000000010000664b",
            "DTSTAMP:20240912T051200Z",
            f"SUMMARY:{_SUBJECTS[number % len(_SUBJECTS)]} n° {number}",
            f"DTSTART:{start:%Y%m%dT%H%M%SZ}",
            f"DTEND:{end:%Y%m%dT%H%M%SZ}",
            "CREATED:20200101T081500Z",
            "LAST-MODIFIED:20240910T064500Z",
            "PRIORITY:0",
            f"SEQUENCE:{number % 4}",
            "CLASS:PUBLIC",
            f"LOCATION:{_ROOMS[number % len(_ROOMS)].replace(',', chr(92) + ',')}",
            f"DESCRIPTION:{_SENTENCE * (1 + number % 3)}",
            "ORGANIZER;X-NSCP-ORGANIZER-UID=mpayet;X-S1CS-EMAIL=marie.payet@exemple.fr:mpayet",
            f"ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;X-S1CS-EMAIL={agent}@exemple.fr:{agent}",
            "STATUS:CONFIRMED",
            "TRANSP:OPAQUE",
            f"X-NSCP-ORIGINAL-DTSTART:{start:%Y%m%dT%H%M%SZ}",
            f"X-NSCP-DTSTART-TZID:{zone}",
            "X-NSCP-TOMBSTONE:0",
        ]
        if number % 10 == 0:
            lines += ["RRULE:FREQ=WEEKLY;COUNT=12", f"EXDATE:{start + timedelta(days=14):%Y%m%dT%H%M%SZ}"]
        if number % 3 == 0:
            lines += ["BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT15M", "DESCRIPTION:Rappel", "END:VALARM"]
        lines.append("END:VEVENT")
    lines.append("END:VCALENDAR")
    return "".join(line.encode().decode() + "\r\n" for line in map(_fold, lines))


def _fold(line: str) -> str:
    pieces = [line[:60]]
    pieces.extend(line[start : start + 60] for start in range(60, len(line), 60))
    return "\r\n ".join(pieces)


def _ours(path: Path) -> int:
    from bascule.conversions import calendars

    reading = calendars.read(path.read_bytes())
    for number, collection in enumerate(reading.collections):
        for part, content in enumerate(calendars.write(collection)):
            path.with_suffix(f".{number}-{part}.out").write_bytes(content)
    return reading.items_out


def _theirs(path: Path) -> int:
    import icalendar

    calendar = icalendar.Calendar.from_ical(path.read_bytes())
    path.with_suffix(".theirs").write_bytes(calendar.to_ical())
    return len(calendar.walk("VEVENT"))


def _run(who: str, path: Path) -> dict[str, float]:
    begin = time.perf_counter()
    done = subprocess.run([sys.executable, __file__, who, str(path)], check=True, capture_output=True, cwd=ROOT)
    return {**json.loads(done.stdout), "seconds": time.perf_counter() - begin}


def main() -> None:
    if len(sys.argv) == 3:
        sys.path.insert(0, str(ROOT))
        count = {"ours": _ours, "icalendar": _theirs}[sys.argv[1]](Path(sys.argv[2]))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"events": count, "megabytes": peak}))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "calendar.ics"
        path.write_bytes(sample().encode())
        print(f"{EVENTS} events, {path.stat().st_size / 1e6:.1f} MB")
        results: dict[str, list[dict[str, float]]] = {"ours": [], "icalendar": []}
        for _ in range(ROUNDS):
            for who, runs in results.items():
                runs.append(_run(who, path))
        best = {who: min(run["seconds"] for run in runs) for who, runs in results.items()}
        peak = {who: max(run["megabytes"] for run in runs) for who, runs in results.items()}
        for who in results:
            print(f"{who:10} {best[who]:6.2f} s {peak[who]:7.1f} MB  {int(results[who][0]['events'])} events")
        print(f"ratio      {best['ours'] / best['icalendar']:6.2f}   {peak['ours'] / peak['icalendar']:7.2f}")


if __name__ == "__main__":
    main()
