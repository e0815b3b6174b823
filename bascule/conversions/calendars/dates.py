"""Where one event holds several rules or lists of dates: what Zimbra understands of it.

EXRULE becomes dates left out; RDATE a rule when one fits, else an event per date; a second RRULE a series of its own.
"""

from __future__ import annotations

import hashlib
from copy import copy
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice

from bascule.conversions.calendars.context import Context
from bascule.conversions.calendars.entry import Entry
from bascule.conversions.calendars.expansion import MOST_DATES, last_local, local_dates, starts
from bascule.conversions.calendars.patterns import find_rule
from bascule.conversions.calendars.times import Moment, format_value
from bascule.conversions.model import ItemKind

Group = list[Entry]  # a master first, then its exceptions

# Text that copies of one event may add up to before the dates that are left are given up.
_MOST_COPIED = 20_000_000
_MOST_EXCLUDED = 1000
_MOST_RULES = 20


@dataclass(slots=True)
class Uids:
    """The UIDs given away in this file; a mailbox holds each once, whatever the calendar."""

    taken: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)

    def claim(self, wanted: str) -> str:
        """`wanted`, or the first free variant of it."""
        uid = wanted
        while uid in self.taken:
            self.counts[wanted] = self.counts.get(wanted, 1) + 1
            uid = f"{wanted}-{self.counts[wanted]}"
        self.taken.add(uid)
        return uid

    def derive(self, uid: str, mark: str) -> str:
        """A UID for a part of what had `uid`."""
        return self.claim(f"{uid}-{mark}")


def more_rules(master: Entry, context: Context, uids: Uids) -> list[Group]:
    """The second and further RRULEs of an event: Zimbra takes one, the others become series of their own."""
    assert master.start is not None
    groups: list[Group] = []
    known = set(islice(starts(master.rule, master.start), MOST_DATES))
    for rule in master.more_rules[:_MOST_RULES]:
        first = next(local_dates(rule, master.start.clock, last_local(rule, master.start)), None)
        if first is None or rule == master.rule:
            continue
        entry = copy(master)
        entry.uid = uids.derive(master.uid, hashlib.sha256(rule.text().encode()).hexdigest()[:8])
        entry.rule, entry.more_rules, entry.exrules, entry.rdates = rule, [], list(master.exrules), []
        entry.move_to(master.start.at(first))
        occurrences = islice(starts(rule, master.start.at(first)), _MOST_EXCLUDED)
        if master.kind is ItemKind.EVENT:
            entry.exdates = [*master.exdates, *(moment for moment in occurrences if moment in known)]
        groups.append([entry])
    message = "Zimbra n’accepte qu’une règle de répétition par événement : les autres sont devenues des séries à part."
    if len(master.more_rules) > _MOST_RULES:
        message += f" Au-delà de {_MOST_RULES}, elles n’ont pas été reprises."
    master.more_rules = []
    context.remark("several_rules", master.component, message)
    return groups


def excluded_rules(master: Entry, context: Context) -> None:
    """EXRULE as the dates that it takes out."""
    assert master.start is not None
    dates: set[Moment] = set()
    if master.rule is not None:
        wanted = set(islice(starts(master.rule, master.start), MOST_DATES))
        for rule in dict.fromkeys(master.exrules[:_MOST_RULES]):
            dates.update(moment for moment in islice(starts(rule, master.start), MOST_DATES) if moment in wanted)
        # `starts` always begins with DTSTART, which an EXRULE need not contain; a series keeps its first date.
        dates.discard(master.start)
    ordered = sorted(dates, key=lambda moment: moment.clock)
    if len(ordered) > _MOST_EXCLUDED or (ordered and not master.rule.bounded):  # type: ignore[union-attr]
        message = (
            f"Une règle retire des dates de cette répétition sans fin : les {min(len(ordered), _MOST_EXCLUDED)} "
            "premières sont retirées une à une. Donnez une fin à la répétition ou vérifiez-la."
        )
        context.remark("exclusion_rule_cut", master.component, message)
    master.exdates.extend(ordered[:_MOST_EXCLUDED])
    master.exrules = []
    context.repair("exclusion_rule")


def additional_dates(group: Group, context: Context, uids: Uids) -> tuple[list[Group], list[Entry]]:
    """RDATE: a rule when one fits, else an event per date. The groups, and the exceptions that lost their series."""
    master, exceptions = group[0], group[1:]
    assert master.start is not None
    span = master.span()
    rdates, master.rdates = master.rdates, []
    excluded = set(master.exdates)
    plain = {moment for moment, length in rdates if length in (None, span)} - excluded
    periods = {moment: length for moment, length in rdates if length not in (None, span) and moment not in excluded}
    if master.rule is None and not periods:
        ordered = sorted({master.start, *plain} - excluded, key=lambda moment: moment.clock)
        found = find_rule(ordered, holes=True)
        if found is not None:
            master.move_to(ordered[0])
            master.rule, master.exdates = found
            replaced = {entry.recurrence_id for entry in exceptions}
            master.exdates = [moment for moment in master.exdates if moment not in replaced]
            context.repair("dates_to_rule")
            return [group], []
    dates: dict[Moment, timedelta | None] = dict.fromkeys(plain, None) | periods
    if master.rule is None:
        master.exdates = []
    else:
        for moment in islice(starts(master.rule, master.start), MOST_DATES):
            dates.pop(moment, None)
    dates.pop(master.start, None)
    lost = [entry for entry in exceptions if master.rule is None or entry.recurrence_id in dates]
    orphaned = set(lost)
    for entry in lost:
        assert entry.recurrence_id is not None
        dates.pop(entry.recurrence_id, None)
    kept = [[master, *(entry for entry in exceptions if entry not in orphaned)]]
    if master.rule is None and master.start in excluded and (dates or lost):
        kept = []
    if not dates:
        return kept, lost
    most = max(_MOST_COPIED // max(len(master.text()), 1), 1)
    for moment in sorted(dates, key=lambda moment: moment.clock)[:most]:
        kept.append([_copy(master, moment, dates[moment], uids)])
    count = min(len(dates), most)
    message = (
        f"Zimbra ignore les dates ajoutées une à une à un événement : {count} événement(s) séparé(s) les remplacent."
    )
    if len(dates) > most:
        message += f" {len(dates) - most} autres dates n’ont pas été reprises, l’événement étant trop volumineux."
    context.remark("rdate_expanded", master.component, message)
    return kept, lost


def _copy(master: Entry, start: Moment, length: timedelta | None, uids: Uids) -> Entry:
    entry = copy(master)
    entry.uid = uids.derive(master.uid, format_value(start.value))
    entry.rule, entry.exdates, entry.rdates, entry.recurrence_id = None, [], [], None
    entry.move_to(start)
    if length is not None and length > timedelta(0):
        if start.all_day:
            entry.end = start.at(start.clock + max(length, timedelta(days=1)))
        else:
            entry.end, entry.length = None, length
    return entry
