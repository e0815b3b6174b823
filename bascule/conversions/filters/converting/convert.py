"""One rule of the old server to rules of Zimbra that do the same, or the reason why there are none."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from bascule.conversions.filters.converting.actions import LOST, zimbra_actions
from bascule.conversions.filters.converting.conditions import zimbra_condition
from bascule.conversions.filters.converting.crossing import remarks_within
from bascule.conversions.filters.converting.logic import Clause, Expression, Not, TooComplex, clauses, with_leaves
from bascule.conversions.filters.converting.names import fit, made, unique
from bascule.conversions.filters.converting.refusals import Notes, Refusal, too_complex
from bascule.conversions.filters.converting.vacations import vacation_of
from bascule.conversions.filters.converting.variables import with_characters, without_variables
from bascule.conversions.filters.converting.walk import Group, groups
from bascule.conversions.filters.model import ConvertedRule, SourceRule, Vacation, Verdict
from bascule.conversions.filters.source.grammar import SieveError, parse
from bascule.conversions.filters.source.syntax import Command
from bascule.conversions.filters.source.syntax import Test as SieveTest
from zimbra.types.filter_actions import Action, FileInto, Reject, Stop
from zimbra.types.filter_tests import Test, TrueTest
from zimbra.types.filters import FilterRule, RuleBody

# Beyond that a text is no rule that a person made.
MAX_TEXT = 200_000
# Tests of one rule of Zimbra, of all rules that come of one, and blocks in blocks.
MAX_TESTS = 1_000
MAX_ALL_TESTS = 4_000
MAX_NESTED = 8
# Rules that one choice among several groups of tests may become.
MAX_SPLIT = 20
UNNAMED = "Règle sans nom"
_LINE = re.compile(r"^(Ligne [0-9]+) :")
_NEVER = (TrueTest(negative=True),)


def convert(
    source: SourceRule, *, domain: str, taken: Collection[str] = (), earlier: Sequence[Command] = ()
) -> ConvertedRule:
    """What becomes of one rule; nothing is raised.

    domain: of the person's address ("academie.example"). taken: names that rules of the mailbox have already; those of
    the outcome are others. earlier: commands of the rules before that set variables.
    """
    notes = Notes(source)
    made_of: _Made
    try:
        made_of = _Converter(notes, domain).convert(_commands(source, earlier))
    except Refusal as refusal:
        notes.refused(refusal)
        return _refused(source, notes)
    except SieveError as error:
        notes.add("unreadable", f"Cette règle ne peut pas être lue. {_in_rule(error)}", source.text)
        return _refused(source, notes)
    if not made_of.bodies and made_of.vacation is None:
        if not notes.remarks and _only_sets(source.text):
            message = "Cette partie ne fait que préparer des textes, qui sont repris dans les règles qui s’en servent."
            notes.refused(Refusal("variables_only", message))
        elif not notes.remarks:
            notes.refused(Refusal("no_effect", "Cette règle ne fait rien : il n’y a rien à reprendre."))
        return _refused(source, notes)
    return _outcome(source, made_of, notes, {name.casefold() for name in taken})


@dataclass(frozen=True, slots=True)
class _Made:
    bodies: list[RuleBody]
    vacation: Vacation | None


def _commands(source: SourceRule, earlier: Sequence[Command]) -> tuple[Command, ...]:
    if len(source.text) > MAX_TEXT:
        raise Refusal("too_long", "Cette règle est démesurément longue : refaites-la à la main, ou partagez-la.")
    commands = parse(source.text).commands
    if not source.active:
        # The rule as a whole is put aside, not only what stands under a condition that never holds.
        commands = tuple([replace(one, name="if") if one.name == "disabled_if" else one for one in commands])
    return without_variables(with_characters(commands), earlier)


def _in_rule(error: SieveError) -> str:
    """What is wrong, with the line counted from where the rule begins, and what to do."""
    told = _LINE.sub(r"\1 de la règle :", str(error))
    return f"{told.rstrip('.')}. Corrigez son texte, ou refaites-la dans le formulaire."


def _only_sets(text: str) -> bool:
    return {command.name for command in parse(text).commands} - {"require"} == {"set"}


def _refused(source: SourceRule, notes: Notes) -> ConvertedRule:
    unnamed = f"{UNNAMED} ({source.place})" if source.place else UNNAMED
    return ConvertedRule(source, fit(source.name) or unnamed, Verdict.REFUSED, remarks=notes.remarks)


def _outcome(source: SourceRule, made_of: _Made, notes: Notes, taken: set[str]) -> ConvertedRule:
    base = fit(source.name)
    nameless = not base
    if source.name and base != " ".join(source.name.split()):
        notes.add("name_changed", f"Le nom de la règle a été raccourci pour Zimbra : « {base} ».")
    if not base:
        base = made(made_of.bodies[0]) if made_of.bodies else "Réponse automatique"
    rules = tuple([_named(body, unique(made(body) if nameless else base, taken), source) for body in made_of.bodies])
    if len(rules) > 1:
        notes.extend(remarks_within(rules))
        notes.add(
            "several_rules",
            f"Cette règle en donne {len(rules)} dans Zimbra, qui font ensemble la même chose : gardez leur ordre.",
        )
    if any(rule.nested is not None for rule in rules):
        notes.add(
            "nested_rule",
            "Zimbra exécute cette règle, mais sa fenêtre « Filtres » ne permet pas de la modifier : faites-le ici.",
        )
    folders = dict.fromkeys(
        action.folder for rule in rules for action in _actions(rule) if isinstance(action, FileInto)
    )
    return ConvertedRule(
        source,
        rules[0].name if rules else base,
        Verdict.SAME if notes.exact else Verdict.NEAR,
        rules,
        tuple(folders),
        made_of.vacation,
        notes.remarks,
    )


def _named(body: RuleBody, name: str, source: SourceRule) -> FilterRule:
    return FilterRule(body.tests, body.actions, body.condition, nested=body.nested, name=name, active=source.active)


def _actions(body: RuleBody) -> list[object]:
    return [*body.actions, *(_actions(body.nested) if body.nested is not None else ())]


class _Converter:
    def __init__(self, notes: Notes, domain: str) -> None:
        self._notes = notes
        self._domain = domain
        self._vacation: Vacation | None = None
        self._conditions: dict[SieveTest, Expression] = {}
        self._tests = 0

    def convert(self, commands: tuple[Command, ...]) -> _Made:
        bodies: list[RuleBody] = []
        idle: list[RuleBody] = []
        refusal: Refusal | None = None
        for group in _merged(self._with_effect(groups(commands))):
            try:
                found = self._bodies(group)
            except Refusal as reason:
                refusal = reason
                break
            (idle if any(body.tests == _NEVER for body in found) else bodies).extend(found)
        if refusal is not None:
            if self._vacation is None:
                raise refusal
            # The answer stands apart from the filters, and goes on without them.
            self._notes.refused(refusal)
            return _Made([], self._vacation)
        if idle:
            self._notes.add(
                "never_applies",
                "Une partie de cette règle ne pouvait s’appliquer à aucun message, et rien n’en reste dans Zimbra."
                if bodies
                else "Cette règle ne s’appliquait à aucun message : reprise telle quelle, elle ne sert à rien.",
            )
        return _Made(bodies or idle, self._vacation)

    def _with_effect(self, found: list[Group]) -> list[Group]:
        """Those that leave something for rules; answers are put aside, what is lost is told."""
        kept = []
        for group in found:
            for step in group.steps:
                if step.command.name == "vacation":
                    self._take_vacation(step.command, group.guard)
            if all(step.command.name in LOST for step in group.steps):
                zimbra_actions(group.steps, self._notes, domain=self._domain)
            else:
                kept.append(group)
        return kept

    def _take_vacation(self, command: Command, guard: Expression) -> None:
        try:
            vacation = vacation_of(command, guard, self._notes)
        except Refusal as refusal:
            self._notes.add(refusal.code, str(refusal))
            return
        if self._vacation is None:
            self._vacation = vacation
        else:
            self._notes.add(
                "vacation_second",
                "Zimbra n’a qu’un message d’absence : le premier de cette règle est repris, les suivants non.",
                vacation.text,
            )

    def _bodies(self, group: Group) -> list[RuleBody]:
        actions = zimbra_actions(group.steps, self._notes, domain=self._domain)
        if not actions:
            return []
        expression = with_leaves(group.guard, self._condition)
        wanted = _clauses(expression)
        levels = MAX_NESTED + 1 if wanted is None else sum(len(clause) > 1 for clause in wanted)
        terms = _terms(expression, actions) if levels > 1 else []
        if terms and (wanted is None or len(terms) < levels):
            self._count(terms)
            return [_shaped(tuple([(literal,) for literal in term]), actions) for term in terms]
        if wanted is None:
            raise too_complex()
        self._count(wanted)
        return [RuleBody(_NEVER, actions) if () in wanted else _shaped(wanted, actions)]

    def _count(self, found: Sequence[Clause]) -> None:
        self._tests += sum(map(len, found))
        if self._tests > MAX_ALL_TESTS:
            raise too_complex()

    def _condition(self, test: SieveTest) -> Expression:
        found = self._conditions.get(test)
        if found is None:
            found = self._conditions[test] = zimbra_condition(test, self._notes)
        return found


def _clauses(expression: Expression) -> tuple[Clause, ...] | None:
    try:
        return clauses(expression, most_clauses=MAX_NESTED, most_literals=MAX_TESTS)
    except TooComplex:
        return None


def _terms(expression: Expression, actions: Sequence[Action]) -> list[Clause]:
    """The expression as a choice among tests that all hold, for one rule each; none when that would be too much.

    A message may be of several of these rules. Zimbra puts it into a folder once all the same, but would write a
    letter for each.
    """
    if any(isinstance(action, Reject) for action in actions) and not isinstance(actions[-1], Stop):
        return []
    try:
        opposite = clauses(Not(expression), most_clauses=MAX_SPLIT, most_literals=MAX_TESTS)
    except TooComplex:
        return []
    terms = [tuple([(test, not holds) for test, holds in clause]) for clause in opposite]
    return terms if len(terms) <= MAX_SPLIT else []


def _merged(found: Sequence[Group]) -> list[Group]:
    """Groups under the very same condition that have come to stand together are one."""
    merged: list[Group] = []
    for group in found:
        if merged and merged[-1].guard is group.guard:
            merged[-1] = Group(group.guard, [*merged[-1].steps, *group.steps])
        else:
            merged.append(group)
    return merged


def _shaped(wanted: tuple[Clause, ...], actions: tuple[Action, ...]) -> RuleBody:
    """One level where that says it, else the tests that all have to hold and, nested, each choice among several."""
    if not wanted:
        return RuleBody((TrueTest(),), actions, "anyof")
    alone = tuple([_test(clause) for clause in wanted if len(clause) == 1])
    levels = [(alone, "allof")] if alone else []
    levels += [(_tests(clause), "anyof") for clause in wanted if len(clause) > 1]
    body: RuleBody | None = None
    for tests, condition in reversed(levels):
        body = RuleBody(tests, actions if body is None else (), condition, nested=body)
    assert body is not None  # wanted is not empty
    return body


def _tests(clause: Clause) -> tuple[Test, ...]:
    return tuple([_test((literal,)) for literal in clause])


def _test(clause: Clause) -> Test:
    ((test, holds),) = clause
    found: Test = test
    return found if holds else replace(found, negative=not found.negative)
