"""What the repair of one calendar shares: its zones, the people it knows, and the account of what was done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from bascule.conversions.calendars.components import Component
from bascule.conversions.calendars.zones import Resolved, Zones
from bascule.conversions.model import Remark
from bascule.conversions.text import unescape_text

# Remarks about lines (not about items) of one code; the rest is told in one closing remark.
_MOST_LINE_REMARKS = 200
_KINDS = {"VEVENT": "événement", "VTODO": "tâche", "VJOURNAL": "note", "VFREEBUSY": "plage de disponibilité"}


@dataclass(slots=True)
class Account:
    """Repairs and remarks of a whole file."""

    repairs: Counter[str]
    remarks: list[Remark] = field(default_factory=list)
    line_remarks: Counter[str] = field(default_factory=Counter)

    def remark_line(self, code: str, place: str, message: str, original: str) -> None:
        """A remark about a line; only the first ones of each code are kept one by one."""
        self.line_remarks[code] += 1
        if self.line_remarks[code] <= _MOST_LINE_REMARKS:
            self.remarks.append(Remark(code, place, message, original[:2000]))

    def close(self) -> None:
        """Tell how many line remarks were left out."""
        for code, count in self.line_remarks.items():
            if count > _MOST_LINE_REMARKS:
                rest = count - _MOST_LINE_REMARKS
                self.remarks.append(
                    Remark(
                        code,
                        "fichier",
                        f"{rest} autres lignes du fichier ont le même défaut ; elles ne sont pas listées.",
                    )
                )


@dataclass(slots=True)
class Context:
    """One VCALENDAR being read. zone: where its floating times and its days are. sun: written by Sun's or Oracle's
    calendar server, whose own properties then count. logins: login (lower case) -> address."""

    account: Account
    zones: Zones
    zone: str
    sun: bool = False
    bound_to_sixty: bool = False
    old_format: bool = False
    logins: Mapping[str, str] = field(default_factory=dict)
    domain: str = ""
    categories: int = 0
    told_zones: set[str] = field(default_factory=set)

    def repair(self, code: str, count: int = 1) -> None:
        self.account.repairs[code] += count

    def remark(self, code: str, component: Component, message: str, original: str | None = None) -> None:
        """A remark about a component; `original` defaults to its source text."""
        text = component.source() if original is None else original
        self.account.remarks.append(Remark(code, place(component), message, text[:2000]))

    def remark_line(self, code: str, component: Component, message: str, original: str) -> None:
        self.account.remark_line(code, place(component), message, original)

    def resolve(self, tzid: str, component: Component) -> Resolved:
        """The zone that a TZID means; a doubtful one is told once per calendar, with the event that used it first."""
        resolved = self.zones.resolve(tzid)
        if resolved.how and tzid not in self.told_zones:
            self.told_zones.add(tzid)
            if resolved.exact:
                self.repair(resolved.how)
            elif resolved.how == "zone_approximate":
                message = (
                    f"Le fuseau horaire « {tzid[:80]} » n’existe pas ailleurs : les dates ont été traduites vers "
                    f"{resolved.zone}, le plus proche. Vérifiez l’heure des répétitions."
                )
                self.remark("zone_approximate", component, message, f"TZID={tzid}")
            else:
                message = (
                    f"Le fuseau horaire « {tzid[:80]} » est inconnu et non défini dans le fichier : les heures ont été "
                    f"comprises comme celles de {resolved.zone}. Vérifiez-les."
                )
                self.remark("zone_unknown", component, message, f"TZID={tzid}")
        return resolved


def label_of(component: Component) -> str:
    """What a person recognises the component by."""
    prop = component.first("SUMMARY") or component.first("DESCRIPTION")
    text = " ".join(unescape_text(prop.value).split()) if prop is not None else ""
    return text[:120] or "(sans titre)"


def place(component: Component) -> str:
    """`ligne 120, événement « Conseil »`."""
    kind = _KINDS.get(component.name, "composant")
    return f"ligne {component.line}, {kind} « {label_of(component)[:60]} »"
