"""The rows of a box as values to compare, and which of them the synchronisation still has to bring to Zimbra."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from boxes.models import Box, BoxIdentity, BoxShare, Delegation, Role
from boxes.reconcile.comparing import WantedBox, WantedIdentity, WantedMount, WantedPerson
from boxes.sync.account import account_settings
from boxes.sync.wanted import LETTERS, ROOT, SHARE_LETTERS


@dataclass(frozen=True, slots=True)
class Ours:
    """A row that Zimbra was not yet brought in line with. trouble: Zimbra's code for why, "" when it is on its way."""

    address: str
    what: str
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """A box as the portal has it. at: `Box.work_asked_at` when the rows were read; it moves with every change."""

    box: WantedBox
    people: tuple[WantedPerson, ...]
    ours: tuple[Ours, ...]
    at: object

    @property
    def needs_work(self) -> bool:
        return bool(self.ours)


def read_rows(box: Box) -> Rows:
    """What the portal says of `box`, in four queries however many its people are."""
    delegations = list(Delegation.objects.filter(box=box).select_related("agent").prefetch_related("identities"))
    shares = list(BoxShare.objects.filter(box=box).select_related("agent"))
    transit: set[str] = set()
    ours: list[Ours] = []
    for row in delegations:
        if not row.is_in_place or row.trouble:
            ours.append(Ours(row.agent.address, "access", row.trouble))
        if not _is_granted(row) and (row.applied_role or row.is_active):
            transit.add(row.agent.address)
        ours += [
            Ours(row.agent.address, "identity", one.trouble)
            for one in row.identities.all()
            if row.is_active and (one.removed or not one.is_in_place or one.trouble)
        ]
    for share in shares:
        if not share.is_in_place or share.trouble:
            ours.append(Ours(share.agent.address, "share", share.trouble))
            transit.add(share.agent.address)
    granted = [row for row in delegations if _is_granted(row)]
    wanted = WantedBox(
        address=box.address,
        zimbra_id=box.zimbra_id,
        settings=account_settings(),
        grants={row.agent.address: LETTERS[row.role] for row in granted},
        senders=frozenset(row.agent.address for row in granted if Role(row.role).writes),
        folder_grants=_folder_grants(shares),
        in_transit=frozenset(transit),
    )
    return Rows(wanted, tuple(_people(granted, shares)), tuple(ours), box.work_asked_at)


def _is_granted(row: Delegation) -> bool:
    """Whether Zimbra was made to hold the grants of this row."""
    return row.is_active and row.applied_role == row.role


def _folder_grants(shares: Iterable[BoxShare]) -> dict[str, tuple[str, dict[str, str]]]:
    found: dict[str, tuple[str, dict[str, str]]] = {}
    for share in shares:
        if share.is_in_place:
            letters = found.setdefault(share.folder_id, (share.folder_path, {}))[1]
            letters[share.agent.address] = SHARE_LETTERS[share.access]
    return found


def _people(granted: Iterable[Delegation], shares: Iterable[BoxShare]) -> Iterable[WantedPerson]:
    mounted: dict[str, list[WantedMount]] = {}
    for share in shares:
        if share.is_in_place:
            mounted.setdefault(share.agent.address, []).append(
                WantedMount(share.pk, share.folder_id, share.mount_id, share.path, share.folder_path)
            )
    for row in granted:
        mount = WantedMount(row.pk, ROOT, row.mount_id, row.path, hidden=row.hidden)
        yield WantedPerson(
            address=row.agent.address,
            mount=mount if bool(row.mount_id) != row.hidden else None,
            shares=tuple(mounted.pop(row.agent.address, ())),
            identities=tuple(_identity(one) for one in row.identities.all() if one.zimbra_id and one.is_in_place),
        )
    for address, some in mounted.items():
        yield WantedPerson(address, shares=tuple(some))


def _identity(row: BoxIdentity) -> WantedIdentity:
    return WantedIdentity(
        pk=row.pk,
        zimbra_id=row.zimbra_id,
        name=row.name,
        from_name=row.from_name,
        reply_to=row.reply_to,
        reply_to_name=row.reply_to_name,
        reply_to_address=row.reply_to_address,
        folder_ids=tuple(row.folder_ids),
        is_default=row.is_default,
    )
