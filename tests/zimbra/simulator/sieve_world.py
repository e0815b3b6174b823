"""Sieve scripts on a letter: what the tests of the engine share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from zimbra.simulator.formats.sieve import run
from zimbra.simulator.formats.sieve.outcome import (
    Action,
    Keep,
    Outcome,
    Tag,
)
from zimbra.simulator.mail.mime import Message

REQUIRE = (
    'require ["fileinto","copy","tag","flag","variables","envelope","body","relational","enotify","reject","ereject",'
    '"comparator-i;ascii-numeric"];\n'
)
LETTER = """From: "Martin, Marie" <Marie.Martin@AC-Exemple.fr>
To: agent@ac-reunion.fr, Jean <jean@listes.ac-reunion.fr>
Subject: =?utf-8?q?R=C3=A9union_du?= service [DSI]
Date: Tue, 15 Sep 2026 10:00:00 +0400
X-Score: 12
X-Label: un
X-Label: deux
Content-Type: text/plain; charset=utf-8

Bonjour,
la suite des Travaux en pièce jointe.
"""


@dataclass
class Surroundings:
    """A mailbox by what a test says of it."""

    addresses: set[str] = field(default_factory=lambda: {"agent@ac-reunion.fr", "a@ac-reunion.fr"})
    name: str = "agent@ac-reunion.fr"
    now: datetime = datetime(2026, 9, 16, 8, 30, tzinfo=UTC)
    flags: str | None = None
    contacts: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    started: tuple[bool, bool] = (False, False)
    options: frozenset[str] = frozenset({"zimbraSieveRequireControlEnabled", "zimbraSieveRejectMailEnabled"})
    settings: dict[str, str] = field(default_factory=dict)

    def option(self, name: str) -> bool:
        return name in self.options

    def setting(self, name: str) -> str:
        return self.settings.get(name, "")

    def known(self, addresses: Iterable[str]) -> bool:
        return any(address in self.contacts for address in addresses)

    def often_used(self, addresses: Iterable[str]) -> bool:
        return any(address in self.written for address in addresses)

    def conversation(self, message: Message) -> tuple[bool, bool]:
        return self.started


def outcome(script: str, letter: str = LETTER, around: Surroundings | None = None, *, admin: bool = False) -> Outcome:
    return run.run(
        [(REQUIRE + script, admin)],
        Message.parse(letter.replace("\n", "\r\n").encode()),
        around or Surroundings(),
        sender="bounce@ac-exemple.fr",
        recipient="agent@ac-reunion.fr",
    )


def actions(script: str, letter: str = LETTER, around: Surroundings | None = None) -> list[Action]:
    found = outcome(script, letter, around)
    assert found.error == ""
    return found.actions


def holds(test: str, letter: str = LETTER, around: Surroundings | None = None) -> bool:
    return actions(f'if {test} {{ tag "oui"; }}', letter, around) == [Keep(), Tag("oui")]
