"""A rule that was made in Zimbra, in the quick form: only where the form gives back the very same rule."""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch

from django.conf import settings

from bascule.conversions.filters.converting.convert import convert
from bascule.conversions.filters.model import SourceRule
from bascule.conversions.filters.source import syntax
from bascule.conversions.filters.source.syntax import Argument, Command, Number, Strings, Tag
from bascule.conversions.filters.source.writing import script_of
from bascule.filters.form_sieve import FormRule, form_of, sieve_of
from zimbra.types import filter_actions as actions
from zimbra.types import filter_tests as tests
from zimbra.types.elements import Other
from zimbra.types.filters import FilterRule, RuleBody


def form_of_zimbra(rule: FilterRule) -> FormRule | None:
    """The form that says exactly what `rule` does; None when there is none."""
    try:
        found = form_of(script_of(_commands(rule)))
    except _NoWords:
        return None
    if found is None:
        return None
    back = convert(SourceRule(sieve_of(found), rule.name), domain=settings.MAIL_DOMAIN).rules
    return found if len(back) == 1 and _plain(back[0]) == _plain(rule) else None


_Headed = tests.HeaderTest | tests.AddressTest | tests.HeaderExistsTest


class _NoWords(Exception):
    """Sieve of the old server cannot say it as one command."""


def _commands(rule: FilterRule) -> tuple[Command, ...]:
    if rule.nested is not None or rule.more or rule.variables:
        raise _NoWords
    # Flags first, as the form writes them: Zimbra gives them to the message wherever they stand.
    given = sorted(rule.actions, key=lambda one: not isinstance(one, actions.Flag | actions.Tag))
    block = tuple(_action(one) for one in given)
    if all(isinstance(one, tests.TrueTest) and not one.negative for one in rule.tests):
        return block
    found = tuple(_test(one) for one in rule.tests)
    whole = found[0] if len(found) == 1 else syntax.Test(rule.condition, tests=found)
    return (Command("if", tests=(whole,), block=block),)


@singledispatch
def _action(action: actions.Action | Other) -> Command:
    raise _NoWords


@_action.register
def _(action: actions.FileInto) -> Command:
    if action.copy:
        raise _NoWords
    return _with("fileinto", action.folder.strip("/"))


@_action.register
def _(action: actions.Flag) -> Command:
    flags = {"read": "\\Seen", "flagged": "\\Flagged"}
    if action.flag not in flags:
        raise _NoWords
    return _with("addflag", flags[action.flag])


@_action.register
def _(action: actions.Tag) -> Command:
    return _with("addflag", action.tag)


@_action.register
def _(action: actions.Reject) -> Command:
    return _with("reject", action.content)


@_action.register
def _(action: actions.Keep) -> Command:
    return Command("keep")


@_action.register
def _(action: actions.Discard) -> Command:
    return Command("discard")


@_action.register
def _(action: actions.Stop) -> Command:
    return Command("stop")


def _with(name: str, value: str) -> Command:
    return Command(name, (Strings((value,), is_list=False),))


def _test(test: tests.Test | Other) -> syntax.Test:
    if isinstance(test, Other):
        raise _NoWords
    name, args = _said(test)
    positive = syntax.Test(name, args)
    return syntax.Test("not", tests=(positive,)) if test.negative else positive


def _said(test: tests.Test) -> tuple[str, tuple[Argument, ...]]:
    match test:
        case tests.EnvelopeTest():
            raise _NoWords
        case tests.HeaderTest(header=header, value=value, comparison=kind, case_sensitive=False) if kind:
            return "header", (Tag(kind), _headers(header), _one(value))
        case tests.AddressTest(header=header, value=value, part="all", comparison=kind, case_sensitive=False) if kind:
            return "address", (Tag("all"), Tag(kind), _headers(header), _one(value))
        case tests.BodyTest(value=value, case_sensitive=False):
            return "body", (Tag("contains"), _one(value))
        case tests.HeaderExistsTest(header=header):
            return "exists", (_headers(header),)
        case tests.SizeTest(comparison=kind, size=size) if size[:-1].isdigit() or size.isdigit():
            # What the number is in bytes is not written.
            return "size", (Tag(kind), Number(0, size.upper()))
    raise _NoWords


def _headers(names: str) -> Strings:
    found = tuple(name.strip() for name in names.split(",") if name.strip())
    return Strings(found, is_list=len(found) > 1)


def _one(value: str) -> Strings:
    return Strings((value,), is_list=False)


def _plain(rule: RuleBody) -> tuple[object, ...]:
    """What the rule says, without what makes no difference: capitals of headers, order of actions before a stop."""
    found = tuple(
        replace(one, header=one.header.lower().replace(" ", "")) if isinstance(one, _Headed) else one
        for one in rule.tests
    ) or (tests.TrueTest(),)
    done = [
        replace(one, folder=one.folder.strip("/")) if isinstance(one, actions.FileInto) else one for one in rule.actions
    ]
    stops = bool(done) and isinstance(done[-1], actions.Stop)
    return found, rule.condition if len(found) > 1 else "", frozenset(done), len(done), stops
