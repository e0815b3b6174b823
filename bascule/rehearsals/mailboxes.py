"""Accounts in Zimbra: of the people of a wave, and at the addresses of its boxes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.conf import settings
from django.db import transaction

from accounts.models import Agent
from accounts.plain_text import plain
from bascule import standings
from bascule.models import Standing
from bascule.rehearsals import addresses
from bascule.rehearsals.addresses import Known
from bascule.rehearsals.finding import Finding
from boxes.models import Box
from zimbra.admin import AdminClient

# Of zimbraAccountStatus (zimbra-attrs): nobody signs in there, and it does not pass by itself.
_CLOSED = {"closed": "fermé", "locked": "verrouillé"}
_WAITS = {"lockout": "suspendu après des essais de connexion", "maintenance": "en maintenance", "pending": "en attente"}


def check_people(keys: Sequence[int], *, admin: AdminClient) -> tuple[list[Finding], dict[str, list[int]]]:
    """What is wrong about the accounts of these agents, and who has a mailbox on which server. Raises ZimbraError."""
    agents = list(Agent.objects.filter(pk__in=keys, is_active=True, migrated_at=None).order_by("pk"))
    known = addresses.look(admin, [agent.address for agent in agents])
    found: list[Finding] = []
    hosts: dict[str, list[int]] = defaultdict(list)
    for agent in agents:
        account = known.get(agent.address)
        found += _of_person(agent, account)
        if account is not None and (host := account.attributes.get("zimbraMailHost", "")):
            hosts[host[:120]].append(agent.pk)
    return found, hosts


@transaction.atomic
def note_hosts(hosts: dict[str, list[int]]) -> None:
    """Keep on which server each mailbox stands."""
    changed = {
        host: list(Standing.objects.filter(agent__in=keys).exclude(mail_host=host).values_list("pk", flat=True))
        for host, keys in hosts.items()
    }
    if any(changed.values()):
        standings.lock_planning()
    for host, keys in changed.items():
        Standing.objects.filter(agent__in=keys).update(mail_host=host)


def _of_person(agent: Agent, account: Known | None) -> list[Finding]:
    def finding(kind: str, **values: object) -> Finding:
        return Finding(kind, agent_id=agent.pk, values={"address": agent.address, **values})

    if account is None:
        return [finding("account_missing")]
    if account.kind != "account":
        return [finding("account_list")]
    if account.name.casefold() != agent.address:
        return [finding("account_alias", other=account.name)]
    found = []
    status = account.attributes.get("zimbraAccountStatus", "active")
    if status in _CLOSED:
        found.append(finding("account_closed", status=_CLOSED[status]))
    elif status != "active":
        found.append(finding("account_waits", status=_WAITS.get(status, status)))
    if _other_name(agent, account):
        found.append(finding("account_name"))
    quota = int(account.attributes.get("zimbraMailQuota") or 0)
    if 0 < quota < settings.MAILBOX_QUOTA_BYTES:
        found.append(
            finding("account_quota", quota=round(quota / (1 << 30), 1), wanted=settings.MAILBOX_QUOTA_BYTES >> 30)
        )
    return found


def _other_name(agent: Agent, account: Known) -> bool:
    """Whether no word of the family name stands in the account's name, which has one of its own."""
    told = plain(f"{account.attributes.get('sn', '')} {account.attributes.get('displayName', '')}")
    uid = plain(account.name.partition("@")[0])
    shown = set(told.replace("-", " ").split())
    # Where nobody filled it in, the name is the beginning of the address.
    if not shown or told.strip() == uid:
        return False
    return not shown & set(plain(agent.family_name).replace("-", " ").split()) and uid not in shown


def check_boxes(keys: Sequence[int], *, admin: AdminClient) -> list[Finding]:
    """Whether the addresses of these boxes are free, or a box's own account. Raises ZimbraError."""
    boxes = list(Box.objects.filter(pk__in=keys, transfer_asked_at=None).order_by("pk"))
    known = addresses.look(admin, [box.address for box in boxes])
    found = []
    for box in boxes:
        taken = known.get(box.address)
        if taken is None:
            continue
        values = {"address": box.address, "other": taken.name}
        if taken.kind != "account":
            found.append(Finding("box_list", box_id=box.pk, values=values))
        elif taken.name.casefold() != box.address:
            found.append(Finding("box_alias", box_id=box.pk, values=values))
        else:
            found.append(Finding("box_account", box_id=box.pk, values=values))
    return found
