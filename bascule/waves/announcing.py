"""Telling people the date of their wave, once: the row `Standing` says of each person what was told last.

The note is written with the notice, in one transaction, by a run (a wave is frozen) as by the clock (somebody joins a
wave whose list is closed, or its date changes): whoever comes second finds nothing left to tell.
"""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.formats import date_format

from accounts import notices
from accounts.models import Agent
from bascule import planning, standings
from bascule.models import Standing, Wave


def expects(wave: Wave, today: date) -> bool:
    """Whether people of `wave` are to know its date: the list is closed, and the day still to come."""
    return wave.state in Wave.CLOSED and wave.date is not None and wave.date >= today


def knows_not(wave: Wave) -> Q:
    """Condition on `Standing`: the last news of a date was not of this wave and date, or there was none."""
    return Q(told_wave=None) | Q(told_date=None) | ~Q(told_wave=wave.pk) | ~Q(told_date=wave.date)


def untold(wave: Wave) -> QuerySet[Standing]:
    """People of `wave` who have not moved and do not know of this wave and date."""
    return Standing.objects.filter(knows_not(wave), wave=wave, is_active=True, migrated_at=None)


def told(wave: Wave) -> QuerySet[Standing]:
    """People who have not moved, and whose last news of a date was of `wave`."""
    return Standing.objects.filter(told_wave=wave, told_date__isnull=False, is_active=True, migrated_at=None)


def tell_next(wave: Wave, limit: int) -> int:
    """Tell `limit` more people the date of `wave`; gives how many were told, 0 when everybody knows.

    In a transaction that has locked the planning, with the wave read in it.
    """
    if not expects(wave, planning.today()):
        return 0
    assert wave.date is not None
    rows = list(
        untold(wave).select_for_update(of=("self",)).select_related("agent").order_by("pk")[:limit],
    )
    day = date_format(wave.date, "l j F Y")
    first = [row for row in rows if row.told_date is None]
    again = [row for row in rows if row.told_date is not None]
    for told_now, title, opening in (
        (first, f"Votre messagerie sera transférée le {day}", ""),
        (again, f"Nouvelle date : votre messagerie sera transférée le {day}", "La date annoncée a changé. "),
    ):
        notices.notify_each(
            [(row.agent, opening + _body(row, day)) for row in told_now],
            kind="wave.date",
            title=title,
            link=reverse("home"),
            by_mail=True,
            in_turn=True,
        )
    Standing.objects.filter(pk__in=[row.pk for row in rows]).update(told_wave=wave, told_date=wave.date)
    return len(rows)


def take_back_next(wave: Wave, limit: int) -> int:
    """Tell `limit` more of those who know a date of `wave` that it does not hold any more; gives how many.

    They know no date afterwards: when the wave is frozen again, they hear of it again. In a transaction that has
    locked the planning.
    """
    rows = list(told(wave).select_for_update(of=("self",)).select_related("agent").order_by("pk")[:limit])
    notices.notify_each(
        [(row.agent, _taken_back(row)) for row in rows],
        kind="wave.date",
        title="La date du transfert de votre messagerie est à reconfirmer",
        link=reverse("home"),
        by_mail=True,
        in_turn=True,
    )
    Standing.objects.filter(pk__in=[row.pk for row in rows]).update(told_wave=None, told_date=None)
    return len(rows)


def _body(row: Standing, day: str) -> str:
    left = _count(standings.BEFORE & ~(row.done | row.skipped))
    steps = {0: "Vos étapes d’avant le transfert sont toutes closes. ", 1: "Il vous reste une étape avant ce jour. "}
    return (
        f"Votre boîte sera transférée vers la messagerie nationale le {day}. "
        + steps.get(left, f"Il vous reste {left} étapes avant ce jour. ")
        + "Vos messages et vos dossiers sont transférés pour vous ; vos filtres, agendas, carnets d’adresses et "
        "signatures ne le sont pas : relevez ceux que vous voulez garder, en suivant votre liste d’étapes."
    )


def _taken_back(row: Standing) -> str:
    day = date_format(row.told_date, "j F Y") if row.told_date else ""
    return (
        f"Le transfert annoncé pour le {day} n’est plus sûr à cette date. Une nouvelle date vous sera indiquée ; "
        "jusque-là, rien ne change dans votre messagerie, et vous pouvez avancer dans votre liste d’étapes."
    )


def _count(bits: int) -> int:
    return bits.bit_count()


def subjects_of(wave: Wave) -> QuerySet[Agent]:
    """People of `wave` whom its end would note as moved."""
    return Agent.objects.filter(standing__wave=wave, is_active=True, migrated_at=None)
