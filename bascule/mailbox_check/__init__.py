"""Ma messagerie est-elle complète ? A census of the old mailbox before the move, compared with Zimbra after it
(docs/mailbox-check.md)."""
