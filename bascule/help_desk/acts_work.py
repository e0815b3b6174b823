"""Acts on files, imports, sendings to Zimbra, and mails of notices."""

from __future__ import annotations

from django.urls import reverse

from accounts import notices
from accounts.models import Agent, Notice
from bascule import read_again
from bascule.help_desk.acts import Act, Prepared
from bascule.help_desk.errors import NotThere, Refused
from bascule.imports import confirm as import_confirm
from bascule.imports import states as import_states
from bascule.models import Deposit, Import, Replay
from bascule.replays import confirm as replay_confirm
from bascule.replays import results as replay_results
from bascule.replays import states as replay_states

NOTHING_WAITS = "Il n’attend plus rien : il est terminé, annulé, ou un collègue l’a déjà relancé."
NOTHING_TO_UNDO = "Il n’y a rien à annuler : c’est déjà fait, ou en cours."
_MOST_DIGITS = 18


def key_of(text: str) -> int:
    """The number of a row as a form names it. Raises NotThere."""
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise NotThere
    return int(text)


def _import(agent: Agent, text: str) -> Import:
    row = Import.objects.select_related("agent", "collection").filter(pk=key_of(text), agent=agent).first()
    if row is None:
        raise NotThere
    return row


def _replay(agent: Agent, text: str) -> Replay:
    row = Replay.objects.select_related("agent", "of_list").filter(pk=key_of(text), agent=agent).first()
    if row is None:
        raise NotThere
    return row


def may_retry(row: Import | Replay) -> bool:
    """Whether it has stopped, or waits for Zimbra, so that trying again makes sense."""
    return row.state == "failed" or (row.state in row.UNDER_WAY and row.retry_at is not None)


def _retry_import(agent: Agent, text: str) -> Prepared:
    row = _import(agent, text)
    return Prepared(
        title=f"Relancer l’import de « {row.name} »",
        done=f"a relancé l’import de « {row.name} » vers votre messagerie",
        consequences=(
            "L’import reprend où il s’est arrêté ; rien n’est ajouté deux fois.",
            "Si la cause n’a pas disparu (boîte pleine, droits manquants), il s’arrêtera de nouveau.",
        ),
        run=lambda person, staff, _: _run_retry_import(_import(person, text), staff),
        link=reverse("import_detail", args=[row.pk]),
        refusal="" if may_retry(row) else NOTHING_WAITS,
    )


def _run_retry_import(row: Import, staff: Agent) -> None:
    if not may_retry(row):
        raise Refused(NOTHING_WAITS)
    try:
        import_confirm.try_again(parent=row, by=staff)
    except import_states.WrongState as error:
        raise Refused(NOTHING_WAITS) from error
    except import_confirm.AlreadyImported as error:
        raise Refused("Un autre import du même carnet est en cours : il faut d’abord l’annuler.") from error


def _undo_import(agent: Agent, text: str) -> Prepared:
    row = _import(agent, text)
    can_undo = Import.State.UNDOING in import_states.MOVES[row.state]
    return Prepared(
        title=f"Annuler l’import de « {row.name} »",
        done=f"a demandé l’annulation de l’import de « {row.name} »",
        consequences=(
            f"Ce que cet import a ajouté à la boîte Zimbra en sera retiré ({row.total} au plus), et cela seulement.",
            "Le fichier déposé reste : la personne pourra l’importer de nouveau.",
        ),
        run=lambda person, staff, _: _run_undo_import(_import(person, text), staff),
        link=reverse("import_detail", args=[row.pk]),
        refusal="" if can_undo else NOTHING_TO_UNDO,
    )


def _run_undo_import(row: Import, staff: Agent) -> None:
    try:
        import_confirm.undo(parent=row, by=staff)
    except import_states.WrongState as error:
        raise Refused(NOTHING_TO_UNDO) from error


def _retry_replay(agent: Agent, text: str) -> Prepared:
    row = _replay(agent, text)
    label = replay_results.title_of(row)
    return Prepared(
        title=f"Relancer l’envoi vers Zimbra : {label}",
        done=f"a relancé l’envoi vers Zimbra « {label} »",
        consequences=("L’envoi reprend où il s’est arrêté ; ce qui est déjà en place n’est pas refait.",),
        run=lambda person, staff, _: _run_retry_replay(_replay(person, text), staff),
        link=reverse("replay_detail", args=[row.pk]),
        refusal="" if may_retry(row) else NOTHING_WAITS,
    )


def _run_retry_replay(row: Replay, staff: Agent) -> None:
    if not may_retry(row):
        raise Refused(NOTHING_WAITS)
    try:
        replay_confirm.try_again(replay=row, by=staff)
    except replay_states.WrongState as error:
        raise Refused(NOTHING_WAITS) from error
    except replay_confirm.AlreadyUnderWay as error:
        raise Refused("Un autre envoi du même genre est en cours : attendez qu’il soit terminé.") from error


def _deposit(agent: Agent, text: str) -> Deposit:
    row = Deposit.objects.filter(pk=key_of(text), agent=agent).first()
    if row is None:
        raise NotThere
    return row


def _read_again(agent: Agent, text: str) -> Prepared:
    row = _deposit(agent, text)
    return Prepared(
        title=f"Relire le fichier « {row.name} »",
        done=f"a fait relire votre fichier « {row.name} »",
        consequences=("Ce qui avait été lu dans ce fichier est oublié, et le fichier est lu de nouveau.",),
        run=lambda person, staff, _: _run_read_again(_deposit(person, text), staff),
        link=reverse("file_detail", args=[row.pk]),
        refusal=read_again.why_not(row),
    )


def _run_read_again(row: Deposit, staff: Agent) -> None:
    try:
        read_again.read_again(deposit=row, by=staff)
    except read_again.CannotRead as error:
        raise Refused(error.sentence) from error


def _notice(agent: Agent, text: str) -> Notice:
    row = Notice.objects.select_related("recipient").filter(pk=key_of(text), recipient=agent).first()
    if row is None:
        raise NotThere
    return row


_NOT_FAILED = "Ce courriel n’est pas en échec : il est parti, ou attend son tour."


def _send_notice_again(agent: Agent, text: str) -> Prepared:
    row = _notice(agent, text)
    return Prepared(
        title=f"Renvoyer le courriel « {row.title} »",
        done=f"a fait renvoyer le courriel « {row.title} »",
        consequences=(f"Le courriel repart vers {agent.address}, tel qu’il était.",),
        run=lambda person, staff, _: _run_send_again(_notice(person, text), staff),
        link=reverse("notices"),
        refusal="" if row.mail_state == Notice.Mail.FAILED else _NOT_FAILED,
    )


def _run_send_again(row: Notice, staff: Agent) -> None:
    try:
        notices.send_again(notice=row, by=staff)
    except notices.NotFailed as error:
        raise Refused(_NOT_FAILED) from error


ACTS = (
    Act("relancer-import", _retry_import),
    Act("annuler-import", _undo_import),
    Act("relancer-envoi", _retry_replay),
    Act("relire-fichier", _read_again),
    # The mail that goes out again is told of on screen: another one beside it would only puzzle.
    Act("renvoyer-courriel", _send_notice_again, by_mail=False),
)
