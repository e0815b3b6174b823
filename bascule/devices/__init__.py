"""A person's devices: noted before the move, set up again after it (docs/devices.md)."""
