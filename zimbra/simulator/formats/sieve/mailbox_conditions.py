"""Tests of a script about the owner of the mailbox: addresses, contacts, conversations, and who writes to him."""

from __future__ import annotations

import re
from collections.abc import Callable

from zimbra.simulator.formats.sieve.arguments import nothing_more, one_of, string, strings
from zimbra.simulator.formats.sieve.compare import SieveError
from zimbra.simulator.formats.sieve.context import Context
from zimbra.simulator.formats.sieve.grammar import Test
from zimbra.simulator.formats.sieve.outcome import Flag
from zimbra.simulator.formats.sieve.rules import FLAGS

Answer = Callable[[Context], bool]


def _in(test: Test) -> list[str]:
    """Names of fields after the tag :in, each string of which may hold several."""
    one_of(test.args, 0, (":in",))
    nothing_more(test.args, 2)
    return [name.strip() for value in strings(test.args, 1) for name in value.split(",")]


def _addresses(context: Context, names: list[str]) -> list[str]:
    return [address.lower() for name in names for _, address in context.message.addresses(name)]


def _mine(context: Context, names: list[str]) -> bool:
    return not context.around.addresses.isdisjoint(_addresses(context, names))


def _address_book(test: Test) -> Answer:
    names = _in(test)
    return lambda context: context.around.known(_addresses(context, names))


def _contact_ranking(test: Test) -> Answer:
    names = _in(test)
    return lambda context: context.around.often_used(_addresses(context, names))


def _me(test: Test) -> Answer:
    names = _in(test)
    return lambda context: _mine(context, names)


def _conversation(test: Test) -> Answer:
    where = "started"
    if test.args:
        one_of(test.args, 0, (":where",))
        where = string(test.args, 1).lower()
        nothing_more(test.args, 2)
    if where not in ("started", "participated"):
        raise SieveError(f"Unknown where: {where}")
    return lambda context: context.around.conversation(context.message)[where == "participated"]


def _flagged(test: Test) -> Answer:
    """By a rule before this one, or already when the message is a stored one."""
    names = strings(test.args, 0)
    nothing_more(test.args, 1)
    if not set(names) <= set(FLAGS):
        raise SieveError(f"Invalid flag: {', '.join(names)}")

    def answer(context: Context) -> bool:
        if any(isinstance(action, Flag) and action.name in names for action in context.actions):
            return True
        flags = context.around.flags
        if flags is None:
            return False
        return all({"read": "u" not in flags, "flagged": "f" in flags, "priority": "+" in flags}[one] for one in names)

    return answer


_BULK_FIELDS = frozenset(
    {"x-antiabuse", "x-report-abuse", "x-abuse-reports-to", "x-mail_abuse_inquires", "x-job", "unsubscribe",
     "removeemail"}
)  # fmt: skip


def _bulk(test: Test) -> Answer:
    nothing_more(test.args, 0)

    def answer(context: Context) -> bool:
        message = context.message
        names = {name.lower() for name, _ in message.root.fields}
        if names & _BULK_FIELDS or any("campaign" in name for name in names):
            return True
        if "list-unsubscribe" in names and _mine(context, ["to"]):
            return True
        if any(value.strip().lower() == "bulk" for value in message.header("Precedence")):
            return "auto-replied (zimbra; vacation)" not in message.header("Auto-Submitted")
        scores = re.findall(r"\bbulkscore=(\d{1,6})", " ".join(message.header("X-Proofpoint-Spam-Details")))
        return any(int(score) >= 50 for score in scores)

    return answer


def _from(pattern: str) -> Callable[[Test], Answer]:
    """Notices of a service, by the address they come from."""
    wanted = re.compile(pattern)

    def make(test: Test) -> Answer:
        nothing_more(test.args, 0)
        return lambda context: any(wanted.fullmatch(one) for one in _addresses(context, ["sender", "from"]))

    return make


CONDITIONS: dict[str, Callable[[Test], Answer]] = {
    "addressbook": _address_book,
    "contact_ranking": _contact_ranking,
    "me": _me,
    "conversation": _conversation,
    "flagged": _flagged,
    "bulk": _bulk,
    "facebook": _from(r"notification\+.*@facebookmail\.com"),
    "linkedin": _from(r"(?:connections|member|hit-reply|invitations|messages-noreply)@linkedin\.com"),
    "socialcast": _from(r".*@socialcast\.com"),
    "twitter": _from(r".*@postmaster\.twitter\.com"),
}
