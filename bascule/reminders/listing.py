"""What the pages of reminders show; nothing here writes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts import directory_search, mail_pace
from accounts.models import Agent
from accounts.team_waiting import Waiting
from bascule.models import Reminder, ReminderMail, ReminderRound, Standing, Wave
from bascule.planning import in_order
from bascule.reminders import audiences, letters, schedule
from bascule.reminders.audiences import Audience
from bascule.reminders.states import RoundState, State

# A confirmation counts the people of the first waves to come, up to so many of each: its cost is bounded.
COUNTED_WAVES = 5
MOST_COUNTED = 20_000
PEOPLE = 50


@dataclass(frozen=True)
class Line:
    """A round as a page shows it. due: None while the wave has no exact date."""

    round: ReminderRound
    due: dt.datetime | None
    sent: int
    handled: int

    @property
    def is_late(self) -> bool:
        return self.round.state == RoundState.MISSED

    @property
    def needs_date(self) -> bool:
        return self.due is None and self.round.state == RoundState.WAITING


def lines(reminder: Reminder) -> list[Line]:
    """Rounds in the order of their waves."""
    rounds = {one.wave_id: one for one in reminder.rounds.select_related("wave")}
    waves = in_order(one.wave for one in rounds.values())
    found = []
    for wave in waves:
        one = rounds[wave.pk]
        due = schedule.due(reminder, wave)
        found.append(Line(one, due, one.counts.get("sent", 0), _handled(one)))
    return found


def _handled(one: ReminderRound) -> int:
    return sum(one.counts.get(state, 0) for state in ("sent", "failed", "uncertain", "opted_out"))


def totals(some: Sequence[Line]) -> dict[str, int]:
    """Of all rounds: mails by state, and people expected."""
    found = {state.value: sum(line.round.counts.get(state.value, 0) for line in some) for state in ReminderMail.State}
    found["expected"] = sum(line.round.expected for line in some)
    found["handled"] = sum(line.handled for line in some)
    return found


def left(some: Sequence[Line]) -> int:
    """People who still wait in rounds that are being sent."""
    return sum(max(one.round.expected - one.handled, 0) for one in some if one.round.state == RoundState.SENDING)


@dataclass(frozen=True)
class Meant:
    """People of a wave whom a reminder would reach now, None when they were not counted. is_more: than were counted."""

    wave: Wave
    due: dt.datetime | None
    is_missed: bool
    count: int | None
    is_more: bool


def meant(reminder: Reminder) -> list[Meant]:
    """By wave, who would get it if it left now; bounded counts of the first waves that are not missed."""
    waves = in_order(Wave.objects.filter(reminder_rounds__reminder=reminder))
    audience, now = Audience.read(reminder.audience), timezone.now()
    found: list[Meant] = []
    for wave in waves:
        due, is_missed = schedule.due(reminder, wave), schedule.is_missed(reminder, wave, now)
        count: int | None = None
        if not is_missed and sum(one.count is not None for one in found) < COUNTED_WAVES:
            rows = audiences.people(audience, wave)
            count = audiences.count(rows if reminder.is_service else audiences.willing(rows), MOST_COUNTED)
        is_more = count is not None and count > MOST_COUNTED
        found.append(Meant(wave, due, is_missed, MOST_COUNTED if is_more else count, is_more))
    return found


def ends(people: int, begins: dt.datetime | None = None) -> dt.datetime | None:
    """When the last of so many mails leaves, under the sending limits; None: later than in two weeks."""
    now = timezone.now()
    return mail_pace.ends(people, max(begins or now, now))


def found(*, text: str, state: str, wave: int | None) -> QuerySet[Reminder]:
    rows = Reminder.objects.select_related("by")
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(subject__icontains=text))
    if state in State.values:
        rows = rows.filter(state=state)
    if wave is not None:
        rows = rows.filter(rounds__wave=wave)
    return rows


def mails(reminder: Reminder, *, text: str = "", state: str = "") -> QuerySet[ReminderMail]:
    """Mails of a reminder, the newest first; text: an address, its beginning, or a name."""
    rows = ReminderMail.objects.filter(reminder=reminder).select_related("agent", "round__wave").order_by("-pk")
    if state in ReminderMail.State.values:
        rows = rows.filter(state=state)
    if text:
        agents = list(Agent.objects.filter(address__startswith=text.lower()).values_list("pk", flat=True)[:PEOPLE])
        agents = agents or [agent.pk for agent in directory_search.find(text, limit=PEOPLE)]
        rows = rows.filter(agent__in=agents)
    return rows


def person(text: str, reminder: Reminder | None = None, *, moved: bool = False) -> Standing:
    """For a preview: whose address that is, else somebody made up, of the first wave. moved: the mailbox of the one who
    is made up has been transferred; a reminder says so itself."""
    agent = Agent.objects.filter(address=text.strip().lower()).first() if text.strip() else None
    if agent is not None:
        return letters.standing_of(agent)
    waves = Wave.objects.filter(reminder_rounds__reminder=reminder) if reminder else Wave.objects.all()
    has_moved = Audience.read(reminder.audience).concerns_moved if reminder else moved
    return letters.sample(next(iter(in_order(waves)), None), moved=has_moved)


def day_of_letter(reminder: Reminder, standing: Standing) -> dt.date:
    """The day on which that person gets it, as the planning is; today where that is over or not known."""
    due = schedule.due(reminder, standing.wave) if standing.wave else None
    now = timezone.now()
    return timezone.localdate(max(due or now, now))


def waiting() -> list[Waiting]:
    """For the page staff begin with: what the portal stopped or missed, so that somebody decides."""
    recent = timezone.now() - dt.timedelta(days=14)
    missed = ReminderRound.objects.filter(state=RoundState.MISSED, finished_at__gte=recent).count()
    stopped = Reminder.objects.filter(state=State.PAUSED).exclude(stopped_because="").count()
    return [
        Waiting(missed, "envoi de relance manqué", "envois de relance manqués", reverse("reminders")),
        Waiting(
            stopped,
            "relance arrêtée par le serveur d’envoi",
            "relances arrêtées par le serveur d’envoi",
            f"{reverse('reminders')}?etat=paused",
        ),
    ]
