"""One worker's go at one replay: the claim, the row, the mailbox, the plan, and what the acts remember."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from accounts import claims, sealing
from bascule.models import Replay
from bascule.replays.acts import Act
from zimbra.client import ZimbraClient

# Where the memory of a replay, beside that of its acts, keeps what became of it as a whole.
_FATE = ""


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

    @property
    def begun(self) -> bool:
        """Whether any act has remembered anything: something may have been changed."""
        return _has_acts(self._memory)

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


def note_stopped(replay: Replay, detail: str) -> bytes:
    """The memory to save with a replay that stops: what is to be said of it beside its error; and that it was being
    taken back, which trying again goes on with."""
    try:
        memory = memory_of(replay)
    except sealing.CannotOpen:
        return bytes(replay.memory)
    fate: dict[str, Any] = {name: value for name, value in memory.get(_FATE, {}).items() if name != "detail"}
    if replay.state == Replay.State.UNDOING:
        fate["undo"] = True
    if detail:
        fate["detail"] = detail
    return sealing.seal_json({**memory, _FATE: fate}) if fate or _FATE in memory else bytes(replay.memory)


def detail_of(replay: Replay) -> str:
    """What `note_stopped` noted, in French; "" when there is nothing, or it can't be opened."""
    try:
        return str(memory_of(replay).get(_FATE, {}).get("detail", ""))
    except sealing.CannotOpen:
        return ""


def failed_in_undo(replay: Replay) -> bool:
    """Whether `replay`, which has stopped, was being taken back."""
    try:
        return "undo" in memory_of(replay).get(_FATE, {})
    except sealing.CannotOpen:
        return False


def has_begun(replay: Replay) -> bool:
    """Whether `replay` may have changed anything."""
    try:
        return _has_acts(memory_of(replay))
    except sealing.CannotOpen:
        return True


def _has_acts(memory: Mapping[str, object]) -> bool:
    return any(key != _FATE for key in memory)


def memory_of(replay: Replay) -> dict[str, dict[str, Any]]:
    """What the acts of `replay` remember, by their keys. Raises CannotOpen."""
    memory: dict[str, dict[str, Any]] = sealing.unseal_json(bytes(replay.memory)) if replay.memory else {}
    return memory
