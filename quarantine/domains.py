"""Names of hosts and mail domains that strangers wrote, in one form. Pure."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from publicsuffixlist import PublicSuffixList

MAX_CHARACTERS = 253
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
# Full stops of other scripts, which browsers and IDNA read as dots (RFC 3490, 3.1).
_DOTS = re.compile("[\u3002\uff0e\uff61]")


def ascii_form(text: str) -> str:
    """A domain in lower case and in its ASCII form ("xn--…" for accents), without a dot at the end.

    "" for what is no domain name: empty or over-long parts, signs that no name has.
    """
    if len(text) > MAX_CHARACTERS * 2:
        return ""
    name = _DOTS.sub(".", unicodedata.normalize("NFKC", text.strip())).removesuffix(".").lower()
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii").lower()
        except UnicodeError:
            return ""
    if len(name) > MAX_CHARACTERS or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        return ""
    return name


def readable(domain: str) -> str:
    """The domain with its accents, for a person to read; as it is when its ASCII form does not decode."""
    if "xn--" not in domain:
        return domain
    try:
        return domain.encode("ascii").decode("idna")
    except UnicodeError:
        return domain


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False)


def is_public_suffix(domain: str) -> bool:
    """Whether anybody can have a name below `domain` (ASCII form): `fr`, `gouv.fr`, `co.uk`, `github.io`.

    Source: publicsuffix.org. A single label is one, listed or not.
    """
    return "." not in domain or _suffixes().publicsuffix(domain) == domain


def has_known_suffix(domain: str) -> bool:
    """Whether the name ends in a suffix that exists: tells `impots.gouv.fr` from `rapport.pdf`."""
    return "." in domain and _suffixes().publicsuffix(domain) is not None


def owner_of(domain: str) -> str:
    """The part that somebody registered: `impots.gouv.fr` for `www.impots.gouv.fr`; below an ending that nobody has
    listed, the last two labels. A public suffix is its own."""
    suffixes = _suffixes()
    if suffixes.publicsuffix(domain) is None:
        return ".".join(domain.split(".")[-2:])
    return suffixes.privatesuffix(domain) or domain


def same_owner(one: str, other: str) -> bool:
    return owner_of(one) == owner_of(other)
