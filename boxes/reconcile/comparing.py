"""What the portal says of a box beside what Zimbra holds: plain values in, differences out. Nothing is read or written.

Three things meet. What is wanted (the rows), what Zimbra was last made to hold (`applied_…`), and what it holds. Rows
whose first two differ are the synchronisation's work and are handed in as such (`in_transit`); here the third is
compared with rows that were in line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from boxes.models import BoxFinding
from boxes.sync.wanted import ROOT, in_order
from zimbra.types import AccountRight, Grant, Identity, SendRight

Kind = BoxFinding.Kind

# `found` of a mounted folder that lies in the Trash, and of an identity that comes with the access and is gone.
TRASH = "trash"
DEFAULT = "default"
# `folder_id` of a finding about the account as such: another one stands in its place.
OTHER_ACCOUNT = "account"

# Rights on an account that let somebody be it or write as it.
_SENDING = (SendRight.SEND_AS, SendRight.SEND_ON_BEHALF, "loginAs")
# Zimbra's fixed ids of every account and of the whole world; grants to them do not tell theirs (zm-mailbox).
_EVERYBODY = {"all": "00000000-0000-0000-0000-000000000000", "pub": "99999999-9999-9999-9999-999999999999"}
# Follows from other letters, and is told by some servers only.
_COMPUTED = frozenset("c")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as the portal says; the fields are those of `BoxFinding`."""

    kind: Kind
    grantee: str = ""
    folder_id: str = ""
    folder_path: str = ""
    expected: str = ""
    found: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.kind, self.grantee, self.folder_id


@dataclass(frozen=True, slots=True)
class Cut:
    """A folder that inherits nothing and lacks the grants of members: it was shared, or closed, in Zimbra."""

    folder_id: str
    folder_path: str
    address: str


@dataclass(frozen=True, slots=True)
class WantedIdentity:
    """An identity as the portal has it. pk: of its row; folder_ids: of the box, without the account's id."""

    pk: int
    zimbra_id: str
    name: str
    from_name: str = ""
    reply_to: bool = False
    reply_to_name: str = ""
    reply_to_address: str = ""
    folder_ids: tuple[str, ...] = ()
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class WantedMount:
    """A folder of the box in somebody's tree. folder_id: of the box. mount_id, path: as the portal last knew them."""

    pk: int
    folder_id: str
    mount_id: str
    path: str
    folder_path: str = ""
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class WantedPerson:
    """What a person who has access has in the own mailbox. mount: None while the synchronisation is at it."""

    address: str
    mount: WantedMount | None = None
    shares: tuple[WantedMount, ...] = ()
    identities: tuple[WantedIdentity, ...] = ()


@dataclass(frozen=True, slots=True)
class WantedBox:
    """grants: address to letters, on the whole box. senders: who may write as it. folder_grants: for a folder that was
    shared, by id: its path, and the letters of each with whom. in_transit: addresses about which nothing is said now.
    settings: attributes of the account. zimbra_id: "" when it was never seen."""

    address: str
    zimbra_id: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    grants: Mapping[str, str] = field(default_factory=dict)
    senders: frozenset[str] = frozenset()
    folder_grants: Mapping[str, tuple[str, Mapping[str, str]]] = field(default_factory=dict)
    in_transit: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SeenFolder:
    """A folder of the box. view: what it holds. is_closed: it has grants of its own or inherits none."""

    id: str
    path: str
    view: str = ""
    is_closed: bool = False
    grants: tuple[Grant, ...] = ()


@dataclass(frozen=True, slots=True)
class SeenBox:
    """The box in Zimbra; account_id "": there is no such account."""

    account_id: str
    settings: Mapping[str, str] = field(default_factory=dict)
    folders: tuple[SeenFolder, ...] = ()
    rights: tuple[AccountRight, ...] = ()


@dataclass(frozen=True, slots=True)
class SeenMount:
    """A folder of the box in a person's tree. folder_id: of the box."""

    id: str
    path: str
    folder_id: str
    is_trashed: bool = False


@dataclass(frozen=True, slots=True)
class SeenPerson:
    """What of a box stands in a person's mailbox."""

    mounts: tuple[SeenMount, ...] = ()
    identities: tuple[Identity, ...] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """The person gave a mounted folder another name or place, or put a hidden box back: theirs to do."""

    wanted: WantedMount
    mount: SeenMount


@dataclass(frozen=True, slots=True)
class Edited:
    """The person changed an own identity in Zimbra: theirs to do."""

    pk: int
    now: WantedIdentity


def compare_box(wanted: WantedBox, seen: SeenBox) -> tuple[list[Difference], list[Cut]]:
    """What differs at the box itself: the account, who reaches it, who writes as it, what was shared."""
    if not seen.account_id:
        # One that was never seen, or was decided to be made anew, is the synchronisation's to make.
        return ([Difference(Kind.ACCOUNT_MISSING, expected=wanted.address)] if wanted.zimbra_id else []), []
    if wanted.zimbra_id and wanted.zimbra_id != seen.account_id:
        other = Difference(
            Kind.ACCOUNT_DIFFERS, folder_id=OTHER_ACCOUNT, expected=wanted.zimbra_id, found=seen.account_id
        )
        return [other], []
    found = [
        Difference(Kind.ACCOUNT_DIFFERS, folder_id=name, expected=value, found=seen.settings.get(name, ""))
        for name, value in wanted.settings.items()
        if seen.settings.get(name, "") != value
    ]
    found += _whole(wanted, seen)
    found += _senders(wanted, seen)
    cuts: list[Cut] = []
    for folder in seen.folders:
        if folder.id != ROOT and folder.is_closed:
            differing, missing = _item(wanted, folder)
            found += differing
            cuts += missing
    found += _shares_gone(wanted, {folder.id: folder for folder in seen.folders})
    return found, cuts


def compare_person(
    wanted: WantedPerson, seen: SeenPerson, box: str, account_id: str
) -> tuple[list[Difference], list[Moved], list[Edited]]:
    """What differs in the mailbox of somebody with access to the box of this address and id."""
    found: list[Difference] = []
    moved: list[Moved] = []
    for one in (wanted.mount, *wanted.shares):
        if one is None:
            continue
        there = _mounted(one, seen)
        if there is not None and (one.hidden or (there.id, there.path) != (one.mount_id, one.path)):
            moved.append(Moved(one, there))
        elif there is None and not one.hidden:
            trashed = any(mount.folder_id == one.folder_id for mount in seen.mounts)
            found.append(
                Difference(
                    Kind.MOUNT_MISSING,
                    wanted.address,
                    "" if one.folder_id == ROOT else one.folder_id,
                    one.folder_path,
                    expected=one.path,
                    found=TRASH if trashed else "",
                )
            )
    different, edited = _identities(wanted, seen, box, account_id)
    return found + different, moved, edited


def same_letters(one: str, other: str) -> bool:
    """Whether two sets of rights let the grantee do the same."""
    return set(one) - _COMPUTED == set(other) - _COMPUTED


def name_of(grant: Grant | AccountRight) -> str:
    """Whom it is given to, as a finding calls the grantee: an address, or the id of somebody who is gone."""
    return (grant.name or grant.grantee_id or _EVERYBODY.get(grant.kind, "")).casefold()


def _is_person(grant: Grant | AccountRight) -> bool:
    return grant.kind == "usr"


def _told(grant: Grant) -> str:
    """Letters, with the kind of grantee before them when it is not a person."""
    return grant.rights if _is_person(grant) else f"{grant.kind} {grant.rights}"


def _whole(wanted: WantedBox, seen: SeenBox) -> Iterator[Difference]:
    root = next((folder for folder in seen.folders if folder.id == ROOT), SeenFolder(ROOT, "/"))
    there = {name_of(grant): grant for grant in root.grants if _is_person(grant)}
    for address, letters in wanted.grants.items():
        grant = there.get(address)
        if grant is None:
            yield Difference(Kind.GRANT_MISSING, address, ROOT, expected=letters)
        elif not same_letters(grant.rights, letters):
            yield Difference(Kind.GRANT_DIFFERS, address, ROOT, expected=letters, found=grant.rights)
    for grant in root.grants:
        name = name_of(grant)
        if name not in wanted.in_transit and not (_is_person(grant) and name in wanted.grants):
            yield Difference(Kind.GRANT_UNKNOWN, name, ROOT, found=_told(grant))


def _senders(wanted: WantedBox, seen: SeenBox) -> Iterator[Difference]:
    sending = [one for one in seen.rights if one.right in _SENDING]
    denied = {name_of(one) for one in sending if one.right == SendRight.SEND_AS and one.denied}
    given = {name_of(one) for one in sending if one.right == SendRight.SEND_AS and not one.denied and _is_person(one)}
    for address in sorted(wanted.senders - (given - denied)):
        yield Difference(Kind.SEND_MISSING, address, expected=SendRight.SEND_AS)
    for one in sending:
        name = name_of(one)
        known = one.right == SendRight.SEND_AS and _is_person(one) and name in wanted.senders
        if not one.denied and not known and name not in wanted.in_transit:
            yield Difference(
                Kind.SEND_UNKNOWN, name, "" if one.right == SendRight.SEND_AS else one.right, found=one.right
            )


def _item(wanted: WantedBox, folder: SeenFolder) -> tuple[list[Difference], list[Cut]]:
    """A folder that inherits nothing: whoever reaches the box has to be granted there as well."""
    found: list[Difference] = []
    cuts: list[Cut] = []
    shared = wanted.folder_grants.get(folder.id, ("", {}))[1]
    there = {name_of(grant): grant for grant in folder.grants if _is_person(grant)}
    for address, letters in wanted.grants.items():
        grant = there.get(address)
        letters = in_order(letters + shared.get(address, ""))
        if grant is None:
            cuts.append(Cut(folder.id, folder.path, address))
        elif not same_letters(grant.rights, letters):
            found.append(Difference(Kind.GRANT_DIFFERS, address, folder.id, folder.path, letters, grant.rights))
    for address, letters in shared.items():
        grant = there.get(address)
        if address in wanted.grants:
            continue
        if grant is None:
            found.append(Difference(Kind.SHARE_MISSING, address, folder.id, folder.path, letters))
        elif not same_letters(grant.rights, letters):
            found.append(Difference(Kind.SHARE_DIFFERS, address, folder.id, folder.path, letters, grant.rights))
    for grant in folder.grants:
        name = name_of(grant)
        known = _is_person(grant) and (name in wanted.grants or name in shared)
        if not known and name not in wanted.in_transit:
            found.append(Difference(Kind.SHARE_UNKNOWN, name, folder.id, folder.path, folder.view, _told(grant)))
    return found, cuts


def _shares_gone(wanted: WantedBox, there: Mapping[str, SeenFolder]) -> Iterator[Difference]:
    """Shares of a folder that is gone, or has no grants of its own at all."""
    for folder_id, (path, letters) in wanted.folder_grants.items():
        folder = there.get(folder_id)
        if folder is None or not folder.is_closed:
            for address, given in letters.items():
                yield Difference(Kind.SHARE_MISSING, address, folder_id, path, given)


def _mounted(wanted: WantedMount, seen: SeenPerson) -> SeenMount | None:
    """The folder in the person's tree: the one that is known, else any other of the same."""
    there = [one for one in seen.mounts if one.folder_id == wanted.folder_id and not one.is_trashed]
    return next((one for one in there if one.id == wanted.mount_id), there[0] if there else None)


def _identities(
    wanted: WantedPerson, seen: SeenPerson, box: str, account_id: str
) -> tuple[list[Difference], list[Edited]]:
    found: list[Difference] = []
    edited: list[Edited] = []
    there = {one.id: one for one in seen.identities}
    for one in wanted.identities:
        identity = there.get(one.zimbra_id)
        if identity is None:
            kind = DEFAULT if one.is_default else ""
            found.append(
                Difference(Kind.IDENTITY_MISSING, wanted.address, one.zimbra_id, expected=one.name, found=kind)
            )
        elif identity.from_address.casefold() != box or identity.from_right != SendRight.SEND_AS:
            sender = f"{identity.from_address} ({identity.from_right})"
            kind = DEFAULT if one.is_default else ""
            found.append(Difference(Kind.IDENTITY_DIFFERS, wanted.address, one.zimbra_id, one.name, kind, sender))
        else:
            now = as_wanted(one, identity, account_id)
            if now != replace(one, folder_ids=tuple(sorted(one.folder_ids))):
                edited.append(Edited(one.pk, now))
    return found, edited


def as_wanted(known: WantedIdentity, identity: Identity, account_id: str) -> WantedIdentity:
    """What became of an identity, as the portal keeps it: of its folders those of the box only."""
    begins = f"{account_id}:"
    folders = [one.removeprefix(begins) for one in identity.folder_ids if one.startswith(begins)]
    return replace(
        known,
        name=identity.name,
        from_name=identity.from_name,
        reply_to=bool(identity.reply_to),
        reply_to_name=identity.reply_to_name,
        reply_to_address=identity.reply_to_address,
        folder_ids=tuple(sorted(folders if identity.by_folder else ())),
    )
