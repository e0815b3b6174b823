"""Colours of folders and tags, as requests carry them."""

from __future__ import annotations

import re

from zimbra.errors import INVALID, Refused

# What Zimbra stores in one byte; a larger number would be wrapped round by the server, without a word.
_LARGEST = 127
_RGB = re.compile(r"#[0-9A-Fa-f]{6}")


def colour_attributes(colour: int | str | None) -> dict[str, object]:
    """`color` for a number from 0 to 127, `rgb` for "#rrggbb", nothing for None. Refused: neither."""
    if colour is None:
        return {}
    if isinstance(colour, int) and 0 <= colour <= _LARGEST:
        return {"color": colour}
    if isinstance(colour, str) and _RGB.fullmatch(colour):
        return {"rgb": colour.lower()}
    raise Refused(INVALID, "a colour is a number from 0 to 127 or #rrggbb")
