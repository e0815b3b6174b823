"""From logical lines to the lines of each card, whatever the state of BEGIN and END.

Faults repaired here, with their repair codes: cards glued together (`glued_cards`), END or BEGIN missing
(`missing_end`, `missing_begin`), text lines that were broken without folding (`unfolded_line`), cards nested in AGENT
(`agent_separate`: the agent becomes a card of its own).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from bascule.conversions.text import Line, split_line, unescape_text


class RawProperty(NamedTuple):
    """A property of a card as `text.split_line` gives it, with the line where it begins."""

    number: int
    group: str
    name: str
    parameters: str
    value: str


@dataclass(slots=True)
class RawCard:
    """The properties of one card. damaged: lines that had lost letters. loose: text that belongs to no property."""

    line: int
    properties: list[RawProperty] = field(default_factory=list)
    damaged: list[Line] = field(default_factory=list)
    loose: list[Line] = field(default_factory=list)
    # Pieces that continue the value of the last property; joined once, so that a long value costs linear time.
    pieces: list[str] = field(default_factory=list)

    def settle(self) -> None:
        """Join the pieces to the value that they continue."""
        if self.pieces:
            last = self.properties[-1]
            self.properties[-1] = last._replace(value=last.value + "".join(self.pieces))
            self.pieces.clear()


# The properties of vCard 2.1, 3.0 and 4.0. Anything else without "X-" may be a line of a note.
KNOWN = frozenset(
    re.findall(
        r"\S+",
        """
    VERSION N FN NICKNAME PHOTO BDAY ANNIVERSARY GENDER ADR LABEL TEL EMAIL MAILER IMPP LANG TZ GEO TITLE ROLE LOGO
    AGENT ORG MEMBER RELATED CATEGORIES NOTE PRODID REV SORT-STRING SOUND UID CLIENTPIDMAP URL CLASS KEY FBURL
    CALADRURI CALURI SOURCE NAME PROFILE KIND XML BIRTHPLACE DEATHPLACE DEATHDATE EXPERTISE HOBBY INTEREST
    ORG-DIRECTORY CONTACT-URI CREATED LANGUAGE SOCIALPROFILE GRAMGENDER PRONOUNS JSPROP
        """,
    )
)
_OPENING = frozenset(["VERSION", "N", "FN", "NICKNAME", "TEL", "EMAIL", "ORG", "ADR", "PRODID", "UID"])
_BINARY = frozenset(["PHOTO", "LOGO", "SOUND", "KEY", "X-MS-CARDPICTURE"])
_MULTILINE = frozenset(["NOTE", "LABEL", "ADR"])
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,3}\s*")
_GLUED_END = "END:VCARD"
_GLUE = re.compile(r"(?=BEGIN:VCARD|END:VCARD)", re.IGNORECASE)


class Splitter:
    """Feed it the lines of a file, then call `finish`; `emit` gets each card, `stray` each line outside any card."""

    def __init__(self, emit: Callable[[RawCard], None], stray: Callable[[Line], None], repairs: Counter[str]) -> None:
        self._emit = emit
        self._stray = stray
        self._repairs = repairs
        self._card: RawCard | None = None
        self._parents: list[RawCard] = []
        self._other_component = ""

    def feed_all(self, lines: Iterable[Line]) -> None:
        """Read all lines of a file."""
        feed = self._feed
        for line in lines:
            feed(line)
        self._close("missing_end")
        while self._parents:
            self._card = self._parents.pop()
            self._close("missing_end")

    def _feed(self, line: Line) -> None:
        parts = split_line(line.text)
        if parts is None:
            self._loose(line)
            return
        group, name, parameters, value = parts
        card = self._card
        if name in ("BEGIN", "END"):
            self._frame(line, name, value)
            return
        if self._other_component:
            self._stray(line)
            return
        if card is None:
            if name not in _OPENING:
                self._stray(line)
                return
            self._repairs["missing_begin"] += 1
            card = self._card = RawCard(line.number)
        if name not in KNOWN and self._is_text(card, group, name, parameters, value):
            self._loose(line)
            return
        if card.pieces:
            card.settle()
        if line.damaged:
            card.damaged.append(line)
        if value.endswith(_GLUED_END) and name != "AGENT" and not value.endswith("\\n" + _GLUED_END):
            self._unglue(line.number, line.text)
        elif name == "AGENT" and value[:5].upper() == "BEGIN":
            card.properties.append(RawProperty(line.number, group, name, parameters, ""))
            # vCard 3.0 puts the agent's card inside the value, each line end escaped.
            for text in unescape_text(value).split("\n"):
                if text.strip():
                    self._feed(Line(line.number, text.strip()))
        else:
            card.properties.append(RawProperty(line.number, group, name, parameters, value))

    def _frame(self, line: Line, name: str, value: str) -> None:
        """A BEGIN or END line, and what may be glued to it."""
        kind = value.strip()
        if kind[:5].upper() != "VCARD":
            if name == "BEGIN" and self._card is None:
                self._other_component = self._other_component or kind.upper()
            elif self._other_component == kind.upper():
                self._other_component = ""
            self._stray(line)
            return
        self._other_component = ""
        if name == "BEGIN":
            card = self._card
            if card is not None and card.properties and card.properties[-1].name == "AGENT" and not card.pieces:
                self._repairs["agent_separate"] += 1
                self._parents.append(card)
            else:
                self._close("missing_end")
            self._card = RawCard(line.number)
        else:
            if self._card is None:
                self._stray(line)
            self._close()
        if rest := kind[5:].strip():
            self._unglue(line.number, rest)

    def _unglue(self, number: int, text: str) -> None:
        """Feed what was several lines of the source, glued together at BEGIN or END."""
        self._repairs["glued_cards"] += 1
        for piece in _GLUE.split(text):
            if piece := piece.strip():
                self._feed(Line(number, piece))

    def _close(self, repair: str = "") -> None:
        card, self._card = self._card, None
        if card is None:
            return
        if repair:
            self._repairs[repair] += 1
        card.settle()
        self._emit(card)
        if self._parents and not repair:
            self._card = parent = self._parents.pop()
            names = sorted((prop for prop in card.properties if prop.name in ("FN", "N")), key=lambda prop: prop.name)
            if names:
                named = names[0]
                agent = parent.properties[-1]
                parent.properties[-1] = agent._replace(parameters=named.parameters, value=named.value.replace(";", " "))

    def _is_text(self, card: RawCard, group: str, name: str, parameters: str, value: str) -> bool:
        """Whether a line that looks like an unknown property is a line of the note before it."""
        if group or parameters or name.startswith("X-") or not card.properties:
            return False
        if value.startswith("//"):
            return True
        last = card.properties[-1].name
        # The lines of an address do not look like properties; those of a note may ("RAPPEL:...").
        return last in _MULTILINE and (last != "ADR" or not value or value[0].isspace())

    def _loose(self, line: Line) -> None:
        """A line that is no property: more of the value before it when there is one."""
        card = self._card
        if card is None or self._other_component:
            self._stray(line)
            return
        if line.damaged:
            card.damaged.append(line)
        if not card.properties:
            card.loose.append(line)
            return
        last = card.properties[-1]
        text = line.text.strip()
        if text.endswith(_GLUED_END):
            self._unglue(line.number, text)
            return
        if last.name in _BINARY and _BASE64.fullmatch(text):
            card.pieces.append(text)
            if len(card.pieces) == 1:
                self._repairs["unfolded_line"] += 1
            return
        self._repairs["unfolded_line"] += 1
        if last.name in _BINARY or last.name in ("VERSION", "UID", "REV", "PRODID"):
            card.loose.append(line)
        elif text.startswith("=") and "QUOTED-PRINTABLE" in last.parameters.upper():
            card.pieces.append(text)
        else:
            one_line = last.name in KNOWN and last.name not in _MULTILINE
            card.pieces.append((" " if one_line else "\\n") + text)
