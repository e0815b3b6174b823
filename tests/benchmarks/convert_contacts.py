"""10,000 cards: read, repaired and written by us, against `vobject` alone parsing and serialising them.

Each runs as a whole process of its own, start-up included; seconds are user plus system time, memory is the peak of
resident memory. The file is the same on every machine.

    python tests/benchmarks/convert_contacts.py [--cards N]
"""

from __future__ import annotations

import argparse
import base64
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIRST = ["Jean-Noël", "Zoé", "Éloïse", "Paul", "Marie-Hélène", "François", "Inès", "Loïc", "Aïcha", "Gaëlle", "Théo"]
LAST = ["Hoarau", "Payet", "Grondin", "Lefèvre", "Boyer", "Fontaine", "Técher", "Rivière", "Dijoux", "Bègue"]
STREETS = ["rue de l'Église", "avenue René Cassin", "chemin des Fougères", "allée des Cèdres", "boulevard Sud"]
TOWNS = [("97400", "Saint-Denis"), ("97410", "Saint-Pierre"), ("97436", "Saint-Leu"), ("97490", "Sainte-Clotilde")]
READERS = {
    "ours": """
import sys
from bascule.conversions import contacts
reading = contacts.read(open(sys.argv[1], "rb").read(), book_name="banc")
with open(sys.argv[2], "wb") as out:
    for part in contacts.write(reading.collections[0]):
        out.write(part)
""",
    "vobject": """
import sys
import vobject
with open(sys.argv[1], encoding="utf-8") as source, open(sys.argv[2], "w", encoding="utf-8", newline="") as out:
    for card in vobject.readComponents(source):
        out.write(card.serialize())
""",
}


def generate(cards: int) -> bytes:
    """An address book as an export writes it: folded, CRLF, vCard 3.0, a photo on one card in forty."""
    random_ = random.Random(20240912)
    lines: list[str] = []
    for number in range(cards):
        first, last = random_.choice(FIRST), random_.choice(LAST)
        code, town = random_.choice(TOWNS)
        lines += [
            "BEGIN:VCARD",
            "VERSION:3.0",
            "PRODID:-//Sun Microsystems//Address Book//EN",
            f"UID:{number:08x}-6c1f-4a55-9d38-{random_.getrandbits(48):012x}",
            f"FN:{first} {last} {number}",
            f"N:{last} {number};{first};;M.;",
            "ORG:Rectorat de La Réunion;Direction des systèmes d'information",
            f"TITLE:Gestionnaire\\, bureau {random_.randrange(500)}",
            f"EMAIL;TYPE=INTERNET,PREF:contact.{number}@ac-reunion.example",
            f"EMAIL;TYPE=INTERNET,HOME:perso{number}@example.net",
            f"TEL;TYPE=WORK,VOICE:+262 262 {number // 100:02d} {number % 100:02d} 01",
            f"TEL;TYPE=CELL:+262 692 {number // 100:02d} {number % 100:02d} 02",
            f"ADR;TYPE=WORK:;;{random_.randrange(1, 200)} {random_.choice(STREETS)};{town};;{code};La Réunion",
            "BDAY:1975-04-12",
            f"NOTE:Rencontré à {town}\\, le dossier {number} est suivi par {random_.choice(FIRST)} ;"
            " rappeler le lundi matin avant dix heures",
            "REV:20240912T051200Z",
        ]
        if number % 40 == 0:
            picture = b"\xff\xd8\xff\xe0" + random_.randbytes(3000)
            lines.append("PHOTO;ENCODING=b;TYPE=JPEG:" + base64.b64encode(picture).decode())
        lines.append("END:VCARD")
    return b"".join(_fold(line) for line in lines)


def _fold(line: str) -> bytes:
    raw = line.encode()
    pieces = []
    while len(raw) > 75:
        cut = 75
        while raw[cut] & 0xC0 == 0x80:
            cut -= 1
        pieces.append(raw[:cut])
        raw = b" " + raw[cut:]
    return b"\r\n".join([*pieces, raw]) + b"\r\n"


def run(name: str, source: Path, target: Path) -> tuple[float, float, float]:
    """(processor seconds, elapsed seconds, peak megabytes) of one reader in a process of its own."""
    command = [sys.executable, "-c", READERS[name], str(source), str(target)]
    begin = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT)
    _, status, usage = os.wait4(process.pid, 0)
    elapsed = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{name} failed with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, elapsed, usage.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cards", type=int, default=10_000)
    cards = parser.parse_args().cards
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "book.vcf"), Path(folder, "out.vcf")
        source.write_bytes(generate(cards))
        print(f"{cards} cards, {source.stat().st_size / 1e6:.1f} MB")
        results = {}
        for name in READERS:
            results[name] = run(name, source, target)
            seconds, elapsed, memory = results[name]
            count = target.read_bytes().count(b"BEGIN:VCARD")
            print(
                f"{name:8} {seconds:6.2f} s processor {elapsed:6.2f} s elapsed {memory:6.0f} MB peak, {count} cards out"
            )
        ours, theirs = results["ours"], results["vobject"]
        print(f"ratio    {theirs[0] / ours[0]:.1f} times faster, {ours[2] / theirs[2]:.2f} times the memory")


if __name__ == "__main__":
    main()
