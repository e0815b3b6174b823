"""What whoever handed in a list is told when a worker is through with it: figures, never names."""

from __future__ import annotations

from collections.abc import Mapping

from django.urls import reverse

from accounts import notices
from accounts.directory.states import State
from accounts.models import DirectoryImport, DirectoryLine
from accounts.team_waiting import Waiting

Action = DirectoryLine.Action


def told_read(row: DirectoryImport, state: str, counts: Mapping[str, int]) -> None:
    """The list was compared; in the transaction of the move to `state`."""
    if state == State.READY:
        _notify(row, f"« {row.name} » est lu : à confirmer", f"{summary(counts)}. Rien n’est écrit pour l’instant.")
    elif state == State.REFUSED:
        _notify(row, f"« {row.name} » : des erreurs à corriger", "Rien n’a été modifié dans le répertoire.")
    else:
        _notify(row, f"« {row.name} » : rien à changer", "Le répertoire dit déjà la même chose que cette liste.")


def told_written(row: DirectoryImport) -> None:
    _notify(row, f"« {row.name} » est écrit dans le répertoire", f"{summary(row.counts)}.")


def told_stopped(row: DirectoryImport, sentence: str) -> None:
    _notify(row, f"« {row.name} » : à revoir", sentence)


def summary(counts: Mapping[str, int]) -> str:
    """ "3 ajouts, 2 modifications, 0 retour, 1 départ"; what there is none of is left out."""
    words = {
        Action.ADDED: ("ajout", "ajouts"),
        Action.CHANGED: ("modification", "modifications"),
        Action.BACK: ("retour", "retours"),
        Action.GONE: ("départ", "départs"),
    }
    told = [
        f"{counts[action]} {several if counts[action] > 1 else one}"
        for action, (one, several) in words.items()
        if counts.get(action)
    ]
    return ", ".join(told) or "aucun changement"


def waiting() -> list[Waiting]:
    """Lists that somebody has to decide about."""
    rows = DirectoryImport.objects.filter(state=State.READY)
    return [
        Waiting(
            rows.count(),
            "liste du répertoire à confirmer",
            "listes du répertoire à confirmer",
            f"{reverse('directory')}?etat=ready",
        )
    ]


def _notify(row: DirectoryImport, title: str, body: str) -> None:
    if row.by is not None:
        notices.notify(
            row.by,
            kind="directory.import",
            title=title,
            body=body,
            link=reverse("directory_import", args=(row.pk,)),
        )
