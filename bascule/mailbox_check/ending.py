"""How a census ends: done, with a comparison where it is of Zimbra, or stopped. Journal, notice, and the wave's run."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from accounts import claims, journal, notices
from bascule.mailbox_check import comparisons, states
from bascule.mailbox_check.errors import CheckError
from bascule.models import MailboxCensus, MailboxComparison, MailboxRun, MailboxSide

State = MailboxCensus.State

# Whoever waited less still looks at the page.
LONG = timedelta(seconds=30)


def finish(claim: claims.Claim, census: MailboxCensus) -> None:
    """Everything is read. Raises ClaimLost."""
    if census.side == MailboxSide.NEW:
        worked_out = comparisons.worked_out(census)
        with states.writing(claim):
            _finish_comparison(census, comparisons.write(census, *worked_out))
        return
    with states.writing(claim):
        _done(census)
        census.refresh_from_db()
        older = MailboxCensus.objects.filter(agent=census.agent_id, side=census.side, state=State.DONE)
        compared = MailboxComparison.objects.filter(agent=census.agent_id).values("old")
        # A comparison under way goes on with the census that it began with.
        older.exclude(pk=census.pk).exclude(pk__in=compared).exclude(
            comparing__state__in=MailboxCensus.UNDER_WAY
        ).delete()
        journal.record(
            "mailbox_check.old.done",
            by=None,
            subject=census.agent,
            target=f"mailbox_census:{census.pk}",
            folders=census.folders_done,
            messages=census.messages_done,
        )
        _tell(
            census,
            kind="mailbox_check.census",
            title="L’inventaire de votre ancienne messagerie est fait",
            body=f"Dossiers lus : {census.folders_done}. Messages comptés : {census.messages_done}.",
        )


def _finish_comparison(census: MailboxCensus, comparison: MailboxComparison) -> None:
    _done(census)
    stale = MailboxCensus.objects.filter(agent=census.agent_id, side=MailboxSide.OLD, state=State.DONE)
    last = stale.order_by("-finished_at", "-pk").values_list("pk", flat=True).first()
    stale.exclude(pk__in=[census.against_id, last]).delete()
    journal.record(
        "mailbox_check.new.done",
        by=None,
        subject=census.agent,
        target=f"mailbox_census:{census.pk}",
        messages=comparison.old_messages,
        lost=comparison.lost,
        moved=comparison.moved,
        unreadable=comparison.folders_unreadable,
    )
    if comparison.is_complete:
        body = "Tous les messages de votre ancienne messagerie se trouvent dans la nouvelle."
    else:
        body = f"Messages introuvables : {comparison.lost}. Dossiers illisibles : {comparison.folders_unreadable}."
    _tell(census, kind="mailbox_check.compared", title="La vérification de votre messagerie est terminée", body=body)


def fail(claim: claims.Claim, census: MailboxCensus, error: CheckError) -> None:
    """It stops here; what was read is kept, so that it can go on. Raises ClaimLost."""
    with states.writing(claim):
        states.move(claim.pk, to=State.FAILED, error_code=error.code, error=error.sentence)
        journal.record(
            "mailbox_check.stopped",
            by=None,
            subject=census.agent,
            target=f"mailbox_census:{census.pk}",
            code=error.code,
        )
        _count(census, people_failed=1)
        _tell(
            census,
            kind="mailbox_check.stopped",
            title="La vérification de votre messagerie s’est arrêtée",
            body=error.sentence,
            always=True,
        )


def _done(census: MailboxCensus) -> None:
    states.move(census.pk, to=State.DONE, waiting_for="", attempts=0)
    _count(census, people_done=1)


def _count(census: MailboxCensus, **more: int) -> None:
    if census.run_id is not None:
        counted = {name: F(name) + count for name, count in more.items()}
        MailboxRun.objects.filter(pk=census.run_id).update(**counted)


def _tell(census: MailboxCensus, *, kind: str, title: str, body: str, always: bool = False) -> None:
    """Whom a wave's run concerns has not asked for anything."""
    is_long = census.started_at is not None and timezone.now() - census.started_at > LONG
    if census.run_id is None and (always or is_long):
        notices.notify(census.agent, kind=kind, title=title, body=body, link=reverse("mailbox_check"))
