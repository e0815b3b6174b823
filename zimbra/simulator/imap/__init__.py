"""IMAP4rev1 for the mailboxes of the simulated Zimbra (RFC 3501 and a few of its extensions, see `session`).

It reads and writes the same store as SOAP, so that both see the same messages, flags and rights at once. No library
serves that: Twisted's server knows neither MOVE, UIDPLUS, QUOTA nor LIST RETURN and wants all messages of a folder as
objects; pymap wants a store of its own and knows neither LIST RETURN nor QUOTA.
"""
