"""What a rule does, as actions of Zimbra that do the same.

Zimbra marks every copy of a message with every flag and tag of the rules that apply, and the last folder decides
whether the message is kept besides (zm-mailbox, ZimbraMailAdapter); the actions here are arranged so that it comes out
as on the old server. Sources of that: RFC 5228, 3894 (copy), 5232 (flags), 5429 (reject).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bascule.conversions.filters.converting.actions_lost import note_notification, note_redirect
from bascule.conversions.filters.converting.folder_names import zimbra_path
from bascule.conversions.filters.converting.refusals import (
    Notes,
    Refusal,
    bad_arguments,
    shown,
    unknown_command,
    unsupported_option,
)
from bascule.conversions.filters.converting.walk import Step
from bascule.conversions.filters.source.syntax import Command, Strings, Tag
from zimbra.types import filter_actions as zimbra

# Zimbra keeps no longer name of a tag.
MAX_TAG = 128
MAX_REJECTION = 8_000
LOST = frozenset({"redirect", "notify", "denotify", "vacation"})
_SEEN, _FLAGGED = "\\seen", "\\flagged"
_NO_FLAG_OF_ZIMBRA = frozenset({"\\answered", "\\deleted", "\\draft", "\\recent"})
_INSTEAD_OF_DELETED = " Si ces messages doivent disparaître, refaites la règle avec l’action « supprimer »."
_FORBIDDEN_IN_TAG = re.compile(r"[\":/\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]+|\$(?=\{)")
_UNFIT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LINE_END = re.compile(r"\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class _Place:
    """folder: "" for where the message would be anyway. flags: as they stood at that moment."""

    folder: str
    copy: bool
    flags: tuple[str, ...]


@dataclass(slots=True)
class _Doing:
    places: list[_Place] = field(default_factory=list)
    flags: dict[str, str] = field(default_factory=dict)  # By their names in small letters, as first written.
    discarded: bool = False
    redirected: bool = False
    rejection: str = ""
    stopped: bool = False


def zimbra_actions(steps: Sequence[Step], notes: Notes, *, domain: str) -> tuple[zimbra.Action, ...]:
    """The actions of steps that run under one condition, none when nothing of them is left.

    domain: of the person's address, which tells what to propose instead of a redirection. Refusal: an action Zimbra
    does not have.
    """
    doing = _Doing()
    for step in steps:
        _do(step, doing, notes, domain)
        if doing.stopped:
            break
    return _arranged(doing, notes)


def _do(step: Step, doing: _Doing, notes: Notes, domain: str) -> None:
    command = step.command
    if command.tests or command.block is not None:
        raise bad_arguments(command.name)
    match command.name:
        case "redirect":
            note_redirect(command, notes, domain)
            doing.redirected = doing.redirected or "copy" not in _tags(command)
        case "notify" | "denotify":
            note_notification(command, notes)
        case "vacation":
            pass
        case "discard" | "jettison" if step.forwarded:
            _nothing_after(command)
            doing.stopped = command.name == "jettison"
            notes.add(
                "discard_dropped",
                "Cette règle supprimait le message après l’avoir transféré. Comme il n’est plus transféré, il est gardé"
                " dans votre boîte, pour ne pas être perdu.",
            )
        case "reject" | "ereject" | "refuse" if step.forwarded:
            # Two actions that exclude each other (RFC 5429, section 2.1): nobody loses a message by it.
            notes.add(
                "reject_dropped",
                "Cette règle transférait le message et le refusait à la fois, ce qui se contredit. Il n’est plus ni"
                " transféré ni refusé : il est gardé dans votre boîte. Refaites la règle si vous vouliez le refuser.",
            )
        case name if name in _DOING:
            _DOING[name](command, doing, notes)
        case name:
            raise unknown_command(name)


# -------------------------------------------------------------------------------------------------- single actions


def _keep(command: Command, doing: _Doing, notes: Notes) -> None:
    args, flags, tags = _with_flags(command, doing, notes)
    if args or tags:
        raise bad_arguments(command.name)
    doing.places.append(_Place("", copy=False, flags=flags))


def _file_into(command: Command, doing: _Doing, notes: Notes) -> None:
    args, flags, tags = _with_flags(command, doing, notes)
    for tag in tags:
        # The folder is made before the rules are sent, whether the rule asked for it or not.
        if tag not in ("copy", "create"):
            raise unsupported_option("fileinto", tag)
    if len(args) != 1 or len(args[0].values) != 1:
        raise bad_arguments(command.name)
    if "${" in args[0].values[0]:
        message = "Cette règle choisit le dossier d’après le message : faites une règle pour chaque dossier."
        raise Refusal("variables", message)
    path, remarks = zimbra_path(args[0].values[0])
    if not path:
        raise Refusal(remarks[0].code, remarks[0].message)
    notes.extend(remarks)
    folder = "" if path == "Inbox" else path
    doing.places.append(_Place(folder, copy="copy" in tags, flags=flags))


def _discard(command: Command, doing: _Doing, notes: Notes) -> None:
    _nothing_after(command)
    doing.discarded = True


def _jettison(command: Command, doing: _Doing, notes: Notes) -> None:
    _nothing_after(command)
    doing.places.clear()
    doing.discarded = doing.stopped = True
    notes.add(
        "jettison",
        "L’ancien serveur supprimait ces messages sans regarder aucune autre règle (« jettison ») : Zimbra les supprime"
        " et s’arrête là, mais les règles placées avant ont déjà agi. Mettez cette règle en premier.",
    )


def _reject(command: Command, doing: _Doing, notes: Notes) -> None:
    if len(command.args) != 1 or not isinstance(text := command.args[0], Strings) or len(text.values) != 1:
        raise bad_arguments(command.name)
    doing.rejection = _rejection(text.values[0], notes)


def _stop(command: Command, doing: _Doing, notes: Notes) -> None:
    _nothing_after(command)
    doing.stopped = True


def _set_flags(command: Command, doing: _Doing, notes: Notes) -> None:
    if command.name in ("mark", "unmark"):
        _nothing_after(command)
        names = ["\\Flagged"]
    elif len(command.args) == 1 and isinstance(command.args[0], Strings):
        names = _flag_names(command.args[0], notes)
    else:
        # With two arguments the flags go to a variable.
        raise Refusal("variables", f"Cette règle met des marques dans une variable (« {command.name} ») : refaites-la.")
    if command.name in ("removeflag", "unmark"):
        _remove_flags(names, doing, notes)
        return
    if command.name == "setflag":
        doing.flags.clear()
    for name in names:
        doing.flags.setdefault(name.lower(), name)


def _remove_flags(names: list[str], doing: _Doing, notes: Notes) -> None:
    for name in names:
        if doing.flags.pop(name.lower(), None) is None:
            notes.add(
                "flag_removed",
                f"Zimbra ne retire pas une marque (« {shown(name)} ») qu’une autre règle a posée : si une règle placée"
                " avant la pose, ajoutez-lui une condition.",
            )


def _with_flags(command: Command, doing: _Doing, notes: Notes) -> tuple[list[Strings], tuple[str, ...], list[str]]:
    """The strings, the flags of this place, and the other tags."""
    args: list[Strings] = []
    tags: list[str] = []
    flags = tuple(doing.flags.values())
    left = list(command.args)
    while left:
        argument = left.pop(0)
        if isinstance(argument, Tag) and argument.name == "flags":
            if not left or not isinstance(given := left.pop(0), Strings):
                raise bad_arguments(command.name)
            flags = tuple(dict.fromkeys(_flag_names(given, notes)))
        elif isinstance(argument, Tag):
            tags.append(argument.name)
        elif isinstance(argument, Strings):
            args.append(argument)
        else:
            raise bad_arguments(command.name)
    return args, flags, tags


def _flag_names(given: Strings, notes: Notes) -> list[str]:
    found = []
    for name in (one for value in given.values for one in value.split()):
        if name.lower() in _NO_FLAG_OF_ZIMBRA or (name.startswith("\\") and name.lower() not in (_SEEN, _FLAGGED)):
            notes.add(
                "flag_unsupported",
                f"Zimbra ne sait pas poser la marque « {shown(name)} » par une règle : elle est laissée de côté."
                + (_INSTEAD_OF_DELETED if name.lower() == "\\deleted" else ""),
            )
        else:
            found.append(name)
    return found


_DOING: dict[str, Callable[[Command, _Doing, Notes], None]] = {
    "keep": _keep,
    "fileinto": _file_into,
    "discard": _discard,
    "jettison": _jettison,
    "reject": _reject,
    "ereject": _reject,
    "refuse": _reject,
    "stop": _stop,
    "addflag": _set_flags,
    "setflag": _set_flags,
    "removeflag": _set_flags,
    "mark": _set_flags,
    "unmark": _set_flags,
}


# ------------------------------------------------------------------------------------------------- all of them


def _arranged(doing: _Doing, notes: Notes) -> tuple[zimbra.Action, ...]:
    by_folder: dict[str, _Place] = {}
    for place in doing.places:
        by_folder.setdefault(place.folder.casefold(), place)
    places = list(by_folder.values())
    # Whether the message is kept only where the rule says, rather than in the inbox besides.
    only_there = (
        doing.discarded
        or bool(doing.rejection)
        or any(not place.copy for place in doing.places)
        or "" in by_folder
        or (doing.redirected and bool(places))
    )
    found: list[zimbra.Action] = list(_marks(doing, places, notes, kept=not only_there))
    found += [zimbra.FileInto(place.folder, copy=not only_there) if place.folder else zimbra.Keep() for place in places]
    if doing.rejection:
        found.append(zimbra.Reject(doing.rejection))
    elif doing.discarded:
        # Beside a folder it says that the message stays nowhere else, whatever later rules copy.
        found.append(zimbra.Discard())
    if doing.stopped:
        found.append(zimbra.Stop())
    return tuple(found)


def _marks(doing: _Doing, places: list[_Place], notes: Notes, *, kept: bool) -> list[zimbra.Action]:
    """Flags and tags, which Zimbra puts on every copy."""
    wanted = [place.flags for place in places]
    if kept:
        wanted.append(tuple(doing.flags.values()))
    if not wanted:
        return []
    named = {name.lower(): name for flags in reversed(wanted) for name in reversed(flags)}
    if any(named.keys() - {name.lower() for name in flags} for flags in wanted):
        notes.add(
            "flags_on_every_copy",
            "L’ancienne règle ne marquait pas de la même façon tous les exemplaires du message ; Zimbra les marque"
            " tous. Si cela vous gêne, retirez la marque de la règle.",
        )
    found: list[zimbra.Action] = []
    tags: set[str] = set()
    for key in reversed(named):
        if key == _SEEN:
            found.append(zimbra.Flag("read"))
        elif key == _FLAGGED:
            found.append(zimbra.Flag("flagged"))
        elif (tag := _tag(named[key], notes)) and tag.lower() not in tags:
            tags.add(tag.lower())
            found.append(zimbra.Tag(tag))
    return found


def _tag(keyword: str, notes: Notes) -> str:
    name = _FORBIDDEN_IN_TAG.sub("-", keyword).strip()[:MAX_TAG].strip()
    if name != keyword:
        notes.add(
            "tag_renamed",
            f"Zimbra n’accepte pas d’étiquette nommée « {shown(keyword)} » : elle devient « {shown(name)} ».",
        )
    return name


def _rejection(text: str, notes: Notes) -> str:
    flat = _UNFIT.sub("", _LINE_END.sub("\n", text)).strip("\n")
    # Zimbra takes a line that begins so for the name of a rule, and "${" for a variable.
    mended = re.sub(r"^# ", "#\u00a0", flat, flags=re.MULTILINE).replace("${", "$ {")
    if len(mended) > MAX_REJECTION:
        raise Refusal("rejection_too_long", "Le texte du refus est trop long pour une règle : raccourcissez-le.")
    if not mended.strip():
        notes.add("rejection_empty", "La règle refusait le message sans un mot : Zimbra veut un texte, relisez-le.")
        return "Votre message a été refusé."
    return mended


def _tags(command: Command) -> list[str]:
    return [argument.name for argument in command.args if isinstance(argument, Tag)]


def _nothing_after(command: Command) -> None:
    if command.args:
        raise bad_arguments(command.name)
