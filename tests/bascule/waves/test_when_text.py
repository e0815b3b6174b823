"""Dates and periods as people write them."""

from __future__ import annotations

from datetime import date

import pytest

from bascule.models import Wave
from bascule.waves import when_text
from bascule.waves.when_text import WhenError

TODAY = date(2025, 4, 20)

# What is typed, first and last day, and how the period is called (none for a day).
UNDERSTOOD = {
    "16/04/2025": ("2025-04-16", "2025-04-16", ""),
    "16-4-25": ("2025-04-16", "2025-04-16", ""),
    "16.04.2025": ("2025-04-16", "2025-04-16", ""),
    "2025-05-02": ("2025-05-02", "2025-05-02", ""),
    " 2 mai\u00a02025 ": ("2025-05-02", "2025-05-02", ""),
    "Le 2 Mai": ("2025-05-02", "2025-05-02", ""),
    "vendredi 2 mai 2025": ("2025-05-02", "2025-05-02", ""),
    "1er mai": ("2025-05-01", "2025-05-01", ""),
    "1 février": ("2026-02-01", "2026-02-01", ""),
    "2 avril": ("2026-04-02", "2026-04-02", ""),
    "20/04": ("2025-04-20", "2025-04-20", ""),
    "29 février": ("2028-02-29", "2028-02-29", ""),
    "3 déc. 2025": ("2025-12-03", "2025-12-03", ""),
    "mi-mai": ("2025-05-11", "2025-05-20", "mi-mai 2025"),
    "à la mi-mai 2025": ("2025-05-11", "2025-05-20", "mi-mai 2025"),
    "MI MAI 26": ("2026-05-11", "2026-05-20", "mi-mai 2026"),
    "début juin": ("2025-06-01", "2025-06-10", "début juin 2025"),
    "debut  juin": ("2025-06-01", "2025-06-10", "début juin 2025"),
    "fin septembre": ("2025-09-21", "2025-09-30", "fin septembre 2025"),
    "fin février 2028": ("2028-02-21", "2028-02-29", "fin février 2028"),
    "octobre": ("2025-10-01", "2025-10-31", "octobre 2025"),
    "en octobre 2025": ("2025-10-01", "2025-10-31", "octobre 2025"),
    "courant novembre": ("2025-11-01", "2025-11-30", "courant novembre 2025"),
    "mi-avril": ("2025-04-11", "2025-04-20", "mi-avril 2025"),
    "début avril": ("2026-04-01", "2026-04-10", "début avril 2026"),
    "avril": ("2025-04-01", "2025-04-30", "avril 2025"),
    "semaine du 12 mai": ("2025-05-12", "2025-05-18", "semaine du 12 mai 2025"),
    "la semaine du lundi 29 décembre": ("2025-12-29", "2026-01-04", "semaine du 29 décembre 2025"),
    "semaine 20": ("2025-05-12", "2025-05-18", "semaine du 12 mai 2025"),
    "S20 2026": ("2026-05-11", "2026-05-17", "semaine du 11 mai 2026"),
    "1re quinzaine de juin": ("2025-06-01", "2025-06-15", "1re quinzaine de juin 2025"),
    "première quinzaine de juin": ("2025-06-01", "2025-06-15", "1re quinzaine de juin 2025"),
    "2e quinzaine d’octobre": ("2025-10-16", "2025-10-31", "2e quinzaine d’octobre 2025"),
    "seconde quinzaine de juin": ("2025-06-16", "2025-06-30", "2e quinzaine de juin 2025"),
    "du 12 au 16 mai": ("2025-05-12", "2025-05-16", "du 12 au 16 mai 2025"),
    "du 28 mai au 3 juin 2025": ("2025-05-28", "2025-06-03", "du 28 mai au 3 juin 2025"),
    "du 29 décembre au 2 janvier": ("2025-12-29", "2026-01-02", "du 29 décembre 2025 au 2 janvier 2026"),
    "entre le 1er et le 5 juin": ("2025-06-01", "2025-06-05", "du 1er au 5 juin 2025"),
    "mai-juin": ("2025-05-01", "2025-06-30", "mai à juin 2025"),
    "de novembre à janvier": ("2025-11-01", "2026-01-31", "novembre 2025 à janvier 2026"),
    "2e trimestre 2026": ("2026-04-01", "2026-06-30", "2e trimestre 2026"),
}

# What is typed, and a part of the sentence that refuses it.
REFUSED = {
    "": "Écrivez quand",
    "après les vacances": "« après les vacances » ne dit pas quand",
    "bientôt": "ne dit pas quand",
    "31/04/2025": "le mois d’avril 2025 a 30 jours",
    "29 février 2025": "le mois de février 2025 a 28 jours",
    "04/16/2025": "Il n’y a pas de mois 16",
    "lundi 2 mai 2025": "Le 2 mai 2025 est un vendredi",
    "2 mai 2205": "L’année 2205",
    "mi-mai 0000": "n’est pas celle d’une bascule",
    "semaine 60 2025": "Il n’y a pas de semaine 60",
    "du 16 au 12 mai": "n’est pas avant",
    "\0\0": "Écrivez quand",
    "mai " * 50: "trop long",
    "de juin 2026 à mai 2026": "n’est pas avant",
}


@pytest.mark.parametrize("typed", UNDERSTOOD)
def test_when_is_understood(typed: str) -> None:
    found = when_text.read(typed, today=TODAY)
    assert (found.start.isoformat(), found.end.isoformat(), found.label) == UNDERSTOOD[typed]
    assert when_text.read(found.typed, today=TODAY) == found


@pytest.mark.parametrize("typed", REFUSED)
def test_what_says_no_time_is_refused(typed: str) -> None:
    with pytest.raises(WhenError) as refused:
        when_text.read(typed, today=TODAY)
    assert REFUSED[typed] in refused.value.sentence


def test_a_year_left_out_is_the_last_one_for_what_has_been() -> None:
    texts = ("16 avril", "2 mai", "20/04", "avril", "mi-mai", "29 février")
    years = [when_text.read(text, today=TODAY, past=True).start.year for text in texts]
    assert years == [2025, 2024, 2025, 2025, 2024, 2024]


def test_when_is_spelled_for_whoever_typed_it() -> None:
    spelled = {text: when_text.read(text, today=TODAY).spelled for text in ("2/5", "mi-mai", "du 12 au 16 mai")}
    assert spelled == {
        "2/5": "vendredi 2 mai 2025",
        "mi-mai": "mi-mai 2025, du 11 au 20 mai 2025",
        "du 12 au 16 mai": "du 12 au 16 mai 2025",
    }


@pytest.mark.parametrize(
    ("label", "start", "end"),
    [
        ("mi-mai", date(2025, 5, 15), date(2025, 5, 20)),
        ("après la rentrée", date(2025, 9, 3), date(2025, 9, 30)),
        ("octobre 2025", date(2025, 10, 1), date(2025, 10, 31)),
    ],
)
def test_a_wave_written_elsewhere_has_a_last_day(label: str, start: date, end: date) -> None:
    found = when_text.of_wave(Wave(period_label=label, period_start=start))
    assert (found.end, found.label) == (end, label)
