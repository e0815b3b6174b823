"""What the old server ran, as one script that Debian's `sieve-test` takes.

Written from the rules of the old server's attribute, without a look at the product: values that are rules each, an
order in a comment (0: switched off; above 0: first, ascending; else afterwards, as they come), extensions of its own.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from tests.bascule.conversions.filters.proof.sieve_text import Node, read, remarks, write

_RULE = re.compile(r"#[ \t]*\$?RULE(?:[ \t]*INFO)?[ \t]*:", re.IGNORECASE)
_ORDER = re.compile(r"\$?Order=\"?(-?\d+)", re.IGNORECASE)
# Extensions that a command, a test or an argument needs.
_NEEDED = {
    "fileinto": "fileinto", "reject": "reject", "addflag": "imap4flags", "setflag": "imap4flags",
    "removeflag": "imap4flags", "hasflag": "imap4flags", ":flags": "imap4flags", ":copy": "copy", "body": "body",
    "envelope": "envelope", ":count": "relational", ":value": "relational", "vacation": "vacation",
    "date": "date", "currentdate": "date", ":user": "subaddress", ":detail": "subaddress", ":regex": "regex",
    "set": "variables", ":create": "mailbox",
}  # fmt: skip
_RENAMED = {"ereject": "reject", "imapflags": "imap4flags", "jettison": "", "discard": "", "keep": "", "redirect": ""}


def from_values(values: Iterable[str], *, disabled: bool = False) -> str:
    """The script made of the values of the attribute, or of a file that holds them one after the other.

    disabled: with the rules that are switched off, at the end, for messages that would show them at work.
    """
    rules = [(order, text) for value in values for order, text in _rules(value)]
    numbered = sorted((rule for rule in rules if rule[0] is not None and rule[0] > 0), key=lambda rule: rule[0] or 0)
    unnumbered = [rule for rule in rules if rule[0] is None or rule[0] < 0]
    off = [rule for rule in rules if rule[0] == 0] if disabled else []
    return standard([node for _, text in (*numbered, *unnumbered, *off) for node in read(text)])


def _rules(value: str) -> list[tuple[int | None, str]]:
    """(order, text) of each rule in a value: a comment that tells of a rule begins one."""
    starts = [start for start, text in remarks(value) if _RULE.match(text)]
    if not starts:
        return [(None, value)]
    bounds = [*starts, len(value)]
    rules: list[tuple[int | None, str]] = []
    if value[: starts[0]].strip():
        rules.append((1, value[: starts[0]]))
    for start, end in zip(starts, bounds[1:], strict=False):
        text = value[start:end]
        order = _ORDER.search(text.split("\n", 1)[0])
        rules.append((int(order[1]) if order else None, text))
    return rules


def from_ldif(ldif: str) -> list[str]:
    """The values of mailSieveRuleSource of the first entry, base64 undone."""
    unfolded = re.sub(r"\r?\n ", "", ldif)
    return [
        base64.b64decode(text).decode() if colon else text.strip()
        for colon, text in re.findall(r"^mailSieveRuleSource:(:?)[ ]?(.*)$", unfolded, re.MULTILINE | re.IGNORECASE)
    ]


def standard(nodes: list[Node]) -> str:
    """Commands of the old server as standard Sieve, all that is required on top."""
    changed = _changed(nodes)
    required = {name for node in nodes if node.name == "require" for names in node.strings() for name in names}
    required = {_RENAMED.get(name, name) for name in required} - {""}
    for node in changed:
        for inner in node.walk():
            required |= {_NEEDED[name] for name in (inner.name, *inner.words()) if name in _NEEDED}
            if "i;ascii-numeric" in inner.args:
                required.add("comparator-i;ascii-numeric")
    listed = [Node("require", [sorted(required)])] if required else []
    return write([*listed, *changed])


def _changed(nodes: list[Node]) -> list[Node]:
    changed: list[Node] = []
    for node in nodes:
        if node.name == "require":
            continue
        if node.name == "jettison":
            changed += [Node("discard"), Node("stop")]
        elif node.name in ("mark", "unmark"):
            changed.append(Node("addflag" if node.name == "mark" else "removeflag", ["\\Flagged"]))
        else:
            name = "reject" if node.name == "ereject" else node.name
            block = None if node.block is None else _changed(node.block)
            changed.append(replace(node, name=name, block=block))
    return changed


def without(script: str, unwanted: Callable[[Node], bool]) -> str:
    """A standard script without some of its commands."""

    def kept(nodes: list[Node]) -> list[Node]:
        return [
            replace(node, block=None if node.block is None else kept(node.block))
            for node in nodes
            if not unwanted(node)
        ]

    return write(kept(read(script)))


def folder_named(name: str) -> str:
    """The folder a name stands for: INBOX in any case, modified UTF-7 (RFC 3501, 5.1.3) undone where it is that."""
    head, slash, tail = name.partition("/")
    name = f"INBOX{slash}{tail}" if head.lower() == "inbox" else name
    coded = re.compile(r"&([A-Za-z0-9+,]*)-")
    if "&" not in name or "&" in coded.sub("", name) or not name.isascii():
        return name
    try:
        return coded.sub(lambda found: _shifted(found[1]) if found[1] else "&", name)
    except ValueError:
        return name


def _shifted(text: str) -> str:
    padded = text.replace(",", "/") + "=" * (-len(text) % 4)
    return base64.b64decode(padded, validate=True).decode("utf-16-be")
