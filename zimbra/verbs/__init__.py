"""What can be asked of a mailbox, by family. `zimbra.client` puts the families together."""
