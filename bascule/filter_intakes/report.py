"""What staff see of an intake: how many, who, and what became of each. Counts and codes, never what a rule says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db.models import Count, QuerySet

from bascule.filter_intakes.matching import FURTHER, LOGIN
from bascule.models import CapturedRule, Deposit, FilterIntake, FilterIntakeEntry

Outcome = FilterIntakeEntry.Outcome
Verdict = CapturedRule.Verdict

_ROWS_TOGETHER = 500

# Label of a list of people, in the order of the page; and what to do about them.
GROUPS: dict[str, tuple[str, str]] = {
    Outcome.MATCHED: ("Personnes reconnues", "Elles recevront leurs règles à la confirmation."),
    Outcome.GIVEN: ("Règles données", "Ces personnes sont prévenues et relisent leurs règles dans « Mes filtres »."),
    Outcome.KNOWN: (
        "Déjà données",
        "Le même contenu était déjà déposé pour ces personnes : rien n’est donné deux fois.",
    ),
    Outcome.UNMATCHED: (
        "Adresses inconnues",
        "Aucune personne du portail n’a cette adresse, ni ce nom de connexion. Vérifiez l’annuaire du portail, puis "
        "redéposez le fichier : les autres ne recevront rien en double.",
    ),
    Outcome.CONFLICT: (
        "Entrées contradictoires",
        "Plusieurs entrées différentes pour une personne, ou plusieurs personnes pour une entrée : rien n’est donné. "
        "Corrigez le fichier et redéposez-le.",
    ),
    Outcome.REPEATED: (
        "Entrées en double",
        "Une autre entrée du fichier correspond à la même personne, aussi bien ou mieux : celle-ci est laissée.",
    ),
    Outcome.BOX: (
        "Boîtes partagées",
        "Les filtres ne fonctionnent pas aujourd’hui sur les boîtes partagées de Zimbra : ces règles ne sont données à "
        "personne.",
    ),
    Outcome.NO_ROOM: (
        "Trop de fichiers déposés",
        "Ces personnes ont atteint le nombre maximum de fichiers : elles doivent en supprimer.",
    ),
}
_MATCHED_BY = {FURTHER: "par une autre adresse", LOGIN: "par le nom de connexion"}


@dataclass(frozen=True, slots=True)
class Group:
    outcome: str
    label: str
    explained: str
    count: int


@dataclass(frozen=True, slots=True)
class Person:
    """A row of the report. verdicts: rules that were read for this person by verdict. codes: of remarks."""

    entry: FilterIntakeEntry
    verdicts: Counter[str] = field(default_factory=Counter)
    codes: tuple[str, ...] = ()

    @property
    def matched_by(self) -> str:
        return _MATCHED_BY.get(self.entry.matched_by, "") if self.entry.agent else ""

    @property
    def same(self) -> int:
        return self.verdicts[Verdict.SAME]

    @property
    def near(self) -> int:
        return self.verdicts[Verdict.NEAR]

    @property
    def refused(self) -> int:
        return self.verdicts[Verdict.REFUSED]

    @property
    def read(self) -> int:
        return self.verdicts.total()

    @property
    def reading(self) -> str:
        """How the reading of the deposit went, in French; "" without one."""
        return self.entry.deposit.get_state_display() if self.entry.deposit else ""


def groups(intake: FilterIntake) -> list[Group]:
    """The lists that are not empty."""
    counted = dict(intake.people.order_by().values_list("outcome").annotate(many=Count("pk")))
    return [
        Group(outcome, label, explained, counted[outcome])
        for outcome, (label, explained) in GROUPS.items()
        if counted.get(outcome)
    ]


def damaged(intake: FilterIntake) -> int:
    """Entries with a value that could not be decoded, or was too long."""
    return intake.people.filter(is_damaged=True).count()


def people(intake: FilterIntake, outcome: str = "", *, only_damaged: bool = False) -> QuerySet[FilterIntakeEntry]:
    """Rows of the report, of one list or all."""
    rows = intake.people.defer("text").select_related("agent", "deposit").defer("text", "deposit__remarks")
    if outcome in GROUPS:
        rows = rows.filter(outcome=outcome)
    return rows.filter(is_damaged=True) if only_damaged else rows


def told(entries: Iterable[FilterIntakeEntry]) -> list[Person]:
    """With what was read for each; one query."""
    listed = list(entries)
    verdicts: dict[int, Counter[str]] = {}
    deposits = [entry.deposit_id for entry in listed if entry.deposit_id]
    counted = CapturedRule.objects.filter(deposit_id__in=deposits).order_by().values_list("deposit_id", "verdict")
    for deposit_id, verdict, many in counted.annotate(many=Count("pk")):
        verdicts.setdefault(deposit_id, Counter())[verdict] = many
    return [_person(entry, verdicts) for entry in listed]


def table(intake: FilterIntake, outcome: str = "", *, only_damaged: bool = False) -> Iterator[tuple[object, ...]]:
    """The report for a spreadsheet, heading first; some rows at a time, however many there are."""
    yield (
        "entrée", "adresse dans l’annuaire", "résultat", "personne", "adresse de la personne", "reconnue",
        "règles dans le fichier", "valeurs abîmées", "lecture", "règles relevées", "identiques", "à vérifier",
        "non reprises", "remarques",
    )  # fmt: skip
    rows = people(intake, outcome, only_damaged=only_damaged)
    last = 0
    while some := list(rows.filter(number__gt=last)[:_ROWS_TOGETHER]):
        last = some[-1].number
        for one in told(some):
            entry = one.entry
            yield (
                entry.number,
                entry.address,
                entry.get_outcome_display(),
                entry.agent.full_name if entry.agent else "",
                entry.agent.address if entry.agent else "",
                one.matched_by,
                entry.rules,
                "oui" if entry.is_damaged else "",
                one.reading,
                *((one.read, one.same, one.near, one.refused) if entry.deposit else ("", "", "", "")),
                " ".join(one.codes),
            )


def percent(intake: FilterIntake) -> int:
    """How far the present stage has come."""
    if intake.state == FilterIntake.State.LOOKING:
        return intake.octets_read * 100 // intake.size if intake.size else 0
    left = intake.people.filter(outcome=Outcome.MATCHED).count()
    return (intake.matched - left) * 100 // intake.matched if intake.matched else 100


def _person(entry: FilterIntakeEntry, verdicts: dict[int, Counter[str]]) -> Person:
    deposit: Deposit | None = entry.deposit
    if deposit is None:
        return Person(entry)
    codes = tuple(f"{code}×{many}" for code, many in sorted(deposit.remark_counts.items()))
    return Person(entry, verdicts.get(deposit.pk, Counter()), codes)
