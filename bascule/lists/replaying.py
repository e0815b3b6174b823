"""How a list is carried into Zimbra: the acts of its plan, and what differs when all is read back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bascule.lists.acting import ListAct, picture_of
from bascule.lists.acts_folders import FolderAct
from bascule.lists.acts_identity import IdentityAct, SignatureAct, SignatureUseAct
from bascule.lists.acts_rules import RuleAct
from bascule.lists.elements import (
    FOLDER,
    IDENTITY,
    RULES,
    SIGNATURE,
    SIGNATURE_USE,
    SUBFOLDER_KEYS,
    Standing,
    assess,
    keys_of,
)
from bascule.lists.planning import Plan
from bascule.replays.acts import Procedure
from bascule.replays.run import Run

_WHAT = {
    SIGNATURE: "la signature de la liste",
    SIGNATURE_USE: "la signature au bas des messages de l’identité",
    "incoming": "le filtre des messages reçus",
    "outgoing": "le filtre des messages envoyés",
}


def acts(stored: Mapping[str, Any]) -> list[ListAct]:
    """The acts of a plan (see `Plan.as_json`), each element once, whether or not it was there when it was made."""
    plan = Plan.from_json(stored)
    return [_act(plan, key) for key in keys_of(plan.setup)]


def verify(run: Run) -> list[str]:
    """What is not as planned. A difference that the person chose to leave is none."""
    plan = Plan.from_json(run.plan)
    found = []
    for element in assess(plan.setup, picture_of(run.client)):
        agreed = plan.agreed.get(element.key, frozenset())
        if element.standing is Standing.MISSING:
            found.append(f"{element.label} : introuvable.")
        elif element.standing is not Standing.BLOCKED:
            found += [
                f"{element.label} : {one.sentence}"
                for one in element.differences
                if not one.overwrites or one.code in agreed
            ]
    return found


PROCEDURE = Procedure(acts=acts, verify=verify)


def _act(plan: Plan, key: str) -> ListAct:
    setup = plan.setup
    if key == FOLDER:
        return FolderAct(plan, key, f"le dossier « {setup.folder_name} »")
    if key in SUBFOLDER_KEYS:
        return FolderAct(plan, key, f"le sous-dossier « {SUBFOLDER_KEYS[key]} »")
    if key in RULES:
        return RuleAct(plan, key, _WHAT[key])
    if key == IDENTITY:
        return IdentityAct(plan, key, f"l’identité « {setup.address} »")
    return (SignatureAct if key == SIGNATURE else SignatureUseAct)(plan, key, _WHAT[key])
