"""Functional boxes (domain, section 5): what should be. What is, only Zimbra knows; `boxes.sync` compares the two."""

from boxes.models.access import BoxIdentity, BoxShare, Delegation, Role, TeamTag
from boxes.models.box import Box, BoxUse
from boxes.models.census import AccountRequest, CensusEntry, CensusImport, CensusSheet
from boxes.models.zimbra import BoxCheck, BoxFinding, BoxLook

__all__ = [
    "AccountRequest",
    "Box",
    "BoxCheck",
    "BoxFinding",
    "BoxIdentity",
    "BoxLook",
    "BoxShare",
    "BoxUse",
    "CensusEntry",
    "CensusImport",
    "CensusSheet",
    "Delegation",
    "Role",
    "TeamTag",
]
