"""Messages made from rules."""
