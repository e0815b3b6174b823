"""Censuses or comparisons of everybody in a wave, by the portal's own access. The one writer of `MailboxRun`.

A run makes the rows, some hundred at a time; the engine carries these as it carries those that people ask for. The run
is over when nobody's is under way any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from accounts import claims, journal, sealing
from accounts.handing_out import hand_out_on_commit
from accounts.models import Agent
from bascule.mailbox_check import access, asking, digests
from bascule.mailbox_check.errors import NotConfigured, NotStaff, NotThere, UnderWay
from bascule.models import MailboxCensus, MailboxComparison, MailboxRun, MailboxSide, Standing, Wave

State = MailboxRun.State

# People for whom rows are made in one transaction.
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Counts:
    """Of a wave: how many have a finished census, a comparison, and of these how many are complete."""

    counted: int
    compared: int
    complete: int

    @property
    def incomplete(self) -> int:
        return self.compared - self.complete


def start(*, wave: Wave, side: str, by: Agent) -> MailboxRun:
    """side: OLD for censuses, NEW for comparisons of those who have moved and have a census.

    Raises NotStaff, NotConfigured (without the portal's own access nobody could type so many passwords), UnderWay.
    """
    from bascule.tasks import carry_mailbox_run

    if not by.is_staff:
        raise NotStaff
    if not (access.is_configured(side) and access.is_delegated(side)):
        raise NotConfigured("Sans accès délégué du portail à ce serveur, chacun lance la vérification soi-même.")
    try:
        with transaction.atomic():
            run = MailboxRun.objects.create(wave=wave, side=side, by=by)
            journal.record(f"mailbox_run.{side}.started", by=by, target=f"wave:{wave.pk}", label=wave.name)
            hand_out_on_commit(carry_mailbox_run, run.pk)
    except IntegrityError as error:
        raise UnderWay from error
    return run


@transaction.atomic
def stop(*, run_id: int, by: Agent) -> None:
    """What has not begun goes; censuses under way come to their end. Raises NotStaff, NotThere."""
    if not by.is_staff:
        raise NotStaff
    run = MailboxRun.objects.select_related("wave").filter(pk=run_id).first()
    if run is None:
        raise NotThere
    if not MailboxRun.objects.filter(pk=run_id, state=State.RUNNING).update(
        state=State.CANCELLED, finished_at=timezone.now(), holder="", held_until=None
    ):
        return
    MailboxCensus.objects.filter(run=run, state=MailboxCensus.State.WAITING, holder="").delete()
    journal.record("mailbox_run.stopped", by=by, target=f"wave:{run.wave_id}", label=run.wave.name)


def advance(run_id: int) -> None:
    """Make rows for more people, or note that the run is over. Safe to run at any time, by any number of workers."""
    claim = claims.take(MailboxRun, run_id, state=State.RUNNING)
    if claim is None:
        return
    try:
        while _more(claim):
            pass
        _end_if_over(claim)
    except claims.ClaimLost:
        return
    finally:
        claim.release()


def _more(claim: claims.Claim) -> bool:
    """Rows for the next people; False when there are no more."""
    with claim.writing():
        run = MailboxRun.objects.get(pk=claim.pk)
        if run.state != State.RUNNING:
            raise claims.ClaimLost
        rows = Standing.objects.filter(wave=run.wave_id, is_active=True, agent_id__gt=run.cursor)
        if run.side == MailboxSide.NEW:
            rows = rows.filter(migrated_at__isnull=False)
        people = list(rows.select_related("agent").order_by("agent_id")[:_AT_ONCE])
        if not people:
            return False
        made = sum(_census(run, row.agent) for row in people)
        MailboxRun.objects.filter(pk=run.pk).update(
            cursor=people[-1].agent_id,
            people=F("people") + len(people),
            people_left_out=F("people_left_out") + len(people) - made,
        )
    return True


def _census(run: MailboxRun, agent: Agent) -> bool:
    """Whether a row was made: not for somebody at it already, nor where there is nothing to compare with."""
    against, key = None, digests.new_key()
    if run.side == MailboxSide.NEW:
        against = asking.last_census(agent)
        if against is None:
            return False
        key = sealing.unseal(bytes(against.key))
    mine = MailboxCensus.objects.filter(agent=agent, side=run.side)
    mine.filter(state__in=[MailboxCensus.State.FAILED, MailboxCensus.State.CANCELLED]).delete()
    if mine.filter(state__in=MailboxCensus.UNDER_WAY).exists():
        return False
    MailboxCensus.objects.create(
        agent=agent, side=run.side, run=run, delegated=True, key=sealing.seal(key), against=against
    )
    return True


def _end_if_over(claim: claims.Claim) -> None:
    if MailboxCensus.objects.filter(run=claim.pk, state__in=MailboxCensus.UNDER_WAY).exists():
        return
    with claim.writing():
        MailboxRun.objects.filter(pk=claim.pk).update(state=State.DONE, finished_at=timezone.now())
        run = MailboxRun.objects.select_related("wave").get(pk=claim.pk)
        journal.record(
            "mailbox_run.done",
            by=None,
            target=f"wave:{run.wave_id}",
            label=run.wave.name,
            done=run.people_done,
            failed=run.people_failed,
            left_out=run.people_left_out,
        )


def waiting() -> list[int]:
    """Runs that nobody is at."""
    return claims.without_live_holder(MailboxRun.objects.filter(state=State.RUNNING))


def latest(wave: Wave, side: str) -> MailboxRun | None:
    return MailboxRun.objects.filter(wave=wave, side=side).select_related("by").first()


def counts(wave: Wave) -> Counts:
    done = MailboxCensus.objects.filter(
        agent__standing__wave=wave, side=MailboxSide.OLD, state=MailboxCensus.State.DONE
    )
    compared = MailboxComparison.objects.filter(agent__standing__wave=wave)
    return Counts(done.values("agent").distinct().count(), compared.count(), compared.filter(is_complete=True).count())


def incomplete(wave: Wave, *, text: str = "") -> QuerySet[MailboxComparison]:
    """Comparisons of people of the wave that found something missing, the worst first. text: of names or addresses."""
    rows = MailboxComparison.objects.filter(agent__standing__wave=wave, is_complete=False)
    for word in text.lower().split():
        rows = rows.filter(agent__search_text__contains=word)
    return rows.select_related("agent__establishment").order_by("-lost", "pk")


def table(rows: Iterable[MailboxComparison]) -> Iterator[tuple[object, ...]]:
    """For a spreadsheet: counts, nothing of what messages or folders are called."""
    yield (
        "Adresse",
        "Nom",
        "Établissement",
        "Messages avant",
        "Introuvables",
        "Trop gros",
        "Ailleurs",
        "Dossiers absents",
        "Dossiers illisibles",
        "Comparé le",
    )
    for row in rows:
        yield (
            row.agent.address,
            row.agent.full_name,
            row.agent.establishment.name if row.agent.establishment else "",
            row.old_messages,
            row.lost,
            row.lost_too_large,
            row.moved,
            row.folders_absent,
            row.folders_unreadable,
            timezone.localtime(row.made_at).strftime("%d/%m/%Y %H:%M"),
        )
