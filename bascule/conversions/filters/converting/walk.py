"""The commands of a script as a list of steps, in the order in which they run, each with the condition it runs under.

`elsif` and `else` become the opposite of what stands before them, unless that has ended the script: Zimbra then does
not come to them either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bascule.conversions.filters.converting.logic import ALWAYS, NEVER, AllOf, AnyOf, Expression, Leaf, Not
from bascule.conversions.filters.converting.refusals import bad_arguments, too_complex
from bascule.conversions.filters.source.syntax import Command, Test

MAX_GROUPS = 100
MAX_STEPS = 200
ENDING = frozenset({"stop", "jettison"})


@dataclass(frozen=True, slots=True)
class Step:
    """A command that does something. forwarded: the same message is redirected too, so that it is not lost yet."""

    command: Command
    forwarded: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Steps that run under one condition, whose leaves are tests of the script."""

    guard: Expression
    steps: list[Step] = field(default_factory=list)


def groups(commands: tuple[Command, ...]) -> list[Group]:
    """The steps by their conditions; Refusal when there are too many."""
    walker = _Walker()
    walker.walk(commands, ALWAYS, forwarded=False)
    return walker.found


def expression(test: Test) -> Expression:
    """A test with its inner ones; leaves are those that look at the message."""
    inner = tuple([expression(one) for one in test.tests])
    match test.name:
        case "allof":
            return AllOf(inner)
        case "anyof":
            return AnyOf(inner)
        case "not" if len(inner) == 1:
            return Not(inner[0])
        case "true" | "false" if not inner and not test.args:
            return ALWAYS if test.name == "true" else NEVER
        case "not" | "true" | "false":
            raise bad_arguments(test.name)
    if inner:
        raise bad_arguments(test.name)
    return Leaf(test)


class _Walker:
    def __init__(self) -> None:
        self.found: list[Group] = []

    def walk(self, commands: Sequence[Command], guard: Expression, *, forwarded: bool) -> None:
        redirects = [_redirects(command) for command in commands]
        after = [False] * (len(commands) + 1)
        for at in range(len(commands) - 1, -1, -1):
            after[at] = after[at + 1] or redirects[at]
        before = forwarded
        at = 0
        while at < len(commands):
            command = commands[at]
            if command.name in ("if", "disabled_if"):
                end = at + 1
                while end < len(commands) and commands[end].name in ("elsif", "else"):
                    end += 1
                chain = commands[at:end]
                self._chain(chain, guard, before=before, after=after[end])
                before = before or any(_redirects(one) and not stops(one.block or ()) for one in chain)
                at = end
                continue
            if command.name != "require":
                self._step(Step(command, before or after[at]), guard)
                before = before or command.name == "redirect"
            if command.name in ENDING:
                return
            at += 1

    def _chain(self, chain: Sequence[Command], guard: Expression, *, before: bool, after: bool) -> None:
        opposite: list[Expression] = []
        for command in chain:
            block = command.block or ()
            ends = stops(block)
            condition = AllOf(tuple(map(expression, command.tests)))
            if command.name == "disabled_if":
                condition = AllOf((NEVER,))
            own = AllOf(tuple([part for part in (guard, *opposite, condition) if part != ALWAYS]))
            self.walk(block, own, forwarded=before or (after and not ends))
            if not ends:
                opposite.append(Not(condition))

    def _step(self, step: Step, guard: Expression) -> None:
        if not self.found or self.found[-1].guard is not guard:
            if len(self.found) >= MAX_GROUPS:
                raise too_complex()
            self.found.append(Group(guard))
        if len(self.found[-1].steps) >= MAX_STEPS:
            raise too_complex()
        self.found[-1].steps.append(step)


def stops(block: Sequence[Command]) -> bool:
    """Whether the script always ends in this block."""
    chain: list[bool] = []
    for command in block:
        if command.name in ENDING:
            return True
        if command.name in ("if", "disabled_if", "elsif", "else"):
            ends = command.name != "disabled_if" and stops(command.block or ())
            chain = [*([] if command.name in ("if", "disabled_if") else chain), ends]
            if command.name == "else" and all(chain):
                return True
    return False


def _redirects(command: Command) -> bool:
    return command.name == "redirect" or any(map(_redirects, command.block or ()))
