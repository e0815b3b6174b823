"""What goes into and comes out of the client: frozen, without behaviour beyond reading itself.

One module for each subject; everything is to be had from here (`from zimbra.types import Folder`). Contents and
secrets are kept out of every `repr`, so that a log line never holds somebody's address book.
"""

from zimbra.types.accounts import Account, DirectoryEntry, Info
from zimbra.types.calendars import CalItemSummary
from zimbra.types.contacts import Contact, Image, NewContact
from zimbra.types.folders import Folder
from zimbra.types.items import Deleted, Found, Outcome

__all__ = [
    "Account",
    "CalItemSummary",
    "Contact",
    "Deleted",
    "DirectoryEntry",
    "Folder",
    "Found",
    "Image",
    "Info",
    "NewContact",
    "Outcome",
]
