"""Filters: Sieve of the old server, read, understood, and turned into rules of Zimbra."""
