"""One question to each of the services that telephones use, by HTTP over an encrypted connection."""

from __future__ import annotations

import base64
import http.client
import ssl
from typing import Any
from urllib.parse import quote

from bascule.devices.connection import signing_in
from bascule.devices.connection.faults import Fault

_MOST_BYTES = 65_536
_PROPFIND = b'<?xml version="1.0"?><d:propfind xmlns:d="DAV:"><d:prop><d:resourcetype/></d:prop></d:propfind>'
# As a browser would be turned away; a telephone needs to be told which versions there are.
_VERSIONS = "MS-ASProtocolVersions"


class _Over(http.client.HTTPConnection):
    """HTTP over a connection that is there."""

    def __init__(self, host: str, sock: ssl.SSLSocket) -> None:
        super().__init__(host)
        self.sock = sock

    def connect(self) -> None:
        """Never anew: the password goes to the server that was checked."""
        raise ConnectionError


def ask_activesync(sock: ssl.SSLSocket, host: str, address: str, password: str) -> dict[str, Any]:
    """The newest version of ActiveSync that the server speaks. Raises Fault; closes the connection."""
    answer = _asked(sock, host, "OPTIONS", "/Microsoft-Server-ActiveSync", {}, address, password)
    if answer.status != 200 or _VERSIONS not in answer.headers:
        raise _fault(answer.status, password)
    return {"version": answer.headers[_VERSIONS].split(",")[-1].strip()[:10]}


def ask_folder(sock: ssl.SSLSocket, host: str, folder: str, address: str, password: str) -> dict[str, Any]:
    """Whether the calendar or address book `folder` can be read. Raises Fault; closes the connection."""
    path = f"/dav/{quote(address, safe='@')}/{folder}"
    headers = {"Depth": "0", "Content-Type": "application/xml; charset=utf-8"}
    answer = _asked(sock, host, "PROPFIND", path, headers, address, password, _PROPFIND)
    if answer.status != 207:
        raise _fault(answer.status, password)
    return {}


def _asked(
    sock: ssl.SSLSocket,
    host: str,
    method: str,
    path: str,
    headers: dict[str, str],
    address: str,
    password: str,
    body: bytes | None = None,
) -> http.client.HTTPResponse:
    told = base64.b64encode(f"{address}:{password}".encode()).decode()
    connection = _Over(host, sock)
    try:
        connection.request(method, path, body, {"Authorization": f"Basic {told}", "Connection": "close", **headers})
        answer = connection.getresponse()
        answer.read(_MOST_BYTES)
    except TimeoutError as error:
        raise Fault("slow") from error
    except http.client.HTTPException as error:
        raise Fault("strange") from error
    except OSError as error:
        raise Fault("lost") from error
    finally:
        connection.close()
    return answer


def _fault(status: int, password: str) -> Fault:
    if status == 401:
        # When nothing has accepted it so far, it is the password itself.
        return signing_in.refused(password)
    if status == 429:
        return Fault("sign_in.too_many")
    if status == 403:
        return Fault("sync.forbidden")
    if status in {404, 405, 410, 501}:
        return Fault("sync.absent")
    if 300 <= status < 400:
        return Fault("sync.elsewhere", status=status)
    return Fault("sync.trouble" if status >= 500 else "sync.strange", status=status)
