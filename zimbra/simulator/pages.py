"""Pages for a person: which accounts there are, what a mailbox holds. Nothing can be changed here."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from html import escape
from urllib.parse import quote
from zoneinfo import ZoneInfo

from zimbra.simulator.call import Service
from zimbra.simulator.formats.zone_names import well_known
from zimbra.simulator.http import Request, Response
from zimbra.simulator.requests.contacts import load
from zimbra.simulator.store import accounts, calendar, folders, items
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import Mailbox, MailboxMissing

PAGE = 100
TITLES = {"contact": "Contacts", "appointment": "Événements", "task": "Tâches"}
_HIDDEN = (8, 9, 11, 12, 14, 17)
_STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:72rem;padding:1rem}
h1{font-size:1.4rem}h2{font-size:1.15rem;margin-top:2rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid #8886;overflow-wrap:anywhere}
.n{text-align:right;white-space:nowrap}.muted{opacity:.75}nav a{margin-right:1rem}
@media(max-width:40rem){
table.wide thead{position:absolute;left:-999rem}
table.wide tr{display:block;border-bottom:1px solid #8886;padding:.4rem 0}
table.wide td{display:block;border:0;padding:.1rem 0}
table.wide td:before{content:attr(data-l) " : ";font-weight:600}
}
"""


def _page(title: str, body: str, status: int = 200) -> Response:
    text = (
        '<!doctype html><html lang="fr"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)} – Zimbra simulé</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    headers = [
        ("Content-Security-Policy", policy),
        ("X-Content-Type-Options", "nosniff"),
        ("Cache-Control", "no-store"),
    ]
    return Response(status, "text/html; charset=utf-8", text.encode("utf-8", "replace"), headers)


def _number(number: int) -> str:
    """1 234 567, French fashion."""
    return f"{number:,}".replace(",", "\u202f")


def _several(number: int, singular: str, plural: str) -> str:
    return f"{_number(number)} {singular if number < 2 else plural}"


def _table(heads: list[str], rows: list[list[str]]) -> str:
    """A table of cells already escaped; on a phone each row becomes a small card."""
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    body = "".join(
        "<tr>" + "".join(f'<td data-l="{escape(h)}">{c}</td>' for h, c in zip(heads, row, strict=True)) + "</tr>"
        for row in rows
    )
    return f'<table class="wide"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _start(request: Request) -> int:
    text = request.query.get("debut", "0")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _pager(path: str, query: str, start: int, total: int) -> str:
    links = []
    if start > 0:
        links.append(f'<a rel="prev" href="{path}?{query}debut={max(0, start - PAGE)}">Page précédente</a>')
    if start + PAGE < total:
        links.append(f'<a rel="next" href="{path}?{query}debut={start + PAGE}">Page suivante</a>')
    return f'<nav aria-label="Pages">{"".join(links)}</nav>' if links else ""


def home_page(service: Service, request: Request) -> Response:
    """All accounts, a page at a time."""
    start = _start(request)
    with service.database.transaction(write=False) as db:
        total = accounts.count(db)
        names = accounts.names(db, start, PAGE)
    rows = "".join(f'<li><a href="/mailbox/{quote(name, safe="@")}">{escape(name)}</a></li>' for name in names)
    listed = f"<ul>{rows}</ul>" if rows else "<p>Aucun compte.</p>"
    intro = f'<p class="muted">{_several(total, "compte", "comptes")} sur ce serveur simulé.</p>'
    return _page("Zimbra simulé", intro + listed + _pager("/", "", start, total))


def mailbox_page(service: Service, request: Request, address: str) -> Response:
    """The folders of one mailbox and, chosen by `?dossier=`, what one of them holds."""
    with service.database.transaction(write=False) as db:
        account = accounts.by_name(db, address)
        if account is None:
            return _page("Compte inconnu", '<p>Ce compte n’existe pas. <a href="/">Tous les comptes</a></p>', 404)
        back = '<p><a href="/">Tous les comptes</a></p>'
        try:
            mailbox = Mailbox(db, account, writable=False)
        except MailboxMissing:
            return _page(account.name, back + "<p>Cette boîte n’a encore jamais servi : elle est vide.</p>")
        tree = folders.everything(mailbox)
        chosen = request.query.get("dossier", "")
        path = f"/mailbox/{quote(account.name, safe='@')}"
        if chosen.isdecimal() and int(chosen) in tree:
            folder = tree[int(chosen)]
            body = f'<p><a href="{path}">Tous les dossiers</a></p>' + _folder(mailbox, folder.id, request, path)
            return _page(f"{folders.path_of(tree, folder)} – {account.name}", body)
        return _page(account.name, back + _overview(db, mailbox, tree, path))


def _overview(db: sqlite3.Connection, mailbox: Mailbox, tree: dict[int, folders.Folder], path: str) -> str:
    counts: dict[tuple[int, str], int] = {}
    query = "SELECT folder, type, count(*) FROM items WHERE mbox = ? GROUP BY folder, type"
    for folder_id, kind, number in db.execute(query, (mailbox.num,)):
        counts[folder_id, kind] = number
    rows: list[list[str]] = []
    for folder in sorted(tree.values(), key=lambda one: folders.path_of(tree, one).lower()):
        if folder.id in _HIDDEN or folder.id == 1:
            continue
        name = escape(folders.path_of(tree, folder))
        row = [f'<a href="{path}?dossier={folder.id}">{name}</a>']
        rows.append(row + [_number(counts.get((folder.id, kind), 0)) for kind in TITLES])
    totals = [sum(n for (_, kind), n in counts.items() if kind == wanted) for wanted in TITLES]
    sentence = ", ".join(
        _several(number, *words)
        for number, words in zip(
            totals, (("contact", "contacts"), ("événement", "événements"), ("tâche", "tâches")), strict=True
        )
    )
    sent = db.execute("SELECT count(*) FROM outbox WHERE account = ?", (mailbox.account.id,)).fetchone()[0]
    mail = f"<p>{_several(sent, 'invitation envoyée', 'invitations envoyées')} par courriel.</p>"
    return f"<p>{sentence}.</p>{mail}" + _table(["Dossier", *TITLES.values()], rows)


def _folder(mailbox: Mailbox, folder: int, request: Request, path: str) -> str:
    start = _start(request)
    parts: list[str] = []
    for kind, title in TITLES.items():
        total = mailbox.db.execute(
            "SELECT count(*) FROM items WHERE mbox = ? AND folder = ? AND type = ?", (mailbox.num, folder, kind)
        ).fetchone()[0]
        if not total:
            continue
        order = "label COLLATE NOCASE, id" if kind == "contact" else "starts IS NULL, starts, id"
        rows = mailbox.db.execute(
            f"SELECT {items.COLUMNS} FROM items WHERE mbox = ? AND folder = ? AND type = ?"  # noqa: S608
            f" ORDER BY {order} LIMIT ? OFFSET ?",
            (mailbox.num, folder, kind, PAGE, start),
        )
        found = [Item(*row) for row in rows]
        table = _contacts(mailbox, found) if kind == "contact" else _calendar(mailbox, found, kind)
        parts.append(f"<h2>{title} ({_number(total)})</h2>{table}")
        parts.append(_pager(path, f"dossier={folder}&amp;", start, total))
    return "".join(parts) or "<p>Ce dossier est vide.</p>"


def _lines(values: list[str]) -> str:
    return "<br>".join(escape(value).replace("\n", "<br>") for value in values if value)


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
            _lines(people), _lines(phones), _lines(company), _lines([get("notes")[:300]]),
        ])  # fmt: skip
    return _table(["Nom", "Adresses", "Téléphones", "Organisation", "Notes"], rows)


_FREQUENCIES = {
    "DAILY": "tous les jours", "WEEKLY": "toutes les semaines", "MONTHLY": "tous les mois", "YEARLY": "tous les ans",
}  # fmt: skip


def _calendar(mailbox: Mailbox, found: list[Item], kind: str) -> str:
    local = ZoneInfo(well_known(mailbox.account.first("zimbraPrefTimeZoneId")) or "Europe/Paris")
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
                repeats += f", {_several(len(entry.parts) - 1, 'exception', 'exceptions')}"
        last = (
            f"{component.text('PERCENT-COMPLETE') or '0'} %" if kind == "task" else _lines([component.text("LOCATION")])
        )
        rows.append([escape(item.label or "(sans titre)"), _when(at, local, all_day=all_day), escape(repeats), last])
    heads = [
        "Titre",
        "Échéance" if kind == "task" else "Début",
        "Répétition",
        "Avancement" if kind == "task" else "Lieu",
    ]
    zone = f'<p class="muted">Heures de {escape(str(local))}.</p>'
    return zone + _table(heads, rows)


def _when(at: int | None, local: ZoneInfo, *, all_day: bool) -> str:
    if at is None:
        return ""
    try:
        moment = datetime.fromtimestamp(at / 1000, UTC).astimezone(local)
    except (OverflowError, ValueError, OSError):
        return ""
    return moment.strftime("%d/%m/%Y") if all_day else moment.strftime("%d/%m/%Y à %H:%M")
