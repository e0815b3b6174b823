"""Keys of a demo: made once, kept in its folder, readable by its owner only."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet


def load_or_make(path: Path) -> dict[str, str]:
    """Environment variables with the demo's keys, from `path`, which is written on the first call (mode 0600)."""
    if path.exists():
        values: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        return values
    values = {
        "PORTAL_SECRET_KEY": secrets.token_urlsafe(48),
        "PORTAL_SEAL_KEYS": Fernet.generate_key().decode(),
        "ZIMBRA_ADMIN_PASSWORD": secrets.token_urlsafe(18),
    }
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(values, file)
    return values
