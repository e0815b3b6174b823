"""Uploaded files waiting to be used: each belongs to an account and is forgotten after a quarter of an hour."""

from __future__ import annotations

import sqlite3
import time
import uuid
from dataclasses import dataclass

from zimbra.simulator.fault import SoapFault

LIFETIME = 900


@dataclass(frozen=True)
class Upload:
    aid: str
    filename: str
    content_type: str
    data: bytes


def store(db: sqlite3.Connection, account_id: str, filename: str, content_type: str, data: bytes) -> Upload:
    now = int(time.time())
    db.execute("DELETE FROM uploads WHERE expires <= ?", (now,))
    upload = Upload(f"{uuid.uuid4()}:{uuid.uuid4()}", filename, content_type, data)
    db.execute(
        "INSERT INTO uploads VALUES (?, ?, ?, ?, ?, ?)",
        (upload.aid, account_id, filename, content_type, data, now + LIFETIME),
    )
    return upload


def take(db: sqlite3.Connection, account_id: str, aid: str) -> Upload:
    """The upload, once: it is gone afterwards. Unknown, expired or somebody else's: mail.NO_SUCH_UPLOAD."""
    row = db.execute(
        "SELECT aid, filename, content_type, data FROM uploads WHERE aid = ? AND account = ? AND expires > ?",
        (aid, account_id, int(time.time())),
    ).fetchone()
    if row is None:
        raise SoapFault("mail.NO_SUCH_UPLOAD", f"no such upload: {aid[:100]}", uploadId=aid[:100])
    db.execute("DELETE FROM uploads WHERE aid = ?", (aid,))
    return Upload(*row)
