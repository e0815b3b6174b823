"""People, their establishments, the journal of what was done, and the notices sent to them."""

from accounts.models.directory import DirectoryFigures, DirectoryImport, DirectoryLine, PlaceFigures
from accounts.models.journal import JournalEntry
from accounts.models.mail import MailTally
from accounts.models.notices import Notice
from accounts.models.people import Agent, AgentManager, Establishment, Population
from accounts.models.searched import SearchedQuerySet
from accounts.models.secrets import OneOffSecret
from accounts.models.sign_in import FailedSignIn

__all__ = [
    "Agent",
    "AgentManager",
    "DirectoryFigures",
    "DirectoryImport",
    "DirectoryLine",
    "Establishment",
    "FailedSignIn",
    "JournalEntry",
    "MailTally",
    "Notice",
    "OneOffSecret",
    "PlaceFigures",
    "Population",
    "SearchedQuerySet",
]
