"""What a decision about a wave brings with it, counted before it is confirmed. Nothing is written.

Counts are of one wave, by indexes on it: a page asks for them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import Agent, Establishment
from bascule import planning, standings
from bascule.models import Standing, Wave, WaveRun
from bascule.rehearsals import listing
from bascule.waves import announcing, running
from boxes.models import Box, CensusSheet

# A wave that is still under way so long after its start waits for staff.
LATE_AFTER = timedelta(days=3)
# Freezing leaves people that many days to get ready.
FREEZE_BEFORE = timedelta(days=7)


@dataclass(frozen=True)
class Warning:
    """Something to look at first; it does not forbid the decision. url: where, or empty."""

    sentence: str
    url: str = ""
    label: str = ""


@dataclass(frozen=True)
class Facts:
    """Persons and boxes of a wave, as far as a decision concerns them."""

    people: int = 0
    moved: int = 0
    to_move: int = 0
    to_tell: int = 0
    knowing: int = 0
    not_ready: int = 0
    noted_by_end: int = 0
    boxes: int = 0
    warnings: list[Warning] = field(default_factory=list)


def of_freeze(wave: Wave) -> Facts:
    places = _places_of_heads(wave)
    return replace(
        _people(wave),
        boxes=_boxes(wave, places).count(),
        warnings=[*_rehearsed(wave), *_shared_with_others(wave), *_censuses(wave, places)],
    )


def of_start(wave: Wave) -> Facts:
    return replace(_people(wave), warnings=_other_day(wave))


def of_finish(wave: Wave) -> Facts:
    places = _places_of_heads(wave)
    boxes = _boxes(wave, places).filter(transfer_asked_at=None, is_kept=True)
    return replace(_people(wave), boxes=boxes.count(), warnings=_censuses(wave, places))


def of_back(wave: Wave) -> Facts:
    return replace(
        _people(wave),
        knowing=announcing.told(wave).count() if wave.state == Wave.State.FROZEN else 0,
        noted_by_end=running.noted_by_its_end(wave).count() if wave.state == Wave.State.DONE else 0,
    )


def _people(wave: Wave) -> Facts:
    """Active people of the wave: one look at their rows."""
    left = Q(migrated_at=None)
    # A step is done or skipped, never both: the sum has the bits of either.
    closed = (F("done") + F("skipped")).bitand(standings.BEFORE)
    counts = (
        Standing.objects.filter(wave=wave, is_active=True)
        .annotate(closed=closed)
        .aggregate(
            people=Count("pk"),
            moved=Count("pk", filter=~left),
            to_move=Count("pk", filter=left),
            to_tell=Count("pk", filter=left & announcing.knows_not(wave)),
            not_ready=Count("pk", filter=left & ~Q(closed=standings.BEFORE)),
        )
    )
    return Facts(**counts)


def _places_of_heads(wave: Wave) -> list[int]:
    """Establishments whose head goes with this wave: their boxes do too (`bascule.box_waves`)."""
    if not wave.takes_boxes:
        return []
    heads = Agent.objects.filter(
        standing__wave=wave, function=Agent.Function.HEAD, is_active=True, establishment__isnull=False
    )
    return list(heads.order_by().values_list("establishment", flat=True).distinct())


def _boxes(wave: Wave, places: list[int]) -> QuerySet[Box]:
    """Boxes of those establishments; with the last wave that takes boxes, those of no establishment too."""
    if not wave.takes_boxes:
        return Box.objects.none()
    mine = Q(establishment__in=places)
    taking = planning.in_order(Wave.objects.filter(takes_boxes=True))
    if taking and taking[-1].pk == wave.pk:
        mine |= Q(establishment=None)
    return Box.objects.filter(mine)


def _shared_with_others(wave: Wave) -> list[Warning]:
    """Waves that also take some of those whom this one takes by its rules."""
    populations = wave.populations.all()
    places = wave.establishments.all()
    others = Wave.objects.exclude(pk=wave.pk).exclude(state=Wave.State.DONE)
    by_place = list(places.values_list("pk", flat=True)[:1])
    others = others.filter(populations__in=populations) if populations else others.filter(establishments__in=places)
    if by_place and populations:
        others = others.filter(Q(establishments__in=places) | Q(establishments=None))
    names = list(dict.fromkeys(others.order_by("date", "pk").values_list("name", flat=True)[:10]))
    if not names:
        return []
    shown = ", ".join(f"« {name} »" for name in names[:3]) + (" et d’autres" if len(names) > 3 else "")
    return [
        Warning(
            f"D’autres vagues prennent aussi une partie de ces populations ou établissements : {shown}. La règle la "
            "plus précise l’emporte, puis la première date.",
            address("waves_overlaps"),
            "Voir les chevauchements",
        )
    ]


def _censuses(wave: Wave, places: list[int]) -> list[Warning]:
    """Censuses of the wave's establishments that were not handed in."""
    if not places:
        return []
    handed_in = CensusSheet.objects.filter(establishment=OuterRef("pk")).exclude(state=CensusSheet.State.OPEN)
    has_box = Box.objects.filter(establishment=OuterRef("pk"), transfer_asked_at=None, is_kept=True)
    count = Establishment.objects.filter(Exists(has_box), ~Exists(handed_in), pk__in=places).count()
    if not count:
        return []
    sentence = (
        "Un établissement n’a pas transmis son recensement"
        if count == 1
        else f"{count} établissements n’ont pas transmis leur recensement"
    )
    return [
        Warning(
            f"{sentence} : seules les personnes déjà saisies auraient accès à ses boîtes."
            if count == 1
            else f"{sentence} : seules les personnes déjà saisies auraient accès à leurs boîtes.",
            address("staff_census"),
            "Voir les recensements",
        )
    ]


def _rehearsed(wave: Wave) -> list[Warning]:
    """No dry run of the wave, or one that says that somebody is blocked."""
    url = reverse("wave_rehearsal", args=(wave.pk,))
    rehearsal = listing.latest_done(wave)
    if rehearsal is None:
        return [
            Warning(
                "Aucune répétition de cette vague : elle dirait quels comptes, fichiers ou boîtes ne sont pas prêts.",
                url,
                "Lancer une répétition",
            )
        ]
    blocked = int(rehearsal.counts.get("blocked", 0)) + int(rehearsal.counts.get("others_blocked", 0))
    if not blocked:
        return []
    made = date_format(timezone.localtime(rehearsal.created_at), "j F")
    what = f"{blocked} points bloquants" if blocked > 1 else "un point bloquant"
    return [Warning(f"La répétition du {made} a trouvé {what}.", f"{url}?gravite=0#constats", "Voir lesquels")]


def _other_day(wave: Wave) -> list[Warning]:
    today = planning.today()
    if wave.date is None or wave.date == today:
        return []
    return [
        Warning(
            f"Cette vague est prévue {planning.countdown(wave.date, today)}, et non aujourd’hui : "
            "les personnes en ont été prévenues à cette date."
        )
    ]


def waiting() -> list[tuple[str, str, list[Wave]]]:
    """What staff have to decide about waves: (one, several, the waves)."""
    today, now = planning.today(), timezone.now()
    state = Wave.State
    stopped = WaveRun.objects.filter(wave=OuterRef("pk"), finished_at=None, stopped_at__isnull=False)
    lists = [
        ("vague à démarrer", "vagues à démarrer", Wave.objects.filter(state=state.FROZEN, date__lte=today)),
        (
            "vague à figer avant sa date",
            "vagues à figer avant leur date",
            Wave.objects.filter(state=state.PLANNED, date__lte=today + FREEZE_BEFORE),
        ),
        (
            "vague en cours à terminer",
            "vagues en cours à terminer",
            Wave.objects.filter(state=state.UNDER_WAY, started_at__lte=now - LATE_AFTER),
        ),
        ("travail de vague arrêté", "travaux de vague arrêtés", Wave.objects.filter(Exists(stopped))),
    ]
    return [(one, several, list(rows.order_by("date", "pk")[:100])) for one, several, rows in lists]


def address(name: str) -> str:
    """The page of that name, empty where this portal has none."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
