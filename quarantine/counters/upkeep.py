"""Whether the store is set up to keep what it counts."""

from __future__ import annotations

from typing import cast

import redis

from quarantine.counters.addresses import address_of
from quarantine.counters.store import client_of
from quarantine.counters.types import StoreDown


def is_kept(url: str, *, timeout: float = 2) -> bool:
    """Whether the store writes down what it counts (`appendonly yes`), and never drops a key for want of memory: with
    no bound to its memory, or `maxmemory-policy noeviction`. Raises StoreDown. Read from INFO, which also answers where
    CONFIG is not allowed."""
    client = client_of(address_of(url), timeout)
    try:
        persistence = cast("dict[str, object]", client.info("persistence"))
        memory = cast("dict[str, object]", client.info("memory"))
    except redis.RedisError as error:
        raise StoreDown(f"{type(error).__name__}: {error}") from error
    finally:
        client.close()
    is_written = persistence.get("aof_enabled") == 1
    return is_written and (memory.get("maxmemory_policy") == "noeviction" or memory.get("maxmemory") == 0)
