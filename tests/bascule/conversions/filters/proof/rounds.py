"""How much is tried: PORTAL_PROOF_ROUNDS times as much as in the tests of every day."""

from __future__ import annotations

import os

ROUNDS = max(1, int(os.environ.get("PORTAL_PROOF_ROUNDS", "1")))
