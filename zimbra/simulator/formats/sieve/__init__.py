"""Sieve as Zimbra speaks it: scripts read, checked, run on a message, and written."""
