"""What an administrator has changed of the server's configuration; kept and shown, without effect."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping

from zimbra.simulator.store.accounts import changed_attributes
from zimbra.simulator.store.defaults import Attributes

_KEY = "config"


def changed(db: sqlite3.Connection, defaults: Attributes) -> Attributes:
    """The configuration: the defaults with the changes."""
    row = db.execute("SELECT value FROM settings WHERE name = ?", (_KEY,)).fetchone()
    return {**defaults, **(json.loads(row[0]) if row else {})}


def modify(db: sqlite3.Connection, defaults: Attributes, wanted: Mapping[str, list[str]]) -> None:
    """Change attributes as those of an account are; one that is cleared has its default again."""
    attrs = changed_attributes(changed(db, defaults), wanted)
    own = {name: value for name, value in attrs.items() if value != defaults.get(name)}
    db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (_KEY, json.dumps(own)))
