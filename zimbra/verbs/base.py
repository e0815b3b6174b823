"""What every family of verbs stands on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Generic, Self, TypeVar

from zimbra import soap
from zimbra.endpoint import Endpoint, Reply
from zimbra.errors import LOST, Garbled, ZimbraError
from zimbra.types import Outcome, Result

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ask(Generic[T]):
    """A request together with how its answer is read. repeatable: see `Endpoint.call`."""

    request: soap.Request = field(repr=False)
    read: Callable[[soap.Element], T] = field(repr=False)
    repeatable: bool = False


class Verbs:
    """base: scheme, host and port of the service; endpoint: its SOAP address with the account's session.

    owns_transport: the endpoint's transport is closed with the client, by `close` or at the end of a `with`.
    """

    def __init__(self, base: str, endpoint: Endpoint, *, owns_transport: bool = False) -> None:
        self.base = base
        self.endpoint = endpoint
        self._owns_transport = owns_transport

    def close(self) -> None:
        """Give connections up, when they are this client's own; the session stays good on the server until it ends by
        itself."""
        if self._owns_transport:
            self.endpoint.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def ask(self, ask: Ask[T]) -> T:
        """Send one request, return what its answer says. Raises any `ZimbraError`."""
        return ask.read(self.endpoint.call(ask.request, repeatable=ask.repeatable))

    def ask_all(self, asks: Sequence[Ask[T]]) -> list[Result[T]]:
        """Send requests together; one `Result` each, in their order: a fault strikes the request it answers alone.

        What is raised, and what becomes a result, when a whole HTTP request fails: `Endpoint.batch`.
        """
        repeatable = all(ask.repeatable for ask in asks)
        replies = self.endpoint.batch((ask.request for ask in asks), repeatable=repeatable)
        return [_result(ask, reply) for ask, reply in zip(asks, replies, strict=True)]


def _result(ask: Ask[T], reply: Reply) -> Result[T]:
    if reply.element is None:
        return Result(error=reply.error or Garbled("no answer"))
    try:
        return Result(ask.read(reply.element))
    except ZimbraError as error:
        return Result(error=error)


def nothing(element: soap.Element) -> None:
    """Reads an answer that says no more than that it was done."""


def needed(element: soap.Element, name: str) -> soap.Element:
    """The child of an answer without which it is none. Garbled: it is missing."""
    found = soap.child(element, name)
    if found is None:
        raise Garbled(f"no {name}")
    return found


def fields(element: soap.Element, child: str = "a", key: str = "n") -> dict[str, str]:
    """Values of `<a n="name">value</a>`; a name that comes several times holds its values on lines of their own."""
    return {name: "\n".join(values) for name, values in all_fields(element, child, key).items()}


def all_fields(element: soap.Element, child: str = "a", key: str = "n") -> dict[str, tuple[str, ...]]:
    """As `fields`, with all the values of each name."""
    found: dict[str, tuple[str, ...]] = {}
    for one in soap.children(element, child):
        name = one.get(key) or ""
        found[name] = (*found.get(name, ()), one.text or "")
    return found


def is_true(value: str | None) -> bool:
    """A boolean as Zimbra writes it: 1 and 0 in attributes, TRUE and FALSE in values of the directory."""
    return (value or "").lower() in {"1", "true"}


def ldap_boolean(value: bool) -> str:
    return "TRUE" if value else "FALSE"


def not_done(error: ZimbraError) -> Outcome:
    """The outcome of an item that got an error in place of an id."""
    return Outcome(code=LOST if error.outcome_unknown else error.code, reason=error.reason)


def chunks(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
