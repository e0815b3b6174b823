"""What pages show of a person's mailboxes. Reads rows; asks no server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from accounts.models import Agent
from bascule.mailbox_check import asking, missing, naming
from bascule.mailbox_check.errors import NotThere
from bascule.mailbox_check.missing import Missing
from bascule.models import MailboxAct, MailboxCensus, MailboxComparison, MailboxFolder, MailboxPair, MailboxSide

State = MailboxCensus.State


@dataclass(frozen=True, slots=True)
class Overview:
    """census: the latest of the old mailbox in any state, comparing: of Zimbra. done: the last finished one of the old.
    acts: the latest of each kind. erased_on: when all of it goes; None for somebody who has not moved."""

    census: MailboxCensus | None
    done: MailboxCensus | None
    comparing: MailboxCensus | None
    comparison: MailboxComparison | None
    subscribing: MailboxAct | None
    erased_on: datetime | None

    @property
    def is_moving(self) -> bool:
        """Something will have changed in a moment."""
        at_work = {*MailboxCensus.AT_WORK}
        return any(one is not None and one.state in at_work for one in (self.census, self.comparing)) or (
            self.subscribing is not None and self.subscribing.state in MailboxAct.UNDER_WAY
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """percent: None while folders are being listed."""

    folders_done: int
    folders: int
    messages_done: int
    messages: int
    percent: int | None
    sentence: str


@dataclass(frozen=True, slots=True)
class FolderLine:
    """A folder of the old mailbox and the one that stands for it; a name is "" where there is none."""

    pair: MailboxPair
    old_name: str
    new_name: str
    role: str
    old_messages: int | None
    new_messages: int | None
    subscribed: bool
    is_unreadable: bool

    @property
    def not_in_place(self) -> int:
        return self.pair.lost + self.pair.moved + self.pair.fewer_copies

    @property
    def is_fine(self) -> bool:
        is_absent = self.pair.how == MailboxPair.How.ABSENT and bool(self.old_messages)
        return not (self.not_in_place or self.is_unreadable or is_absent)


def overview(agent: Agent) -> Overview:
    old = MailboxCensus.objects.filter(agent=agent, side=MailboxSide.OLD).order_by("-created_at", "-pk")
    new = MailboxCensus.objects.filter(agent=agent, side=MailboxSide.NEW).order_by("-created_at", "-pk")
    acts = MailboxAct.objects.filter(agent=agent, kind=MailboxAct.Kind.SUBSCRIBE)
    erased = None
    if agent.migrated_at is not None:
        erased = agent.migrated_at + timedelta(days=settings.MAILBOX_CHECK_DAYS)
    return Overview(
        census=old.first(),
        done=asking.last_census(agent),
        comparing=new.first(),
        comparison=MailboxComparison.objects.filter(agent=agent).select_related("old", "new").first(),
        subscribing=acts.first(),
        erased_on=erased,
    )


def progress(census: MailboxCensus) -> Progress:
    percent = None
    if census.is_listed:
        percent = 100 if not census.messages else min(100, 100 * census.messages_done // census.messages)
    return Progress(
        census.folders_done, census.folders, census.messages_done, census.messages, percent, _sentence(census)
    )


def _sentence(census: MailboxCensus) -> str:
    if census.state == State.NEEDS_PASSWORD:
        return census.error or "Le travail a été interrompu : redonnez le mot de passe, il reprendra où il en était."
    if census.state == State.FAILED:
        return census.error
    if census.waiting_for:
        return "Le serveur ne répond pas pour le moment : le portail réessaie tout seul."
    if not census.is_listed:
        return "Le portail se connecte et cherche vos dossiers."
    return "Le portail relève vos dossiers, sans ouvrir aucun message."


def folder_lines(comparison: MailboxComparison) -> list[FolderLine]:
    """One for each pair: the old mailbox's folders in their order, then those that only Zimbra has."""
    return [_line(pair) for pair in comparison.pairs.select_related("old", "new")]


def _line(pair: MailboxPair) -> FolderLine:
    unreadable = MailboxFolder.State.UNREADABLE
    return FolderLine(
        pair=pair,
        old_name=_name(pair.old),
        new_name=_name(pair.new),
        role=(pair.old.role if pair.old else "") or (pair.new.role if pair.new else ""),
        old_messages=pair.old.messages_done if pair.old else None,
        new_messages=pair.new.messages_done if pair.new else None,
        subscribed=pair.new.subscribed if pair.new else True,
        is_unreadable=any(one is not None and one.state == unreadable for one in (pair.old, pair.new)),
    )


def census_lines(census: MailboxCensus) -> list[tuple[str, MailboxFolder]]:
    """Names and rows of the folders of a census that can hold messages."""
    rows = census.folder_rows.exclude(state=MailboxFolder.State.NO_MESSAGES)
    return [(_name(row), row) for row in rows]


def _name(row: MailboxFolder | None) -> str:
    return naming.unsealed(bytes(row.name)).shown if row is not None else ""


def pair_of(agent: Agent, pair_id: int) -> FolderLine:
    """Raises NotThere for a pair of somebody else, or none."""
    pairs = MailboxPair.objects.select_related("old", "new", "comparison")
    pair = pairs.filter(pk=pair_id, comparison__agent=agent).first()
    if pair is None:
        raise NotThere
    return _line(pair)


def missing_of(pair: MailboxPair) -> list[Missing]:
    """Messages of that old folder that are not where they were, the lost ones first."""
    return list(missing.opened(bytes(pair.missing)))
