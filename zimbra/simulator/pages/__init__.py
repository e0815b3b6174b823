"""Pages for a person: which accounts there are, what a mailbox holds. Nothing can be changed here."""
