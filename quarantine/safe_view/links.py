"""Where a link leads in truth, read as browsers read it (WHATWG URL), and whether its label says otherwise. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urljoin

from quarantine import domains
from quarantine.safe_view import characters, people

MAX_CHARACTERS: Final = 2_000
# Hosts of one text that have their ASCII form written beside them.
MAX_FOREIGN: Final = 300
# Of what follows the host, so much is shown.
SHOWN_CHARACTERS: Final = 160

_WEB = frozenset({"http", "https", "ftp"})
# Opened by no program that could do harm by itself; every other scheme is taken for dangerous.
_HARMLESS = _WEB | {"mailto", "tel", "sms", "callto", "geo", "cid", "mid", "webcal", "webcals", "news", "sip", "xmpp"}
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]{0,40}):")
_IGNORED = re.compile(r"[\t\r\n]")
_END_OF_AUTHORITY = re.compile(r"[/\\?#]")
_NUMBERS = re.compile(r"(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+)){0,3}\.?|\[[0-9a-f:.%]*\]", re.IGNORECASE)
_PORT = re.compile(r":\d{0,5}$")
_HOST_SIGNS = r"[^\s/\\?#@:<>\"'()\[\]{},;!|«»…]"
_WITH_SCHEME = re.compile(rf"(?:https?:[/\\]{{2}}|www\.)(?:[^\s/@]{{1,80}}@)?({_HOST_SIGNS}{{1,253}})", re.IGNORECASE)
_ALONE = re.compile(rf"({_HOST_SIGNS}{{1,253}}\.{_HOST_SIGNS}{{2,63}})(?::\d{{1,5}})?(?:[/?#]\S*)?")
_ADDRESS = re.compile(rf"[^\s@<>()\[\]\",;:]{{1,64}}@({_HOST_SIGNS}{{1,253}})")
_END_OF_SENTENCE = ".,;:!?)»…'\""
_LABEL_CHARACTERS = 500
# In running text, only what is written as an address: « terminé.Merci » is none.
_FOREIGN_HOST = re.compile(rf"(?:://|@|\bwww\.){_HOST_SIGNS}{{0,253}}[^\x00-\x7f]{_HOST_SIGNS}{{0,253}}")


@dataclass(frozen=True, slots=True)
class Target:
    """before, host, after: to be shown one after the other; host: "" when it leads to none. ascii_host: for
    comparisons. codes: of `quarantine.wording`."""

    before: str
    host: str
    after: str
    ascii_host: str
    codes: frozenset[str] = frozenset()


def target(href: str, base: str = "") -> Target | None:
    """Where `href` leads. None for a place in the same message."""
    text = _IGNORED.sub("", href[:MAX_CHARACTERS]).strip("".join(map(chr, range(0x21))))
    if not text or text.startswith("#"):
        return None
    scheme = _SCHEME.match(text)
    if scheme and _is_relative_to(base, scheme[1].lower(), text[scheme.end() :]):
        text, scheme = text[scheme.end() :], None
    if not scheme and text[:2] in {"//", "\\\\", "/\\", "\\/"}:
        text = f"https:{text}"
        scheme = _SCHEME.match(text)
    if not scheme and base:
        try:
            text = urljoin(base[:MAX_CHARACTERS], text)
        except ValueError:
            text = base[:MAX_CHARACTERS]
        scheme = _SCHEME.match(text)
    if not scheme:
        return Target("", "", _shown(text), "")
    name = scheme[1].lower()
    rest = text[scheme.end() :]
    if name in _WEB:
        return _web(name, rest)
    if name == "mailto":
        address = unquote(rest.partition("?")[0])
        return Target("mailto:", "", _shown(unquote(rest)), domains.ascii_form(address.rpartition("@")[2]))
    codes = frozenset() if name in _HARMLESS else frozenset({"dangerous_link"})
    return Target(f"{name}:", "", _shown(rest), "", codes)


def misleads(label: str, reached: Target) -> bool:
    """Whether the label shows the address of another site, or of another person, than the one reached."""
    text = unicodedata.normalize("NFKC", characters.bare(label[:_LABEL_CHARACTERS])).strip().rstrip(_END_OF_SENTENCE)
    if reached.before == "mailto:":
        shown = [people.address_key(match[0].rstrip(_END_OF_SENTENCE)) for match in _ADDRESS.finditer(text)]
        wanted = reached.after.partition("?")[0].lower()
        if shown:
            return any(key and key != people.address_key(wanted) for key in shown)
    hosts = [match[1] for pattern in (_WITH_SCHEME, _ADDRESS) for match in pattern.finditer(text)]
    # `www.` was taken for a scheme: the name without it has the same owner.
    alone = _ALONE.fullmatch(text)
    hosts += [alone[1]] if alone else []
    for host in hosts:
        name = domains.ascii_form(host.rstrip(_END_OF_SENTENCE))
        if name and domains.has_known_suffix(name) and not domains.same_owner(name, reached.ascii_host):
            return True
    return False


def with_ascii_beside(text: str, seen: set[str] | None = None) -> str:
    """`text` with the ASCII form written after each host that has letters which may be mistaken for others."""
    if text.isascii():
        return text

    def beside(match: re.Match[str]) -> str:
        host = match[0].rpartition("/")[2].rpartition("@")[2].rstrip(_END_OF_SENTENCE)
        name = domains.ascii_form(host)
        if "xn--" not in name:
            return match[0]
        if seen is not None:
            seen.add("lookalike_link")
        return f"{match[0]} ({name})"

    return _FOREIGN_HOST.sub(beside, text, count=MAX_FOREIGN)


def _is_relative_to(base: str, scheme: str, rest: str) -> bool:
    """`https:page` is a page of the base when that is of the same scheme, else a host."""
    return scheme in _WEB and not rest.startswith(("/", "\\")) and base.lower().startswith(f"{scheme}:")


def _web(scheme: str, rest: str) -> Target:
    rest = rest.lstrip("/\\")
    end = _END_OF_AUTHORITY.search(rest)
    authority, after = (rest[: end.start()], rest[end.start() :]) if end else (rest, "")
    user, at, written = authority.rpartition("@")
    port = _PORT.search(written)
    written = written[: port.start()] if port else written
    name = domains.ascii_form(unquote(written))
    codes = set()
    if at and "." in unquote(user):
        codes.add("disguised_link")
    if _NUMBERS.fullmatch(unquote(written)):
        codes.add("link_to_number")
    shown = characters.line(domains.readable(name) or written, 260)
    if "xn--" in name:
        codes.add("lookalike_link")
        shown = f"{shown} ({name})" if shown != name else shown
    before = f"{scheme}://" + (_shown(user) + "@" if at else "")
    return Target(before, shown, (port[0] if port else "") + _shown(after), name, frozenset(codes))


def _shown(text: str) -> str:
    return characters.line(text, SHOWN_CHARACTERS)
