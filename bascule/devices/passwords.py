"""Application passwords: what a person orders, sees once, and takes away. `making` is what workers do of it.

                        seen in time
    ORDERED ──► MADE ───────────────► SHOWN ──► REVOKING ──► REVOKED
       │          └─ time is over ─► UNSEEN ───────┘
       ├─ made, and the answer was lost ─┘
       └──► FAILED      nothing was made

The secret stands nowhere in clear (`browser_seal`), and the row's half of it goes when it is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts import journal, notices
from accounts.handing_out import hand_out_on_commit
from accounts.models import Agent
from bascule.devices import browser_seal, password_faults, password_look
from bascule.devices.browser_seal import WrongKey
from bascule.models import AppPassword, Device

State = AppPassword.State

# Those that Zimbra has, as far as the portal knows.
LIVING = (State.MADE, State.SHOWN, State.UNSEEN, State.REVOKING)
# How long it may take to make one: whoever waits longer has gone.
ORDER_LASTS = timedelta(minutes=5)
# How long it can be looked at.
SHOWN_FOR = timedelta(minutes=10)
COOKIE_LASTS = ORDER_LASTS + SHOWN_FOR

NOTICE_KIND = "devices.password"


class PasswordError(Exception):
    """Refused; `sentence` tells the person why."""

    sentence = ""


class NotMoved(PasswordError):
    sentence = "Les mots de passe d’application se créent dans la nouvelle messagerie, une fois votre boîte transférée."


class UnderWay(PasswordError):
    sentence = "Un mot de passe est déjà en cours de création : attendez qu’il soit prêt."


class NotYours(PasswordError):
    sentence = "Ce mot de passe n’est pas le vôtre."


class Unknown(PasswordError):
    sentence = "Ce mot de passe n’est plus dans la liste : actualisez-la."


class NotReady(PasswordError):
    sentence = "Le mot de passe n’est pas encore prêt."


class AlreadyShown(PasswordError):
    sentence = (
        "Ce mot de passe a déjà été affiché, ou son délai est passé : le portail ne l’a plus. S’il est perdu, "
        "révoquez-le et créez-en un autre."
    )


class OtherBrowser(PasswordError):
    sentence = (
        "Ce mot de passe ne peut être affiché que dans le navigateur où vous l’avez demandé. Ouvrez cette page "
        "là-bas, ou révoquez-le et créez-en un autre ici."
    )


@dataclass(frozen=True)
class Order:
    """private: the browser's key; the row keeps only the public one."""

    row: AppPassword
    private: str

    def __repr__(self) -> str:
        return f"Order({self.row.pk})"


def of_agent(agent: Agent) -> QuerySet[AppPassword]:
    return AppPassword.objects.filter(agent=agent)


def order(*, device: Device, by: Agent, now: datetime | None = None) -> Order:
    """Have a password made, named after the device. Raises NotMoved, UnderWay, NotYours."""
    agent = device.agent
    if agent.pk != by.pk:
        raise NotYours
    if not agent.has_migrated:
        raise NotMoved
    keys = browser_seal.key_pair()
    with transaction.atomic():
        try:
            with transaction.atomic():
                row = AppPassword.objects.create(
                    agent=agent,
                    device=device,
                    name=device.name,
                    public_key=keys.public,
                    until=(now or timezone.now()) + ORDER_LASTS,
                )
        except IntegrityError as error:
            raise UnderWay from error
        journal.record("app_password.ordered", by=by, subject=agent, target=_target(row), target_label=row.name)
        from bascule.tasks import make_app_password

        hand_out_on_commit(make_app_password, row.pk)
    return Order(row, keys.private)


def purpose(row: AppPassword) -> str:
    """What the sealed half is bound to: it opens for no other row and no other person."""
    return f"app-password:{row.pk}:{row.agent_id}"


def show(*, row: AppPassword, private: str, by: Agent, now: datetime | None = None) -> str:
    """The secret, once: what is left of it here is erased in the same transaction.

    Raises NotYours, NotReady, AlreadyShown, OtherBrowser (the wrong key or none: nothing is erased).
    """
    if row.agent_id != by.pk:
        raise NotYours
    with transaction.atomic():
        kept = AppPassword.objects.select_for_update().get(pk=row.pk)
        if kept.state == State.ORDERED:
            raise NotReady
        if kept.state != State.MADE or kept.until is None or kept.until <= (now or timezone.now()):
            raise AlreadyShown
        try:
            secret = browser_seal.unseal(bytes(kept.sealed), private=private, purpose=purpose(kept))
        except WrongKey as error:
            raise OtherBrowser from error
        kept.state, kept.sealed, kept.public_key, kept.until = State.SHOWN, b"", b"", None
        kept.save(update_fields=["state", "sealed", "public_key", "until"])
        journal.record("app_password.shown", by=by, subject=kept.agent, target=_target(kept), target_label=kept.name)
    return secret


def revoke(*, agent: Agent, name: str, by: Agent) -> AppPassword:
    """Have the password called `name` taken away, whoever made it; gives the row that follows it.

    Raises NotYours, Unknown (neither made here nor in the list last seen).
    """
    if agent.pk != by.pk:
        raise NotYours
    with transaction.atomic():
        Agent.objects.select_for_update().get(pk=agent.pk)
        row = of_agent(agent).select_for_update().filter(name=name, state__in=LIVING).first()
        if row is None and name not in password_look.names(agent):
            raise Unknown
        if row is None:
            row = AppPassword(agent=agent, name=name, made_at=timezone.now())
        elif row.state == State.REVOKING:
            return row
        row.state, row.sealed, row.public_key, row.until = State.REVOKING, b"", b"", None
        row.attempts, row.retry_at, row.waiting_for, row.error_code, row.error = 0, None, "", "", ""
        row.save()
        journal.record("app_password.revoking", by=by, subject=agent, target=_target(row), target_label=row.name)
        from bascule.tasks import revoke_app_password

        hand_out_on_commit(revoke_app_password, row.pk)
    return row


def expire(now: datetime | None = None) -> int:
    """Passwords that nobody looked at in time: the portal's half goes, and the person is told. Gives how many."""
    at = now or timezone.now()
    count = 0
    for pk in AppPassword.objects.filter(state=State.MADE, until__lte=at).values_list("pk", flat=True)[:500]:
        with transaction.atomic():
            row = AppPassword.objects.select_for_update().select_related("agent").get(pk=pk)
            if row.state == State.MADE:
                leave_unseen(row, password_faults.NOT_LOOKED_AT)
                count += 1
    return count


def leave_unseen(row: AppPassword, code: str) -> None:
    """The password is there and nobody has seen it: whoever it belongs to is told, within the caller's transaction."""
    row.state, row.sealed, row.public_key, row.until = State.UNSEEN, b"", b"", None
    row.error_code, row.error = code, password_faults.sentence(code)
    row.save(update_fields=["state", "sealed", "public_key", "until", "error_code", "error"])
    journal.record("app_password.unseen", by=None, subject=row.agent, target=_target(row), target_label=row.name)
    notices.notify(
        row.agent,
        kind=NOTICE_KIND,
        title="Un mot de passe d’application n’a jamais été affiché",
        body=f"« {row.name} » : {row.error}",
        link=reverse("app_passwords"),
    )


def tell_made(row: AppPassword) -> None:
    """So that a password somebody else had made is noticed (within the caller's transaction)."""
    notices.notify(
        row.agent,
        kind=NOTICE_KIND,
        title="Un mot de passe d’application a été créé pour votre messagerie",
        body=f"Il s’appelle « {row.name} » et vient d’être créé depuis le portail de bascule, à votre demande. Si ce "
        "n’était pas vous, révoquez-le tout de suite et prévenez l’assistance.",
        link=reverse("app_passwords"),
        by_mail=True,
    )


def tell_not_revoked(row: AppPassword) -> None:
    """Somebody who wants a telephone shut out must know that it is not (within the caller's transaction)."""
    journal.record("app_password.not_revoked", by=None, subject=row.agent, target=_target(row), target_label=row.name)
    notices.notify(
        row.agent,
        kind=NOTICE_KIND,
        title="Un mot de passe d’application n’a pas pu être révoqué",
        body=f"« {row.name} » ouvre toujours votre messagerie. Supprimez-le vous-même dans la version web : "
        "Préférences, puis Paramétrage Thunderbird & mobile.",
        link=reverse("app_passwords"),
        by_mail=True,
    )


def _target(row: AppPassword) -> str:
    return f"app_password:{row.pk}"
