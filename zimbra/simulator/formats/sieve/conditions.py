"""The tests of a script. For each name, a function that checks its arguments and gives what answers it.

Sources: RFC 5228, 5229, 5231, and the classes of Zimbra's com.zimbra.cs.filter.jsieve with what they do differently.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from zimbra.simulator.formats.sieve import compare, mailbox_conditions, message_conditions
from zimbra.simulator.formats.sieve.arguments import Comparison, comparison, nothing_more, strings
from zimbra.simulator.formats.sieve.compare import SieveError
from zimbra.simulator.formats.sieve.context import Context
from zimbra.simulator.formats.sieve.grammar import Test
from zimbra.simulator.formats.sieve.rules import NUMERIC

Answer = Callable[[Context], bool]
Condition = Callable[[Test], Answer]


def condition(test: Test) -> Answer:
    """What answers a test; SieveError for an unknown one and for arguments it does not take."""
    make = _CONDITIONS.get(test.name)
    if make is None:
        raise SieveError(f'Unknown test: "{test.name}"')
    return make(test)


# --- of other tests ------------------------------------------------------------------------------------------------


def _all_of(test: Test) -> Answer:
    return lambda context: all(condition(inner)(context) for inner in test.tests)


def _any_of(test: Test) -> Answer:
    return lambda context: any(condition(inner)(context) for inner in test.tests)


def _not(test: Test) -> Answer:
    if len(test.tests) != 1:
        raise SieveError("Exactly 1 test permitted")
    return lambda context: not condition(test.tests[0])(context)


def _constant(answer: bool) -> Condition:
    def make(test: Test) -> Answer:
        nothing_more(test.args, 0)
        return lambda context: answer

    return make


# --- comparing -----------------------------------------------------------------------------------------------------


def _holds(context: Context, wanted: Comparison, values: list[str]) -> bool:
    """Whether one of the values compares with one of the keys; a pattern that does leaves its parts behind."""
    if wanted.comparator == NUMERIC:
        context.require(NUMERIC)
    keys = [context.filled(key) for key in wanted.keys]
    if wanted.part == ":domain" and wanted.kind in (":contains", ":matches"):
        # A domain is compared without case, whatever the comparator; of whole ones Zimbra lowers the message's only.
        keys = [key.lower() for key in keys]
    if wanted.kind == ":count":
        return any(compare.count(wanted.operator, len(values), key) for key in keys)
    for value in values:
        for key in keys:
            if wanted.kind == ":matches":
                parts = compare.matches(wanted.comparator, value, key)
                if parts is not None:
                    if len(parts) > 1:
                        context.matched = parts[:10]
                    return True
            elif wanted.kind == ":value":
                if compare.relation(wanted.comparator, wanted.operator, value, key):
                    return True
            elif wanted.kind == ":contains":
                if compare.contains(wanted.comparator, value, key):
                    return True
            elif compare.is_equal(wanted.comparator, value, key):
                return True
    return False


def _header(test: Test) -> Answer:
    wanted = comparison(test.args)

    def answer(context: Context) -> bool:
        values = [
            value.strip() for name in wanted.names for value in context.message.header(context.filled(name).strip())
        ]
        return _holds(context, wanted, values)

    return answer


def _mime_header(test: Test) -> Answer:
    """As header, in the heads of all parts."""
    wanted = comparison(test.args)

    def answer(context: Context) -> bool:
        names = [context.filled(name) for name in wanted.names]
        parts = context.message.parts
        return _holds(
            context, wanted, [value.strip() for name in names for part in parts for value in part.header(name)]
        )

    return answer


def _names(context: Context, wanted: Comparison) -> list[str]:
    names = [context.filled(name) for name in wanted.names]
    for name in names:
        if not name or " " in name:
            raise SieveError(f"Header name must not be empty nor have spaces: {name!r}")
    return names


def _part(address: str, part: str) -> str:
    local, _, domain = address.rpartition("@") if "@" in address else (address, "", "")
    return {":all": address, ":localpart": local, ":domain": domain.lower()}[part]


def _address(test: Test) -> Answer:
    wanted = comparison(test.args, address=True)

    def answer(context: Context) -> bool:
        names = _names(context, wanted)
        found = [address for name in names for _, address in context.message.addresses(name)]
        return _holds(context, wanted, [_part(one, wanted.part) for one in found if "@" in one])

    return answer


def _envelope(test: Test) -> Answer:
    wanted = comparison(test.args, address=True)

    def answer(context: Context) -> bool:
        context.require("envelope")
        values = []
        for name in _names(context, wanted):
            if name.lower() == "to":
                values.append(context.recipient)
            elif name.lower() == "from":
                values.append(context.sender)
            else:
                raise SieveError(f"Unexpected header name as a value for <envelope-part>: {name!r}")
        if wanted.kind == ":count":
            values = [value for value in values if value]
        return _holds(context, wanted, [_part(value, wanted.part) for value in values])

    return answer


def _string(test: Test) -> Answer:
    """Source: RFC 5229, section 5."""
    wanted = comparison(test.args)

    def answer(context: Context) -> bool:
        values = [context.filled(value) for value in wanted.names]
        if wanted.kind == ":count":
            values = [value for value in values if value]
        return _holds(context, wanted, values)

    return answer


def _exists(test: Test) -> Answer:
    names = strings(test.args, 0)
    nothing_more(test.args, 1)
    return lambda context: all(context.message.header(context.filled(name)) for name in names)


# --- notification --------------------------------------------------------------------------------------------------


def _valid_notify_method(test: Test) -> Answer:
    uris = strings(test.args, 0)
    nothing_more(test.args, 1)

    def answer(context: Context) -> bool:
        context.require("enotify")
        return all(re.match(r"mailto:[^?]*@", context.filled(uri), re.IGNORECASE) is not None for uri in uris)

    return answer


def _notify_method_capability(test: Test) -> Answer:
    """Nothing is known of who is online: the one thing there is to ask is "maybe"."""
    wanted = comparison(test.args, most=3, least=2)
    if len(test.args) < 3:
        raise SieveError("Expecting a method, a capability and keys")

    def answer(context: Context) -> bool:
        context.require("enotify")
        keys = strings(test.args, len(test.args) - 1)
        online = all(name.lower() == "online" for name in wanted.keys)
        asked = Comparison(wanted.kind, wanted.operator, wanted.comparator, wanted.part, wanted.names, keys)
        return online and _holds(context, asked, ["maybe"])

    return answer


_CONDITIONS: dict[str, Condition] = {
    "allof": _all_of,
    "anyof": _any_of,
    "not": _not,
    "true": _constant(True),
    "false": _constant(False),
    "header": _header,
    "mime_header": _mime_header,
    "address": _address,
    "envelope": _envelope,
    "string": _string,
    "exists": _exists,
    "valid_notify_method": _valid_notify_method,
    "notify_method_capability": _notify_method_capability,
    # Notices of a Zimbra community are told by marks that only such a server sets: there are none here.
    "community_requests": _constant(False),
    "community_content": _constant(False),
    "community_connections": _constant(False),
    **message_conditions.CONDITIONS,
    **mailbox_conditions.CONDITIONS,
}
NAMES = frozenset(_CONDITIONS)
