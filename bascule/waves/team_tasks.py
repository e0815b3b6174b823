"""What waits for staff of the waves: counts for the page they begin with."""

from __future__ import annotations

from django.urls import reverse

from accounts.team_waiting import Waiting
from bascule.waves import consequences


def waiting() -> list[Waiting]:
    """What somebody of staff can decide now; one wave leads to its page, several to all of them. A few queries."""
    found = []
    for one, several, waves in consequences.waiting():
        if waves:
            state = reverse("wave_run", args=(waves[0].pk,))
            url = state if len(waves) == 1 else consequences.address("waves") or state
            found.append(Waiting(len(waves), one, several, url))
    return found
