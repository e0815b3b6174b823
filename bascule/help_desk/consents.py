"""Looking into the files of a person: asked for with a reason, granted by the person, for a time, to one of staff.

Nothing here opens a file without a row that holds at that very moment, locked while the opening is written down.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Count, Prefetch, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts import journal, notices
from accounts.models import Agent
from bascule.help_desk.errors import NotThere, Refused, reason_of
from bascule.help_desk.reach import person_for, still_staff
from bascule.models import ContentConsent, ContentOpening, Deposit

State = ContentConsent.State
Scope = ContentConsent.Scope
Part = ContentOpening.Part

# What the person may choose from: key of the form, hours, words.
SPANS = {"24h": (24, "24 heures"), "3j": (72, "3 jours")}
# A request that nobody answered within this time is over.
ASK_DAYS = 14
# Of one of staff to one person, within a day: a refusal is not to be worn down.
ASKED_A_DAY = 5
OPENINGS_SHOWN = 50

ASKED_ALREADY = "Vous avez déjà fait cette demande : attendez la réponse de la personne."
ASKED_ENOUGH = "Vous avez déjà fait plusieurs demandes à cette personne aujourd’hui : joignez-la directement."
ANSWERED = "Cette demande a déjà reçu sa réponse, ou a été abandonnée."
TOO_OLD = f"Cette demande a plus de {ASK_DAYS} jours : elle n’est plus valable."
NO_SPAN = "Choisissez pour combien de temps, ou refusez."
FILE_GONE = "Ce fichier a été supprimé : il n’y a plus rien à consulter."


def ask(*, agent: Agent, deposit: Deposit | None, originals: bool, reason: str, by: Agent) -> ContentConsent:
    """`by` asks to look into one file of `agent`, or into all (None). originals: to download them too.

    The person is told, by mail too. Raises NoReason, OwnPage, HasLeft, Refused, NotThere.
    """
    reason = reason_of(reason)
    try:
        with transaction.atomic():
            staff, person = person_for(agent, by=by)
            if deposit is not None and deposit.agent_id != person.pk:
                raise NotThere
            _drop_unanswered(person, staff)
            since = timezone.now() - timedelta(days=1)
            mine = ContentConsent.objects.filter(agent=person, asked_by=staff)
            if mine.filter(asked_at__gt=since).count() >= ASKED_A_DAY:
                raise Refused(ASKED_ENOUGH)
            row = ContentConsent.objects.create(
                agent=person,
                asked_by=staff,
                scope=Scope.FILE if deposit else Scope.ALL,
                deposit=deposit,
                file_name=deposit.name if deposit else "",
                originals=originals,
                reason=reason,
            )
            journal.record(
                "help.consent_asked", by=staff, subject=person, target=_target(row), what=_what(row), reason=reason
            )
            notices.notify(
                person,
                kind="help.consent_asked",
                title="L’assistance demande à consulter ce que vous avez déposé",
                body=f"{staff.full_name} ({staff.address}), de l’équipe DSI, demande à consulter {row.of_what}.\n\n"
                f"Motif : « {reason} »\n\n"
                "Rien n’est visible sans votre accord. Répondez dans le portail : vous choisissez pour combien de "
                "temps, vous pouvez refuser, et vous pouvez retirer votre accord à tout moment.",
                link=reverse("consent_answer", args=[row.pk]),
                by_mail=True,
            )
    except IntegrityError as error:
        raise Refused(ASKED_ALREADY) from error
    return row


def cancel(*, consent: ContentConsent, by: Agent) -> None:
    """Whoever asked needs it no more, answered or not. Raises NotThere, Refused."""
    with transaction.atomic():
        staff = still_staff(by)
        row = _locked(consent)
        if row.asked_by_id != staff.pk:
            raise NotThere
        if row.state not in (State.ASKED, State.GRANTED) or row.is_over:
            raise Refused(ANSWERED)
        _end(row, State.CANCELLED)
        journal.record("help.consent_cancelled", by=staff, subject=row.agent, target=_target(row), what=_what(row))


def grant(*, consent: ContentConsent, span: str, originals: bool, by: Agent) -> None:
    """The person lets whoever asked look, for a key of SPANS. originals: download too, where that was asked for.

    Raises NotThere, Refused.
    """
    if span not in SPANS:
        raise Refused(NO_SPAN)
    with transaction.atomic():
        row = _to_answer(consent, by)
        if row.scope == Scope.FILE and row.deposit_id is None:
            raise Refused(FILE_GONE)
        now = timezone.now()
        row.state, row.answered_at, row.until = State.GRANTED, now, now + timedelta(hours=SPANS[span][0])
        row.originals = row.originals and originals
        row.save(update_fields=["state", "answered_at", "until", "originals"])
        until = moment(row)
        journal.record(
            "help.consent_granted",
            by=by,
            subject=row.agent,
            target=_target(row),
            what=_what(row),
            staff=row.asked_by.address,
            until=until,
        )
        _tell_staff(row, "Consultation accordée", f"Vous pouvez consulter ce que vous aviez demandé jusqu’au {until}.")


def refuse(*, consent: ContentConsent, by: Agent) -> None:
    """The person does not want it. Raises NotThere, Refused."""
    with transaction.atomic():
        row = _to_answer(consent, by)
        row.answered_at = timezone.now()
        row.save(update_fields=["answered_at"])
        _end(row, State.REFUSED)
        _record_answer("help.consent_refused", row, by)
        _tell_staff(row, "Consultation refusée", "La personne ne souhaite pas que ses fichiers soient consultés.")


def withdraw(*, consent: ContentConsent, by: Agent) -> None:
    """The person takes the leave back; from then on nothing opens. Raises NotThere, Refused."""
    with transaction.atomic():
        row = _of(consent, by)
        if not row.holds():
            raise Refused("Cet accord n’est plus en cours.")
        _end(row, State.WITHDRAWN)
        _record_answer("help.consent_withdrawn", row, by)
        _tell_staff(row, "Accord de consultation retiré", "La personne a retiré son accord : plus rien n’est visible.")


def open_part(*, deposit: Deposit, part: Part, by: Agent) -> ContentConsent:
    """Write down that `by` looks into `deposit` now, and give the consent that allows it. Raises NotThere.

    The row is locked: a leave that is taken back at the same moment either comes first, and nothing is opened, or
    finds the opening written down.
    """
    with transaction.atomic():
        staff = still_staff(by)
        found = holding(staff, deposit, originals=part == Part.ORIGINAL)
        if found is None:
            raise NotThere
        row = _locked(found)
        if not row.holds() or (part == Part.ORIGINAL and not row.originals):
            raise NotThere
        ContentOpening.objects.create(consent=row, deposit=deposit, file_name=deposit.name, part=part)
        journal.record(
            "help.content_opened",
            by=staff,
            subject=row.agent,
            target=f"deposit:{deposit.pk}",
            target_label=deposit.name,
            part=str(part.label),
        )
    return row


def holding(staff: Agent, deposit: Deposit, *, originals: bool = False) -> ContentConsent | None:
    """What allows `staff` to look into `deposit` now; None: nothing does."""
    rows = ContentConsent.objects.filter(
        Q(scope=Scope.ALL) | Q(deposit=deposit),
        agent=deposit.agent_id,
        asked_by=staff,
        state=State.GRANTED,
        until__gt=timezone.now(),
    )
    if originals:
        rows = rows.filter(originals=True)
    return rows.order_by("-originals", "-until").first()


def holding_all(staff: Agent, agent: Agent) -> list[ContentConsent]:
    """All that lets `staff` look into files of `agent` now."""
    rows = ContentConsent.objects.filter(agent=agent, asked_by=staff, state=State.GRANTED, until__gt=timezone.now())
    return list(rows.order_by("-originals", "-until"))


def of_person(agent: Agent) -> QuerySet[ContentConsent]:
    """All requests to `agent` with what was opened by each, for the person's own page."""
    return (
        ContentConsent.objects.filter(agent=agent)
        .select_related("asked_by")
        .annotate(opened=Count("openings"))
        .order_by("-asked_at", "-pk")
        .prefetch_related(Prefetch("openings", ContentOpening.objects.all()[:OPENINGS_SHOWN], to_attr="latest"))
    )


def for_staff(agent: Agent, *, most: int = 20) -> list[ContentConsent]:
    """The latest requests to `agent`, of whoever asked, for the help desk's page."""
    return list(ContentConsent.objects.filter(agent=agent).select_related("asked_by")[:most])


def is_too_old(row: ContentConsent) -> bool:
    """Whether it was never answered, and is over for that."""
    return row.state == State.ASKED and row.asked_at < timezone.now() - timedelta(days=ASK_DAYS)


def moment(row: ContentConsent) -> str:
    """Until when it holds, in words, Réunion time."""
    return date_format(timezone.localtime(row.until), "j F Y à H:i") if row.until else ""


def _drop_unanswered(agent: Agent, staff: Agent) -> None:
    old = timezone.now() - timedelta(days=ASK_DAYS)
    rows = ContentConsent.objects.filter(agent=agent, asked_by=staff, state=State.ASKED, asked_at__lt=old)
    rows.update(state=State.CANCELLED, ended_at=timezone.now())


def _locked(consent: ContentConsent) -> ContentConsent:
    row = (
        ContentConsent.objects.select_for_update(of=("self",))
        .select_related("agent", "asked_by")
        .filter(pk=consent.pk)
        .first()
    )
    if row is None:
        raise NotThere
    return row


def _of(consent: ContentConsent, by: Agent) -> ContentConsent:
    row = _locked(consent)
    if row.agent_id != by.pk:
        raise NotThere
    return row


def _to_answer(consent: ContentConsent, by: Agent) -> ContentConsent:
    row = _of(consent, by)
    if row.state != State.ASKED:
        raise Refused(ANSWERED)
    if is_too_old(row):
        raise Refused(TOO_OLD)
    return row


def _end(row: ContentConsent, state: State) -> None:
    row.state, row.ended_at = state, timezone.now()
    row.save(update_fields=["state", "ended_at"])


def _target(row: ContentConsent) -> str:
    return f"agent:{row.agent_id}"


def _what(row: ContentConsent) -> str:
    """For the journal, which names no owner within it."""
    return f"le fichier « {row.file_name} »" if row.scope == Scope.FILE else "tous les fichiers déposés"


def _record_answer(action: str, row: ContentConsent, by: Agent) -> None:
    journal.record(action, by=by, subject=row.agent, target=_target(row), what=_what(row), staff=row.asked_by.address)


def _tell_staff(row: ContentConsent, title: str, body: str) -> None:
    notices.notify(
        row.asked_by,
        kind="help.consent_answered",
        title=f"{title} : {row.agent.full_name}",
        body=body,
        link=reverse("help_desk_agent", args=[row.agent_id]),
    )
