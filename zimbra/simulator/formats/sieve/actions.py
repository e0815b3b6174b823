"""The commands of a script that do something. For each name, a function that checks its arguments and gives the deed.

What is decided goes into the context; `run` makes an outcome of it. Sources: as for `conditions`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote_plus, unquote_plus

from zimbra.simulator.formats.sieve import editheader
from zimbra.simulator.formats.sieve.arguments import copied, nothing_more, number, string, strings, tag
from zimbra.simulator.formats.sieve.compare import SieveError
from zimbra.simulator.formats.sieve.context import Context
from zimbra.simulator.formats.sieve.from_script import is_notify_by_mail
from zimbra.simulator.formats.sieve.grammar import Command, Strings
from zimbra.simulator.formats.sieve.outcome import (
    Ereject,
    FileInto,
    Flag,
    Keep,
    Notify,
    NotifyByMail,
    Redirect,
    Reject,
    Reply,
    Tag,
)
from zimbra.simulator.formats.sieve.rules import LOG_LEVELS

Deed = Callable[[Context], None]

FLAG_NAMES = ("read", "unread", "flagged", "unflagged", "priority", "unpriority")

# What `set` does to a value, in the order in which it is done; one of each rank at most.
_MODIFIERS = {
    ":lower": 0, ":upper": 0, ":lowerfirst": 1, ":upperfirst": 1, ":quotewildcard": 2, ":encodeurl": 3, ":length": 4,
}  # fmt: skip


class Stop(Exception):
    """The script ends here."""


def deed(command: Command) -> Deed:
    """What carries out a command; SieveError for an unknown one and for arguments it does not take."""
    make = _DEEDS.get(command.name)
    if make is None:
        raise SieveError(f'Unknown command: "{command.name}"')
    if command.tests or command.block is not None:
        raise SieveError(f"{command.name} takes neither tests nor a block")
    return make(command)


def _keep(command: Command) -> Deed:
    nothing_more(command.args, 0)

    def do(context: Context) -> None:
        context.implicit_keep = False
        context.actions.append(Keep())

    return do


def _discard(command: Command) -> Deed:
    nothing_more(command.args, 0)

    def do(context: Context) -> None:
        context.implicit_keep = False
        context.discarded = True

    return do


def _stop(command: Command) -> Deed:
    nothing_more(command.args, 0)

    def do(context: Context) -> None:
        raise Stop

    return do


def _file_into(command: Command) -> Deed:
    path, copy = copied(command.args)

    def do(context: Context) -> None:
        context.require("fileinto")
        if copy:
            context.require("copy")
        context.implicit_keep = False
        context.actions.append(FileInto(context.filled(path), copy))

    return do


def _redirect(command: Command) -> Deed:
    address, copy = copied(command.args)

    def do(context: Context) -> None:
        context.implicit_keep = False
        context.actions.append(Redirect(context.filled(address), copy))

    return do


def _tag(command: Command) -> Deed:
    name = string(command.args, 0)
    nothing_more(command.args, 1)
    # No item may have a tag with spaces round its name.
    return lambda context: context.actions.append(Tag(context.filled(name).strip()))


def _flag(command: Command) -> Deed:
    name = string(command.args, 0)
    nothing_more(command.args, 1)
    if name not in FLAG_NAMES:
        raise SieveError(f"Invalid flag: {name}")
    return lambda context: context.actions.append(Flag(name))


def _reply(command: Command) -> Deed:
    text = string(command.args, 0)
    nothing_more(command.args, 1)
    return lambda context: context.actions.append(Reply(context.filled(text)))


def _reject(command: Command) -> Deed:
    text = string(command.args, 0)
    nothing_more(command.args, 1)

    def do(context: Context) -> None:
        context.require(command.name)
        if not context.around.option("zimbraSieveRejectMailEnabled"):
            return
        context.implicit_keep = False
        context.discarded = True
        filled = context.filled(text)
        context.actions.append(Ereject(filled) if command.name == "ereject" else Reject(filled))

    return do


def _log(command: Command) -> Deed:
    level = tag(command.args, 0)
    if level and level[1:] not in LOG_LEVELS:
        raise SieveError(f"Unknown log level: {level}")
    at = 1 if level else 0
    text = string(command.args, at)
    nothing_more(command.args, at + 1)

    def do(context: Context) -> None:
        # There is no log of filters here; a wrong variable fails all the same.
        context.filled(text)

    return do


def _notify(command: Command) -> Deed:
    if is_notify_by_mail(command.args):
        return _notify_by_mail(command)
    args = command.args
    address, subject, text = string(args, 0), string(args, 1), string(args, 2)
    at = 3
    size = -1
    if at < len(args) and not isinstance(args[at], Strings):
        size = number(args, at)
        at += 1
    headers: tuple[str, ...] = ()
    if at < len(args):
        headers = strings(args, at)
        at += 1
    nothing_more(args, at)
    return lambda context: context.actions.append(
        Notify(context.filled(address), context.filled(subject), context.filled(text), size, headers)
    )


def _notify_by_mail(command: Command) -> Deed:
    """Source: RFC 5435, section 3; RFC 5436, section 2.2."""
    args = command.args
    tags: dict[str, str] = {}
    at = 0
    while found := tag(args, at):
        if found not in (":from", ":importance", ":options", ":message") or found in tags:
            raise SieveError(f"Found unexpected TagArgument: {found}")
        tags[found] = strings(args, at + 1)[0] if found == ":options" else string(args, at + 1)
        at += 2
    if tags.get(":importance", "1") not in ("1", "2", "3"):
        raise SieveError("Expecting an integer number (1, 2, 3) for :importance")
    method = string(args, at)
    nothing_more(args, at + 1)

    def do(context: Context) -> None:
        context.require("enotify")
        uri = context.filled(method)
        if not uri.lower().startswith("mailto:"):
            raise SieveError("'mailto' method syntax error")
        path, _, query = uri[len("mailto:") :].partition("?")
        fields: list[tuple[str, str]] = []
        for parameter in query.split("&"):
            name, equals, value = parameter.partition("=")
            if "=" in value or (equals and not name):
                raise SieveError("'mailto' method syntax error: too many parameters or an empty name")
            if name:
                fields.append((unquote_plus(name), unquote_plus(value)))
        addressed = [path, *(value for name, value in fields if name.lower() in ("to", "cc", "bcc"))]
        to = tuple(one.strip() for value in addressed for one in unquote_plus(value).split(",") if "@" in one)
        sender = context.filled(tags.get(":from", ""))
        if not re.fullmatch(r"[^\s<>@]+@[^\s<>@]+\.?[^\s<>@]*|.*<[^\s<>@]+@[^\s<>@]+>", sender):
            sender = ""
        message = context.filled(tags.get(":message", ""))
        context.actions.append(NotifyByMail(to, sender, message, tags.get(":importance", ""), tuple(fields)))

    return do


def _set(command: Command) -> Deed:
    """Source: RFC 5229, section 4; :encodeurl of RFC 5435, section 6."""
    args = command.args
    modifiers: dict[int, str] = {}
    at = 0
    while found := tag(args, at):
        rank = _MODIFIERS.get(found)
        if rank is None:
            raise SieveError(f"Invalid variable modifier: {found}")
        if rank in modifiers:
            raise SieveError("Cannot use two or more modifiers of the same precedence in a single set action")
        modifiers[rank] = found
        at += 1
    name = string(args, at).replace("\\", "").lower()
    value = string(args, at + 1)
    nothing_more(args, at + 2)
    if not re.fullmatch(r"[a-z_][a-z0-9_]*", name):
        raise SieveError(f"Variable identifier is invalid, got identifier {name}")

    def do(context: Context) -> None:
        if "variables" in context.capabilities or not context.around.option("zimbraSieveRequireControlEnabled"):
            text = context.filled(value)
            for rank in sorted(modifiers):
                text = _modified(text, modifiers[rank])
            context.variables[name] = text

    return do


def _modified(text: str, modifier: str) -> str:
    match modifier:
        case ":lower":
            return text.lower()
        case ":upper":
            return text.upper()
        case ":lowerfirst":
            return text[:1].lower() + text[1:]
        case ":upperfirst":
            return text[:1].upper() + text[1:]
        case ":quotewildcard":
            return re.sub(r"([\\*?])", r"\\\1", text)
        case ":encodeurl":
            return quote_plus(text, safe="*")
    return str(len(text))


def _edit(command: Command) -> Deed:
    change = editheader.change(command)

    def do(context: Context) -> None:
        if not context.admin:
            raise editheader.NotForUsers
        if context.around.option("zimbraSieveEditHeaderEnabled"):
            context.require("editheader")
            change(context)

    return do


_DEEDS: dict[str, Callable[[Command], Deed]] = {
    "keep": _keep,
    "discard": _discard,
    "stop": _stop,
    "fileinto": _file_into,
    "redirect": _redirect,
    "tag": _tag,
    "flag": _flag,
    "reply": _reply,
    "reject": _reject,
    "ereject": _reject,
    "log": _log,
    "notify": _notify,
    "set": _set,
    "addheader": _edit,
    "deleteheader": _edit,
    "replaceheader": _edit,
}
NAMES = frozenset(_DEEDS)
