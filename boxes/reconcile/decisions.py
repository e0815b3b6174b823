"""What is done about a finding: put Zimbra back as the portal says, or have the portal say what Zimbra holds.

Each locks the row of the box, reads the finding and the right to decide under that lock, and writes the journal in the
same transaction. Access given or taken goes through `boxes.delegations` and `boxes.shares`, with all their rules.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts import journal, notices
from accounts.models import Agent
from boxes import delegations, shares, work
from boxes.delegations import DelegationError
from boxes.looks import SeenFolder
from boxes.models import Box, BoxFinding, BoxIdentity, BoxShare, Delegation, Role
from boxes.reconcile import asking, words
from boxes.reconcile.findings import PERSONAL, concerning, open_findings

Kind = BoxFinding.Kind


class Settled(DelegationError):
    sentence = "Cet écart est déjà réglé, ou n’existe plus : voici où en est la boîte."


class NotYours(DelegationError):
    sentence = "Cet écart n’est pas à vous de régler."


class NotAdoptable(DelegationError):
    sentence = (
        "Le portail ne sait pas noter cette situation telle qu’elle est dans Zimbra. "
        "Remettez Zimbra en ordre, ou changez d’abord l’accès dans la page des membres."
    )


class Stranger(DelegationError):
    sentence = (
        "Cette adresse n’est celle de personne dans l’annuaire du portail : l’accès ne peut pas être noté, "
        "seulement retiré."
    )


def restore(*, finding: BoxFinding, by: Agent | None) -> None:
    """Have Zimbra hold again what the portal says. by: who may see the finding; None for the operator's command.

    What a row stands for is brought by the synchronisation, the rest is put back by the next comparison, which is asked
    for. Persons whose access changes are told. Raises Settled, NotYours, NotShared.
    """
    with transaction.atomic():
        box, row = _locked(finding, by)
        now = timezone.now()
        if _has_no_row(row):
            row.restore_asked_at = now
            asking.ask(box)
        else:
            _forget_applied(box, row)
            row.settled_at = now
            work.ask(box)
        row.save(update_fields=["restore_asked_at", "settled_at"])
        _record("box.finding_restored", box, row, by=by)
        _tell(box, row, by=by)


def restore_all(*, findings: Iterable[BoxFinding], by: Agent | None) -> int:
    """`restore` for each that is still open and `by` may decide on; gives how many."""
    done = 0
    for finding in findings:
        try:
            restore(finding=finding, by=by)
        except DelegationError:
            continue
        done += 1
    return done


def adopt(*, finding: BoxFinding, by: Agent) -> None:
    """Have the portal say what Zimbra holds. Persons are told as by `boxes.delegations` and `boxes.shares`.

    Raises Settled, NotYours, NotAdoptable, Stranger, and what the rules of accesses and shares say: LastOwner,
    NotMigrated, NotActive, AlreadyThere, Gone, OfNoUse and so on. Then nothing changes.
    """
    with transaction.atomic():
        box, row = _locked(finding, by)
        if not words.adopts(row):
            raise NotAdoptable
        _adopt(box, row, by)
        row.settled_at = timezone.now()
        row.save(update_fields=["settled_at"])
        _record("box.finding_adopted", box, row, by=by)
        work.ask(box)


def _locked(finding: BoxFinding, by: Agent | None) -> tuple[Box, BoxFinding]:
    box = Box.objects.select_for_update().get(pk=finding.box_id)
    if not box.is_shared:
        raise delegations.NotShared
    row = open_findings(box).filter(pk=finding.pk, restore_asked_at__isnull=True).first()
    if row is None:
        raise Settled
    if by is not None:
        person = Agent.objects.filter(pk=by.pk, is_active=True).first()
        if person is None or not concerning(person, box).filter(pk=row.pk).exists():
            raise NotYours
    return box, row


def _has_no_row(finding: BoxFinding) -> bool:
    """Whether the comparison itself has to put it back: the synchronisation knows rows only."""
    return finding.kind in {
        Kind.GRANT_UNKNOWN,
        Kind.SHARE_UNKNOWN,
        Kind.SEND_UNKNOWN,
        Kind.ACCOUNT_MISSING,
        Kind.ACCOUNT_DIFFERS,
    }


def _forget_applied(box: Box, finding: BoxFinding) -> None:
    """What Zimbra was made to hold is not known any more, so that the synchronisation does it again."""
    rows = Delegation.objects.active().filter(box=box)
    of_person = rows.filter(agent__address=finding.grantee)
    shared = BoxShare.objects.filter(box=box, agent__address=finding.grantee, folder_id=finding.folder_id)
    identity = BoxIdentity.objects.filter(delegation__box=box, zimbra_id=finding.folder_id)
    match finding.kind:
        case Kind.MOUNT_MISSING if finding.folder_id:
            shared.update(mount_id="", path="", trouble="")
        case Kind.MOUNT_MISSING:
            of_person.update(mount_id="", path="", trouble="")
        case Kind.IDENTITY_MISSING:
            identity.update(zimbra_id="", applied_change=None, trouble="")
        case Kind.IDENTITY_DIFFERS:
            identity.update(applied_change=None, trouble="")
        case Kind.SHARE_MISSING | Kind.SHARE_DIFFERS:
            shared.update(applied_access="", trouble="")
        case _:
            of_person.update(applied_role="", trouble="")


def _adopt(box: Box, finding: BoxFinding, by: Agent) -> None:
    role = words.role_of(finding.found)
    match finding.kind:
        case Kind.GRANT_MISSING:
            delegations.revoke(delegation=_delegation(box, finding), by=by, settling=True)
        case Kind.GRANT_DIFFERS if role:
            delegations.change_role(delegation=_delegation(box, finding), role=role, by=by, settling=True)
        case Kind.GRANT_UNKNOWN if role:
            delegations.grant(box=box, agent=_person(finding), role=role, by=by, settling=True)
        case Kind.SEND_UNKNOWN:
            delegations.change_role(delegation=_delegation(box, finding), role=Role.MEMBER, by=by, settling=True)
        case Kind.MOUNT_MISSING if not finding.folder_id:
            delegations.hide(delegation=_delegation(box, finding), by=by, settling=True)
        case Kind.MOUNT_MISSING | Kind.SHARE_MISSING:
            shares.revoke(share=_share(box, finding), by=by, settling=True)
        case Kind.SHARE_DIFFERS:
            shares.change_access(share=_share(box, finding), access=_access(role), by=by, settling=True)
        case Kind.SHARE_UNKNOWN:
            shares.share(
                box=box,
                folder=SeenFolder(finding.folder_id, finding.folder_path, finding.expected),
                agent=_person(finding),
                access=_access(role),
                by=by,
                settling=True,
            )
        case Kind.IDENTITY_MISSING | Kind.IDENTITY_DIFFERS:
            BoxIdentity.objects.filter(delegation__box=box, zimbra_id=finding.folder_id).delete()
        case _:
            raise NotAdoptable


def _access(role: Role | None) -> BoxShare.Access:
    return BoxShare.Access.READ if role == Role.READER else BoxShare.Access.WRITE


def _person(finding: BoxFinding) -> Agent:
    agent = Agent.objects.filter(address=finding.grantee).first()
    if agent is None:
        raise Stranger
    return agent


def _delegation(box: Box, finding: BoxFinding) -> Delegation:
    row = Delegation.objects.active().filter(box=box, agent__address=finding.grantee).first()
    if row is None:
        raise NotAdoptable if finding.kind == Kind.SEND_UNKNOWN else Settled
    return row


def _share(box: Box, finding: BoxFinding) -> BoxShare:
    row = BoxShare.objects.filter(
        box=box, agent__address=finding.grantee, folder_id=finding.folder_id, removed=False
    ).first()
    if row is None:
        raise Settled
    return row


def _record(action: str, box: Box, finding: BoxFinding, *, by: Agent | None) -> None:
    # What belongs to one person alone is not named in a history that others read.
    about = "" if finding.kind in PERSONAL else words.whom(finding)
    if about and finding.folder_path.strip("/"):
        about = f"{words.item(finding)}, {about}"
    journal.record(
        action,
        by=by,
        subject=Agent.objects.filter(address=finding.grantee).first() if finding.grantee else None,
        target=f"box:{box.pk}",
        target_label=box.address,
        finding=str(Kind(finding.kind).label),
        about=f" : {about}" if about else "",
    )


def _tell(box: Box, finding: BoxFinding, *, by: Agent | None) -> None:
    """The person whose access changes, unless it is the one who decided."""
    sentences = {
        Kind.GRANT_MISSING: "Votre accès à cette boîte avait disparu de Zimbra : il est remis en place.",
        Kind.GRANT_DIFFERS: "Vos droits sur cette boîte avaient changé dans Zimbra : ceux de votre rôle sont remis.",
        Kind.SEND_MISSING: "Vous pourrez de nouveau écrire au nom de cette boîte.",
        Kind.GRANT_UNKNOWN: "L’accès qui vous avait été donné directement dans Zimbra est retiré.",
        Kind.SEND_UNKNOWN: "Le droit d’écrire au nom de cette boîte, donné directement dans Zimbra, est retiré.",
        Kind.SHARE_MISSING: "Un partage de cette boîte avec vous avait disparu de Zimbra : il est remis en place.",
        Kind.SHARE_DIFFERS: "Vos droits sur un élément partagé de cette boîte sont remis comme prévu.",
        Kind.SHARE_UNKNOWN: "Un élément de cette boîte partagé avec vous directement dans Zimbra ne l’est plus.",
    }
    sentence = sentences.get(Kind(finding.kind))
    agent = Agent.objects.filter(address=finding.grantee, is_active=True).first() if finding.grantee else None
    if sentence is None or agent is None or (by is not None and agent.pk == by.pk):
        return
    notices.notify(
        agent,
        kind=finding.kind,
        title=f"La boîte {box.name} est remise en ordre",
        body=f"{sentence} Boîte : {box.address}.",
        link=reverse("boxes"),
        by_mail=True,
    )
