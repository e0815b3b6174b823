"""Staff change a page of the help: a file of theirs lies over the one delivered, which is never touched."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from django.db import transaction

from accounts import journal
from accounts.models import Agent
from bascule.help import checking, library
from bascule.help.format import Fault, slug_fault
from bascule.help.library import SHIPPED, Library, Source, overlay


class HelpError(Exception):
    """sentence: why the page cannot be kept, in French. faults: by line."""

    def __init__(self, sentence: str, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(sentence)
        self.sentence, self.faults = sentence, faults


def text_of(slug: str, around: Library) -> str:
    """The file of the page as it is written; "" for one that is about to be. Raises OSError."""
    page = around.pages.get(slug)
    if page is None:
        return ""
    folder = SHIPPED if page.source is Source.SHIPPED else overlay()
    return (folder / f"{slug}.md").read_text(encoding="utf-8")


def faults(slug: str, text: str) -> list[Fault]:
    """All that is wrong with `text` as the page `slug`, in the order of its lines."""
    return checking.check(slug, _normal(text), library.library().known(slug)).faults


def save(*, slug: str, text: str, by: Agent) -> None:
    """Write the page of staff. Raises HelpError: somebody else than staff, a grave fault, a folder that cannot be
    written to."""
    _check_staff(by)
    if sentence := slug_fault(slug):
        raise HelpError(sentence)
    grave = tuple(fault for fault in faults(slug, text) if fault.is_grave)
    if grave:
        raise HelpError("La page n’est pas enregistrée : corrigez ce qui suit.", grave)
    with transaction.atomic():
        journal.record("help.page_saved", by=by, target=f"help:{slug}", slug=slug)
        try:
            _write(overlay() / f"{slug}.md", _normal(text))
        except OSError as error:
            raise HelpError(
                f"Le dossier de l’aide n’accepte pas d’écriture ({error.strerror}) : prévenez l’exploitant."
            ) from error


def restore(*, slug: str, by: Agent) -> None:
    """Go back to the delivered page; one that staff added goes. Raises HelpError."""
    _check_staff(by)
    with transaction.atomic():
        journal.record("help.page_restored", by=by, target=f"help:{slug}", slug=slug)
        try:
            (overlay() / f"{slug}.md").unlink()
        except FileNotFoundError as error:
            raise HelpError("Cette page est déjà celle d’origine.") from error
        except OSError as error:
            raise HelpError(f"La page ne peut pas être supprimée ({error.strerror}).") from error


def _check_staff(by: Agent) -> None:
    if not by.is_staff:
        raise HelpError("L’aide est modifiée par l’équipe DSI.")


def _normal(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip() + "\n"


def _write(path: Path, text: str) -> None:
    """Whole or not at all: whoever reads meanwhile finds the one or the other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
