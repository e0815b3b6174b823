"""Characters that deceive or break: made visible, or dropped where they mean nothing. Pure.

What turns the reading direction can make `gpj.exe` look like `exe.jpg`; what has no width can hide in a word or a
name. Both are written out as `[U+202E]`.
"""

from __future__ import annotations

import re

# Codes of `quarantine.wording`.
TURNED = "turned_text"
INVISIBLE = "invisible_characters"

_TURNING = "\u202a-\u202e\u2066-\u2069"
_UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2060-\u2064\u206a-\u206f\u3164\ufeff\uffa0"
    "\ufff9-\ufffb\U000e0000-\U000e0fff"
)
_BROKEN = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
_ODD = re.compile(f"[{_TURNING}{_UNSEEN}{_BROKEN}]+")
_IS_TURNING = re.compile(f"[{_TURNING}]")
_IS_UNSEEN = re.compile(f"[{_UNSEEN}]")
_BREAKS = re.compile("\r\n?|[\u2028\u2029\x85]")
_BLANKS = re.compile(r"\s+")
_COMBINING = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
# No script sets more than four marks upon a letter; heaps of them cover the lines around.
_HEAPED = re.compile(f"([{_COMBINING}]{{4}})[{_COMBINING}]+")
_JOINER = "\u200d"
_FIRST_SYMBOL = "\u2190"
_SOFT_HYPHEN = "\u00ad"


def line(text: str, limit: int, seen: set[str] | None = None) -> str:
    """`text` on one line of at most `limit` characters, everything that deceives written out. Codes go to `seen`."""
    # Marks make it longer, never shorter: what lies behind cannot come into view.
    text = _BLANKS.sub(" ", text[: limit * 4]).strip()
    found = _heaps_cut(_ODD.sub(lambda match: _written_out(match, seen), text))
    return cut(found, limit)


def passage(text: str, seen: set[str] | None = None) -> str:
    """`text` with its lines. What has no width is written out inside a word only: newsletters are full of it."""
    text = _BREAKS.sub("\n", text)
    return _heaps_cut(_ODD.sub(lambda match: _in_passage(match, seen), text))


def cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def bare(text: str) -> str:
    """`text` without all of these: what an eye sees, for comparisons."""
    return _ODD.sub("", text)


def _heaps_cut(text: str) -> str:
    return text if text.isascii() else _HEAPED.sub(r"\1", text)


def _mark(sign: str) -> str:
    return f"[U+{ord(sign):04X}]"


def _written_out(match: re.Match[str], seen: set[str] | None) -> str:
    if _joins_symbols(match):
        return match[0]
    if seen is not None:
        seen.add(TURNED if _IS_TURNING.search(match[0]) else INVISIBLE)
    # A long row says no more than its first signs.
    return "".join("\ufffd" if _is_surrogate(sign) else _mark(sign) for sign in match[0][:4])


def _in_passage(match: re.Match[str], seen: set[str] | None) -> str:
    if _joins_symbols(match):
        return match[0]
    written = []
    for sign in match[0][:8]:
        if _IS_TURNING.match(sign):
            written.append(_mark(sign))
            _note(seen, TURNED)
        elif not _IS_UNSEEN.match(sign):
            written.append("\ufffd")
        elif sign != _SOFT_HYPHEN and not written and _within_word(match):
            written.append(_mark(sign))
            _note(seen, INVISIBLE)
    return "".join(written)


def _note(seen: set[str] | None, code: str) -> None:
    if seen is not None:
        seen.add(code)


def _is_surrogate(sign: str) -> bool:
    return "\ud800" <= sign <= "\udfff"


def _neighbours(match: re.Match[str]) -> tuple[str, str]:
    return match.string[match.start() - 1 : match.start()], match.string[match.end() : match.end() + 1]


def _joins_symbols(match: re.Match[str]) -> bool:
    """Families and flags among the emoji are joined by a sign of their own."""
    before, after = _neighbours(match)
    return match[0] == _JOINER and before >= _FIRST_SYMBOL and after >= _FIRST_SYMBOL


def _within_word(match: re.Match[str]) -> bool:
    """Between letters of scripts that never need such signs: Arabic and the scripts of India do."""
    before, after = _neighbours(match)
    return before.isalnum() and after.isalnum() and before < "\u0590" and after < "\u0590"
