"""Which behaviours of the contract were ever seen on a real Zimbra: reading, updating and telling the record.

A behaviour is a test of this directory. The record, `seen_on_real.json`, has for each the version of the server and the
day.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

PATH = Path(__file__).with_name("seen_on_real.json")
DIRECTORY = "tests/zimbra/contract/"

Record = dict[str, dict[str, str]]


def read(path: Path = PATH) -> Record:
    record: Record = json.loads(path.read_text(encoding="utf-8"))
    return record


def write(record: Record, path: Path = PATH) -> None:
    path.write_text(json.dumps(record, ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def behaviour(node_id: str) -> str:
    """The name of a test of this directory in the record, "" for any other test."""
    return node_id.partition(DIRECTORY)[2] if DIRECTORY in node_id else ""


def updated(record: Record, passed: Mapping[str, str], failed: Iterable[str], today: str) -> Record:
    """The record after a run on a real server. passed: version of the server by behaviour.

    What failed is no longer known to hold. A simulator that was given for a real server is not taken for one.
    """
    seen = {name: dict(entry) for name, entry in record.items() if name not in set(failed)}
    real = {name: version for name, version in passed.items() if "SIMULATOR" not in version.upper()}
    return seen | {name: {"version": version, "date": today} for name, version in real.items()}


def summary(run: Iterable[str], record: Record) -> str:
    behaviours = set(run)
    seen = len(behaviours & set(record))
    return f"contract: {len(behaviours)} behaviours; {seen} seen on a real Zimbra; the rest only simulated"


def listing(behaviours: Iterable[str], simulated_only: Mapping[str, str], record: Record) -> list[str]:
    """A line for each behaviour. simulated_only: why a real server cannot be asked, by behaviour."""
    lines = []
    for name in sorted(behaviours):
        if name in record:
            state = f"seen on {record[name]['version']}, {record[name]['date']}"
        elif name in simulated_only:
            state = f"simulator only: {simulated_only[name]}"
        else:
            state = "only simulated so far"
        lines.append(f"{name}  [{state}]")
    return lines
