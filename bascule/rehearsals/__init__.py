"""Dry runs of a wave: everything is read and compared, nothing is written to Zimbra or to anybody's files."""
