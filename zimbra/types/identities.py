"""Identities, signatures and tags of a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from zimbra.types.sharing import SendRight

# The name of the identity every account has; its settings are those of the account itself.
DEFAULT_IDENTITY = "DEFAULT"


@dataclass(frozen=True, slots=True)
class Identity:
    """How messages are signed and answered to. id and attributes are the server's; leave them out to create one.

    name: shown to its user only. from_name, from_address: what leaves; from_right: how, when the address is another
    account's. reply_to_*: where answers go. folder_ids: folders in which writing starts with this identity.
    sent_to: addresses; what was sent to one of them is answered with this identity.
    reply_to, by_folder, by_recipient: whether each of the three is in use; None: it is when something is given.
    signature_id, answer_signature_id: for new messages, for answers and forwards; "" for none.
    attributes: all the server shows, several values on lines of their own.
    """

    name: str
    from_name: str = field(repr=False, default="")
    from_address: str = field(repr=False, default="")
    from_right: SendRight = SendRight.SEND_AS
    reply_to_name: str = field(repr=False, default="")
    reply_to_address: str = field(repr=False, default="")
    folder_ids: tuple[str, ...] = ()
    sent_to: tuple[str, ...] = field(repr=False, default=())
    signature_id: str = ""
    answer_signature_id: str = ""
    reply_to: bool | None = None
    by_folder: bool | None = None
    by_recipient: bool | None = None
    id: str = ""
    attributes: Mapping[str, str] = field(repr=False, compare=False, default_factory=dict)

    @property
    def is_default(self) -> bool:
        """Whether it is the account's own, which can be neither renamed nor deleted."""
        return self.name == DEFAULT_IDENTITY


@dataclass(frozen=True, slots=True)
class Signature:
    """Text put below messages; html, plain text or both."""

    name: str
    html: str = field(repr=False, default="")
    text: str = field(repr=False, default="")
    id: str = ""


@dataclass(frozen=True, slots=True)
class Tag:
    """A label of the person's own. colour and rgb as in `Folder`."""

    id: str
    name: str
    colour: int = 0
    rgb: str = ""
    unread: int = 0
