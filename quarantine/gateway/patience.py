"""How long a gateway waits for the database, which must never be for ever."""

from __future__ import annotations

from django.db import connections

_CONNECT_SECONDS = 5
# Milliseconds: a server that vanished from the network is noticed by what is never acknowledged.
_UNACKNOWLEDGED = 10_000


def bound_database_waits() -> None:
    """Connections that this process will make to PostgreSQL give up after seconds, not minutes; what the environment
    says of it is kept. To be called before the first one is made. SQLite has its own bound."""
    for settings in connections.settings.values():
        if settings["ENGINE"].endswith("postgresql"):
            settings["OPTIONS"].setdefault("connect_timeout", _CONNECT_SECONDS)
            settings["OPTIONS"].setdefault("tcp_user_timeout", _UNACKNOWLEDGED)
