"""Tables of the move of a person: planning, checklist, deposited files, imports, settings."""

from bascule.models.checklist import StepState
from bascule.models.files import Deposit, DestinationLook, ReadChunk, ReadCollection
from bascule.models.imports import Import, ImportItem
from bascule.models.planning import PlanningLock, Wave, WaveAssignment, WaveRun
from bascule.models.settings import (
    CapturedRule,
    DistributionList,
    FilterIntake,
    FilterIntakeEntry,
    Replay,
    SavedSignature,
    SettingsLook,
)
from bascule.models.standing import Standing

__all__ = [
    "CapturedRule",
    "Deposit",
    "DestinationLook",
    "DistributionList",
    "FilterIntake",
    "FilterIntakeEntry",
    "Import",
    "ImportItem",
    "PlanningLock",
    "ReadChunk",
    "ReadCollection",
    "Replay",
    "SavedSignature",
    "SettingsLook",
    "Standing",
    "StepState",
    "Wave",
    "WaveAssignment",
    "WaveRun",
]
