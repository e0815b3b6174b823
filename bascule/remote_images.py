"""Pictures on the web that somebody's signature shows, fetched so that they can become part of it.

The address comes from a file that anybody may have made, and the request goes out from the portal's own network. So
only public addresses are spoken to: names are resolved here, every address found has to be public, and the connection
is made to that very address, not to the name, which could mean something else a moment later.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from urllib.parse import SplitResult, urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

MOST_BYTES = 2_000_000
MOST_REDIRECTS = 3
_CONNECT_SECONDS, _READ_SECONDS = 5, 10
# Of the whole, however slowly a server sends.
_MOST_SECONDS = 20
_PIECE = 65_536
_MOST_ADDRESSES = 3
_PORTS = {"http": 80, "https": 443}
_PICTURES = frozenset(("image/png", "image/jpeg", "image/jpg", "image/pjpeg", "image/gif", "image/webp", "image/x-png"))
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
# The public part of IPv6, and in it the addresses that stand for one of IPv4 (6to4, Teredo), which a gateway speaks to.
_IPV6 = ipaddress.ip_network("2000::/3")
# And the relay of 6to4, given back.
_NOT_FOR_PICTURES = tuple(ipaddress.ip_network(network) for network in ("2002::/16", "2001::/23", "192.88.99.0/24"))


class NotFetched(Exception):
    """The picture is not there to have; `str()` is a French sentence. code: stable. later: trying again may help."""

    def __init__(self, code: str, message: str, *, later: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.later = later


def fetch(url: str, *, loopback: bool = False) -> bytes:
    """The bytes of a picture (PNG, JPEG, GIF or WebP, as its server says; `images.shrink` makes sure of it).

    No cookies, no credentials, at most 2 MB, 20 seconds and 3 redirects; each redirect is checked like the first
    address. loopback: this machine's own addresses and any port may be asked too, for tests.

    Raises `NotFetched`: `address` (not http or https, a name or a port that is not on the public web), `unreachable`
    (later), `refused` (an answer that is no success; later for 429 and 5xx), `not_an_image`, `too_big`, `redirects`.
    """
    deadline = time.monotonic() + _MOST_SECONDS
    for _ in range(MOST_REDIRECTS + 1):
        answer = _ask(url, deadline, loopback=loopback)
        if isinstance(answer, bytes):
            return answer
        url = answer
    raise NotFetched("redirects", "L’adresse de cette image renvoie sans fin vers d’autres adresses.")


def public(address: str) -> bool:
    """Whether an IP address is one that anybody on the Internet can be reached at."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if not found.is_global or found.is_multicast or (found.version == 6 and found not in _IPV6):
        return False
    return not any(found in network for network in _NOT_FOR_PICTURES if network.version == found.version)


def _ask(url: str, deadline: float, *, loopback: bool) -> bytes | str:
    """The picture, or the address that the server sends us to."""
    parts, host, port = _split(url, loopback=loopback)
    addresses = _resolved(host, port, loopback=loopback)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    shown_port = "" if port == _PORTS[parts.scheme] else f":{port}"
    headers = {
        "Host": (f"[{host}]" if ":" in host else host) + shown_port,
        "Accept": "image/png,image/jpeg,image/gif,image/webp",
        # A few compressed bytes can become gigabytes.
        "Accept-Encoding": "identity",
        "User-Agent": "signature-images",
    }
    try:
        with _connected(parts.scheme, host, addresses, port) as pool:
            answer = pool.urlopen(
                "GET", target, headers=headers, redirect=False, retries=False, preload_content=False,
                decode_content=False, assert_same_host=False,
            )  # fmt: skip
            try:
                if answer.status in _REDIRECTS and answer.headers.get("Location"):
                    return urljoin(url, answer.headers["Location"])
                return _picture(answer, deadline)
            finally:
                answer.close()
    except (HTTPError, OSError, ValueError) as error:
        # ValueError: a path or a header that cannot be sent.
        raise NotFetched(
            "unreachable", f"Le site de cette image ({host}) ne répond pas. Réessayez plus tard.", later=True
        ) from error


def _split(url: str, *, loopback: bool) -> tuple[SplitResult, str, int]:
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
        host = (parts.hostname or "").rstrip(".").encode("idna").decode("ascii") if parts.hostname else ""
    except (ValueError, UnicodeError) as error:
        raise _no_address() from error
    if parts.scheme not in _PORTS or not host or parts.username is not None or parts.password is not None:
        raise _no_address()
    if port not in _PORTS.values() and not loopback:
        raise _no_address()
    path = "".join(letter if "!" <= letter <= "~" else _percent(letter) for letter in parts.path)
    query = "".join(letter if "!" <= letter <= "~" else _percent(letter) for letter in parts.query)
    return parts._replace(path=path, query=query), host, port


def _percent(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode("utf-8", "replace"))


def _resolved(host: str, port: int, *, loopback: bool) -> list[str]:
    """The addresses to connect to. All that the name stands for have to be public, or it plays a game with us."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotFetched("unreachable", f"Le site de cette image ({host}) est introuvable.", later=True) from error
    addresses = [str(one[4][0]) for one in found]
    for address in addresses:
        if not public(address) and not (loopback and ipaddress.ip_address(address).is_loopback):
            raise _no_address()
    if not addresses:
        raise _no_address()
    return addresses[:_MOST_ADDRESSES]


def _connected(scheme: str, host: str, addresses: list[str], port: int) -> urllib3.HTTPConnectionPool:
    """Connections to the first of the addresses that answers; the certificate still has to be that of the name."""
    for address in addresses[:-1]:
        try:
            # Many sites name an IPv6 address that cannot be reached from here.
            socket.create_connection((address, port), timeout=_CONNECT_SECONDS).close()
        except OSError:
            continue
        return _pool(scheme, host, address, port)
    return _pool(scheme, host, addresses[-1], port)


def _pool(scheme: str, host: str, address: str, port: int) -> urllib3.HTTPConnectionPool:
    timeout = urllib3.Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS)
    if scheme == "http":
        return urllib3.HTTPConnectionPool(address, port, timeout=timeout, maxsize=1)
    return urllib3.HTTPSConnectionPool(
        address, port, timeout=timeout, maxsize=1, cert_reqs="CERT_REQUIRED", assert_hostname=host, server_hostname=host
    )


def _picture(answer: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    if answer.status != 200:
        raise NotFetched(
            "refused",
            f"Le site de cette image ne la donne pas (réponse {answer.status}).",
            later=answer.status == 429 or answer.status >= 500,
        )
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    coding = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if kind not in _PICTURES or coding not in ("", "identity"):
        raise NotFetched("not_an_image", "Ce qui se trouve à cette adresse n’est pas une image PNG, JPEG, GIF ou WebP.")
    declared = answer.headers.get("Content-Length", "")
    if declared.isascii() and declared.isdigit() and (len(declared) > 12 or int(declared) > MOST_BYTES):
        raise _too_big()
    data = bytearray()
    while piece := answer.read1(_PIECE, decode_content=False):
        data += piece
        if len(data) > MOST_BYTES:
            raise _too_big()
        if time.monotonic() > deadline:
            raise NotFetched("unreachable", "Le site de cette image répond trop lentement.", later=True)
    return bytes(data)


def _no_address() -> NotFetched:
    return NotFetched(
        "address",
        "L’adresse de cette image n’est pas celle d’un site public : elle n’est pas chargée. Mettez plutôt un fichier "
        "à sa place.",
    )


def _too_big() -> NotFetched:
    return NotFetched("too_big", "Cette image dépasse 2 Mo. Réduisez-la, puis ajoutez-la depuis votre ordinateur.")
