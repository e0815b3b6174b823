"""The cleaned files of a deposit, for the import by hand that the guide describes: split where Zimbra would refuse."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import PurePath

from django.conf import settings

from accounts import sealing
from bascule import chunks
from bascule.conversions import calendars, contacts
from bascule.conversions.filters.zimbra_script import zimbra_script
from bascule.conversions.model import Collection, CollectionKind
from bascule.filters.contents import contents_of
from bascule.filters.from_deposits import rules_of
from bascule.models import Deposit, ReadCollection
from zimbra.types.filters import FilterRule
from zimbra.verbs.folders import clean_folder_name

_TYPES = {
    ".vcf": "text/vcard",
    ".ics": "text/calendar",
    ".csv": "text/csv",
    ".zip": "application/zip",
    ".sieve": "application/sieve",
}


@dataclass(frozen=True, slots=True)
class Download:
    name: str
    content: bytes

    @property
    def content_type(self) -> str:
        return _TYPES[PurePath(self.name).suffix]


def files_of_deposit(deposit: Deposit) -> list[Download]:
    """Every file of all that was read in it."""
    if deposit.kind == Deposit.Kind.FILTERS:
        return _scripts(deposit)
    return [file for collection in deposit.collections.all() for file in files_of(collection)]


def _scripts(deposit: Deposit) -> list[Download]:
    """The rules that were read in it, as Zimbra would hold them: as they are now, those that can be opened."""
    rules: list[FilterRule] = []
    for row in rules_of(deposit):
        try:
            contents = contents_of(row)
        except sealing.CannotOpen:
            continue
        rules += [replace(rule, active=row.active) for rule in contents.rules]
    if not rules:
        return []
    return [Download("filtres-zimbra.sieve", zimbra_script(rules, zone=settings.TIME_ZONE).encode())]


def files_of(collection: ReadCollection) -> list[Download]:
    """Every file of one collection. Groups of contacts come as CSV, because Zimbra's vCard import makes none."""
    whole = Collection(
        CollectionKind(collection.kind), collection.name, [item for _, item in chunks.all_items(collection)]
    )
    stem = clean_folder_name(collection.name, "export").replace("\\", "-").replace("*", "-").replace("?", "-")
    if collection.kind != ReadCollection.Kind.CONTACTS:
        return _numbered(stem, ".ics", calendars.write(whole))
    files = _numbered(stem, ".vcf", contacts.write(whole, with_groups=False))
    groups = contacts.groups_csv(whole)
    return [*files, Download(f"{stem}-groupes.csv", groups)] if groups else files


def as_one(files: list[Download], name: str) -> Download | None:
    """The file itself when there is one, a zip of them when there are several, None when there is none."""
    if len(files) < 2:
        return files[0] if files else None
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in _distinct(files):
            archive.writestr(file.name, file.content)
    return Download(f"{name}.zip", buffer.getvalue())


def _numbered(stem: str, ending: str, contents: list[bytes]) -> list[Download]:
    if len(contents) == 1:
        return [Download(stem + ending, contents[0])]
    return [
        Download(f"{stem}-{number}-sur-{len(contents)}{ending}", content) for number, content in enumerate(contents, 1)
    ]


def _distinct(files: Iterable[Download]) -> Iterable[Download]:
    """Two books of one name must not hide each other in an archive."""
    seen: dict[str, int] = {}
    for file in files:
        count = seen[file.name] = seen.get(file.name, 0) + 1
        yield file if count == 1 else Download(f"{file.name[:-4]} ({count}){file.name[-4:]}", file.content)
