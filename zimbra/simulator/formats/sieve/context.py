"""What a running script knows and has decided so far."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from zimbra.simulator.formats.sieve.compare import SieveError
from zimbra.simulator.formats.sieve.outcome import Action
from zimbra.simulator.mail.mime import Message

_VARIABLE = re.compile(r"\$\{([^${}]*)\}")
# How much the variables of all scripts may stand for on one message: text that doubles itself has no end in Zimbra.
MAX_FILLED = 20_000_000
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class Surroundings(Protocol):
    """The mailbox a script runs for, as far as its tests ask."""

    @property
    def addresses(self) -> set[str]:
        """Of the owner, in lower case; `name` is the main one."""

    @property
    def name(self) -> str: ...

    @property
    def now(self) -> datetime:
        """In the owner's time zone."""

    @property
    def flags(self) -> str | None:
        """Letters of the message when it is stored already, None before."""

    def option(self, name: str) -> bool:
        """An attribute of the account that is TRUE or FALSE."""

    def setting(self, name: str) -> str:
        """Any other attribute of the account; "" when it has none."""

    def known(self, addresses: Iterable[str]) -> bool:
        """Whether one of the addresses is in the owner's address book."""

    def often_used(self, addresses: Iterable[str]) -> bool:
        """Whether the owner has written to one of them."""

    def conversation(self, message: Message) -> tuple[bool, bool]:
        """Whether the owner has started the conversation of a message, and whether he has written in it."""


@dataclass
class Context:
    """`sender` and `recipient` are those of the envelope."""

    message: Message
    around: Surroundings
    sender: str
    recipient: str
    admin: bool = False
    capabilities: set[str] = field(default_factory=set)
    variables: dict[str, str] = field(default_factory=dict)
    matched: list[str] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    discarded: bool = False
    # Whether the message is kept unless the script says otherwise.
    implicit_keep: bool = True
    stopped: bool = False
    changed: bool = False
    # Characters that variables have stood for up to here.
    filled_in: int = 0

    def require(self, capability: str) -> None:
        """SieveError unless the script has declared it (zimbraSieveRequireControlEnabled)."""
        if capability not in self.capabilities and self.around.option("zimbraSieveRequireControlEnabled"):
            raise SieveError(f"Undeclared extension ({capability})")

    def filled(self, text: str) -> str:
        """A string of the script with its variables: of `set`, of the last pattern, and the message's own fields.

        What is unknown is nothing; what is no name stays as it is; SieveError beyond MAX_FILLED. Source: RFC 5229 and
        Zimbra's FilterUtil.
        """
        if "${" not in text:
            return text
        if re.search(r"\$\{(?:-[0-9]*|0*[1-9][0-9]+)\}", text):
            raise SieveError(f"Invalid variable index {text[:80]}")
        if "variables" not in self.capabilities and self.around.option("zimbraSieveRequireControlEnabled"):
            return text
        return _VARIABLE.sub(self._counted, text)

    def _counted(self, match: re.Match[str]) -> str:
        value = self._value(match)
        self.filled_in += len(value)
        if self.filled_in > MAX_FILLED:
            raise SieveError("the variables stand for too much text")
        return value

    def _value(self, match: re.Match[str]) -> str:
        name = match[1].replace("\\", "").lower()
        if re.fullmatch("[0-9]+", name):
            return self.matched[int(name)] if int(name) < len(self.matched) else ""
        if not _IDENTIFIER.match(name):
            return match[0]
        if name in self.variables:
            return self.variables[name]
        if name == "subject":
            return self.message.subject
        if name == "body":
            return self.message.plain
        return ",".join(self.message.header(name))
