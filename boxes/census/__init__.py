"""Before the transfer: who must have access to which box, taken box by box, handed in and validated."""
