"""Pictures fetched from the web: what is given, what is refused, and which addresses are never spoken to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from bascule import remote_images
from bascule.remote_images import MOST_BYTES, NotFetched, fetch, public
from tests.each import each

PICTURE = b"\x89PNG\r\n\x1a\n" + b"x" * 100


class _Handler(BaseHTTPRequestHandler):
    """Answers by path; keeps what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server: Any = self.server
        server.asked.append((self.path, dict(self.headers)))
        status, headers, body = server.answers.get(self.path.partition("?")[0], (404, {}, b""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers and "Transfer-Encoding" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        pass


class Site:
    """A server on this machine: `answers` by path, `asked` since."""

    def __init__(self, server: Any) -> None:
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = server.answers
        self.asked: list[tuple[str, dict[str, str]]] = server.asked
        self.url = f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
def site() -> Iterator[Site]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.answers, server.asked = {}, []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield Site(server)
    server.shutdown()
    server.server_close()
    thread.join()


def refused(url: str, *, loopback: bool = True) -> NotFetched:
    with pytest.raises(NotFetched) as caught:
        fetch(url, loopback=loopback)
    assert str(caught.value).endswith(".")
    return caught.value


def test_picture_is_fetched_without_cookies_or_compression(site: Site) -> None:
    site.answers["/logo%20%C3%A9.png"] = (200, {"Content-Type": "image/PNG; x=y", "Set-Cookie": "a=b"}, PICTURE)
    assert fetch(f"{site.url}/logo é.png?a=b c", loopback=True) == PICTURE
    assert fetch(f"{site.url}/logo é.png#x", loopback=True) == PICTURE
    path, headers = site.asked[0]
    assert path == "/logo%20%C3%A9.png?a=b%20c"
    assert headers["Host"] == site.url.removeprefix("http://")
    assert headers["Accept-Encoding"] == "identity"
    assert "Cookie" not in site.asked[1][1]


def test_redirects_are_followed_three_times(site: Site) -> None:
    for number in range(1, 5):
        site.answers[f"/{number}"] = (302, {"Location": f"{number - 1}"}, b"")
    site.answers["/0"] = (200, {"Content-Type": "image/gif"}, PICTURE)
    assert fetch(f"{site.url}/3", loopback=True) == PICTURE
    assert refused(f"{site.url}/4").code == "redirects"


@each(
    "target",
    [
        "http://169.254.169.254/latest",
        "http://10.0.0.1/a.png",
        "file:///etc/passwd",
        "ftp://x.example/a",
        "http://[fc00::1]/",
    ],
)
def test_a_redirect_is_checked_like_the_first_address(site: Site, target: str) -> None:
    site.answers["/go"] = (301, {"Location": target}, b"")
    assert refused(f"{site.url}/go").code == "address"


@each(
    "url",
    [
        "http://127.0.0.1/a.png",
        "http://localhost/a.png",
        "http://2130706433/a.png",
        "http://0x7f.1/a.png",
        "http://0/a.png",
        "http://[::1]/a.png",
        "http://[::ffff:127.0.0.1]/a.png",
        "https://192.168.1.1/a.png",
        "http://100.64.0.1/a.png",
        "http://user:secret@8.8.8.8/a.png",
        "http://8.8.8.8:25/a.png",
        "http://8.8.8.8:99999/a.png",
        "gopher://8.8.8.8/",
        "javascript:alert(1)",
        "//8.8.8.8/a.png",
        "http:///a.png",
        "http://[::1/a.png",
        "http://" + "a" * 70 + ".fr/",
        "",
    ],
)
def test_addresses_off_the_public_web_are_refused(url: str) -> None:
    assert refused(url, loopback=False).code == "address"


@each(
    ("address", "expected"),
    [
        ("8.8.8.8", True),
        ("2606:4700:4700::1111", True),
        *(
            (address, False)
            for address in ("127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.0.1", "100.64.0.1")
        ),
        *(
            (address, False)
            for address in ("169.254.169.254", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1")
        ),
        *(
            (address, False)
            for address in ("198.18.0.1", "192.88.99.1", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1")
        ),
        *((address, False) for address in ("::ffff:8.8.8.8", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1")),
        *((address, False) for address in ("2001:0:7f00:1::", "2001:db8::1", "::127.0.0.1", "fec0::1", "nonsense")),
    ],
)
def test_public_addresses(address: str, expected: bool) -> None:
    assert public(address) is expected


def test_a_name_with_one_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(remote_images.socket, "getaddrinfo", lambda *_args, **_more: found)
    assert refused("http://two.example/a.png", loopback=False).code == "address"


def test_the_connection_goes_to_the_address_that_was_checked(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    port = int(site.url.rpartition(":")[2])
    answers = iter(["127.0.0.1"])

    def resolve(host: str, *_args: object, **_more: object) -> list[Any]:
        address = next(answers) if host == "rebound.example" else host
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(remote_images.socket, "getaddrinfo", resolve)
    site.answers["/a.png"] = (200, {"Content-Type": "image/png"}, PICTURE)
    assert fetch(f"http://rebound.example:{port}/a.png", loopback=True) == PICTURE
    assert site.asked[0][1]["Host"] == f"rebound.example:{port}"


@each(
    ("answer", "code", "later"),
    [
        ((404, {}, b""), "refused", False),
        ((503, {}, b""), "refused", True),
        ((429, {}, b""), "refused", True),
        ((200, {"Content-Type": "text/html"}, b"<p>"), "not_an_image", False),
        ((200, {"Content-Type": "image/svg+xml"}, b"<svg/>"), "not_an_image", False),
        ((200, {}, PICTURE), "not_an_image", False),
        ((200, {"Content-Type": "image/png", "Content-Encoding": "gzip"}, b"\x1f\x8b"), "not_an_image", False),
        ((200, {"Content-Type": "image/png", "Content-Length": "9" * 30}, b""), "too_big", False),
        ((200, {"Content-Type": "image/png", "Content-Length": str(MOST_BYTES + 1)}, b""), "too_big", False),
        (
            (200, {"Content-Type": "image/png", "Connection": "close", "Content-Length": "500"}, b"short"),
            "unreachable",
            True,
        ),
    ],
)
def test_answers_that_are_no_picture(site: Site, answer: Any, code: str, later: bool) -> None:
    site.answers["/a"] = answer
    error = refused(f"{site.url}/a")
    assert (error.code, error.later) == (code, later)


def test_a_picture_that_does_not_say_its_size_is_cut_off(site: Site) -> None:
    body = b"".join(b"%x\r\n%s\r\n" % (100_000, b"x" * 100_000) for _ in range(25)) + b"0\r\n\r\n"
    site.answers["/a"] = (200, {"Content-Type": "image/png", "Transfer-Encoding": "chunked"}, body)
    assert refused(f"{site.url}/a").code == "too_big"


def test_a_site_that_is_not_there_is_worth_another_try(site: Site) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        error = refused(f"http://127.0.0.1:{unused.getsockname()[1]}/a.png")
    assert (error.code, error.later) == ("unreachable", True)


def test_a_site_without_certificate_is_not_believed(site: Site) -> None:
    assert refused(site.url.replace("http:", "https:") + "/a.png").code == "unreachable"
