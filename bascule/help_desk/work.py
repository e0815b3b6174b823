"""What a person handed over, and what became of it: names, sizes, dates, counts, kinds of remarks. Nothing is
unsealed."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Prefetch

from accounts.models import Agent, Notice
from bascule import read_again
from bascule.finding_labels import remark_label, repair_label
from bascule.help_desk import consents
from bascule.help_desk.acts_work import may_retry
from bascule.imports import states as import_states
from bascule.models import (
    CapturedRule,
    ContentConsent,
    Deposit,
    DistributionList,
    Import,
    ImportItem,
    ReadCollection,
    ReminderMail,
    Replay,
    SavedSignature,
)
from bascule.replays import results as replay_results

FILES_SHOWN = 50
JOBS_SHOWN = 20
NOTICES_SHOWN = 20


@dataclass(frozen=True)
class File:
    """A deposited file. remarks: label and count; consent: what lets whoever looks open it now."""

    row: Deposit
    remarks: list[tuple[str, int]]
    repairs: list[tuple[str, int]]
    can_read_again: bool
    consent: ContentConsent | None

    @property
    def remark_total(self) -> int:
        return sum(count for _, count in self.remarks)


@dataclass(frozen=True)
class Job:
    """An import or a sending. act: code of the act that tries it again, undo: of the one that takes it back."""

    row: Import | Replay
    what: str
    title: str
    done: int
    total: int
    cause: str
    retry: str = ""
    undo: str = ""

    @property
    def is_under_way(self) -> bool:
        return self.row.state in self.row.UNDER_WAY

    @property
    def has_failed(self) -> bool:
        return self.row.state == "failed"


def files(agent: Agent, staff: Agent) -> list[File]:
    """The latest files of `agent`, and which of them `staff` may open; three queries and one for those that could be
    read again."""
    rows = (
        Deposit.objects.filter(agent=agent)
        .defer("remarks")
        .prefetch_related(Prefetch("collections", ReadCollection.objects.defer("outline")))
    )[:FILES_SHOWN]
    live = consents.holding_all(staff, agent)
    used = set(
        Import.objects.filter(agent=agent, collection__isnull=False).values_list("collection__deposit_id", flat=True)
    )
    return [_file(row, live, has_import=row.pk in used) for row in rows]


def _file(row: Deposit, live: list[ContentConsent], *, has_import: bool) -> File:
    of_filters, of_signatures = row.kind == Deposit.Kind.FILTERS, row.kind == Deposit.Kind.SIGNATURE
    remarks = [
        (remark_label(code, of_filters=of_filters, of_signatures=of_signatures), count)
        for code, count in sorted(row.remark_counts.items(), key=lambda pair: -pair[1])
    ]
    repairs = [(repair_label(code), count) for code, count in row.repair_counts.items()]
    consent = next((one for one in live if one.scope == consents.Scope.ALL or one.deposit_id == row.pk), None)
    return File(row, remarks, repairs, not has_import and read_again.may_be(row), consent)


def jobs(agent: Agent) -> list[Job]:
    """The latest imports and sendings, the newest first; four queries."""
    imports = list(Import.objects.filter(agent=agent).defer("findings")[:JOBS_SHOWN])
    replays = list(
        Replay.objects.filter(agent=agent).select_related("of_list").defer("plan", "memory", "findings")[:JOBS_SHOWN]
    )
    # Items are counted for what is under way or stopped only: what is through has its figures on the row.
    counted = [row.pk for row in imports if row.state in (*Import.UNDER_WAY, Import.State.FAILED)]
    waiting = (ImportItem.State.PENDING, ImportItem.State.IN_FLIGHT)
    settled: dict[int, int] = dict(
        ImportItem.objects.filter(parent__in=counted)
        .exclude(state__in=waiting)
        .order_by()
        .values_list("parent_id")
        .annotate(Count("pk"))
    )
    through = {row.pk: row.total for row in imports if row.pk not in counted}
    done = settled | through
    found = [_import(row, done.get(row.pk, 0)) for row in imports] + [_replay(row) for row in replays]
    return sorted(found, key=lambda job: job.row.created_at, reverse=True)[:JOBS_SHOWN]


def _import(row: Import, done: int) -> Job:
    return Job(
        row,
        f"Import : {row.get_kind_display().lower()}",
        f"« {row.name or row.folder_name} » vers « {row.folder_name} »",
        done=done,
        total=row.total,
        cause=_cause(row),
        retry="relancer-import" if may_retry(row) else "",
        undo="annuler-import" if Import.State.UNDOING in import_states.MOVES[row.state] else "",
    )


def _replay(row: Replay) -> Job:
    return Job(
        row,
        "Envoi vers Zimbra",
        replay_results.title_of(row),
        done=row.settled,
        total=row.total,
        cause=_cause(row),
        retry="relancer-envoi" if may_retry(row) else "",
    )


def _cause(row: Import | Replay) -> str:
    """Why it stopped or waits. The sentences of what stopped are those that the person reads, and speak to that
    person."""
    if row.error:
        return f"{row.error} (code {row.error_code})" if row.error_code else row.error
    if row.state not in row.UNDER_WAY:
        return ""
    if row.retry_at is None:
        return "Attend son tour ou un processus libre." if row.state == "queued" else ""
    if row.waiting_for == "internal":
        return "Erreur interne du portail : repris automatiquement."
    if row.waiting_for.startswith("answer."):
        return "La réponse de Zimbra s’est perdue : le portail vérifie ce qui est arrivé avant de reprendre."
    return f"Zimbra ne répond pas : repris automatiquement (code {row.waiting_for})."


def settings_of(agent: Agent) -> list[tuple[str, int]]:
    """How many filters, signatures and lists the person keeps in the portal; three queries."""
    return [
        ("Règles de filtrage relevées", CapturedRule.objects.filter(agent=agent).count()),
        ("Signatures enregistrées", SavedSignature.objects.filter(agent=agent).count()),
        ("Listes de diffusion", DistributionList.objects.filter(agent=agent).count()),
    ]


def notices_of(agent: Agent) -> list[Notice]:
    """The latest notices, without what they say."""
    return list(Notice.objects.filter(recipient=agent).defer("body")[:NOTICES_SHOWN])


def reminders_of(agent: Agent) -> list[ReminderMail]:
    """The latest reminders to the person, each with what it was called."""
    rows = ReminderMail.objects.filter(agent=agent).select_related("reminder").defer("reminder__body")
    return list(rows.order_by("-at")[:NOTICES_SHOWN])
