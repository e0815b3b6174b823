"""The weeks behind the demo's academy: who closed which step on which day, and when the first waves moved.

Played day by day with the writers of the portal, so that figures and their days are counted, not made up. What the
writers dated now is dated back afterwards.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.utils import timezone

from accounts.models import Agent, JournalEntry, Notice
from bascule import checklist, moves, steps
from bascule.models import Standing, StepState, Wave, WaveDay
from bascule.tracking import figures

# Figures are noted this often; between two of them the days before count.
EVERY = timedelta(days=10)
BACK = timedelta(days=50)
# People whose steps are left to whoever tries the demo.
LEFT_ALONE = (
    "anais.lebon",
    "thierry.vitry",
    "claire.robert",
    "jean-noel.dijoux",
    "gerard.assing",
    "idriss.moutoussamy",
    "solene.riviere",
    "nadege.hoarau",
    "yannick.payet",
    "olivier.turpin",
)


def play(today: date) -> None:
    """Play the days up to yesterday, for an academy that has just been written. Waves that are done move their people
    on their date."""
    aside = [f"{local_part}@{settings.MAIL_DOMAIN}" for local_part in LEFT_ALONE]
    people = list(
        Standing.objects.select_related("agent", "wave").filter(wave__isnull=False).exclude(agent__address__in=aside)
    )
    moving = [wave for wave in Wave.objects.filter(state=Wave.State.DONE) if wave.date]
    day = today - BACK
    while day < today:
        until = min(day + EVERY, today)
        marks = _last_numbers()
        for wave in moving:
            if wave.date and day <= wave.date < until:
                at = datetime.combine(wave.date, time(18), timezone.get_default_timezone())
                moves.mark_migrated(agents=Agent.objects.filter(standing__wave=wave), by=None, at=at)
        for standing in people:
            _close(standing, day, until)
        _date_back(marks, datetime.combine(until - timedelta(days=1), time(10), timezone.get_default_timezone()))
        for wave in {standing.wave for standing in people if standing.wave}:
            figures.refresh_wave(wave.pk)
        WaveDay.objects.filter(day=timezone.localdate()).update(day=until - timedelta(days=1))
        day = until


def _close(standing: Standing, since: date, until: date) -> None:
    """Close the steps of a person that fall on the days from `since` to before `until`."""
    agent = standing.agent
    assert standing.wave is not None
    planned = standing.wave.date or standing.wave.period_start
    assert planned is not None, "held by the constraint wave_has_date_or_period"
    agent.refresh_from_db(fields=["migrated_at"])
    for step in steps.STEPS:
        chance = hashlib.sha256(f"{agent.address} {step.code}".encode()).digest()
        diligence = hashlib.sha256(agent.address.encode()).digest()[0] / 255
        # Before the move in the three weeks that lead to it, after it within ten days; the least diligent leave some.
        due = (
            planned - timedelta(days=1 + chance[0] % 20) if step.is_before else planned + timedelta(days=chance[0] % 10)
        )
        if not since <= due < until or chance[1] / 255 > 0.7 + diligence:
            continue
        if step.is_before or agent.has_migrated:
            if step.optional and chance[2] % 4 == 0:
                checklist.mark_not_concerned(agent=agent, step=step.code, by=agent)
            else:
                checklist.mark_done(agent=agent, step=step.code, by=agent)


def _last_numbers() -> tuple[int, int]:
    entry = JournalEntry.objects.order_by("-pk").values_list("pk", flat=True).first()
    notice = Notice.objects.order_by("-pk").values_list("pk", flat=True).first()
    return entry or 0, notice or 0


def _date_back(marks: tuple[int, int], at: datetime) -> None:
    """Date what was written after `marks` as of `at`."""
    entries, notices = marks
    JournalEntry.objects.filter(pk__gt=entries).update(at=at)
    Notice.objects.filter(pk__gt=notices).update(created_at=at)
    now = timezone.now() - timedelta(minutes=1)
    StepState.objects.filter(changed_at__gt=now).update(changed_at=at)
    Standing.objects.filter(last_at__gt=now).update(last_at=at)
