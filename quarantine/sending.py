"""What the limits are asked for a message: from what a mail server says of it, and the rules, to a question to the
store. Pure, and quick: it is done for each message that anybody sends.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from functools import lru_cache

from quarantine import limits
from quarantine.counters.types import Question
from quarantine.limits import Rules, Schedule

# Addresses and senders of which what is known is kept at hand; an academy has some ten thousand of each.
_KEPT = 32_768
# Longer values are nobody's address (RFC 5321, 4.5.3.1: 256 bytes): not worth keeping at hand.
_LONGEST_KEPT = 400
# The store takes names of 400 bytes; an instance of Postfix has about 30.
_LONGEST_NAME = 400
_LONGEST_INSTANCE = 100
# How far a schedule's instant may be from the store's clock before it is made anew.
_SCHEDULE_GOOD_FOR = dt.timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Submission:
    """A message that is about to be sent, as the mail server tells it. recipients: 1 or more; instance: the same when
    the server asks again about the same message, "" for none. Texts are untrusted bytes."""

    client_address: bytes
    sender: bytes
    sasl_username: bytes
    recipients: int
    instance: bytes = b""


class Nameless(Exception):
    """Neither an address nor a sender to count it for: no such message comes out of a mail server."""


class Desk:
    """Makes questions by some rules; whoever has newer rules makes another desk."""

    def __init__(self, rules: Rules, at: dt.datetime) -> None:
        self.rules = rules
        self._schedule = Schedule(rules, at)
        self._made_for = at
        self._client = lru_cache(maxsize=_KEPT)(self._look_up_client)
        self._sender = lru_cache(maxsize=_KEPT)(self._look_up_sender)

    def keep_time(self, at: dt.datetime) -> None:
        """To be called now and then with the store's time: thresholds change with the hour."""
        if abs(at - self._made_for) > _SCHEDULE_GOOD_FOR:
            self._schedule = Schedule(self.rules, at)
            self._made_for = at

    def question(self, submission: Submission) -> Question:
        """Raises Nameless."""
        client, sasl, sender = submission.client_address, submission.sasl_username, submission.sender
        if len(client) + len(sasl) + len(sender) <= _LONGEST_KEPT:
            ip, ip_factor, may_be_list = self._client(client)
            key, sender_factor = self._sender(sasl, sender)
        else:
            ip, ip_factor, may_be_list = self._look_up_client(client)
            key, sender_factor = self._look_up_sender(sasl, sender)
        if not (ip or key):
            raise Nameless
        rules = self.rules
        return Question(
            recipients=submission.recipients,
            ip=ip if ip_factor else "",
            sender=key,
            periods=self._schedule.periods(ip_factor or 1, sender_factor),
            instance=_instance(submission.instance),
            is_counted=not (may_be_list and limits.is_from_list(rules, _text(client), _text(sender))),
            refusals=rules.compromise_refusals,
            refusal_seconds=60 * rules.compromise_minutes,
        )

    def _look_up_client(self, client: bytes) -> tuple[str, int | None, bool]:
        """Key of an address, factor of its thresholds (None: not counted), whether a list server may have it."""
        address = _text(client)
        found = limits.parsed_address.__wrapped__(address)
        if found is None:
            return "", 1, False
        may_be_list = any(
            one.network.version == found.version and found in one.network for one in self.rules.list_servers
        )
        return limits.ip_key.__wrapped__(address), self.rules.networks.factor_of(address), may_be_list

    def _look_up_sender(self, sasl: bytes, sender: bytes) -> tuple[str, int]:
        """Key of a sender, and the factor of its thresholds."""
        key = limits.sender_key.__wrapped__(_text(sasl), _text(sender))
        if len(key.encode()) > _LONGEST_NAME:
            key = f"sha256:{hashlib.sha256(key.encode()).hexdigest()}"
        return key, limits.sender_factor(self.rules, key)


def _instance(value: bytes) -> str:
    return _text(value) if len(value) <= _LONGEST_INSTANCE else hashlib.sha256(value).hexdigest()


def _text(value: bytes) -> str:
    """Bytes that are no UTF-8 have no meaning beyond that: they are all alike."""
    return value.decode("utf-8", "replace")
