"""The one writer of captured rules: add, edit, order, switch, delete.

Every function locks the row of the rules' owner first: the order, the names and the number of rules belong to the
person, so whoever changes any of them takes turns. Positions count from 1 without gaps within a direction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import journal, sealing
from accounts.models import Agent
from bascule.conversions.filters.converting.convert import convert
from bascule.conversions.filters.model import ConvertedRule, SourceRule
from bascule.filters.contents import RuleContents, contents_of
from bascule.filters.folders_needed import paths_of
from bascule.models import CapturedRule, Deposit
from zimbra.types.filters import FilterRule

# Eight times the rules of the busiest mailboxes; what a page lists and a mailbox runs has to stay bounded.
MAX_RULES = 500

INCOMING = CapturedRule.Direction.INCOMING


class RuleRefused(Exception):
    """Nothing was changed; `str()` is a French sentence."""


class TooMany(RuleRefused):
    def __init__(self) -> None:
        super().__init__(f"Vous avez déjà {MAX_RULES} règles : supprimez-en avant d’en ajouter.")


class Gone(RuleRefused):
    """The rule was deleted meanwhile, in another window."""

    def __init__(self) -> None:
        super().__init__(
            "Cette règle a été supprimée entre-temps. Pour la garder, ajoutez-la comme une nouvelle règle."
        )


class AlreadyThere(RuleRefused):
    """The person has a rule that says the same. rule: that one."""

    def __init__(self, rule: CapturedRule, name: str) -> None:
        super().__init__(f"La règle « {name} » dit déjà exactement la même chose : elle n’est pas ajoutée deux fois.")
        self.rule = rule


@dataclass(slots=True)
class Added:
    """Outcome of reading a source. known: what was captured before; left: what did not fit any more."""

    rows: list[CapturedRule] = field(default_factory=list)
    known: list[ConvertedRule] = field(default_factory=list)
    left: list[ConvertedRule] = field(default_factory=list)


def add_from_reading(
    *,
    agent: Agent,
    rules: Iterable[ConvertedRule],
    deposit: Deposit | None,
    by: Agent | None,
    direction: str = INCOMING,
    label: str = "",
) -> Added:
    """Put the rules of a source after those that are there, in their order. label: what the journal calls a source that
    is no deposit of the person.

    A rule whose text the person has already, as often as it comes in the source, is not added: reading a source twice
    changes nothing. Names that are taken are told apart. Journal: `filter.captured`, when anything was added.
    """
    added = Added()
    with transaction.atomic():
        existing = _locked(agent, direction)
        texts = Counter(text for _, contents in existing for text in _texts(contents))
        taken = _names(contents for _, contents in existing)
        room = MAX_RULES - CapturedRule.objects.filter(agent=agent).count()
        for converted in rules:
            text = _text(converted.source.text)
            if texts[text] > 0:
                texts[text] -= 1
                added.known.append(converted)
            elif len(added.rows) >= room:
                added.left.append(converted)
            else:
                fitting = _with_free_name(converted, taken)
                taken |= _names([fitting])
                place = len(existing) + len(added.rows) + 1
                origin = CapturedRule.Origin.FILE
                added.rows.append(_row(agent, fitting, direction, place, origin=origin, deposit=deposit))
        CapturedRule.objects.bulk_create(added.rows, batch_size=50)
        if added.rows:
            journal.record(
                "filter.captured",
                by=by,
                subject=agent,
                target=f"deposit:{deposit.pk}" if deposit else "",
                target_label=deposit.name if deposit else label,
                count=len(added.rows),
            )
    return added


def add(*, agent: Agent, source: SourceRule, direction: str = INCOMING, by: Agent) -> CapturedRule:
    """Put a rule that was typed in after the others. Raises TooMany, AlreadyThere. Journal: `filter.added`."""
    with transaction.atomic():
        existing = _locked(agent, direction)
        _refuse_twin(source, existing)
        if CapturedRule.objects.filter(agent=agent).count() >= MAX_RULES:
            raise TooMany
        converted = convert(source, domain=settings.MAIL_DOMAIN, taken=_names(contents for _, contents in existing))
        row = _row(agent, converted, direction, len(existing) + 1, origin=CapturedRule.Origin.FORM)
        row.save()
        journal.record("filter.added", by=by, subject=agent, target=f"filter:{row.pk}")
    return row


def edit(*, rule: CapturedRule, source: SourceRule, by: Agent) -> CapturedRule:
    """Let the rule say what `source` does; its place stays. What was captured is kept beside it.

    Raises AlreadyThere, Gone. Journal: `filter.edited`.
    """
    with transaction.atomic():
        others = _locked(rule.agent, rule.direction)
        row, old = next(((row, contents) for row, contents in others if row.pk == rule.pk), (None, None))
        if row is None or old is None:
            raise Gone
        others = [(one, contents) for one, contents in others if one.pk != rule.pk]
        _refuse_twin(source, others)
        taken = _names(contents for _, contents in others)
        converted = convert(replace(source, place=old.place), domain=settings.MAIL_DOMAIN, taken=taken)
        typed_in = row.origin == CapturedRule.Origin.FORM
        changed = _text(source.text) != _text(old.source)
        original = old.original or ("" if typed_in or not changed else old.source)
        _fill(row, converted, original=original, taken_over=old.taken_over)
        row.save()
        journal.record("filter.edited", by=by, subject=row.agent, target=f"filter:{row.pk}")
    return row


def take_over(*, agent: Agent, rules: Sequence[tuple[str, FilterRule, int | None]], by: Agent) -> list[CapturedRule]:
    """Make rules that stand in Zimbra the person's own, by the names they have there.

    rules: direction, rule, and the captured rule that it is put ahead of, None for the end. One whose name a rule of
    the person has by now is left out. Raises TooMany. Journal: `filter.taken_over`, when there was any.
    """
    made: list[CapturedRule] = []
    with transaction.atomic():
        _lock(agent)
        if CapturedRule.objects.filter(agent=agent).count() + len(rules) > MAX_RULES:
            raise TooMany
        for direction in CapturedRule.Direction.values:
            existing = _locked(agent, direction)
            taken = _names(contents for _, contents in existing)
            rows = [row for row, _ in existing]
            for rule, before in [(rule, before) for at, rule, before in rules if at == direction]:
                if rule.name.casefold() in taken:
                    continue
                taken.add(rule.name.casefold())
                row = _row_taken_over(agent, direction, rule)
                made.append(row)
                rows.insert(next((at for at, one in enumerate(rows) if one.pk == before), len(rows)), row)
            _number(rows)
        if made:
            journal.record("filter.taken_over", by=by, subject=agent, count=len(made))
    return made


def move(*, rule: CapturedRule, to: int, by: Agent) -> bool:
    """Put the rule at the place `to` (from 1; the nearest there is), others make room. False: it stands there already.

    Raises Gone. Journal: `filter.moved`.
    """
    with transaction.atomic():
        _lock(rule.agent)
        rows = list(_rows(rule.agent, rule.direction).defer("contents"))
        before = next((place for place, row in enumerate(rows) if row.pk == rule.pk), None)
        if before is None:
            raise Gone
        after = min(max(to, 1), len(rows)) - 1
        if before == after:
            return False
        moved = rows.pop(before)
        moved.changed_at = timezone.now()
        rows.insert(after, moved)
        _number(rows)
        journal.record(
            "filter.moved", by=by, subject=rule.agent, target=f"filter:{rule.pk}", before=before + 1, after=after + 1
        )
    return True


def move_up(*, rule: CapturedRule, by: Agent) -> bool:
    return _move_by(rule, -1, by)


def move_down(*, rule: CapturedRule, by: Agent) -> bool:
    return _move_by(rule, 1, by)


def _move_by(rule: CapturedRule, step: int, by: Agent) -> bool:
    with transaction.atomic():
        _lock(rule.agent)
        try:
            rule.refresh_from_db(fields=["position"])
        except CapturedRule.DoesNotExist as error:
            raise Gone from error
        return move(rule=rule, to=rule.position + step, by=by)


def set_active(*, agent: Agent, ids: Collection[int], active: bool, by: Agent) -> int:
    """Switch those of the person's rules among `ids`; gives how many changed. Journal: `filter.activated` or
    `filter.deactivated`."""
    with transaction.atomic():
        _lock(agent)
        rows = list(CapturedRule.objects.filter(agent=agent, pk__in=ids).exclude(active=active))
        now = timezone.now()
        for row in rows:
            row.active, row.changed_at = active, now
            try:
                contents = contents_of(row)
            except sealing.CannotOpen:
                # The switch of the row counts; the rule's own is for those who read its text.
                continue
            switched = tuple(replace(one, active=active) for one in contents.rules)
            row.contents = replace(contents, rules=switched).sealed()
        CapturedRule.objects.bulk_update(rows, ["active", "changed_at", "contents"], batch_size=50)
        if rows:
            action = "filter.activated" if active else "filter.deactivated"
            journal.record(action, by=by, subject=agent, count=len(rows))
    return len(rows)


def delete(*, agent: Agent, ids: Collection[int], by: Agent) -> int:
    """Remove those of the person's rules among `ids`; gives how many. Zimbra is not touched. Journal:
    `filter.deleted`."""
    with transaction.atomic():
        _lock(agent)
        gone, _ = CapturedRule.objects.filter(agent=agent, pk__in=ids).delete()
        if gone:
            for direction in CapturedRule.Direction.values:
                _number(list(_rows(agent, direction).defer("contents")))
            journal.record("filter.deleted", by=by, subject=agent, count=gone)
    return gone


# ------------------------------------------------------------------------------------------------------------


def _lock(agent: Agent) -> None:
    Agent.objects.select_for_update().get(pk=agent.pk)


def _rows(agent: Agent, direction: str):  # type: ignore[no-untyped-def]  # a query of rows with a manager's long type
    return CapturedRule.objects.filter(agent=agent, direction=direction).order_by("position", "pk")


def _locked(agent: Agent, direction: str) -> list[tuple[CapturedRule, RuleContents]]:
    """The person's rules in their order, with what can still be opened of them; whoever writes later waits."""
    _lock(agent)
    found = []
    for row in _rows(agent, direction):
        try:
            found.append((row, contents_of(row)))
        except sealing.CannotOpen:
            found.append((row, RuleContents(name="")))
    return found


def _text(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


def _texts(contents: RuleContents) -> set[str]:
    """What the rule says, and said when it was captured."""
    return {_text(text) for text in (contents.source, contents.original) if text}


def _refuse_twin(source: SourceRule, existing: Sequence[tuple[CapturedRule, RuleContents]]) -> None:
    for row, contents in existing:
        if contents.source and _text(contents.source) == _text(source.text):
            raise AlreadyThere(row, contents.name)


def _names(rules: Iterable[RuleContents | ConvertedRule]) -> set[str]:
    """Names in Zimbra, which tells rules apart by them, without regard to capitals."""
    return {one.name.casefold() for rule in rules for one in rule.rules}


def _with_free_name(converted: ConvertedRule, taken: set[str]) -> ConvertedRule:
    """Rules of one source have names of their own already; those of the person's other rules come on top."""
    if not _names([converted]) & taken:
        return converted
    return convert(converted.source, domain=settings.MAIL_DOMAIN, taken=taken)


def _row(
    agent: Agent,
    converted: ConvertedRule,
    direction: str,
    position: int,
    *,
    origin: CapturedRule.Origin,
    deposit: Deposit | None = None,
) -> CapturedRule:
    row = CapturedRule(agent=agent, direction=direction, position=position, origin=origin, deposit=deposit)
    _fill(row, converted)
    return row


def _row_taken_over(agent: Agent, direction: str, rule: FilterRule) -> CapturedRule:
    contents = RuleContents(name=rule.name, rules=(rule,), folders=tuple(paths_of(rule)), taken_over=rule)
    return CapturedRule.objects.create(
        agent=agent,
        direction=direction,
        position=0,
        active=rule.active,
        origin=CapturedRule.Origin.ZIMBRA,
        verdict=CapturedRule.Verdict.SAME,
        contents=contents.sealed(),
    )


def _fill(
    row: CapturedRule, converted: ConvertedRule, *, original: str = "", taken_over: FilterRule | None = None
) -> None:
    row.active = converted.active
    row.verdict = CapturedRule.Verdict(converted.verdict.value)
    row.remark_codes = list(dict.fromkeys(remark.code for remark in converted.remarks))
    contents = RuleContents.of_converted(converted, original=original)
    row.contents = replace(contents, taken_over=taken_over).sealed()


def _number(rows: Sequence[CapturedRule]) -> None:
    changed = []
    for position, row in enumerate(rows, 1):
        if row.position != position:
            row.position = position
            changed.append(row)
    CapturedRule.objects.bulk_update(changed, ["position", "changed_at"], batch_size=200)
