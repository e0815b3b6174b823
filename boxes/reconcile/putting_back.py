"""What was decided to be put back in Zimbra and what the synchronisation cannot know from rows. Tasks only.

Each act looks first and may be done twice; a finding is settled once Zimbra has followed.
"""

from __future__ import annotations

import logging

from django.utils import timezone

from accounts import claims
from accounts.models import Agent
from boxes import work
from boxes.models import Box, BoxFinding, BoxIdentity, BoxShare, Delegation, Role
from boxes.reconcile.comparing import OTHER_ACCOUNT, name_of
from boxes.reconcile.findings import open_findings
from boxes.sync.account import account_settings
from boxes.zimbra_door import Door
from zimbra.client import ZimbraClient
from zimbra.errors import NotAllowed, NotFound, Refused

log = logging.getLogger(__name__)

Kind = BoxFinding.Kind


def work_off(claim: claims.Claim, door: Door) -> None:
    """Do what was asked for about the box that `claim` holds. Raises any ZimbraError that passes, and ClaimLost; what
    is done stays done, and what Zimbra refuses stays open."""
    box = Box.objects.get(pk=claim.pk)
    asked = list(open_findings(box).filter(restore_asked_at__isnull=False))
    if not asked:
        return
    account = door.admin.find_account(box.address, attributes=("zimbraId",))
    account_id = account.id if account else ""
    for finding in asked:
        claim.renew()
        rows = BoxFinding.objects.filter(pk=finding.pk)
        anew = finding.kind == Kind.ACCOUNT_MISSING or finding.folder_id == OTHER_ACCOUNT
        try:
            if anew:
                _clear_of_the_old(claim, door, box, account_id)
            elif account_id and not _is_wanted_by_now(box, finding):
                _put_back(door, box, account_id, finding)
        except (NotAllowed, NotFound, Refused) as error:
            # Open as before: the page goes on showing it, and the rest of the box must not wait for it.
            log.warning("finding %s could not be put back: %s", finding.pk, error.code)
            with claim.writing():
                rows.update(restore_asked_at=None)
            continue
        with claim.writing():
            if anew:
                _set_up_anew(box)
            rows.update(settled_at=timezone.now())


def _is_wanted_by_now(box: Box, finding: BoxFinding) -> bool:
    """Access that an owner gave since the decision is not taken away again."""
    access = Delegation.objects.active().filter(box=box, agent__address=finding.grantee)
    if finding.kind == Kind.GRANT_UNKNOWN:
        return access.exists()
    if finding.kind == Kind.SHARE_UNKNOWN:
        shares = BoxShare.objects.filter(box=box, folder_id=finding.folder_id, agent__address=finding.grantee)
        return access.exists() or shares.filter(removed=False).exists()
    # The other rights on an account come with no role.
    return finding.kind == Kind.SEND_UNKNOWN and not finding.folder_id and access.exclude(role=Role.READER).exists()


def _put_back(door: Door, box: Box, account_id: str, finding: BoxFinding) -> None:
    if finding.kind == Kind.ACCOUNT_DIFFERS:
        value = account_settings().get(finding.folder_id)
        if value is not None:
            door.admin.modify_account(account_id, {finding.folder_id: value})
        return
    client = door.mailbox(box.address)
    if finding.kind == Kind.SEND_UNKNOWN:
        _withdraw_right(client, finding)
    else:
        _withdraw(client, finding)


def _withdraw(client: ZimbraClient, finding: BoxFinding) -> None:
    try:
        there = client.grants(finding.folder_id)
    except NotFound:
        return
    for grant in there:
        if name_of(grant) == finding.grantee:
            client.revoke(finding.folder_id, grant.grantee_id or finding.grantee)


def _withdraw_right(client: ZimbraClient, finding: BoxFinding) -> None:
    for one in client.account_rights(finding.found):
        if name_of(one) == finding.grantee and not one.denied:
            client.revoke_right(one.right, one.grantee_id, kind=one.kind)


def _clear_of_the_old(claim: claims.Claim, door: Door, box: Box, account_id: str) -> None:
    """Take what is mounted of the account that went out of people's folders: it opens nothing, and bears the name."""
    old = box.zimbra_id
    if not old or old == account_id:
        return
    people = Agent.objects.filter(delegations__box=box) | Agent.objects.filter(box_shares__box=box)
    for address in people.distinct().order_by("address").values_list("address", flat=True):
        claim.renew()
        try:
            client = door.mailbox(address)
            client.remove_mountpoints([link for link in client.folders().mountpoints() if link.owner_id == old])
        except (NotAllowed, NotFound, Refused) as error:
            # The synchronisation meets the same mailbox next, and notes its trouble on the row.
            log.info("mailbox of somebody in box %s not cleared: %s", box.pk, error.code)


def _set_up_anew(box: Box) -> None:
    """Nothing of what Zimbra was made to hold is known any more: the synchronisation does all of it again."""
    Box.objects.filter(pk=box.pk).update(zimbra_id="")
    Delegation.objects.active().filter(box=box).update(applied_role="", mount_id="", path="", trouble="")
    BoxShare.objects.filter(box=box).update(applied_access="", mount_id="", path="", trouble="")
    BoxIdentity.objects.filter(delegation__box=box).update(applied_change=None, trouble="")
    work.ask(box)
