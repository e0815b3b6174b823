"""What Zimbra does with a message that arrives, by its filter rules: tried here, without a Zimbra.

Sources: Zimbra's ZimbraMailAdapter and RuleManager. What is not as one would think:

- a rule without tests runs even when it is not active;
- flags and tags go to every copy of the message, wherever they stand, and keep it even when it was discarded;
- what was filed stays in the inbox as well only when the last place is a copy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bascule.conversions.filters.messages import Message
from bascule.conversions.filters.zimbra_engine.compare import GivenUp
from bascule.conversions.filters.zimbra_engine.conditions import Looked, passes
from zimbra.types.elements import Other
from zimbra.types.filter_actions import (
    Action,
    Discard,
    Ereject,
    FileInto,
    Flag,
    Keep,
    Log,
    Notify,
    NotifyByMethod,
    Redirect,
    Reject,
    Reply,
    Stop,
    Tag,
)
from zimbra.types.filters import FilterRule, RuleBody

INBOX = "Inbox"
_MAX_DEPTH = 32
# A folder whose name has one of these cannot be made: the message stays in the inbox.
_NO_NAME = re.compile(r'[:"\x00-\x1f\x7f]')
_VARIABLE = re.compile(r"\$\{[^${}]*\}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """folders: paths without a leading slash where a copy is, "Inbox" for the inbox; none when the message is nowhere.

    flags: read, flagged, priority. rejected: what the sender is told, "" when nothing is refused. matched: places in
    the list of rules of those whose conditions held, in order. stopped: the last of them ended all. untried: what
    could not be known here, as French nouns. error: French, why Zimbra gave the rules up and kept the message.
    """

    folders: tuple[str, ...] = (INBOX,)
    flags: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    redirected: tuple[str, ...] = ()
    notified: tuple[str, ...] = ()
    replies: tuple[str, ...] = ()
    rejected: str = ""
    matched: tuple[int, ...] = ()
    stopped: bool = False
    untried: tuple[str, ...] = ()
    error: str = ""

    @property
    def discarded(self) -> bool:
        """The message is nowhere, and nobody was told."""
        return not self.folders and not self.rejected and not self.redirected


class _Stop(Exception):
    """No further rule is looked at."""


@dataclass
class _Run:
    looked: Looked
    done: list[Action] = field(default_factory=list)
    matched: list[int] = field(default_factory=list)
    discarded: bool = False
    # The message is kept unless a rule says otherwise.
    implicit_keep: bool = True


def run(
    rules: Sequence[FilterRule],
    message: Message,
    *,
    sender: str,
    recipient: str,
    now: datetime,
    addresses: Iterable[str] = (),
) -> Outcome:
    """What becomes of a message that arrives. Nothing is raised.

    sender, recipient: of the envelope; now: with the time zone of the account; addresses: the person's own.
    """
    own = frozenset({recipient.lower(), *(one.lower() for one in addresses)})
    state = _Run(Looked(message, sender, recipient, now, own))
    stopped, error = False, ""
    try:
        for place, rule in enumerate(rules):
            _rule(state, place, rule)
    except _Stop:
        stopped = True
    except GivenUp as reason:
        error = str(reason)
    return _outcome(state, stopped, error)


def _rule(state: _Run, place: int, rule: FilterRule) -> None:
    if rule.tests and not rule.active:
        return
    _body(state, rule, place, 0)


def _body(state: _Run, body: RuleBody, place: int, depth: int) -> None:
    if body.variables:
        state.looked.assume("une valeur calculée")
    # In order and no further than needed, as Zimbra: a test behind may be one it gives up at.
    found = (one for test in body.tests if (one := passes(test, state.looked)) is not None)
    if body.tests and not (any(found) if body.condition == "anyof" else all(found)):
        return
    if body.nested is None or body.actions:
        _note(state, place)
    for action in body.actions:
        _act(state, action)
    if body.nested is not None and depth < _MAX_DEPTH:
        _body(state, body.nested, place, depth + 1)


def _note(state: _Run, place: int) -> None:
    if not state.matched or state.matched[-1] != place:
        state.matched.append(place)


def _act(state: _Run, action: Action | Other) -> None:
    if isinstance(action, Other):
        state.looked.assume("une action que le portail ne connaît pas")
    elif isinstance(action, Stop):
        raise _Stop
    elif isinstance(action, Discard):
        state.implicit_keep, state.discarded = False, True
    elif isinstance(action, Log):
        return
    else:
        if isinstance(action, Keep | FileInto | Redirect | Reject | Ereject):
            state.implicit_keep = False
        if isinstance(action, Reject | Ereject):
            state.discarded = True
        if isinstance(action, Flag):
            state.looked.flags.append(action.flag)
        state.done.append(action)


def _outcome(state: _Run, stopped: bool, error: str) -> Outcome:
    done = state.done
    if error:
        done = [Keep(), *(action for action in done if isinstance(action, Flag | Tag))]
    elif _is_kept(state):
        done = [Keep(), *done]
    done = [_sent(action, state.looked) for action in done]
    letters = [action.content for action in done if isinstance(action, Reject | Ereject)]
    return Outcome(
        folders=tuple(_folders(done, state.looked)),
        flags=tuple(dict.fromkeys(action.flag for action in done if isinstance(action, Flag))),
        tags=_unlike(action.tag.strip() for action in done if isinstance(action, Tag)),
        redirected=tuple(dict.fromkeys(action.address for action in done if isinstance(action, Redirect))),
        notified=tuple(
            dict.fromkeys(
                action.address if isinstance(action, Notify) else action.method.partition(":")[2].partition("?")[0]
                for action in done
                if isinstance(action, Notify | NotifyByMethod)
            )
        ),
        replies=tuple(action.content for action in done if isinstance(action, Reply)),
        rejected="\n".join(letters),
        matched=tuple(state.matched),
        stopped=stopped,
        untried=tuple(state.looked.untried),
        error=error,
    )


def _is_kept(state: _Run) -> bool:
    """Whether the message stays in the inbox besides what the rules did: the last place decides by its copy."""
    if not state.done:
        return state.implicit_keep
    places = [action for action in state.done if isinstance(action, Keep | FileInto | Redirect)]
    if not places:
        letters = any(isinstance(one, Reply | Notify | NotifyByMethod | Reject | Ereject) for one in state.done)
        return not letters or not state.discarded
    if state.discarded:
        return False
    moved = [action for action in places if isinstance(action, FileInto | Redirect)]
    return bool(moved) and moved[-1].copy


def _sent(action: Action, looked: Looked) -> Action:
    """A refusal or an answer that has nobody to go to leaves the message where it was."""
    if isinstance(action, Reject) and not looked.sender:
        return Keep()
    if isinstance(action, Reply) and not looked.people(("reply-to", "sender", "from")):
        return Keep()
    return action


def _folders(done: Iterable[Action], looked: Looked) -> list[str]:
    """Each once; Zimbra does not tell capitals from small letters."""
    found: dict[str, str] = {}
    for action in done:
        if isinstance(action, Keep):
            found.setdefault(INBOX.lower(), INBOX)
        elif isinstance(action, FileInto):
            if _VARIABLE.search(action.folder):
                looked.assume("une valeur calculée")
            path = "/".join(part for part in action.folder.split("/") if part)
            if not path or _NO_NAME.search(path):
                path = INBOX
            found.setdefault(path.casefold(), INBOX if path.casefold() == INBOX.lower() else path)
    return list(found.values())


def _unlike(names: Iterable[str]) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(name.casefold(), name)
    return tuple(found.values())
