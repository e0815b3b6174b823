"""What the team of a box agreed on, as a text: who answers, within which time, how things are filed.

Owners write it, everybody who has the box reads it. Two owners may be at it at once: whoever saves second is told, and
sees both texts, instead of wiping out the first one's.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from django.db import transaction

from accounts import journal
from accounts.models import Agent
from boxes import managed
from boxes.delegations import DelegationError
from boxes.models import Box
from boxes.models.box import CONVENTIONS_MAX_CHARACTERS

# To start from when nothing was written yet.
EXAMPLE = """\
Qui répond
- Lundi et mardi : Camille. Mercredi au vendredi : Dominique.
- La personne qui prend un message lui met l’étiquette « En cours ».

Délais
- Un message de famille reçoit une réponse dans les deux jours ouvrés.
- Un message étiqueté « Urgent » est traité le jour même.

Rangement
- Un message traité va dans « Archives » : la boîte de réception ne garde que ce qui reste à faire.
- Avant de supprimer ou de déplacer, se rappeler que c’est pour toute l’équipe.

Absences
- Prévenir l’équipe, et dire ici qui prend le relais.
"""

_BULLET = re.compile(r"[-*•–]\s+(?=\S)")
_NUMBER = re.compile(r"\d{1,3}[.)]\s+(?=\S)")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class TooLong(DelegationError):
    sentence = f"Le texte est trop long : {CONVENTIONS_MAX_CHARACTERS} caractères au plus."


class ChangedMeanwhile(DelegationError):
    """Somebody saved another text since this one was begun. `current`: what stands now."""

    sentence = "Quelqu’un a enregistré un autre texte pendant que vous écriviez."

    def __init__(self, current: str) -> None:
        super().__init__()
        self.current = current


@dataclass(frozen=True, slots=True)
class Part:
    """Lines that stand together. kind: "text", "bullets" or "numbers"; lines of a list without their marks."""

    kind: str
    lines: tuple[str, ...]


def tidy(text: str) -> str:
    """`text` as it is kept: plain line ends, nothing invisible, no blanks at the end of lines nor round the whole."""
    plain = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "\n".join(line.rstrip() for line in plain.split("\n")).strip("\n")


def version_of(text: str) -> str:
    """A mark of `text`, by which a form says what it began with."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def write(*, box: Box, text: str, begun_with: str, by: Agent) -> bool:
    """Replace the text; `begun_with` is `version_of` the one that `by`, an owner, saw when beginning.

    Gives whether anything changed. Raises NotOwner, NotShared, TooLong; ChangedMeanwhile: nothing is written, and
    what stands now comes with it.
    """
    text = tidy(text)
    if len(text) > CONVENTIONS_MAX_CHARACTERS:
        raise TooLong
    with transaction.atomic():
        box = managed.locked_for(box, by)
        if box.conventions == text:
            return False
        if version_of(box.conventions) != begun_with:
            raise ChangedMeanwhile(box.conventions)
        box.conventions = text
        box.save(update_fields=["conventions"])
        journal.record("box.conventions_changed", by=by, target=f"box:{box.pk}", target_label=box.address)
    return True


def parts_of(text: str) -> list[Part]:
    """The text as paragraphs and lists, in order: a blank line ends a part, and so does the step into or out of a
    list ("- " or "1. " at the beginning of a line)."""
    parts: list[Part] = []
    kind = ""
    lines: list[str] = []
    for line in [*tidy(text).split("\n"), ""]:
        here, said = _kind(line.strip())
        if here != kind and lines:
            parts.append(Part(kind, tuple(lines)))
            lines = []
        kind = here
        if said:
            lines.append(said)
    return parts


def _kind(line: str) -> tuple[str, str]:
    if not line:
        return "", ""
    for kind, mark in (("bullets", _BULLET), ("numbers", _NUMBER)):
        found = mark.match(line)
        if found:
            return kind, line[found.end() :]
    return "text", line
