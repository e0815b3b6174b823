"""The one writer of the list of compromised senders (domain, section 7: `bl_compromis`), and what goes with it: the
store that the gateways go by, and the mail by which the academy is told.

The rows are the truth. The store follows once they are committed, and again by the clock.
"""

from __future__ import annotations

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts import journal
from accounts.handing_out import hand_out_on_commit
from accounts.models import Agent
from quarantine import limits
from quarantine.counters.store import Store
from quarantine.counters.types import StoreDown
from quarantine.models import CompromisedSender, SendingRules

log = logging.getLogger(__name__)

REASON_MAX_CHARACTERS = 500
SENDER_MAX_CHARACTERS = 254

_Origin = CompromisedSender.Origin


class CompromisedError(Exception):
    """What was asked for cannot be; `sentence` says in French why, and what to do."""

    sentence = "Cette action n’est pas possible."


class NoSender(CompromisedError):
    sentence = "Indiquez l’adresse du compte à bloquer, par exemple prenom.nom@ac-reunion.fr."


class NoReason(CompromisedError):
    sentence = "Indiquez en quelques mots pourquoi : cela reste dans l’historique."


class AlreadyBlocked(CompromisedError):
    sentence = "Ce compte est déjà sur la liste des comptes compromis."


class NotBlocked(CompromisedError):
    sentence = "Ce compte n’est plus sur la liste : un collègue l’a rétabli entre-temps."


def active() -> list[CompromisedSender]:
    """Who can send nothing at present, the latest first."""
    return list(CompromisedSender.objects.filter(released_at__isnull=True))


def block(*, sender: str, reason: str, by: Agent) -> CompromisedSender:
    """Put an account on the list by hand. Raises PermissionDenied, NoSender, NoReason, AlreadyBlocked."""
    if not by.is_staff:
        raise PermissionDenied
    key = _key(sender)
    if not key:
        raise NoSender
    reason = _one_line(reason)
    if not reason:
        raise NoReason
    row = _add(CompromisedSender(sender=key, origin=_Origin.STAFF, reason=reason, added_by=by.address), by=by)
    if row is None:
        raise AlreadyBlocked
    return row


def block_by_rule(*, sender: str, refusals: int, minutes: int) -> CompromisedSender | None:
    """Put the account counted as `sender` on the list, so many of its messages were refused. None: it is there."""
    reason = f"{refusals} envois refusés en {minutes} minutes"
    return _add(CompromisedSender(sender=sender, origin=_Origin.RULE, reason=reason), by=None)


def release(*, row_id: int, reason: str, by: Agent) -> None:
    """Take an account off the list: it is counted like any other. Raises PermissionDenied, NoReason, NotBlocked."""
    if not by.is_staff:
        raise PermissionDenied
    reason = _one_line(reason)
    if not reason:
        raise NoReason
    with transaction.atomic():
        row = CompromisedSender.objects.select_for_update().filter(pk=row_id, released_at__isnull=True).first()
        if row is None:
            raise NotBlocked
        row.released_at, row.released_by, row.release_reason = timezone.now(), by.address, reason
        row.save(update_fields=["released_at", "released_by", "release_reason"])
        _record("sending.account_released", row, by=by, reason=reason)
        _push_on_commit(row)


def push_one(row_id: int) -> None:
    """Tell the store what holds for the account of a row, whatever happened since. Raises StoreDown."""
    sender = CompromisedSender.objects.filter(pk=row_id).values_list("sender", flat=True).first()
    if sender is None:
        return
    with Store(settings.LIMITS_REDIS_URL) as store:
        if CompromisedSender.objects.filter(sender=sender, released_at__isnull=True).exists():
            store.block(sender)
        else:
            store.unblock(sender)


def push_all() -> bool:
    """Make the list of the store that of the rows; False: somebody changed it meanwhile, and will have told the store
    himself. Raises StoreDown."""
    with Store(settings.LIMITS_REDIS_URL) as store:
        number = store.compromised_number()
        # Read after the number: whoever changes a row from here on changes the number too, once it is committed.
        wanted = {row.sender for row in active()}
        known = store.compromised()
        if known == wanted:
            return True
        for sender in sorted(known - wanted):
            log.warning("a sender that is on the list no more was still blocked by the store")
            # Its refusals are forgotten with it, which a mere replacement would leave behind.
            store.unblock(sender)
            number = store.compromised_number()
        return store.replace_compromised(wanted, number=number)


def push_one_or_log(row_id: int) -> None:
    """As `push_one`, for a task: a store that is down has its list when it is back."""
    try:
        push_one(row_id)
    except StoreDown as error:
        log.warning("compromised sender %s not told to the store: %s", row_id, error)


def push_all_or_log() -> None:
    """As `push_all`, for a task."""
    try:
        push_all()
    except StoreDown as error:
        log.warning("list of compromised senders not handed to the store: %s", error)


def waiting_to_tell() -> list[int]:
    """Accounts of which the academy is still to be told."""
    rows = CompromisedSender.objects.filter(told_at__isnull=True).order_by("since", "pk")
    return list(rows.values_list("pk", flat=True)[:200])


def tell(row_id: int) -> None:
    """Write to the academy that an account was put on the list, unless that was done. The row is locked while the mail
    goes out, so that two workers send it once; a mail server that does not answer is tried again by the clock."""
    with transaction.atomic():
        row = CompromisedSender.objects.select_for_update().filter(pk=row_id, told_at__isnull=True).first()
        if row is None:
            return
        message = EmailMessage(subject=f"Compte compromis : {row.sender}", body=letter(row), to=[told_address()])
        row.tell_attempts = min(row.tell_attempts + 1, 32_000)
        try:
            message.send()
        except (SMTPException, OSError) as error:
            log.warning("compromised sender %s: the academy could not be told: %s", row.pk, type(error).__name__)
        else:
            row.told_at = timezone.now()
        row.save(update_fields=["told_at", "tell_attempts"])


def told_address() -> str:
    """Who is told: the address that staff set, else the academy's alert address."""
    chosen = SendingRules.objects.filter(pk=1).values_list("told_address", flat=True).first()
    return chosen or settings.ALERT_ADDRESS


def letter(row: CompromisedSender) -> str:
    """What the academy is written, in French."""
    since = timezone.localtime(row.since)
    if row.origin == _Origin.RULE:
        origin = f"par la règle automatique : {row.reason}"
    else:
        origin = f"par {row.added_by or 'l’équipe DSI'} : {row.reason}"
    released = ""
    if row.released_at:
        at = timezone.localtime(row.released_at)
        released = f"Il a été rétabli le {at:%d/%m/%Y} à {at:%H:%M} : {row.release_reason}\n\n"
    return (
        "Bonjour,\n\n"
        f"Le compte {row.sender} a été mis sur la liste des comptes compromis le {since:%d/%m/%Y} à {since:%H:%M} "
        f"(heure de La Réunion), {origin}.\n\n"
        f"{released}"
        "Tant qu’il y est, aucun message ne part de ce compte : chaque envoi est refusé aussitôt.\n\n"
        "À faire :\n"
        "- joindre la personne par un autre moyen que sa messagerie ;\n"
        "- faire changer le mot de passe et fermer les sessions ouvertes ;\n"
        "- vérifier ses filtres et ses transferts de messages ;\n"
        f"- puis rétablir le compte, avec un motif : {settings.BASE_URL}{reverse('compromised')}\n\n"
        "Le portail de bascule\n"
    )


def _add(row: CompromisedSender, *, by: Agent | None) -> CompromisedSender | None:
    from quarantine.tasks import tell_of_compromised

    row.since = timezone.now()
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            action = "sending.account_blocked" if by else "sending.account_blocked_by_rule"
            _record(action, row, by=by, reason=row.reason)
            _push_on_commit(row)
            hand_out_on_commit(tell_of_compromised, row.pk)
    except IntegrityError:
        if CompromisedSender.objects.filter(sender=row.sender, released_at__isnull=True).exists():
            return None
        raise
    return row


def _push_on_commit(row: CompromisedSender) -> None:
    from quarantine.tasks import push_compromised

    hand_out_on_commit(push_compromised, row.pk)


def _record(action: str, row: CompromisedSender, *, by: Agent | None, reason: str) -> None:
    journal.record(
        action,
        by=by,
        subject=Agent.objects.filter(address=row.sender).first(),
        target=f"compromised:{row.pk}",
        target_label=row.sender,
        reason=reason,
    )


def _key(typed: str) -> str:
    """What is counted for an account as somebody typed it; "" for none."""
    text = typed.strip()
    if not text.isprintable() or any(letter.isspace() for letter in text):
        return ""
    key = limits.sender_key("", text)
    return key if len(key) <= SENDER_MAX_CHARACTERS else ""


def _one_line(text: str) -> str:
    return " ".join(text.replace("\0", " ").split())[:REASON_MAX_CHARACTERS]
