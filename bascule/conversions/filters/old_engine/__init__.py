"""What the old rules do with a message."""
