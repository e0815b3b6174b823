"""An address, a transport and a session together: single requests, and many in one.

Nothing here knows what the requests mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event

from zimbra import soap
from zimbra.errors import LOST, NOT_SENT, AnswerLost, Garbled, NotAllowed, Unavailable, ZimbraError
from zimbra.session import Session
from zimbra.transport import Transport
from zimbra.wire import post

# Children of one BatchRequest: enough to make the round trip negligible, few enough to answer within the read
# time-out on a server that takes 100 ms for each, and to lose little when an answer is lost.
MAX_CHILDREN = 500

# Zimbra refuses SOAP requests over zimbraSoapRequestMaxSize (15,360,000 bytes by default).
MAX_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Reply:
    """What one child of a batch got: its response element, or its error."""

    element: soap.Element | None = field(default=None, repr=False)
    error: ZimbraError | None = None


class Endpoint:
    """SOAP at one address with one session. Safe to share by threads."""

    def __init__(self, soap_url: str, transport: Transport, session: Session) -> None:
        self.soap_url = soap_url
        self.transport = transport
        self.session = session

    def call(
        self, request: soap.Request, *, repeatable: bool = False, sent: Callable[[], None] | None = None
    ) -> soap.Element:
        """Send one request, return its response element; signs in again, once, when the session has ended.

        A request refused for its session was not looked at, so even one that may not be repeated is sent again then.
        sent: see `HttpRequest`. Raises any `ZimbraError`.
        """
        token = self.session.token()
        try:
            return post(self.transport, self.soap_url, request, token=token, repeatable=repeatable, sent=sent)
        except NotAllowed as error:
            if not error.ends_session:
                raise
        token = self.session.renew(token)
        return post(self.transport, self.soap_url, request, token=token, repeatable=repeatable)

    def sign_out(self) -> None:
        """End the session on the server, so that its token opens nothing any more; without a session, nothing.

        A session that had ended already is no error; others are, and then the token may still be good.
        """
        token = self.session.forget()
        if not token:
            return
        request = soap.request("EndSessionRequest", soap.ACCOUNT, logoff=True)
        try:
            post(self.transport, self.soap_url, request, token=token, repeatable=True)
        except NotAllowed as error:
            if not error.ends_session:
                raise

    def batch(
        self,
        requests: Iterable[soap.Request],
        *,
        repeatable: bool = False,
        max_children: int = MAX_CHILDREN,
        max_bytes: int = MAX_BYTES,
    ) -> list[Reply]:
        """Send requests together, as many HTTP requests as the two bounds ask for; one `Reply` each, in their order.

        `requests` is read as it goes, one HTTP request ahead, so that a generator's work overlaps the server's. One
        HTTP request is under way at a time; the next leaves once the one before was answered as a whole.

        The replies already in hand are never thrown away: an error that strikes the whole first HTTP request is
        raised (all that is known is that error); one that strikes a later request ends the sending, and leaves its
        children with `AnswerLost` or `Garbled` when they may have been carried out, and `Unavailable(NOT_SENT)` else,
        as it does all that follow.
        """
        replies: list[Reply] = []
        parts = map(_Part, _cut(requests, max_children, max_bytes))
        part = next(parts, None)
        with ThreadPoolExecutor(1) as sender:
            sending = None if part is None else _Sending(sender, self, part, repeatable)
            while part is not None and sending is not None:
                # Built while the server is busy with the one before, and the one before that is read as late: never
                # between an answer and the next request, when the server has nothing to do.
                following = next(parts, None)
                try:
                    answer = sending.answer()
                except ZimbraError as error:
                    if not replies:
                        raise
                    unsent = sum(len(one.requests) for one in (following, *parts) if one)
                    return replies + [_struck(error)] * len(part.requests) + [_struck(Unavailable(NOT_SENT))] * unsent
                sending = None if following is None else _Sending(sender, self, following, repeatable)
                alone = not replies and following is None
                replies += self._after_a_new_session(part, part.replies(answer), repeatable, alone=alone)
                part = following
        return replies

    def _after_a_new_session(self, part: _Part, replies: list[Reply], repeatable: bool, *, alone: bool) -> list[Reply]:
        """`replies`, the children that the end of the session struck sent again: only they were not looked at.

        Raises nothing: what the other children got is not to be lost. But when there are no others, as `alone` and the
        replies say, what keeps the session from being renewed is raised as it is: the account may be gone.
        """
        ended = [place for place, reply in enumerate(replies) if _session_ended(reply)]
        if not ended:
            return replies
        try:
            self.session.renew(self.session.token())
            rest = _Part([part.requests[place] for place in ended])
            again = rest.replies(self.call(rest.together, repeatable=repeatable))
        except ZimbraError as error:
            if alone and len(ended) == len(replies):
                raise
            again = [_struck(error)] * len(ended)
        for place, reply in zip(ended, again, strict=True):
            replies[place] = reply
        return replies


class _Part:
    """The requests that travel in one HTTP request, and the batch they make, each numbered by its place."""

    def __init__(self, requests: list[soap.Request]) -> None:
        self.requests = requests
        self.together = soap.batch(request.xml(str(number)) for number, request in enumerate(requests))

    def replies(self, answer: soap.Element) -> list[Reply]:
        """What each request got, in their order."""
        by_number = {element.get("requestId"): element for element in answer}
        return [_reply(by_number.get(str(number)), request) for number, request in enumerate(self.requests)]


class _Sending:
    """A part on its way in a thread of its own. Made when its last byte has left: until then two threads of Python
    would only hold each other up."""

    def __init__(self, sender: ThreadPoolExecutor, endpoint: Endpoint, part: _Part, repeatable: bool) -> None:
        gone = Event()
        self._answer = sender.submit(endpoint.call, part.together, repeatable=repeatable, sent=gone.set)
        # It may also end without having left.
        self._answer.add_done_callback(lambda answer: gone.set())
        gone.wait()

    def answer(self) -> soap.Element:
        """Wait for it. Raises any `ZimbraError`."""
        return self._answer.result()


def _struck(error: ZimbraError) -> Reply:
    """What a child gets from an error that struck the whole HTTP request it was part of."""
    return Reply(error=error if error.outcome_unknown else Unavailable(NOT_SENT, error.code))


def _reply(element: soap.Element | None, request: soap.Request) -> Reply:
    if element is None:
        return Reply(error=AnswerLost(LOST, "no answer to this part of a batch"))
    name = soap.local_name(element)
    if name == "Fault":
        return Reply(error=soap.fault(element))
    if name != request.answer_name:
        return Reply(error=Garbled("another answer"))
    return Reply(element=element)


def _session_ended(reply: Reply) -> bool:
    return isinstance(reply.error, NotAllowed) and reply.error.ends_session


def _cut(requests: Iterable[soap.Request], max_children: int, max_bytes: int) -> Iterator[list[soap.Request]]:
    part: list[soap.Request] = []
    size = 0
    for request in requests:
        more = len(request.inner.encode()) + len(request.tag)
        if part and (len(part) >= max_children or size + more > max_bytes):
            yield part
            part, size = [], 0
        part.append(request)
        size += more
    if part:
        yield part
