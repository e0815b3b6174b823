"""The directory brought up to date by lists: people, establishments, whatever else registers (docs/directory.md)."""
