"""Filter rules as Zimbra shows and takes them: named blocks of tests and actions, each known by its element's name.

The same rules are a script, see `to_script` and `from_script`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

# Tests that are one word in a script and an element without attributes in a rule.
PLAIN_TESTS = {
    "attachmentTest": "attachment",
    "bulkTest": "bulk",
    "listTest": "list",
    "trueTest": "true",
    "facebookTest": "facebook",
    "linkedinTest": "linkedin",
    "socialcastTest": "socialcast",
    "twitterTest": "twitter",
    "communityRequestsTest": "community_requests",
    "communityContentTest": "community_content",
    "communityConnectionsTest": "community_connections",
}
# Actions likewise.
PLAIN_ACTIONS = {"actionKeep": "keep", "actionDiscard": "discard", "actionStop": "stop"}

FLAGS = ("read", "flagged", "priority")
LOG_LEVELS = ("fatal", "error", "warn", "info", "debug", "trace")
STRING_COMPARISONS = ("is", "contains", "matches")
VALUE_COMPARISONS = ("gt", "ge", "lt", "le", "eq", "ne")
ADDRESS_PARTS = ("all", "localpart", "domain")
CONDITIONS = ("anyof", "allof")
IMPORTANCES = ("high", "normal", "low")
NUMERIC, CASEMAP, OCTET = "i;ascii-numeric", "i;ascii-casemap", "i;octet"

Variables = list[tuple[str, str]]


@dataclass
class Piece:
    """One test or action: the name of its element, its attributes, its text, and its children with a text each.

    `variables` is for the element filterVariables, which may stand among actions; `test` for the one of the actions
    that change headers.
    """

    name: str
    attrs: dict[str, str] = field(default_factory=dict)
    text: str = ""
    children: list[tuple[str, str]] = field(default_factory=list)
    variables: Variables = field(default_factory=list)
    test: Piece | None = None

    def child(self, name: str) -> str | None:
        return next((text for key, text in self.children if key == name), None)

    def number(self, name: str) -> int:
        value = self.attrs.get(name, "")
        return int(value) if re.fullmatch(r"-?[0-9]{1,9}", value) else 0

    def yes(self, name: str) -> bool:
        return self.attrs.get(name, "").lower() in ("1", "true")


@dataclass
class Block:
    """Tests, what to do when they hold, and a block of the same kind below them.

    `tests` is None for a rule that was given none. `actions` is None when the list itself was missing.
    """

    variables: Variables = field(default_factory=list)
    condition: str | None = None
    tests: list[Piece] | None = None
    actions: list[Piece] | None = None
    child: Block | None = None


@dataclass
class Rule(Block):
    name: str | None = None
    active: bool = True


_NAME = re.compile(r"# (.+)\Z")


def names(script: str) -> list[str]:
    """Names of rules: what stands on the lines that begin with "# ", wherever those are.

    They are matched to the rules by position, as Zimbra does.
    """
    return [match[1] for line in script.splitlines() if (match := _NAME.match(line))]


def only(script: str, wanted: str) -> str | None:
    """The part of a script that is one rule, from its name to the next one's; None when there is no such name."""
    found: list[str] = []
    inside = False
    for line in script.splitlines():
        if line.startswith("require"):
            continue
        match = _NAME.match(line)
        if match is not None:
            if match[1] == wanted:
                inside = True
            elif inside:
                break
        if inside:
            found.append(line)
    return "\r\n".join(found) + "\r\n" if found else None


def requires(script: str) -> str:
    """The lines of a script that begin with require."""
    return "".join(f"{line}\r\n" for line in script.splitlines() if line.startswith("require"))
