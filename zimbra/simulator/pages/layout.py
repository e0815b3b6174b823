"""What all pages share: the frame, tables, numbers and dates as the French write them."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from zoneinfo import ZoneInfo

from zimbra.simulator.http import Request, Response

PAGE = 100
_STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:72rem;padding:1rem}
h1{font-size:1.4rem;overflow-wrap:anywhere}h2{font-size:1.15rem;margin-top:2rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid #8886;overflow-wrap:anywhere}
.n{text-align:right;white-space:nowrap}.muted{opacity:.75}nav a{margin-right:1rem}
@media(max-width:40rem){
table.wide thead{position:absolute;left:-999rem}
table.wide tr{display:block;border-bottom:1px solid #8886;padding:.4rem 0}
table.wide td{display:block;border:0;padding:.1rem 0}table.wide td:empty{display:none}
table.wide td:before{content:attr(data-l) " : ";font-weight:600}
}
"""


def page(title: str, body: str, status: int = 200) -> Response:
    """A whole page; `body` is HTML already."""
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


def number(count: int) -> str:
    """1 234 567, French fashion."""
    return f"{count:,}".replace(",", "\u202f")


def several(count: int, singular: str, plural: str) -> str:
    """A number with its noun; none and one are singular in French."""
    return f"{number(count)} {singular if count < 2 else plural}"


def table(heads: list[str], rows: list[list[str]]) -> str:
    """A table of cells already escaped; on a phone each row becomes a small card."""
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    body = "".join(
        "<tr>" + "".join(f'<td data-l="{escape(h)}">{c}</td>' for h, c in zip(heads, row, strict=True)) + "</tr>"
        for row in rows
    )
    return f'<table class="wide"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def start_of(request: Request) -> int:
    """Where in a long list the page wanted begins."""
    text = request.query.get("debut", "0")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def pager(path: str, query: str, start: int, total: int) -> str:
    """Links to the pages before and after; `query` is put before their place."""
    links = []
    if start > 0:
        links.append(f'<a rel="prev" href="{path}?{query}debut={max(0, start - PAGE)}">Page précédente</a>')
    if start + PAGE < total:
        links.append(f'<a rel="next" href="{path}?{query}debut={start + PAGE}">Page suivante</a>')
    return f'<nav aria-label="Pages">{"".join(links)}</nav>' if links else ""


def lines(values: list[str]) -> str:
    """Values one below the other, escaped."""
    return "<br>".join(escape(value).replace("\n", "<br>") for value in values if value)


def when(at: int | None, local: ZoneInfo, *, all_day: bool) -> str:
    """A moment (ms) as people write it; nothing for none or for one no calendar has."""
    if at is None:
        return ""
    try:
        moment = datetime.fromtimestamp(at / 1000, UTC).astimezone(local)
    except (OverflowError, ValueError, OSError):
        return ""
    return moment.strftime("%d/%m/%Y") if all_day else moment.strftime("%d/%m/%Y à %H:%M")
