"""What workers do of application passwords: make one, take one away. Safe to run twice, and to be killed at any line.

A worker writes down that it asks before it asks. Whoever goes on after it looks first: a password of that name that is
there already is one whose secret died with the worker; it is told, and left for its owner to revoke.
"""

from __future__ import annotations

import logging
from collections.abc import Collection

from django.db.models import Q
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from accounts import claims, journal
from accounts.claims import Claim
from bascule import zimbra_door
from bascule.devices import browser_seal, password_faults, password_look, passwords
from bascule.models import AppPassword
from zimbra.client import ZimbraClient
from zimbra.errors import AnswerLost, Garbled, Unavailable, ZimbraError

log = logging.getLogger(__name__)

State = AppPassword.State

# Names that are tried before giving up: "iPhone", "iPhone (2)", ...
_MOST_NAMES = 100


def waiting() -> list[int]:
    """Rows with work to do that nobody alive holds, whose pause is over."""
    due = AppPassword.objects.filter(state__in=(State.ORDERED, State.REVOKING))
    due = due.filter(Q(retry_at=None) | Q(retry_at__lte=timezone.now()))
    return claims.without_live_holder(due.order_by("pk")[:500])


def is_revocation(pk: int) -> bool:
    return AppPassword.objects.filter(pk=pk, state=State.REVOKING).exists()


def make(pk: int) -> float | None:
    """Called by a task; gives the seconds to wait before the next go, None when there is none."""
    claim = claims.take(AppPassword, pk, state=State.ORDERED)
    return claims.use(claim, _make) if claim else None


def revoke(pk: int) -> float | None:
    """Called by a task; gives the seconds to wait before the next go, None when there is none."""
    claim = claims.take(AppPassword, pk, state=State.REVOKING)
    return claims.use(claim, _revoke) if claim else None


def _make(claim: Claim) -> float | None:
    row = AppPassword.objects.select_related("agent", "device").get(pk=claim.pk)
    overdue = row.until is None or row.until <= timezone.now()
    if overdue and row.asked_at is None:
        _fail(claim, row, password_faults.TOO_LATE)
        return None
    try:
        with zimbra_door.mailbox_of(row.agent) as client:
            _make_in(client, claim, row, overdue)
    except Unavailable as error:
        return claims.postpone(claim, error.code, error.retry_after)
    except (AnswerLost, Garbled) as error:
        # Whether it was made, the next go finds out.
        return claims.postpone(claim, error.code, None)
    except ZimbraError as error:
        _fail(claim, row, password_faults.code_of(error), error.code)
    return None


@sensitive_variables("made")
def _make_in(client: ZimbraClient, claim: Claim, row: AppPassword, overdue: bool) -> None:
    """Raises any ZimbraError."""
    began = timezone.now()
    there = client.app_passwords()
    names = {one.name for one in there.passwords}
    password_look.note_there(row.agent_id, there, began)
    if row.asked_at is not None and row.name in names:
        with claim.writing():
            row.made_at = row.asked_at
            row.save(update_fields=["made_at"])
            passwords.leave_unseen(row, password_faults.ANSWER_LOST)
        password_look.forget(row.agent_id)
        return
    if overdue or (there.limit and len(names) >= there.limit):
        _fail(claim, row, password_faults.TOO_LATE if overdue else password_faults.LIMIT)
        return
    with claim.writing():
        row.name, row.asked_at = _free_name(row, names), timezone.now()
        row.save(update_fields=["name", "asked_at"])
    made = client.create_app_password(row.name)
    with claim.writing():
        row.state, row.made_at = State.MADE, timezone.now()
        row.until = row.made_at + passwords.SHOWN_FOR
        row.sealed = browser_seal.seal(made.secret, public=bytes(row.public_key), purpose=passwords.purpose(row))
        row.attempts, row.waiting_for, row.retry_at = 0, "", None
        row.save(update_fields=["state", "made_at", "until", "sealed", "attempts", "waiting_for", "retry_at"])
        journal.record(
            "app_password.made", by=row.agent, subject=row.agent, target=f"app_password:{row.pk}", target_label=row.name
        )
        passwords.tell_made(row)
    password_look.forget(row.agent_id)


def _free_name(row: AppPassword, names: Collection[str]) -> str:
    """The wanted name, with a number when the account has one of that name already, however it is written."""
    taken = {name.casefold() for name in names}
    living = AppPassword.objects.filter(agent=row.agent_id, state__in=passwords.LIVING)
    taken |= {name.casefold() for name in living.values_list("name", flat=True)}
    # A second go begins with what the first one wanted.
    wanted = row.device.name if row.device else row.name
    numbered = (wanted if number == 1 else f"{wanted} ({number})" for number in range(1, _MOST_NAMES))
    return next((name for name in numbered if name.casefold() not in taken), f"{wanted} ({row.pk})")


def _fail(claim: Claim, row: AppPassword, code: str, answer: str = "") -> None:
    """Nothing was made; the page that waits says why."""
    with claim.writing():
        row.state, row.public_key, row.until, row.ended_at = State.FAILED, b"", None, timezone.now()
        row.error_code, row.error = code, password_faults.sentence(code, answer)
        row.save(update_fields=["state", "public_key", "until", "ended_at", "error_code", "error"])
        journal.record(
            "app_password.failed",
            by=None,
            subject=row.agent,
            target=f"app_password:{row.pk}",
            target_label=row.name,
            code=code,
        )
    log.info("application password %s not made: %s %s", row.pk, code, answer)


def _revoke(claim: Claim) -> float | None:
    row = AppPassword.objects.select_related("agent").get(pk=claim.pk)
    try:
        with zimbra_door.mailbox_of(row.agent) as client:
            client.revoke_app_password(row.name)
    except (Unavailable, AnswerLost, Garbled) as error:
        # Taking away may be asked for as often as need be.
        return claims.postpone(claim, error.code, getattr(error, "retry_after", None))
    except ZimbraError as error:
        _leave_standing(claim, row, error)
        return None
    with claim.writing():
        row.state, row.ended_at, row.error_code, row.error = State.REVOKED, timezone.now(), "", ""
        row.save(update_fields=["state", "ended_at", "error_code", "error"])
        journal.record(
            "app_password.revoked",
            by=row.agent,
            subject=row.agent,
            target=f"app_password:{row.pk}",
            target_label=row.name,
        )
    password_look.forget(row.agent_id)
    return None


def _leave_standing(claim: Claim, row: AppPassword, error: ZimbraError) -> None:
    """Zimbra will not take it away: it is still there, and its owner is told that only the webmail can."""
    code = password_faults.code_of(error)
    with claim.writing():
        row.state, row.error_code = State.SHOWN, code
        row.error = f"Il n’a pas pu être révoqué. {password_faults.sentence(code, error.code)}"[:400]
        row.save(update_fields=["state", "error_code", "error"])
        passwords.tell_not_revoked(row)
