"""What must hold in a store whatever happened to the process that wrote it."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

# Each finds what is wrong; none may find a row.
_HALF = {
    "a message without its bytes": "SELECT mbox, item FROM messages LEFT JOIN blobs USING (digest) WHERE data IS NULL",
    "bytes of no message": "SELECT digest FROM blobs WHERE digest NOT IN (SELECT digest FROM messages)",
    "an item that should be a message": """
        SELECT i.mbox, i.id FROM items i LEFT JOIN messages m ON m.mbox = i.mbox AND m.item = i.id
        WHERE i.type = 'message' AND m.item IS NULL""",
    "a message that is no item": """
        SELECT m.mbox, m.item FROM messages m LEFT JOIN items i ON i.mbox = m.mbox AND i.id = m.item
        WHERE i.id IS NULL OR i.type <> 'message'""",
    "an item in no folder": """
        SELECT i.mbox, i.id FROM items i LEFT JOIN folders f ON f.mbox = i.mbox AND f.id = i.folder
        WHERE f.id IS NULL OR f.kind <> 'folder'""",
    "a size that is not that of the bytes": """
        SELECT i.mbox, i.id FROM items i JOIN messages m ON m.mbox = i.mbox AND m.item = i.id JOIN blobs USING (digest)
        WHERE i.size <> length(data)""",
    "a folder out of the tree": """
        WITH RECURSIVE tree (mbox, id) AS (
            SELECT mbox, id FROM folders WHERE id = 11
            UNION SELECT f.mbox, f.id FROM folders f JOIN tree t ON t.mbox = f.mbox AND t.id = f.parent)
        SELECT mbox, id FROM folders EXCEPT SELECT mbox, id FROM tree""",
    "a file of no item": """
        SELECT a.mbox, a.item FROM attachments a LEFT JOIN items i ON i.mbox = a.mbox AND i.id = a.item
        WHERE i.id IS NULL""",
    "a tag that does not exist": """
        SELECT i.mbox, i.id, value FROM items i, json_each('["' || replace(i.tags, ',', '","') || '"]')
        WHERE i.tags <> '' AND CAST(value AS INTEGER) NOT IN (SELECT id FROM tags WHERE tags.mbox = i.mbox)""",
    "the same id twice": """
        SELECT mbox, id FROM (SELECT mbox, id FROM items UNION ALL SELECT mbox, id FROM folders
            UNION ALL SELECT mbox, id FROM tags) GROUP BY mbox, id HAVING count(*) > 1""",
    "the same UID twice in a folder": """
        SELECT i.mbox, i.folder, m.imap_uid FROM messages m JOIN items i ON i.mbox = m.mbox AND i.id = m.item
        GROUP BY 1, 2, 3 HAVING count(*) > 1""",
    "an id above the counter": """
        SELECT mbox, last_id, id FROM mailboxes JOIN (
            SELECT mbox, id FROM items UNION ALL SELECT mbox, id FROM folders UNION ALL SELECT mbox, id FROM tags
            UNION ALL SELECT mbox, imap_uid FROM messages UNION ALL SELECT mbox, conversation FROM messages
        ) USING (mbox) WHERE id > last_id""",
    "a change above the counter": """
        SELECT mbox, m.sequence, c.sequence FROM mailboxes m JOIN (
            SELECT mbox, sequence FROM items UNION ALL SELECT mbox, sequence FROM folders
        ) c USING (mbox) WHERE c.sequence > m.sequence""",
    "a UID the folder has yet to give": """
        SELECT i.mbox, i.folder, m.imap_uid FROM messages m JOIN items i ON i.mbox = m.mbox AND i.id = m.item
        JOIN folders f ON f.mbox = i.mbox AND f.id = i.folder WHERE m.imap_uid >= f.imap_next""",
    "a grant on nothing": """
        SELECT g.mbox, g.folder FROM grants g LEFT JOIN folders f ON f.mbox = g.mbox AND f.id = g.folder
        WHERE f.id IS NULL""",
}


def broken(data: Path) -> dict[str, list[object]]:
    """What is wrong in the store kept in a directory, by its description; empty when all is well."""
    with closing(sqlite3.connect(data / "simulator.sqlite3")) as db:
        found: dict[str, list[object]] = {name: db.execute(query).fetchall() for name, query in _HALF.items()}
        found["pages"] = [row for row in db.execute("PRAGMA integrity_check") if row != ("ok",)]
        found["references"] = db.execute("PRAGMA foreign_key_check").fetchall()
        found["bytes that are others"] = [
            digest
            for digest, raw in db.execute("SELECT digest, data FROM blobs")
            if hashlib.sha256(raw).hexdigest() != digest
        ]
    return {name: rows for name, rows in found.items() if rows}
