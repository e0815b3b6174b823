"""Pictures of a signature: what the person decides about each, and fetching those on the web, by a worker."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from django.db import transaction

from accounts import sealing
from accounts.models import Agent
from bascule import mailbox_look, remote_images
from bascule.conversions.model import Unreadable
from bascule.conversions.signatures import DROP, LONGEST, Choice, Embedded, keep, length, shrink
from bascule.conversions.signatures.addresses import embedded
from bascule.conversions.signatures.tokens import Open, tokens
from bascule.models import SavedSignature
from bascule.signatures import saved
from bascule.signatures.contents import EMBED, LEAVE, SignatureContents, contents_of

# Where Zimbra sets no limit: more makes every message of the person heavy.
MOST_BYTES = 60_000
# A picture that is kept here, however long the signature is allowed to be: it has to come back from an editor.
MOST_KEPT = 200_000
_FEWEST_BYTES = 200
# `data:image/jpeg;base64,` and the two sizes.
_AROUND = 60

REMOVE, REDUCE = "remove", "reduce"


@dataclass(frozen=True, slots=True)
class Decision:
    """what: EMBED, LEAVE, REMOVE, REDUCE; data: a file in its place, which goes before `what`."""

    what: str = ""
    data: bytes = b""


def longest_of(agent: Agent) -> int:
    """How long a signature of the person may be, as far as is known; 0 for no limit."""
    look = mailbox_look.latest(agent)
    picture = mailbox_look.seen(look) if look else None
    return picture.limits.signature_length if picture else LONGEST


def decided(
    contents: SignatureContents, decisions: Mapping[int, Decision], *, longest: int
) -> tuple[SignatureContents, dict[int, str]]:
    """The signature after the decisions about its pictures, by rank; and what went wrong with which, in French.

    A picture to be embedded is marked only: fetching it is a worker's job.
    """
    pictures = list(contents.pictures)
    chosen: dict[int, Embedded | Choice] = {}
    problems: dict[int, str] = {}
    inside = [
        rank
        for rank, one in decisions.items()
        if rank < len(pictures) and (one.data or (one.what == REDUCE and pictures[rank].is_inside))
    ]
    removed = [rank for rank, one in decisions.items() if one.what == REMOVE and not one.data]
    lighter = keep(contents.html, dict.fromkeys(removed, DROP))
    room = _room(lighter, _sources(contents.html, inside), longest)
    sources = _sources(contents.html, range(len(pictures)))
    for rank, decision in decisions.items():
        if rank >= len(pictures):
            continue
        one = pictures[rank]
        if rank in inside:
            try:
                chosen[rank] = _small(decision.data or embedded(sources[rank]) or b"", room)
            except Unreadable as reason:
                problems[rank] = str(reason)
        elif decision.what == REMOVE:
            chosen[rank] = DROP
        elif one.is_remote and decision.what in (EMBED, LEAVE):
            pictures[rank] = replace(one, choice=decision.what, error="")
    return replace(contents, pictures=tuple(pictures)).with_html(keep(contents.html, chosen)), problems


def lightened(contents: SignatureContents) -> SignatureContents:
    """The signature without pictures that are heavier than any message bears: those are made smaller, or left out."""
    sources = _sources(contents.html, range(len(contents.pictures)))
    chosen: dict[int, Embedded | Choice] = {}
    for rank, one in enumerate(contents.pictures):
        if one.is_inside and one.image.size > MOST_KEPT:
            try:
                chosen[rank] = shrink(embedded(sources[rank]) or b"", most_bytes=MOST_BYTES)
            except Unreadable:
                chosen[rank] = DROP
    return contents.with_html(keep(contents.html, chosen)) if chosen else contents


def fetch(signature_id: int) -> None:
    """Called by a task: bring the pictures that are awaited into the signature. Running twice is harmless."""
    row = SavedSignature.objects.select_related("agent").filter(pk=signature_id).first()
    if row is None:
        return
    try:
        awaited = {one.image.src for one in contents_of(row).awaited}
    except sealing.CannotOpen:
        return
    if not awaited:
        return
    found: dict[str, bytes | str] = {}
    for address in sorted(awaited):
        try:
            found[address] = remote_images.fetch(address)
        except remote_images.NotFetched as reason:
            found[address] = str(reason)
    longest = longest_of(row.agent)
    with transaction.atomic():
        # The person may have edited the signature meanwhile: what is in it now counts.
        Agent.objects.select_for_update().get(pk=row.agent_id)
        row = SavedSignature.objects.select_related("agent").filter(pk=signature_id).first()
        if row is not None:
            saved.edit(row=row, contents=_with_fetched(contents_of(row), found, longest), by=None)


def _with_fetched(contents: SignatureContents, found: Mapping[str, bytes | str], longest: int) -> SignatureContents:
    wanted = {
        rank: found[one.image.src]
        for rank, one in enumerate(contents.pictures)
        if one.is_awaited and one.image.src in found
    }
    arrived = [rank for rank, outcome in wanted.items() if isinstance(outcome, bytes)]
    room = _room(contents.html, _sources(contents.html, arrived), longest)
    pictures = list(contents.pictures)
    chosen: dict[int, Embedded | Choice] = {}
    for rank, outcome in wanted.items():
        try:
            if isinstance(outcome, bytes):
                chosen[rank] = _small(outcome, room)
                continue
            problem = outcome
        except Unreadable as reason:
            problem = str(reason)
        pictures[rank] = replace(pictures[rank], choice="", error=problem)
    return replace(contents, pictures=tuple(pictures)).with_html(keep(contents.html, chosen))


def _small(data: bytes, room: int) -> Embedded:
    if room < _FEWEST_BYTES:
        raise Unreadable(
            "image_too_heavy",
            "Il ne reste pas assez de place pour cette image dans la longueur que Zimbra accepte. Raccourcissez la "
            "signature ou retirez une autre image, puis recommencez.",
        )
    return shrink(data, most_bytes=room)


def _room(html: str, given_back: Mapping[int, str], longest: int) -> int:
    """Bytes for each of the pictures whose present sources are `given_back`, so that all fit."""
    if not given_back:
        return MOST_BYTES
    if not longest:
        return MOST_BYTES // len(given_back)
    left = longest - length(html) + sum(map(length, given_back.values())) - _AROUND * len(given_back)
    return min(MOST_BYTES, max(0, left) // len(given_back) * 3 // 4)


def _sources(html: str, ranks: Collection[int]) -> dict[int, str]:
    """The addresses of the pictures of these ranks; "" for one that has none."""
    tags = [token for token in tokens(html) if isinstance(token, Open) and token.name == "img"]
    return {rank: tag.attributes.get("src", "") for rank, tag in enumerate(tags) if rank in ranks}
