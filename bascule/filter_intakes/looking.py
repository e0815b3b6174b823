"""An intake looked through: whose entries these are and what would be given. Nobody gets anything yet.

Entries are read one after the other and kept as rows, some hundred at a time; what is held for all of them is a few
numbers a person. A worker killed at any line leaves the intake in LOOKING, and the next one starts over.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import transaction

from accounts import journal, notices, sealing
from accounts.claims import Claim
from bascule import originals
from bascule.conversions.filters.source.ldif_rules import PersonEntry, entries
from bascule.conversions.filters.source.splitting import rule_comments
from bascule.filter_intakes import states
from bascule.filter_intakes.matching import Best, Match, better, match_all, shown_address
from bascule.filter_intakes.physical_lines import lines_of
from bascule.filter_intakes.states import State
from bascule.filter_intakes.stopping import Stopped, link_of
from bascule.models import Deposit, FilterIntake, FilterIntakeEntry

Outcome = FilterIntakeEntry.Outcome

# Entries that are matched and written together: as many, or as many octets of rules.
ENTRIES_TOGETHER = 200
OCTETS_TOGETHER = 2_000_000
_NUMBERS_TOGETHER = 500


@dataclass(slots=True)
class _Meter:
    """What went through so far."""

    octets: int = 0
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)

    def through(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self.octets += len(piece)
            self.digest.update(piece)
            yield piece


@dataclass(frozen=True, slots=True)
class _Found:
    number: int
    entry: PersonEntry
    is_damaged: bool
    sha256: str


def look_through(claim: Claim, intake: FilterIntake) -> None:
    """From LOOKING to READY. Raises Stopped when there is nothing to give out, ClaimLost, WrongState when given up."""
    with claim.writing():
        intake.people.all().delete()
    meter, counts = _Meter(), Counter[str]()
    best: dict[int, Best] = {}
    number = 0
    try:
        for together in _together(entries(lines_of(meter.through(originals.read(intake.stored_as))), counts), counts):
            number = together[-1].number
            _keep(claim, together, best)
            _progress(claim, octets_read=meter.octets, entries=number + counts["without_rules"], with_rules=number)
    except originals.Damaged as error:
        raise Stopped("damaged_store") from error
    if meter.digest.hexdigest() != intake.sha256:
        raise Stopped("damaged_store")
    if not number:
        raise Stopped("no_rules" if counts["without_rules"] else "no_ldif")
    _settle(claim, intake, best, entries=number + counts["without_rules"], with_rules=number)


def _together(found: Iterable[PersonEntry], counts: Counter[str]) -> Iterator[list[_Found]]:
    run: list[_Found] = []
    octets = damaged = 0
    for number, entry in enumerate(found, 1):
        # Counted while the entry was read, or one before it without any rule that is whole.
        now = counts["bad_base64"] + counts["too_long"]
        run.append(_Found(number, entry, now > damaged, hashlib.sha256(entry.text).hexdigest()))
        octets, damaged = octets + len(entry.text), now
        if len(run) >= ENTRIES_TOGETHER or octets >= OCTETS_TOGETHER:
            yield run
            run, octets = [], 0
    if run:
        yield run


def _keep(claim: Claim, together: list[_Found], best: dict[int, Best]) -> None:
    matches = match_all([one.entry for one in together])
    known = set(
        Deposit.objects.filter(
            agent_id__in=[match.agent_id for match in matches if match.agent_id],
            sha256__in=[one.sha256 for one in together],
        ).values_list("agent_id", "sha256")
    )
    rows = []
    for one, match in zip(together, matches, strict=True):
        rows.append(_row(claim.pk, one, match))
        if match.agent_id is not None:
            mine = Best(match.by, one.number, one.sha256, is_known=(match.agent_id, one.sha256) in known)
            best[match.agent_id] = better(best.get(match.agent_id), mine)
    with _still_looking(claim):
        FilterIntakeEntry.objects.bulk_create(rows, batch_size=50)


def _row(intake_id: int, one: _Found, match: Match) -> FilterIntakeEntry:
    """Whoever is matched is decided on when all entries are known."""
    return FilterIntakeEntry(
        intake_id=intake_id,
        number=one.number,
        agent_id=match.agent_id,
        address=shown_address(one.entry),
        matched_by=match.by,
        outcome=Outcome.CONFLICT if match.agent_id else match.outcome,
        rules=sum(max(1, rule_comments(value)) for value in one.entry.values),
        is_damaged=one.is_damaged,
        sha256=one.sha256,
        text=sealing.seal(one.entry.text) if match.agent_id else b"",
    )


def _settle(claim: Claim, intake: FilterIntake, best: dict[int, Best], **counts: int) -> None:
    chosen = [one.number for one in best.values() if not one.is_tied and not one.is_known]
    known = [one.number for one in best.values() if not one.is_tied and one.is_known]
    tied = [agent_id for agent_id, one in best.items() if one.is_tied]
    people = FilterIntakeEntry.objects.filter(intake=intake)
    with _still_looking(claim):
        for numbers, outcome in ((chosen, Outcome.MATCHED), (known, Outcome.KNOWN)):
            for some in _chunks(numbers):
                people.filter(number__in=some).update(outcome=outcome)
        undecided = people.filter(outcome=Outcome.CONFLICT, agent__isnull=False)
        contradicting = {
            pk for some in _chunks(tied) for pk in undecided.filter(agent_id__in=some).values_list("pk", flat=True)
        }
        repeated = [pk for pk in undecided.values_list("pk", flat=True) if pk not in contradicting]
        for some in _chunks(repeated):
            people.filter(pk__in=some).update(outcome=Outcome.REPEATED)
        people.exclude(outcome=Outcome.MATCHED).update(text=b"")
        stored_as = intake.stored_as
        states.move(
            intake.pk,
            to=State.READY,
            since=State.LOOKING,
            matched=len(chosen),
            octets_read=intake.size,
            attempts=0,
            stored_as="",
            **counts,
        )
        notices.notify(
            intake.by,
            kind="filter_intake.ready",
            title=f"« {intake.name} » est lu : à confirmer",
            body=f"Personnes reconnues : {len(chosen)}. Rien n’est donné avant votre confirmation.",
            link=link_of(intake.pk),
        )
        journal.record(
            "filter_intake.ready",
            by=None,
            target=f"filter_intake:{intake.pk}",
            target_label=intake.name,
            matched=len(chosen),
            people=counts["with_rules"],
        )
        # What may be given stands sealed in the rows; the file has served.
        transaction.on_commit(lambda: originals.delete(stored_as))


def _progress(claim: Claim, **fields: int) -> None:
    with claim.writing():
        FilterIntake.objects.filter(pk=claim.pk, state=State.LOOKING).update(**fields)


@contextmanager
def _still_looking(claim: Claim) -> Iterator[None]:
    """A fenced transaction, unless staff have given the intake up meanwhile: WrongState."""
    with claim.writing():
        if not FilterIntake.objects.filter(pk=claim.pk, state=State.LOOKING).exists():
            raise states.WrongState(State.LOOKING)
        yield


def _chunks(numbers: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(numbers), _NUMBERS_TOGETHER):
        yield numbers[start : start + _NUMBERS_TOGETHER]
