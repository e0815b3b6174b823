"""Requests for nominative accounts: for people without one, whom the census wants in a box (domain, section 1).

A request leaves for the help desk when the census is submitted, one mail each. Its answer is noted here: the account is
there, and the person takes the place that was kept, or it is refused.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from enum import StrEnum
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts import journal, notices
from accounts.handing_out import hand_out_on_commit
from accounts.models import Agent, Establishment
from accounts.plain_text import words
from boxes import delegations, reach, work
from boxes.census import locking
from boxes.models import AccountRequest, Box, CensusEntry, Role

log = logging.getLogger(__name__)

ANSWER_MAX_CHARACTERS = 500


class RequestError(Exception):
    """What was asked for cannot be; `sentence` says in French why, and what to do."""

    sentence = "Cette action n’est pas possible."


class WrongState(RequestError):
    sentence = "Cette demande a changé entre-temps : voici où elle en est."


class NotYours(RequestError):
    sentence = "Seules la direction de l’établissement et l’équipe DSI suivent les demandes de compte."


class NotActive(RequestError):
    sentence = "Ce compte n’est plus actif dans l’annuaire : choisissez-en un autre."


class NoAnswer(RequestError):
    sentence = "Recopiez en quelques mots la réponse de l’assistance."


class Move(StrEnum):
    SEND = "send"
    ACCEPT = "accept"
    REFUSE = "refuse"


_State = AccountRequest.State
_MOVES = {
    (_State.DRAFT, Move.SEND): _State.SENT,
    (_State.SENT, Move.REFUSE): _State.REFUSED,
    # The account may turn up before the request has left, or after it was refused.
    (_State.DRAFT, Move.ACCEPT): _State.DONE,
    (_State.SENT, Move.ACCEPT): _State.DONE,
    (_State.REFUSED, Move.ACCEPT): _State.DONE,
    # Whoever was refused may be asked for once more.
    (_State.REFUSED, Move.SEND): _State.SENT,
}


def send_drafts(*, establishment: Establishment, by: Agent) -> int:
    """Have the requests of `establishment` that have not left yet written to the help desk; gives how many.

    Those that no box needs any more stay behind. The caller holds the sheet of the census (see `boxes.census.states`).
    """
    drafts = AccountRequest.objects.filter(
        establishment=establishment, state=_State.DRAFT, entries__box__is_kept=True
    ).distinct()  # which no row can be locked with; the sheet stands for them
    count = 0
    for request in drafts:
        _send(request, by=by)
        count += 1
    return count


def may_follow(agent: Agent, establishment: Establishment) -> bool:
    """Whether `agent` notes what became of the requests of `establishment`."""
    return agent.is_staff or reach.is_head_of(agent, establishment)


def send_again(*, request: AccountRequest, by: Agent) -> None:
    """Ask the help desk once more for what it refused. Raises NotYours, WrongState."""
    with transaction.atomic():
        row = _locked(request, by)
        if row.state != _State.REFUSED:
            raise WrongState
        _send(row, by=by)


def waiting() -> list[int]:
    """Requests that are to leave and have not."""
    return list(
        AccountRequest.objects.filter(state=_State.SENT, mailed_at__isnull=True)
        .order_by("sent_at", "pk")
        .values_list("pk", flat=True)[:200]
    )


def mail(request_id: int) -> None:
    """Write one request to the help desk, unless it has left. The row is locked while it goes out, so that two workers
    send it once; a mail server that does not answer is tried again by the clock."""
    with transaction.atomic():
        request = (
            AccountRequest.objects.select_for_update(of=("self",))
            .select_related("establishment", "created_by")
            .filter(pk=request_id, state=_State.SENT, mailed_at__isnull=True)
            .first()
        )
        if request is None:
            return
        asker = request.created_by
        message = EmailMessage(
            # A line break in a name would end the heading.
            subject=" ".join(
                f"Demande de compte nominatif : {request.full_name} ({request.establishment.uai})".split()
            ),
            body=letter(request),
            to=[settings.HELP_DESK],
            reply_to=[asker.address] if asker else None,
        )
        try:
            message.send()
        except (SMTPException, OSError) as error:
            log.warning("account request %s could not be sent: %s", request.pk, type(error).__name__)
            return
        request.mailed_at = timezone.now()
        request.save(update_fields=["mailed_at"])


def letter(request: AccountRequest) -> str:
    """What the help desk is written, in French; also shown before it leaves."""
    entries = request.entries.select_related("box").order_by("box__address")
    access = "\n".join(f"- {entry.box.address} ({Role(entry.role).in_words})" for entry in entries)
    asker = request.created_by
    signed = f"{asker.full_name}\n{asker.address}" if asker else "Le portail de bascule"
    return (
        "Bonjour,\n\n"
        "Cette personne exerce dans notre établissement ou service sans compte nominatif. Il lui en faut un pour "
        "accéder aux boîtes fonctionnelles sur la nouvelle messagerie. Pouvez-vous le créer ?\n\n"
        f"Nom : {request.family_name}\n"
        f"Prénom : {request.given_name}\n"
        f"Fonction : {request.job}\n"
        f"Employeur : {request.employer}\n"
        f"Téléphone ou adresse : {request.contact or 'non précisé'}\n"
        f"Établissement ou service : {request.establishment.name} ({request.establishment.uai})"
        f"{f', {request.establishment.city}' if request.establishment.city else ''}\n\n"
        f"Boîtes concernées :\n{access or '- aucune pour le moment'}\n\n"
        "Quand le compte existera dans l’annuaire, ces accès suivront : il suffira de nous en donner l’adresse.\n\n"
        f"Référence : demande n° {request.pk}\n"
        f"{signed}\n"
    )


def proposals(requests: Sequence[AccountRequest]) -> dict[int, list[Agent]]:
    """Active persons of the same name and establishment as each request: the account is probably there. One query."""
    open_ones = [request for request in requests if request.state != _State.DONE]
    if not open_ones:
        return {}
    people: dict[tuple[int | None, tuple[str, ...]], list[Agent]] = defaultdict(list)
    places = {request.establishment_id for request in open_ones}
    holds = Q()
    for request in open_ones:
        if name := words(request.family_name):
            holds |= Q(search_text__contains=name[0])
    for agent in Agent.objects.filter(holds, establishment__in=places, is_active=True):
        people[agent.establishment_id, _name(agent.given_name, agent.family_name)].append(agent)
    return {
        request.pk: found
        for request in open_ones
        if (found := people.get((request.establishment_id, _name(request.given_name, request.family_name))))
    }


def accept(*, request: AccountRequest, agent: Agent, by: Agent) -> None:
    """The account is there: it is `agent`'s, who takes the place kept in each box. Where delegations govern by now,
    the access is given, or waits for the person's move. Raises NotYours, WrongState, NotActive."""
    with transaction.atomic():
        row = _locked(request, by)
        state = _after(row, Move.ACCEPT)
        if not agent.is_active:
            raise NotActive
        row.state, row.agent, row.answered_at = state, agent, timezone.now()
        row.save(update_fields=["state", "agent", "answered_at"])
        boxes = list(Box.objects.select_for_update().filter(entries__request=row).order_by("pk"))
        for box in boxes:
            _take_place(box, row, agent, by=by)
        _record("request.done", row, by=by, subject=agent, person=agent.full_name, address=agent.address)
        _tell(row, by=by, title="Le compte demandé existe", body=f"{row.full_name} a maintenant un compte, "
              f"{agent.address}, et prend la place prévue dans chaque boîte.")  # fmt: skip


def refuse(*, request: AccountRequest, answer: str, by: Agent) -> None:
    """The help desk does not make the account; `answer` is what it wrote. Raises NotYours, WrongState, NoAnswer."""
    answer = " ".join(answer.replace("\0", " ").split())[:ANSWER_MAX_CHARACTERS]
    with transaction.atomic():
        row = _locked(request, by)
        state = _after(row, Move.REFUSE)
        if not answer:
            raise NoAnswer
        row.state, row.answer, row.answered_at = state, answer, timezone.now()
        row.save(update_fields=["state", "answer", "answered_at"])
        _record("request.refused", row, by=by, answer=answer)
        _tell(row, by=by, title="Le compte demandé est refusé", body=f"L’assistance ne crée pas de compte pour "
              f"{row.full_name} : « {answer} »")  # fmt: skip


def _tell(row: AccountRequest, *, by: Agent, title: str, body: str) -> None:
    """Whoever asked, when somebody else notes the answer. Nobody is sent to a page that is not theirs any more."""
    asker = row.created_by
    if asker is None or asker.pk == by.pk or not asker.is_active or not may_follow(asker, row.establishment):
        return
    link = reverse("census_request", args=[row.establishment.uai, row.pk])
    notices.notify(
        asker, kind="request.answered", title=f"{title} : {row.full_name}", body=body, link=link, by_mail=True
    )


def _send(request: AccountRequest, *, by: Agent) -> None:
    from boxes.tasks import mail_account_request

    request.state = _after(request, Move.SEND)
    request.sent_at, request.mailed_at, request.answered_at, request.answer = timezone.now(), None, None, ""
    request.save(update_fields=["state", "sent_at", "mailed_at", "answered_at", "answer"])
    _record("request.sent", request, by=by)
    hand_out_on_commit(mail_account_request, request.pk)


def _take_place(box: Box, request: AccountRequest, agent: Agent, *, by: Agent) -> None:
    """The caller holds the lock of `box`."""
    entry = CensusEntry.objects.filter(box=box, request=request).first()
    if entry is None:
        return
    role = Role(entry.role)
    own = CensusEntry.objects.filter(box=box, agent=agent).first()
    if own is None:
        entry.agent, entry.request = agent, None
        entry.save(update_fields=["agent", "request"])
    else:
        role = Role(own.role)
        entry.delete()
    if box.is_shared:
        delegations.plan(box=box, entries=[(agent, role)], by=by)
        work.ask(box)


def _name(*parts: str) -> tuple[str, ...]:
    return tuple(sorted(words(" ".join(parts))))


def _locked(request: AccountRequest, by: Agent) -> AccountRequest:
    """The request read anew, under the lock of the sheet, so that nobody enters it into a box meanwhile."""
    locking.locked(request.establishment)
    row = AccountRequest.objects.select_for_update().filter(pk=request.pk).first()
    if row is None:
        raise WrongState
    if not may_follow(by, row.establishment):
        raise NotYours
    return row


def _after(request: AccountRequest, move: Move) -> AccountRequest.State:
    state = _MOVES.get((_State(request.state), move))
    if state is None:
        raise WrongState
    return state


def _record(action: str, request: AccountRequest, *, by: Agent, subject: Agent | None = None, **details: Any) -> None:
    journal.record(
        action,
        by=by,
        subject=subject,
        target=f"census:{request.establishment_id}",
        target_label=str(request.establishment),
        name=request.full_name,
        **details,
    )
