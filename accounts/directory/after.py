"""What other parts of the portal have to do once the directory has changed: they register, the engine calls them.

    after.register(refresh_standings)     # from the AppConfig of an application above this one

A follower gets the import, whose changes are committed. It is called outside a transaction, by whoever holds the claim
of the import; it must be safe to run twice. The import stays in FOLLOWING until every follower has returned, so that
one that was killed, or raised, is called again by the clock.
"""

from __future__ import annotations

from collections.abc import Callable

from accounts.models import DirectoryImport

Follower = Callable[[DirectoryImport], None]
_followers: list[Follower] = []


def register(follower: Follower) -> None:
    """Have `follower` called after each import that was written; once is enough."""
    if follower not in _followers:
        _followers.append(follower)


def follow(row: DirectoryImport) -> None:
    """Call them all, in the order in which they registered. What they raise is not caught."""
    for follower in _followers:
        follower(row)
