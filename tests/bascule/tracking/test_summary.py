"""The sentence that says what matters first."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bascule.models import Wave, WaveFigure
from bascule.tracking.summary import funnel, groups, overall, sentence

DAY = date(2030, 3, 1)
S = Wave.State


def wave(state: str = S.PLANNED, day: date | None = DAY) -> Wave:
    return Wave(name="Vague", state=state, date=day)


@pytest.mark.parametrize(
    ("one", "days", "counts", "told"),
    [
        (wave(), -12, {}, "Personne n’est dans cette vague."),
        (
            wave(),
            -12,
            {"people": 340, "ready": 212, "imports_failed": 9},
            "212 personnes sur 340 sont prêtes ; il reste 12 jours. 9 imports sont arrêtés.",
        ),
        (wave(S.FROZEN), -1, {"people": 9, "ready": 1}, "1 personne sur 9 est prête ; le transfert a lieu demain."),
        (wave(), 0, {"people": 9}, "Aucune personne sur 9 n’est prête ; le transfert a lieu aujourd’hui."),
        (wave(), 3, {"people": 9, "ready": 9}, "9 personnes sur 9 sont prêtes ; la date est passée de 3 jours."),
        (wave(day=None), 0, {"people": 9}, "Aucune personne sur 9 n’est prête ; la date exacte n’est pas fixée."),
        (wave(S.UNDER_WAY), 0, {"people": 9}, "Aucune personne sur 9 n’est transférée."),
        (
            wave(S.UNDER_WAY),
            0,
            {"people": 1234, "moved": 1200, "complete": 1, "unreadable": 1, "replays_failed": 2, "imports_waiting": 1},
            "1\N{NARROW NO-BREAK SPACE}200 personnes sur 1\N{NARROW NO-BREAK SPACE}234 sont transférées, dont 1 a tout "
            "terminé. 2 envois sont arrêtés, 1 fichier est illisible, 1 import attend Zimbra.",
        ),
        (
            wave(S.DONE),
            9,
            {"people": 2, "moved": 1},
            "1 personne sur 2 est transférée, aucune n’a encore tout terminé.",
        ),
        (
            wave(S.DONE),
            9,
            {"people": 3, "moved": 3, "complete": 3},
            "3 personnes sur 3 sont transférées et toutes ont tout terminé.",
        ),
    ],
)
def test_sentence_tells_how_far_the_wave_is(one: Wave, days: int, counts: dict[str, int], told: str) -> None:
    assert sentence(one, WaveFigure(**counts), DAY + timedelta(days=days)) == told


def test_all_waves_together() -> None:
    figure = WaveFigure(people=20, moved=12, complete=1, imports_failed=1)
    told = "12 personnes sur 20 sont transférées, dont 1 a tout terminé"
    assert overall(figure, 2) == f"{told} ; 2 vagues sont en cours. 1 import est arrêté."
    assert overall(WaveFigure(people=2), 0) == "Aucune personne sur 2 n’est transférée."
    assert overall(WaveFigure(), 1) == ""


def test_groups_of_people_make_the_whole() -> None:
    figure = WaveFigure(people=10, untouched=1, started=2, ready=3, moved=4, complete=1)
    bar = groups(figure)
    assert sum(piece.count for piece in bar) == figure.people
    assert {piece.kind: piece.count for piece in bar}["unfinished"] == 3
    assert round(bar[-1].x + bar[-1].width) == 1000


def test_steps_after_the_move_concern_whoever_has_moved() -> None:
    figure = WaveFigure(people=10, moved=4, steps=[3, 1, 2] + [0] * 15 + [2, 1, 1] + [0] * 18)
    before, after = funnel(figure)
    assert (len(before), len(after)) == (6, 7)
    assert (before[0].done, before[0].skipped, before[0].open, before[0].held_up) == (3, 1, 6, 2)
    assert (after[0].total, after[0].open, after[0].closed_percent) == (4, 1, "75\N{NO-BREAK SPACE}%")
    assert funnel(WaveFigure())[0][0].open == 0
