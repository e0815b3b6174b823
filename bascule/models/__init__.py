"""Tables of the move of a person: planning, checklist, deposited files, imports, settings."""

from bascule.models.bulk import BulkForecast, BulkPerson, BulkRun, MailServer, MailServerSlot, OwnImports
from bascule.models.checklist import StepState
from bascule.models.connection import ConnectionTest, DeviceLink
from bascule.models.devices import AppPassword, AppPasswordLook, Device
from bascule.models.files import Deposit, DestinationLook, ReadChunk, ReadCollection
from bascule.models.help import FirstSignInTick, HelpMiss, HelpOpinion, HelpRemark
from bascule.models.imports import Import, ImportItem
from bascule.models.mailbox_check import (
    MailboxAct,
    MailboxCensus,
    MailboxComparison,
    MailboxFolder,
    MailboxPair,
    MailboxPart,
    MailboxRun,
    MailboxSeat,
    MailboxSide,
)
from bascule.models.planning import PlanningFeed, PlanningLock, Wave, WaveAssignment, WaveRun
from bascule.models.rehearsals import Rehearsal, RehearsalFinding, RehearsalSlice
from bascule.models.reminders import (
    Reminder,
    ReminderMail,
    ReminderRefusal,
    ReminderRound,
    ReminderTemplate,
    ReminderText,
    ReminderTrial,
)
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
from bascule.models.support import ContentConsent, ContentOpening, SupportNote, SupportVisit
from bascule.models.tracking import JobRetry, WaveDay, WaveFigure

__all__ = [
    "AppPassword",
    "AppPasswordLook",
    "BulkForecast",
    "BulkPerson",
    "BulkRun",
    "CapturedRule",
    "ConnectionTest",
    "ContentConsent",
    "ContentOpening",
    "Deposit",
    "DestinationLook",
    "Device",
    "DeviceLink",
    "DistributionList",
    "FilterIntake",
    "FilterIntakeEntry",
    "FirstSignInTick",
    "HelpMiss",
    "HelpOpinion",
    "HelpRemark",
    "Import",
    "ImportItem",
    "JobRetry",
    "MailServer",
    "MailServerSlot",
    "MailboxAct",
    "MailboxCensus",
    "MailboxComparison",
    "MailboxFolder",
    "MailboxPair",
    "MailboxPart",
    "MailboxRun",
    "MailboxSeat",
    "MailboxSide",
    "OwnImports",
    "PlanningFeed",
    "PlanningLock",
    "ReadChunk",
    "ReadCollection",
    "Rehearsal",
    "RehearsalFinding",
    "RehearsalSlice",
    "Reminder",
    "ReminderMail",
    "ReminderRefusal",
    "ReminderRound",
    "ReminderTemplate",
    "ReminderText",
    "ReminderTrial",
    "Replay",
    "SavedSignature",
    "SettingsLook",
    "Standing",
    "StepState",
    "SupportNote",
    "SupportVisit",
    "Wave",
    "WaveAssignment",
    "WaveDay",
    "WaveFigure",
    "WaveRun",
]
