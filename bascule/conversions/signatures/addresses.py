"""Addresses in signatures: which links and pictures may stay, and pictures that are part of the HTML."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote_to_bytes

import nh3

from bascule.conversions.signatures.tokens import escaped

_MOST_LETTERS = 2000
_SPACES = re.compile(r"[\s\u200b-\u200f\u2028-\u202f\u2060]+")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30}):")
_WEB = re.compile(r"https?://[^/?#\s]", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+'-]{1,64}@[\w.-]{1,200}\.[a-z]{2,20}", re.IGNORECASE)
_HOST = re.compile(r"www\.[\w-]+(?:\.[\w-]+)+(?:[/?#].*)?", re.IGNORECASE)
_OUTLOOK_SAFE = str.maketrans({" ": "%20", '"': "%22", "<": "%3C", ">": "%3E", "\\": "/", "`": "%60"})
_DATA = re.compile(r"data:image/[a-z+.-]{1,20}((?:;[^,;]{1,80}){0,4}),", re.IGNORECASE)
# The last word on what is an address, here because nothing may be told as kept that is not.
_CHECKER = nh3.Cleaner(
    tags={"a"},
    attributes={"a": {"href"}},
    url_schemes={"http", "https", "mailto", "tel"},
    url_relative="deny",
    link_rel=None,
)
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def link(value: str) -> str | None:
    """The address of a link as it may stand in a signature: web, mail or telephone; None when it may not.

    Addresses without scheme that can only mean one thing ("www.ac-reunion.fr", "a.b@ac-reunion.fr") get theirs.
    """
    value = _one_word(value)
    if not value or len(value) > _MOST_LETTERS:
        return None
    if value.startswith("//"):
        value = "https:" + value
    elif _MAIL.fullmatch(value):
        value = "mailto:" + value
    elif _HOST.fullmatch(value):
        value = "https://" + value
    found = _SCHEME.match(value)
    scheme = found[1].lower() if found else ""
    if scheme in ("http", "https"):
        return value if _WEB.match(value) and _well_formed(value) else None
    return value if scheme in ("mailto", "tel") and _well_formed(value) else None


def remote(value: str) -> str | None:
    """The address of a picture on the web, None when it is something else."""
    value = _one_word(value)
    if value.startswith("//"):
        value = "https:" + value
    return value if len(value) <= _MOST_LETTERS and _WEB.match(value) and _well_formed(value) else None


def scheme(value: str) -> str:
    """The scheme of an address in small letters, as browsers find it; "" without one."""
    found = _SCHEME.match(_SPACES.sub("", value[:200]))
    return found[1].lower() if found else ""


def media_type(data: bytes) -> str:
    """What kind of picture the bytes begin like: PNG, JPEG, GIF or WebP; "" for anything else, SVG among it."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in _MAGIC if data.startswith(magic)), "")


def data_uri(data: bytes) -> str | None:
    """The address that holds a picture; None when the bytes are no picture that mails may hold."""
    kind = media_type(data)
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}" if kind else None


def embedded(value: str) -> bytes | None:
    """The picture that a data: address holds; None when it holds none."""
    found = _DATA.match(value.lstrip())
    if found is None or "base64" not in found[1].lower():
        return None
    raw = value.lstrip()[found.end() :]
    encoded = unquote_to_bytes(raw) if "%" in raw else raw.encode("ascii", "replace")
    encoded = bytes(encoded).translate(None, b" \t\r\n\f").rstrip(b"=")
    try:
        data = base64.b64decode(encoded + b"=" * (-len(encoded) % 4), validate=True)
    except binascii.Error:
        return None
    return data if media_type(data) else None


def _well_formed(value: str) -> bool:
    return "href" in _CHECKER.clean(f'<a href="{escaped(value)}"></a>')


def _one_word(value: str) -> str:
    """Without the spaces around it and, as browsers do, without tabs and line ends in it."""
    value = re.sub(r"[\t\n\r\f]+", "", value)
    return value.strip(" \u00a0\u200b\u2060").translate(_OUTLOOK_SAFE)
