"""What Zimbra holds of a box, read through the client only: on its own side and in people's mailboxes."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.simulated import Simulated
from zimbra.admin import AdminClient
from zimbra.client import ZimbraClient
from zimbra.types import Folder, SendRight


@dataclass(frozen=True)
class Held:
    """Of a box. grants: by folder with grants of its own, letters by address; senders: who may send as it."""

    grants: dict[str, dict[str, str]] = field(default_factory=dict)
    senders: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Mine:
    """Of one person, concerning boxes: (owner's id, folder) and path of each mountpoint; (name, from address) of each
    identity but the person's own."""

    mounts: tuple[tuple[str, str, str], ...] = ()
    identities: tuple[tuple[str, str], ...] = ()

    @property
    def paths(self) -> list[str]:
        return [path for _, _, path in self.mounts]


def open_as(zimbra: Simulated, address: str, admin: AdminClient | None = None) -> ZimbraClient:
    """admin: an administrator signed in already, for whoever looks into many mailboxes."""
    if admin is not None:
        return ZimbraClient.on_behalf(zimbra.url, admin, address, transport=admin.endpoint.transport)
    with zimbra.admin() as own:
        return ZimbraClient.on_behalf(zimbra.url, own, address)


def of_box(zimbra: Simulated, address: str, admin: AdminClient | None = None) -> Held:
    with open_as(zimbra, address, admin) as client:
        tree = client.folders(names=True)
        rights = client.account_rights(SendRight.SEND_AS)
    grants = {
        folder.path: {grant.name: grant.rights.replace("c", "") for grant in folder.grants}
        for folder in tree.walk()
        if folder.grants
    }
    return Held(grants, frozenset(right.name for right in rights if not right.denied))


def of_person(zimbra: Simulated, address: str, admin: AdminClient | None = None) -> Mine:
    with open_as(zimbra, address, admin) as client:
        tree, identities = client.folders_and_identities()
    mounts = sorted((link.owner_id, link.remote_id, link.path) for link in tree.mountpoints())
    own = sorted((one.name, one.from_address) for one in identities if not one.is_default)
    return Mine(tuple(mounts), tuple(own))


def mountpoints(zimbra: Simulated, address: str) -> list[Folder]:
    with open_as(zimbra, address) as client:
        return client.mountpoints()
