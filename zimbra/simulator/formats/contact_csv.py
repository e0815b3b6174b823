"""Contacts as CSV, in Zimbra's own format: the header names the attributes."""

from __future__ import annotations

import csv
import io

from zimbra.simulator.store.contacts import Contact


class BadCsv(ValueError):
    """The text is no table of contacts."""


def parse_table(text: str) -> list[tuple[dict[str, str], str]]:
    """(attributes, tags) of each row. A row without any value is skipped; rubbish is BadCsv."""
    text = text.removeprefix("\ufeff")
    head = text.lstrip().partition("\n")[0]
    delimiter = ";" if head.count(";") > head.count(",") else "," if "," in head else "\t" if "\t" in head else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        names = [name.strip() for name in next(reader, [])]
        if not any(names) or any(len(name) > 100 for name in names):
            raise BadCsv("no header line")
        found: list[tuple[dict[str, str], str]] = []
        for row in reader:
            if len(row) > len(names):
                raise BadCsv(f"line {reader.line_num}: more values than columns")
            fields = {name: value for name, value in zip(names, row, strict=False) if name and value}
            tags = fields.pop("tags", "")
            if fields:
                found.append((fields, tags))
    except csv.Error as error:
        raise BadCsv(str(error)) from None
    return found


def write_table(contacts: list[tuple[Contact, str]]) -> str:
    """A table of (contact, tag names) with every attribute used as a column."""
    columns = sorted({name for contact, _ in contacts for name in contact.attrs if name != "vCardXProps"})
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow([*columns, "dlist", "tags"])
    for contact, tags in contacts:
        members = ",".join(value for kind, value in contact.members if kind == "I")
        writer.writerow([*(contact.first(name) for name in columns), members, tags])
    return out.getvalue()
