"""The first page: which accounts there are."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

from zimbra.simulator.call import Service
from zimbra.simulator.http import Request, Response
from zimbra.simulator.pages.layout import PAGE, page, pager, several, start_of
from zimbra.simulator.store import accounts


def home_page(service: Service, request: Request) -> Response:
    """All accounts, a page at a time."""
    start = start_of(request)
    with service.database.transaction(write=False) as db:
        total = accounts.count(db)
        names = accounts.names(db, start, PAGE)
    rows = "".join(f'<li><a href="/mailbox/{quote(name, safe="@")}">{escape(name)}</a></li>' for name in names)
    listed = f"<ul>{rows}</ul>" if rows else "<p>Aucun compte.</p>"
    intro = f'<p class="muted">{several(total, "compte", "comptes")} sur ce serveur simulé.</p>'
    return page("Zimbra simulé", intro + listed + pager("/", "", start, total))
