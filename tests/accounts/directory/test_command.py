"""`manage.py import_directory`: what a job of every night goes by."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.directory import decisions
from accounts.models import Agent, DirectoryImport, JournalEntry
from tests.accounts.directory.lists import TITLES, hand_in, listed
from tests.factories import make_agent

pytestmark = pytest.mark.django_db

LINE = "new@ac-reunion.fr;Léa;Hoarau;first-degree;;"


def run(path: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """Exit code and report."""
    output, code = StringIO(), 0
    try:
        call_command("import_directory", "agents", str(path), "--json", *options, stdout=output)
    except SystemExit as end:
        code = int(end.code or 0)
    return code, json.loads(output.getvalue())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "agents.csv"
    found.write_bytes(listed(LINE))
    return found


def test_list_is_tried_then_written_then_the_same(path: Path) -> None:
    make_agent("old@ac-reunion.fr")
    code, report = run(path, "--dry-run")
    assert (code, report["outcome"], report["counts"]) == (0, "would_apply", {"added": 1, "gone": 1})
    assert (Agent.objects.count(), DirectoryImport.objects.count(), JournalEntry.objects.count()) == (1, 0, 0)
    code, report = run(path)
    assert (code, report["outcome"]) == (0, "applied")
    assert list(Agent.objects.filter(is_active=True).values_list("address", flat=True)) == ["new@ac-reunion.fr"]
    code, report = run(path)
    assert (code, report["outcome"], report["counts"]) == (0, "nothing", {"same": 1})
    assert DirectoryImport.objects.get(pk=report["number"]).stored_as == ""


def test_partial_list_takes_nobody_away(path: Path) -> None:
    make_agent("old@ac-reunion.fr")
    assert run(path, "--partial")[1]["counts"] == {"added": 1}
    assert Agent.objects.filter(is_active=True).count() == 2


def test_errors_stop_it(path: Path, tmp_path: Path) -> None:
    path.write_bytes(listed(LINE, "pas-une-adresse;A;B;first-degree;;"))
    code, report = run(path)
    assert (code, report["outcome"], [one["line"] for one in report["errors"]]) == (2, "errors", [3])
    assert "adresse électronique" in report["errors"][0]["why"][0]
    assert not Agent.objects.exists()
    assert run(tmp_path / "absent.csv")[0] == 2
    path.write_bytes(b"")
    assert run(path)[0] == 2
    path.write_text(TITLES)
    assert "aucune ligne" in run(path)[1]["why"]


def test_guard_stops_it_unless_allowed(path: Path) -> None:
    for _ in range(25):
        make_agent()
    make_agent("chief@ac-reunion.fr", is_staff=True)
    code, report = run(path)
    assert (code, report["outcome"]) == (3, "guarded")
    assert Agent.objects.filter(is_active=True).count() == 26
    code, report = run(path, "--allow-gone")
    assert (code, report["outcome"]) == (0, "applied")
    assert Agent.objects.filter(is_active=True).count() == 2
    code, report = run(path)
    assert (code, report["outcome"], "restent actifs" in report["why"]) == (0, "nothing", True)


def test_another_import_being_written_is_waited_for_by_the_caller(path: Path) -> None:
    other = hand_in(listed("x@ac-reunion.fr;X;Y;first-degree;;"))
    decisions.confirm(row=other, by=None)
    assert run(path)[0] == 4


def test_report_is_told_in_french(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("import_directory", "agents", str(path))
    told = capsys.readouterr().out
    assert "1 ligne lue (agents)" in told
    assert "  1 ajout\n" in told
    assert "Import écrit dans le répertoire." in told


def test_by_has_to_be_of_staff(path: Path) -> None:
    make_agent("a@ac-reunion.fr")
    for address in ("nobody@ac-reunion.fr", "a@ac-reunion.fr"):
        with pytest.raises(CommandError):
            run(path, "--by", address)
