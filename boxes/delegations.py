"""Who has access to a shared box: the one writer of delegations (domain, section 5).

Every function locks the row of the box first, reads who owns it under that lock, decides, and writes. Two owners who
act at the same moment thus act one after the other, and the second meets what the first left: an owner who has just
been removed manages nothing any more, and the last one stays. What Zimbra has to follow is asked for in the same
transaction (`boxes.work`).
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts import journal, notices
from accounts.models import Agent
from boxes import identities, work
from boxes.models import Box, Delegation, Role


class DelegationError(Exception):
    """What was asked for cannot be; `sentence` says in French why, and what to do."""

    sentence = "Cette action n’est pas possible."


class NotOwner(DelegationError):
    sentence = "Seul un propriétaire de la boîte gère les accès. Rechargez la page : votre rôle a peut-être changé."


class LastOwner(DelegationError):
    sentence = (
        "Une boîte garde toujours au moins un propriétaire, et cette personne est la seule. "
        "Donnez d’abord le rôle de propriétaire à quelqu’un d’autre."
    )


class NotMigrated(DelegationError):
    sentence = (
        "Cette personne n’est pas encore passée sur la nouvelle messagerie : "
        "vous pourrez lui donner accès dès que sa boîte personnelle sera transférée."
    )


class NotActive(DelegationError):
    sentence = "Ce compte n’est plus actif dans l’annuaire : il ne peut pas recevoir d’accès."


class AlreadyThere(DelegationError):
    sentence = "Cette personne a déjà accès à la boîte. Modifiez son rôle dans la liste si besoin."


class Gone(DelegationError):
    sentence = "Cette personne n’a plus accès à la boîte : la liste a changé entre-temps."


class NotShared(DelegationError):
    sentence = "Cette boîte n’est pas encore transférée : ses accès se préparent dans le recensement."


def grant(*, box: Box, agent: Agent, role: Role, by: Agent) -> Delegation:
    """Give `agent`, who must have moved, access to `box`; `by` an active owner. The person is told.

    Raises NotOwner, NotMigrated, NotActive, AlreadyThere, NotShared.
    """
    with transaction.atomic():
        box = _locked(box)
        _need_owner(box, by)
        return _grant(box, agent, role, by=by, action="box.granted")


def appoint_owner(*, box: Box, agent: Agent, by: Agent) -> Delegation:
    """Make `agent` an owner, whatever the person was before: what the help desk does for a box that nobody manages.

    `by` is of staff. Raises NotOwner, NotMigrated, NotActive, AlreadyThere (an owner already), NotShared.
    """
    with transaction.atomic():
        box = _locked(box)
        if not by.is_staff:
            raise NotOwner
        there = Delegation.objects.current().filter(box=box, agent=agent).first()
        if there is None:
            return _grant(box, agent, Role.OWNER, by=by, action="box.owner_appointed")
        _check_person(agent)
        if there.role == Role.OWNER and there.is_active:
            raise AlreadyThere
        there.state = Delegation.State.ACTIVE
        there.active_since = there.active_since or timezone.now()
        _set_role(there, Role.OWNER, by=by, action="box.owner_appointed")
        return there


def change_role(*, delegation: Delegation, role: Role, by: Agent) -> Delegation:
    """Give the person another role, also while the access is pending; `by` an active owner. The person is told.

    Raises NotOwner, LastOwner, Gone. The same role again changes nothing.
    """
    with transaction.atomic():
        box = _locked(delegation.box)
        _need_owner(box, by)
        row = _current(delegation)
        if row.role == role:
            return row
        if row.role == Role.OWNER:
            _need_another_owner(row)
        _set_role(row, role, by=by, action="box.role_changed")
        return row


def revoke(*, delegation: Delegation, by: Agent) -> None:
    """Take the access away; `by` an active owner, who leaves by `give_up` instead. The person is told.

    Raises NotOwner, LastOwner, Gone.
    """
    with transaction.atomic():
        box = _locked(delegation.box)
        _need_owner(box, by)
        row = _current(delegation)
        if row.role == Role.OWNER:
            _need_another_owner(row)
        _remove(row)
        _record("box.revoked", row, by=by)
        notices.notify(
            row.agent,
            kind="box.revoked",
            title=f"Vous n’avez plus accès à la boîte {box.name}",
            body=f"{by.full_name} a retiré votre accès à la boîte {box.address}. Elle disparaît de votre messagerie, "
            "avec les identités que vous utilisiez pour elle.",
            link=reverse("boxes"),
            by_mail=True,
        )
        work.ask(box)


def give_up(*, delegation: Delegation, by: Agent) -> None:
    """The person leaves; the owners who stay are told. Raises NotOwner (somebody else's), LastOwner, Gone."""
    with transaction.atomic():
        box = _locked(delegation.box)
        row = _current(delegation)
        if row.agent_id != by.pk:
            raise NotOwner
        if row.role == Role.OWNER:
            _need_another_owner(row)
        _remove(row)
        _record("box.left", row, by=by)
        for owner in Agent.objects.filter(
            delegations__box=box, delegations__role=Role.OWNER, delegations__state=Delegation.State.ACTIVE
        ):
            notices.notify(
                owner,
                kind="box.left",
                title=f"{by.full_name} a quitté la boîte {box.name}",
                body=f"{by.full_name} ({by.address}) a renoncé à son accès à la boîte {box.address}.",
                link=reverse("box", args=[box.pk]),
                by_mail=True,
            )
        work.ask(box)


def hide(*, delegation: Delegation, by: Agent) -> None:
    """Take the box out of the person's folders; the access stays. Raises NotOwner (somebody else's), Gone."""
    _display(delegation, by=by, hidden=True)


def show(*, delegation: Delegation, by: Agent) -> None:
    """Put a hidden box back among the person's folders. Raises NotOwner (somebody else's), Gone."""
    _display(delegation, by=by, hidden=False)


def plan(*, box: Box, entries: Iterable[tuple[Agent, Role]], by: Agent | None) -> tuple[int, int]:
    """What the census and the rule on heads say, made delegations at the transfer: active for whoever has moved,
    pending for the rest. Persons who have access already keep it as it is, unless they become owners.

    The caller holds the lock of `box` (see `boxes.transfer`). Gives how many became active and how many wait.
    """
    there = {row.agent_id: row for row in Delegation.objects.select_related("agent", "box").filter(box=box)}
    active = pending = 0
    for agent, role in entries:
        row = there.get(agent.pk)
        if row is not None and row.state != Delegation.State.REMOVED:
            if role == Role.OWNER and row.role != Role.OWNER:
                _set_role(row, Role.OWNER, by=by, action="box.role_changed")
            continue
        row = row or Delegation(box=box, agent=agent)
        row.role, row.hidden, row.granted_by = role, False, by
        if agent.has_migrated:
            _activate(row, by=by, action="box.granted")
            active += 1
        else:
            row.state = Delegation.State.PENDING
            row.save()
            _record("box.pending", row, by=by, role=_in_words(role))
            pending += 1
        there[agent.pk] = row
    return active, pending


def grant_pending(agents: Iterable[Agent] | None = None) -> int:
    """Grant what was waiting for these persons (all, when None) and whose mailbox has moved by now; gives how many.

    Each box is locked in its own transaction; what was decided meanwhile stands.
    """
    waiting = Delegation.objects.pending().filter(agent__migrated_at__isnull=False, agent__is_active=True)
    if agents is not None:
        waiting = waiting.filter(agent__in=[agent.pk for agent in agents])
    granted = 0
    for pk, box_id in waiting.order_by("box_id", "pk").values_list("pk", "box_id"):
        with transaction.atomic():
            Box.objects.select_for_update().get(pk=box_id)
            row = waiting.select_related("agent", "box").filter(pk=pk).first()
            if row is None:
                continue
            _activate(row, by=None, action="box.granted_after_move")
            work.ask(row.box)
            granted += 1
    return granted


def _locked(box: Box) -> Box:
    found = Box.objects.select_for_update().get(pk=box.pk)
    if not found.is_shared:
        raise NotShared
    return found


def _need_owner(box: Box, by: Agent) -> None:
    if not Delegation.objects.active().owners().filter(box=box, agent=by, agent__is_active=True).exists():
        raise NotOwner


def _need_another_owner(row: Delegation) -> None:
    """An owner who can act counts for more than one who has not moved: of those who act, one has to stay."""
    owners = Delegation.objects.owners().filter(box=row.box_id)
    acting = owners.active().filter(agent__is_active=True)
    if row.is_active:
        if not acting.exclude(pk=row.pk).exists():
            raise LastOwner
    elif not acting.exists() and not owners.pending().exclude(pk=row.pk).exists():
        raise LastOwner


def _current(delegation: Delegation) -> Delegation:
    row = Delegation.objects.current().select_related("agent", "box").filter(pk=delegation.pk).first()
    if row is None:
        raise Gone
    return row


def _check_person(agent: Agent) -> None:
    if not agent.is_active:
        raise NotActive
    if not agent.has_migrated:
        raise NotMigrated


def _grant(box: Box, agent: Agent, role: Role, *, by: Agent, action: str) -> Delegation:
    _check_person(agent)
    row = Delegation.objects.filter(box=box, agent=agent).first()
    if row is not None and row.state != Delegation.State.REMOVED:
        raise AlreadyThere
    row = row or Delegation(box=box, agent=agent)
    row.role, row.hidden, row.granted_by = role, False, by
    _activate(row, by=by, action=action)
    work.ask(box)
    return row


def _activate(row: Delegation, *, by: Agent | None, action: str) -> None:
    row.state, row.active_since, row.trouble = Delegation.State.ACTIVE, timezone.now(), ""
    row.save()
    identities.follow_role(row)
    _record(action, row, by=by, role=_in_words(row.role))
    giver = f"{by.full_name} vous donne" if by else "Vous avez maintenant"
    notices.notify(
        row.agent,
        kind="box.granted",
        title=f"Vous avez accès à la boîte {row.box.name}",
        body=f"{giver} accès à la boîte {row.box.address}, avec le rôle : {_in_words(row.role)}. "
        "Elle apparaît parmi vos dossiers dans quelques minutes.",
        link=reverse("box", args=[row.box_id]),
        by_mail=True,
    )


def _set_role(row: Delegation, role: Role, *, by: Agent | None, action: str) -> None:
    before, row.role, row.trouble = row.role, role, ""
    row.save(update_fields=["role", "state", "active_since", "trouble"])
    if row.is_active:
        identities.follow_role(row)
    _record(action, row, by=by, before=_in_words(before), role=_in_words(role))
    if row.is_active:
        changer = by.full_name if by else "Le portail"
        notices.notify(
            row.agent,
            kind="box.role_changed",
            title=f"Votre rôle change dans la boîte {row.box.name}",
            body=f"{changer} a changé votre rôle dans la boîte {row.box.address} : "
            f"{_in_words(before)} auparavant, {_in_words(role)} désormais.",
            link=reverse("box", args=[row.box_id]),
            by_mail=True,
        )
    work.ask(row.box)


def _remove(row: Delegation) -> None:
    """The row stays, as removed, until Zimbra has let go of everything; `boxes.sync` then deletes it."""
    row.state, row.trouble = Delegation.State.REMOVED, ""
    row.tags_asked_at = None
    row.save(update_fields=["state", "trouble", "tags_asked_at"])
    identities.drop_all(row)


def _display(delegation: Delegation, *, by: Agent, hidden: bool) -> None:
    with transaction.atomic():
        box = _locked(delegation.box)
        row = _current(delegation)
        if row.agent_id != by.pk:
            raise NotOwner
        if row.hidden == hidden:
            return
        row.hidden, row.trouble = hidden, ""
        row.save(update_fields=["hidden", "trouble"])
        _record("box.hidden" if hidden else "box.shown", row, by=by)
        work.ask(box)


def _in_words(role: str) -> str:
    return {Role.OWNER: "propriétaire", Role.MEMBER: "membre", Role.READER: "membre en lecture seule"}[Role(role)]


def _record(action: str, row: Delegation, *, by: Agent | None, **details: str) -> None:
    journal.record(
        action,
        by=by,
        subject=row.agent,
        target=f"box:{row.box_id}",
        target_label=row.box.address,
        name=row.agent.full_name,
        **details,
    )
