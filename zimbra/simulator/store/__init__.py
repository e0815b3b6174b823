"""What the simulated server remembers: one SQLite file, one module per subject."""
