"""The administration service: accounts, lists, domains, the directory, and the right to act for somebody."""

from zimbra.admin.client import AdminClient

__all__ = ["AdminClient"]
