"""The page of one mailbox: its folders with what they hold and who shares them, and the settings of its owner."""

from __future__ import annotations

import json
import sqlite3
from html import escape
from urllib.parse import quote

from zimbra.simulator.call import Service
from zimbra.simulator.formats.sieve import rules
from zimbra.simulator.http import Request, Response
from zimbra.simulator.mail.filtering import INCOMING, OUTGOING
from zimbra.simulator.pages.folder import TITLES, folder_body
from zimbra.simulator.pages.layout import lines, number, page, several, table
from zimbra.simulator.store import access, accounts, folders, identities, signatures
from zimbra.simulator.store.access import Grant
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.folders import Folder
from zimbra.simulator.store.mailbox import Mailbox, MailboxMissing

_HIDDEN = (1, 8, 9, 11, 12, 14, 17)
_KINDS = {
    "message": ("message", "messages"), "contact": ("contact", "contacts"), "appointment": ("événement", "événements"),
    "task": ("tâche", "tâches"),
}  # fmt: skip
_EVERYBODY = {"all": "tous les comptes", "pub": "tout le monde"}


def mailbox_page(service: Service, request: Request, address: str) -> Response:
    """The folders of one mailbox and, chosen by `?dossier=`, what one of them holds."""
    with service.database.transaction(write=False) as db:
        account = accounts.by_name(db, address)
        if account is None:
            return page("Compte inconnu", '<p>Ce compte n’existe pas. <a href="/">Tous les comptes</a></p>', 404)
        back = '<p><a href="/">Tous les comptes</a></p>'
        try:
            mailbox = Mailbox(db, account, writable=False)
        except MailboxMissing:
            empty = "<p>Cette boîte n’a encore jamais servi : elle est vide.</p>"
            return page(account.name, back + empty + _settings(db, account))
        tree = folders.everything(mailbox)
        chosen = request.query.get("dossier", "")
        path = f"/mailbox/{quote(account.name, safe='@')}"
        if chosen.isdecimal() and len(chosen) < 16 and int(chosen) in tree:
            folder = tree[int(chosen)]
            body = f'<p><a href="{path}">Tous les dossiers</a></p>' + folder_body(mailbox, folder.id, request, path)
            return page(f"{folders.path_of(tree, folder)} – {account.name}", body)
        return page(account.name, back + _overview(db, mailbox, tree, path) + _settings(db, account))


def _overview(db: sqlite3.Connection, mailbox: Mailbox, tree: dict[int, Folder], path: str) -> str:
    counts: dict[tuple[int, str], int] = {}
    unread: dict[int, int] = {}
    query = "SELECT folder, type, count(*), sum(instr(flags, 'u') > 0) FROM items WHERE mbox = ? GROUP BY folder, type"
    for folder_id, kind, found, new in db.execute(query, (mailbox.num,)):
        counts[folder_id, kind] = found
        if kind == "message":
            unread[folder_id] = new
    granted = access.of_mailbox(db, mailbox.num)
    rows: list[list[str]] = []
    for folder in sorted(tree.values(), key=lambda one: folders.path_of(tree, one).lower()):
        if folder.id in _HIDDEN and folder.id not in granted:
            continue
        name = escape(folders.path_of(tree, folder))
        row = [f'<a href="{path}?dossier={folder.id}">{name}</a>' if folder.kind == "folder" else name]
        row += [number(counts.get((folder.id, kind), 0)) for kind in TITLES]
        if unread.get(folder.id):
            row[1] += f' <span class="muted">({several(unread[folder.id], "non lu", "non lus")})</span>'
        rows.append([*row, _sharing(db, folder, granted.get(folder.id, []))])
    totals = [sum(n for (_, kind), n in counts.items() if kind == wanted) for wanted in _KINDS]
    sentence = ", ".join(several(total, *words) for total, words in zip(totals, _KINDS.values(), strict=True))
    sent = db.execute("SELECT count(*) FROM outbox WHERE account = ?", (mailbox.account.id,)).fetchone()[0]
    mail = f"<p>{several(sent, 'message parti', 'messages partis')} vers d’autres serveurs.</p>"
    return f"<p>{sentence}.</p>{mail}" + table(["Dossier", *TITLES.values(), "Partage"], rows)


def _sharing(db: sqlite3.Connection, folder: Folder, grants: list[Grant]) -> str:
    """Where a link leads, what a saved search looks for, or whom the folder is granted to."""
    extra = json.loads(folder.extra)
    if folder.kind == "link":
        owner = accounts.by_id(db, extra["zid"])
        name = escape(owner.name) if owner is not None else "un compte disparu"
        return f"lien vers le dossier {int(extra['rid'])} de {name}"
    if folder.kind == "search":
        return f"recherche : {escape(str(extra.get('query', '')))}"
    shown: list[str] = []
    for grant in grants:
        grantee = accounts.by_id(db, grant.zid)
        name = grantee.name if grantee is not None else _EVERYBODY.get(grant.gt, grant.name or grant.zid)
        ended = "" if grant.valid else ", échu"
        shown.append(f"{name} ({grant.perm or 'aucun droit'}{ended})")
    return lines(shown)


def _settings(db: sqlite3.Connection, account: Account) -> str:
    """Filters, identities and signatures, forwarding and absence, as far as there are any."""
    rows: list[list[str]] = []
    for title, attribute in (("Filtres à l’arrivée", INCOMING), ("Filtres à l’envoi", OUTGOING)):
        found = rules.names(account.first(attribute))
        if found:
            rows.append([title, lines(found)])
    senders = [
        f"{one.name} ({from_address})" if (from_address := _first(one.attrs, "zimbraPrefFromAddress")) else one.name
        for one in identities.everything(db, account)
    ]
    if senders:
        rows.append(["Identités", lines(senders)])
    signed = [one.name for one in signatures.everything(db, account)]
    if signed:
        rows.append(["Signatures", lines(signed)])
    forwarded = account.values("zimbraPrefMailForwardingAddress")
    if forwarded:
        rows.append(["Transfert", lines(forwarded)])
    if account.flag("zimbraPrefOutOfOfficeReplyEnabled"):
        rows.append(["Absence", lines([account.first("zimbraPrefOutOfOfficeReply")[:300]])])
    return "<h2>Réglages</h2>" + table(["Réglage", "Valeur"], rows) if rows else ""


def _first(attrs: accounts.Attributes, name: str) -> str:
    value = attrs.get(name, "")
    return value if isinstance(value, str) else value[0]
