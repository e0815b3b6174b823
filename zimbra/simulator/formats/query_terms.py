"""What a search query is made of. Each term can be asked of one item (`holds`) and, for messages, of SQL (`sql`).

SQL speaks of `items` and `messages` joined; the words of a message are those of zimbra.simulator.mail.wording.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from zimbra.simulator.mail.wording import pieces, plain

Sql = tuple[str, list[str | int]]

NEVER: Sql = ("0", [])
ALWAYS: Sql = ("1", [])


class Subject:
    """What a query is asked about: an item reduced to what queries can see.

    `read` gives its fields (name -> values); it is called only when a query looks inside.
    """

    def __init__(
        self,
        mbox: int,
        number: int,
        folder: int,
        flags: str,
        size: int,
        date: int,
        changed: int,
        tags: Callable[[], frozenset[str]],
        read: Callable[[], dict[str, list[str]]],
    ) -> None:
        self.mbox, self.number, self.folder, self.flags = mbox, number, folder, flags
        self.size, self.date, self.changed = size, date, changed
        self._tags, self._read = tags, read

    @cached_property
    def tags(self) -> frozenset[str]:
        return self._tags()

    @cached_property
    def fields(self) -> dict[str, list[str]]:
        return self._read()

    @cached_property
    def words(self) -> str:
        return plain("\n".join(value for key, values in self.fields.items() if key != "uid" for value in values))


class Term(Protocol):
    def holds(self, subject: Subject) -> bool: ...

    def sql(self, mbox: int) -> Sql: ...


@dataclass(frozen=True)
class All:
    parts: tuple[Term, ...]

    def holds(self, subject: Subject) -> bool:
        return all(part.holds(subject) for part in self.parts)

    def sql(self, mbox: int) -> Sql:
        return _joined([part.sql(mbox) for part in self.parts], " AND ", ALWAYS)


@dataclass(frozen=True)
class Any:
    parts: tuple[Term, ...]

    def holds(self, subject: Subject) -> bool:
        return any(part.holds(subject) for part in self.parts)

    def sql(self, mbox: int) -> Sql:
        return _joined([part.sql(mbox) for part in self.parts], " OR ", NEVER)


@dataclass(frozen=True)
class Not:
    part: Term

    def holds(self, subject: Subject) -> bool:
        return not self.part.holds(subject)

    def sql(self, mbox: int) -> Sql:
        text, values = self.part.sql(mbox)
        return f"NOT ({text})", values


def _joined(found: list[Sql], word: str, empty: Sql) -> Sql:
    if not found:
        return empty
    return "(" + word.join(text for text, _ in found) + ")", [value for _, values in found for value in values]


@dataclass(frozen=True)
class InFolder:
    """In one of some folders, (mailbox, id) each; None: anywhere."""

    places: frozenset[tuple[int, int]] | None

    def holds(self, subject: Subject) -> bool:
        return self.places is None or (subject.mbox, subject.folder) in self.places

    def sql(self, mbox: int) -> Sql:
        if self.places is None:
            return ALWAYS
        ids = sorted(folder for box, folder in self.places if box == mbox)
        return (f"items.folder IN ({','.join(map(str, ids))})", []) if ids else NEVER


@dataclass(frozen=True)
class InMailbox:
    """In one's own mailbox (`is:local`)."""

    mbox: int

    def holds(self, subject: Subject) -> bool:
        return subject.mbox == self.mbox

    def sql(self, mbox: int) -> Sql:
        return ALWAYS if mbox == self.mbox else NEVER


@dataclass(frozen=True)
class Flagged:
    letter: str
    on: bool = True

    def holds(self, subject: Subject) -> bool:
        return (self.letter in subject.flags) == self.on

    def sql(self, mbox: int) -> Sql:
        return f"instr(items.flags, ?) {'>' if self.on else '='} 0", [self.letter]


@dataclass(frozen=True)
class Tagged:
    """`ids`: of the tag by mailbox, as far as it has one of that name. An empty name: any tag."""

    name: str
    ids: dict[int, int] = field(hash=False)

    def holds(self, subject: Subject) -> bool:
        return bool(subject.tags) if not self.name else self.name in subject.tags

    def sql(self, mbox: int) -> Sql:
        if not self.name:
            return "items.tags <> ''", []
        number = self.ids.get(mbox)
        return NEVER if number is None else ("instr(',' || items.tags || ',', ?) > 0", [f",{number},"])


@dataclass(frozen=True)
class Between:
    """A number within [low, high[; None: without end. `column`: "size", "date" or "changed"."""

    column: str
    low: int | None
    high: int | None

    def holds(self, subject: Subject) -> bool:
        value = {"size": subject.size, "date": subject.date, "changed": subject.changed}[self.column]
        return (self.low is None or value >= self.low) and (self.high is None or value < self.high)

    def sql(self, mbox: int) -> Sql:
        name = {"size": "items.size", "date": "messages.date", "changed": "items.changed"}[self.column]
        parts: list[Sql] = []
        if self.low is not None:
            parts.append((f"{name} >= ?", [self.low]))
        if self.high is not None:
            parts.append((f"{name} < ?", [self.high]))
        return _joined(parts, " AND ", ALWAYS)


@dataclass(frozen=True)
class Compared:
    """A message whose sender or subject comes before or after a text. `column`: "sender_key" or "subject_key"."""

    column: str
    comparison: str
    text: str

    def holds(self, subject: Subject) -> bool:
        return False

    def sql(self, mbox: int) -> Sql:
        return f"messages.{self.column} {self.comparison} ?", [self.text]


@dataclass(frozen=True)
class OfConversation:
    number: int

    def holds(self, subject: Subject) -> bool:
        return False

    def sql(self, mbox: int) -> Sql:
        return "messages.conversation = ?", [self.number]


@dataclass(frozen=True)
class Numbered:
    numbers: frozenset[int]

    def holds(self, subject: Subject) -> bool:
        return subject.number in self.numbers

    def sql(self, mbox: int) -> Sql:
        return f"items.id IN ({','.join(map(str, sorted(self.numbers)))})", []


@dataclass(frozen=True)
class Uid:
    value: str

    def holds(self, subject: Subject) -> bool:
        return self.value in subject.fields.get("uid", [])

    def sql(self, mbox: int) -> Sql:
        return NEVER


@dataclass(frozen=True)
class Nothing:
    def holds(self, subject: Subject) -> bool:
        return False

    def sql(self, mbox: int) -> Sql:
        return NEVER


@dataclass(frozen=True)
class Words:
    """Some words in a row. `fields`: those they may stand in ("from", "to"...), none for anywhere."""

    text: str
    fields: tuple[str, ...] = ()

    @cached_property
    def _wanted(self) -> re.Pattern[str] | None:
        wanted = plain(self.text).rstrip("*").strip()
        if not wanted:
            return None
        return re.compile(r"(?<!\w)" + re.escape(wanted)) if wanted[0].isalnum() else re.compile(re.escape(wanted))

    def holds(self, subject: Subject) -> bool:
        if self.fields:
            return any(_field_holds(subject, name, self.text) for name in self.fields)
        return self._wanted is None or self._wanted.search(subject.words) is not None

    def sql(self, mbox: int) -> Sql:
        if not self.fields:
            return self._looked_up("")
        return _joined([self._looked_up(f"{name}:") for name in self.fields], " OR ", NEVER)

    def _looked_up(self, prefix: str) -> Sql:
        text = plain(self.text).strip()
        bare = text.rstrip("*")
        if "*" in bare:
            # The joker is for letters within one word; one at the beginning leaves the end open as well. The longest
            # piece narrows down what is looked at closely.
            glob = text.replace(" ", "") + ("*" if text.startswith("*") and not text.endswith("*") else "")
            return "(instr(messages.words, ?) > 0 AND matches(?, messages.words))", [
                max(glob.split("*"), key=len),
                prefix + glob,
            ]
        words = pieces(bare)
        open_end = "" if text.endswith("*") else " "
        if not words:
            return ALWAYS
        row = " ".join(f"{prefix}{word}" for word in words)
        found: list[Sql] = [("instr(messages.words, ?) > 0", [f" {row}{open_end}"])]
        whole = bare.replace(" ", "")
        if whole != words[0] and " " not in bare:
            # Addresses and the like are also kept as they stand.
            found.append(("instr(messages.words, ?) > 0", [f" {prefix}{whole}{open_end}"]))
        return _joined(found, " OR ", NEVER)


def word_matches(glob: str, words: str) -> bool:
    """Whether one of some words, parted by blanks, is what a word with jokers means. Takes time in proportion."""
    first, *middle, last = glob.split("*")
    return any(
        word.startswith(first) and len(word) >= len(first) + len(last) and word.endswith(last)
        and _in_a_row(middle, word[len(first) : len(word) - len(last)])
        for word in words.split(" ")
        if word
    )  # fmt: skip


def _in_a_row(parts: list[str], text: str) -> bool:
    at = 0
    for part in parts:
        at = text.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return True


@dataclass(frozen=True)
class Marked:
    """A message kept with a certain word of its own, such as "attachment:any"; others by a flag."""

    word: str
    letter: str = ""
    open_end: bool = False

    def holds(self, subject: Subject) -> bool:
        return bool(self.letter) and self.letter in subject.flags

    def sql(self, mbox: int) -> Sql:
        return "instr(messages.words, ?) > 0", [f" {self.word}{'' if self.open_end else ' '}"]


@dataclass(frozen=True)
class ContactField:
    """A field of a contact, whole ("#email:marie@exemple.fr") or from its beginning ("#email:marie*")."""

    name: str
    value: str

    def holds(self, subject: Subject) -> bool:
        return _field_holds(subject, self.name, self.value)

    def sql(self, mbox: int) -> Sql:
        return Words(self.value, (self.name.lower(),)).sql(mbox) if self.name.lower() in ("from", "to", "cc") else NEVER


def _field_holds(subject: Subject, name: str, value: str) -> bool:
    wanted = plain(value)
    prefix = wanted.endswith("*")
    wanted = wanted.rstrip("*")
    for key, values in subject.fields.items():
        # "email" also looks into email2, email3 ...
        if key.rstrip("0123456789").lower() == name:
            for one in values:
                text = plain(one)
                if text == wanted or (prefix and text.startswith(wanted)) or (name == "subject" and wanted in text):
                    return True
    return False
