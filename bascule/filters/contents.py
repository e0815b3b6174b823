"""What a captured rule holds, as it is sealed on its row."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from accounts import sealing
from bascule.conversions.filters.model import ConvertedRule, Vacation
from bascule.conversions.model import Remark
from bascule.filters.stored import rules_from_text, rules_to_text
from bascule.models import CapturedRule
from zimbra.types.filters import FilterRule


@dataclass(frozen=True, slots=True)
class RuleContents:
    """name: as the person knows the rule. source: Sieve of the old server, or what the form wrote; "" for a rule that
    was taken over from Zimbra. rules: what goes to Zimbra, none when refused. place: French, where in the source.
    original: the Sieve as it was captured, when the person has edited the rule since; "" before.
    taken_over: the rule as it stood in Zimbra when it became the person's own here.
    """

    name: str
    source: str = ""
    place: str = ""
    rules: tuple[FilterRule, ...] = ()
    folders: tuple[str, ...] = ()
    vacation: Vacation | None = None
    remarks: tuple[Remark, ...] = ()
    original: str = ""
    taken_over: FilterRule | None = None

    @classmethod
    def of_converted(cls, converted: ConvertedRule, *, original: str = "") -> RuleContents:
        return cls(
            name=converted.name,
            source=converted.source.text,
            place=converted.source.place,
            rules=converted.rules,
            folders=converted.folders,
            vacation=converted.vacation,
            remarks=converted.remarks,
            original=original,
        )

    def sealed(self) -> bytes:
        value: dict[str, Any] = {
            "name": self.name,
            "source": self.source,
            "place": self.place,
            "rules": rules_to_text(self.rules),
            "folders": self.folders,
            "vacation": asdict(self.vacation) if self.vacation else None,
            "remarks": [asdict(remark) for remark in self.remarks],
            "original": self.original,
            "taken_over": rules_to_text([self.taken_over] if self.taken_over else []),
        }
        return sealing.seal_json(value)


def contents_of(rule: CapturedRule) -> RuleContents:
    """What `rule` holds. Raises CannotOpen."""
    stored = sealing.unseal_json(bytes(rule.contents))
    vacation = stored["vacation"]
    if vacation:
        vacation = Vacation(**{**vacation, "addresses": tuple(vacation["addresses"])})
    return RuleContents(
        name=stored["name"],
        source=stored["source"],
        place=stored["place"],
        rules=rules_from_text(stored["rules"]),
        folders=tuple(stored["folders"]),
        vacation=vacation,
        remarks=tuple(Remark(**one) for one in stored["remarks"]),
        original=stored["original"],
        taken_over=next(iter(rules_from_text(stored.get("taken_over", ""))), None),
    )
