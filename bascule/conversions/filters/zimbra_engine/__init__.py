"""What Zimbra will do with a message."""
