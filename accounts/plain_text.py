"""Names and addresses as they are compared: without accents, capitals or signs between words."""

from __future__ import annotations

import re
import unicodedata

# Letters that Unicode does not take apart into a letter and a mark.
_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
_WORD = re.compile(r"[^\W_]+")


class _Letters(dict[int, str]):
    """What becomes of each letter, worked out when it is first met: what takes a name apart letter by letter would be
    the slowest part of bringing in a directory."""

    def __missing__(self, code: int) -> str:
        parted = unicodedata.normalize("NFKD", chr(code).casefold().translate(_LETTERS))
        found = "".join(letter for letter in parted if not unicodedata.combining(letter)).casefold()
        # There are a million of them.
        if len(self) < 5000:
            self[code] = found
        return found


_plain_letters = _Letters()


def words(text: str) -> list[str]:
    """The words of `text`, plain: "Jean-Noël d’Œuvre" gives jean, noel, d, oeuvre. Any text goes in, NUL as well."""
    return _WORD.findall(text.translate(_plain_letters))


def plain(text: str) -> str:
    """The words of `text` with one blank between them."""
    return " ".join(words(text))
