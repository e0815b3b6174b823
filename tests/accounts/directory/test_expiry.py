"""What time does to imports: what waits is given up, what is over is erased, totals stay."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.directory import decisions
from accounts.directory.states import State
from accounts.models import DirectoryImport, DirectoryLine
from tests.accounts.directory.lists import bring_in, hand_in, listed

pytestmark = pytest.mark.django_db


def test_old_imports_lose_file_and_lines(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    settings.DIRECTORY_DIR = tmp_path
    monkeypatch.setattr("accounts.directory.decisions._LINES_TOGETHER", 1)
    done = bring_in(listed("a@ac-reunion.fr;A;A;first-degree;;", "b@ac-reunion.fr;A;A;first-degree;;"))
    ready = hand_in(listed("c@ac-reunion.fr;A;A;first-degree;;"))
    DirectoryImport.objects.update(created_at=timezone.now() - timedelta(days=settings.DIRECTORY_RETENTION_DAYS + 1))
    recent = hand_in(listed("d@ac-reunion.fr;A;A;first-degree;;"))
    with django_capture_on_commit_callbacks(execute=True):
        assert decisions.expire() == 2
    done.refresh_from_db()
    ready.refresh_from_db()
    recent.refresh_from_db()
    assert (done.state, done.counts["added"], ready.state) == (State.DONE, 2, State.CANCELLED)
    assert set(DirectoryLine.objects.values_list("directory_import_id", flat=True)) == {recent.pk}
    assert len([path for path in tmp_path.glob("*/*") if path.is_file()]) == 1
    assert (tmp_path / recent.stored_as).exists()
    assert decisions.expire() == 0


def test_list_given_up_while_it_is_read_is_not_read_on(monkeypatch: pytest.MonkeyPatch) -> None:
    from accounts.directory import people, reading

    monkeypatch.setattr(reading, "TOGETHER", 1)
    compared = people.PeopleComparer.compare

    def gives_up(self: people.PeopleComparer, lines: Any) -> Any:
        row = DirectoryImport.objects.get()
        if row.lines:
            decisions.cancel(row=row, by=None)
        return compared(self, lines)

    monkeypatch.setattr(people.PeopleComparer, "compare", gives_up)
    row = hand_in(listed(*(f"p{number}@ac-reunion.fr;A;A;first-degree;;" for number in range(4))))
    assert (row.state, row.stored_as, row.lines) == (State.CANCELLED, "", 1)
    decisions.clear(row.pk)
    assert not row.rows.exists()
