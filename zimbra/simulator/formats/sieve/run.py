"""Running scripts on a message, and checking them without one."""

from __future__ import annotations

from functools import lru_cache

from zimbra.simulator.formats.sieve import actions, conditions, editheader
from zimbra.simulator.formats.sieve.actions import Stop
from zimbra.simulator.formats.sieve.arguments import nothing_more, strings
from zimbra.simulator.formats.sieve.compare import COMPARATORS, SieveError
from zimbra.simulator.formats.sieve.context import Context, Surroundings
from zimbra.simulator.formats.sieve.grammar import Command, SieveSyntaxError, Test, parse
from zimbra.simulator.formats.sieve.outcome import (
    Action,
    Discard,
    Ereject,
    FileInto,
    Flag,
    Keep,
    Notify,
    Outcome,
    Redirect,
    Reject,
    Reply,
    Tag,
)
from zimbra.simulator.mail.mime import Message

# What a script may declare: names of commands and tests, as in Zimbra, and of comparators.
CAPABILITIES = frozenset(
    {
        *actions.NAMES, *conditions.NAMES, *(f"comparator-{name}" for name in COMPARATORS), "if", "elsif", "else",
        "disabled_if", "require", "copy", "variables", "relational", "enotify", "editheader", "zimbravariablesctrl",
    }
)  # fmt: skip


@lru_cache(maxsize=256)
def read(script: str) -> tuple[Command, ...]:
    """The commands of a script, kept for the next message; SieveSyntaxError."""
    return tuple(parse(script))


def check(script: str) -> None:
    """Go through a script without a message: SieveSyntaxError, SieveError.

    What is disabled is not looked at.
    """
    _check(list(read(script)))


def run(
    scripts: list[tuple[str, bool]], message: Message, around: Surroundings, *, sender: str = "", recipient: str = ""
) -> Outcome:
    """What scripts, one after the other, want done with a message; nothing is raised.

    Each script comes with whether it is an administrator's. `stop` ends all of them. A script that cannot be read or
    carried out ends all as well: the message is kept, with the flags, tags and changes of its header up to there.
    """
    context = Context(message, around, sender, recipient)
    error = ""
    for script, admin in scripts:
        context.capabilities, context.variables, context.matched = set(), {}, []
        context.admin = admin
        try:
            _run(context, list(read(script)))
        except Stop:
            context.stopped = True
            break
        except editheader.NotForUsers:
            continue
        except (SieveError, SieveSyntaxError) as reason:
            error = str(reason) or "script given up"
            break
    found = _kept(context) if error else _resolved(context)
    return Outcome(found, context.stopped, error, context.message.raw if context.changed else None)


def _run(context: Context, commands: list[Command]) -> None:
    prologue = True
    # Whether a branch of the running "if" was taken; None outside of one.
    taken: bool | None = None
    for command in commands:
        name = command.name
        if name == "require":
            if not prologue:
                raise SieveError("require must come first")
            context.capabilities |= _declared(command)
            continue
        prologue = False
        if name == "disabled_if":
            taken = None
            continue
        if name in ("elsif", "else") and taken is None:
            raise SieveError(f'Unexpected command: "{name}"')
        if name in ("if", "elsif", "else"):
            _check_branch(command)
            if name == "if":
                taken = False
            if not taken and (name == "else" or conditions.condition(command.tests[0])(context)):
                taken = True
                _run(context, command.block or [])
            if name == "else":
                taken = None
            continue
        taken = None
        actions.deed(command)(context)


def _declared(command: Command) -> set[str]:
    values = strings(command.args, 0)
    nothing_more(command.args, 1)
    for value in values:
        if value.lower() not in CAPABILITIES:
            raise SieveError(f'Feature "{value}" is not supported')
    return {value.removeprefix("comparator-") for value in values}


def _check_branch(command: Command) -> None:
    nothing_more(command.args, 0)
    if len(command.tests) != (0 if command.name == "else" else 1) or command.block is None:
        raise SieveError(f"{command.name} needs {'a block' if command.name == 'else' else 'one test and a block'}")


def _check(commands: list[Command]) -> None:
    prologue, branching = True, False
    for command in commands:
        if command.name == "require":
            if not prologue:
                raise SieveError("require must come first")
            _declared(command)
            continue
        prologue = False
        if command.name == "disabled_if":
            branching = False
        elif command.name in ("if", "elsif", "else"):
            if command.name != "if" and not branching:
                raise SieveError(f'Unexpected command: "{command.name}"')
            branching = command.name != "else"
            _check_branch(command)
            for test in command.tests:
                _check_test(test)
            _check(command.block or [])
        else:
            branching = False
            actions.deed(command)


def _check_test(test: Test) -> None:
    conditions.condition(test)
    for inner in test.tests:
        _check_test(inner)


def _kept(context: Context) -> list[Action]:
    return [Keep(), *(action for action in context.actions if isinstance(action, Flag | Tag))]


def _resolved(context: Context) -> list[Action]:
    """The actions with what is left unsaid: whether the message is kept besides.

    Source: Zimbra's ZimbraMailAdapter (detectExplicitKeep). The last place or address decides by its :copy; flags and
    tags alone keep the message even when it is discarded.
    """
    found = context.actions
    if not found:
        return [Keep()] if context.implicit_keep else [Discard()]
    places = [action for action in found if isinstance(action, Keep | FileInto | Redirect)]
    kept = False
    if not places:
        letters = any(isinstance(action, Reply | Notify | Reject | Ereject) for action in found)
        kept = not letters or not context.discarded
    elif not context.discarded:
        last = next((action for action in reversed(places) if isinstance(action, FileInto | Redirect)), None)
        kept = last is not None and last.copy
    return [Keep(), *found] if kept else list(found)
