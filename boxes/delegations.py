"""Who has access to a shared box: the one writer of delegations (domain, section 5).

Every function locks the row of the box first, reads who owns it under that lock, decides, and writes. Two owners who
act at the same moment thus act one after the other, and the second meets what the first left: an owner who has just
been removed manages nothing any more, and the last one stays. What Zimbra has to follow is asked for in the same
transaction (`boxes.work`).
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from accounts import journal
from accounts.models import Agent
from boxes import delegation_notices, identities, work
from boxes.models import Box, BoxFinding, BoxIdentity, BoxShare, Delegation, Role

_RANK = {Role.READER: 0, Role.MEMBER: 1, Role.OWNER: 2}
_Kind = BoxFinding.Kind
_FINDINGS = (_Kind.GRANT_MISSING, _Kind.GRANT_DIFFERS, _Kind.GRANT_UNKNOWN, _Kind.SEND_MISSING, _Kind.SEND_UNKNOWN)


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


class Yourself(DelegationError):
    sentence = "Pour renoncer à votre propre accès, quittez la boîte depuis « Mes boîtes »."


class Gone(DelegationError):
    sentence = "Cette personne n’a plus accès à la boîte : la liste a changé entre-temps."


class NotShared(DelegationError):
    sentence = "Cette boîte n’est pas encore transférée : ses accès se préparent dans le recensement."


def grant(*, box: Box, agent: Agent, role: Role, by: Agent, settling: bool = False) -> Delegation:
    """Give `agent`, who must have moved, access to `box`; `by` an active owner. The person is told.

    settling: what was done in Zimbra itself is taken over (`boxes.reconcile`), which staff may decide as well.
    Raises NotOwner, NotMigrated, NotActive, AlreadyThere, NotShared.
    """
    with transaction.atomic():
        box = _locked(box)
        _need_owner(box, by, or_staff=settling)
        return _grant(box, agent, role, by=by, action="box.granted")


def appoint_owner(*, box: Box, agent: Agent, by: Agent) -> Delegation:
    """Make `agent` an owner, whatever the person was before: what the help desk does for a box that nobody manages.

    `by` is of staff. Raises NotOwner, NotMigrated, NotActive, AlreadyThere (an owner already), NotShared.
    """
    with transaction.atomic():
        box = _locked(box)
        if not _is_staff(by):
            raise NotOwner
        there = Delegation.objects.active().select_related("agent", "box").filter(box=box, agent=agent).first()
        if there is not None:
            checked(agent)
            if there.role == Role.OWNER:
                raise AlreadyThere
            _set_role(there, Role.OWNER, by=by, action="box.owner_appointed")
            return there
        # Also over what was waiting for a person who has moved since.
        return _grant(box, agent, Role.OWNER, by=by, action="box.owner_appointed", over_pending=True)


def change_role(*, delegation: Delegation, role: Role, by: Agent, settling: bool = False) -> Delegation:
    """Give the person another role, also while the access is pending; `by` an active owner. The person is told.

    settling: see `grant`. Raises NotOwner, LastOwner, Gone. The same role again changes nothing.
    """
    with transaction.atomic():
        box = _locked(delegation.box)
        _need_owner(box, by, or_staff=settling)
        row = _current(delegation)
        if row.role == role:
            return row
        if row.role == Role.OWNER:
            _need_another_owner(row)
        _set_role(row, role, by=by, action="box.role_changed")
        return row


def revoke(*, delegation: Delegation, by: Agent, settling: bool = False) -> None:
    """Take the access away, also one that is pending; `by` an active owner. The person is told.

    Owners leave by `give_up` instead, which tells the other owners. settling: see `grant`.
    Raises NotOwner, Yourself, LastOwner, Gone.
    """
    with transaction.atomic():
        box = _locked(delegation.box)
        _need_owner(box, by, or_staff=settling)
        row = _current(delegation)
        if row.agent_id == by.pk and not settling:
            raise Yourself
        if row.role == Role.OWNER:
            _need_another_owner(row)
        was_active = row.is_active
        _remove(row)
        _record("box.revoked" if was_active else "box.pending_revoked", row, by=by)
        delegation_notices.revoked(row, by=by, was_active=was_active)
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
        owners = Delegation.objects.active().owners().filter(box=box, agent__is_active=True)
        for owner in owners.select_related("agent"):
            delegation_notices.left(row, owner=owner.agent)
        work.ask(box)


def hide(*, delegation: Delegation, by: Agent, settling: bool = False) -> None:
    """Take the box out of the person's folders; the access stays. Raises NotOwner (somebody else's), Gone.

    settling: see `grant`.
    """
    _display(delegation, by=by, hidden=True, or_staff=settling)


def show(*, delegation: Delegation, by: Agent) -> None:
    """Put a hidden box back among the person's folders. Raises NotOwner (somebody else's), Gone."""
    _display(delegation, by=by, hidden=False)


def plan(*, box: Box, entries: Iterable[tuple[Agent, Role]], by: Agent | None) -> tuple[int, int]:
    """What the census and the rule on heads say, made delegations at the transfer: active for whoever has moved,
    pending for the rest. Persons who have access already keep it as it is, unless they become owners. Somebody named
    twice has the greater role; whoever has left the directory gets nothing.

    The caller holds the lock of `box` (see `boxes.transfer`). Gives how many became active and how many wait.
    """
    wanted: dict[int, tuple[Agent, Role]] = {}
    for agent, role in entries:
        known = wanted.get(agent.pk)
        if agent.is_active and (known is None or _RANK[role] > _RANK[known[1]]):
            wanted[agent.pk] = (agent, Role(role))
    there = {row.agent_id: row for row in Delegation.objects.select_related("agent", "box").filter(box=box)}
    active = pending = 0
    new = []
    for agent, role in wanted.values():
        row = there.get(agent.pk)
        if row is None:
            new.append(Delegation(box=box, agent=agent, role=role, granted_by=by))
        elif row.state != Delegation.State.REMOVED:
            if role == Role.OWNER and row.role != Role.OWNER:
                _set_role(row, Role.OWNER, by=by, action="box.role_changed")
        else:
            row.role, row.hidden, row.granted_by, row.trouble = role, False, by, ""
            if agent.has_migrated:
                _activate(row, by=by, action="box.granted")
                active += 1
            else:
                row.state = Delegation.State.PENDING
                row.save()
                _record("box.pending", row, by=by, role=role.in_words)
                delegation_notices.pending([row])
                pending += 1
    new_active, new_pending = _plan_new(box, new, by=by)
    return active + new_active, pending + new_pending


def _plan_new(box: Box, rows: list[Delegation], *, by: Agent | None) -> tuple[int, int]:
    """Persons who never had access: a transfer brings thousands of them, so they are written together."""
    now = timezone.now()
    active, pending = [], []
    for row in rows:
        if row.agent.has_migrated:
            row.state, row.active_since = Delegation.State.ACTIVE, now
            active.append(row)
        else:
            row.state = Delegation.State.PENDING
            pending.append(row)
    Delegation.objects.bulk_create(rows)
    identities.give_default(active)
    for action, some in (("box.granted", active), ("box.pending", pending)):
        details = [(row.agent, {"name": row.agent.full_name, "role": Role(row.role).in_words}) for row in some]
        journal.record_each(action, details, by=by, target=f"box:{box.pk}", target_label=box.address)
    delegation_notices.granted(active, by=by)
    delegation_notices.pending(pending)
    return len(active), len(pending)


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


def retry(*, box: Box, by: Agent) -> None:
    """Have Zimbra tried anew where it refused somebody; `by` an active owner or staff. Raises NotOwner, NotShared."""
    with transaction.atomic():
        box = _locked(box)
        _need_owner(box, by, or_staff=True)
        Delegation.objects.filter(box=box).exclude(trouble="").update(trouble="")
        BoxIdentity.objects.filter(delegation__box=box).exclude(trouble="").update(trouble="")
        BoxShare.objects.filter(box=box).exclude(trouble="").update(trouble="")
        journal.record("box.retried", by=by, target=f"box:{box.pk}", target_label=box.address)
        work.ask(box)


def is_last_owner(delegation: Delegation) -> bool:
    """Whether the box would be left without an owner, were this access taken away. The writers look again, locked."""
    if delegation.role != Role.OWNER:
        return False
    try:
        _need_another_owner(delegation)
    except LastOwner:
        return True
    return False


def _locked(box: Box) -> Box:
    found = Box.objects.select_for_update().get(pk=box.pk)
    if not found.is_shared:
        raise NotShared
    return found


def _is_staff(by: Agent) -> bool:
    return Agent.objects.filter(pk=by.pk, is_staff=True, is_active=True).exists()


def _need_owner(box: Box, by: Agent, *, or_staff: bool = False) -> None:
    if or_staff and _is_staff(by):
        return
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


def checked(agent: Agent) -> Agent:
    """The person as the directory has it now, to whom something may be given. Raises NotActive, NotMigrated."""
    agent = Agent.objects.get(pk=agent.pk)
    if not agent.is_active:
        raise NotActive
    if not agent.has_migrated:
        raise NotMigrated
    return agent


def _grant(box: Box, agent: Agent, role: Role, *, by: Agent, action: str, over_pending: bool = False) -> Delegation:
    agent = checked(agent)
    row = Delegation.objects.filter(box=box, agent=agent).first() or Delegation(state=Delegation.State.REMOVED)
    replaced = [Delegation.State.REMOVED, Delegation.State.PENDING] if over_pending else [Delegation.State.REMOVED]
    if row.state not in replaced:
        raise AlreadyThere
    row.box, row.agent, row.role, row.hidden, row.granted_by = box, agent, role, False, by
    _activate(row, by=by, action=action)
    work.ask(box)
    return row


def _activate(row: Delegation, *, by: Agent | None, action: str) -> None:
    row.state, row.active_since, row.trouble = Delegation.State.ACTIVE, timezone.now(), ""
    row.save()
    _overtake_findings(row)
    identities.follow_role(row)
    _record(action, row, by=by, role=Role(row.role).in_words)
    delegation_notices.granted([row], by=by)


def _set_role(row: Delegation, role: Role, *, by: Agent | None, action: str) -> None:
    before, row.role, row.trouble = row.role, role, ""
    row.save(update_fields=["role", "trouble"])
    _overtake_findings(row)
    if row.is_active:
        identities.follow_role(row)
    _record(action, row, by=by, before=Role(before).in_words, role=Role(role).in_words)
    delegation_notices.role_changed(row, before=Role(before), by=by)
    work.ask(row.box)


def _remove(row: Delegation) -> None:
    """The row stays, as removed, until Zimbra has let go of everything; `boxes.sync` then deletes it."""
    row.state, row.trouble = Delegation.State.REMOVED, ""
    row.tags_asked_at = None
    row.save(update_fields=["state", "trouble", "tags_asked_at"])
    _overtake_findings(row)
    identities.drop_all(row)


def _overtake_findings(row: Delegation) -> None:
    """What was found about the person's access is of before this decision; whatever still differs is found again."""
    found = BoxFinding.objects.filter(box=row.box_id, grantee=row.agent.address, kind__in=_FINDINGS)
    found.filter(settled_at__isnull=True, restore_asked_at__isnull=True).update(settled_at=timezone.now())


def _display(delegation: Delegation, *, by: Agent, hidden: bool, or_staff: bool = False) -> None:
    with transaction.atomic():
        box = _locked(delegation.box)
        row = _current(delegation)
        if row.agent_id != by.pk and not (or_staff and _is_staff(by)):
            raise NotOwner
        if not row.is_active:
            raise NotMigrated
        if row.hidden == hidden:
            return
        row.hidden, row.trouble = hidden, ""
        row.save(update_fields=["hidden", "trouble"])
        _record("box.hidden" if hidden else "box.shown", row, by=by)
        work.ask(box)


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
