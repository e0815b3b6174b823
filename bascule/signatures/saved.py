"""The one writer of saved signatures: add, edit, delete, and below which messages each is put.

Every function locks the row of the signatures' owner first: names, number and uses belong to the person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from django.db import transaction

from accounts import journal, sealing
from accounts.handing_out import hand_out_on_commit
from accounts.models import Agent
from bascule.models import Deposit, SavedSignature
from bascule.signatures.contents import (
    ANSWERS,
    LONGEST_NAME,
    NEW,
    OWN_IDENTITY,
    SignatureContents,
    Use,
    contents_of,
    use_of,
)

# As many as Zimbra takes unless told otherwise (zimbraSignatureMaxNumEntries).
MOST_SIGNATURES = 20
# What a page can send back when it is edited; a hundred times what Zimbra takes.
LONGEST_KEPT = 1_000_000


class SignatureRefused(Exception):
    """Nothing was changed; `str()` is a French sentence."""


class TooMany(SignatureRefused):
    def __init__(self) -> None:
        super().__init__(f"Vous avez déjà {MOST_SIGNATURES} signatures : supprimez-en avant d’en ajouter.")


class Empty(SignatureRefused):
    def __init__(self) -> None:
        super().__init__("Cette signature est vide : écrivez ou collez au moins une ligne.")


class Gone(SignatureRefused):
    """The signature was deleted meanwhile, in another window."""

    def __init__(self) -> None:
        super().__init__("Cette signature a été supprimée entre-temps : recopiez-la dans une nouvelle.")


class TooLong(SignatureRefused):
    def __init__(self) -> None:
        super().__init__(
            "Cette signature est beaucoup trop lourde pour un message. Retirez-en des images, ou réduisez-les."
        )


def add(
    *, agent: Agent, contents: SignatureContents, by: Agent | None, deposit: Deposit | None = None
) -> SavedSignature:
    """Keep a signature; a name that is taken is told apart. The first one is for all the person's messages.

    Raises TooMany, Empty, TooLong. Journal: `signature.added`.
    """
    _check(contents)
    with transaction.atomic():
        others = _locked(agent)
        if len(others) >= MOST_SIGNATURES:
            raise TooMany
        fitting = replace(contents, name=_free_name(contents.name, others))
        use: Use = {} if others else {OWN_IDENTITY: {NEW: True, ANSWERS: True}}
        row = SavedSignature.objects.create(
            agent=agent, contents=fitting.sealed(), use=sealing.seal_json(use), deposit=deposit
        )
        _record(row, "signature.added", by=by)
    return row


def edit(*, row: SavedSignature, contents: SignatureContents, by: Agent | None) -> None:
    """Let the signature be `contents`. Raises Empty, TooLong, Gone. Journal: `signature.edited`."""
    _check(contents)
    with transaction.atomic():
        others = [one for one in _locked(row.agent) if one.pk != row.pk]
        locked = SavedSignature.objects.select_for_update().filter(pk=row.pk).first()
        if locked is None:
            raise Gone
        locked.contents = replace(contents, name=_free_name(contents.name, others)).sealed()
        locked.save(update_fields=["contents", "changed_at"])
        _record(locked, "signature.edited", by=by)


def fetch_pictures(*, row: SavedSignature, contents: SignatureContents, by: Agent) -> None:
    """As `edit`, and have the pictures that are awaited fetched by a worker."""
    from bascule.tasks import fetch_signature_pictures

    with transaction.atomic():
        edit(row=row, contents=contents, by=by)
        hand_out_on_commit(fetch_signature_pictures, row.pk)


def delete(*, row: SavedSignature, by: Agent) -> None:
    """What stands in Zimbra is not touched. Journal: `signature.deleted`."""
    with transaction.atomic():
        _locked(row.agent)
        _record(row, "signature.deleted", by=by)
        row.delete()


def set_uses(*, agent: Agent, uses: Mapping[str, Mapping[str, int | None]], by: Agent) -> bool:
    """Which signature, by its key, each identity puts below new messages and below answers; None for no wish.

    Identities that are not named keep what they have. Whether anything changed. Journal: `signature.used`.
    """
    with transaction.atomic():
        changed = False
        for row in _locked(agent):
            before = _use(row)
            use = {identity: dict(one) for identity, one in before.items()}
            for identity, wanted in uses.items():
                use[identity] = {key: wanted.get(key) == row.pk for key in (NEW, ANSWERS)}
            use = {identity: one for identity, one in use.items() if any(one.values())}
            if use != before:
                row.use = sealing.seal_json(use)
                row.save(update_fields=["use", "changed_at"])
                changed = True
        if changed:
            journal.record("signature.used", by=by, subject=agent)
    return changed


def _check(contents: SignatureContents) -> None:
    if contents.is_empty:
        raise Empty
    if contents.length > LONGEST_KEPT:
        raise TooLong


def _locked(agent: Agent) -> list[SavedSignature]:
    Agent.objects.select_for_update().get(pk=agent.pk)
    return list(SavedSignature.objects.filter(agent=agent))


def _use(row: SavedSignature) -> Use:
    try:
        return use_of(row)
    except sealing.CannotOpen:
        return {}


def _free_name(name: str, others: list[SavedSignature]) -> str:
    taken = set()
    for row in others:
        try:
            taken.add(contents_of(row).name.casefold())
        except sealing.CannotOpen:
            continue
    return free_name(name, taken)


def free_name(name: str, taken: set[str]) -> str:
    """The name, with a number when it is among `taken` (case-folded)."""
    candidate, number = name, 2
    while candidate.casefold() in taken:
        ending = f" ({number})"
        candidate = name[: LONGEST_NAME - len(ending)].rstrip() + ending
        number += 1
    return candidate


def _record(row: SavedSignature, action: str, *, by: Agent | None) -> None:
    journal.record(action, by=by, subject=row.agent, target=f"signature:{row.pk}")
