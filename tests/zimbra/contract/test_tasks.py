"""Tasks."""

from dataclasses import replace
from datetime import UTC, date, datetime

from zimbra.client import ZimbraClient
from zimbra.types.calendars import CalendarEntry

REPORTS = CalendarEntry(
    "Bulletins", date(2026, 2, 1), date(2026, 2, 10), kind="task", status="INPR", percent=40, priority=1
)


def test_created_task_is_read_back(client: ZimbraClient) -> None:
    made = client.create_calendar_entry(REPORTS)
    read = client.calendar_entry(made.id, "task")
    kept = read.entry
    assert (read.folder_id, kept.kind, kept.name) == ("15", "task", "Bulletins")
    assert (kept.start, kept.end) == (date(2026, 2, 1), date(2026, 2, 10))
    assert (kept.status, kept.percent, kept.priority) == ("INPR", 40, 1)


def test_task_without_a_date(client: ZimbraClient) -> None:
    made = client.create_calendar_entry(CalendarEntry("Un jour", kind="task"))
    kept = client.calendar_entry(made.id, "task").entry
    assert (kept.start, kept.end, kept.status) == (None, None, "NEED")


def test_done_task(client: ZimbraClient) -> None:
    made = client.create_calendar_entry(REPORTS)
    before = client.calendar_entry(made.id, "task")
    when = datetime(2026, 2, 5, 8, tzinfo=UTC)
    client.modify_calendar_entry(before, replace(before.entry, status="COMP", percent=100, completed=when))
    kept = client.calendar_entry(made.id, "task").entry
    assert (kept.status, kept.percent, kept.completed) == ("COMP", 100, when)


def test_tasks_of_a_span(client: ZimbraClient) -> None:
    folder = client.create_folder("Service", view="task")
    client.create_calendar_entry(REPORTS, folder.id)
    client.create_calendar_entry(replace(REPORTS, name="Ailleurs"))
    span = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
    found = list(client.occurrences(*span, folder_id=folder.id, kind="task"))
    assert [(one.name, one.kind, one.folder_id) for one in found] == [("Bulletins", "task", folder.id)]


def test_deleted_task_is_gone(client: ZimbraClient) -> None:
    made = client.create_calendar_entry(REPORTS)
    client.delete_items([made.id])
    assert list(client.calendar_items("task")) == []
