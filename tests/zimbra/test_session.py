import hashlib
import hmac
import threading

import pytest

from tests.each import each
from tests.zimbra.scripted_transport import ScriptedTransport
from zimbra import soap
from zimbra.errors import Garbled, NotAllowed, Unavailable
from zimbra.session import REFUSED_SECONDS, Session, Token, base_url, by_password, by_preauth
from zimbra.transport import HttpRequest, HttpResponse


class Recording(ScriptedTransport):
    """Answers any sign-in with the same body and keeps what was sent."""

    def __init__(self, answer: str) -> None:
        super().__init__(lambda _: "")
        self.answer = answer

    def send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(soap.parse(request.body)[1][0])
        content = f'<E:Envelope xmlns:E="{soap.ENVELOPE}"><E:Body>{self.answer}</E:Body></E:Envelope>'
        return HttpResponse(200, {}, content.encode())


def test_session_renews_shortly_before_the_token_ends() -> None:
    now = [0.0]
    tokens = iter(["a", "b"])
    session = Session(lambda: Token(next(tokens), 1000.0), clock=lambda: now[0])
    assert session.token() == "a"
    now[0] = 939.0
    assert session.token() == "a"
    now[0] = 940.0
    assert session.token() == "b"


def test_session_of_a_short_token_keeps_a_share_of_it() -> None:
    now = [0.0]
    tokens = iter(["a", "b"])
    session = Session(lambda: Token(next(tokens), 10.0), clock=lambda: now[0])
    session.token()
    now[0] = 8.9
    assert session.token() == "a"
    now[0] = 9.0
    assert session.token() == "b"


def test_session_of_unknown_length_is_kept() -> None:
    now = [0.0]
    session = Session(lambda: Token("a"), clock=lambda: now[0])
    session.token()
    now[0] = 1e9
    assert session.token() == "a"


def test_threads_that_meet_an_ended_token_share_one_sign_in() -> None:
    tokens = iter(["a", "b", "c"])
    session = Session(lambda: Token(next(tokens)))
    ended = session.token()
    start = threading.Barrier(8)
    got: list[str] = []

    def meet() -> None:
        start.wait()
        got.append(session.renew(ended))

    threads = [threading.Thread(target=meet) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == ["b"] * 8


def test_sign_in_that_met_trouble_is_tried_afresh_next_time() -> None:
    answers = iter([Unavailable("http.503"), Token("a")])

    def obtain() -> Token:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    session = Session(obtain)
    with pytest.raises(Unavailable):
        session.token()
    assert session.token() == "a"


def test_a_wrong_password_is_not_tried_by_one_thread_after_the_other() -> None:
    now = [0.0]
    tried: list[str] = []

    def obtain() -> Token:
        tried.append("once")
        if len(tried) == 1:
            return Token("a")
        raise NotAllowed("account.AUTH_FAILED", "their words")

    session = Session(obtain, clock=lambda: now[0])
    ended = session.token()
    codes = []

    def meet() -> None:
        with pytest.raises(NotAllowed) as caught:
            session.renew(ended)
        codes.append(caught.value.code)

    threads = [threading.Thread(target=meet) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(tried), set(codes), len(codes)) == (2, {"account.AUTH_FAILED"}, 16)
    now[0] = REFUSED_SECONDS
    meet()
    assert len(tried) == 3


def test_preauth_signs_address_and_time_with_the_key() -> None:
    transport = Recording("<AuthResponse><authToken>t</authToken><lifetime>5000</lifetime></AuthResponse>")
    token = by_preauth(transport, "http://z/service/soap", "a@b.fr", "key", 1234.5678)
    preauth = soap.child(transport.requests[0], "preauth")
    assert preauth is not None
    expected = hmac.new(b"key", b"a@b.fr|name|0|1234567", hashlib.sha1).hexdigest()
    assert (preauth.get("timestamp"), preauth.get("expires"), preauth.text) == ("1234567", "0", expected)
    assert (token.value, token.lifetime) == ("t", 5.0)


def test_second_factor_is_not_taken_for_a_session() -> None:
    transport = Recording(
        "<AuthResponse><authToken>t</authToken><twoFactorAuthRequired>1</twoFactorAuthRequired></AuthResponse>"
    )
    with pytest.raises(NotAllowed) as caught:
        by_password(transport, "http://z/service/soap", "a@b.fr", "secret")
    assert caught.value.code == "account.TWO_FACTOR_AUTH_REQUIRED"


@pytest.mark.parametrize("token", ["", "a&#10;Set-Cookie: b", "é"])
def test_token_that_fits_no_header_is_garbled(token: str) -> None:
    transport = Recording(f"<AuthResponse><authToken>{token}</authToken></AuthResponse>")
    with pytest.raises(Garbled):
        by_password(transport, "http://z/service/soap", "a@b.fr", "secret")


def test_token_is_not_shown() -> None:
    assert "secret" not in repr(Token("secret"))


@each("url", ["https://z.fr", "https://z.fr/", "https://z.fr/service/soap", "https://z.fr/service/admin/soap/"])
def test_base_url_takes_any_address_of_the_service(url: str) -> None:
    assert base_url(url) == "https://z.fr"


@each(
    "url",
    ["", "z.fr", "ftp://z.fr", "file:///etc/passwd", "https://", "https:///x", "https://a:b@z.fr", "https://z?a=b"],
)
def test_base_url_refuses_what_is_no_web_address(url: str) -> None:
    with pytest.raises(ValueError, match="https://"):
        base_url(url)


def test_session_forgotten_signs_in_anew() -> None:
    tokens = iter(["a", "b", "c"])
    session = Session(lambda: Token(next(tokens)))
    assert session.forget() == ""
    session.token()
    assert session.forget() == "a"
    assert session.token() == "b"
    session.forget()
    assert session.renew("b") == "c"
