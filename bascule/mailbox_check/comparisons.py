"""A finished census of Zimbra becomes the comparison of a person: the one writer of `MailboxComparison`."""

from __future__ import annotations

from django.utils import timezone

from bascule.mailbox_check import columns, missing, naming
from bascule.mailbox_check.comparing import FEWER_COPIES, LOST, MOVED, Outcome, compare
from bascule.mailbox_check.matching import Folder
from bascule.models import MailboxCensus, MailboxComparison, MailboxFolder, MailboxPair, MailboxPart

How, State = MailboxPair.How, MailboxFolder.State


def worked_out(new: MailboxCensus) -> tuple[list[Outcome], list[MailboxFolder], list[Folder], list[MailboxFolder]]:
    """What the census of Zimbra `new` and the one that it is `against` come to, outside any transaction: for 100,000
    messages it takes a second. Gives what `write` takes."""
    assert new.against_id is not None
    old_rows, old = _loaded(new.against_id)
    new_rows, there = _loaded(new.pk)
    return compare(old, there), old_rows, old, new_rows


def write(
    new: MailboxCensus,
    outcomes: list[Outcome],
    old_rows: list[MailboxFolder],
    old: list[Folder],
    new_rows: list[MailboxFolder],
) -> MailboxComparison:
    """Write the comparison in the place of the one before, in the caller's transaction. Digests of Zimbra go with it,
    as does every other census of Zimbra that this person has."""
    assert new.against is not None
    MailboxComparison.objects.filter(agent=new.agent_id).delete()
    shown = [naming.unsealed(bytes(row.name)).shown for row in new_rows]
    too_large = [missing.too_large(outcome, old) for outcome in outcomes]
    unreadable = sum(row.state == State.UNREADABLE for row in [*old_rows, *new_rows])
    lost = sum(outcome.count(LOST) for outcome in outcomes)
    comparison = MailboxComparison.objects.create(
        agent_id=new.agent_id,
        old=new.against,
        new=new,
        made_at=timezone.now(),
        old_messages=sum(row.messages_done for row in old_rows),
        new_messages=sum(row.messages_done for row in new_rows),
        old_octets=sum(row.octets for row in old_rows),
        new_octets=sum(row.octets for row in new_rows),
        lost=lost,
        lost_too_large=sum(too_large),
        moved=sum(outcome.count(MOVED) for outcome in outcomes),
        fewer_copies=sum(outcome.count(FEWER_COPIES) for outcome in outcomes),
        more_copies=sum(outcome.more_copies for outcome in outcomes),
        resized=sum(outcome.resized for outcome in outcomes),
        arrived=sum(outcome.arrived for outcome in outcomes),
        folders=sum(outcome.pair.old is not None for outcome in outcomes),
        folders_renamed=sum(outcome.pair.how == How.RENAMED for outcome in outcomes),
        folders_absent=sum(outcome.pair.how == How.ABSENT for outcome in outcomes),
        folders_unreadable=unreadable,
        folders_not_subscribed=sum(not row.subscribed for row in new_rows),
        is_complete=not lost and not unreadable,
    )
    MailboxPair.objects.bulk_create(
        [
            MailboxPair(
                comparison=comparison,
                number=number,
                how=outcome.pair.how,
                old=None if outcome.pair.old is None else old_rows[outcome.pair.old],
                new=None if outcome.pair.new is None else new_rows[outcome.pair.new],
                found=outcome.found,
                lost=outcome.count(LOST),
                lost_too_large=large,
                moved=outcome.count(MOVED),
                fewer_copies=outcome.count(FEWER_COPIES),
                more_copies=outcome.more_copies,
                resized=outcome.resized,
                arrived=outcome.arrived,
                missing=missing.sealed(outcome, old, shown),
            )
            for number, (outcome, large) in enumerate(zip(outcomes, too_large, strict=True))
        ],
        batch_size=200,
    )
    MailboxPart.objects.filter(folder__census=new).delete()
    others = MailboxCensus.objects.filter(agent=new.agent_id).exclude(state__in=MailboxCensus.UNDER_WAY)
    others.exclude(pk__in=[new.pk, new.against_id]).filter(side=new.side).delete()
    return comparison


def _loaded(census_id: int) -> tuple[list[MailboxFolder], list[Folder]]:
    """Rows of the folders of a census, in order, and what they hold; nodes of the tree that can hold no messages
    are left out."""
    rows = list(MailboxFolder.objects.filter(census=census_id).exclude(state=State.NO_MESSAGES).order_by("number"))
    folders = [
        Folder(
            key=row.pk,
            path=naming.unsealed(bytes(row.name)).path,
            role=row.role,
            messages=columns.joined(row.parts.order_by("first_uid").values_list("sealed", flat=True).iterator()),
            is_read=row.state == State.DONE,
        )
        for row in rows
    ]
    return rows, folders
