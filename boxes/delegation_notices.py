"""What people are told when an access to a box changes (domain, section 5: both automatically). One notice a change.

Called by `boxes.delegations` only, in its transaction. Nobody is sent to a page that is not theirs to open.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse

from accounts import notices
from accounts.models import Agent
from boxes.models import Delegation, Role

MAY_DO = {
    Role.OWNER: "Vous pouvez lire, écrire au nom de la boîte et gérer ses accès.",
    Role.MEMBER: "Vous pouvez lire, classer et écrire au nom de la boîte.",
    Role.READER: "Vous pouvez lire ; déplacer, supprimer et répondre ne sont pas possibles.",
}


def granted(rows: Sequence[Delegation], *, by: Agent | None) -> None:
    """To each person of `rows`, all of one box."""
    if not rows:
        return
    box = rows[0].box
    giver = f"{by.full_name} vous donne" if by else "Vous avez maintenant"
    soon = "dans quelques minutes" if box.transferred_at else "dès qu’elle est en place"

    def body(role: Role) -> str:
        return (
            f"{giver} accès à la boîte {box.address}, avec le rôle : {role.in_words}. {MAY_DO[role]} "
            f"Elle apparaît parmi vos dossiers {soon}."
        )

    notices.notify_each(
        [(row.agent, body(Role(row.role))) for row in rows],
        kind="box.granted",
        title=f"Vous avez accès à la boîte « {box.name} »",
        link=reverse("box", args=[box.pk]),
        by_mail=True,
    )


def pending(rows: Sequence[Delegation]) -> None:
    """To each person of `rows`, all of one box, whose access waits for the own move."""
    if not rows:
        return
    box = rows[0].box
    notices.notify_each(
        [
            (
                row.agent,
                f"Vous aurez accès à la boîte {box.address}, avec le rôle : {Role(row.role).in_words}. L’accès s’ouvre "
                "de lui-même dès que votre messagerie est transférée : vous n’avez rien à faire.",
            )
            for row in rows
        ],
        kind="box.pending",
        title=f"Un accès vous attend : boîte « {box.name} »",
        link=reverse("boxes"),
        by_mail=True,
    )


def role_changed(row: Delegation, *, before: Role, by: Agent | None) -> None:
    if by is not None and by.pk == row.agent_id:
        changed = f"Vous avez changé votre rôle dans la boîte {row.box.address}"
    else:
        changed = f"{by.full_name if by else 'Le portail'} a changé votre rôle dans la boîte {row.box.address}"
    now = Role(row.role)
    _tell(
        row.agent,
        "box.role_changed",
        f"Votre rôle change dans la boîte « {row.box.name} »",
        f"{changed} : {before.in_words} auparavant, {now.in_words} désormais. "
        + (MAY_DO[now] if row.is_active else "L’accès s’ouvre dès que votre messagerie est transférée."),
        reverse("box", args=[row.box_id]) if row.is_active else reverse("boxes"),
    )


def revoked(row: Delegation, *, by: Agent, was_active: bool) -> None:
    if was_active:
        title = f"Vous n’avez plus accès à la boîte « {row.box.name} »"
        body = (
            f"{by.full_name} a retiré votre accès à la boîte {row.box.address}. Elle disparaît de votre messagerie, "
            "avec les identités que vous utilisiez pour elle."
        )
    else:
        title = f"L’accès prévu à la boîte « {row.box.name} » est annulé"
        body = f"{by.full_name} a annulé l’accès qui vous attendait à la boîte {row.box.address}."
    _tell(row.agent, "box.revoked", title, body, reverse("boxes"))


def left(row: Delegation, *, owner: Agent) -> None:
    """To an owner who stays."""
    _tell(
        owner,
        "box.left",
        f"{row.agent.full_name} a quitté la boîte « {row.box.name} »",
        f"{row.agent.full_name} ({row.agent.address}) a renoncé à son accès à la boîte {row.box.address} "
        f"(rôle : {Role(row.role).in_words}).",
        reverse("box", args=[row.box_id]),
    )


def _tell(person: Agent, kind: str, title: str, body: str, link: str) -> None:
    notices.notify(person, kind=kind, title=title, body=body, link=link, by_mail=True)
