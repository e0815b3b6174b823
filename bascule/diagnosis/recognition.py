"""An error message, as somebody pasted it, to its likely causes. Pure; nothing is kept.

Messages are known by what they speak of, not by their exact words: programs change these with each version, and
people shorten them. A sign of the catalogue is a score and patterns that all have to be found in the message once its
capitals, accents and odd quotation marks are gone:

    "90: certifica(t|te) && expire && !antivirus"

A cause counts with its best sign; of two that count the same, the one whose pattern stands for more of the message
comes first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from bascule.diagnosis.catalogue import Cause

# A message is a few lines; a whole page of a log says no more.
MOST_CHARACTERS = 5_000
# What counts this much less than the best is not worth somebody's time.
_NEAR = 12
_MOST_CAUSES = 3

_SIGN = re.compile(r"(\d{1,3}): (.+)", re.DOTALL)
_PLAIN = str.maketrans({"’": "'", "‘": "'", "«": '"', "»": '"', "“": '"', "”": '"', "–": "-", "—": "-", "\0": " "})
_BLANKS = re.compile(r"\s+")
# Names that servers of the old service have had, before the domain of its addresses.
_OLD_NAMES = r"(?<![@\w.-])(?:[\w-]+\.)*(?:imap|smtp|pop|mail|courrier|messagerie|convergence|webmail)[\w-]*\."


@dataclass(frozen=True, slots=True)
class Match:
    cause: Cause
    # 0 to 100.
    score: int


def normalised(text: str) -> str:
    """The message in small letters, without accents, on one line, cut to MOST_CHARACTERS."""
    # Compatibility forms first (ligatures, wide letters), so that what is cut is what is looked at.
    spelled = unicodedata.normalize("NFKD", text[: MOST_CHARACTERS * 2].translate(_PLAIN))
    plain = "".join(letter for letter in spelled if not unicodedata.combining(letter)).translate(_PLAIN)
    return _BLANKS.sub(" ", plain.casefold()).strip()[:MOST_CHARACTERS]


def recognised(text: str, causes: Iterable[Cause], names: Mapping[str, str]) -> list[Match]:
    """Likely causes of the message, the likeliest first; [] when nothing in it is known.

    names: as `bascule.help.placeholders.names()` gives them; hosts of the old and the new service are taken from it.
    """
    message = normalised(text)
    if not message:
        return []
    found: list[tuple[int, int, Match]] = []
    hosts = _hosts(names)
    for cause in causes:
        best = max((_counted(sign, message, hosts) for sign in cause.signs), default=(0, 0))
        if best[0]:
            found.append((*best, Match(cause, best[0])))
    found.sort(key=lambda one: one[:2], reverse=True)
    top = found[0][0] if found else 0
    return [match for score, _, match in found if score > top - _NEAR][:_MOST_CAUSES]


def _counted(sign: str, message: str, hosts: tuple[str, str]) -> tuple[int, int]:
    """Score and how many characters of the message the sign stands for; (0, 0) when it is not there."""
    score, patterns = compiled(sign, *hosts)
    length = 0
    for is_wanted, pattern in patterns:
        match = pattern.search(message)
        if (match is None) is is_wanted:
            return 0, 0
        length += len(match[0]) if match else 0
    return score, length


@lru_cache(maxsize=512)
def compiled(sign: str, old_hosts: str, new_hosts: str) -> tuple[int, tuple[tuple[bool, re.Pattern[str]], ...]]:
    """The score of a sign and its patterns, each with whether it has to be there.

    Raises ValueError for what is no sign, re.error for what is no pattern.
    """
    match = _SIGN.fullmatch(sign)
    if match is None or not 1 <= int(match[1]) <= 100:
        raise ValueError(sign)
    patterns = []
    for written in match[2].split(" && "):
        pattern = written.replace("{old_hosts}", f"(?:{old_hosts})").replace("{new_hosts}", f"(?:{new_hosts})")
        patterns.append((not written.startswith("!"), re.compile(pattern.removeprefix("!"))))
    return int(match[1]), tuple(patterns)


def _hosts(names: Mapping[str, str]) -> tuple[str, str]:
    """Patterns for hosts of the old service and of the new one."""
    new = [names[name].casefold() for name in ("imap_host", "smtp_host", "sync_host") if names.get(name)]
    news = "|".join(re.escape(host) for host in new) or r"(?!)"
    olds = [re.escape(names["old_imap_host"].casefold())] if names.get("old_imap_host") else []
    if names.get("mail_domain"):
        olds.append(rf"(?!{news}){_OLD_NAMES}{re.escape(names['mail_domain'].casefold())}(?![\w-])")
    return "|".join(olds) or r"(?!)", news
