"""Files with rules read, given and, if asked, sent to Zimbra in this very process, for `manage.py import_filters`.

Each person's part is on its own: what cannot be done for one is told, and the others are served.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from accounts.models import Agent
from accounts.uploads import shown_name
from bascule import reading
from bascule.conversions import detect
from bascule.conversions.filters.model import FilterReading
from bascule.conversions.filters.source.ldif_rules import PersonEntry, entries
from bascule.conversions.model import Unreadable
from bascule.filter_intakes.giving import NAME, give, known
from bascule.filter_intakes.looking import ENTRIES_TOGETHER
from bascule.filter_intakes.matching import Best, Match, better, match_all, shown_address
from bascule.filter_intakes.physical_lines import lines_of
from bascule.filter_intakes.sending import Sending, preview, send
from bascule.filters.from_deposits import read_rules
from bascule.models import Deposit, FilterIntakeEntry

Outcome = FilterIntakeEntry.Outcome

_PIECE = 1 << 16
_WHY = {
    Outcome.UNMATCHED: "personne du portail n’a cette adresse",
    Outcome.BOX: "c’est une boîte partagée : ses filtres ne fonctionnent pas dans Zimbra",
    Outcome.CONFLICT: "des entrées différentes pour une personne, ou plusieurs personnes pour une entrée",
    Outcome.REPEATED: "une autre entrée du fichier correspond à cette personne, aussi bien ou mieux",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """dry_run: nothing is written. send: to Zimbra as well, for people who have moved. by: None for the portal."""

    dry_run: bool = False
    send: bool = False
    by: Agent | None = None


@dataclass(slots=True)
class Report:
    """What became of one person's rules in one file. outcome: given, known, would_give, unmatched, box, conflict,
    repeated, unreadable, no_room. why: French, when nothing was given. remarks: how often each code. sending: None when
    it was not asked for."""

    file: str
    address: str = ""
    name: str = ""
    outcome: str = ""
    why: str = ""
    rules: int = 0
    same: int = 0
    near: int = 0
    refused: int = 0
    remarks: dict[str, int] = field(default_factory=dict)
    sending: Sending | None = None

    @property
    def is_done(self) -> bool:
        """Whether all that was asked for was done, or would be."""
        if self.outcome == Outcome.REPEATED:
            return True
        return not self.why and (self.sending is None or self.sending.is_done)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def import_file(path: Path, wish: Wish, agent: Agent | None = None) -> Iterator[Report]:
    """One report for each person in the file, as soon as their part is done; an LDIF is read entry by entry.

    agent: whose rules these are, whatever the file says. Raises OSError.
    """
    if agent is not None:
        yield _for_one(str(path), agent, path.read_bytes(), path.name, wish)
        return
    counts: Counter[str] = Counter()
    best: dict[int, Best] = {}
    number = 0
    # Read twice: who has several entries is known only at the end.
    for number, entry, match in _matched(path, counts):
        if match.agent_id is not None:
            mine = Best(match.by, number, hashlib.sha256(entry.text).hexdigest())
            best[match.agent_id] = better(best.get(match.agent_id), mine)
    if not number:
        yield Report(str(path), outcome="unreadable", why=_why_nothing(path, counts))
    for number, entry, match in _matched(path, Counter()):
        yield _of_entry(str(path), number, entry, match, best, wish)


def _matched(path: Path, counts: Counter[str]) -> Iterator[tuple[int, PersonEntry, Match]]:
    number = 0
    with path.open("rb") as file:
        listed = entries(lines_of(iter(lambda: file.read(_PIECE), b"")), counts)
        while together := list(islice(listed, ENTRIES_TOGETHER)):
            for entry, match in zip(together, match_all(together), strict=True):
                number += 1
                yield number, entry, match


def _why_nothing(path: Path, counts: Counter[str]) -> str:
    if counts["without_rules"]:
        return "c’est un annuaire où personne n’a de règle (aucune ligne « mailSieveRuleSource »)"
    with path.open("rb") as file:
        if detect.kind_of(file.read(_PIECE)) == detect.FILTERS:
            return "ces règles ne disent pas à qui elles sont : ajoutez --for prenom.nom@domaine"
    return (
        "ce fichier n’est pas un annuaire LDIF avec des règles ; pour un script Sieve, ajoutez --for prenom.nom@domaine"
    )


def _of_entry(file: str, number: int, entry: PersonEntry, match: Match, best: dict[int, Best], wish: Wish) -> Report:
    if match.agent_id is None:
        return _held_back(Report(file, address=shown_address(entry) or "sans adresse"), match.outcome)
    agent = Agent.objects.get(pk=match.agent_id)
    chosen = best[match.agent_id]
    if chosen.is_tied or chosen.number != number:
        outcome = Outcome.CONFLICT if chosen.is_tied else Outcome.REPEATED
        return _held_back(Report(file, agent.address, agent.full_name), outcome)
    return _for_one(file, agent, entry.text, "", wish)


def _held_back(report: Report, outcome: str) -> Report:
    report.outcome, report.why = str(outcome), _WHY[Outcome(outcome)]
    return report


def _for_one(file: str, agent: Agent, text: bytes, name: str, wish: Wish) -> Report:
    report = Report(file, agent.address, agent.full_name)
    try:
        found = read_rules(text, name)
    except Unreadable as reason:
        report.outcome, report.why = "unreadable", str(reason)
        return report
    _count(report, found)
    if wish.dry_run:
        report.outcome = "known" if known(agent, text) else "would_give"
        if wish.send:
            report.sending = preview(agent, found)
        return report
    given = give(agent=agent, text=text, name=shown_name(name) if name else NAME, by=wish.by)
    if given.deposit is None:
        report.outcome, report.why = "no_room", "cette personne a déposé trop de fichiers"
        return report
    report.outcome = "given" if given.is_new else "known"
    # A worker may have begun to read it; then it is read once, whoever is first.
    reading.read(given.deposit.pk)
    if Deposit.objects.get(pk=given.deposit.pk).state != Deposit.State.READ:
        report.outcome, report.why = (
            "unreadable",
            "la lecture est en cours ailleurs, ou a échoué : voyez « Mes fichiers »",
        )
        return report
    if wish.send:
        report.sending = send(agent, by=wish.by)
    return report


def _count(report: Report, found: FilterReading) -> None:
    verdicts = Counter(rule.verdict.value for rule in found.rules)
    codes: Iterable[str] = [
        *(remark.code for remark in found.remarks),
        *(remark.code for rule in found.rules for remark in rule.remarks),
    ]
    report.rules = len(found.rules)
    report.same, report.near, report.refused = verdicts["same"], verdicts["near"], verdicts["refused"]
    report.remarks = dict(sorted(Counter(codes).items()))
