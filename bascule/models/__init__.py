"""Tables of the move of a person: planning, checklist, deposited files, imports, settings."""

from bascule.models.checklist import StepState
from bascule.models.files import Deposit, DestinationLook, ReadChunk, ReadCollection
from bascule.models.imports import Import, ImportItem
from bascule.models.planning import Wave, WaveAssignment
from bascule.models.settings import (
    CapturedRule,
    DistributionList,
    FilterIntake,
    FilterIntakeEntry,
    Replay,
    SavedSignature,
    SettingsLook,
)

__all__ = [
    "CapturedRule",
    "Deposit",
    "DestinationLook",
    "DistributionList",
    "FilterIntake",
    "FilterIntakeEntry",
    "Import",
    "ImportItem",
    "ReadChunk",
    "ReadCollection",
    "Replay",
    "SavedSignature",
    "SettingsLook",
    "StepState",
    "Wave",
    "WaveAssignment",
]
