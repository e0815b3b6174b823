"""The components of one UID put together: a master and its exceptions, as Zimbra wants them.

Zimbra knows a UID once per mailbox, ignores RDATE and RANGE=THISANDFUTURE, stumbles over EXRULE, and stores an
exception without its master as something nobody can edit. Nothing of the source is lost here: what does not fit a
series becomes an event of its own.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import takewhile

from bascule.conversions.calendars import dates, extent, spans
from bascule.conversions.calendars.context import Context
from bascule.conversions.calendars.dates import Group, Uids
from bascule.conversions.calendars.entry import Entry, instant
from bascule.conversions.calendars.expansion import starts
from bascule.conversions.calendars.patterns import find_rule
from bascule.conversions.calendars.recurrence import Rule, end_before, fit
from bascule.conversions.calendars.times import Moment, format_value

# Times that a series may change for good before each further change becomes an event of its own.
_MOST_SPLITS = 100


def assemble(entries: list[Entry], context: Context, uids: Uids, calendar: str) -> list[Group]:
    """Group the entries of one collection (one kind, in the order of the file) and repair each group.

    calendar: its name, part of the UIDs made for entries that have none.
    """
    groups: dict[str, list[Entry]] = {}
    made: set[str] = set()
    for entry in entries:
        if entry.uid:
            groups.setdefault(entry.uid, []).append(entry)
            continue
        context.repair("uid_missing")
        entry.uid = uids.claim(_made_uid(entry, calendar))
        made.add(entry.uid)
        groups[entry.uid] = [entry]
    finished: list[Group] = []
    for uid, members in groups.items():
        if uid not in made:
            if uid in uids.taken:
                _rename(members, context, uids)
            uids.taken.add(uid)
        finished.extend(_group(members, context, uids))
    return finished


def _made_uid(entry: Entry, calendar: str) -> str:
    """The same for the same event of the same calendar each time the file is read (Zimbra would make a random one)."""
    start = format_value(entry.start.value) if entry.start is not None else ""
    said = "\n".join((calendar, start, entry.summary, entry.content()))
    return f"x{hashlib.sha256(said.encode()).hexdigest()[:40]}"


def _rename(members: Group, context: Context, uids: Uids) -> None:
    """Another calendar or the tasks of this file already have this UID."""
    fresh = uids.derive(members[0].uid, "bis")
    for entry in members:
        entry.uid = fresh
    message = (
        "Le même identifiant sert déjà dans un autre calendrier de ce fichier : celui-ci en a reçu un nouveau, sinon "
        "l’un des deux aurait remplacé l’autre."
    )
    context.remark("uid_shared", members[0].component, message, f"UID:{fresh}")


def _group(members: Group, context: Context, uids: Uids) -> list[Group]:
    """The groups that the components of one UID become."""
    if len(members) == 1 and members[0].recurrence_id is None:
        return _dates(members, context, uids)
    masters = [entry for entry in members if entry.recurrence_id is None]
    exceptions = [entry for entry in members if entry.recurrence_id is not None]
    masters = _distinct(masters, context)
    if not masters:
        return _orphans(exceptions, context, uids)
    main = next((entry for entry in masters if entry.rule is not None or entry.rdates), masters[0])
    groups: list[Group] = []
    for entry in masters:
        if entry is not main:
            entry.uid = uids.derive(entry.uid, entry.content()[:8])
            message = (
                "Deux éléments différents portaient le même identifiant : celui-ci en a reçu un nouveau pour ne pas "
                "être écrasé."
            )
            context.remark("uid_reused", entry.component, message)
            groups.extend(_dates([entry], context, uids))
    if main.rule is None and not main.rdates:
        groups.insert(0, [main])
        groups.extend(_detach(exceptions, context, uids))
        return groups
    assert main.start is not None
    kept = _replacements(exceptions, main, context, uids, groups)
    return _dates([main, *kept], context, uids) + groups


def _distinct(entries: Group, context: Context) -> Group:
    """Entries without those that only repeat another one; the newest revision stays."""
    by_content: dict[str, Entry] = {}
    for entry in entries:
        content = entry.content()
        other = by_content.get(content)
        if other is None:
            by_content[content] = entry
            continue
        if entry.sequence > other.sequence:
            by_content[content] = entry
            entry, other = other, entry
        message = "Cet élément figure deux fois, à l’identique, dans le fichier : il n’est repris qu’une fois."
        context.remark("duplicate_dropped", entry.component, message)
    return list(by_content.values())


def _replacements(exceptions: Group, main: Entry, context: Context, uids: Uids, groups: list[Group]) -> Group:
    """The exceptions of a series, one per occurrence, their RECURRENCE-ID in the type and zone of the series."""
    assert main.start is not None
    by_date: dict[Moment, Entry] = {}
    for entry in sorted(exceptions, key=lambda entry: entry.sequence, reverse=True):
        assert entry.recurrence_id is not None
        rid = spans.conform(entry.recurrence_id, main.start, main.zone)
        if rid != entry.recurrence_id:
            context.repair("exception_type")
            entry.recurrence_id = rid
        if entry.rule is not None or entry.rdates:
            if not entry.this_and_future:
                context.repair("exception_with_rule")
                entry.rule = None
            entry.rdates = []
        entry.exdates, entry.exrules = [], []
        other = by_date.get(rid)
        if other is None:
            by_date[rid] = entry
        elif other.content() == entry.content():
            message = "Cette occurrence figure deux fois, à l’identique : elle n’est reprise qu’une fois."
            context.remark("duplicate_dropped", entry.component, message)
        else:
            groups.extend(_detach([entry], context, uids))
    excluded = set(main.exdates)
    if excluded & by_date.keys():
        # A date both left out and replaced: Zimbra would leave it out.
        main.exdates = [moment for moment in main.exdates if moment not in by_date]
        context.repair("exception_excluded")
    return [by_date[rid] for rid in sorted(by_date, key=lambda moment: moment.clock)]


def _detach(exceptions: Group, context: Context, uids: Uids) -> list[Group]:
    """Exceptions that have no series to belong to, each as an event of its own."""
    groups: list[Group] = []
    for entry in exceptions:
        assert entry.recurrence_id is not None
        entry.uid = uids.derive(entry.uid, format_value(entry.recurrence_id.value))
        entry.recurrence_id = None
        entry.this_and_future = False
        context.repair("exception_detached")
        groups.extend(_dates([entry], context, uids))
    return groups


def _orphans(exceptions: Group, context: Context, uids: Uids) -> list[Group]:
    """Occurrences without their master: the series when a rule fits them exactly, else one event each."""
    exceptions = _distinct(exceptions, context)
    master = _rebuilt(exceptions, context) if len(exceptions) > 2 else None
    if master is None:
        return _detach(exceptions, context, uids)
    for entry in exceptions:
        if entry is not master:
            message = (
                "Le fichier donnait chaque occurrence à part, sans la série : elles sont réunies en une seule "
                "répétition, aux mêmes dates."
            )
            context.remark("series_rebuilt", entry.component, message)
    return _dates([master], context, uids)


def _rebuilt(exceptions: Group, context: Context) -> Entry | None:
    first = exceptions[0]
    if len({entry.substance() for entry in exceptions}) > 1:
        return None
    by_start = {}
    for entry in exceptions:
        same_type = entry.start is not None and first.start is not None and entry.start.zone == first.start.zone
        if not same_type or entry.rule is not None or entry.start is None or entry.recurrence_id is None:
            return None
        if spans.conform(entry.recurrence_id, entry.start, entry.zone) != entry.start:
            return None
        by_start[entry.start] = entry
    if len(by_start) != len(exceptions):
        return None
    ordered = sorted(by_start, key=lambda moment: moment.clock)
    found = find_rule(ordered, holes=False)
    if found is None:
        return None
    master = by_start[ordered[0]]
    master.rule, master.recurrence_id = found[0], None
    context.repair("series_rebuilt")
    return master


def _dates(group: Group, context: Context, uids: Uids) -> list[Group]:
    """Repair what says on which dates a master takes place; the groups it becomes."""
    master = group[0]
    finished = dates.more_rules(master, context, uids) if master.more_rules else []
    if master.exrules:
        dates.excluded_rules(master, context)
    groups, lost = dates.additional_dates(group, context, uids) if master.rdates else ([group], [])
    for each in groups:
        finished.extend(_split(each, context, uids) if any(entry.this_and_future for entry in each) else [each])
    for each in finished:
        if each[0].rule is not None:
            extent.tell(each[0], context)
    return finished + _detach(lost, context, uids)


def _split(group: Group, context: Context, uids: Uids) -> list[Group]:
    """RANGE=THISANDFUTURE: the series ends there, and another begins."""
    master = group[0]
    changes = [entry for entry in group[1:] if entry.this_and_future and entry.recurrence_id is not None]
    others = [entry for entry in group[1:] if not entry.this_and_future]
    groups: list[Group] = []
    current = master
    for entry in changes:
        turn = entry.recurrence_id
        assert turn is not None
        assert current.start is not None
        assert entry.start is not None
        entry.this_and_future = False
        rule = current.rule
        earlier = _count_before(rule, current.start, turn) if len(groups) <= _MOST_SPLITS else 0
        if rule is None or earlier == 0:
            groups.extend(_detach([entry], context, uids))
            continue
        if entry.rule is None:
            count = rule.count - earlier if rule.count is not None else None
            if count is not None and count < 1:
                groups.extend(_detach([entry], context, uids))
                continue
            weekdays = _moved_weekdays(rule, (entry.start.day - turn.day).days)
            entry.rule, _, ended = fit(replace(rule, count=count, weekdays=weekdays), entry.start, entry.zone)
            if ended:
                entry.rule = None
        shift = entry.start.clock - turn.clock
        entry.exdates = [
            entry.start.at(moment.clock + shift) for moment in current.exdates if moment.clock >= turn.clock
        ]
        current.exdates = [moment for moment in current.exdates if moment.clock < turn.clock]
        current.rule = end_before(rule, turn)
        followers = [other for other in others if other.recurrence_id and other.recurrence_id.clock > turn.clock]
        others = [other for other in others if other not in followers]
        groups.append([current, *others])
        entry.uid = uids.derive(entry.uid, format_value(turn.value))
        entry.recurrence_id = None
        for follower in followers:
            assert follower.recurrence_id is not None
            follower.uid = entry.uid
            follower.recurrence_id = entry.start.at(follower.recurrence_id.clock + shift)
        message = "La série changeait à partir de cette date : elle devient deux séries qui se suivent. Vérifiez-la."
        context.remark("series_split", entry.component, message)
        current, others = entry, followers
    if not groups or groups[-1][0] is not current:
        groups.append([current, *others])
    return groups


def _count_before(rule: Rule | None, start: Moment, turn: Moment) -> int:
    """How many occurrences of a series come before `turn`."""
    return sum(1 for _ in takewhile(lambda moment: moment.clock < turn.clock, starts(rule, start)))


def _moved_weekdays(rule: Rule, days: int) -> tuple[tuple[int, int], ...]:
    """The weekdays of a weekly rule whose occurrences move by some days."""
    if rule.freq != "WEEKLY":
        return rule.weekdays
    return tuple((nth, (weekday + days) % 7) for nth, weekday in rule.weekdays)


def order_of(group: Group) -> tuple[int, str]:
    """Where a group stands in its calendar: by line of the file."""
    first = group[0]
    start = first.start
    return first.component.line, instant(start, first.zone).isoformat() if start is not None else ""
