"""Which application passwords an account has: looked at by a task, kept sealed on a row. Names and dates, no secret."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts import sealing
from accounts.handing_out import hand_out_on_commit
from accounts.models import Agent
from bascule import zimbra_door
from bascule.devices import password_faults
from bascule.models import AppPassword, AppPasswordLook
from zimbra.errors import AnswerLost, Garbled, Unavailable, ZimbraError
from zimbra.types import AppPasswords

# How long what was seen is shown without looking again, and how long a task may take before another is sent.
FRESH = timedelta(minutes=2)
PATIENCE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class SeenPassword:
    name: str
    created: datetime | None = None
    last_used: datetime | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """limit: how many there may be, 0 when the server does not say."""

    passwords: tuple[SeenPassword, ...] = ()
    limit: int = 0

    def of_name(self, name: str) -> SeenPassword | None:
        return next((one for one in self.passwords if one.name == name), None)


def look_for(agent: Agent, *, anew: bool = False) -> AppPasswordLook:
    """The latest look; a new one is asked for when it is missing, old, or `anew`. Never waits: while it is under way
    `looked_at` is None."""
    now = timezone.now()
    with transaction.atomic():
        row, made = AppPasswordLook.objects.select_for_update().get_or_create(agent=agent, defaults={"asked_at": now})
        under_way = not made and row.looked_at is None and row.asked_at > now - PATIENCE
        is_old = row.looked_at is None or row.looked_at < now - FRESH
        if made or (not under_way and (anew or is_old)):
            from bascule.tasks import look_at_app_passwords

            row.asked_at, row.looked_at, row.error_code, row.error = now, None, "", ""
            row.save(update_fields=["asked_at", "looked_at", "error_code", "error"])
            hand_out_on_commit(look_at_app_passwords, agent.pk)
    return row


def latest(agent: Agent) -> AppPasswordLook | None:
    """What was seen last, without asking for another look."""
    return AppPasswordLook.objects.filter(agent=agent).first()


def is_waiting(row: AppPasswordLook) -> bool:
    return row.looked_at is None and not row.error_code


def forget(agent_id: int) -> None:
    """What was seen is out of date: the next page looks again."""
    AppPasswordLook.objects.filter(agent_id=agent_id).update(looked_at=None, asked_at=timezone.now() - PATIENCE)


def seen(row: AppPasswordLook | None) -> Seen | None:
    """The picture of the latest look that succeeded; None when there is none, or it can no longer be opened."""
    if row is None or not row.snapshot:
        return None
    try:
        stored = sealing.unseal_json(bytes(row.snapshot))
        return Seen(
            tuple(SeenPassword(name, _moment(made), _moment(used)) for name, made, used in stored["passwords"]),
            stored["limit"],
        )
    except (sealing.CannotOpen, KeyError, TypeError, ValueError):
        return None


def names(agent: Agent) -> frozenset[str]:
    """Names in the picture last seen."""
    picture = seen(latest(agent))
    return frozenset(one.name for one in picture.passwords) if picture else frozenset()


def look(agent_id: int) -> None:
    """Called by a task; running twice is harmless. What was asked for before something changed is thrown away."""
    row = AppPasswordLook.objects.select_related("agent").filter(agent_id=agent_id).first()
    if row is None:
        return
    began = timezone.now()
    try:
        with zimbra_door.mailbox_of(row.agent) as client:
            there = client.app_passwords()
    except (Unavailable, AnswerLost, Garbled):
        _keep(row, error_code=password_faults.UNAVAILABLE, error=password_faults.sentence(password_faults.UNAVAILABLE))
        return
    except ZimbraError as error:
        code = password_faults.code_of(error)
        _keep(row, error_code=code, error=password_faults.sentence(code, error.code))
        return
    note_there(agent_id, there, began)
    _keep(row, snapshot=sealing.seal_json(_dumped(there)), error_code="", error="")


def note_there(agent_id: int, there: AppPasswords, began: datetime) -> None:
    """Passwords made here that are there no more were revoked elsewhere. began: when the list was asked for; what was
    made since then is not in it."""
    known = AppPassword.objects.filter(agent_id=agent_id, state__in=("shown", "unseen"), made_at__lt=began)
    gone = known.exclude(name__in=[one.name for one in there.passwords])
    gone.update(state=AppPassword.State.REVOKED, ended_at=began, error_code="", error="")


def _keep(row: AppPasswordLook, **found: object) -> None:
    AppPasswordLook.objects.filter(pk=row.pk, asked_at=row.asked_at).update(looked_at=timezone.now(), **found)


def _dumped(there: AppPasswords) -> dict[str, object]:
    return {
        "passwords": [[one.name, _text(one.created), _text(one.last_used)] for one in there.passwords],
        "limit": there.limit,
    }


def _text(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
