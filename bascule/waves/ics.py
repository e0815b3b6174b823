"""The planning for calendars: one file, downloaded or subscribed to by a link of one's own.

An exact date is an event of that day. A period covers its days and is marked tentative, and so nobody looks busy by it.
Who subscribes holds a link that works without signing in: it names a person of staff and a key, is good for as long as
both are there, and says nothing that staff do not see.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils.http import urlencode

from accounts import journal
from accounts.models import Agent
from bascule.conversions.text import escape_text, fold
from bascule.models import PlanningFeed, Wave
from bascule.waves.editing import need_staff
from bascule.waves.listing import Row

FIELD = "j"
_SALT = "bascule.planning_feed"
_MOST_CHARACTERS = 300


class BadLink(Exception):
    """Not one of ours, taken back since, or of somebody who is not of staff any more."""


@transaction.atomic
def open_link(*, by: Agent) -> PlanningFeed:
    """Give `by` a new link; the one before is of no use any more. Raises states.NotStaff."""
    need_staff(by)
    feed, _ = PlanningFeed.objects.update_or_create(agent=by, defaults={"key": secrets.token_urlsafe(16)})
    journal.record("planning_feed.opened", by=by)
    return feed


@transaction.atomic
def close_link(*, by: Agent) -> None:
    """Take the link of `by` back."""
    if PlanningFeed.objects.filter(agent=by).delete()[0]:
        journal.record("planning_feed.closed", by=by)


def url(feed: PlanningFeed) -> str:
    """The whole address. The token stands in its query, which no access log of ours writes down."""
    token = signing.dumps([feed.agent_id, feed.key], salt=_SALT)
    return f"{settings.BASE_URL}{reverse('planning_feed')}?{urlencode({FIELD: token})}"


def opened(token: str) -> Agent:
    """Whose link it is. Raises BadLink."""
    if len(token) > _MOST_CHARACTERS:
        raise BadLink
    try:
        number, key = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError) as error:
        raise BadLink from error
    feed = PlanningFeed.objects.select_related("agent").filter(agent=number, key=key).first()
    if feed is None or not (feed.agent.is_staff and feed.agent.is_active):
        raise BadLink
    return feed.agent


def calendar(rows: Iterable[Row], *, now: datetime) -> bytes:
    """The waves as one iCalendar object (RFC 5545)."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Portail de bascule//Planning des vagues//FR",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "NAME:Vagues de bascule",
        "X-WR-CALNAME:Vagues de bascule",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    ]
    for row in rows:
        lines += _event(row, now)
    return "".join(fold(line) for line in [*lines, "END:VCALENDAR"]).encode()


def _event(row: Row, now: datetime) -> list[str]:
    wave, when = row.wave, row.when
    link = f"{settings.BASE_URL}{reverse('wave', args=[wave.pk])}"
    about = [
        f"État : {wave.get_state_display().lower()}",
        f"Qui : {row.whom}",
        f"Combien : {row.people.told}",
        "Boîtes fonctionnelles : " + ("oui" if wave.takes_boxes else "non"),
    ]
    if not when.is_exact:
        about.insert(0, f"Date à préciser : {when.label}")
    return [
        "BEGIN:VEVENT",
        f"UID:vague-{wave.pk}@{settings.MAIL_DOMAIN}",
        f"DTSTAMP:{_stamp(now)}",
        f"LAST-MODIFIED:{_stamp(wave.changed_at or now)}",
        f"SEQUENCE:{wave.version}",
        f"DTSTART;VALUE=DATE:{when.start:%Y%m%d}",
        f"DTEND;VALUE=DATE:{when.end + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{escape_text(_summary(wave, row))}",
        f"DESCRIPTION:{escape_text(chr(10).join(about))}",
        f"URL:{link}",
        f"STATUS:{'CONFIRMED' if when.is_exact else 'TENTATIVE'}",
        "TRANSP:TRANSPARENT",
        "CATEGORIES:Bascule",
        "END:VEVENT",
    ]


def _summary(wave: Wave, row: Row) -> str:
    return f"Bascule : {wave.name}" if row.when.is_exact else f"Bascule : {wave.name} ({row.when.label})"


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
