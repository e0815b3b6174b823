"""What docs/boxes.md says, held by the code."""

from __future__ import annotations

import re
from pathlib import Path

from django.core.management import get_commands

from boxes.models import Role
from boxes.sync.wanted import LETTERS
from migration_portal.celery import app
from tests.boxes.test_addresses import TABLE

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "boxes.md").read_text(encoding="utf-8")


def rows(first: str) -> list[list[str]]:
    """Cells of the table whose first heading is `first`."""
    _, _, rest = TEXT.partition(f"\n| {first} |")
    lines = rest.splitlines()[2:]
    end = next((number for number, line in enumerate(lines) if not line.startswith("|")), len(lines))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[:end]]


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_letters_of_the_roles() -> None:
    told = {named(role)[0]: (named(letters)[0], right, identity) for role, letters, right, identity in rows("role")}
    assert told == {role.value: (LETTERS[role], *(["yes" if role.writes else "no"] * 2)) for role in Role}


def test_who_may_ask_for_each_address() -> None:
    families: dict[str, set[str]] = {}
    for name, (_, who) in TABLE.items():
        families.setdefault(who, set()).add(name)
    told = [set(named(names)) for _, names in rows("who")]
    assert sorted(map(sorted, told)) == sorted(map(sorted, families.values()))


def test_clock() -> None:
    told = {name for _, cell in rows("every") for name in named(cell)}
    tasks = {str(entry["task"]) for entry in app.conf.beat_schedule.values()}
    assert told == {task.removeprefix("boxes.tasks.") for task in tasks if task.startswith("boxes.")}


def test_models() -> None:
    import boxes.models

    assert {name for first, _ in rows("model") for name in named(first)} == set(boxes.models.__all__) - {"Role"}


def test_files_and_command() -> None:
    files = set(re.findall(r"`([\w/]+\.py)`", TEXT))
    assert "delegations.py" in files
    assert not [name for name in files if not any((ROOT / base / name).exists() for base in (".", "boxes"))]
    assert get_commands()["reconcile_boxes"] == "boxes"
