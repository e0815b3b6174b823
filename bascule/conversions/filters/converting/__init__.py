"""Rules of the old server become rules of Zimbra, or say why not."""
