"""What the old rules do with a message: Sieve as a standard server runs it (Pigeonhole's choices where RFCs leave one).

Nothing is sent or stored: the outcome says what would be. A rule that asks for something only the old server could
tell is left out as a whole, and named. Extensions: copy, imap4flags (RFC 5232, also as `imapflags`), reject, vacation,
notify, variables, envelope, subaddress, relational, regex, date, body, and Sun's `jettison`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from bascule.conversions.filters.messages import Message
from bascule.conversions.filters.model import SourceRule
from bascule.conversions.filters.old_engine.conditions import Arguments, Circumstances, holds
from bascule.conversions.filters.old_engine.matching import CannotTry
from bascule.conversions.filters.old_engine.variables import decoded, modified
from bascule.conversions.filters.source.grammar import SieveError, parse
from bascule.conversions.filters.source.syntax import Argument, Command, Strings, Test

INBOX = "INBOX"
_SYSTEM_FLAGS = frozenset({"\\answered", "\\flagged", "\\deleted", "\\seen", "\\draft"})
_VACATION_VALUES = frozenset({"days", "seconds", "subject", "from", "addresses", "handle", "fcc"})
_NOTIFY_VALUES = frozenset({"method", "id", "options", "message", "from", "importance", "fcc"})


class Kind(StrEnum):
    STORE = "store"
    DISCARD = "discard"
    REDIRECT = "redirect"
    REJECT = "reject"
    VACATION = "vacation"
    NOTIFY = "notify"
    JETTISON = "jettison"


@dataclass(frozen=True, slots=True)
class Done:
    """One action.

    target: the folder ("INBOX" for keeping), the address, the text of a refusal or answer, what a notice is sent to.
    rule: its place among those given, None for the keeping that happens when no rule says otherwise. flags: of a
    stored copy, system flags in lower case.
    """

    kind: Kind
    target: str = ""
    flags: tuple[str, ...] = ()
    rule: int | None = None


@dataclass(frozen=True, slots=True)
class Untried:
    """A rule that was left out: its place, and a French phrase for what could not be tried."""

    rule: int
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """actions: in order, the implicit keep last. matched: the rules that did something. stopped: by which rule."""

    actions: tuple[Done, ...] = ()
    matched: tuple[int, ...] = ()
    untried: tuple[Untried, ...] = ()
    stopped: int | None = None


def run(rules: Sequence[SourceRule], message: Message, *, sender: str, recipient: str, now: datetime) -> Outcome:
    """What `rules`, in that order, do with a message; those that are not active do nothing.

    sender, recipient: of the envelope, "" for a sender that has none. now: with the zone of the old server.
    """
    seen = Circumstances(message, sender, recipient, now)
    engine = _Engine(seen)
    untried: list[Untried] = []
    scripts: list[tuple[int, tuple[Command, ...]]] = []
    for number, rule in enumerate(rules):
        if not rule.active:
            continue
        try:
            scripts.append((number, parse(rule.text).commands))
        except SieveError as fault:
            untried.append(Untried(number, f"la règle ne se lit pas : {str(fault)[:1].lower()}{str(fault)[1:]}"))
    asked = {capability for _, commands in scripts for capability in _asked(commands)}
    # Whoever sets a variable means to use it, whether or not the extension was asked for.
    seen.with_variables = "variables" in asked or any(_sets(commands) for _, commands in scripts)
    for number, commands in scripts:
        before = engine.state.copy(), seen.copy_of_state()
        engine.rule = number
        try:
            engine.run(_decoded(commands) if "encoded-character" in asked else commands)
        except CannotTry as missing:
            engine.state = before[0]
            seen.restore(before[1])
            untried.append(Untried(number, str(missing)))
        if engine.state.stopped is not None:
            break
    state = engine.state
    actions = list(state.actions)
    if state.keeps:
        kept = Done(Kind.STORE, INBOX, seen.flags)
        if all(replace(done, rule=None) != kept for done in actions):
            actions.append(kept)
    untried.sort(key=lambda one: one.rule)
    return Outcome(tuple(actions), tuple(state.matched), tuple(untried), state.stopped)


def _asked(commands: Sequence[Command]) -> set[str]:
    return {
        value.lower()
        for command in commands
        if command.name == "require"
        for argument in command.args
        if isinstance(argument, Strings)
        for value in argument.values
    }


def _sets(commands: Sequence[Command]) -> bool:
    return any(command.name == "set" or _sets(command.block or ()) for command in commands)


def _decoded(commands: Sequence[Command]) -> tuple[Command, ...]:
    """The commands with the encoded characters of their strings put in."""
    return tuple(
        replace(
            command,
            args=_decoded_arguments(command.args),
            tests=tuple(map(_decoded_test, command.tests)),
            block=None if command.block is None else _decoded(command.block),
        )
        for command in commands
    )


def _decoded_test(test: Test) -> Test:
    return replace(test, args=_decoded_arguments(test.args), tests=tuple(map(_decoded_test, test.tests)))


def _decoded_arguments(args: tuple[Argument, ...]) -> tuple[Argument, ...]:
    return tuple(
        Strings(tuple(map(decoded, one.values)), one.is_list) if isinstance(one, Strings) else one for one in args
    )


@dataclass(slots=True)
class _State:
    """What has been decided so far. keeps: the implicit keep still stands. copied: what was done with `:copy` first."""

    actions: list[Done] = field(default_factory=list)
    copied: list[Done] = field(default_factory=list)
    matched: list[int] = field(default_factory=list)
    keeps: bool = True
    stopped: int | None = None

    def copy(self) -> _State:
        return _State(list(self.actions), list(self.copied), list(self.matched), self.keeps, self.stopped)


class _Engine:
    def __init__(self, seen: Circumstances) -> None:
        self.state = _State()
        self.rule = 0
        self._seen = seen

    def run(self, commands: Sequence[Command]) -> None:
        taken = False
        for command in commands:
            if self.state.stopped is not None:
                return
            if command.name in ("if", "disabled_if", "elsif", "else"):
                if command.name in ("if", "disabled_if"):
                    taken = False
                if taken or command.name == "disabled_if":
                    continue
                taken = command.name == "else" or holds(command.tests[0], self._seen)
                if taken:
                    self.run(command.block or ())
            elif command.name != "require":
                self._act(command)

    def _act(self, command: Command) -> None:
        action = _ACTIONS.get(command.name)
        if action is None:
            raise CannotTry(f"l’action « {command.name[:40]} »")
        action(self, command)
        if command.name != "set" and self.rule not in self.state.matched:
            self.state.matched.append(self.rule)

    # ------------------------------------------------------------------------------------------------ copies

    def keep(self, command: Command) -> None:
        args = Arguments.of(command.args)
        self._leave(Done(Kind.STORE, INBOX), args)
        self._store(INBOX, args)

    def _leave(self, action: Done, args: Arguments) -> None:
        """Without `:copy` the implicit keep is over; in Pigeonhole the first of two equal actions decides that."""
        before = any((one.kind, one.target) == (action.kind, action.target) for one in self.state.actions)
        if "copy" in args.tags and not before:
            self.state.copied.append(action)
        elif "copy" not in args.tags and action not in self.state.copied:
            self.state.keeps = False

    def file_into(self, command: Command) -> None:
        args = Arguments.of(command.args, frozenset({"flags", "specialuse"}))
        if unknown := args.tags.keys() - {"copy", "flags", "create"}:
            raise CannotTry(f"« :{min(unknown)[:40]} » dans l’action « fileinto »")
        folder = args.strings(0, self._seen)[0]
        folder = INBOX if folder.upper() == INBOX else folder
        self._leave(Done(Kind.STORE, folder), args)
        self._store(folder, args)

    def _store(self, folder: str, args: Arguments) -> None:
        """One copy a folder; a second one changes the flags of the first."""
        flags = self._seen.flags
        if "flags" in args.tags:
            flags = _flags(args.tagged("flags", self._seen), ())
        done = Done(Kind.STORE, folder, flags, self.rule)
        for place, earlier in enumerate(self.state.actions):
            if earlier.kind is Kind.STORE and earlier.target == folder:
                self.state.actions[place] = replace(earlier, flags=flags)
                return
        self.state.actions.append(done)

    def redirect(self, command: Command) -> None:
        args = Arguments.of(command.args, frozenset({"notify", "ret", "bytimerelative"}))
        address = args.strings(0, self._seen)[0]
        self._leave(Done(Kind.REDIRECT, address.strip()), args)
        self._once(Done(Kind.REDIRECT, address.strip(), rule=self.rule))

    # ------------------------------------------------------------------------------------- the end of a message

    def discard(self, command: Command) -> None:
        del command
        self._once(Done(Kind.DISCARD, rule=self.rule))
        self.state.keeps = False

    def jettison(self, command: Command) -> None:
        """Sun's: thrown away, whatever any rule says besides."""
        del command
        self.state.actions = [one for one in self.state.actions if one.kind is not Kind.STORE]
        self.state.actions.append(Done(Kind.JETTISON, rule=self.rule))
        self.state.keeps = False
        self.state.stopped = self.rule

    def reject(self, command: Command) -> None:
        reason = Arguments.of(command.args).strings(0, self._seen)[0]
        self._once(Done(Kind.REJECT, reason.strip(), rule=self.rule))
        self.state.keeps = False

    def stop(self, command: Command) -> None:
        del command
        self.state.stopped = self.rule

    # -------------------------------------------------------------------------------------------- what is sent

    def vacation(self, command: Command) -> None:
        """The first one counts."""
        text = Arguments.of(command.args, _VACATION_VALUES).strings(-1, self._seen)[0]
        if all(one.kind is not Kind.VACATION for one in self.state.actions):
            self.state.actions.append(Done(Kind.VACATION, text.strip(), rule=self.rule))

    def notify(self, command: Command) -> None:
        args = Arguments.of(command.args, _NOTIFY_VALUES)
        method = args.strings(0, self._seen) if args.rest else []
        target = [*method, *args.tagged("options", self._seen), *args.tagged("method", self._seen), ""][0]
        self._once(Done(Kind.NOTIFY, target, rule=self.rule))

    def _once(self, done: Done) -> None:
        if all((one.kind, one.target) != (done.kind, done.target) for one in self.state.actions):
            self.state.actions.append(done)

    # ---------------------------------------------------------------------------------------------------- state

    def change_flags(self, command: Command) -> None:
        args = Arguments.of(command.args)
        name = args.strings(-2, self._seen)[0].lower() if len(args.rest) > 1 else ""
        given = args.strings(-1, self._seen)
        current = tuple(self._seen.variables.get(name, "").split()) if name else self._seen.flags
        flags = _changed(command.name, current, given)
        if name:
            self._seen.variables[name] = " ".join(flags)
        else:
            self._seen.flags = flags

    def mark(self, command: Command) -> None:
        name = "addflag" if command.name == "mark" else "removeflag"
        self._seen.flags = _changed(name, self._seen.flags, ["\\Flagged"])

    def set_variable(self, command: Command) -> None:
        args = Arguments.of(command.args, frozenset())
        name = args.strings(0, self._seen)[0].lower()
        value = args.strings(1, self._seen)[0]
        self._seen.variables[name] = modified(value, frozenset(args.tags))


def _changed(command: str, current: tuple[str, ...], given: Sequence[str]) -> tuple[str, ...]:
    if command == "setflag":
        return _flags(given, ())
    if command == "addflag":
        return _flags(given, current)
    gone = {flag.lower() for flag in _flags(given, ())}
    return tuple(flag for flag in current if flag.lower() not in gone)


def _flags(given: Sequence[str], current: tuple[str, ...]) -> tuple[str, ...]:
    """The flags of `current` and those given (several in one string, too), each once; no such system flag: left out."""
    flags = {flag.lower(): flag for flag in current}
    for flag in " ".join(given).split():
        lower = flag.lower()
        if "\\" not in flag or lower in _SYSTEM_FLAGS:
            flags.setdefault(lower, lower if "\\" in flag else flag)
    return tuple(flags.values())


_ACTIONS = {
    "keep": _Engine.keep,
    "fileinto": _Engine.file_into,
    "redirect": _Engine.redirect,
    "discard": _Engine.discard,
    "jettison": _Engine.jettison,
    "reject": _Engine.reject,
    "ereject": _Engine.reject,
    "stop": _Engine.stop,
    "vacation": _Engine.vacation,
    "notify": _Engine.notify,
    "addflag": _Engine.change_flags,
    "setflag": _Engine.change_flags,
    "removeflag": _Engine.change_flags,
    "mark": _Engine.mark,
    "unmark": _Engine.mark,
    "set": _Engine.set_variable,
}
