import gzip
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.each import each
from tests.zimbra.scripted_server import answer, hang_up, raw, scripted_server, silence
from zimbra.errors import AnswerLost, Garbled, Refused, Unavailable, ZimbraError
from zimbra.transport import HttpRequest, HttpResponse, HttpTransport, Limits, retry_after

QUICK = Limits(connect=2, read=0.2, attempts=3, first_wait=1, longest_wait=10)


def transport(limits: Limits = QUICK, pauses: list[float] | None = None) -> HttpTransport:
    waited = [] if pauses is None else pauses
    return HttpTransport(limits, pause=waited.append, chance=lambda: 0.5)


def ask(url: str, *, repeatable: bool) -> HttpRequest:
    return HttpRequest("POST", url, {"Content-Type": "text/plain"}, b"body", repeatable)


def test_send_returns_status_headers_and_body() -> None:
    with scripted_server(answer(b"hello", "404 Not Found", "X-Name: value")) as server:
        response = transport().send(ask(server.url + "/path", repeatable=False))
    assert (response.status, response.headers["x-name"], response.body) == (404, "value", b"hello")
    assert server.requests[0][0].startswith("POST /path HTTP/1.1\r\n")
    assert server.requests[0][1] == b"body"


def test_send_tells_when_the_request_has_left() -> None:
    told: list[str] = []
    with scripted_server(answer(b"hello")) as server:
        request = HttpRequest("POST", server.url, {}, "é".encode() * 100_000, sent=lambda: told.append("left"))
        assert transport().send(request).body == b"hello"
        head, body = server.requests[0]
    assert told == ["left"]
    assert "content-length: 200000\r\n" in head.lower()
    assert "transfer-encoding" not in head.lower()
    assert body == request.body


def test_send_reuses_its_connection() -> None:
    with scripted_server(*[answer(b"x" * 100_000)] * 5) as server:
        used = transport()
        for _ in range(5):
            used.send(ask(server.url, repeatable=False))
        assert server.connections == 1
        used.close()


def test_stream_read_to_its_end_gives_its_connection_back() -> None:
    with scripted_server(answer(b"x" * 300_000), answer(b"")) as server:
        used = transport()
        with used.stream(ask(server.url, repeatable=True)) as stream:
            assert sum(map(len, stream.chunks)) == 300_000
        used.send(ask(server.url, repeatable=True))
        assert server.connections == 1
        used.close()


def test_stream_left_early_frees_its_place_in_the_pool() -> None:
    with scripted_server(*[answer(b"x" * 300_000)] * 3) as server:
        used = transport(Limits(connections=1))
        for _ in range(3):
            with used.stream(ask(server.url, repeatable=True)) as stream:
                next(stream.chunks)
        assert server.connections == 3
        used.close()


@each(
    "step",
    [
        hang_up,
        silence,
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal"),
        raw(b"\x16\x03\x01 no http at all\r\n\r\n"),
        answer(b"", "502 Bad Gateway"),
        answer(b"", "504 Gateway Timeout"),
    ],
    ids=["hangs up", "silent", "half", "half a chunk", "garbage", "502", "504"],
)
def test_lost_answer_is_asked_again_only_when_repeatable(step: Callable[[socket.socket], None]) -> None:
    with scripted_server(step, answer(b"fine")) as server:
        assert transport().send(ask(server.url, repeatable=True)).body == b"fine"
        assert len(server.requests) == 2
    with scripted_server(step, answer(b"fine")) as server:
        with pytest.raises(AnswerLost):
            transport().send(ask(server.url, repeatable=False))
        assert len(server.requests) == 1


def test_repeats_end_as_unavailable_with_growing_waits() -> None:
    pauses: list[float] = []
    with scripted_server(hang_up, hang_up, hang_up) as server, pytest.raises(Unavailable):
        transport(pauses=pauses).send(ask(server.url, repeatable=True))
    assert len(server.requests) == 3
    assert pauses == [1.0, 2.0]


def test_waits_are_spread_by_chance() -> None:
    pauses: list[float] = []
    with scripted_server(hang_up, hang_up, answer(b"")) as server:
        HttpTransport(QUICK, pause=pauses.append, chance=iter([0.0, 0.999]).__next__).send(
            ask(server.url, repeatable=True)
        )
    assert pauses == [0.5, pytest.approx(2.998)]


def test_overloaded_server_is_left_the_time_it_asks_for() -> None:
    pauses: list[float] = []
    with scripted_server(answer(b"", "503 Service Unavailable", "Retry-After: 7"), answer(b"fine")) as server:
        assert transport(pauses=pauses).send(ask(server.url, repeatable=True)).body == b"fine"
    assert pauses == [7.0]


@pytest.mark.parametrize("status", ["503 Service Unavailable", "429 Too Many Requests"])
def test_overloaded_server_did_nothing_and_says_when_to_come_back(status: str) -> None:
    with scripted_server(answer(b"", status, "Retry-After: 3")) as server, pytest.raises(Unavailable) as caught:
        transport().send(ask(server.url, repeatable=False))
    assert caught.value.retry_after == 3.0
    assert len(server.requests) == 1


def test_wait_longer_than_bearable_is_reported_not_waited_for() -> None:
    pauses: list[float] = []
    with (
        scripted_server(answer(b"", "503 Service Unavailable", "Retry-After: 3600")) as server,
        pytest.raises(Unavailable) as caught,
    ):
        transport(pauses=pauses).send(ask(server.url, repeatable=True))
    assert caught.value.retry_after == 3600.0
    assert pauses == []


@pytest.mark.parametrize("repeatable", [True, False])
def test_refused_connection_is_unavailable(repeatable: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unavailable) as caught:
        transport().send(ask(f"http://127.0.0.1:{port}", repeatable=repeatable))
    assert caught.value.code == "http.unreachable"


def test_plain_http_where_tls_is_expected_sends_nothing() -> None:
    with scripted_server() as server, pytest.raises(ZimbraError):
        transport().send(ask(server.url.replace("http:", "https:"), repeatable=False))
    assert server.requests == []


def test_redirect_is_not_followed() -> None:
    with scripted_server(answer(b"", "302 Found", "Location: http://127.0.0.1:1/")) as server:
        assert transport().send(ask(server.url, repeatable=True)).status == 302


def test_answer_larger_than_the_limit_is_garbled() -> None:
    with scripted_server(answer(b"x" * 2000)) as server, pytest.raises(Garbled):
        transport(Limits(answer=1000)).send(ask(server.url, repeatable=False))


def test_stream_is_of_any_size_but_not_for_ever() -> None:
    with scripted_server(answer(b"x" * 300_000), answer(b"x" * 300_000)) as server:
        with transport(Limits(answer=1000)).stream(ask(server.url, repeatable=True)) as stream:
            assert sum(map(len, stream.chunks)) == 300_000
        with (
            transport(Limits(streamed=-1)).stream(ask(server.url, repeatable=True)) as stream,
            pytest.raises(Unavailable),
        ):
            list(stream.chunks)


def test_answer_that_drips_for_ever_is_given_up() -> None:
    with scripted_server(answer(b"x" * 200_000)) as server, pytest.raises(AnswerLost):
        transport(Limits(whole=-1)).send(ask(server.url, repeatable=False))


def test_retry_after_reads_seconds_dates_and_nothing_else() -> None:
    now = datetime(2026, 1, 5, 12, tzinfo=UTC)
    assert retry_after("120", now.timestamp()) == 120.0
    assert retry_after(format_datetime(now + timedelta(seconds=30), usegmt=True), now.timestamp()) == 30.0
    assert retry_after(format_datetime(now - timedelta(days=1), usegmt=True), now.timestamp()) == 0.0
    assert retry_after("bientôt", now.timestamp()) is None
    assert retry_after(None, now.timestamp()) is None


def test_requests_and_answers_show_no_content_in_their_repr() -> None:
    headers = {"Cookie": "ZM_AUTH_TOKEN=secret"}
    shown = repr(HttpRequest("GET", "http://x", headers, b"secret")) + repr(HttpResponse(200, headers, b"secret"))
    assert "secret" not in shown


@pytest.mark.filterwarnings("ignore:A test tried to use:UserWarning")
def test_unencrypted_addresses_are_for_this_machine_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    used = HttpTransport(QUICK, pause=lambda _: None)
    for url in ("http://192.0.2.1/", "http://zimbra.example/", "http://127.0.0.1.example/"):
        with pytest.raises(Refused) as caught:
            used.send(ask(url, repeatable=True))
        assert caught.value.code == "http.not_encrypted"
    with scripted_server(answer(b"fine"), answer(b"fine")) as server:
        for url in (server.url, server.url.replace("127.0.0.1", "localhost")):
            assert used.send(ask(url, repeatable=False)).body == b"fine"
    # Told otherwise it goes there, were it another machine.
    monkeypatch.setattr("zimbra.transport.is_private", lambda url: False)
    with scripted_server(answer(b"fine")) as server:
        with pytest.raises(Refused):
            used.send(ask(server.url, repeatable=False))
        assert HttpTransport(QUICK, plain_http=True).send(ask(server.url, repeatable=False)).body == b"fine"


def test_what_comes_compressed_unasked_is_not_unpacked() -> None:
    packed = gzip.compress(b"x" * 10_000_000)
    with scripted_server(answer(packed, "200 OK", "Content-Encoding: gzip")) as server:
        assert transport().send(ask(server.url, repeatable=False)).body == packed


def test_no_free_connection_is_a_passing_trouble() -> None:
    limits = Limits(read=0.05, attempts=1, connections=1)
    with scripted_server(answer(b"x" * 300_000)) as server:
        used = transport(limits)
        with used.stream(ask(server.url, repeatable=True)) as stream:
            next(stream.chunks)
            with pytest.raises(Unavailable) as caught:
                used.send(ask(server.url, repeatable=False))
    assert caught.value.code == "http.busy"


def test_a_file_of_authorities_that_is_none_is_told_at_once(tmp_path: Path) -> None:
    empty = tmp_path / "authorities.pem"
    empty.write_text("not a certificate", encoding="ascii")
    for path in (empty, tmp_path / "missing.pem"):
        with pytest.raises(ValueError, match="certificates"):
            HttpTransport(certificates=str(path))


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 that vouches for itself, its key beside it."""
    tool = shutil.which("openssl")
    if tool is None:
        pytest.skip("openssl makes the certificate")
    certificate = tmp_path / "authority.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test"
    words += f" -addext subjectAltName=IP:127.0.0.1 -keyout {tmp_path}/key.pem -out {certificate}"
    subprocess.run([tool, *words.split()], check=True, capture_output=True)
    return certificate


def test_certificates_are_checked_against_the_authorities_given(authority: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority, authority.parent / "key.pem")
    with scripted_server(answer(b"fine"), context=context) as server:
        for used, host in (
            (HttpTransport(QUICK), "127.0.0.1"),
            # Known, but not as this name.
            (HttpTransport(QUICK, certificates=str(authority)), "localhost"),
        ):
            with pytest.raises(Unavailable) as caught:
                used.send(ask(server.url.replace("127.0.0.1", host), repeatable=False))
            assert caught.value.code == "http.certificate"
        assert server.requests == []
        trusting = HttpTransport(QUICK, certificates=str(authority))
        assert trusting.send(ask(server.url, repeatable=False)).body == b"fine"
