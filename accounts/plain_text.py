"""Names and addresses as they are compared: without accents, capitals or signs between words."""

from __future__ import annotations

import re
import unicodedata

# Letters that Unicode does not take apart into a letter and a mark.
_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
_WORD = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """The words of `text`, plain: "Jean-Noël d’Œuvre" gives jean, noel, d, oeuvre. Any text goes in, NUL as well."""
    parted = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return _WORD.findall("".join(letter for letter in parted if not unicodedata.combining(letter)).casefold())


def plain(text: str) -> str:
    """The words of `text` with one blank between them."""
    return " ".join(words(text))
