"""What cells of a list mean: addresses, codes of establishments, yes and no. Pure; a problem says what to mend."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.directory.kinds import Field, either
from accounts.directory.problems import Problem
from accounts.plain_text import plain

# What nearly every address looks like; others are left to Django, which takes ten times as long.
_USUAL_ADDRESS = re.compile(r"[a-z0-9_]+(?:[.'-][a-z0-9_]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,12}")
_UAI = re.compile(r"[0-9]{7}[A-Z]")
_NO_SIGN = re.compile(r"[\s._/-]+")
# UTF-8 taken for Windows-1252: what becomes of é, è, ç, ô, ’ and their like.
_TWICE_CODED = re.compile(
    r"Ã[\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u2122]|â€"
)

YES = either("oui|o|yes|y|vrai|true|1|x|actif|active|present|presente|en poste")
NO = either("non|n|no|faux|false|0|inactif|inactive|parti|partie|sorti|sortie|absent|absente")


def problem_of(field: Field, cell: str) -> Problem | None:
    """What keeps the text of a cell from being taken at all."""
    if len(cell) > field.limit:
        return "cell_too_long", {"column": field.label, "limit": field.limit}
    if cell.isascii():
        if cell.isprintable():
            return None
    elif "\N{REPLACEMENT CHARACTER}" in cell:
        return "broken_character", {"column": field.label, "value": cell[:60]}
    elif _TWICE_CODED.search(cell):
        return "mojibake", {"column": field.label, "value": cell[:60]}
    if not cell.isprintable():
        return "control_character", {"column": field.label}
    return None


def address_of(cell: str) -> str:
    """The address as it is stored, or "" when it is none."""
    address = cell.lower()
    if _USUAL_ADDRESS.fullmatch(address):
        return address if len(address) <= 254 else ""
    try:
        validate_email(address)
    except ValidationError:
        return ""
    return address if len(address) <= 254 else ""


def uai_of(cell: str) -> str:
    """The code as it is stored, or "" when it is none."""
    code = cell.upper()
    if not _UAI.fullmatch(code):
        code = _NO_SIGN.sub("", code)
    return code if _UAI.fullmatch(code) else ""


def is_yes(cell: str, *, empty: bool) -> bool | None:
    """None: neither yes nor no."""
    if not cell:
        return empty
    text = plain(cell)
    return True if text in YES else False if text in NO else None


def place_of(field: Field, cell: str, places: Mapping[str, int]) -> tuple[int | None, Problem | None]:
    """The establishment that a cell names by its code; none for an empty cell."""
    if not cell:
        return None, None
    code = uai_of(cell)
    if not code:
        return None, ("bad_uai", {"value": cell[:40]})
    if code not in places:
        return None, ("unknown_uai", {"value": code})
    return places[code], None
