"""Commands back to Sieve, in one way of writing, with the `require` line that a strict server asks for.

Capabilities: RFC 5228 and the registry of its extensions at IANA. Sun's older `imapflags` becomes `imap4flags`
(RFC 5232), which has the same three commands; its `mark` and `unmark` stand for the flag "\\Flagged".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bascule.conversions.filters.source.syntax import Argument, Command, Number, Strings, Tag, Test

_INDENT = "    "
_OF_COMMAND = {
    "fileinto": "fileinto",
    "reject": "reject",
    "ereject": "ereject",
    "vacation": "vacation",
    "addflag": "imap4flags",
    "setflag": "imap4flags",
    "removeflag": "imap4flags",
    "set": "variables",
    "addheader": "editheader",
    "deleteheader": "editheader",
    "include": "include",
    "return": "include",
    "global": "include",
    "denotify": "notify",
    "jettison": "jettison",
    "error": "ihave",
    "foreverypart": "foreverypart",
    "replace": "replace",
    "enclose": "enclose",
    "extracttext": "extracttext",
}
_OF_TEST = {
    "envelope": "envelope",
    "body": "body",
    "date": "date",
    "currentdate": "date",
    "hasflag": "imap4flags",
    "string": "variables",
    "spamtest": "spamtest",
    "virustest": "virustest",
    "duplicate": "duplicate",
    "environment": "environment",
    "mailboxexists": "mailbox",
    "metadata": "mboxmetadata",
    "metadataexists": "mboxmetadata",
    "servermetadata": "servermetadata",
    "servermetadataexists": "servermetadata",
    "ihave": "ihave",
    "valid_notify_method": "enotify",
    "notify_method_capability": "enotify",
    "valid_ext_list": "extlists",
    "specialuse_exists": "special-use",
}
_OF_TAG = {
    "copy": "copy",
    "flags": "imap4flags",
    "regex": "regex",
    "count": "relational",
    "value": "relational",
    "user": "subaddress",
    "detail": "subaddress",
    "create": "mailbox",
    "index": "index",
    "seconds": "vacation-seconds",
    "percent": "spamtestplus",
    "list": "extlists",
    "mime": "mime",
    "specialuse": "special-use",
}
# `notify` of the draft that became RFC 5435, as Sun's server has it.
_OLD_NOTIFY_TAGS = frozenset({"method", "id", "low", "normal", "high"})
_BUILT_IN_COMPARATORS = frozenset({"i;octet", "i;ascii-casemap"})
# What these change cannot be seen in any command: kept when the source asked for it.
_INVISIBLE = frozenset({"variables", "encoded-character"})
_KNOWN = frozenset((*_OF_COMMAND.values(), *_OF_TEST.values(), *_OF_TAG.values(), "notify", "enotify", "imapflags"))


def quoted(text: str) -> str:
    """The quoted string of RFC 5228 that stands for `text`, without its NULs, which no string may hold."""
    return '"' + text.replace("\0", "").replace("\\", "\\\\").replace('"', '\\"') + '"'


def string_list(values: Sequence[str]) -> str:
    """One value in quotes, several in brackets (none: the empty list, which no server accepts)."""
    if len(values) == 1:
        return quoted(values[0])
    return "[" + ", ".join(map(quoted, values)) + "]"


def script_of(commands: Sequence[Command]) -> str:
    """A script that does what `commands` say, one command a line; their `require` lines become one, the first.

    It asks for what its commands need, and for what the source asked for and nothing here knows. Comments are gone.
    """
    requires = [command for command in _all(commands) if command.name == "require"]
    declared = {value.lower() for command in requires for value in _strings(command.args)}
    plain = _without_require(commands)
    needed = {capability for command in _all(plain) for capability in _needs(command)}
    needed |= {
        name for name in declared if name in _INVISIBLE or (not name.startswith("comparator-") and name not in _KNOWN)
    }
    lines = [f"require {string_list(sorted(needed))};"] if needed else []
    lines.extend(line for command in plain for line in _lines(command, ""))
    return "".join(line + "\n" for line in lines)


def _all(commands: Iterable[Command]) -> Iterator[Command]:
    for command in commands:
        yield command
        yield from _all(command.block or ())


def _without_require(commands: Sequence[Command]) -> tuple[Command, ...]:
    """The commands without `require`, and the flags of the older extension as those of the newer."""
    kept = []
    for command in commands:
        if command.name == "require":
            continue
        block = None if command.block is None else _without_require(command.block)
        name, args = command.name, command.args
        if name in ("mark", "unmark"):
            name, args = {"mark": "addflag", "unmark": "removeflag"}[name], (Strings(("\\Flagged",)),)
        kept.append(Command(name, args, command.tests, block, command.line, command.start, command.end))
    return tuple(kept)


def _strings(args: Sequence[Argument]) -> Iterator[str]:
    for argument in args:
        if isinstance(argument, Strings):
            yield from argument.values


def _needs(command: Command) -> Iterator[str]:
    if command.name == "notify":
        tags = {argument.name for argument in command.args if isinstance(argument, Tag)}
        yield "notify" if tags & _OLD_NOTIFY_TAGS or not any(_strings(command.args)) else "enotify"
    elif command.name in _OF_COMMAND:
        yield _OF_COMMAND[command.name]
    yield from _of_arguments(command.args)
    for test in command.tests:
        yield from _of_test(test)


def _of_test(test: Test) -> Iterator[str]:
    if test.name in _OF_TEST:
        yield _OF_TEST[test.name]
    yield from _of_arguments(test.args)
    for inner in test.tests:
        yield from _of_test(inner)


def _of_arguments(args: Sequence[Argument]) -> Iterator[str]:
    comparator = False
    for argument in args:
        if isinstance(argument, Tag):
            if argument.name in _OF_TAG:
                yield _OF_TAG[argument.name]
            comparator = argument.name == "comparator"
        elif comparator and isinstance(argument, Strings):
            yield from (f"comparator-{value}" for value in argument.values if value not in _BUILT_IN_COMPARATORS)
            comparator = False


def _lines(command: Command, indent: str) -> Iterator[str]:
    line = indent + " ".join([command.name, *map(_argument, command.args)])
    for test in command.tests:
        line += " " + _test(test, indent)
    if command.block is None:
        yield line + ";"
        return
    yield line + " {"
    for inner in command.block:
        yield from _lines(inner, indent + _INDENT)
    yield indent + "}"


def _test(test: Test, indent: str) -> str:
    text = " ".join([test.name, *map(_argument, test.args)])
    if test.name == "not":
        return f"{text} {_test(test.tests[0], indent)}"
    if not test.tests:
        return text
    deeper = indent + _INDENT
    between = f",\n{deeper}"
    return f"{text} (" + between.join(_test(inner, deeper) for inner in test.tests) + ")"


def _argument(argument: Argument) -> str:
    if isinstance(argument, Tag):
        return ":" + argument.name
    if isinstance(argument, Number):
        return argument.text
    return string_list(argument.values)
