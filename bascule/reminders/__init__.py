"""Mails to people of a wave who have not done something (docs/reminders.md)."""
