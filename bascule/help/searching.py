"""The search over the pages as they stand now; the index is made once, and again when a page has changed."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from django.utils.safestring import SafeString

from bascule.help.library import Library, Page
from bascule.help.search.excerpts import Excerpt, excerpt, marked
from bascule.help.search.finding import Hit, find
from bascule.help.search.index import Entry, Index, Source, entry

PER_PAGE = 10


@dataclass(frozen=True)
class Result:
    page: Page
    title: SafeString
    excerpt: Excerpt


@dataclass(frozen=True)
class Results:
    """What a search gave. sections: how many in each part of the help, for the filter.

    is_far: nothing has the words themselves; `hits` are pages with words that look like them."""

    typed: str
    hits: list[Hit]
    corrections: list[tuple[str, str]]
    is_far: bool
    sections: dict[str, int]


_lock = Lock()
_index: tuple[Library, Index] | None = None
_entries: dict[str, tuple[tuple[object, ...], Entry]] = {}


def index_of(library: Library) -> Index:
    """The index of `library`; what has not changed since the last one is not taken apart again."""
    global _index
    with _lock:
        if _index is None or _index[0] is not library:
            _index = (library, Index(_entry(library, page) for page in library.in_order))
            for slug in _entries.keys() - library.pages.keys():
                del _entries[slug]
        return _index[1]


def _entry(library: Library, page: Page) -> Entry:
    mark = (page, tuple(library.names.items()))
    kept = _entries.get(page.slug)
    if kept is None or kept[0] != mark:
        source = Source(
            slug=page.slug,
            section=page.text.section,
            title=page.title,
            summary=page.summary,
            keywords=page.keywords,
            passages=library.passages(page),
        )
        kept = _entries[page.slug] = (mark, entry(source))
    return kept[1]


def search(library: Library, typed: str, *, section: str = "", typing: bool = False) -> Results:
    """Pages of `library` that answer `typed`, of one part of it if `section` is given."""
    found = find(index_of(library), typed, typing=typing)
    sections: dict[str, int] = {}
    for hit in found.hits:
        code = hit.entry.source.section
        sections[code] = sections.get(code, 0) + 1
    hits = [hit for hit in found.hits if not section or hit.entry.source.section == section]
    return Results(typed, hits, found.corrections, found.is_far, sections)


def shown(library: Library, hits: list[Hit]) -> list[Result]:
    """`hits` as a page lists them."""
    return [
        Result(
            page=library.pages[hit.entry.source.slug],
            title=marked(hit.entry.source.title, hit.keys),
            excerpt=excerpt(hit),
        )
        for hit in hits
    ]
