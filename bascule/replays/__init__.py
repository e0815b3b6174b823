"""Carrying settings into Zimbra: a plan, acts one after the other, reading back, undo. Resumable at any line."""
