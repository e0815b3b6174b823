"""The text of a reminder: placeholders in braces, filled from the directory and the planning.

One pass, nothing but the names below: a person's name that looks like a placeholder stays a name, and no text reaches
further than the values handed in. A subject is one line whatever goes into it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

MOST_BODY = 10_000
MOST_SUBJECT = 200
# Name and what it stands for, as the form lists them.
PLACEHOLDERS: dict[str, str] = {
    "prénom": "prénom de la personne",
    "nom": "nom de famille",
    "établissement": "établissement ou service",
    "vague": "nom de la vague",
    "date": "date du transfert, ou période approximative",
    "échéance": "« dans 10 jours », « demain », « hier »…",
    "étapes": "étapes qui restent à faire, une par ligne",
    "nombre d’étapes": "nombre d’étapes qui restent à faire",
    "durée": "temps qu’il faut pour les étapes qui restent",
    "lien": "adresse de la page Ma bascule",
    "lien du recensement": "adresse du recensement des boîtes",
    "messagerie": "adresse de la nouvelle messagerie",
    "assistance": "adresse de l’assistance",
}
_BRACES = re.compile(r"\{([^{}\n]*)\}")


class TextError(Exception):
    """The text cannot be sent as it is; `sentence` says why, in French."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def _key(name: str) -> str:
    """Names are the same with or without accents and capitals, and whatever the apostrophe."""
    parted = unicodedata.normalize("NFKD", name.strip().casefold().replace("’", "'"))
    return " ".join("".join(letter for letter in parted if not unicodedata.combining(letter)).split())


_BY_KEY = {_key(name): name for name in PLACEHOLDERS}


def check(subject: str, body: str) -> None:
    """Raises TextError: empty, too long, a line break in the subject, or a placeholder that there is not."""
    if not subject.strip() or not body.strip():
        raise TextError("Il faut un objet et un texte.")
    if len(subject) > MOST_SUBJECT:
        raise TextError(f"L’objet compte plus de {MOST_SUBJECT} caractères.")
    if len(body) > MOST_BODY:
        raise TextError(f"Le texte compte plus de {MOST_BODY} caractères.")
    if _one_line(subject) != subject.strip():
        raise TextError("L’objet tient sur une ligne, sans tabulation ni caractère invisible.")
    unknown = [name for name in _BRACES.findall(f"{subject}\n{body}") if _key(name) not in _BY_KEY]
    rest = _BRACES.sub("", f"{subject}\n{body}")
    known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    if unknown:
        raise TextError(f"Champ inconnu : {', '.join(f'{{{name}}}' for name in unknown)}. Champs possibles : {known}.")
    if "{" in rest or "}" in rest:
        raise TextError(f"Une accolade est seule. Les champs s’écrivent ainsi : {known}.")


def used(subject: str, body: str) -> set[str]:
    """Placeholders that the text has, by their names in PLACEHOLDERS."""
    keys = (_key(name) for name in _BRACES.findall(f"{subject}\n{body}"))
    return {_BY_KEY[key] for key in keys if key in _BY_KEY}


def fill_subject(subject: str, values: Mapping[str, str]) -> str:
    """One line, without anything that could begin another header."""
    return set_as_french(_one_line(_fill(subject, values)))[:MOST_SUBJECT]


def fill_body(body: str, values: Mapping[str, str]) -> str:
    text = _fill(body.replace("\r\n", "\n").replace("\r", "\n"), values)
    return (
        set_as_french("".join(one for one in text if one in "\n\t" or unicodedata.category(one) != "Cc").strip()) + "\n"
    )


def _fill(text: str, values: Mapping[str, str]) -> str:
    """Raises KeyError for what `check` would have refused."""
    return _BRACES.sub(lambda found: values[_BY_KEY[_key(found.group(1))]], text)


def set_as_french(text: str) -> str:
    """French sets blanks at which no line breaks before some signs and inside its quotation marks."""
    return _BEFORE_SIGN.sub("\N{NO-BREAK SPACE}", text).replace("« ", "«\N{NO-BREAK SPACE}")


_BEFORE_SIGN = re.compile(r" (?=[:;?!»])")


def _one_line(text: str) -> str:
    """Controls, line and paragraph separators as blanks; each run of blanks as one."""
    return " ".join("".join(" " if unicodedata.category(one) in _BREAKS else one for one in text).split())


_BREAKS = {"Cc", "Zl", "Zp"}
