"""What goes into and comes out of the client: frozen, without behaviour beyond reading itself.

One module for each subject; everything is to be had from here (`from zimbra.types import Folder`). Contents and
secrets are kept out of every `repr`, so that a log line never holds somebody's address book.
"""

from zimbra.types.accounts import Account, DirectoryEntry, DistributionList, Domain, Info, Limits
from zimbra.types.calendars import CalItemSummary
from zimbra.types.contacts import Contact, Image, NewContact
from zimbra.types.directory import PeoplePage, Person
from zimbra.types.folders import Folder
from zimbra.types.identities import DEFAULT_IDENTITY, Identity, Signature, Tag
from zimbra.types.items import Deleted, Found, Outcome
from zimbra.types.results import Result
from zimbra.types.settings import (
    AppPassword,
    AppPasswords,
    ExternalReply,
    NewAppPassword,
    OutOfOffice,
    SenderLists,
)
from zimbra.types.sharing import AccountRight, Grant, GrantChange, Role, SendRight, SendTarget, Share

__all__ = [
    "DEFAULT_IDENTITY",
    "Account",
    "AccountRight",
    "AppPassword",
    "AppPasswords",
    "CalItemSummary",
    "Contact",
    "Deleted",
    "DirectoryEntry",
    "DistributionList",
    "Domain",
    "ExternalReply",
    "Folder",
    "Found",
    "Grant",
    "GrantChange",
    "Identity",
    "Image",
    "Info",
    "Limits",
    "NewAppPassword",
    "NewContact",
    "OutOfOffice",
    "Outcome",
    "PeoplePage",
    "Person",
    "Result",
    "Role",
    "SendRight",
    "SendTarget",
    "SenderLists",
    "Share",
    "Signature",
    "Tag",
]
