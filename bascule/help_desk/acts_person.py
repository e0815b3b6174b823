"""Acts on the person: the note of the move, sessions, and files handed over by staff."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO

from django.urls import reverse

from accounts import sign_in
from accounts.models import Agent
from bascule import deposits, moves
from bascule.help_desk.acts import Act, Prepared
from bascule.help_desk.errors import Refused
from boxes import delegations
from boxes.models import Delegation

ALREADY_MOVED = "Cette personne est déjà notée comme transférée."
NOT_MOVED = "Cette personne n’est pas notée comme transférée."


def _mark_moved(agent: Agent, _: str) -> Prepared:
    waiting = Delegation.objects.pending().filter(agent=agent).count()
    boxes = (
        f"{waiting} accès en attente à des boîtes partagées seront accordés."
        if waiting > 1
        else (
            "Un accès en attente à une boîte partagée sera accordé."
            if waiting
            else "Aucun accès à une boîte n’attendait."
        )
    )
    return Prepared(
        title="Noter comme transférée",
        done="a noté que votre messagerie est transférée : les étapes d’après le transfert sont ouvertes",
        consequences=(
            "Les étapes d’après le transfert s’ouvrent pour cette personne, et ses imports vers Zimbra aussi.",
            boxes,
            "À ne faire que si la boîte se trouve bien sur la messagerie nationale.",
        ),
        run=_run_moved,
        link=reverse("home"),
        refusal=ALREADY_MOVED if agent.has_migrated else "",
    )


def _run_moved(person: Agent, staff: Agent, _: str) -> None:
    if not moves.note_migrated([person.pk], by=staff):
        raise Refused(ALREADY_MOVED)


def _grant_what_waited(agent: Agent) -> None:
    delegations.grant_pending([agent])


def _mark_not_moved(agent: Agent, _: str) -> Prepared:
    return Prepared(
        title="Revenir sur le transfert noté par erreur",
        done="a retiré la note qui disait votre messagerie transférée : elle avait été mise par erreur",
        consequences=(
            "Les étapes d’après le transfert se referment ; ce qui y a été fait reste noté.",
            "Les accès à des boîtes partagées déjà accordés restent.",
        ),
        run=_run_not_moved,
        link=reverse("home"),
        refusal="" if agent.has_migrated else NOT_MOVED,
    )


def _run_not_moved(person: Agent, staff: Agent, _: str) -> None:
    if not moves.mark_not_migrated(agents=[person], by=staff):
        raise Refused(NOT_MOVED)


def _end_sessions(agent: Agent, _: str) -> Prepared:
    return Prepared(
        title="Fermer toutes ses sessions",
        done="a fermé toutes vos sessions sur le portail, sur tous vos appareils",
        consequences=(
            "La personne devra se connecter de nouveau, sur chacun de ses appareils.",
            "Ce qu’elle était en train d’écrire sans l’avoir enregistré est perdu.",
        ),
        run=lambda person, staff, _: sign_in.end_sessions(agent=person, by=staff),
    )


def deposit_files(agent: Agent, files: Sequence[tuple[str, IO[bytes]]]) -> Prepared:
    """The act of handing over `files` (name, seekable) for `agent`; its outcome is a `deposits.Received`."""
    names = ", ".join(f"« {name} »" for name, _ in files)[:300]

    def run(person: Agent, staff: Agent, _: str) -> deposits.Received:
        received = deposits.Received()
        for name, file in files:
            received.add(deposits.receive(agent=person, name=name, file=file, by=staff))
        if not received.new:
            raise NothingTaken(received)
        return received

    return Prepared(
        title="Déposer un fichier à sa place",
        done=f"a déposé pour vous : {names}",
        consequences=(
            "Le fichier est lu comme si la personne l’avait déposé elle-même, et rangé dans « Mes fichiers ».",
            "Vous n’en verrez pas le contenu ici sans l’accord de la personne.",
        ),
        run=run,
        link=reverse("files"),
    )


class NothingTaken(Refused):
    """No file was new; `received` tells what became of each."""

    def __init__(self, received: deposits.Received) -> None:
        super().__init__("Aucun fichier n’a été ajouté.")
        self.received = received


# Has a page of its own, for its form takes files.
DEPOSIT = Act("deposer", lambda agent, _: deposit_files(agent, ()))

ACTS = (
    Act("note-transfert", _mark_moved, plans=True, after=_grant_what_waited),
    Act("annule-transfert", _mark_not_moved, plans=True),
    Act("ferme-sessions", _end_sessions),
)
