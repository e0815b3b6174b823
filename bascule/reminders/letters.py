"""A reminder as one person gets it: values of the placeholders, headers, and the way to get no more of them.

Plain text. Every mail of the same reminder to the same person has the same Message-ID, so that the national service can
tell a second copy of one that was interrupted (RFC 5322, 3.6.4). What may be refused has the headers of RFC 8058: mail
programs show a button that ends it in one click.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts import mail_pace
from accounts.models import Agent
from bascule import planning, steps
from bascule.models import ReminderText, ReminderTrial, Standing, Wave
from bascule.reminders import refusals, texts

_SERVICE = (
    "Ce message est une information de service sur le transfert de votre messagerie : il est envoyé à toutes les "
    "personnes concernées."
)
_REFUSE = "Vous ne voulez plus de rappel du portail ? {link}"


@dataclass(frozen=True)
class Letter:
    """Subject and whole body, as they leave."""

    subject: str
    body: str


def letter(text: ReminderText | ReminderTrial, standing: Standing, *, today: date, url: str = "") -> Letter:
    """`text` filled for one person. standing: with its agent, establishment and wave. url: the way to get no more."""
    filled = values(standing, today)
    ending = _SERVICE if text.is_service else _REFUSE.format(link=url or refusals.url(standing.agent))
    body = texts.fill_body(text.body, filled)
    return Letter(
        texts.fill_subject(text.subject, filled), f"{body}\n-- \nLe portail de bascule\n{texts.set_as_french(ending)}\n"
    )


def message(
    text: ReminderText, standing: Standing, *, today: date, key: str, connection: BaseEmailBackend | None = None
) -> EmailMessage:
    """The mail to that person. key: what makes its Message-ID, without blanks."""
    url = "" if text.is_service else refusals.url(standing.agent)
    made = letter(text, standing, today=today, url=url)
    domain = mail_pace.own_address().rpartition("@")[2]
    # RFC 3834: automatic answers stay away.
    headers = {"Message-ID": f"<relance-{key}@{domain}>", "Auto-Submitted": "auto-generated"}
    if url:
        headers |= {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return EmailMessage(made.subject, made.body, to=[standing.agent.address], headers=headers, connection=connection)


def values(standing: Standing, today: date) -> dict[str, str]:
    """What each of `texts.PLACEHOLDERS` stands for."""
    agent, wave = standing.agent, standing.wave
    moved_on = timezone.localdate(standing.migrated_at) if standing.migrated_at else None
    day = moved_on or (wave.date if wave else None)
    period = wave.period_label if wave and not wave.date else ""
    left = open_steps(standing)
    return {
        "prénom": agent.given_name,
        "nom": agent.family_name,
        "établissement": standing.establishment.name if standing.establishment else "votre service",
        "vague": wave.name if wave else "",
        "date": date_format(day, "l j F Y") if day else period or "à venir",
        "échéance": planning.countdown(day, today) if day else period or "à une date à venir",
        "étapes": "\n".join(f"- {step.title}" for step in left) or "- rien : tout est fait",
        "nombre d’étapes": str(len(left)),
        "durée": _minutes(left),
        "lien": f"{settings.BASE_URL}{reverse('home')}",
        "lien du recensement": f"{settings.BASE_URL}{reverse('census')}",
        "messagerie": settings.WEBMAIL_URL,
        "assistance": settings.HELP_DESK,
    }


def open_steps(standing: Standing) -> list[steps.Step]:
    """Steps of the present phase that are neither done nor skipped."""
    closed = standing.done | standing.skipped
    before = standing.migrated_at is None
    return [step for place, step in enumerate(steps.STEPS) if step.is_before is before and not closed & (1 << place)]


def standing_of(agent: Agent) -> Standing:
    """Where `agent` stands, with all that a letter needs; made up on the spot for who has no row yet."""
    row = Standing.objects.select_related("agent", "establishment", "wave").filter(agent=agent).first()
    if row is not None:
        return row
    wave, _ = planning.wave_of(agent)
    return Standing(agent=agent, wave=wave, establishment=agent.establishment, migrated_at=agent.migrated_at)


def sample(wave: Wave | None, *, moved: bool = False) -> Standing:
    """Somebody who does not exist, for a preview without a person chosen."""
    agent = Agent(given_name="Camille", family_name="Hoarau", address=f"camille.hoarau@{settings.MAIL_DOMAIN}")
    migrated_at = None
    if moved:
        day = wave.date if wave and wave.date else timezone.localdate()
        migrated_at = timezone.make_aware(datetime.combine(day, time(8)))
    return Standing(agent=agent, wave=wave, done=1, skipped=0, migrated_at=migrated_at)


def _minutes(left: list[steps.Step]) -> str:
    known = [step.minutes for step in left if step.minutes is not None]
    least, most = sum(one[0] for one in known), sum(one[1] for one in known)
    if not most:
        return "quelques minutes"
    return f"{most} minutes" if least == most else f"{least} à {most} minutes"
