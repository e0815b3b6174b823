"""What one folder holds: messages, contacts, events and tasks, a page at a time."""

from __future__ import annotations

from html import escape
from zoneinfo import ZoneInfo

from zimbra.simulator.formats.moments import well_known
from zimbra.simulator.http import Request
from zimbra.simulator.pages.layout import PAGE, lines, number, pager, several, start_of, table, when
from zimbra.simulator.requests.contacts import load
from zimbra.simulator.store import calendar, items, messages
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import Mailbox

TITLES = {"message": "Messages", "contact": "Contacts", "appointment": "Événements", "task": "Tâches"}
_ORDERS = {"message": "changed DESC, id DESC", "contact": "label COLLATE NOCASE, id"}
_FLAGS = {
    "f": "suivi", "r": "répondu", "w": "transféré", "d": "brouillon", "a": "pièce jointe", "!": "urgent",
    "v": "invitation", "x": "marqué supprimé",
}  # fmt: skip


def folder_body(mailbox: Mailbox, folder: int, request: Request, path: str) -> str:
    """The lists of a folder; `path` is the address of the mailbox's page."""
    start = start_of(request)
    parts: list[str] = []
    for kind, title in TITLES.items():
        total = mailbox.db.execute(
            "SELECT count(*) FROM items WHERE mbox = ? AND folder = ? AND type = ?", (mailbox.num, folder, kind)
        ).fetchone()[0]
        if not total:
            continue
        order = _ORDERS.get(kind, "starts IS NULL, starts, id")
        rows = mailbox.db.execute(
            f"SELECT {items.COLUMNS} FROM items WHERE mbox = ? AND folder = ? AND type = ?"  # noqa: S608
            f" ORDER BY {order} LIMIT ? OFFSET ?",
            (mailbox.num, folder, kind, PAGE, start),
        )
        found = [Item(*row) for row in rows]
        if kind == "message":
            listed = _messages(mailbox, found)
        else:
            listed = _contacts(mailbox, found) if kind == "contact" else _calendar(mailbox, found, kind)
        parts.append(f"<h2>{title} ({number(total)})</h2>{listed}")
        parts.append(pager(path, f"dossier={folder}&amp;", start, total))
    return "".join(parts) or "<p>Ce dossier est vide.</p>"


def _messages(mailbox: Mailbox, found: list[Item]) -> str:
    local = _zone(mailbox)
    known = messages.details(mailbox, [item.id for item in found])
    rows: list[list[str]] = []
    for item in found:
        detail = known.get(item.id)
        people = detail.summary["e"].get("f", []) if detail is not None else []
        marks = ["non lu"] if "u" in item.flags else []
        marks += [name for letter, name in _FLAGS.items() if letter in item.flags]
        rows.append([
            when(None if detail is None else detail.date, local, all_day=False),
            escape(", ".join(name or address for name, address in people)),
            escape(item.label or "(sans objet)"), escape(", ".join(marks)), f"{number(item.size)} o",
        ])  # fmt: skip
    return table(["Reçu", "De", "Objet", "État", "Taille"], rows)


def _zone(mailbox: Mailbox) -> ZoneInfo:
    return ZoneInfo(well_known(mailbox.account.first("zimbraPrefTimeZoneId")) or "Europe/Paris")


def _contacts(mailbox: Mailbox, found: list[Item]) -> str:
    rows: list[list[str]] = []
    for item in found:
        contact = load(mailbox, item)
        get = contact.first
        marks = (["Groupe"] if contact.is_group else []) + (["Photo"] if contact.attachments else [])
        phones = [get(name) for name in contact.attrs if "Phone" in name or "Fax" in name or name == "pager"]
        company = [get("company"), get("department"), get("jobTitle")]
        people = [value for _, value in contact.members] or contact.emails()
        rows.append([
            escape(item.label) + (f' <span class="muted">({escape(", ".join(marks))})</span>' if marks else ""),
            lines(people), lines(phones), lines(company), lines([get("notes")[:300]]),
        ])  # fmt: skip
    return table(["Nom", "Adresses", "Téléphones", "Organisation", "Notes"], rows)


_FREQUENCIES = {
    "DAILY": "tous les jours", "WEEKLY": "toutes les semaines", "MONTHLY": "tous les mois", "YEARLY": "tous les ans",
}  # fmt: skip


def _calendar(mailbox: Mailbox, found: list[Item], kind: str) -> str:
    local = _zone(mailbox)
    rows: list[list[str]] = []
    for item in found:
        entry = calendar.read(item)
        part = entry.parts[0]
        component = part.parsed()
        start, due = component.get("DTSTART"), component.get("DUE")
        shown = (due or start) if kind == "task" else start
        all_day = shown is not None and shown.params.get("VALUE") == "DATE"
        at = part.ends if kind == "task" and due is not None else part.starts
        repeats = ""
        if part.recurs:
            frequency = dict(one.split("=", 1) for one in component.text("RRULE").split(";"))["FREQ"]
            repeats = _FREQUENCIES.get(frequency, "se répète")
            if len(entry.parts) > 1:
                repeats += f", {several(len(entry.parts) - 1, 'exception', 'exceptions')}"
        last = (
            f"{component.text('PERCENT-COMPLETE') or '0'} %" if kind == "task" else lines([component.text("LOCATION")])
        )
        rows.append([escape(item.label or "(sans titre)"), when(at, local, all_day=all_day), escape(repeats), last])
    heads = [
        "Titre",
        "Échéance" if kind == "task" else "Début",
        "Répétition",
        "Avancement" if kind == "task" else "Lieu",
    ]
    zone = f'<p class="muted">Heures de {escape(str(local))}.</p>'
    return zone + table(heads, rows)
