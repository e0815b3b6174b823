"""Where the store is, from a URL as the settings write it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Address:
    """A unix socket (`path`) or a host and port; `path` is "" for the latter."""

    path: str = ""
    host: str = ""
    port: int = 6379
    user: str = ""
    password: str = ""
    database: int = 0
    is_tls: bool = False


def address_of(url: str) -> Address:
    """`redis+socket:///path?virtual_host=0`, `unix:///path?db=0`, `redis://user:password@host:port/0`, `rediss://…`.

    ValueError for anything else.
    """
    parts = urlsplit(url)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if parts.scheme in {"redis+socket", "unix"}:
        query = parse_qs(parts.query)
        database = (query.get("virtual_host") or query.get("db") or ["0"])[0]
        path = unquote(parts.path)
        if not path.startswith("/"):
            raise ValueError(f"{parts.scheme}: URL without the path of a socket")
        return Address(path=path, user=user, password=password, database=int(database.strip("/") or 0))
    if parts.scheme in {"redis", "rediss"} and parts.hostname:
        return Address(
            host=parts.hostname,
            port=parts.port or 6379,
            user=user,
            password=password,
            database=int(parts.path.strip("/") or 0),
            is_tls=parts.scheme == "rediss",
        )
    raise ValueError(f"a store is named by a redis:, rediss:, unix: or redis+socket: URL, not by {parts.scheme!r}")
