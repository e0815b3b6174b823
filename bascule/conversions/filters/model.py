"""What the conversion of filters works with: rules as they stand in the source, and what becomes of them.

Pure data, no Django. A source (a script, an LDIF, text that was pasted) gives `SourceRule`s in the order in which the
old server runs them; each of them becomes one `ConvertedRule`. Nothing of the source is lost: a rule that could not be
converted is still there, with its text and the reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from bascule.conversions.model import Remark
from zimbra.types.filters import FilterRule


class Verdict(StrEnum):
    """How close the new rule comes. SAME: nobody will see a difference. NEAR: it works, with the differences that the
    remarks tell. REFUSED: there is no new rule; the remarks say why and what to do instead."""

    SAME = "same"
    NEAR = "near"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class SourceRule:
    """One rule as the old server held it.

    name: "" when it has none. order: what its comment says, None without one (0 is for a disabled rule). text: Sieve,
    decoded, with its comment lines. place: French, where in the source ("règle 3", "ligne 12").
    """

    text: str
    name: str = ""
    order: int | None = None
    active: bool = True
    place: str = ""


@dataclass(frozen=True, slots=True)
class Vacation:
    """An automatic answer, which Zimbra keeps among its preferences rather than among the filters.

    text: plain text. days: at least that many between two answers to one person, None when not said. starts, ends:
    ISO days, "" when the source does not limit it. addresses: those that the answer is for, besides the person's own.
    """

    text: str
    subject: str = ""
    days: int | None = None
    starts: str = ""
    ends: str = ""
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConvertedRule:
    """What became of one rule.

    rules: in the order in which Zimbra has to run them, none when refused; one of the source may need several, whose
    names are told apart. All have the source's `active`. folders: paths that the rules file into. remarks: `place` is
    that of the source rule.
    """

    source: SourceRule
    name: str
    verdict: Verdict
    rules: tuple[FilterRule, ...] = ()
    folders: tuple[str, ...] = ()
    vacation: Vacation | None = None
    remarks: tuple[Remark, ...] = ()

    @property
    def active(self) -> bool:
        return self.source.active


@dataclass(slots=True)
class FilterReading:
    """The outcome of reading one source. remarks: those that concern no single rule."""

    rules: list[ConvertedRule] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
