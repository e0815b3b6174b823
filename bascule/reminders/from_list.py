"""The form of a reminder, filled from the filters of the list of people who do not get on (`tracking.stuck`)."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict

from accounts.models import Establishment, Population
from bascule import steps
from bascule.models import Wave
from bascule.reminders.audiences import Moved, What
from bascule.reminders.form import Filled
from bascule.steps import Step

# What the form says where it does not reach just the people of the list.
NOT_THE_SAME = (
    "Une relance ne sait pas reprendre tous les filtres de la liste d’où vous venez. Vérifiez à qui elle s’adresse : "
    "le nombre de personnes est montré avant l’envoi."
)


@dataclass(frozen=True)
class Near:
    """The nearest that an audience comes to a state; exact: it is the same people."""

    what: What
    moved: Moved = Moved.ANY
    exact: bool = True


_STATES: dict[str, Near] = {
    "untouched": Near(What.NOT_STARTED, Moved.NO),
    "started": Near(What.BEFORE, Moved.NO, exact=False),
    "waiting": Near(What.EVERYBODY, Moved.NO),
    "unfinished": Near(What.AFTER),
    "moved_untouched": Near(What.AFTER, exact=False),
    "ready": Near(What.EVERYBODY, Moved.NO, exact=False),
    "prepared": Near(What.EVERYBODY, exact=False),
    "moved": Near(What.EVERYBODY, Moved.YES),
    "complete": Near(What.EVERYBODY, Moved.YES, exact=False),
    "all": Near(What.EVERYBODY),
}
_MOVING = (Wave.State.UNDER_WAY, Wave.State.DONE)


# The filters of the list in its address.
NAMES = ("etat", "etape", "comment", "etablissement", "population", "jours", "recherche")


def fill(found: Filled, wave: Wave, query: QueryDict) -> bool:
    """Put the audience in the form `found`; gives whether it reaches the people of the list and nobody else.

    query: the filters of the list, by `NAMES`.
    """
    step = next((one for one in steps.STEPS if one.code == query.get("etape")), None)
    how = query.get("comment", "")
    near = _of_state(wave, query.get("etat", ""), step)
    found.waves, found.what, found.moved, found.steps = frozenset({wave.pk}), near.what, near.moved, frozenset()
    exact = near.exact and not query.get("jours") and not query.get("recherche", "").strip()
    if step is not None:
        possible = step.is_before or near.moved is not Moved.NO
        exact = exact and possible and how not in ("done", "skipped", "held_up") and near.what is What.EVERYBODY
        if how not in ("done", "skipped"):
            found.what, found.steps = What.ANY_OF, frozenset({step.code})
            # What comes after the move is open for whoever has moved.
            found.moved = found.moved or (Moved.ANY if step.is_before else Moved.YES)
    found.populations = frozenset(_population(query.get("population", "")))
    place = query.get("etablissement", "")
    found.establishments = _uai(place)
    return exact and (not place or bool(found.establishments))


def _of_state(wave: Wave, state: str, step: Step | None) -> Near:
    if state in _STATES:
        return _STATES[state]
    if step is not None:
        return _STATES["all"]
    # Whoever is behind: those to come prepare, those who have moved finish.
    if wave.state in _MOVING:
        return Near(What.AFTER, exact=False)
    return Near(What.BEFORE, exact=not wave.standings.filter(migrated_at__isnull=False, is_active=True).exists())


def _population(key: str) -> list[str]:
    return list(Population.objects.filter(pk=int(key)).values_list("code", flat=True)) if _is_key(key) else []


def _uai(key: str) -> str:
    known = Establishment.objects.filter(pk=int(key)) if _is_key(key) else Establishment.objects.filter(uai=key.upper())
    return known.values_list("uai", flat=True).first() or ""


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 18
