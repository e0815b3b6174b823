"""All files of the help looked through: what is wrong with each, and between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from bascule.help import drawings
from bascule.help.checking import check
from bascule.help.format import Fault, PageText
from bascule.help.library import SHIPPED, SHIPPED_DRAWINGS, Library, library, overlay

Found = tuple[Path, Fault]


def every_file() -> list[Path]:
    """The pages and drawings shipped with the portal, and those of staff."""
    folders = ((SHIPPED, "*.md"), (SHIPPED_DRAWINGS, "*.svg"), (overlay(), "*.md"), (overlay() / "drawings", "*.svg"))
    return [path for folder, pattern in folders for path in sorted(folder.glob(pattern))]


def faults_of(paths: Iterable[Path]) -> Iterator[Found]:
    """What is wrong with the files of `paths`, file by file."""
    around = library()
    read: list[tuple[Path, PageText]] = []
    for path in paths:
        if path.suffix == ".svg":
            yield from _drawing(path)
        else:
            yield from _page(path, around, read)
    yield from _order(read)


def _page(path: Path, around: Library, read: list[tuple[Path, PageText]]) -> Iterator[Found]:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        yield path, Fault(0, "Le fichier n’est pas en UTF-8.")
        return
    except OSError as error:
        yield path, Fault(0, f"Le fichier ne peut pas être lu ({error.strerror}).")
        return
    reading = check(path.stem, text, around.known(path.stem))
    if reading.page is not None:
        read.append((path, reading.page))
    for fault in reading.faults:
        yield path, fault


def _drawing(path: Path) -> Iterator[Found]:
    try:
        content = path.read_bytes()
    except OSError as error:
        yield path, Fault(0, f"Le fichier ne peut pas être lu ({error.strerror}).")
        return
    for sentence in drawings.faults(content):
        yield path, Fault(0, sentence)


def _order(read: list[tuple[Path, PageText]]) -> Iterator[Found]:
    """Two pages of a part with the same number stand there by chance."""
    taken: dict[tuple[str, int, Path], list[str]] = defaultdict(list)
    for path, page in read:
        key = (page.section, page.order, path.parent)
        if taken[key]:
            sentence = f"Le numéro d’ordre {page.order} est déjà celui de « {taken[key][0]} » dans la même rubrique."
            yield path, Fault(0, sentence, is_grave=False)
        taken[key].append(page.slug)
