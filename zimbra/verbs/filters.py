"""Incoming and outgoing filter rules: reading them, replacing them, applying them to existing mail."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from zimbra import soap
from zimbra.endpoint import MAX_BYTES
from zimbra.errors import NotFound, Refused
from zimbra.types.filters import Applied, Direction, FilterRule
from zimbra.verbs.base import chunks
from zimbra.verbs.filter_elements import read_rules, rules_xml
from zimbra.verbs.items import ItemVerbs

# Our own codes: what the server would accept and get wrong, or would refuse only after it was all sent.
BAD_NAME = "filters.BAD_NAME"
DUPLICATE_NAME = "filters.DUPLICATE_NAME"
ALWAYS_APPLIED = "filters.ALWAYS_APPLIED"
TOO_LARGE = "filters.TOO_LARGE"
NO_SUCH_RULE = "filters.NO_SUCH_RULE"

# Messages in one request to apply rules. The server's ceiling is zimbraFilterBatchSize (10,000); it goes through them
# one by one, and has to answer within the read time-out.
APPLIED_TOGETHER = 500
REQUESTS_TOGETHER = 4

_LINE_ENDS = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]")
_INFIX = {"incoming": "", "outgoing": "Outgoing"}


def check_rules(rules: Sequence[FilterRule]) -> None:
    """Refused, with one of this module's codes, when the set would not come back as it is.

    The server finds names again in the comment lines of its Sieve script, one for each rule in order, so a name of
    several lines shifts all others, and of two rules with one name only the first can be reached. A rule without
    tests becomes bare actions there, which are carried out even when the rule is inactive.
    """
    seen: set[str] = set()
    for rule in rules:
        if not rule.name.strip() or _LINE_ENDS.search(rule.name):
            raise Refused(BAD_NAME, rule.name)
        if rule.name in seen:
            raise Refused(DUPLICATE_NAME, rule.name)
        if not rule.active and not rule.tests:
            raise Refused(ALWAYS_APPLIED, rule.name)
        seen.add(rule.name)


class FilterVerbs(ItemVerbs):
    def filters(self, direction: Direction = "incoming") -> tuple[FilterRule, ...]:
        """All rules, in the order they are looked at."""
        request = soap.request(f"Get{_INFIX[direction]}FilterRulesRequest", soap.MAIL)
        return read_rules(self.endpoint.call(request, repeatable=True))

    def replace_filters(self, rules: Iterable[FilterRule], direction: Direction = "incoming") -> None:
        """Put these rules in the place of all there are.

        Refused before anything is sent: see `check_rules`, and TOO_LARGE. Refused by the server, which then keeps what
        it had: service.INVALID_REQUEST for a value, service.PARSE_ERROR for what it cannot make Sieve of,
        service.SIEVE_SCRIPT_MAX_SIZE_EXCEPTION. A test or action of a kind the server does not know (an `Other` that
        did not come from it) is left out without a word, which makes the rule wider: read the rules again and compare.
        """
        wanted = tuple(rules)
        check_rules(wanted)
        inner = rules_xml(wanted)
        if len(inner.encode()) > MAX_BYTES:
            raise Refused(TOO_LARGE)
        request = soap.request(f"Modify{_INFIX[direction]}FilterRulesRequest", soap.MAIL, inner)
        self.endpoint.call(request, repeatable=True)

    def put_filter(self, rule: FilterRule, direction: Direction = "incoming", *, first: bool = False) -> None:
        """Replace the rule of that name where it stands, or add it at the end (at the start with `first`).

        Reads all rules and writes all back: Zimbra has no request for one rule, and no way to notice that somebody
        else wrote in between. Of two writers at the same moment the later one wins, and the other's change is gone.
        """
        rules = self.filters(direction)
        if any(one.name == rule.name for one in rules):
            merged = tuple(rule if one.name == rule.name else one for one in rules)
        else:
            merged = (rule, *rules) if first else (*rules, rule)
        self.replace_filters(merged, direction)

    def delete_filter(self, name: str, direction: Direction = "incoming") -> None:
        """Take one rule away. NotFound: there is none of that name. Two writers can race, as in `put_filter`."""
        rules = self.filters(direction)
        kept = tuple(rule for rule in rules if rule.name != name)
        if len(kept) == len(rules):
            raise NotFound(NO_SUCH_RULE)
        self.replace_filters(kept, direction)

    def apply_filters(self, names: Sequence[str], ids: Sequence[str], direction: Direction = "incoming") -> Applied:
        """Apply rules to messages that are there already; an inactive rule does nothing, and nobody is written to.

        A message that is filed into another folder gets another id there.

        Goes in pieces below the server's batch size. Not repeated after a lost answer (a rule may copy), and a piece
        that fails leaves the others done: see `Applied`. What strikes the first request as a whole is raised.
        Refused service.INVALID_REQUEST: no rule of one of the names.
        """
        named = "".join(f"<filterRule{soap.attributes({'name': name})}/>" for name in names)
        parts = list(chunks(ids, APPLIED_TOGETHER))
        requests = [
            soap.request(
                f"Apply{_INFIX[direction]}FilterRulesRequest",
                soap.MAIL,
                f"<filterRules>{named}</filterRules><m{soap.attributes({'ids': ','.join(part)})}/>",
            )
            for part in parts
        ]
        replies = self.endpoint.batch(requests, max_children=REQUESTS_TOGETHER)
        if replies and all(reply.error and not reply.error.outcome_unknown for reply in replies) and replies[0].error:
            raise replies[0].error
        affected: list[str] = []
        unsettled: list[str] = []
        codes: list[str] = []
        for part, reply in zip(parts, replies, strict=True):
            if reply.element is None:
                unsettled += part
                codes += [reply.error.code] if reply.error else []
            else:
                for element in soap.children(reply.element, "m"):
                    affected += [one for one in (element.get("ids") or "").split(",") if one]
        return Applied(tuple(affected), tuple(unsettled), codes[0] if codes else "")

    def apply_filters_to_query(self, names: Sequence[str], query: str, direction: Direction = "incoming") -> Applied:
        """As `apply_filters`, to the messages a search finds, looked up first: they may be more than one batch."""
        ids = [element.id for element in self.search(query, "message")]
        return self.apply_filters(names, ids, direction)
