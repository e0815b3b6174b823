"""What may keep the planning from being changed; pages show the sentence."""

from __future__ import annotations

from bascule.models import Wave


class WaveError(Exception):
    """The planning is as it was; `sentence` says why, in French, and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class WaveChanged(WaveError):
    """Somebody changed the wave since it was looked at. wave: as it is now; None once it is deleted."""

    def __init__(self, sentence: str, wave: Wave | None) -> None:
        super().__init__(sentence)
        self.wave = wave


class NeedsConfirmation(WaveError):
    """Only done when whoever asks says that the consequences are known."""
