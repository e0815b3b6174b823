"""A wave as it is being typed: what was written, what of it is understood, and what is wrong, field by field."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from accounts.models import Population
from accounts.plain_text import words
from bascule.models import Wave
from bascule.waves import editing, when_text
from bascule.waves.editing import Refused, Wanted
from bascule.waves.when_text import When, WhenError


@dataclass
class Draft:
    """populations: their numbers. errors: French sentences by field (name, when, populations)."""

    name: str = ""
    when: str = ""
    populations: frozenset[int] = frozenset()
    takes_boxes: bool = False
    is_done: bool = False
    errors: dict[str, str] = field(default_factory=dict)
    # What `when` means, once it was understood.
    understood: When | None = None

    @property
    def is_blank(self) -> bool:
        return not (self.name.strip() or self.when.strip() or self.populations)

    def wanted(
        self, today: date, *, wave: Wave | None = None, establishments: Collection[int] = frozenset()
    ) -> Wanted | None:
        """What the wave is to be; None with `errors` filled in. wave: the one that is changed: a time that was left as
        it stood means what it meant."""
        self.errors.clear()
        try:
            name = editing.checked_name(self.name, but=wave)
        except Refused as error:
            name = ""
            self.errors["name"] = error.sentence
        try:
            if wave is not None and self.when.strip() == typed_when(wave):
                self.understood = when_text.of_wave(wave)
            else:
                past = self.is_done or (wave is not None and wave.state == Wave.State.DONE)
                self.understood = when_text.read(self.when, today=today, past=past)
        except WhenError as error:
            self.errors["when"] = error.sentence
        if self.is_done and self.understood is not None and self.understood.start > today:
            self.errors["when"] = f"C’est à venir ({self.understood.spelled}) : décochez « déjà faite »."
        if self.errors or self.understood is None:
            return None
        return Wanted(
            name, self.understood, self.populations, self.takes_boxes, frozenset(establishments), self.is_done
        )


def of_wave(wave: Wave) -> Draft:
    """`wave` as a form shows it before it is changed."""
    populations = frozenset(wave.populations.values_list("pk", flat=True))
    return Draft(wave.name, typed_when(wave), populations, wave.takes_boxes)


def typed_when(wave: Wave) -> str:
    return when_text.of_wave(wave).typed


class UnknownPopulation(Exception):
    """`sentence` says which words name none, in French, and what there is."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


# The rest of domain.md, section 4: whoever no other line of a list takes.
_REST = {"le reste", "reste", "les autres", "tous les autres", "toutes les autres"}


def named_populations(text: str, known: Collection[Population]) -> tuple[frozenset[int], bool]:
    """The populations that `text` names, parted by commas, bars or "et", and whether it asks for the rest as well.

    A name may be cut short as long as it is of one only. Raises UnknownPopulation.
    """
    found: set[int] = set()
    rest = False
    for part in text.replace("|", ",").replace("+", ",").replace("/", ",").split(","):
        asked = words(part)
        if not asked:
            continue
        if " ".join(asked) in _REST:
            rest = True
            continue
        found |= {row.pk for row in _named(part.strip(), asked, known)}
    return frozenset(found), rest


def _named(typed: str, asked: list[str], known: Collection[Population]) -> list[Population]:
    exact = [row for row in known if asked in (words(row.label), words(row.code))]
    if exact:
        return exact
    close = [row for row in known if all(any(w.startswith(word) for w in words(row.label)) for word in asked)]
    if len(close) == 1:
        return close
    # "premier degré et DSI": each side names one.
    if "et" in asked and not close:
        sides = [side for side in _sides(asked) if side]
        return [row for side in sides for row in _named(" ".join(side), side, known)]
    choice = ", ".join(f"« {row.label} »" for row in (close or known))
    why = "plusieurs populations" if close else "aucune population"
    raise UnknownPopulation(f"« {typed} » désigne {why}. Écrivez l’une de : {choice}.")


def _sides(asked: list[str]) -> list[list[str]]:
    sides: list[list[str]] = [[]]
    for word in asked:
        if word == "et":
            sides.append([])
        else:
            sides[-1].append(word)
    return sides
