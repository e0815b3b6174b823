"""All pages of the help, read from their files: those shipped with the portal, and on top of them those of staff.

A file of staff replaces the shipped page of the same name, or adds one. Files are looked at again at each call, and
read again only when they have changed: whoever edits one by hand sees it at once, in every process.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from threading import Lock

from django.conf import settings
from django.urls import NoReverseMatch, reverse

from bascule import steps
from bascule.help import drawings, placeholders
from bascule.help import format as page_format
from bascule.help.checking import Known
from bascule.help.format import Fault, PageText
from bascule.help.markdown import Drawing, Rendered, Surroundings, render
from bascule.help.sections import SECTIONS, Section
from bascule.help.words import Passage, passages

SHIPPED = Path(__file__).resolve().parent / "content"
SHIPPED_DRAWINGS = Path(__file__).resolve().parent / "drawings"


class Source(StrEnum):
    """Where a page comes from."""

    SHIPPED = "shipped"
    CHANGED = "changed"
    ADDED = "added"


@dataclass(frozen=True)
class Page:
    """A page as it is shown: its head is filled in, its body is not."""

    text: PageText
    source: Source
    title: str
    summary: str
    keywords: tuple[str, ...]

    @property
    def slug(self) -> str:
        return self.text.slug

    @property
    def url(self) -> str:
        return reverse("help_page", args=[self.slug])


@dataclass(frozen=True)
class _File:
    """A file as it was when it was read. mark: what changes when the file does."""

    path: Path
    mark: tuple[int, int]


_Files = dict[str, _File]


@dataclass(frozen=True)
class Library:
    """The pages as they stood at one moment. faults: files that hold no page that could be shown."""

    pages: dict[str, Page]
    files: dict[str, _File]
    drawings: dict[str, _File]
    names: dict[str, str]
    faults: dict[Path, list[Fault]] = field(default_factory=dict)
    _rendered: dict[str, Rendered] = field(default_factory=dict)
    _drawn: dict[str, Drawing | None] = field(default_factory=dict)

    @cached_property
    def sections(self) -> list[tuple[Section, list[Page]]]:
        """Parts that have pages, with these in their order."""
        found = [(section, self.in_section(section.code)) for section in SECTIONS]
        return [(section, pages) for section, pages in found if pages]

    def in_section(self, code: str) -> list[Page]:
        chosen = [page for page in self.pages.values() if page.text.section == code]
        return sorted(chosen, key=lambda page: (page.text.order, page.title))

    @cached_property
    def in_order(self) -> list[Page]:
        return [page for _, pages in self.sections for page in pages]

    @cached_property
    def by_step(self) -> dict[str, list[Page]]:
        """Pages that help with a step, questions last."""
        found: dict[str, list[Page]] = {}
        for page in sorted(self.in_order, key=lambda one: one.text.is_question):
            for step in page.text.steps:
                found.setdefault(step, []).append(page)
        return found

    def neighbours(self, page: Page) -> tuple[Page | None, Page | None]:
        """The pages before and after it in its part."""
        around = self.in_section(page.text.section)
        place = around.index(page)
        return (around[place - 1] if place else None, around[place + 1] if place + 1 < len(around) else None)

    def related(self, page: Page) -> list[Page]:
        """Pages that it names, then those that name it."""
        named = [self.pages[slug] for slug in page.text.see if slug in self.pages]
        naming = [other for other in self.in_order if page.slug in other.text.see]
        return [one for one in dict.fromkeys([*named, *naming]) if one.slug != page.slug]

    def rendered(self, page: Page) -> Rendered:
        """The HTML of a page; made once."""
        if page.slug not in self._rendered:
            self._rendered[page.slug] = render(page.text.body, self.surroundings(), title=page.title)
        return self._rendered[page.slug]

    def rendered_among(self, page: Page, printed: set[str]) -> Rendered:
        """The HTML of a page that stands with others on a sheet: links between `printed` ones stay on it."""
        return render(page.text.body, self.surroundings(printed, page.slug), title=page.title)

    def passages(self, page: Page) -> list[Passage]:
        return passages(page.text.body, self.names)

    def surroundings(self, printed: set[str] | None = None, slug: str = "") -> Surroundings:
        def page_url(wanted: str, anchor: str) -> str | None:
            if wanted not in self.pages:
                return None
            if printed is not None and wanted in printed:
                return f"#{wanted}--{anchor}" if anchor else f"#{wanted}"
            url = reverse("help_page", args=[wanted])
            return f"{url}#{anchor}" if anchor else url

        return Surroundings(
            page=page_url,
            portal=portal_page,
            drawing=self.drawing,
            names=self.names,
            prefix=f"{slug}--" if printed is not None else "",
            lower=1 if printed is not None else 0,
        )

    def drawing(self, name: str) -> Drawing | None:
        if name not in self._drawn:
            self._drawn[name] = self._draw(name)
        return self._drawn[name]

    def drawing_file(self, name: str) -> bytes | None:
        """The drawing of that name; None when there is none, or when it may not be shown."""
        file = self.drawings.get(name)
        if file is None:
            return None
        try:
            content = file.path.read_bytes()
        except OSError:
            return None
        return None if drawings.faults(content) else content

    def _draw(self, name: str) -> Drawing | None:
        content = self.drawing_file(name)
        size = drawings.size(content) if content is not None else None
        return Drawing(reverse("help_drawing", args=[name]), size.width, size.height) if size else None

    def known(self, *more: str) -> Known:
        """What a page may name. more: slugs of pages that are about to be."""
        return Known(
            slugs={*self.pages, *more},
            drawings=self.drawings,
            steps={step.code for step in steps.STEPS},
            portal_page=lambda name: portal_page(name) is not None,
            names=self.names,
        )


def portal_page(name: str) -> str | None:
    """Address of the page of the portal of that name; None for what there is not, and for what wants a number."""
    if not name.replace("_", "").isalnum():
        return None
    try:
        return reverse(name)
    except NoReverseMatch:
        return None


def overlay() -> Path:
    """The folder of the pages that staff write."""
    return Path(settings.HELP_DIR)


_lock = Lock()
_last: Library | None = None


def library() -> Library:
    """The pages as they stand now."""
    global _last
    shipped, own = _files(SHIPPED, ".md"), _files(overlay(), ".md")
    files = {f"shipped/{name}": file for name, file in shipped.items()} | {f"own/{n}": f for n, f in own.items()}
    drawn = _files(SHIPPED_DRAWINGS, ".svg") | _files(overlay() / "drawings", ".svg")
    names = placeholders.names()
    with _lock:
        if _last is None or (_last.files, _last.drawings, _last.names) != (files, drawn, names):
            _last = _built(shipped, own, files, drawn, names)
        return _last


def _built(
    shipped: _Files, own: _Files, files: dict[str, _File], drawn: dict[str, _File], names: dict[str, str]
) -> Library:
    faults: dict[Path, list[Fault]] = {}
    texts: dict[str, tuple[PageText, Source]] = {}
    for slug, file in shipped.items():
        if (text := _text(slug, file, faults)) is not None:
            texts[slug] = (text, Source.SHIPPED)
    for slug, file in own.items():
        # One that cannot be shown leaves the shipped page in its place.
        if (text := _text(slug, file, faults)) is not None:
            texts[slug] = (text, Source.CHANGED if slug in shipped else Source.ADDED)
    pages = {slug: _page(text, source, names) for slug, (text, source) in texts.items()}
    return Library(pages, files, drawn, names, faults)


def _page(text: PageText, source: Source, names: dict[str, str]) -> Page:
    return Page(
        text=text,
        source=source,
        title=placeholders.fill(text.title, names),
        summary=placeholders.fill(text.summary, names),
        keywords=tuple(placeholders.fill(word, names) for word in text.keywords),
    )


_texts: dict[_File, tuple[PageText | None, list[Fault]]] = {}


def _text(slug: str, file: _File, faults: dict[Path, list[Fault]]) -> PageText | None:
    if file not in _texts:
        try:
            reading = page_format.read(slug, file.path.read_text(encoding="utf-8"))
            _texts[file] = (reading.page, reading.faults)
        except UnicodeDecodeError:
            _texts[file] = (None, [Fault(0, "Le fichier n’est pas en UTF-8.")])
        except OSError as error:
            faults[file.path] = [Fault(0, f"Le fichier ne peut pas être lu ({error.strerror}).")]
            return None
        _forget_others(file)
    page, found = _texts[file]
    if page is None or page_format.slug_fault(slug):
        faults[file.path] = found
        return None
    return page


def _forget_others(file: _File) -> None:
    """What the same file held before."""
    for other in [one for one in _texts if one.path == file.path and one.mark != file.mark]:
        del _texts[other]


def _files(folder: Path, ending: str) -> _Files:
    return dict(sorted(_scanned(folder, ending)))


def _scanned(folder: Path, ending: str) -> Iterator[tuple[str, _File]]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(ending) and not entry.name.startswith(".") and entry.is_file():
                    state = entry.stat()
                    yield entry.name[: -len(ending)], _File(Path(entry.path), (state.st_mtime_ns, state.st_size))
    except (FileNotFoundError, NotADirectoryError):
        return
