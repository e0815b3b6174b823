"""The script a Zimbra holds, as one that Debian's `sieve-test` takes, and what Zimbra makes of the actions in it.

Two answers come out of one run. As standard Sieve: `tag` and `flag` are `addflag`, `disabled_if` a condition that never
holds. And as Zimbra's: each action also leaves a note, and the notes are put together as Zimbra's mail adapter does,
where flags and tags are those of the message, whatever their place, and the last place or address decides by its copy
whether the message is kept besides (zm-mailbox, ZimbraMailAdapter).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from tests.bascule.conversions.filters.proof.runner import Performed, as_printed
from tests.bascule.conversions.filters.proof.sieve_text import Node, Word, read, write

_FLAGS = {"read": "\\Seen", "flagged": "\\Flagged", "priority": "zimbra-priority"}
_REQUIRED = [
    "body", "copy", "date", "envelope", "fileinto", "imap4flags", "reject", "relational", "variables",
    "comparator-i;ascii-numeric", "vnd.dovecot.debug",
]  # fmt: skip
_ACTIONS = (
    "keep", "discard", "fileinto", "flag", "tag", "redirect", "reject", "ereject", "reply", "notify", "log",
)  # fmt: skip


class Unknown(Exception):
    """A command or test of Zimbra that this proof has no words for."""


@dataclass(frozen=True)
class Deed:
    """An action of Zimbra's script: its name, its text, and whether it says copy."""

    name: str
    text: str
    copy: bool


@dataclass(frozen=True)
class Standard:
    """The script as standard Sieve; its notes are numbers of `deeds`."""

    script: str
    deeds: tuple[Deed, ...]


def standard(script: str) -> Standard:
    """Unknown: what only a Zimbra can tell, such as who is in the address book."""
    writer = _Writer()
    nodes = writer.commands([node for node in read(script) if node.name != "require"])
    return Standard(write([Node("require", [_REQUIRED]), *nodes]), tuple(writer.deeds))


class _Writer:
    def __init__(self) -> None:
        self.deeds: list[Deed] = []

    def commands(self, nodes: list[Node]) -> list[Node]:
        return [written for node in nodes for written in self._command(node)]

    def _command(self, node: Node) -> list[Node]:
        if node.name in ("if", "elsif", "else", "disabled_if"):
            tests = [_test(test) for test in node.tests]
            block = self.commands(node.block or [])
            if node.name == "disabled_if":
                return [Node("if", [], [Node("allof", [], [Node("false"), *tests])], block)]
            return [Node(node.name, [], tests, block)]
        if node.name in ("stop", "set"):
            return [node]
        if node.name not in _ACTIONS:
            raise Unknown(node.name)
        text = "\n".join(value for values in node.strings() for value in values)
        self.deeds.append(Deed(node.name, text, ":copy" in node.words()))
        note = Node("debug_log", [str(len(self.deeds) - 1)])
        if node.name == "flag":
            return [note, Node("addflag", [_FLAGS[text]])]
        if node.name == "tag":
            return [note, Node("addflag", [keyword(text)])]
        if node.name == "ereject":
            return [note, replace(node, name="reject")]
        return [note] if node.name in ("reply", "notify", "log") else [note, node]


_DATE_PARTS = {"current_time": ("hour", "minute"), "current_day_of_week": ("weekday",)}


def _test(test: Node) -> Node:
    if test.name in ("allof", "anyof", "not"):
        return replace(test, tests=[_test(inner) for inner in test.tests])
    if test.name in ("header", "address", "envelope") and ":matches" in test.words():
        return replace(test, args=[*test.args[:-1], [_pattern(key) for key in test.strings()[-1]]])
    if test.name in ("header", "address", "envelope", "exists", "size", "body", "true", "false"):
        return test
    if test.name == "current_day_of_week":
        return Node("currentdate", [Word(":is"), "weekday", test.strings()[0]])
    if test.name == "date":
        (day,) = test.strings()[0]
        relation = "lt" if ":before" in test.words() else "gt"
        compared = f"{day[:4]}-{day[4:6]}-{day[6:]}"
        return Node("date", [Word(":value"), relation, "date", "date", compared])
    raise Unknown(test.name)


def _pattern(key: str) -> str:
    """In Zimbra a backslash is itself unless a star or question mark follows (FilterUtil.sieveToJavaRegex)."""
    return re.sub(r"(\\[*?])|\\", lambda found: found[1] or "\\\\", key)


def keyword(tag: str) -> str:
    """A tag as an IMAP flag: letters that a flag cannot have as their numbers."""
    return "ztag" + re.sub(r"[^A-Za-z0-9]", lambda found: f"_{ord(found[0]):x}_", tag)


def tag_named(flag: str) -> str | None:
    """The tag behind such a flag, None when it is another flag."""
    if not flag.startswith("ztag"):
        return None
    return re.sub(r"_([0-9a-f]+)_", lambda found: chr(int(found[1], 16)), flag.removeprefix("ztag"))


def as_standard(performed: Performed) -> Performed:
    """What `sieve-test` made of the script, under the names that both sides are compared by."""
    places = frozenset((folder_named(folder), frozenset(map(_flag, flags))) for folder, flags in performed.places)
    return replace(performed, places=places)


def _flag(flag: str) -> str:
    tag = tag_named(flag)
    return flag.lower() if tag is None else f"tag:{tag.lower()}"


def folder_named(path: str) -> str:
    head, slash, tail = path.strip("/").partition("/")
    return f"INBOX{slash}{tail}" if head.lower() == "inbox" else f"{head}{slash}{tail}"


def as_zimbra(performed: Performed, deeds: tuple[Deed, ...]) -> Performed:
    """What Zimbra would do, from the notes of the actions that were reached."""
    reached = [deeds[int(note)] for note in performed.notes]
    flags = frozenset(_flag(_FLAGS[deed.text]) for deed in reached if deed.name == "flag")
    flags |= frozenset(f"tag:{deed.text.lower()}" for deed in reached if deed.name == "tag")
    discarded = any(deed.name == "discard" for deed in reached)
    letters = any(deed.name in ("reject", "ereject", "reply", "notify") for deed in reached)
    folders = {folder_named(deed.text) for deed in reached if deed.name == "fileinto"}
    folders |= {"INBOX" for deed in reached if deed.name == "keep"}
    last = next((deed for deed in reversed(reached) if deed.name in ("fileinto", "redirect")), None)
    acting = [deed for deed in reached if deed.name not in ("discard", "log")]
    if not acting:
        kept = not discarded
    elif last is None and not folders:
        kept = not (letters and (discarded or any(deed.name in ("reject", "ereject") for deed in reached)))
    else:
        kept = not discarded and last is not None and last.copy
    folders |= {"INBOX"} if kept else set()
    refused = [as_printed(deed.text) for deed in reached if deed.name in ("reject", "ereject")]
    return Performed(
        frozenset((folder, flags) for folder in folders),
        tuple(sorted(deed.text for deed in reached if deed.name == "redirect")),
        refused[-1] if refused else None,
        any(deed.name == "reply" for deed in reached),
        any(deed.name == "notify" for deed in reached),
    )
