"""How a person writes in the name of a box: the identity that comes with the access, and those the person adds.

Personal: nobody else sees or changes them. Whoever only reads writes nothing, and has none.
"""

from __future__ import annotations

from collections.abc import Sequence

from boxes.models import BoxIdentity, Delegation, Role

# Zimbra's fixed ids of the box's folders in which writing begins with the default identity: Inbox and Sent.
DEFAULT_FOLDERS = ["2", "5"]


def follow_role(delegation: Delegation) -> None:
    """Whoever writes has the default identity; whoever only reads has none. Called by `boxes.delegations`."""
    if not Role(delegation.role).writes:
        drop_all(delegation)
        return
    default = delegation.identities.filter(is_default=True).first()
    if default is None:
        BoxIdentity.objects.create(
            delegation=delegation,
            is_default=True,
            name=delegation.box.name[:128],
            from_name=delegation.box.name[:128],
            folder_ids=DEFAULT_FOLDERS,
        )
    elif default.removed:
        default.removed = False
        default.save(update_fields=["removed", "changed_at"])


def give_default(delegations: Sequence[Delegation]) -> None:
    """The default identity for whoever writes, many at once; for persons who never had one of the box."""
    BoxIdentity.objects.bulk_create(
        BoxIdentity(
            delegation=delegation,
            is_default=True,
            name=delegation.box.name[:128],
            from_name=delegation.box.name[:128],
            folder_ids=DEFAULT_FOLDERS,
        )
        for delegation in delegations
        if Role(delegation.role).writes
    )


def drop_all(delegation: Delegation) -> None:
    """Without the access none of the identities of the box is left. Called by `boxes.delegations`."""
    delegation.identities.update(removed=True)
