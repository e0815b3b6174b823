"""Tables of the move of a person: planning, checklist, deposited files, imports."""

from bascule.models.checklist import StepState
from bascule.models.files import Deposit, DestinationLook, ReadChunk, ReadCollection
from bascule.models.imports import Import, ImportItem
from bascule.models.planning import Wave, WaveAssignment

__all__ = [
    "Deposit",
    "DestinationLook",
    "Import",
    "ImportItem",
    "ReadChunk",
    "ReadCollection",
    "StepState",
    "Wave",
    "WaveAssignment",
]
