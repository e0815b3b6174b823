"""What a person wants for a distribution list, as data; how it is kept on its row and inside a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from accounts import sealing
from bascule.models import DistributionList
from boxes import tags
from zimbra.verbs.folders import MAX_NAME, clean_folder_name

# Those of tags, and none.
COLOURS = {0: "Aucune", **tags.COLOURS}

SENT, ARCHIVES, BIN = "Envoyé", "Archives", "Corbeille"
# In the order in which they are made (domain, section 5).
SUBFOLDERS = (SENT, ARCHIVES, BIN)

# The address names a folder, and Zimbra's names of folders are no longer.
ADDRESS_MAX = MAX_NAME


@dataclass(frozen=True, slots=True)
class ListSetup:
    """address: in small letters. sender_name: shown to who receives, "" for none. colour: see COLOURS.

    signature_html, signature_text: both empty for none; saved_signature: the row they were taken from, 0 for a text
    typed here. subfolders: of SUBFOLDERS. also_headers: mail that the list hands on without being named in To or Cc
    is filed too. stops: no further rule looks at what was filed.
    """

    address: str
    sender_name: str = ""
    colour: int = 0
    signature_html: str = ""
    signature_text: str = ""
    saved_signature: int = 0
    subfolders: tuple[str, ...] = SUBFOLDERS
    also_headers: bool = False
    stops: bool = True

    @property
    def local_part(self) -> str:
        return self.address.rpartition("@")[0]

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]

    @property
    def folder_name(self) -> str:
        """The address, as far as Zimbra takes it for a folder's name."""
        return clean_folder_name(self.address)

    @property
    def has_signature(self) -> bool:
        return bool(self.signature_html or self.signature_text)

    @property
    def colour_name(self) -> str:
        return COLOURS[self.colour]

    def as_plan(self) -> dict[str, Any]:
        """JSON; the reverse of `from_plan`."""
        return asdict(self)

    @classmethod
    def from_plan(cls, stored: Mapping[str, Any]) -> ListSetup:
        return cls(**{**stored, "subfolders": tuple(stored["subfolders"])})

    def sealed(self) -> bytes:
        """What the row holds beside its own columns."""
        own = {"address", "colour"}
        return sealing.seal_json({name: value for name, value in asdict(self).items() if name not in own})


def setup_of(row: DistributionList) -> ListSetup:
    """What `row` says. Raises CannotOpen."""
    stored = sealing.unseal_json(bytes(row.contents))
    return ListSetup.from_plan({**stored, "address": row.address, "colour": row.colour})
