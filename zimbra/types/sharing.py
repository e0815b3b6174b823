"""Who may do what: grants on folders, shares offered, rights on whole accounts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# The letters Zimbra knows, in the order it writes them: read, write, insert, delete, workflow (answer invitations),
# administer, see private items, see free and busy times, create folders below.
LETTERS = "rwidxapfc"

# The last of them follows from the others: it is shown and may be given, but is not kept.
COMPUTED = "c"


class Role(StrEnum):
    """The webmail's names for sets of rights. The value is what travels."""

    NONE = ""
    VIEWER = "r"
    MANAGER = "rwidx"
    ADMIN = "rwidxa"


@dataclass(frozen=True, slots=True)
class Grant:
    """What one grantee may do in a folder.

    kind: usr, grp, cos, dom, all (everybody with an account), pub (the whole world), guest, key.
    grantee_id: the account's or list's id, the address of a guest. name: the address; "" when the grantee is gone, or
    when names were not asked for. rights: letters, see `LETTERS`.
    """

    kind: str
    grantee_id: str
    rights: str
    name: str = ""

    @property
    def role(self) -> Role | None:
        """The webmail's name for these rights, None when it has none. Seeing private items (p) makes no difference."""
        letters = set(self.rights) - {"p"}
        return next((role for role in Role if set(role.value) == letters), None)


@dataclass(frozen=True, slots=True)
class GrantChange:
    """What one grantee is to have in one folder from now on.

    rights: letters or a `Role`; None: nothing, and the grant goes. grantee: an address or an id; the id for one that
    goes. kind: as in `Grant`.
    """

    folder_id: str
    grantee: str
    rights: Role | str | None
    kind: str = "usr"


@dataclass(frozen=True, slots=True)
class Share:
    """A folder somebody shares, as told to a person it is shared with, or to its owner.

    mount_id: the mountpoint the reader has for it already, "" without one. rights, grantee_*: as in `Grant`.
    """

    owner_id: str
    owner_address: str
    owner_name: str
    folder_id: str
    folder_path: str
    view: str
    rights: str
    grantee_kind: str
    grantee_id: str
    grantee_name: str
    folder_uuid: str = ""
    mount_id: str = ""

    @property
    def suggested_name(self) -> str:
        """The folder's own name, to mount it under."""
        return self.folder_path.rstrip("/").rpartition("/")[2]


class SendRight(StrEnum):
    """In whose name a message may leave: as the account itself, or "on behalf of" it with both names shown."""

    SEND_AS = "sendAs"
    SEND_ON_BEHALF = "sendOnBehalfOf"


@dataclass(frozen=True, slots=True)
class AccountRight:
    """A right somebody has on a whole account. right: sendAs, sendOnBehalfOf, viewFreeBusy, invite, loginAs.

    name: the grantee's address, "" when it is gone. denied: the opposite, a right taken away.
    """

    right: str
    kind: str
    grantee_id: str
    name: str = ""
    denied: bool = False


@dataclass(frozen=True, slots=True)
class SendTarget:
    """An account or a list the person may send as. addresses: all it may be written as; name is for the eye.

    right: as in `SendRight` for an account, the same with "DistList" after it for a list.
    """

    right: str
    kind: str
    addresses: tuple[str, ...]
    name: str = ""

    @property
    def send_right(self) -> SendRight:
        return SendRight.SEND_AS if self.right.startswith(SendRight.SEND_AS) else SendRight.SEND_ON_BEHALF
