"""Tags that a team agreed on: what they are called, their colour, what they mean.

Zimbra's tags are personal: the one a member puts on a message of the box is a tag of the member's own mailbox. What is
agreed on here therefore changes nothing in Zimbra by itself; each member has the own copies made, by asking for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from accounts import journal
from accounts.models import Agent
from boxes import managed, work
from boxes.delegations import DelegationError, Gone
from boxes.models import Box, Delegation, Role, TeamTag

# Zimbra's numbered colours (its web client's ZmOrganizer), by the names that client gives them.
COLOURS = {
    1: "Bleu",
    2: "Cyan",
    3: "Vert",
    4: "Violet",
    5: "Rouge",
    6: "Jaune",
    7: "Rose",
    8: "Gris",
    9: "Orange",
}
MOST_TAGS = 30
# Zimbra takes 128; longer than this is no label any more.
NAME_MAX = 64
MEANING_MAX = 200
# Zimbra refuses these in the name of a tag, besides control characters (its Tag and MailItem).
FORBIDDEN = '":/\\'

# Name, colour, meaning: what most teams begin with.
PROPOSALS = (
    ("À traiter", 6, "Personne ne s’en occupe encore."),
    ("En cours", 1, "Quelqu’un de l’équipe a pris ce message."),
    ("En attente", 8, "Une réponse ou une pièce manque : rien à faire pour l’instant."),
    ("Urgent", 5, "À traiter le jour même."),
)


class TagError(DelegationError):
    """What was asked for a tag cannot be; `sentence` says in French why."""


class BadName(TagError):
    sentence = f'Un nom d’étiquette a de 1 à {NAME_MAX} caractères, sans guillemet droit (") ni : / \\.'


class NameTaken(TagError):
    sentence = "L’équipe a déjà une étiquette de ce nom."


class BadColour(TagError):
    sentence = "Choisissez une des couleurs proposées."


class TooLong(TagError):
    sentence = f"La signification est trop longue : {MEANING_MAX} caractères au plus."


class TooMany(TagError):
    sentence = f"Une équipe convient de {MOST_TAGS} étiquettes au plus : au-delà, plus personne ne s’y retrouve."


class TagGone(TagError):
    sentence = "Cette étiquette a été retirée entre-temps."


class NoTags(TagError):
    sentence = "L’équipe n’a encore convenu d’aucune étiquette."


class ReadersHaveNone(TagError):
    sentence = (
        "Étiqueter un message, c’est le modifier : avec un accès en lecture seule, "
        "ces étiquettes ne pourraient pas servir dans cette boîte."
    )


def add(*, box: Box, name: str, colour: int, meaning: str, by: Agent) -> TeamTag:
    """Agree on one more; `by` an owner. Raises NotOwner, NotShared, and the errors above."""
    name, meaning = _checked(name, colour, meaning)
    with transaction.atomic():
        box = managed.locked_for(box, by)
        if box.tags.count() >= MOST_TAGS:
            raise TooMany
        _need_free_name(box, name)
        tag = TeamTag.objects.create(box=box, name=name, colour=colour, meaning=meaning)
        _record("box.tag_added", tag, by=by)
        return tag


def add_proposals(*, box: Box, by: Agent) -> int:
    """Begin with PROPOSALS, of which those are left out whose name is there; gives how many were added.

    Raises NotOwner, NotShared.
    """
    with transaction.atomic():
        box = managed.locked_for(box, by)
        there = {name.casefold() for name in box.tags.values_list("name", flat=True)}
        wanted = [one for one in PROPOSALS if one[0].casefold() not in there][: MOST_TAGS - len(there)]
        for name, colour, meaning in wanted:
            tag = TeamTag.objects.create(box=box, name=name, colour=colour, meaning=meaning)
            _record("box.tag_added", tag, by=by)
        return len(wanted)


def change(*, tag: TeamTag, name: str, colour: int, meaning: str, by: Agent) -> None:
    """Call it, colour it, explain it otherwise; what members have made of it already stays as it is in Zimbra.

    Raises NotOwner, NotShared, and the errors above.
    """
    name, meaning = _checked(name, colour, meaning)
    with transaction.atomic():
        box = managed.locked_for(tag.box, by)
        row = _current(tag)
        if (row.name, row.colour, row.meaning) == (name, colour, meaning):
            return
        _need_free_name(box, name, besides=row)
        before, row.name, row.colour, row.meaning = row.name, name, colour, meaning
        row.save()
        _record("box.tag_changed", row, by=by, before=before)


def remove(*, tag: TeamTag, by: Agent) -> None:
    """Take it off the team's list; what members have made of it stays in Zimbra.

    Raises NotOwner, NotShared, TagGone.
    """
    with transaction.atomic():
        managed.locked_for(tag.box, by)
        row = _current(tag)
        _record("box.tag_removed", row, by=by)
        row.delete()


def ask_for_copies(*, delegation: Delegation, by: Agent) -> None:
    """Have the team's tags made in the own mailbox of `by`; a task does it (`boxes.sync.tags`).

    Raises Gone (no access any more, or somebody else's), ReadersHaveNone, NoTags.
    """
    with transaction.atomic():
        box = Box.objects.select_for_update().get(pk=delegation.box_id)
        row = Delegation.objects.active().filter(pk=delegation.pk, agent=by).first()
        if row is None:
            raise Gone
        if not Role(row.role).writes:
            raise ReadersHaveNone
        if not box.tags.exists():
            raise NoTags
        row.tags_asked_at = timezone.now()
        row.save(update_fields=["tags_asked_at"])
        journal.record(
            "box.tags_asked", by=by, target=f"box:{box.pk}", target_label=box.address, count=box.tags.count()
        )
        work.ask(box)


@dataclass(frozen=True, slots=True)
class Copies:
    """What became of the team's tags in a person's own mailbox; names of tags.

    waiting: a task is to make them. other_colour: there before, in another colour, and left so. refused: Zimbra would
    not have them. trouble: Zimbra's code for why the mailbox could not be served at all. missing: agreed on since, or
    not made yet.
    """

    waiting: bool = False
    asked_before: bool = False
    in_place: list[str] = field(default_factory=list)
    other_colour: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    trouble: str = ""
    missing: list[str] = field(default_factory=list)


def copies_of(delegation: Delegation, agreed: list[TeamTag]) -> Copies:
    """What the person's page says of the own copies; tags that the team gave up since are not spoken of."""
    result = delegation.tags_result
    names = [tag.name for tag in agreed]
    known = {
        kind: {name.casefold() for name in result.get(kind, [])}
        for kind in ("made", "there", "other_colour", "refused")
    }
    there = known["made"] | known["there"]
    settled = there | known["other_colour"] | known["refused"]
    return Copies(
        waiting=delegation.tags_asked_at is not None,
        asked_before=delegation.tags_done_at is not None,
        in_place=[name for name in names if name.casefold() in there],
        other_colour=[name for name in names if name.casefold() in known["other_colour"]],
        refused=[name for name in names if name.casefold() in known["refused"]],
        trouble=result.get("trouble", ""),
        missing=[name for name in names if name.casefold() not in settled],
    )


def _checked(name: str, colour: int, meaning: str) -> tuple[str, str]:
    name, meaning = " ".join(name.split()), " ".join(meaning.split())
    if not 1 <= len(name) <= NAME_MAX or any(sign in FORBIDDEN or not sign.isprintable() for sign in name):
        raise BadName
    if colour not in COLOURS:
        raise BadColour
    if len(meaning) > MEANING_MAX or not meaning.isprintable():
        raise TooLong
    return name, meaning


def _need_free_name(box: Box, name: str, besides: TeamTag | None = None) -> None:
    """Compared as Zimbra does, and not by the database alone: SQLite knows no capital letters with accents."""
    for pk, taken in box.tags.values_list("pk", "name"):
        if taken.casefold() == name.casefold() and (besides is None or pk != besides.pk):
            raise NameTaken


def _current(tag: TeamTag) -> TeamTag:
    row = TeamTag.objects.select_related("box").filter(pk=tag.pk).first()
    if row is None:
        raise TagGone
    return row


def _record(action: str, tag: TeamTag, *, by: Agent, **details: str) -> None:
    journal.record(
        action,
        by=by,
        subject=None,
        target=f"box:{tag.box_id}",
        target_label=tag.box.address,
        name=tag.name,
        colour=COLOURS.get(tag.colour, ""),
        **details,
    )
