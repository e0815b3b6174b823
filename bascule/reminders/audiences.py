"""Who of a wave gets a reminder: by what is not done, all in one query on `Standing`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import Agent, Establishment, Population
from bascule import standings, steps
from bascule.models import Deposit, ReminderMail, ReminderRefusal, Standing, Wave
from boxes.models import Box, CensusSheet

# A preview counts no further.
MOST_COUNTED = 20_000


class What(StrEnum):
    """What has not been done."""

    EVERYBODY = "everybody"
    NOT_STARTED = "not_started"
    NOTHING_DEPOSITED = "nothing_deposited"
    BEFORE = "before"
    AFTER = "after"
    ANY_OF = "any_of"
    ALL_OF = "all_of"
    CENSUS = "census"


LABELS: dict[What, str] = {
    What.EVERYBODY: "Tout le monde",
    What.NOT_STARTED: "Qui n’a rien commencé",
    What.NOTHING_DEPOSITED: "Qui n’a déposé aucun fichier",
    What.BEFORE: "Qui n’a pas fini les étapes d’avant le transfert",
    What.AFTER: "Qui a été transféré et n’a pas fini les étapes d’après",
    What.ANY_OF: "À qui il reste au moins une des étapes cochées",
    What.ALL_OF: "À qui il reste toutes les étapes cochées",
    What.CENSUS: "Directions dont le recensement des boîtes n’est pas transmis",
}


class Moved(StrEnum):
    """Where the move of the mailbox has got to."""

    ANY = ""
    NO = "no"
    YES = "yes"


MOVED_LABELS: dict[Moved, str] = {
    Moved.ANY: "Transférées ou non",
    Moved.NO: "Pas encore transférées",
    Moved.YES: "Déjà transférées",
}


class AudienceError(Exception):
    """The choice makes no sense; `sentence` says why, in French."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class Audience:
    """steps: codes, for ANY_OF and ALL_OF. populations: codes; establishments: UAI; none: of all. quiet_days: nobody
    who had a reminder within so many days, 0: whoever."""

    what: What = What.EVERYBODY
    moved: Moved = Moved.ANY
    steps: tuple[str, ...] = ()
    populations: tuple[str, ...] = ()
    establishments: tuple[str, ...] = ()
    quiet_days: int = 0

    @property
    def concerns_moved(self) -> bool:
        """Only people whose mailbox has been transferred."""
        return self.moved is Moved.YES or self.what is What.AFTER

    def kept(self) -> dict[str, Any]:
        """As a row keeps it."""
        return asdict(self)

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Audience:
        """What `kept` wrote; steps that there are no longer are left out."""
        codes = {step.code for step in steps.STEPS}
        return cls(
            What(kept.get("what", What.EVERYBODY)),
            Moved(kept.get("moved", Moved.ANY)),
            tuple(code for code in kept.get("steps", ()) if code in codes),
            tuple(kept.get("populations", ())),
            tuple(kept.get("establishments", ())),
            int(kept.get("quiet_days", 0)),
        )


def check(audience: Audience) -> None:
    """Raises AudienceError."""
    if audience.what in {What.ANY_OF, What.ALL_OF} and not audience.steps:
        raise AudienceError("Cochez au moins une étape, ou choisissez autrement qui reçoit le message.")
    known = set(Establishment.objects.filter(uai__in=audience.establishments).values_list("uai", flat=True))
    missing = [uai for uai in audience.establishments if uai not in known]
    if missing:
        raise AudienceError(f"Établissement inconnu : {', '.join(missing[:5])}. Un code UAI ressemble à 9740001A.")
    found = set(Population.objects.filter(code__in=audience.populations).values_list("code", flat=True))
    if set(audience.populations) - found:
        raise AudienceError("Une population choisie n’existe plus.")
    if audience.what is What.AFTER and audience.moved is Moved.NO:
        raise AudienceError("Les étapes d’après ne concernent que les personnes déjà transférées.")


def people(audience: Audience, wave: Wave) -> QuerySet[Standing]:
    """Active people of `wave` who are meant, whatever was sent before."""
    rows = Standing.objects.filter(wave=wave, is_active=True)
    if audience.populations:
        wanted = Population.objects.filter(code__in=audience.populations)
        rows = rows.filter(population__in=list(wanted.values_list("pk", flat=True)))
    if audience.establishments:
        places = Establishment.objects.filter(uai__in=audience.establishments)
        rows = rows.filter(establishment__in=list(places.values_list("pk", flat=True)))
    if audience.moved is Moved.NO:
        rows = rows.filter(migrated_at=None)
    elif audience.moved is Moved.YES:
        rows = rows.filter(migrated_at__isnull=False)
    rows = _who_lack(rows, audience)
    if audience.quiet_days:
        since = timezone.now() - timedelta(days=audience.quiet_days)
        lately = ReminderMail.objects.filter(agent=OuterRef("agent_id"), at__gte=since, state__in=_TOLD)
        rows = rows.filter(~Exists(lately))
    return rows


# Expressions combine as well as numbers.
_CLOSED = F("done").bitor(F("skipped"))  # type: ignore[arg-type]
# A mail of which it is not known whether it left counts as one.
_TOLD = (ReminderMail.State.SENT, ReminderMail.State.LEAVING, ReminderMail.State.UNCERTAIN)


def _who_lack(rows: QuerySet[Standing], audience: Audience) -> QuerySet[Standing]:
    chosen = standings.mask(audience.steps)
    match audience.what:
        case What.NOT_STARTED:
            return rows.filter(done=0, skipped=0)
        case What.NOTHING_DEPOSITED:
            return rows.filter(~Exists(Deposit.objects.filter(agent=OuterRef("agent_id"))))
        case What.BEFORE:
            return _some_open(rows.filter(migrated_at=None), standings.BEFORE)
        case What.AFTER:
            return _some_open(rows.filter(migrated_at__isnull=False), standings.AFTER)
        case What.ANY_OF:
            return _some_open(rows, chosen)
        case What.ALL_OF:
            return rows.alias(closed=_CLOSED).alias(of_these=F("closed").bitand(chosen)).filter(of_these=0)
        case What.CENSUS:
            boxes = Box.objects.filter(establishment=OuterRef("establishment_id"))
            handed_in = CensusSheet.objects.filter(establishment=OuterRef("establishment_id")).exclude(
                state=CensusSheet.State.OPEN
            )
            return rows.filter(
                Exists(boxes), ~Exists(handed_in), agent__function=Agent.Function.HEAD, establishment__isnull=False
            )
        case _:
            return rows


def _some_open(rows: QuerySet[Standing], mask: int) -> QuerySet[Standing]:
    closed = rows.alias(closed=_CLOSED)
    return closed.alias(of_these=F("closed").bitand(mask)).filter(~Q(of_these=mask))


def willing(rows: QuerySet[Standing]) -> QuerySet[Standing]:
    """Without those who want no reminders."""
    return rows.filter(~Exists(ReminderRefusal.objects.filter(agent=OuterRef("agent_id"))))


def count(rows: QuerySet[Standing], most: int = MOST_COUNTED) -> int:
    """How many, `most` + 1 standing for more."""
    return rows.order_by()[: most + 1].count()
