"""Zimbra brought in line with what the portal says of a box. Tasks only."""
