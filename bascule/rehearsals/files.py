"""What people handed over, read again as it will be on the day, and how far they are. Zimbra is not asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

from django.conf import settings
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import Agent
from bascule import reading, standings
from bascule.conversions.model import Reading, Unreadable
from bascule.models import CapturedRule, Deposit, DistributionList, Standing
from bascule.rehearsals import kept
from bascule.rehearsals.finding import Finding

# A file that loses more than one item in so many, and so many at least, is looked at.
LOST_ONE_IN = 10
LEAST_LOST = 3
# Folders that Zimbra makes in every mailbox, at the top (zimbra-store, Mailbox.ID_FOLDER_…), in small letters.
RESERVED_FOLDERS = frozenset(
    {"inbox", "trash", "junk", "sent", "drafts", "contacts", "calendar", "notebook", "tasks", "briefcase", "chats"}
    | {"emailed contacts", "tags", "conversations"}
)


def check(keys: Sequence[int], *, day: date | None, skipped: Sequence[int], at: Callable[[int], None]) -> list[Finding]:
    """What is wrong about the agents of these numbers. day: of their wave. skipped: whose files are not opened. at:
    called before each person's files are."""
    agents = list(Agent.objects.filter(pk__in=keys, is_active=True, migrated_at=None).order_by("pk"))
    numbers = [agent.pk for agent in agents]
    files: dict[int, list[Deposit]] = defaultdict(list)
    for deposit in Deposit.objects.select_related("agent").filter(agent__in=numbers).order_by("pk").defer("remarks"):
        files[deposit.agent_id].append(deposit)
    found: list[Finding] = []
    for agent in agents:
        if agent.pk in skipped:
            found.append(Finding("file_stops_reader", agent_id=agent.pk))
            continue
        if files[agent.pk]:
            at(agent.pk)
        for deposit in files[agent.pk]:
            found += _of_file(deposit, day)
    found += _of_steps(numbers, files)
    found += _of_rules(numbers)
    found += _of_lists(numbers)
    found += kept.check([number for number in numbers if number not in skipped])
    return found


def _of_file(deposit: Deposit, day: date | None) -> Iterator[Finding]:
    def finding(kind: str, **values: object) -> Finding:
        return Finding(kind, agent_id=deposit.agent_id, about=deposit.sha256, values={"file": deposit.name, **values})

    expires = timezone.localdate(deposit.received_at) + timedelta(days=settings.DEPOSIT_RETENTION_DAYS)
    if day is not None and expires < day:
        yield finding("file_expires", day=date_format(expires, "j F Y"))
    if deposit.state in (Deposit.State.RECEIVED, Deposit.State.READING):
        yield finding("file_waiting")
        return
    try:
        now = reading.reread(deposit)
    except Unreadable as reason:
        yield finding(_why(reason), code=reason.code)
        return
    if not isinstance(now, Reading):
        return
    lost = now.items_in - now.items_out
    if lost >= LEAST_LOST and lost * LOST_ONE_IN > now.items_in:
        yield finding("file_loses", lost=lost, items=now.items_in)
    if deposit.state == Deposit.State.READ and now.items_out != deposit.items_out:
        yield finding("file_changed", before=deposit.items_out, now=now.items_out)


def _why(reason: Unreadable) -> str:
    """The original is not there; it does not open; or it opens, and no reader understands it."""
    if reason.code != "damaged_store":
        return "file_unreadable"
    damaged = reason.__cause__
    return "file_gone" if damaged and isinstance(damaged.__cause__, OSError) else "file_sealed"


def _of_steps(numbers: list[int], files: dict[int, list[Deposit]]) -> Iterator[Finding]:
    devices = standings.bit("note-devices")
    for row in Standing.objects.filter(agent__in=numbers).only("agent_id", "done", "skipped"):
        if row.done & devices:
            yield Finding("devices_noted", agent_id=row.agent_id)
        if not (row.done | row.skipped) & standings.BEFORE and not files[row.agent_id]:
            yield Finding("nothing_done", agent_id=row.agent_id)


def _of_rules(numbers: list[int]) -> Iterator[Finding]:
    refused = Count("pk", filter=Q(verdict=CapturedRule.Verdict.REFUSED))
    rows = CapturedRule.objects.filter(agent__in=numbers).order_by().values("agent")
    for row in rows.annotate(total=Count("pk"), refused=refused).filter(refused__gt=0):
        values = {"count": row["refused"], "total": row["total"]}
        yield Finding("rules_refused", agent_id=row["agent"], values=values)


def _of_lists(numbers: list[int]) -> Iterator[Finding]:
    for row in DistributionList.objects.filter(agent__in=numbers).only("agent_id", "address"):
        folder = row.address.partition("@")[0]
        if folder.casefold() in RESERVED_FOLDERS:
            values = {"address": row.address, "folder": folder}
            yield Finding("list_folder", agent_id=row.agent_id, about=row.address, values=values)
