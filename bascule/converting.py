"""Conversion of files outside the site: what `manage.py convert` does, without Django.

Every file is read like a deposit is; the cleaned collections are written beside each other in one directory, and each
file gets a report that a program can read.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bascule.conversions import calendars, contacts, detect
from bascule.conversions.filters.model import ConvertedRule, FilterReading
from bascule.conversions.filters.reading import read_filters
from bascule.conversions.filters.zimbra_script import zimbra_script
from bascule.conversions.model import Collection, CollectionKind, Reading, Remark, Unreadable
from bascule.unpacking import Archive, ArchiveRefused, Limits, looks_like_zip

# What a zip may hold and unfold to; far above any export of one person.
ZIP_LIMITS = Limits(file_bytes=200_000_000, total_bytes=400_000_000, files=500)
_UNSAFE = re.compile(r"[^\w .()'’-]+")
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", *(f"com{digit}" for digit in range(10)), *(f"lpt{digit}" for digit in range(10))}
)
_LONGEST_NAME = 80
_SCRIPTS = frozenset({".sieve", ".siv"})


@dataclass(slots=True)
class FileReport:
    """The outcome of one file. error: the code of what made it unreadable, "" otherwise. written: files made of it."""

    file: str
    kind: str = ""
    items_in: int = 0
    items_out: int = 0
    repairs: list[dict[str, Any]] = field(default_factory=list)
    remarks: list[dict[str, str]] = field(default_factory=list)
    error: str = ""
    written: list[Path] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The report for programs: file, kind ("contacts", "calendar", "filters", "" when unreadable), items_in,
        items_out, repairs (code, count), remarks (code, place, message, original)."""
        return {
            "file": self.file,
            "kind": self.kind,
            "items_in": self.items_in,
            "items_out": self.items_out,
            "repairs": self.repairs,
            "remarks": self.remarks,
        }


class OutputNames:
    """Names of files in one directory: safe on any system, never twice in a run, never one of the sources."""

    def __init__(self, directory: Path, sources: Sequence[Path] = ()) -> None:
        self._directory = directory
        self._taken = {
            source.resolve().name.casefold() for source in sources if source.resolve().parent == directory.resolve()
        }

    def claim(self, name: str, suffix: str) -> Path:
        """The path for a file called after `name`; a number is added when that name is taken."""
        stem = safe_stem(name)
        number = 1
        wanted = f"{stem}{suffix}"
        while wanted.casefold() in self._taken:
            number += 1
            wanted = f"{stem}-{number}{suffix}"
        self._taken.add(wanted.casefold())
        return self._directory / wanted


def safe_stem(name: str) -> str:
    """`name` as the stem of a file name: letters of any language, digits, and harmless punctuation."""
    stem = _UNSAFE.sub("_", unicodedata.normalize("NFC", name)).strip(" ._-")
    while len(stem.encode()) > _LONGEST_NAME:
        stem = stem[:-1].rstrip(" ._-")
    return f"{stem}_" if stem.casefold() in _RESERVED else stem or "sans nom"


def convert_files(
    paths: Sequence[Path],
    out: Path,
    *,
    home_zone: str = "Indian/Reunion",
    domain: str = "ac-reunion.fr",
    logins: Mapping[str, str] | None = None,
) -> Iterator[FileReport]:
    """Read each file (or each file of a zip) and write in `out` its cleaned `.vcf` and `.ics` files, one per book,
    calendar and task list (several when it passes Zimbra's limits), or its rules as Zimbra's `.sieve`, and its report
    as `.json`.

    One report per file read, in order, as soon as it is done; a file that cannot be read has `error` set and does not
    stop the others. Files of an earlier run are replaced. Raises OSError when `out` cannot be written.
    """
    out.mkdir(parents=True, exist_ok=True)
    names = OutputNames(out, paths)
    for path in paths:
        for shown, content in _contents(path):
            report = FileReport(shown)
            if isinstance(content, Unreadable):
                _fail(report, content)
            else:
                try:
                    if _has_rules(content, shown):
                        report.written.extend(_convert_rules(report, content, home_zone, domain, names))
                    else:
                        reading = _read(content, Path(shown).stem, home_zone, domain, logins or {})
                        _fill(report, reading)
                        for collection in reading.collections:
                            report.written.extend(_write(collection, names))
                except Unreadable as reason:
                    _fail(report, reason)
            written = names.claim(Path(shown).stem, ".json")
            written.write_text(json.dumps(report.as_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
            yield report


def _contents(path: Path) -> Iterator[tuple[str, bytes | Unreadable]]:
    """(name to show, content) of a file, or of each file of a zip; or why there is none."""
    try:
        with path.open("rb") as file:
            if not looks_like_zip(file.read(4)):
                file.seek(0)
                yield str(path), file.read()
                return
            archive = Archive(file, ZIP_LIMITS)
            for member in archive.members:
                shown = f"{path}/{member.name}"
                try:
                    content: bytes | Unreadable = b"".join(archive.read(member))
                except ArchiveRefused as reason:
                    content = Unreadable(reason.code, str(reason))
                yield shown, content
    except ArchiveRefused as reason:
        yield str(path), Unreadable(reason.code, str(reason))
    except OSError as error:
        yield str(path), Unreadable("file_unreadable", _why(error))


def _why(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "Ce fichier n’existe pas."
    if isinstance(error, IsADirectoryError):
        return "C’est un dossier : donnez les fichiers qu’il contient."
    if isinstance(error, PermissionError):
        return "Vous n’avez pas le droit de lire ce fichier."
    return f"Le fichier ne peut pas être ouvert ({error.strerror})."


def _has_rules(data: bytes, name: str) -> bool:
    """What the content does not tell, the name may: a script can be as short as one line."""
    kind = detect.kind_of(data)
    return kind == detect.FILTERS or (not kind and Path(name).suffix.lower() in _SCRIPTS)


def _convert_rules(report: FileReport, data: bytes, zone: str, domain: str, names: OutputNames) -> Iterator[Path]:
    """Fill in the report, and write what a Zimbra would hold, if anything. Raises Unreadable."""
    shown = Path(report.file)
    reading = read_filters(data, shown.name, domain=domain)
    rules = [one for rule in reading.rules for one in rule.rules]
    report.kind = detect.FILTERS
    report.items_in = len(reading.rules)
    report.items_out = sum(1 for rule in reading.rules if rule.rules or rule.vacation)
    report.remarks = [
        {"code": remark.code, "place": place, "message": remark.message, "original": remark.original}
        for place, remark in _remarks_of_rules(reading)
    ]
    if rules:
        yield _write_file(names.claim(shown.stem, ".sieve"), zimbra_script(rules, zone=zone).encode())


def _remarks_of_rules(reading: FilterReading) -> Iterator[tuple[str, Remark]]:
    for remark in reading.remarks:
        yield remark.place or "fichier", remark
    for rule in reading.rules:
        for remark in rule.remarks:
            yield _place_of(rule), remark


def _place_of(rule: ConvertedRule) -> str:
    return f"règle « {rule.name} »" + (f", {rule.source.place}" if rule.source.place else "")


def _read(data: bytes, stem: str, home_zone: str, domain: str, logins: Mapping[str, str]) -> Reading:
    if detect.kind_of(data) == detect.CONTACTS:
        return contacts.read(data, book_name=stem, text_only=True)
    return calendars.read(data, name=stem, home_zone=home_zone, domain=domain, logins=logins)


def _fail(report: FileReport, reason: Unreadable) -> None:
    report.error = reason.code
    report.remarks.append({"code": reason.code, "place": "fichier", "message": str(reason), "original": ""})


def _fill(report: FileReport, reading: Reading) -> None:
    report.kind = reading.kind
    report.items_in, report.items_out = reading.items_in, reading.items_out
    report.repairs = [{"code": code, "count": count} for code, count in sorted(reading.repairs.items()) if count]
    report.remarks = [
        {"code": remark.code, "place": remark.place, "message": remark.message, "original": remark.original}
        for remark in reading.remarks
    ]


def _write(collection: Collection, names: OutputNames) -> Iterator[Path]:
    """Write the files of a collection."""
    if collection.kind is CollectionKind.CONTACTS:
        parts, suffix = contacts.write(collection), ".vcf"
    else:
        parts, suffix = calendars.write(collection), ".ics"
    for number, content in enumerate(parts, 1):
        name = f"{safe_stem(collection.name)}-{number}" if len(parts) > 1 else collection.name
        yield _write_file(names.claim(name, suffix), content)
    if collection.kind is CollectionKind.CONTACTS:
        groups = contacts.groups_csv(collection)
        if groups:
            yield _write_file(names.claim(f"{safe_stem(collection.name)} (groupes)", ".csv"), groups)


def _write_file(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
