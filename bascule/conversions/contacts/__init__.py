"""Contacts: an address book file of any program to clean cards, Zimbra attributes and files for the import by hand."""

from bascule.conversions.contacts.groups import groups_csv
from bascule.conversions.contacts.reading import read
from bascule.conversions.contacts.writing import write

__all__ = ["groups_csv", "read", "write"]
