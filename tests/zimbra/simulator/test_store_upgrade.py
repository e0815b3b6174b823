from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from zimbra.simulator.store import accounts, classes, domains
from zimbra.simulator.store.database import Database
from zimbra.simulator.store.schema import STEPS


def test_people_of_an_earlier_store_are_found_as_before_and_by_their_aliases(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "simulator.sqlite3")
    connection.executescript(STEPS[0])
    connection.execute("INSERT INTO domains VALUES ('x.fr', 'domain-id', '{}')")
    several = {"zimbraMailAlias": ["Un@x.fr", "b@x.fr"], "displayName": "Anne Payet"}
    for name, attrs in (("a@x.fr", several), ("b@x.fr", {}), ("c@x.fr", {"zimbraMailAlias": "deux@x.fr"})):
        connection.execute(
            "INSERT INTO accounts (id, name, password, attrs) VALUES (?, ?, '', ?)",
            (f"id-{name}", name, json.dumps(attrs)),
        )
    connection.execute("PRAGMA user_version = 1")
    connection.commit()
    connection.close()
    database = Database(tmp_path)
    try:
        with database.transaction(write=False) as db:
            found = {name: accounts.by_address(db, name) for name in ("a@x.fr", "un@x.fr", "b@x.fr", "deux@x.fr")}
            assert {name: one.name for name, one in found.items() if one} == {
                "a@x.fr": "a@x.fr", "un@x.fr": "a@x.fr", "b@x.fr": "b@x.fr", "deux@x.fr": "c@x.fr",
            }  # fmt: skip
            assert [one.name for one in accounts.containing(db, ["payet"], "x.fr")] == ["a@x.fr"]
            assert domains.domain(db, "id", "domain-id") is not None
            assert classes.get(db, "name", "default").id == accounts.page(db, 0, 1)[0].class_id
    finally:
        database.close()
