"""One worker's go at one replay: the claim, the row, the mailbox, the plan, and what the acts remember."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from accounts import sealing
from bascule import claims
from bascule.models import Replay
from bascule.replays.acts import Act
from zimbra.client import ZimbraClient


class StateChanged(Exception):
    """A person decided otherwise meanwhile: let go of the present state."""


class Run:
    """`replay` is the row as it was at the last look; every write goes through `writing`. Raises CannotOpen when made
    of a row whose plan can no longer be unsealed."""

    def __init__(self, claim: claims.Claim, client: ZimbraClient) -> None:
        self.claim, self.client = claim, client
        self.replay = Replay.objects.select_related("agent", "of_list").get(pk=claim.pk)
        self.plan: dict[str, Any] = sealing.unseal_json(bytes(self.replay.plan))
        self._memory = memory_of(self.replay)

    @contextmanager
    def writing(self, *, while_in: str | None = None) -> Iterator[None]:
        """A transaction fenced by the claim. Raises ClaimLost; StateChanged when the replay is not in `while_in`."""
        with self.claim.writing():
            if while_in and not Replay.objects.filter(pk=self.claim.pk, state=while_in).exists():
                raise StateChanged
            yield

    def recall(self, act: Act) -> dict[str, Any]:
        """What `act` remembered, "outcome" among it once it was done; empty before."""
        return dict(self._memory.get(act.key, {}))

    def recall_key(self, key: str) -> dict[str, Any]:
        """As `recall`, of another act of the plan, by its key."""
        return dict(self._memory.get(key, {}))

    def remember(self, act: Act, **values: Any) -> None:
        """Add JSON values to what `act` remembers, committed before this returns."""
        self._memory[act.key] = {**self._memory.get(act.key, {}), **values}
        self.update(memory=sealing.seal_json(self._memory))

    def update(self, **fields: object) -> None:
        """Set columns of the replay, fenced."""
        with self.writing():
            Replay.objects.filter(pk=self.claim.pk).update(**fields)
        for name, value in fields.items():
            setattr(self.replay, name, value)


def memory_of(replay: Replay) -> dict[str, dict[str, Any]]:
    """What the acts of `replay` remember, by their keys. Raises CannotOpen."""
    memory: dict[str, dict[str, Any]] = sealing.unseal_json(bytes(replay.memory)) if replay.memory else {}
    return memory
