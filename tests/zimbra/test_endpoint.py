from collections.abc import Iterator, Sequence

import pytest

from tests.each import each
from tests.zimbra.scripted_server import answer, scripted_server
from tests.zimbra.scripted_transport import ScriptedTransport, answer_batch, fault
from zimbra import soap
from zimbra.endpoint import Endpoint, Reply
from zimbra.errors import (
    LOST,
    NOT_SENT,
    AnswerLost,
    Garbled,
    NotAllowed,
    NotFound,
    Refused,
    Unavailable,
    ZimbraError,
)
from zimbra.session import Session, Token, by_password
from zimbra.transport import HttpTransport
from zimbra.wire import post

URL = "http://zimbra.test/service/soap"


def endpoint(transport: ScriptedTransport) -> Endpoint:
    return Endpoint(URL, transport, Session(lambda: by_password(transport, URL, "a@b.fr", "secret")))


def creations(number: int, size: int = 1) -> list[soap.Request]:
    return [soap.request("CreateContactRequest", soap.MAIL, f"<cn><a n='x'>{'y' * size}</a></cn>")] * number


def created(child: soap.Element) -> str:
    number = child.get("requestId")
    return f'<CreateContactResponse requestId="{number}"><cn id="c{number}"/></CreateContactResponse>'


def ids(replies: Sequence[Reply]) -> list[str | None]:
    return [None if reply.element is None else reply.element[0].get("id") for reply in replies]


def codes(replies: Sequence[Reply]) -> list[str]:
    return [reply.error.code if reply.error else "" for reply in replies]


def test_call_signs_in_once_and_sends_the_token() -> None:
    transport = ScriptedTransport(lambda _: "<NoOpResponse/>")
    used = endpoint(transport)
    for _ in range(3):
        used.call(soap.request("NoOpRequest", soap.MAIL))
    assert transport.sign_ins == 1
    assert transport.tokens == ["token-1"] * 3


@pytest.mark.parametrize("code", ["service.AUTH_EXPIRED", "service.AUTH_REQUIRED"])
def test_call_signs_in_again_when_the_session_has_ended(code: str) -> None:
    transport = ScriptedTransport(lambda _: fault(code) if len(transport.requests) == 1 else "<NoOpResponse/>")
    endpoint(transport).call(soap.request("NoOpRequest", soap.MAIL))
    assert transport.tokens == ["token-1", "token-2"]


def test_an_address_where_nobody_speaks_soap_is_not_a_thing_that_is_gone() -> None:
    """Verbs that delete take NotFound for "gone already"."""
    for step in (answer(b"<html>Not Found</html>", "404 Not Found"), answer(b"<Envelope/>", "404 Not Found")):
        with scripted_server(step) as server, pytest.raises(Unavailable) as caught:
            post(HttpTransport(), f"{server.url}/service/soap", soap.request("NoOpRequest", soap.MAIL))
        assert caught.value.code == "http.404"


def test_call_gives_up_when_a_new_session_is_refused_too() -> None:
    transport = ScriptedTransport(lambda _: fault("service.AUTH_EXPIRED"))
    with pytest.raises(NotAllowed):
        endpoint(transport).call(soap.request("NoOpRequest", soap.MAIL))
    assert transport.sign_ins == 2


def test_call_does_not_sign_in_again_for_a_missing_right() -> None:
    transport = ScriptedTransport(lambda _: fault("service.PERM_DENIED"))
    with pytest.raises(NotAllowed):
        endpoint(transport).call(soap.request("NoOpRequest", soap.MAIL))
    assert transport.sign_ins == 1


def test_call_passes_on_whether_it_may_be_repeated() -> None:
    transport = ScriptedTransport(lambda _: "<NoOpResponse/>")
    used = endpoint(transport)
    used.call(soap.request("NoOpRequest", soap.MAIL), repeatable=True)
    used.call(soap.request("NoOpRequest", soap.MAIL))
    assert [sent.repeatable for sent in transport.sent] == [True, False]


def test_batch_keeps_the_order_of_the_requests_whatever_that_of_the_answers() -> None:
    def backwards(batch: soap.Element) -> str:
        return f"<BatchResponse>{''.join(created(child) for child in reversed(batch))}</BatchResponse>"

    replies = endpoint(ScriptedTransport(backwards)).batch(creations(4))
    assert ids(replies) == ["c0", "c1", "c2", "c3"]


def test_batch_puts_each_fault_in_its_place() -> None:
    def some_refused(batch: soap.Element) -> str:
        return answer_batch(
            batch,
            lambda one: (
                fault("mail.QUOTA_EXCEEDED", one.get("requestId")) if one.get("requestId") in "13" else created(one)
            ),
        )

    replies = endpoint(ScriptedTransport(some_refused)).batch(creations(5))
    assert ids(replies) == ["c0", None, "c2", None, "c4"]
    assert isinstance(replies[1].error, Refused)
    assert codes(replies) == ["", "mail.QUOTA_EXCEEDED", "", "mail.QUOTA_EXCEEDED", ""]


def test_batch_child_without_an_answer_is_lost_not_shifted() -> None:
    def one_missing(batch: soap.Element) -> str:
        return answer_batch(batch, lambda one: "" if one.get("requestId") == "1" else created(one))

    replies = endpoint(ScriptedTransport(one_missing)).batch(creations(3))
    assert ids(replies) == ["c0", None, "c2"]
    assert codes(replies) == ["", LOST, ""]


def test_batch_answers_without_numbers_are_not_matched_by_position() -> None:
    transport = ScriptedTransport(lambda batch: answer_batch(batch, lambda _: "<CreateContactResponse/>"))
    assert codes(endpoint(transport).batch(creations(2))) == [LOST, LOST]


def test_batch_child_with_the_answer_to_something_else_is_garbled() -> None:
    transport = ScriptedTransport(lambda batch: answer_batch(batch, lambda _: '<NoOpResponse requestId="0"/>'))
    [reply] = endpoint(transport).batch(creations(1))
    assert isinstance(reply.error, Garbled)


@each(
    ("number", "max_children", "sizes"),
    [(0, 3, []), (1, 3, [1]), (3, 3, [3]), (4, 3, [3, 1]), (7, 3, [3, 3, 1]), (2, 1, [1, 1])],
)
def test_batch_never_exceeds_its_number_of_children(number: int, max_children: int, sizes: list[int]) -> None:
    transport = ScriptedTransport(lambda batch: answer_batch(batch, created))
    replies = endpoint(transport).batch(creations(number), max_children=max_children)
    assert [len(request) for request in transport.requests] == sizes
    assert len(replies) == number


def test_batch_never_exceeds_its_number_of_bytes_unless_one_child_does() -> None:
    transport = ScriptedTransport(lambda batch: answer_batch(batch, created))
    requests = creations(2, 400) + creations(1, 5000) + creations(2, 400)
    endpoint(transport).batch(requests, max_bytes=1000)
    assert [len(request) for request in transport.requests] == [2, 1, 2]


@each("error", [Unavailable("http.503"), AnswerLost(LOST), NotAllowed("account.AUTH_FAILED"), Garbled()])
def test_batch_raises_what_strikes_its_first_request(error: ZimbraError) -> None:
    with pytest.raises(type(error)):
        endpoint(ScriptedTransport(lambda _: error)).batch(creations(4), max_children=2)


@each(
    ("error", "struck"),
    [
        (Unavailable("http.503"), NOT_SENT),
        (NotAllowed("account.AUTH_FAILED"), NOT_SENT),
        (AnswerLost(LOST), LOST),
        (Garbled(), "answer.GARBLED"),
    ],
)
def test_batch_keeps_what_is_known_when_a_later_request_fails(error: ZimbraError, struck: str) -> None:
    def second_fails(batch: soap.Element) -> str | ZimbraError:
        return error if len(transport.requests) == 2 else answer_batch(batch, created)

    transport = ScriptedTransport(second_fails)
    replies = endpoint(transport).batch(creations(6), max_children=2)
    assert len(transport.requests) == 2
    assert ids(replies)[:2] == ["c0", "c1"]
    assert codes(replies) == ["", "", struck, struck, NOT_SENT, NOT_SENT]


def test_batch_sends_again_only_the_children_the_end_of_a_session_struck() -> None:
    def ends_half_way(batch: soap.Element) -> str:
        if len(transport.requests) == 2:
            return answer_batch(batch, created)
        return answer_batch(
            batch,
            lambda one: (
                created(one) if one.get("requestId") in "01" else fault("service.AUTH_EXPIRED", one.get("requestId"))
            ),
        )

    transport = ScriptedTransport(ends_half_way)
    replies = endpoint(transport).batch(creations(5))
    assert [len(request) for request in transport.requests] == [5, 3]
    assert transport.tokens == ["token-1", "token-2"]
    assert codes(replies) == [""] * 5


def test_batch_keeps_what_was_done_when_no_new_session_is_to_be_had() -> None:
    def ends_half_way(batch: soap.Element) -> str:
        return answer_batch(
            batch,
            lambda one: (
                created(one) if one.get("requestId") in "01" else fault("service.AUTH_EXPIRED", one.get("requestId"))
            ),
        )

    tokens = iter([Token("token-1"), NotAllowed("account.AUTH_FAILED")])

    def sign_in() -> Token:
        token = next(tokens)
        if isinstance(token, ZimbraError):
            raise token
        return token

    used = Endpoint(URL, ScriptedTransport(ends_half_way), Session(sign_in))
    replies = used.batch(creations(4))
    assert ids(replies) == ["c0", "c1", None, None]
    assert codes(replies) == ["", "", NOT_SENT, NOT_SENT]


def test_batch_of_which_nothing_was_looked_at_says_why_no_new_session_is_to_be_had() -> None:
    def ended(batch: soap.Element) -> str:
        return answer_batch(batch, lambda one: fault("service.AUTH_EXPIRED", one.get("requestId")))

    tokens = iter([Token("token-1"), NotFound("account.NO_SUCH_ACCOUNT")])

    def sign_in() -> Token:
        token = next(tokens)
        if isinstance(token, ZimbraError):
            raise token
        return token

    used = Endpoint(URL, ScriptedTransport(ended), Session(sign_in))
    with pytest.raises(NotFound):
        used.batch(creations(2))


def test_batch_reads_its_requests_one_http_request_ahead() -> None:
    made: list[int] = []
    made_when_sent: list[int] = []

    def requests() -> Iterator[soap.Request]:
        for request in creations(6):
            made.append(1)
            yield request

    def answer(batch: soap.Element) -> str:
        made_when_sent.append(len(made))
        return answer_batch(batch, created)

    endpoint(ScriptedTransport(answer)).batch(requests(), max_children=2)
    assert made_when_sent[0] <= 5
    assert len(made) == 6
