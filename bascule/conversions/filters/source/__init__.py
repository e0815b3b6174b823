"""What the old server held, taken apart: Sieve, LDIF, pasted text."""
