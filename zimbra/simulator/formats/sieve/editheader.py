"""Changing the header of a message (RFC 5293, and Zimbra's replaceheader): for administrators' scripts only."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from email.header import Header

from zimbra.simulator.formats.sieve import compare
from zimbra.simulator.formats.sieve.arguments import KINDS, Comparison, comparison, nothing_more, number, string, tag
from zimbra.simulator.formats.sieve.compare import SieveError
from zimbra.simulator.formats.sieve.context import Context
from zimbra.simulator.formats.sieve.grammar import Argument, Command
from zimbra.simulator.mail import headers
from zimbra.simulator.mail.mime import Message

# Not to be deleted nor replaced (default of zimbraSieveImmutableHeaders).
IMMUTABLE = frozenset(
    {"received", "dkim-signature", "authentication-results", "received-spf", "message-id", "content-type",
     "content-disposition", "content-transfer-encoding", "mime-version", "auto-submitted"}
)  # fmt: skip

Change = Callable[[Context], None]


class NotForUsers(Exception):
    """A user's script changes headers: it is passed over as if it ended here."""


def change(command: Command) -> Change:
    """What carries out addheader, deleteheader or replaceheader; SieveError."""
    return _add(command.args) if command.name == "addheader" else _alter(command)


def _name(text: str) -> str:
    if not re.fullmatch(r"[!-9;-~]+", text):
        raise SieveError(f"Header name must be printable ASCII without spaces: {text!r}")
    return text


def _line(name: str, value: str) -> bytes:
    value = re.sub(r"[\r\n]+[ \t]*", " ", value)
    encoded = value if value.isascii() else Header(value, "utf-8", header_name=name).encode()
    return f"{name}: {encoded}\r\n".encode()


def _add(args: list[Argument]) -> Change:
    last = tag(args, 0) == ":last"
    name, value = string(args, int(last)), string(args, int(last) + 1)
    nothing_more(args, int(last) + 2)
    if "${" not in name:
        _name(name)

    def do(context: Context) -> None:
        line = _line(_name(context.filled(name)), context.filled(value))
        lines = _lines(context.message)
        _save(context, [*lines, line] if last else [line, *lines])

    return do


@dataclass
class _Where:
    """Which of the fields of a name: the `index`th, from the last one when `last`; None is all.

    0 is the last one from the last, and none from the first.
    """

    index: int | None = None
    last: bool = False
    new_name: str | None = None
    new_value: str | None = None


def _alter(command: Command) -> Change:
    where = _Where()
    rest: list[Argument] = []
    args = command.args
    at = 0
    while found := tag(args, at):
        if found == ":last":
            where.last = True
        elif found == ":index":
            at += 1
            where.index = number(args, at)
        elif found in (":newname", ":newvalue") and command.name == "replaceheader":
            at += 1
            setattr(where, "new_name" if found == ":newname" else "new_value", string(args, at))
        else:
            rest.append(args[at])
            # The argument of :comparator and of a relation goes with its tag.
            if found in (":comparator", ":count", ":value"):
                at += 1
                rest.append(args[at] if at < len(args) else rest[-1])
            elif found not in KINDS:
                raise SieveError(f"Found unexpected TagArgument: {found}")
        at += 1
    if where.last and where.index is None:
        raise SieveError(":last needs :index")
    if command.name == "replaceheader" and where.new_name is None and where.new_value is None:
        raise SieveError(":newname or :newvalue is needed")
    wanted = comparison([*rest, *args[at:]], least=1)
    for name in (*wanted.names, *([where.new_name] if where.new_name is not None else [])):
        if "${" not in name:
            _name(name)
    return lambda context: _carry_out(context, wanted, where, delete=command.name == "deleteheader")


def _carry_out(context: Context, wanted: Comparison, where: _Where, *, delete: bool) -> None:
    name = _name(context.filled(wanted.names[0]))
    if name.lower() in _immutable(context):
        return
    keys = [context.filled(key) for key in wanted.keys]
    if not keys and not delete:
        # Zimbra's replaceheader compares with a star then, whatever the kind of comparison.
        keys = ["*"]
    lines = _lines(context.message)
    places = [at for at, line in enumerate(lines) if line.partition(b":")[0].strip().lower() == name.lower().encode()]
    if wanted.kind == ":count" and not any(compare.count(wanted.operator, len(places), key) for key in keys):
        return
    if where.index is not None:
        at = len(places) - (where.index or 1) if where.last else where.index - 1
        places = places[at : at + 1] if at >= 0 else []
    for at in sorted(places, reverse=True):
        value = next((headers.decoded(text) for _, text in headers.fields(lines[at])), "")
        parts = _matched(wanted, value, keys)
        if parts is None:
            continue
        if parts:
            context.matched = parts
        if delete:
            del lines[at]
            continue
        new_name = name if where.new_name is None else _name(context.filled(where.new_name))
        lines[at] = _line(new_name, value if where.new_value is None else context.filled(where.new_value))
    _save(context, lines)


def _immutable(context: Context) -> frozenset[str]:
    listed = context.around.setting("zimbraSieveImmutableHeaders")
    return frozenset(name.strip() for name in listed.lower().split(",")) if listed else IMMUTABLE


def _matched(wanted: Comparison, value: str, keys: list[str]) -> list[str] | None:
    """None when the value is not meant; else what a pattern's signs stand for, if there is a pattern."""
    if not keys or wanted.kind == ":count":
        return []
    for key in keys:
        if wanted.kind == ":matches":
            parts = compare.matches(wanted.comparator, value, key)
            if parts is not None:
                return parts
        elif wanted.kind == ":value":
            if compare.relation(wanted.comparator, wanted.operator, value, key):
                return []
        elif wanted.kind == ":contains":
            if compare.contains(wanted.comparator, value, key):
                return []
        elif compare.is_equal(wanted.comparator, value, key):
            return []
    return None


def _lines(message: Message) -> list[bytes]:
    """The fields of a header, each with the lines it is folded into."""
    head = message.raw_headers.rstrip(b"\r\n")
    return [line.rstrip(b"\r\n") + b"\r\n" for line in re.split(rb"\r?\n(?![ \t])", head) if line.strip()]


def _save(context: Context, lines: list[bytes]) -> None:
    context.message = Message.parse(b"".join(lines) + b"\r\n" + context.message.body)
    context.changed = True
