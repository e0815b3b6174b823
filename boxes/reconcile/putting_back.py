"""What was decided to be taken away in Zimbra, or set there anew, and what no row of the portal stands for. Tasks only.

Each act looks first and may be done twice; a finding is settled once Zimbra has followed.
"""

from __future__ import annotations

import logging

from django.utils import timezone

from accounts import claims
from boxes.models import Box, BoxFinding, BoxShare, Delegation
from boxes.reconcile.comparing import name_of
from boxes.reconcile.findings import open_findings
from boxes.reconcile.wanted import read_rows
from boxes.zimbra_door import Door
from zimbra.client import ZimbraClient
from zimbra.errors import NotAllowed, NotFound, Refused

log = logging.getLogger(__name__)

Kind = BoxFinding.Kind


def work_off(claim: claims.Claim, door: Door) -> None:
    """Do what was asked for about the box that `claim` holds. Raises any ZimbraError; what is done stays done."""
    box = Box.objects.get(pk=claim.pk)
    asked = list(open_findings(box).filter(restore_asked_at__isnull=False))
    if not asked:
        return
    account = door.admin.find_account(box.address)
    client = door.mailbox(box.address) if account else None
    for finding in asked:
        claim.renew()
        if client is not None and account is not None and not _is_wanted_by_now(box, finding):
            try:
                _put_back(door, box, client, account.id, finding)
            except (NotAllowed, NotFound, Refused) as error:
                # Open as before: the page goes on showing it, and the rest of the box must not wait for it.
                log.warning("finding %s could not be put back: %s", finding.pk, error.code)
                with claim.writing():
                    BoxFinding.objects.filter(pk=finding.pk).update(restore_asked_at=None)
                continue
        with claim.writing():
            BoxFinding.objects.filter(pk=finding.pk).update(settled_at=timezone.now())


def _is_wanted_by_now(box: Box, finding: BoxFinding) -> bool:
    """Access that an owner gave since the decision is not taken away again."""
    if finding.kind == Kind.GRANT_UNKNOWN:
        return Delegation.objects.active().filter(box=box, agent__address=finding.grantee).exists()
    if finding.kind == Kind.SHARE_UNKNOWN:
        shares = BoxShare.objects.filter(box=box, folder_id=finding.folder_id, agent__address=finding.grantee)
        there = Delegation.objects.active().filter(box=box, agent__address=finding.grantee)
        return shares.filter(removed=False).exists() or there.exists()
    if finding.kind == Kind.SEND_UNKNOWN and not finding.folder_id:
        active = Delegation.objects.active().filter(box=box, agent__address=finding.grantee)
        return any(row.role != "reader" for row in active)
    return False


def _put_back(door: Door, box: Box, client: ZimbraClient, account_id: str, finding: BoxFinding) -> None:
    if finding.kind in {Kind.GRANT_UNKNOWN, Kind.SHARE_UNKNOWN}:
        _withdraw(client, finding)
    elif finding.kind == Kind.SEND_UNKNOWN:
        _withdraw_right(client, finding)
    elif finding.kind == Kind.ACCOUNT_DIFFERS:
        wanted = read_rows(box).box.settings
        if finding.folder_id in wanted:
            door.admin.modify_account(account_id, {finding.folder_id: wanted[finding.folder_id]})


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
