"""When people are told of what is held for them: what staff allow, and what a mailbox chose. The one writer of both.

Times are of the day in Réunion, "HH:MM".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts import journal
from accounts.models import Agent
from quarantine import recipients
from quarantine.models import DigestChoice, QuarantineRules

MAX_TIMES = 12
UNDO_MINUTES = range(5, 24 * 60 + 1)
_TIME = re.compile(r"([01]?\d|2[0-3])\s*[:hH]\s*([0-5]\d)?")


class RulesError(Exception):
    """What was asked for cannot be; `sentence` says why, in French."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def present() -> QuarantineRules:
    return QuarantineRules.objects.get(pk=1)


def parsed_times(text: str) -> list[str]:
    """Times out of what a person typed: "9h, 15:30" gives 09:00 and 15:30. Raises RulesError."""
    found = set()
    for part in re.split(r"[,;\s]+", text.replace("\0", " ").strip()[:500]):
        if not part:
            continue
        match = _TIME.fullmatch(part)
        if match is None:
            raise RulesError(f"« {part[:20]} » n’est pas une heure. Exemple : 09:00, 15:00.")
        found.add(f"{int(match[1]):02d}:{match[2] or '00'}")
    return sorted(found)


def change(*, allowed: Iterable[str], usual: Iterable[str], undo_minutes: int, by: Agent) -> bool:
    """Write what differs; gives whether anything did. Raises RulesError, PermissionDenied."""
    if not by.is_staff:
        raise PermissionDenied
    allowed, usual = sorted(set(allowed)), sorted(set(usual))
    if not allowed:
        raise RulesError("Gardez au moins une heure : sans elle, personne n’apprendrait ce qui est retenu.")
    if len(allowed) > MAX_TIMES:
        raise RulesError(f"Au plus {MAX_TIMES} heures différentes peuvent être proposées.")
    if not usual:
        raise RulesError("Indiquez au moins une heure habituelle : elle vaut pour qui n’a rien choisi.")
    if not set(usual) <= set(allowed):
        raise RulesError("Les heures habituelles doivent faire partie des heures proposées.")
    if undo_minutes not in UNDO_MINUTES:
        raise RulesError("Une suppression peut être annulée pendant 5 à 1440 minutes.")
    wanted = {"allowed_times": allowed, "usual_times": usual, "undo_minutes": undo_minutes}
    with transaction.atomic():
        row = QuarantineRules.objects.select_for_update().get(pk=1)
        differing = {name: value for name, value in wanted.items() if getattr(row, name) != value}
        for name, value in differing.items():
            journal.record(
                f"quarantine.{name}_changed",
                by=by,
                target="quarantine:rules",
                before=_shown(getattr(row, name)),
                after=_shown(value),
            )
            setattr(row, name, value)
        if differing:
            row.save()
    return bool(differing)


def choose(*, mailbox: str, times: Collection[str] | None, by: Agent) -> None:
    """When `mailbox` (canonical) is told: at these of the allowed times, never when there are none; None: at the usual
    ones, whatever they will be. Raises RulesError."""
    reached = recipients.mailbox_of(by, mailbox)
    if reached is None or not reached.acts:
        raise RulesError("Vous n’avez pas le droit de régler les notifications de cette boîte.")
    with transaction.atomic():
        if times is not None and not set(times) <= set(present().allowed_times):
            raise RulesError("L’équipe DSI a changé les heures proposées : choisissez de nouveau.")
        before = DigestChoice.objects.select_for_update().filter(mailbox=mailbox).first()
        if (sorted(times) if times is not None else None) == (before.times if before else None):
            return
        if times is None:
            DigestChoice.objects.filter(mailbox=mailbox).delete()
        else:
            DigestChoice.objects.update_or_create(mailbox=mailbox, defaults={"times": sorted(times)})
        words = "aux heures habituelles" if times is None else _shown(sorted(times)) or "jamais"
        subject = Agent.objects.filter(address=mailbox).first()
        journal.record(
            "quarantine.digest_chosen",
            by=by,
            subject=subject,
            target="quarantine:digest",
            target_label=mailbox,
            times=words,
        )


def times_of(mailboxes: Collection[str], rules: QuarantineRules) -> dict[str, list[str]]:
    """When each of `mailboxes` is told. Whoever chose only times that staff have taken back is told at the usual ones:
    nobody is forgotten by a change of rules. One query."""
    chosen = dict(DigestChoice.objects.filter(mailbox__in=mailboxes).values_list("mailbox", "times"))
    found = {}
    for mailbox in mailboxes:
        times = chosen.get(mailbox)
        if times is None:
            found[mailbox] = rules.usual_times
        else:
            kept = [time for time in times if time in rules.allowed_times]
            found[mailbox] = kept if kept or not times else rules.usual_times
    return found


def _shown(value: object) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
