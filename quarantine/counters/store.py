"""The store, one call at a time: for pages, tasks and tests. A gateway uses `door` instead.

Every call raises StoreDown when the store does not answer within the time given.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, cast
from uuid import uuid4

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from quarantine.counters import wire
from quarantine.counters.addresses import Address, address_of
from quarantine.counters.types import (
    Batch,
    Decision,
    KeyTally,
    Outcome,
    Question,
    SlotTally,
    StoreDown,
    Usage,
    instant,
)
from quarantine.limits import WINDOWS, Subject

# The braces make one slot of all keys (hash tag).
PREFIX = "{envois}:"
_USAGE = struct.Struct("<9d")
_FIGURE = struct.Struct("<dddB")
_MESSAGE = 1 << 32
# Names looked at in one script: a look at one takes some 10 µs, during which the store answers nobody else.
_LOOKED_AT = 200


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except redis.RedisError as error:
        raise StoreDown(f"{type(error).__name__}: {error}") from error


def client_of(address: Address, timeout: float) -> redis.Redis:
    """A client that never asks twice. timeout: seconds, of a connection and of an answer."""
    options: dict[str, Any] = {
        "username": address.user or None,
        "password": address.password or None,
        "db": address.database,
        "socket_timeout": timeout,
        "socket_connect_timeout": timeout,
        # An answer that was lost is no reason to decide again.
        "retry": Retry(NoBackoff(), 0),
    }
    if address.path:
        return redis.Redis(unix_socket_path=address.path, **options)
    return redis.Redis(host=address.host, port=address.port, ssl=address.is_tls, **options)


class Store:
    """`test_clock`: gives the store's time in microseconds instead of the store's own clock; tests only."""

    def __init__(
        self, url: str, *, prefix: str = PREFIX, timeout: float = 2, test_clock: Callable[[], int] | None = None
    ) -> None:
        self._redis = client_of(address_of(url), timeout)
        self._prefix = prefix
        self._clock_key = f"{prefix}clock"
        self._clock = test_clock or (lambda: 0)
        self._digests: dict[bytes, str] = {}

    def close(self) -> None:
        self._redis.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, script: bytes, *arguments: bytes | str | float) -> Any:
        """One script, by its digest; a store that was emptied or restarted is told the text again."""
        known = self._digests.setdefault(script, wire.digest(script))
        with _answering():
            try:
                return self._redis.evalsha(known, 1, self._clock_key, *arguments)
            except redis.exceptions.NoScriptError:
                return self._redis.eval(script.decode(), 1, self._clock_key, *arguments)

    def decide(self, question: Question, *, expected: float = 0) -> Decision:
        """One decision. `expected`: the instant of the windows by a witness (microseconds), 0 without one."""
        answer = self._run(wire.DECIDE, *wire.arguments(question, expected=expected, clock=self._clock()))
        return wire.decision(answer)

    # What pages show

    def usages(self, names: Iterable[tuple[Subject, str]]) -> list[Usage]:
        """How much of their windows the subjects have used by now, in the order given."""
        asked = list(names)
        found: list[Usage] = []
        for start in range(0, len(asked), _LOOKED_AT):
            part = asked[start : start + _LOOKED_AT]
            lines = (f"{subject} {key}".encode("utf-8", "surrogateescape") for subject, key in part)
            _, packed = self._run(wire.LOOK, self._clock(), 0, *lines)
            found += [_usage(subject, key, one) for (subject, key), one in zip(part, packed, strict=True)]
        return found

    def usage(self, subject: Subject, key: str) -> Usage:
        return self.usages([(subject, key)])[0]

    def hot(self) -> list[Usage]:
        """Subjects that a message has brought to half of a WARN or beyond within the longest window, newest first."""
        with _answering():
            members = cast("list[bytes]", self._redis.zrange(f"{self._prefix}hot", 0, -1, desc=True))
        found = self.usages(_subject_and_key(member.decode("utf-8", "surrogateescape")) for member in members)
        gone = [member for member, usage in zip(members, found, strict=True) if not any(usage.used)]
        if gone:
            with _answering():
                self._redis.zrem(f"{self._prefix}hot", *gone)
        return [usage for usage in found if any(usage.used)]

    # Compromised senders: the rows of the database are the truth, this is what the gateways go by

    def block(self, sender: str) -> None:
        """`sender` can send nothing from now on."""
        with _answering(), self._redis.pipeline(transaction=True) as pipe:
            pipe.sadd(f"{self._prefix}compromised", sender)
            pipe.incr(f"{self._prefix}compromised:changes")
            pipe.execute()

    def unblock(self, sender: str) -> None:
        """`sender` is counted again like anybody; the refusals that the rule counted are forgotten."""
        with _answering(), self._redis.pipeline(transaction=True) as pipe:
            pipe.srem(f"{self._prefix}compromised", sender)
            pipe.incr(f"{self._prefix}compromised:changes")
            pipe.delete(f"{self._prefix}refusals:{sender}")
            pipe.execute()

    def compromised(self) -> set[str]:
        with _answering():
            return {one.decode() for one in cast("set[bytes]", self._redis.smembers(f"{self._prefix}compromised"))}

    def compromised_number(self) -> str:
        """Changes with every `block` and `unblock`: to be read before the rows are, for `replace_compromised`."""
        with _answering():
            return cast("bytes", self._redis.get(f"{self._prefix}compromised:changes") or b"0").decode()

    def replace_compromised(self, senders: Collection[str], *, number: str) -> bool:
        """The list becomes `senders`; False, and nothing done, when it was changed since `number` was read."""
        return bool(self._run(wire.REPLACE, number, *senders))

    # Tallies for the database

    def batches(self) -> list[Batch]:
        """Tallies to take over: those of now, and those that an earlier call gave and nobody has told to forget.

        The caller writes a batch and its id in one transaction, leaves out a batch whose id it finds written, and then
        calls `forget_batch`: killed anywhere in between, it neither loses nor doubles a figure.
        """
        ids = sorted(one.decode() for one in self._run(wire.DRAIN, uuid4().hex))
        found = []
        for id_ in ids:
            with _answering():
                slots = cast("dict[bytes, bytes]", self._redis.hgetall(f"{self._prefix}tally:{id_}"))
                keys = cast("dict[bytes, bytes]", self._redis.hgetall(f"{self._prefix}figures:{id_}"))
            found.append(Batch(id_, tuple(map(_slot, *_columns(slots))), tuple(map(_key, *_columns(keys)))))
        return found

    def forget_batch(self, id_: str) -> None:
        """The batch is in the database by now. One that is not there is no matter."""
        with _answering(), self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(f"{self._prefix}tally:{id_}", f"{self._prefix}figures:{id_}")
            pipe.srem(f"{self._prefix}batches", id_)
            pipe.execute()


def _columns(found: dict[bytes, bytes]) -> tuple[list[str], list[bytes]]:
    return [name.decode("utf-8", "surrogateescape") for name in found], list(found.values())


def _subject_and_key(text: str) -> tuple[Subject, str]:
    subject, _, key = text.partition(" ")
    return Subject(subject), key


def _usage(subject: Subject, key: str, packed: bytes) -> Usage:
    if not packed:
        return Usage(subject, key)
    last, *pairs = _USAGE.unpack(packed)
    one, ten, sixty, six_hundred = (int(used) for used in pairs[::2])
    since = tuple(instant(at) if at else None for at in pairs[1::2])
    return Usage(subject, key, (one, ten, sixty, six_hundred), since, instant(last))


def _slot(name: str, value: bytes) -> SlotTally:
    slot, outcome = name.split(" ")
    messages, recipients = divmod(int(value), _MESSAGE)
    return SlotTally(instant(int(slot) * 1_000_000), Outcome(outcome), messages, recipients)


def _key(name: str, value: bytes) -> KeyTally:
    slot, outcome, subject, key = name.split(" ", 3)
    total, first, last, window = _FIGURE.unpack(value)
    messages, recipients = divmod(int(total), _MESSAGE)
    return KeyTally(
        instant(int(slot) * 1_000_000),
        Outcome(outcome),
        Subject(subject),
        key,
        messages,
        recipients,
        instant(first),
        instant(last),
        WINDOWS[window] if window < len(WINDOWS) else 0,
    )
