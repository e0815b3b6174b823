"""One registry of handlers: (namespace, request name) -> function, who may call it, whether it writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from zimbra.simulator.call import Call
from zimbra.simulator.element import Reply

ACCOUNT = "urn:zimbraAccount"
MAIL = "urn:zimbraMail"
ADMIN = "urn:zimbraAdmin"
ZIMBRA = "urn:zimbra"

Function = Callable[[Call], Reply]


@dataclass(frozen=True)
class Handler:
    """`access`: "anyone", "user" (a valid token), "admin" (an administrator's token) or "manager" (that, or one of who
    administers a part; the handler asks with `Call.need`).

    `guards`: calls `Unit.guard` itself when it is about to write more than one statement.
    """

    function: Function
    access: str
    writes: bool
    guards: bool = False


HANDLERS: dict[tuple[str, str], Handler] = {}


def handles(
    ns: str, name: str, *, writes: bool = False, access: str = "", guards: bool = False
) -> Callable[[Function], Function]:
    """Register a function as the handler of one request. Admin requests need an administrator unless said otherwise."""

    def register(function: Function) -> Function:
        HANDLERS[ns, name] = Handler(function, access or ("admin" if ns == ADMIN else "user"), writes, guards)
        return function

    return register


def response(call: Call) -> Reply:
    """The empty answer of a request: XRequest -> XResponse in the same namespace."""
    return Reply(call.request.name.removesuffix("Request") + "Response", ns=call.request.ns, unique=True)
