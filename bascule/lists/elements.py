"""The elements of a list one by one: to be made, there as it should, there but different, or not possible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bascule.lists.finding import Found, find, same_text
from bascule.lists.rules import INCOMING, OUTGOING, Difference, differences
from bascule.lists.wishes import COLOURS, SENT, SUBFOLDERS, ListSetup
from bascule.mailbox_look import SeenFolder, Snapshot
from zimbra.errors import Refused
from zimbra.types import Identity
from zimbra.types.filters import Direction, FilterRule
from zimbra.verbs.filters import check_rules

FOLDER, SIGNATURE, IDENTITY, SIGNATURE_USE = "folder", "signature", "identity", "signature_use"
RULES: dict[str, Direction] = {"incoming": INCOMING, "outgoing": OUTGOING}
# Keys of the sub-folders, which stand in plans.
SUBFOLDER_KEYS = dict(zip(("sent", "archives", "bin"), SUBFOLDERS, strict=True))


class Standing(StrEnum):
    """How an element stands in the mailbox. LACKS: there, and what is missing in it can be added without overwriting
    anything. DIFFERS: putting it right overwrites what somebody chose. BLOCKED: it cannot be made."""

    MISSING = "missing"
    LACKS = "lacks"
    DIFFERS = "differs"
    PRESENT = "present"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Element:
    """label: what it is, French. wanted: how it is to be. found: the name under which it stands, "" when missing.
    reason: why it is blocked."""

    key: str
    label: str
    wanted: str
    found: str = ""
    differences: tuple[Difference, ...] = ()
    reason: str = ""

    @property
    def standing(self) -> Standing:
        if self.reason:
            return Standing.BLOCKED
        if not self.found:
            return Standing.MISSING
        if any(one.overwrites for one in self.differences):
            return Standing.DIFFERS
        return Standing.LACKS if self.differences else Standing.PRESENT

    @property
    def contested(self) -> tuple[Difference, ...]:
        """What is put right only when the person says so."""
        return tuple(one for one in self.differences if one.overwrites)


def keys_of(setup: ListSetup) -> tuple[str, ...]:
    """The elements of `setup`, in the order in which they are made."""
    subfolders = tuple(key for key, name in SUBFOLDER_KEYS.items() if name in setup.subfolders)
    signing = (SIGNATURE,) if setup.has_signature else ()
    using = (SIGNATURE_USE,) if setup.has_signature else ()
    outgoing = (OUTGOING,) if SENT in setup.subfolders else ()
    return (FOLDER, *subfolders, *signing, IDENTITY, *using, INCOMING, *outgoing)


def assess(setup: ListSetup, picture: Snapshot) -> list[Element]:
    """All elements of `setup` as they stand in `picture`."""
    found = find(setup, picture)
    made = {
        FOLDER: lambda: _folder(setup, picture, found),
        SIGNATURE: lambda: _signature(setup, picture, found),
        IDENTITY: lambda: _identity(setup, picture, found),
        SIGNATURE_USE: lambda: _signature_use(setup, picture, found),
    }
    elements = []
    for key in keys_of(setup):
        if key in SUBFOLDER_KEYS:
            elements.append(_subfolder(setup, key, found))
        elif key in RULES:
            elements.append(_rule(setup, RULES[key], picture, found))
        else:
            elements.append(made[key]())
    return elements


def path_of(setup: ListSetup, found: Found, key: str) -> str:
    """The path of the list's folder or one of its sub-folders: where it is, or where it would be made."""
    root = found.folder.path if found.folder else setup.folder_name
    if key == FOLDER:
        return root
    name = SUBFOLDER_KEYS[key]
    return found.subfolders[name].path if name in found.subfolders else f"{root}/{name}"


def identity_differences(setup: ListSetup, identity: Identity, folder: SeenFolder | None) -> tuple[Difference, ...]:
    """What of `identity` is not as wanted."""
    found = []
    if identity.from_address.casefold() != setup.address:
        told = (
            f"Elle envoie depuis « {identity.from_address} »." if identity.from_address else "Elle n’a pas d’adresse."
        )
        found.append(Difference("from_address", told, bool(identity.from_address)))
    if setup.sender_name and identity.from_name != setup.sender_name:
        told = f"Le nom affiché est « {identity.from_name} »." if identity.from_name else "Elle n’affiche aucun nom."
        found.append(Difference("from_name", told, bool(identity.from_name)))
    if folder is None or folder.id not in identity.folder_ids or identity.by_folder is False:
        off = identity.by_folder is False and bool(identity.folder_ids)
        found.append(Difference("folders", "Elle n’est pas proposée dans le dossier de la liste.", off))
    if setup.address not in {one.casefold() for one in identity.sent_to} or identity.by_recipient is False:
        off = identity.by_recipient is False and bool(identity.sent_to)
        found.append(Difference("sent_to", "Elle ne sert pas à répondre aux messages adressés à la liste.", off))
    return tuple(found)


def use_differences(identity: Identity, signature_id: str, names: dict[str, str]) -> tuple[Difference, ...]:
    """names: of signatures, by their ids; an id without a signature puts nothing below a message."""
    found = []
    for code, used, where in (
        ("new", identity.signature_id, "des nouveaux messages"),
        ("answers", identity.answer_signature_id, "des réponses"),
    ):
        if used != signature_id:
            other = names.get(used, "")
            told = f"« {other} » est au bas {where}." if other else f"Rien n’est mis au bas {where}."
            found.append(Difference(code, told, bool(other)))
    return tuple(found)


def _folder(setup: ListSetup, picture: Snapshot, found: Found) -> Element:
    wanted = f"« {setup.folder_name} », à la racine" + (
        f", couleur : {setup.colour_name.lower()}" if setup.colour else ""
    )
    label = "Dossier de la liste"
    folder = found.folder
    if folder is None:
        taken = picture.folder(setup.folder_name) is not None
        reason = f"« {setup.folder_name} » existe déjà et n’est pas un dossier de messages à vous." if taken else ""
        return Element(FOLDER, label, wanted, reason=reason)
    told: tuple[Difference, ...] = ()
    if setup.colour and (folder.rgb or folder.colour != setup.colour):
        name = COLOURS.get(folder.colour, "autre").lower()
        other = bool(folder.rgb or folder.colour)
        sentence = f"Sa couleur est : {'personnelle' if folder.rgb else name}." if other else "Il n’a pas de couleur."
        told = (Difference("colour", sentence, other),)
    return Element(FOLDER, label, wanted, folder.path, told)


def _subfolder(setup: ListSetup, key: str, found: Found) -> Element:
    name = SUBFOLDER_KEYS[key]
    there = found.subfolders.get(name)
    label = f"Sous-dossier « {name} »"
    return Element(key, label, f"« {path_of(setup, found, key)} »", there.path if there else "")


def _signature(setup: ListSetup, picture: Snapshot, found: Found) -> Element:
    label, wanted = "Signature", f"« {setup.address} », avec le texte choisi"
    limits = picture.limits
    longer = max(len(text.encode("utf-16-le")) // 2 for text in (setup.signature_html, setup.signature_text))
    if limits.signature_length and longer > limits.signature_length:
        reason = (
            f"Zimbra accepte {limits.signature_length} caractères, mise en forme comprise ; celle-ci en compte "
            f"{longer}. Choisissez-en une plus courte."
        )
        return Element(SIGNATURE, label, wanted, reason=reason)
    if found.signature is None:
        full = 0 < limits.signatures <= len(picture.signatures)
        reason = _full("signatures", len(picture.signatures)) if full else ""
        return Element(SIGNATURE, label, wanted, reason=reason)
    same = same_text(found.signature, setup)
    told = () if same else (Difference("text", "Son texte n’est pas celui que vous avez choisi.", True),)
    return Element(SIGNATURE, label, wanted, found.signature.name, told)


def _identity(setup: ListSetup, picture: Snapshot, found: Found) -> Element:
    shown = f"{setup.sender_name} <{setup.address}>" if setup.sender_name else setup.address
    wanted = f"{shown}, proposée dans le dossier de la liste et pour répondre à ses messages"
    label = "Identité"
    if found.identity is None:
        full = 0 < picture.limits.identities <= len(picture.identities)
        return Element(IDENTITY, label, wanted, reason=_full("identités", len(picture.identities)) if full else "")
    told = identity_differences(setup, found.identity, found.folder)
    return Element(IDENTITY, label, wanted, found.identity.name, told)


def _signature_use(setup: ListSetup, picture: Snapshot, found: Found) -> Element:
    label = "Signature de l’identité"
    wanted = "au bas des nouveaux messages et des réponses de la liste"
    if found.identity is None or not (found.identity.signature_id or found.identity.answer_signature_id):
        return Element(SIGNATURE_USE, label, wanted)
    names = {one.id: one.name for one in picture.signatures}
    told = use_differences(found.identity, found.signature.id if found.signature else "", names)
    if found.signature is None and not any(one.overwrites for one in told):
        return Element(SIGNATURE_USE, label, wanted)
    return Element(SIGNATURE_USE, label, wanted, f"Identité « {found.identity.name} »", told)


def _rule(setup: ListSetup, direction: Direction, picture: Snapshot, found: Found) -> Element:
    rules = picture.rules(direction)
    if direction == INCOMING:
        label, rule = "Filtre des messages reçus", found.incoming
        path = path_of(setup, found, FOLDER)
        what = "« À » ou « Cc » porte l’adresse de la liste"
        if setup.also_headers:
            what += ", ou la liste l’a distribué"
    else:
        label, rule = "Filtre des messages envoyés", found.outgoing
        path = path_of(setup, found, "sent")
        what = "« De » porte l’adresse de la liste"
    wanted = f"{what} → « {path} »" + (", puis aucune autre règle" if setup.stops else "")
    reason = _unwritable(rules)
    if rule is None:
        return Element(direction, label, wanted, reason=reason)
    told = differences(rule, setup, direction, path)
    return Element(direction, label, wanted, rule.name, told, reason if told else "")


def _unwritable(rules: Sequence[FilterRule]) -> str:
    """Rules are written all together: one that Zimbra would spoil keeps the others from being written."""
    try:
        check_rules(rules)
    except Refused as refused:
        return (
            f"Votre règle Zimbra « {refused.reason} » empêche d’en ajouter une : son nom est vide, déjà pris, ou elle "
            "n’a pas de condition. Corrigez-la dans Zimbra d’abord."
        )
    return ""


def _full(what: str, count: int) -> str:
    return f"Zimbra n’accepte pas plus de {count} {what}. Supprimez-en une dont vous ne vous servez plus."
