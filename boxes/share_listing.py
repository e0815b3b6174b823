"""What the page of shares shows: each share with where it stands, found by name, address or item."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import Agent
from accounts.plain_text import words
from boxes import shares
from boxes.looks import Picture
from boxes.models import Box, BoxShare

IN_PLACE, UNDER_WAY, LEAVING, TROUBLE = "in_place", "under_way", "leaving", "trouble"
LABELS = {
    IN_PLACE: "En place",
    UNDER_WAY: "Mise en place en cours",
    LEAVING: "Retrait en cours",
    TROUBLE: "À vérifier",
}

_KINDS = {"contact": "Carnet d’adresses", "appointment": "Calendrier", "task": "Liste de tâches"}

# Zimbra's codes for what stops one share; the rest is told in general.
_TROUBLES = {
    "mail.NO_SUCH_FOLDER": "Cet élément n’existe plus dans Zimbra. Retirez ce partage.",
    "mail.NO_SUCH_ITEM": "Cet élément n’existe plus dans Zimbra. Retirez ce partage.",
    "account.NO_SUCH_ACCOUNT": "Cette personne n’a pas de messagerie dans Zimbra : signalez-le à l’assistance.",
    "account.ACCOUNT_INACTIVE": "La messagerie de cette personne est fermée dans Zimbra.",
}
_TROUBLE = "Zimbra n’a pas accepté ce partage : signalez-le à l’assistance avec le code {code}."
_GONE = "Cet élément n’existe plus dans Zimbra : le partage ne donne plus accès à rien. Vous pouvez le retirer."
_INACTIVE = "Ce compte n’est plus actif dans l’annuaire : retirez ce partage."


@dataclass(frozen=True, slots=True)
class Shown:
    """One share. note: what is to be known or done about it, "" for nothing."""

    row: BoxShare
    state: str
    note: str

    @property
    def name(self) -> str:
        return shares.item_name(self.row)

    @property
    def kind(self) -> str:
        return _KINDS.get(self.row.view, "Dossier de messages")

    @property
    def label(self) -> str:
        return LABELS[self.state]


def shown(box: Box, picture: Picture | None, *, text: str = "", state: str = "") -> list[Shown]:
    """The shares of `box` by item and person; text: words that the name, address or item all hold; state: one of
    LABELS, "" for all. picture: the latest look, by which items that are gone are told. One query."""
    rows = [_shown(row, picture) for row in box.shares.select_related("agent")]
    wanted = words(text.replace("\0", " ")[:200])
    return [
        one
        for one in rows
        if (not state or one.state == state)
        and all(
            word in " ".join(words(f"{one.name} {one.row.agent.full_name} {one.row.agent.address}")) for word in wanted
        )
    ]


def received(agent: Agent) -> list[Shown]:
    """What owners share with `agent`, by box and item; what is being taken away is not theirs any more. One query."""
    rows = BoxShare.objects.filter(agent=agent, removed=False).select_related("agent", "box")
    return [_shown(row, None) for row in rows.order_by("box__name", "box_id", "folder_path")]


def _shown(row: BoxShare, picture: Picture | None) -> Shown:
    if row.removed:
        return Shown(row, LEAVING, "" if not row.trouble else _in_words(row.trouble))
    if picture is not None and not picture.is_cut and picture.folder(row.folder_id) is None:
        return Shown(row, TROUBLE, _GONE)
    if row.trouble:
        return Shown(row, TROUBLE, _in_words(row.trouble))
    if not row.agent.is_active:
        return Shown(row, TROUBLE, _INACTIVE)
    return Shown(row, IN_PLACE if row.is_in_place else UNDER_WAY, "")


def _in_words(code: str) -> str:
    return _TROUBLES.get(code) or _TROUBLE.format(code=code)
