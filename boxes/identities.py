"""How a person writes in the name of a box: the identity that comes with the access, and those the person adds.

Personal: nobody else sees or changes them. Whoever only reads writes nothing, and has none. The row of the box is
locked by whoever changes one, so that nothing is added to an access that ends at the same moment.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet

from accounts import journal
from accounts.models import Agent
from boxes import work
from boxes.models import Box, BoxIdentity, Delegation, Role
from zimbra.types import DEFAULT_IDENTITY

# Zimbra's fixed ids of the box's folders in which writing begins with the default identity: Inbox and Sent.
DEFAULT_FOLDERS = ["2", "5"]
# Its fixed id of the folder that holds all others: the box itself, as it stands in a person's tree.
WHOLE_BOX = "1"

NAME_MAX = 128
ADDRESS_MAX = 254
# Identities of one person for one box, and folders named in one; Zimbra has bounds of its own (see MOST_IN_ZIMBRA).
MOST_PER_BOX = 40
MOST_FOLDERS = 100
# Identities beside the account's own that Zimbra takes unless its operator says otherwise, those of all boxes and of
# the person together (zimbraIdentityMaxNumEntries is 20, the account's own included).
MOST_IN_ZIMBRA = 19

# Characters that turn the order of what follows: a sender's name must read as it is written.
_TURNING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})


class IdentityError(Exception):
    """What was asked for cannot be; `sentence` says in French why, and what to do."""

    sentence = "Cette action n’est pas possible."


class NotWriter(IdentityError):
    sentence = (
        "Avec un accès en lecture seule, on n’écrit pas au nom de la boîte : il n’y a pas d’identité. "
        "Rechargez la page : votre rôle a peut-être changé."
    )


class Gone(IdentityError):
    sentence = "Cette identité a été supprimée entre-temps."


class DefaultStays(IdentityError):
    sentence = (
        "Cette identité est fournie avec votre accès à la boîte : elle se modifie, mais ne se supprime pas. "
        "Elle disparaîtra d’elle-même si vous quittez la boîte."
    )


class BadName(IdentityError):
    sentence = f"Donnez à l’identité un nom de 1 à {NAME_MAX} caractères, autre que « {DEFAULT_IDENTITY} »."


class NameTaken(IdentityError):
    sentence = "Vous avez déjà une identité de ce nom, pour cette boîte ou pour une autre : choisissez-en un autre."


class TooLong(IdentityError):
    sentence = f"Un nom affiché compte {NAME_MAX} caractères au plus."


class BadAddress(IdentityError):
    sentence = "L’adresse de réponse n’est pas complète : elle s’écrit par exemple prenom.nom@ac-reunion.fr."


class TooMany(IdentityError):
    sentence = f"Vous avez déjà {MOST_PER_BOX} identités pour cette boîte : supprimez celles qui ne servent plus."


class TooManyFolders(IdentityError):
    sentence = f"Une identité sert d’elle-même dans {MOST_FOLDERS} dossiers au plus."


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person sets. name: seen by the person only; the sender's address is always the box's.

    reply_to_address: "" with reply_to stands for the box's. folder_ids: of the box, as in `BoxIdentity`.
    """

    name: str
    from_name: str = ""
    reply_to: bool = False
    reply_to_name: str = ""
    reply_to_address: str = ""
    folder_ids: tuple[str, ...] = ()


def follow_mount(delegation: Delegation) -> None:
    """The folder of the box stands elsewhere among the person's own, or anew: identities that begin in it are to be
    told so. Called by `boxes.sync`."""
    for row in of(delegation):
        if WHOLE_BOX in row.folder_ids:
            delegation.identities.filter(pk=row.pk).update(applied_change=None)


def of(delegation: Delegation) -> QuerySet[BoxIdentity]:
    """Those the person has, or will have in a moment; the one that came with the access first."""
    return delegation.identities.filter(removed=False)


def add(*, delegation: Delegation, wish: Wish, by: Agent) -> BoxIdentity:
    """One more identity of `by` for the box. Raises NotWriter, TooMany, and what `wish` may be refused for."""
    wish = _tidy(wish)
    with transaction.atomic():
        box, access = _locked(delegation, by)
        if of(access).count() >= MOST_PER_BOX:
            raise TooMany
        _need_free_name(access, wish.name)
        row = BoxIdentity(delegation=access)
        _set(row, box, wish)
        row.save()
        _yield_folders(row)
        _record("box.identity_added", row, box, by=by)
        work.ask(box)
        return row


def change(*, identity: BoxIdentity, wish: Wish, by: Agent) -> BoxIdentity:
    """Other settings for an identity of `by`. Raises NotWriter, Gone, and what `wish` may be refused for.

    What Zimbra refused before is tried anew. The same settings again change nothing.
    """
    wish = _tidy(wish)
    with transaction.atomic():
        box, access = _locked(identity.delegation, by)
        row = _current(access, identity)
        if wish.name.casefold() != row.name.casefold():
            _need_free_name(access, wish.name, besides=row)
        before = _held(row)
        _set(row, box, wish)
        if _held(row) == before and not row.trouble:
            return row
        row.trouble = ""
        row.save()
        _yield_folders(row)
        _record("box.identity_changed", row, box, by=by)
        work.ask(box)
        return row


def remove(*, identity: BoxIdentity, by: Agent) -> None:
    """Delete an identity of `by` that did not come with the access. Raises NotWriter, Gone, DefaultStays.

    The row stays, as removed, until Zimbra has let go of it.
    """
    with transaction.atomic():
        box, access = _locked(identity.delegation, by)
        row = _current(access, identity)
        if row.is_default:
            raise DefaultStays
        row.removed, row.trouble = True, ""
        row.save(update_fields=["removed", "trouble", "changed_at"])
        _record("box.identity_removed", row, box, by=by)
        work.ask(box)


def retry(*, delegation: Delegation, by: Agent) -> None:
    """Have Zimbra asked again for what it refused. Raises NotWriter."""
    with transaction.atomic():
        box, access = _locked(delegation, by)
        access.identities.exclude(trouble="").update(trouble="")
        work.ask(box)


def one_line(text: str) -> str:
    """`text` as it may stand in a header: no control characters, no line ends, single blanks."""
    return " ".join(
        "".join(" " if unicodedata.category(one) in _UNSEEN or one in _TURNING else one for one in text).split()
    )


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
    delegation.identities.update(removed=True, trouble="")


def _tidy(wish: Wish) -> Wish:
    name, from_name, reply_to_name = one_line(wish.name), one_line(wish.from_name), one_line(wish.reply_to_name)
    address = wish.reply_to_address.strip()
    if not 1 <= len(name) <= NAME_MAX or name.casefold() == DEFAULT_IDENTITY.casefold():
        raise BadName
    if max(len(from_name), len(reply_to_name)) > NAME_MAX:
        raise TooLong
    if address:
        try:
            validate_email(address)
        except ValidationError as error:
            raise BadAddress from error
        if len(address) > ADDRESS_MAX:
            raise BadAddress
    folder_ids = tuple(dict.fromkeys(one for one in wish.folder_ids if one.isascii() and one.isdecimal()))
    if len(folder_ids) > MOST_FOLDERS:
        raise TooManyFolders
    return Wish(name, from_name, wish.reply_to, reply_to_name, address, folder_ids)


def _locked(delegation: Delegation, by: Agent) -> tuple[Box, Delegation]:
    """The box, its row locked, and the access of `by` as it is now. Raises NotWriter, also for somebody else's."""
    box = Box.objects.select_for_update().get(pk=delegation.box_id)
    row = Delegation.objects.active().filter(pk=delegation.pk, agent=by).first()
    if row is None or not Role(row.role).writes:
        raise NotWriter
    return box, row


def _current(delegation: Delegation, identity: BoxIdentity) -> BoxIdentity:
    row = of(delegation).filter(pk=identity.pk).first()
    if row is None:
        raise Gone
    return row


def _need_free_name(delegation: Delegation, name: str, besides: BoxIdentity | None = None) -> None:
    """Zimbra tells identities apart by their names, whatever their capitals, over all boxes of a person."""
    others = BoxIdentity.objects.filter(
        delegation__agent=delegation.agent_id, delegation__state=Delegation.State.ACTIVE, removed=False
    )
    if besides is not None:
        others = others.exclude(pk=besides.pk)
    if name.casefold() in {one.casefold() for one in others.values_list("name", flat=True)}:
        raise NameTaken


def _set(row: BoxIdentity, box: Box, wish: Wish) -> None:
    row.name, row.from_name = wish.name, wish.from_name
    row.reply_to, row.reply_to_name = wish.reply_to, wish.reply_to_name if wish.reply_to else ""
    row.reply_to_address = (wish.reply_to_address or box.address) if wish.reply_to else ""
    row.folder_ids = list(wish.folder_ids)


def _held(row: BoxIdentity) -> tuple[object, ...]:
    return (
        row.name,
        row.from_name,
        row.reply_to,
        row.reply_to_name,
        row.reply_to_address,
        sorted(row.folder_ids),
    )


def _yield_folders(row: BoxIdentity) -> None:
    """A folder begins with one identity only: the others of the person for this box leave it to `row`."""
    for other in of(row.delegation).exclude(pk=row.pk):
        left = [one for one in other.folder_ids if one not in row.folder_ids]
        if left != other.folder_ids:
            other.folder_ids = left
            other.save(update_fields=["folder_ids", "changed_at"])


def _record(action: str, row: BoxIdentity, box: Box, *, by: Agent) -> None:
    """Not a matter of the box: its history, which others read, does not tell of it."""
    journal.record(action, by=by, subject=by, target=f"box_identity:{row.pk}", target_label=box.address)
