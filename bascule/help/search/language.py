"""French words as the search compares them: without accents, without what is elided, down to their stems. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer

# What is left of a word before an apostrophe: l’agenda, jusqu’à, aujourd’hui stays whole.
_ELIDED = r"(?:[ldjmtsnc]|qu|jusqu|lorsqu|puisqu|quoiqu)"
_WORD = re.compile(rf"(?:\b{_ELIDED}['’])?((?:aujourd['’]hui)|[^\W_]+(?:\.[^\W_]+)*)", re.IGNORECASE)

# Of no help in finding anything; as they stand without accents, and without what is elided.
_STOP = """
a afin ai aide aie ait alors and apparemment are as au aucun aucune aura aurai aussi autre aux avait avec avez avoir
avons ayant bien bonjour bonsoir ca can car ce ceci cela celle celles celui ces cet cette ceux cher chere chez chose
choses comme comment cordialement d dans de deja depuis des dire dit do dois doit donc dont du elle elles en encore
est et etaient etait etant ete etes etre eu eux faire fais fait faudrait faut font for have how i il ils in is it j
je l la le les leur leurs lors lui m ma mais me meme merci mes mien mienne moi mon my n ne ni nos not notre nous of
on ont or ou par parce pas pendant peu peut peux please plus plutot pour pourquoi pourrais pourrait pouvez pouvoir
puis puisque qu que quel quelle quelles quels question questions qui quoi s sa sans se sera serait ses si soit son
sont sous suis sur svp t ta te tes the to toi ton tous tout toute toutes tres truc tu un une urgent va vais vers
veut veux voila vont vos votre voudrais vous with y
"""
STOP = frozenset(_STOP.split())
# They say what kind of answer is wanted, rather than about what.
_WEAK = "combien quand avant apres nouveau nouvelle ancien ancienne marche fonctionne probleme where"
WEAK = frozenset(_WEAK.split())

_french = snowballstemmer.stemmer("french")


@dataclass(frozen=True)
class Word:
    """A word where it stands in a text. plain: without accents and capitals; stems: what it is compared by."""

    start: int
    end: int
    plain: str
    stems: frozenset[str]


def words(text: str) -> list[Word]:
    """The words of `text`, stop words too."""
    found = []
    for match in _WORD.finditer(text):
        start, end = match.span(1)
        folded, stems = compared(match[1])
        if folded:
            found.append(Word(start, end, folded, stems))
    return found


@lru_cache(maxsize=50_000)
def compared(word: str) -> tuple[str, frozenset[str]]:
    """A word without accents, and its stems: taken with its accents, which endings are told by, and without them, as
    many type."""
    lowered = unicodedata.normalize("NFC", word).lower()
    folded = plain(lowered)
    stems = {_stem(plain(_french.stemWord(lowered))), _stem(_french.stemWord(folded))}
    return folded, frozenset(one for one in stems if one)


def plain(text: str) -> str:
    """`text` in small letters, without accents, ligatures taken apart."""
    text = text.lower().replace("œ", "oe").replace("æ", "ae").replace("ß", "ss")
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign) and (sign.isalnum() or sign == "."))


def _stem(stem: str) -> str:
    """Endings that the stemmer leaves where the accent is gone: « migrees », « bloque »."""
    while len(stem) > 4 and stem[-1] in "es":
        stem = stem[:-1]
    return stem
