"""Symptoms, causes and remedies, as the files of `entries/` say them. Pure but for reading those files once.

The five families are those of the academy's guide (domain section 8).
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "entries"


class CatalogueError(ValueError):
    """A file of the catalogue says something impossible. Its text names the file and the entry."""


@dataclass(frozen=True, slots=True)
class Family:
    code: str
    order: int
    title: str
    summary: str


@dataclass(frozen=True, slots=True)
class Symptom:
    """What somebody sees. causes: codes, the likeliest first."""

    code: str
    family: str
    title: str
    detail: str
    causes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cause:
    """Texts are for people, with placeholders (see `bascule.help.placeholders`).

    pages: name of a page of the portal, or "step:<code>", and what the link says. help: slugs of pages of the help,
    the first that exists is shown. signs: how a message tells of it (see `recognition`).
    """

    code: str
    family: str
    title: str
    why: str
    remedies: tuple[str, ...]
    pages: tuple[tuple[str, str], ...] = ()
    help: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    families: tuple[Family, ...]
    symptoms: dict[str, Symptom]
    causes: dict[str, Cause]

    def of_family(self, code: str) -> list[Symptom]:
        return [symptom for symptom in self.symptoms.values() if symptom.family == code]

    def causes_of(self, symptom: Symptom) -> list[Cause]:
        return [self.causes[code] for code in symptom.causes]


@cache
def catalogue() -> Catalogue:
    """The one that is delivered. Raises CatalogueError."""
    return read(FOLDER)


def read(folder: Path) -> Catalogue:
    """What the `*.toml` files of `folder` say, families in their order. Raises CatalogueError."""
    families: list[Family] = []
    symptoms: dict[str, Symptom] = {}
    causes: dict[str, Cause] = {}
    for file in sorted(folder.glob("*.toml")):
        try:
            said = tomllib.loads(file.read_text(encoding="utf-8"))
            family = Family(**said["family"])
            for symptom in (_symptom(entry, family.code) for entry in said.get("symptoms", [])):
                _only_once(symptom.code, symptoms, file)
                symptoms[symptom.code] = symptom
            for cause in (_cause(entry, family.code) for entry in said.get("causes", [])):
                _only_once(cause.code, causes, file)
                causes[cause.code] = cause
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
            raise CatalogueError(f"{file.name}: {error}") from error
        families.append(family)
    for symptom in symptoms.values():
        for code in symptom.causes:
            if code not in causes:
                raise CatalogueError(f"{symptom.code}: no cause {code}")
    return Catalogue(tuple(sorted(families, key=lambda family: family.order)), symptoms, causes)


def _only_once(code: str, there: Collection[str], file: Path) -> None:
    if code in there:
        raise CatalogueError(f"{file.name}: {code} stands twice")


def _symptom(entry: dict[str, Any], family: str) -> Symptom:
    return Symptom(family=family, **{**entry, "causes": tuple(entry["causes"])})


def _cause(entry: dict[str, Any], family: str) -> Cause:
    lists = {name: tuple(entry.get(name, ())) for name in ("remedies", "help", "signs")}
    pages = tuple((name, label) for name, label in entry.get("pages", ()))
    return Cause(family=family, **{**entry, **lists, "pages": pages})
